// SPDX-License-Identifier: GPL-2.0
/*
 * The start block: fetched from NT, checked, taken apart. NT's program wrote
 * it, so every word of it may be a lie.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "console_linux.h"

static int read_block(struct nt_session *session, unsigned int bytes)
{
	unsigned int done = 0;
	void *page;
	s64 got = 0;

	page = (void *)__get_free_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	while (done < bytes) {
		got = nt_host_read(session->id, WSL4_START_BLOCK, page,
				   min_t(unsigned int, bytes - done, PAGE_SIZE),
				   done);
		if (got <= 0)
			break;
		memcpy((u8 *)session->start + done, page, got);
		done += got;
	}
	free_page((unsigned long)page);
	return done == bytes ? 0 : -EIO;
}

/* Returns the string at *@at and moves on, or NULL behind the last one. */
static const char *next_string(const char **at, const char *end)
{
	const char *string = *at;
	size_t length = strnlen(string, end - string);

	if (string + length >= end)
		return NULL;
	*at += length + 1;
	return string;
}

static const char **take_strings(unsigned int count, const char **at,
				 const char *end)
{
	const char **strings;
	unsigned int i;

	strings = kvcalloc(count + 1, sizeof(*strings), GFP_KERNEL);
	if (!strings)
		return NULL;
	for (i = 0; i < count; i++) {
		strings[i] = next_string(at, end);
		if (!strings[i]) {
			kvfree(strings);
			return NULL;
		}
	}
	return strings;
}

static bool head_is_good(const struct wsl4_start *start, unsigned int bytes)
{
	return start->version == WSL4_CONSOLE_VERSION &&
	       start->bytes == bytes &&
	       !(start->flags & ~WSL4_START_FLAGS) &&
	       start->argc <= WSL4_START_MAX_STRINGS &&
	       start->envc <= WSL4_START_MAX_STRINGS &&
	       !start->argc == !!(start->flags & WSL4_START_LOGIN);
}

static int parse_block(struct nt_session *session, unsigned int bytes)
{
	const struct wsl4_start *start = session->start;
	const char *at = (const char *)(start + 1);
	const char *end = (const char *)start + bytes;

	if (!head_is_good(start, bytes))
		return -EINVAL;
	session->user = next_string(&at, end);
	if (!session->user)
		return -EINVAL;
	session->directory = next_string(&at, end);
	if (!session->directory)
		return -EINVAL;
	session->argv = take_strings(start->argc, &at, end);
	session->envp = take_strings(start->envc, &at, end);
	if (!session->argv || !session->envp || at != end)
		return -EINVAL;
	/* Not an option of the program that it is handed to. */
	if (session->user[0] == '-')
		return -EINVAL;
	return 0;
}

/**
 * nt_start_fetch() - fetch and check the start block of a session
 * @session: the session
 *
 * Return: 0, -ENOMEM, or another -errno when it makes no sense.
 */
int nt_start_fetch(struct nt_session *session)
{
	unsigned int bytes = session->start_bytes;
	int error;

	if (bytes <= sizeof(*session->start) || bytes > WSL4_START_MAX_BYTES)
		return -EINVAL;
	session->start = kvzalloc(bytes, GFP_KERNEL);
	if (!session->start)
		return -ENOMEM;
	error = read_block(session, bytes);
	return error ? error : parse_block(session, bytes);
}

/**
 * nt_start_free() - free what nt_start_fetch() has made
 * @session: the session
 */
void nt_start_free(struct nt_session *session)
{
	kvfree(session->argv);
	kvfree(session->envp);
	kvfree(session->start);
}
