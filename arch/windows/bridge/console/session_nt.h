/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sessions, as the files of the NT end see them. All under irp_lock.
 */
#ifndef _WSL4_SESSION_NT_H
#define _WSL4_SESSION_NT_H

#include "console_nt.h"

enum session_state {
	SESSION_ASKED,		/* Linux does not know of it yet */
	SESSION_STARTING,	/* Linux has seen the event */
	SESSION_RUNNING,
	SESSION_ENDED,		/* exited, failed to start, or Linux has ended */
};

/**
 * struct stream - one stream of a session
 * @writes: input: requests whose bytes Linux has not taken
 * @reads: output: requests that wait for bytes
 * @ring: output: bytes that wait for a request; NULL: no such stream
 * @size: of @ring
 * @head: where the bytes begin
 * @used: how many there are
 * @eof: input: the end was read; output: the end was written
 * @closed: input: Linux does not read it; output: NT does not read it
 * @starved: output: Linux was told that there is no room
 */
struct stream {
	LIST_ENTRY writes;
	LIST_ENTRY reads;
	u8 *ring;
	u32 size;
	u32 head;
	u32 used;
	BOOLEAN eof;
	BOOLEAN closed;
	BOOLEAN starved;
};

/**
 * struct session - a program, from the request to start it to its end
 * @id: number for Linux: slot in the low byte, count above
 * @state: how far it is
 * @open: NT's handle is open
 * @event: what Linux has not collected
 * @start: start block, until it runs
 * @started: request WSL4_IOCTL_START
 * @waits: requests WSL4_IOCTL_WAIT
 * @exit: how it ended
 * @stream: by number
 *
 * It lives while it has a slot or a handle.
 */
struct session {
	u32 id;
	enum session_state state;
	BOOLEAN open;
	BOOLEAN has_slot;
	struct wsl4_console_event event;
	struct wsl4_start *start;
	LIST_ENTRY started;
	LIST_ENTRY waits;
	struct wsl4_exit exit;
	struct stream stream[WSL4_NR_STREAMS];
};

#define RING_BYTES	(64 * 1024)
#define TTY_RING_BYTES	(16 * 1024)

/** session_of() - the session with this number, or NULL */
struct session *session_of(u64 id);

/** session_notify() - set events for Linux; the caller raises the line */
void session_notify(struct session *session, u32 events);

/** session_end() - it ended: complete what waits for it */
void session_end(LIST_ENTRY *done, struct session *session, s32 status,
		 BOOLEAN lost);

/** session_fail() - it could not be started */
void session_fail(LIST_ENTRY *done, struct session *session, u32 error,
		  s32 linux_errno);

/** session_drop_slot() - Linux has forgotten it. Return: session to free */
struct session *session_drop_slot(struct session *session);

/** session_free() - free it; not under the lock */
void session_free(struct session *session);

/** session_answer_start() - complete the request that started it */
void session_answer_start(LIST_ENTRY *done, struct session *session, u32 error,
			  s32 linux_errno);

/* stream_nt.c */

/** stream_put() - bytes from Linux. Return: how many were taken */
u32 stream_put(LIST_ENTRY *done, struct stream *stream, const u8 *bytes,
	       u32 count);

/** stream_take() - bytes for Linux. Return: how many, 0: the end, -errno */
s64 stream_take(LIST_ENTRY *done, struct stream *stream, u8 *bytes, u32 count);

/**
 * stream_get() - satisfy requests to read
 *
 * Return: TRUE when Linux waits for room and there is some.
 */
BOOLEAN stream_get(LIST_ENTRY *done, struct stream *stream);

/** stream_end() - nothing flows any more */
void stream_end(LIST_ENTRY *done, struct stream *stream);

#endif /* _WSL4_SESSION_NT_H */
