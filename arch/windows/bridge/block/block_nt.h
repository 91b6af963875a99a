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
 * @entry: in the list of those that are idle
 * @wake: ends its sleep
 * @state: WORKER_*: sleeps; is about to look for a job; does one; does one that is
 *	known to wait for the medium
 * @since: when it took its job, on the clock of clock_now()
 */
struct worker {
	PVOID thread;
	HANDLE event;
	LIST_ENTRY entry;
	struct nt_event wake;
	enum { WORKER_IDLE, WORKER_CALLED, WORKER_DOES_IO, WORKER_WAITS } state;
	u64 since;
};

/**
 * struct job - a piece of I/O for a worker
 * @entry: in the workers' queue; its owner's before and after
 * @waits: is it known to wait for the medium?
 */
struct job {
	LIST_ENTRY entry;
	BOOLEAN waits;
};

struct torture;

/* What a disk of Linux's is in NT. */
enum disk_kind {
	DISK_IS_FILE,
	DISK_IS_WHOLE,		/* a disk */
	DISK_IS_VOLUME,		/* a partition or volume: it has a file system of NT's */
};

#define MAX_EXTENTS	8

/**
 * struct extents - where on NT's disks something lies
 * @count: in how many pieces; 0: that is not known
 * @extent: disk, start and length in bytes
 */
struct extents {
	u32 count;
	struct extent {
		u64 disk;
		u64 start;
		u64 bytes;
	} extent[MAX_EXTENTS];
};

/**
 * struct disk - a file or device that is a disk of Linux's
 * @state: DISK_*; changes under the lock of disk_nt.c
 * @in_flight: requests that were submitted and not reaped; of the vCPU's thread, or
 *	of whoever drains when that is at rest
 * @kind: DISK_IS_*
 * @file: its handle
 * @extents: where a device lies, or none
 * @bytes: its size
 * @sector: what it is read and written by, bytes
 * @physical_sector: what its medium writes at once, bytes
 * @model: its name, or ""
 * @serial: what tells it from others
 * @flags: WSL4_DISK_*
 * @path: its NT path, UTF-8
 * @torture: torture_nt.c's, in debug builds
 */
struct disk {
	enum { DISK_FREE, DISK_OPENING, DISK_ATTACHED, DISK_CLOSING } state;
	unsigned int in_flight;
	enum disk_kind kind;
	HANDLE file;
	struct extents extents;
	u64 bytes;
	u32 sector;
	u32 physical_sector;
	char model[64];
	char serial[64];
	u32 flags;
	char path[256];
	struct torture *torture;
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

/** disk_set_serial() - its serial number, from a number that NT gives it */
void disk_set_serial(struct disk *disk, u64 id);

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

enum block_how {
	BLOCK_READ,
	BLOCK_WRITE,
	BLOCK_WRITE_THROUGH,	/* it is on the medium when it is done */
};

/** block_error() - an error number of Linux's, negative, for a status; 0: none */
s64 block_error(NTSTATUS status);

/**
 * block_flush() - what was written to a disk is on its medium
 *
 * PASSIVE_LEVEL, may wait.
 */
s64 block_flush(struct disk *disk);

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

/**
 * block_finish() - wait for I/O of a worker's
 * @worker: whose event it has
 * @status: what the call returned
 * @io: its status block
 *
 * Return: the I/O's status.
 */
NTSTATUS block_finish(const struct worker *worker, NTSTATUS status,
		      const IO_STATUS_BLOCK *io);

/* workers_nt.c */

/**
 * workers_init() - before all else of workers_nt.c
 * @perform: does a job, on a worker's thread at PASSIVE_LEVEL, and may wait
 */
void workers_init(void (*perform)(struct worker *worker, struct job *job));

/** workers_start() - start the threads; workers_exit() undoes what was done of it */
NTSTATUS workers_start(void);

/** workers_exit() - end the threads; there must be no job left */
void workers_exit(void);

/**
 * workers_add() - a job for the workers
 * @job: the job
 * @more_comes: another job or workers_call() follows at once
 *
 * IRQL <= 2.
 */
void workers_add(struct job *job, BOOLEAN more_comes);

/** workers_call() - see that somebody does what was added; IRQL <= 2 */
void workers_call(void);

/* device_nt.c */

/** device_kind() - is an NT path (UTF-8) that of a disk or volume, or of a file? */
enum disk_kind device_kind(const char *path);

#define DEVICE_NAME_ROOM	64

/**
 * device_name() - what a partition is called among NT's devices
 * @path: among the names for programs, \??\HarddiskNPartitionM, which not every NT
 *	has (ReactOS)
 * @name: gets \Device\HarddiskN\PartitionM
 *
 * Return: FALSE when @path is no such name.
 */
BOOLEAN device_name(const char *path, WCHAR name[DEVICE_NAME_ROOM]);

/**
 * device_open() - open a device to ask it what it is
 * @name: its NT name
 * @file: gets the handle; its control requests need no event
 *
 * PASSIVE_LEVEL, may wait.
 */
NTSTATUS device_open(UNICODE_STRING *name, HANDLE *file);

/**
 * device_ask() - a control request without data to a device
 * @worker: who asks
 * @file: the device's handle
 * @code: IOCTL_* or FSCTL_*
 * @out: gets the answer; it is all zero where there is none. NULL: none is wanted
 * @bytes: room for it
 *
 * PASSIVE_LEVEL, may wait.
 */
NTSTATUS device_ask(struct worker *worker, HANDLE file, ULONG code, void *out,
		    ULONG bytes);

/**
 * device_is_export() - does a disk or volume lie on an export of Linux's?
 * @worker: who asks
 * @file: its handle; FILE_READ_ATTRIBUTES suffices
 *
 * PASSIVE_LEVEL, may wait, one at a time.
 */
BOOLEAN device_is_export(struct worker *worker, HANDLE file);

/**
 * device_examine() - find out what a disk or volume is
 * @worker: who asks
 * @disk: open; gets its size, sectors, names and place
 *
 * PASSIVE_LEVEL, may wait, one at a time. Return: NULL, or why it cannot be used.
 */
const char *device_examine(struct worker *worker, struct disk *disk);

/**
 * device_claim() - see that nobody else writes to a disk or volume
 * @worker: who asks
 * @disk: examined
 *
 * A volume that Linux may write to is locked and dismounted; that lasts until its
 * handle is closed. PASSIVE_LEVEL, may wait, one at a time. Return: NULL, or why it
 * cannot be used.
 */
const char *device_claim(struct worker *worker, struct disk *disk);

/**
 * device_trim() - a disk or volume may forget what lies in a range
 * @worker: who asks
 * @disk: one with WSL4_DISK_DISCARD
 * @start: first byte
 * @bytes: how many
 *
 * PASSIVE_LEVEL, may wait.
 */
NTSTATUS device_trim(struct worker *worker, struct disk *disk, u64 start, u64 bytes);

/* volume_nt.c */

/**
 * volume_is_export() - does a file lie on an export of Linux's?
 * @worker: who asks
 * @file: the file's handle
 *
 * What lies between, such as a disk image of Windows's on that export, is not seen.
 * PASSIVE_LEVEL, may wait, one at a time.
 */
BOOLEAN volume_is_export(struct worker *worker, HANDLE file);

/* extent_nt.c */

/**
 * extents_read() - find out where a device lies
 * @worker: who asks
 * @file: its handle; FILE_READ_ATTRIBUTES suffices
 * @extents: gets the places
 *
 * PASSIVE_LEVEL, may wait, one at a time. Return: FALSE when they are too many.
 */
BOOLEAN extents_read(struct worker *worker, HANDLE file, struct extents *extents);

/** extents_overlap() - is there a byte that belongs to both? */
BOOLEAN extents_overlap(const struct extents *a, const struct extents *b);

/* system_nt.c */

/**
 * system_owns() - is a disk or volume, or a part of it, one that Windows needs?
 * @worker: who asks
 * @disk: examined
 *
 * PASSIVE_LEVEL, may wait, one at a time. Return: NULL, or what it is for.
 */
const char *system_owns(struct worker *worker, const struct disk *disk);

/* vhd_nt.c */

/**
 * vhd_examine() - is a file a fixed VHD? Then its footer is no part of the disk
 * @worker: who reads
 * @disk: the disk, with the file's size
 * @sector: room for a sector, aligned to one
 *
 * PASSIVE_LEVEL, may wait. Return: NULL, or why it cannot be used.
 */
const char *vhd_examine(struct worker *worker, struct disk *disk, u8 *sector);

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
 * @is_file: it is one, no disk or volume
 *
 * PASSIVE_LEVEL, on a thread that may wait.
 */
NTSTATUS flush_nt(HANDLE handle, BOOLEAN is_file);

/* torture_nt.c, cache_nt.c: in debug builds something may come between */

#ifdef CONFIG_WSL4_DEBUG

/** torture_init() - before the first disk */
NTSTATUS torture_init(void);

/** torture_exit() - no request is in flight any more */
void torture_exit(void);

/** torture_attach() - see whether a disk has orders; before its first request */
void torture_attach(struct disk *disk);

/** torture_detach() - no request is in flight any more, the file is still open */
void torture_detach(struct disk *disk);

/**
 * torture_transfer() - block_transfer(), and what the disk's orders say
 * @worker: who does it
 * @disk: the disk
 * @how: BLOCK_*
 * @position: where, in bytes from the disk's start
 * @data: the data
 * @bytes: how many
 */
s64 torture_transfer(struct worker *worker, struct disk *disk, enum block_how how,
		     u64 position, u8 *data, u64 bytes);

/** torture_flush() - the same for block_flush() */
s64 torture_flush(struct worker *worker, struct disk *disk);

/** torture_flush_through() - the same behind BLOCK_WRITE_THROUGH */
s64 torture_flush_through(struct disk *disk);

/** torture_part() - how much of a transfer NT does at once */
u64 torture_part(struct disk *disk, u64 bytes);

/** cache_init() - start the thread that writes the cache back bit by bit */
NTSTATUS cache_init(void);

/** cache_exit() - end it */
void cache_exit(void);

/**
 * cache_transfer() - block_transfer() through the volatile cache
 *
 * Parameters as torture_transfer() has them. Return: 0, -LINUX_ENOMEM, or an error of
 * the medium's.
 */
s64 cache_transfer(struct worker *worker, struct disk *disk, enum block_how how,
		   u64 position, u8 *data, u64 bytes);

/** cache_flush() - write back all of a disk; the caller flushes the medium */
s64 cache_flush(struct worker *worker, struct disk *disk);

#else

static inline NTSTATUS torture_init(void)
{
	return STATUS_SUCCESS;
}

static inline void torture_exit(void)
{
}

static inline void torture_attach(struct disk *disk)
{
	(void)disk;
}

static inline void torture_detach(struct disk *disk)
{
	(void)disk;
}

static inline s64 torture_transfer(struct worker *worker, struct disk *disk,
				   enum block_how how, u64 position, u8 *data,
				   u64 bytes)
{
	return block_transfer(worker, disk, how != BLOCK_READ, position, data,
			      bytes);
}

static inline s64 torture_flush(struct worker *worker, struct disk *disk)
{
	(void)worker;
	return block_flush(disk);
}

static inline s64 torture_flush_through(struct disk *disk)
{
	return block_flush(disk);
}

static inline u64 torture_part(struct disk *disk, u64 bytes)
{
	(void)disk;
	return bytes;
}

#endif

#endif /* _WSL4_BLOCK_NT_H */
