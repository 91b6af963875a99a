/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the block bridge's NT end share.
 */
#ifndef _WSL4_BLOCK_NT_H
#define _WSL4_BLOCK_NT_H

#include "core.h"

#define SECTOR		512u

/**
 * struct worker - who does I/O
 * @thread: its thread
 * @event: of its I/O, in ring 0
 */
struct worker {
	PVOID thread;
	HANDLE event;
};

/**
 * struct disk - a file that is a disk of Linux's
 * @state: DISK_*; changes under the lock of disk_nt.c
 * @in_flight: requests that were submitted and not reaped; of the vCPU's thread, or
 *	of whoever drains when that is at rest
 * @file: its handle
 * @bytes: its size
 * @id: what tells it from others, for its serial number
 * @flags: WSL4_DISK_*
 * @path: its NT path, UTF-8
 */
struct disk {
	enum { DISK_FREE, DISK_OPENING, DISK_ATTACHED, DISK_CLOSING } state;
	unsigned int in_flight;
	HANDLE file;
	u64 bytes;
	u64 id;
	u32 flags;
	char path[256];
};

/* disk_nt.c */

/** disks_init() - before all else of disk_nt.c */
void disks_init(void);

/**
 * disk_attach() - make a file a disk of Linux's
 * @path: its NT path
 * @read_only: shall Linux only read it?
 * @for_caller: the caller's rights count, and the file must be fit to be attached
 *	while Linux runs: no holes, not compressed, no image format
 * @index: gets the disk's number
 * @why: gets a reason, when it is refused
 *
 * PASSIVE_LEVEL, on a thread that may wait. Return: STATUS_OBJECT_NAME_EXISTS when
 * it is attached already, as @index.
 */
NTSTATUS disk_attach(UNICODE_STRING *path, BOOLEAN read_only, BOOLEAN for_caller,
		     unsigned int *index, const char **why);

/**
 * disk_detach() - Linux has let go of a disk: close it
 * @index: its number, from Linux
 *
 * Return: 0, -LINUX_ENODEV if there is none, -LINUX_EBUSY with requests in flight.
 */
s64 disk_detach(u64 index);

/** disks_close() - close all; nobody uses them any more */
void disks_close(void);

/**
 * disk_get() - an attached disk
 * @index: its number, from Linux
 *
 * On the vCPU's thread: the disk stays while it has requests in flight. Return: NULL
 * if there is none.
 */
struct disk *disk_get(u64 index);

/* block_nt.c */

/**
 * block_make_event() - make what a worker waits for its I/O with
 * @worker: all zero
 *
 * Wine needs none. The caller closes @worker->event, if it is there.
 */
NTSTATUS block_make_event(struct worker *worker);

/**
 * block_transfer() - read or write a piece of a disk
 * @worker: who does it
 * @disk: the disk
 * @write: write?
 * @position: where, in bytes from the disk's start
 * @data: the data, in NT's memory
 * @bytes: how many; a multiple of the sector's size
 *
 * PASSIVE_LEVEL, may wait. Return: 0 or an error number of Linux's, negative.
 */
s64 block_transfer(struct worker *worker, struct disk *disk, BOOLEAN write,
		   u64 position, u8 *data, u64 bytes);

/**
 * block_zero_range() - tell the file system that a range is zero; holes, if it has them
 * @worker: who does it
 * @disk: the disk
 * @start: first byte
 * @end: first byte behind it
 *
 * PASSIVE_LEVEL, may wait.
 */
NTSTATUS block_zero_range(struct worker *worker, struct disk *disk, u64 start,
			  u64 end);

/* flush_nt.c */

/**
 * flush_nt_init() - find out how this NT flushes files
 *
 * Return: STATUS_NOT_SUPPORTED when it has no way that is known.
 */
NTSTATUS flush_nt_init(void);

/**
 * flush_nt() - wait until what was written to a file is on its medium
 * @handle: the file's
 *
 * PASSIVE_LEVEL, on a thread that may wait.
 */
NTSTATUS flush_nt(HANDLE handle);

#endif /* _WSL4_BLOCK_NT_H */
