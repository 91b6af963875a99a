/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The export bridge's ABI: a block device of Linux's as a disk of Windows's.
 *
 * Linux adds an export, and from then on takes one piece of Windows's requests after
 * the other. WSL4_IRQ_EXPORT says that there may be some; an end with no piece in
 * its hands asks until there is none. A piece's data lie in a buffer of Linux's that
 * it names when it asks.
 */
#ifndef _WSL4_EXPORT_H
#define _WSL4_EXPORT_H

#include <wsl4/host.h>

#define WSL4_MAX_EXPORTS	16
#define WSL4_EXPORT_NAME	32	/* bytes, the NUL included */
#define WSL4_EXPORT_PIECE	(128u << 10)	/* bytes of one piece, at most */
#define WSL4_EXPORT_PIECES	32	/* of one export, in Linux's hands */

#define WSL4_EXPORT_READ_ONLY	(1u << 0)
#define WSL4_EXPORT_DISCARD	(1u << 1)	/* WSL4_EXPORT_TRIM frees something */

/* What Windows is told of a device. */
struct wsl4_export_info {
	wsl4_u64 bytes;
	wsl4_u32 logical_block;		/* bytes */
	wsl4_u32 physical_block;	/* bytes */
	wsl4_u32 flags;			/* WSL4_EXPORT_* */
	wsl4_u32 reserved;
	char name[WSL4_EXPORT_NAME];	/* NUL-terminated: \\.\NAME */
};

#define WSL4_EXPORT_READ	0
#define WSL4_EXPORT_WRITE	1
#define WSL4_EXPORT_FLUSH	2
#define WSL4_EXPORT_TRIM	3

#define WSL4_EXPORT_FUA		(1u << 0)	/* of a write: it is on the medium */

struct wsl4_export_piece {
	wsl4_u32 op;			/* WSL4_EXPORT_READ ... */
	wsl4_u32 flags;			/* WSL4_EXPORT_FUA */
	wsl4_u64 tag;			/* for HOST_EXPORT_DONE */
	wsl4_u64 position;		/* bytes from the device's start */
	wsl4_u64 bytes;			/* a trim may be larger than a piece */
};

/*
 * HOST_EXPORT_ADD: a0 = offset in physmem of a struct wsl4_export_info. Returns the
 * export's number. -EEXIST: Windows has that name; -EINVAL: no name; -ENFILE: too
 * many exports.
 *
 * HOST_EXPORT_RELEASE: a0 = export, a1 = 1: even if it is in use, then its users will
 * get errors. 0: nothing new will be asked. -EBUSY: Windows uses it. -EAGAIN: Windows
 * is still writing to it; ask again, and do what it asks meanwhile.
 *
 * HOST_EXPORT_REMOVE: a0 = export, of which Linux has no piece any more.
 *
 * HOST_EXPORT_NEXT: a0 = export, a1 = offset in physmem of a buffer of
 * WSL4_EXPORT_PIECE bytes; mailbox <- struct wsl4_export_piece, and the buffer <- the
 * data of a write. Returns 1, or 0 when there is none.
 *
 * HOST_EXPORT_DONE: a0 = export, a1 = tag, a2 = 0 or -errno of Linux, a3 = offset in
 * physmem of the data of a read.
 *
 * HOST_EXPORT_RESIZE: a0 = export, a1 = its size from now on, in bytes.
 *
 * All: -ENODEV when there is no such export, -EFAULT for a bad offset.
 */

#endif /* _WSL4_EXPORT_H */
