/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The block bridge's ABI: Windows files and disks as /dev/ntblkN.
 */
#ifndef _WSL4_BLOCK_H
#define _WSL4_BLOCK_H

#include <wsl4/host.h>

#define WSL4_MAX_DISKS		16

#define WSL4_DISK_READ_ONLY	(1u << 0)
#define WSL4_DISK_FLUSH		(1u << 1)	/* has a volatile cache */
#define WSL4_DISK_DISCARD	(1u << 2)

struct wsl4_disk_info {
	wsl4_u64 bytes;
	wsl4_u32 logical_block;		/* bytes */
	wsl4_u32 physical_block;	/* bytes */
	wsl4_u32 flags;			/* WSL4_DISK_* */
	wsl4_u32 queue_depth;		/* requests that may be in flight */
	char serial[64];		/* NUL-terminated */
	char model[64];			/* NUL-terminated; "": it has no name */
	char path[256];			/* NUL-terminated, UTF-8, for the log */
};

#define WSL4_BLOCK_READ		0
#define WSL4_BLOCK_WRITE	1
#define WSL4_BLOCK_FLUSH	2
#define WSL4_BLOCK_DISCARD	3
#define WSL4_BLOCK_ZEROES	4

#define WSL4_BLOCK_FUA		(1u << 0)

#define WSL4_BLOCK_MAX_SEGMENTS	126

/* A run of bytes in physmem; does not cross physmem's end. */
struct wsl4_block_segment {
	wsl4_u64 offset;
	wsl4_u64 bytes;
};

/*
 * Lies in physmem until its completion was reaped. The NT half copies it
 * before it checks it.
 */
struct wsl4_block_request {
	wsl4_u32 disk;
	wsl4_u32 op;			/* WSL4_BLOCK_* */
	wsl4_u32 flags;			/* WSL4_BLOCK_FUA */
	wsl4_u32 nr_segments;
	wsl4_u64 tag;			/* given back in the completion */
	wsl4_u64 position;		/* bytes from the start of the disk */
	wsl4_u64 bytes;			/* in all */
	struct wsl4_block_segment segment[WSL4_BLOCK_MAX_SEGMENTS];
};

struct wsl4_block_completion {
	wsl4_u64 tag;
	wsl4_s64 result;		/* 0 or -errno of Linux */
};

#endif /* _WSL4_BLOCK_H */
