/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The console bridge's ABI: sessions, each a Linux program whose standard
 * streams lead to a program of NT's.
 *
 * A session begins when an NT program asks for one with a start block (struct
 * wsl4_start and strings). Linux learns of everything through events: bits
 * that the NT end sets for a session and that HOST_CONSOLE_EVENT collects, so
 * nothing queues up however late Linux looks. Bytes are copied by Linux's own
 * calls, which never wait: when they say -EAGAIN, an event tells when to try
 * again.
 */
#ifndef _WSL4_CONSOLE_ABI_H
#define _WSL4_CONSOLE_ABI_H

#include <wsl4/host.h>

#ifdef __KERNEL__
typedef u16 wsl4_u16;
#else
typedef uint16_t wsl4_u16;
#endif

#define WSL4_CONSOLE_VERSION	1

#define WSL4_MAX_SESSIONS	64

/* Streams of a session. */
#define WSL4_STDIN		0	/* a pipe, NT -> Linux */
#define WSL4_STDOUT		1	/* a pipe, Linux -> NT */
#define WSL4_STDERR		2	/* a pipe, Linux -> NT */
#define WSL4_TTY		3	/* the terminal, both ways */
#define WSL4_NR_STREAMS		4
#define WSL4_START_BLOCK	16	/* HOST_CONSOLE_READ only */

/* wsl4_start.flags */
#define WSL4_START_TTY_IN	(1u << 0)	/* stdin is the terminal */
#define WSL4_START_TTY_OUT	(1u << 1)	/* stdout is the terminal */
#define WSL4_START_TTY_ERR	(1u << 2)	/* stderr is the terminal */
#define WSL4_START_TTY		(WSL4_START_TTY_IN | WSL4_START_TTY_OUT | \
				 WSL4_START_TTY_ERR)
#define WSL4_START_LOGIN	(1u << 3)	/* login shell; argc is 0 */
#define WSL4_START_PLAIN	(1u << 4)	/* without a login session */
#define WSL4_START_FLAGS	0x1fu

#define WSL4_START_MAX_BYTES	(256u * 1024)
#define WSL4_START_MAX_STRINGS	8192u

/**
 * struct wsl4_start - what to start
 * @version: WSL4_CONSOLE_VERSION
 * @bytes: of this structure and the strings behind it
 * @flags: WSL4_START_*
 * @argc: number of arguments, the program's name included
 * @envc: number of environment variables
 * @rows: height of the terminal; 0: unknown
 * @columns: width of the terminal; 0: unknown
 * @xpixel: width in pixels; 0: unknown
 * @ypixel: height in pixels; 0: unknown
 * @reserved: 0
 *
 * Behind it lie 2 + argc + envc strings, each ended by a NUL, the last one's
 * NUL being the last byte: the user ("": root), the directory to start in
 * ("": the user's home directory), the arguments, the variables ("NAME=value",
 * on top of what a login gives).
 */
struct wsl4_start {
	wsl4_u32 version;
	wsl4_u32 bytes;
	wsl4_u32 flags;
	wsl4_u32 argc;
	wsl4_u32 envc;
	wsl4_u16 rows;
	wsl4_u16 columns;
	wsl4_u16 xpixel;
	wsl4_u16 ypixel;
	wsl4_u32 reserved;
};

/* Why a program could not be started. */
#define WSL4_ERROR_NONE		0	/* it runs */
#define WSL4_ERROR_NO_PROGRAM	1	/* there is no such program */
#define WSL4_ERROR_NOT_EXECUTABLE 2	/* no permission to execute it */
#define WSL4_ERROR_BAD_FORMAT	3	/* it is no program */
#define WSL4_ERROR_NO_DIRECTORY	4	/* cannot change to the directory */
#define WSL4_ERROR_NO_USER	5	/* there is no such user */
#define WSL4_ERROR_NO_LOGIN	6	/* the distribution cannot log users in */
#define WSL4_ERROR_RESOURCES	7	/* no memory, no process */
#define WSL4_ERROR_BAD_BLOCK	8	/* the start block makes no sense */
#define WSL4_ERROR_LINUX_ENDED	9	/* Linux stopped meanwhile */
#define WSL4_ERROR_OTHER	10	/* see the error number */

/* wsl4_console_event.events */
#define WSL4_EVENT_START	(1u << 0)	/* fetch the start block */
#define WSL4_EVENT_INPUT	(1u << 1)	/* bytes or the end of an input */
#define WSL4_EVENT_ROOM		(1u << 2)	/* an output has room again */
#define WSL4_EVENT_WINSIZE	(1u << 3)	/* rows, columns, ... are valid */
#define WSL4_EVENT_SIGNAL	(1u << 4)	/* signals is valid */
#define WSL4_EVENT_CLOSED	(1u << 5)	/* nobody reads closed streams */
#define WSL4_EVENT_HANGUP	(1u << 6)	/* NT's program is gone */

struct wsl4_console_event {
	wsl4_u32 session;	/* never 0 */
	wsl4_u32 events;	/* WSL4_EVENT_* */
	wsl4_u64 signals;	/* bit n - 1: signal n */
	wsl4_u32 start_bytes;	/* size of the start block */
	wsl4_u32 closed;	/* mask: 1 << stream */
	wsl4_u16 rows;
	wsl4_u16 columns;
	wsl4_u16 xpixel;
	wsl4_u16 ypixel;
};

/*
 * HOST_CONSOLE_EVENT: mailbox <- struct wsl4_console_event. Returns 1, or 0
 * when there is none; then it has lowered WSL4_IRQ_CONSOLE.
 *
 * HOST_CONSOLE_READ: a0 = session, a1 = stream, a2 = offset in physmem,
 * a3 = bytes, a4 = position (of WSL4_START_BLOCK only). Returns how many bytes
 * were copied; 0 at the end of the stream.
 *
 * HOST_CONSOLE_WRITE: a0 = session, a1 = stream, a2 = offset in physmem,
 * a3 = bytes. Returns how many bytes were taken. With a3 = 0: nothing more
 * comes on this output, or nobody will read that input any more.
 *
 * Both: -EAGAIN, -EPIPE when the other side has closed the stream, -ENODEV
 * when there is no such session, -EINVAL, -EFAULT.
 *
 * HOST_CONSOLE_EXIT: a0 = session, a1 = WSL4_SESSION_*, a2 and a3 as below.
 */
#define WSL4_SESSION_STARTED	0	/* the program runs */
#define WSL4_SESSION_FAILED	1	/* a2 = WSL4_ERROR_*, a3 = errno */
#define WSL4_SESSION_EXITED	2	/* a2 = wait status; all output written */
#define WSL4_SESSION_FLUSH	3	/* a2 = stream: drop output not yet read */
#define WSL4_SESSION_GONE	4	/* Linux has forgotten the session */
#define WSL4_SESSION_READY	5	/* a0 = 0, a2 = offset of a hello, a3 = size */

/* What Linux tells of itself when it is up. */
struct wsl4_console_hello {
	wsl4_u32 version;	/* WSL4_CONSOLE_VERSION */
	wsl4_u32 reserved;
	wsl4_u64 memory_bytes;	/* usable by Linux */
	char linux_version[240]; /* NUL-terminated */
};

#endif /* _WSL4_CONSOLE_ABI_H */
