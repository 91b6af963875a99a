/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What linuxbus.sys offers to linux.sys: disks that NT's own disk, partition and
 * mount managers have. linux.sys comes and goes with its service; the bus, a
 * Plug and Play driver, stays.
 */
#ifndef _WSL4_LINUXBUS_H
#define _WSL4_LINUXBUS_H

#include <ntifs.h>

#define LINUXBUS_DEVICE		L"\\Device\\linuxbus"
#define LINUXBUS_VERSION	2
#define LINUXBUS_MAX_NAME	32	/* bytes, the NUL included */

/*
 * IRP_MJ_INTERNAL_DEVICE_CONTROL, so of the kernel's components only. UserBuffer: a
 * struct linuxbus_interface whose size and version are those of the caller.
 */
#define IOCTL_LINUXBUS_GET_INTERFACE \
	CTL_CODE(FILE_DEVICE_BUS_EXTENDER, 0x804, METHOD_NEITHER, FILE_ANY_ACCESS)

/**
 * struct linuxbus_disk - a disk to be
 * @name: what it is known by, again and again; programs open it as \\.\name
 * @bytes: its size
 * @block: bytes of a sector
 * @context: for @submit
 * @submit: takes an IRP_MJ_SCSI request that executes a command, flushes or shuts
 *	down, or an IRP_MJ_DEVICE_CONTROL, at IRQL <= DISPATCH_LEVEL; it completes it
 *	sooner or later, and returns what a dispatch routine does
 */
struct linuxbus_disk {
	const char *name;
	ULONG64 bytes;
	ULONG block;
	PVOID context;
	NTSTATUS (*submit)(PVOID context, PIRP irp);
};

/**
 * struct linuxbus_interface - the bus's routines; all at PASSIVE_LEVEL
 * @size: of this structure
 * @version: LINUXBUS_VERSION
 * @attach: a new disk, or one that was there before; gets a handle
 * @release: have NT let go of a disk, and write out what it has for it; with @force
 *	even if volumes of it are in use. STATUS_PENDING: ask again a little later;
 *	STATUS_DEVICE_BUSY: they are in use. Requests are submitted meanwhile and after.
 * @resize: a disk has another size from now on, in bytes; NT learns it from the disk
 * @detach: the end of a disk, also of one that was not released; when it returns
 *	@submit is not running and will not be called any more
 */
struct linuxbus_interface {
	ULONG size;
	ULONG version;
	NTSTATUS (*attach)(const struct linuxbus_disk *info, PVOID *disk);
	NTSTATUS (*release)(PVOID disk, BOOLEAN force);
	void (*resize)(PVOID disk, ULONG64 bytes);
	void (*detach)(PVOID disk);
};

/**
 * linuxbus_complete() - complete a disk's IRP_MJ_SCSI as a port driver does
 * @irp: the request, IoStatus is set
 * @boost: of its thread's priority
 *
 * At DISPATCH_LEVEL, from any level below. NT's class driver relies on it: it lets go
 * of the disk before it takes back what it had sent the request with, and a thread that
 * removes the disk must not run between the two.
 */
static inline void linuxbus_complete(PIRP irp, CCHAR boost)
{
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	IoCompleteRequest(irp, boost);
	KeLowerIrql(irql);
}

#endif /* _WSL4_LINUXBUS_H */
