/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Control codes of \\.\wsl4, for wsl4.exe and the like.
 *
 * A handle is one session at most: WSL4_START makes it one, closing the handle
 * hangs it up. STATUS, LOG, SHUTDOWN and ATTACH need no session. Open it for
 * overlapped use: START, WRITE, READ, WAIT and a waiting LOG take their time.
 *
 * Every input begins with a u32 that holds WSL4_CONSOLE_VERSION. Too short a
 * buffer is STATUS_BUFFER_TOO_SMALL, a field that makes no sense
 * STATUS_INVALID_PARAMETER, another version STATUS_REVISION_MISMATCH, a
 * session that is not there STATUS_INVALID_DEVICE_STATE, no Linux to do it
 * STATUS_DEVICE_NOT_READY.
 */
#ifndef _WSL4_CONSOLE_IOCTL_H
#define _WSL4_CONSOLE_IOCTL_H

#include "abi.h"

#define WSL4_DEVICE_TYPE	0x8057u

/* METHOD_BUFFERED, FILE_ANY_ACCESS: the device's own security decides. */
#define WSL4_IOCTL(n)		((WSL4_DEVICE_TYPE << 16) | ((0x800u + (n)) << 2))

/* out: struct wsl4_status */
#define WSL4_IOCTL_STATUS	WSL4_IOCTL(0)
/* in: struct wsl4_log_read, out: struct wsl4_log_data and text behind it */
#define WSL4_IOCTL_LOG		WSL4_IOCTL(1)
/* in: u32; returns at once, look at the status */
#define WSL4_IOCTL_SHUTDOWN	WSL4_IOCTL(2)
/* in: struct wsl4_start and strings, out: struct wsl4_start_result */
#define WSL4_IOCTL_START	WSL4_IOCTL(3)
/* in: struct wsl4_stream and bytes; done when Linux has taken them all */
#define WSL4_IOCTL_WRITE	WSL4_IOCTL(4)
/* in: struct wsl4_stream, out: bytes; none: the end */
#define WSL4_IOCTL_READ		WSL4_IOCTL(5)
/* in: struct wsl4_stream (an output): its reader is gone */
#define WSL4_IOCTL_CLOSE	WSL4_IOCTL(6)
/* in: struct wsl4_winsize */
#define WSL4_IOCTL_WINSIZE	WSL4_IOCTL(7)
/* in: struct wsl4_signal */
#define WSL4_IOCTL_SIGNAL	WSL4_IOCTL(8)
/* in: u32, out: struct wsl4_exit; done when the program has ended */
#define WSL4_IOCTL_WAIT		WSL4_IOCTL(9)

/* in: struct wsl4_attach and the path, out: struct wsl4_attach_result */
#define WSL4_IOCTL_ATTACH	WSL4_IOCTL(10)

/* wsl4_status.state */
#define WSL4_STATE_STARTING	0
#define WSL4_STATE_RUNNING	1
#define WSL4_STATE_STOPPING	2
#define WSL4_STATE_STOPPED	3
#define WSL4_STATE_PANICKED	4
#define WSL4_STATE_REFUSED	5

struct wsl4_status {
	wsl4_u32 version;
	wsl4_u32 state;			/* WSL4_STATE_* */
	wsl4_u32 sessions;		/* that run */
	wsl4_u32 reserved;
	wsl4_u64 uptime_ms;		/* since Linux was up; until it stopped */
	wsl4_u64 memory_bytes;		/* 0: not known yet */
	char message[256];		/* Linux's last words, UTF-8 */
	char linux_version[240];	/* "": not known yet */
};

#define WSL4_LOG_WAIT		(1u << 0)	/* for text, or Linux's end */

struct wsl4_log_read {
	wsl4_u32 version;
	wsl4_u32 flags;			/* WSL4_LOG_* */
	wsl4_u64 cursor;		/* 0: oldest, else from the last answer */
};

struct wsl4_log_data {
	wsl4_u64 cursor;		/* for the next read */
	wsl4_u32 bytes;			/* of text */
	wsl4_u32 ended;			/* 1: Linux runs no more */
};

struct wsl4_start_result {
	wsl4_u32 error;			/* WSL4_ERROR_* */
	wsl4_s32 linux_errno;
};

#define WSL4_STREAM_EOF		(1u << 0)	/* WRITE: the end comes after it */

struct wsl4_stream {
	wsl4_u32 version;
	wsl4_u32 stream;		/* WSL4_STDIN ... */
	wsl4_u32 flags;			/* WSL4_STREAM_* */
	wsl4_u32 reserved;
};

#define WSL4_MAX_TRANSFER	(1024u * 1024)

struct wsl4_winsize {
	wsl4_u32 version;
	wsl4_u16 rows;
	wsl4_u16 columns;
	wsl4_u16 xpixel;
	wsl4_u16 ypixel;
};

struct wsl4_signal {
	wsl4_u32 version;
	wsl4_u32 signal;		/* 1 ... 64 */
};

#define WSL4_ATTACH_READ_ONLY	(1u << 0)
#define WSL4_ATTACH_MAX_PATH	4096u		/* bytes */

struct wsl4_attach {
	wsl4_u32 version;
	wsl4_u32 flags;			/* WSL4_ATTACH_* */
	wsl4_u32 path_bytes;		/* of an NT path behind this, UTF-16 */
	wsl4_u32 reserved;
};

#define WSL4_ATTACHED		0	/* a new disk */
#define WSL4_ATTACH_THERE	1	/* it was attached before */
#define WSL4_ATTACH_REFUSED	2	/* message says why */

struct wsl4_attach_result {
	wsl4_u32 result;		/* WSL4_ATTACHED ... */
	wsl4_u32 index;			/* of /dev/ntblkN */
	char message[248];		/* UTF-8 */
};

struct wsl4_exit {
	wsl4_s32 status;		/* as Linux's wait() gives it */
	wsl4_u32 lost;			/* 1: Linux ended before the program */
};

#endif /* _WSL4_CONSOLE_IOCTL_H */
