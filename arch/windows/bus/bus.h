/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of linuxbus.sys share.
 *
 * An FDO, the bus itself, stands on a device that the registry has below Enum\Root. It
 * makes a PDO for each disk that linux.sys attaches; NT's disk driver attaches to that.
 */
#ifndef _WSL4_BUS_H
#define _WSL4_BUS_H

#include "linuxbus.h"
#include "text.h"

#define BUS_TAG		0x344c5357	/* pool tag, "WSL4" */
#define BUS_MAX_NAME	(LINUXBUS_MAX_NAME + 8)	/* with a number behind it */

/**
 * struct device - what each device object's extension begins with
 * @dispatch: its own IRP_MJ_PNP routine and so on, by major function; NULL: the
 *	request is not supported
 */
struct device {
	PDRIVER_DISPATCH dispatch[IRP_MJ_MAXIMUM_FUNCTION + 1];
};

/* Where the volumes of a disk are on their way out. */
enum release {
	RELEASE_NONE,
	RELEASE_RUNNING,	/* a thread is at it */
	RELEASE_DONE,		/* they are locked and dismounted */
	RELEASE_BUSY,		/* they are flushed, but in use */
};

/**
 * struct disk - extension of a disk's PDO
 * @device: what all have
 * @entry: in the bus's list; under its mutex
 * @pdo: the device object
 * @number: of its name
 * @id: NT's instance ID, NUL-terminated
 * @name: linux.sys's name
 * @link: NT's link to the PDO, \DosDevices\name
 * @bytes: size; under the bus's mutex
 * @block: bytes of a sector
 * @online: linux.sys has it; under @lock
 * @stale: NT may have old data for it: it never comes back; under @lock
 * @missing: NT shall not find it any more; under the bus's mutex
 * @gone: NT has been told so; under the bus's mutex
 * @claimed: by NT's disk driver
 * @running: calls of @submit, and one while it is online; under @lock
 * @quiet: set when @running reaches zero
 * @context: linux.sys's
 * @submit: linux.sys's
 * @release: what became of the volumes; under @lock
 * @thread: the one that releases them, referenced; NULL: none
 * @volumes: open and locked, until the disk's end
 * @nr_volumes: of @volumes
 * @lock: of the above
 */
struct disk {
	struct device device;
	LIST_ENTRY entry;
	PDEVICE_OBJECT pdo;
	ULONG number;
	WCHAR id[BUS_MAX_NAME];
	char name[LINUXBUS_MAX_NAME];
	WCHAR link[sizeof("\\DosDevices\\") + LINUXBUS_MAX_NAME];
	ULONG64 bytes;
	ULONG block;
	BOOLEAN online;
	BOOLEAN stale;
	BOOLEAN missing;
	BOOLEAN gone;
	BOOLEAN claimed;
	LONG running;
	KEVENT quiet;
	PVOID context;
	NTSTATUS (*submit)(PVOID context, PIRP irp);
	enum release release;
	PVOID thread;
	HANDLE volumes[32];
	ULONG nr_volumes;
	KSPIN_LOCK lock;
};

/**
 * struct bus - extension of the FDO
 * @device: what all have
 * @fdo: the device object
 * @pdo: the device it stands on
 * @lower: the next one down
 * @started: NT has started it
 * @disks: of struct disk; under @mutex
 * @next_number: for a disk's name
 * @mutex: of the list
 */
struct bus {
	struct device device;
	PDEVICE_OBJECT fdo;
	PDEVICE_OBJECT pdo;
	PDEVICE_OBJECT lower;
	BOOLEAN started;
	LIST_ENTRY disks;
	ULONG next_number;
	KMUTEX mutex;
};

/* bus.c */
extern struct bus *the_bus;	/* there is one at most */

/** bus_finish() - complete a request; returns @status */
NTSTATUS bus_finish(PIRP irp, NTSTATUS status, ULONG_PTR bytes);

/** bus_changed() - NT shall ask which disks there are */
void bus_changed(void);

/** bus_lock() - the list of disks is the caller's; PASSIVE_LEVEL */
void bus_lock(void);

/** bus_unlock() - and no more */
void bus_unlock(void);

/** bus_open() - IRP_MJ_CREATE, _CLEANUP and _CLOSE of all devices: nothing to do */
NTSTATUS NTAPI bus_open(PDEVICE_OBJECT device, PIRP irp);

/* disk.c */

/** disk_init() - the dispatch routines of a disk's PDO */
void disk_init(struct disk *disk);

/** disk_leave() - one less of @running; IRQL <= DISPATCH_LEVEL */
void disk_leave(struct disk *disk);

/** disk_delete() - the PDO and what belongs to it go; under bus_lock() */
void disk_delete(struct disk *disk);

/* attach.c */

/** bus_interface() - the routines for linux.sys */
void bus_interface(struct linuxbus_interface *routines);

/* pnp.c */

/** disk_pnp() - IRP_MJ_PNP of a disk's PDO */
NTSTATUS NTAPI disk_pnp(PDEVICE_OBJECT device, PIRP irp);

/* volumes.c */

/**
 * volumes_release() - begin to flush, lock and dismount the volumes of a disk
 * @disk: the disk
 *
 * Return: STATUS_PENDING: see @disk->release later. RELEASE_DONE means that the
 * volumes are locked until volumes_close().
 */
NTSTATUS volumes_release(struct disk *disk);

/**
 * volumes_close() - undo volumes_release(); not while it is RELEASE_RUNNING
 *
 * Of a disk that goes offline meanwhile, its thread closes them itself.
 */
void volumes_close(struct disk *disk);

#endif /* _WSL4_BUS_H */
