// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes on their way.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "unix.h"

void pump_init(struct pump *pump, int from, int to)
{
	pump->from = from;
	pump->to = to;
	pump->lines = false;
	pump->head = 0;
	pump->used = 0;
}

/* Make room for a \r before each \n that has none. */
static void add_returns(struct pump *pump)
{
	size_t i, n = 0;
	static char lines[2 * sizeof(pump->bytes)];

	for (i = 0; i < pump->used; i++) {
		if (pump->bytes[i] == '\n' && (!i || pump->bytes[i - 1] != '\r'))
			lines[n++] = '\r';
		lines[n++] = pump->bytes[i];
	}
	if (n > sizeof(pump->bytes))
		return;
	memcpy(pump->bytes, lines, n);
	pump->used = n;
}

static void fill(struct pump *pump)
{
	size_t limit = pump->lines ? sizeof(pump->bytes) / 2 :
				     sizeof(pump->bytes);
	ssize_t got;

	got = read(pump->from, pump->bytes, limit);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		close(pump->from);
		pump->from = -1;
		return;
	}
	pump->head = 0;
	pump->used = got;
	if (pump->lines && terminal_is_raw())
		add_returns(pump);
}

bool pump_run(struct pump *pump)
{
	ssize_t put;

	if (!pump->used && pump->from >= 0)
		fill(pump);
	while (pump->used) {
		put = write(pump->to, pump->bytes + pump->head, pump->used);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN) {
			struct pollfd wait = { .fd = pump->to,
					       .events = POLLOUT };

			poll(&wait, 1, -1);
			continue;
		}
		if (put < 0)
			return false;
		pump->head += put;
		pump->used -= put;
	}
	return true;
}

static void append(struct sender *sender, const void *bytes, size_t count)
{
	char *larger;

	if (!count)
		return;
	if (sender->head) {
		memmove(sender->bytes, sender->bytes + sender->head,
			sender->used);
		sender->head = 0;
	}
	if (sender->used + count > sender->size) {
		larger = realloc(sender->bytes, 2 * (sender->used + count));
		if (!larger)
			die(EXIT_BUSY, "There is no memory left for wsl4.");
		sender->bytes = larger;
		sender->size = 2 * (sender->used + count);
	}
	memcpy(sender->bytes + sender->used, bytes, count);
	sender->used += count;
}

void sender_frame(struct sender *sender, unsigned int type, const void *bytes,
		  size_t count)
{
	struct front_frame frame = { type, count };

	if (sender->fd < 0)
		return;
	append(sender, &frame, sizeof(frame));
	append(sender, bytes, count);
	sender_run(sender);
}

void sender_close(struct sender *sender)
{
	if (sender->fd >= 0)
		close(sender->fd);
	sender->fd = -1;
	sender->used = 0;
}

void sender_run(struct sender *sender)
{
	ssize_t put;

	while (sender->fd >= 0 && sender->used) {
		put = write(sender->fd, sender->bytes + sender->head,
			    sender->used);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN)
			return;
		if (put < 0) {
			sender_close(sender);
			return;
		}
		sender->head += put;
		sender->used -= put;
	}
}
