// SPDX-License-Identifier: GPL-2.0
/*
 * wsl4.exe --front: a session that another program drives, see front.h. One
 * thread takes frames; bytes for Linux wait in a ring for each stream, which a
 * thread of its own empties.
 */
#include <stdlib.h>
#include <string.h>
#include "wsl4.h"
#include "front.h"

struct feed {
	unsigned int stream;
	unsigned int report;
	CRITICAL_SECTION lock;
	HANDLE event;
	DWORD head, used;
	bool eof;
	char ring[FRONT_WINDOW];
};

static struct feed feeds[2];
static HANDLE back;
static CRITICAL_SECTION back_lock;

static void report(unsigned int type, unsigned int value)
{
	struct front_report text = { type, value };

	EnterCriticalSection(&back_lock);
	write_all(back, &text, sizeof(text));
	LeaveCriticalSection(&back_lock);
}

/* Wait for bytes; returns a run of them, or 0 at the end. */
static DWORD next_bytes(struct feed *feed, char **bytes)
{
	DWORD count;

	for (;;) {
		EnterCriticalSection(&feed->lock);
		count = feed->used;
		*bytes = feed->ring + feed->head;
		if (count > FRONT_WINDOW - feed->head)
			count = FRONT_WINDOW - feed->head;
		if (count > TRANSFER)
			count = TRANSFER;
		if (count || feed->eof) {
			LeaveCriticalSection(&feed->lock);
			return count;
		}
		LeaveCriticalSection(&feed->lock);
		WaitForSingleObject(feed->event, INFINITE);
	}
}

static void drop_bytes(struct feed *feed, DWORD count)
{
	EnterCriticalSection(&feed->lock);
	feed->head = (feed->head + count) % FRONT_WINDOW;
	feed->used -= count;
	LeaveCriticalSection(&feed->lock);
	report(feed->report, count);
}

static DWORD WINAPI feed_thread(void *context)
{
	struct feed *feed = context;
	DWORD count;
	char *bytes;

	for (;;) {
		count = next_bytes(feed, &bytes);
		if (run_write(feed->stream, bytes, count, !count))
			break;
		if (!count)
			return 0;
		drop_bytes(feed, count);
	}
	if (feed->stream == WSL4_STDIN)
		report(BACK_CLOSED, 0);
	for (;;) {
		count = next_bytes(feed, &bytes);
		if (!count)
			return 0;
		drop_bytes(feed, count);
	}
}

static void feed_init(struct feed *feed, unsigned int stream,
		      unsigned int type)
{
	feed->stream = stream;
	feed->report = type;
	InitializeCriticalSection(&feed->lock);
	feed->event = CreateEventW(NULL, FALSE, FALSE, NULL);
}

static bool feed_put(struct feed *feed, const char *bytes, DWORD count)
{
	DWORD tail, part;
	bool fits;

	EnterCriticalSection(&feed->lock);
	fits = count <= FRONT_WINDOW - feed->used;
	while (fits && count) {
		tail = (feed->head + feed->used) % FRONT_WINDOW;
		part = FRONT_WINDOW - tail;
		if (part > count)
			part = count;
		memcpy(feed->ring + tail, bytes, part);
		feed->used += part;
		bytes += part;
		count -= part;
	}
	LeaveCriticalSection(&feed->lock);
	SetEvent(feed->event);
	return fits;
}

static void feed_end(struct feed *feed)
{
	EnterCriticalSection(&feed->lock);
	feed->eof = true;
	LeaveCriticalSection(&feed->lock);
	SetEvent(feed->event);
}

static bool read_exactly(void *to, DWORD count)
{
	HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
	DWORD got;

	while (count) {
		if (!ReadFile(input, to, count, &got, NULL) || !got)
			return false;
		to = (char *)to + got;
		count -= got;
	}
	return true;
}

/* Returns the frame's type; ends wsl4 when the front end is gone. */
static unsigned int read_frame(char *bytes, DWORD *count)
{
	struct front_frame frame;

	if (!read_exactly(&frame, sizeof(frame)))
		ExitProcess(EXIT_OTHER);	/* which hangs the session up */
	if (frame.bytes > FRONT_MAX_FRAME)
		die(EXIT_USAGE, "The front end does not speak wsl4's language.");
	if (!read_exactly(bytes, frame.bytes))
		ExitProcess(EXIT_OTHER);
	*count = frame.bytes;
	return frame.type;
}

static bool take_frame(unsigned int type, const char *bytes, DWORD count)
{
	const struct wsl4_winsize *size = (const void *)bytes;
	const struct wsl4_signal *signal = (const void *)bytes;

	switch (type) {
	case FRONT_DATA:
		return feed_put(&feeds[0], bytes, count);
	case FRONT_EOF:
		feed_end(&feeds[0]);
		return true;
	case FRONT_TTY:
		return feed_put(&feeds[1], bytes, count);
	case FRONT_WINSIZE:
		if (count < sizeof(*size))
			return false;
		run_winsize(size);
		return true;
	case FRONT_SIGNAL:
		if (count < sizeof(*signal))
			return false;
		run_signal(signal->signal);
		return true;
	}
	return false;
}

static DWORD WINAPI frame_thread(void *context)
{
	unsigned int type;
	char *bytes = context;
	DWORD count;

	for (;;) {
		type = read_frame(bytes, &count);
		if (!take_frame(type, bytes, count))
			die(EXIT_USAGE, "The front end does not speak wsl4's language.");
	}
}

static bool write_out(const void *bytes, DWORD count)
{
	return write_all(GetStdHandle(STD_OUTPUT_HANDLE), bytes, count);
}

static void open_back(const char *path)
{
	WCHAR wide[MAX_PATH];

	if (!MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, MAX_PATH))
		die(EXIT_USAGE, "The path behind --front is too long.");
	back = CreateFileW(wide, GENERIC_WRITE,
			   FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
			   OPEN_EXISTING, 0, NULL);
	if (back == INVALID_HANDLE_VALUE)
		die(EXIT_OTHER, "Cannot open the pipe behind --front (Windows error %lu).",
		    GetLastError());
	InitializeCriticalSection(&back_lock);
}

void front_run(const char *path)
{
	struct wsl4_start *start;
	unsigned int flags;
	DWORD count;
	char *bytes;

	device_open();
	open_back(path);
	bytes = allocate(FRONT_MAX_FRAME);
	if (read_frame(bytes, &count) != FRONT_START || count < sizeof(*start))
		die(EXIT_USAGE, "The front end does not speak wsl4's language.");
	start = (struct wsl4_start *)bytes;
	if (start->bytes != count || bytes[count - 1])
		die(EXIT_USAGE, "The front end does not speak wsl4's language.");
	flags = start->flags;
	run_start(start);
	report(BACK_STARTED, 0);
	feed_init(&feeds[0], WSL4_STDIN, BACK_DATA);
	feed_init(&feeds[1], WSL4_TTY, BACK_TTY);
	thread_start(feed_thread, &feeds[0]);
	if (flags & WSL4_START_TTY)
		thread_start(feed_thread, &feeds[1]);
	thread_start(frame_thread, bytes);
	run_wait(flags, write_out);
}
