/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the export bridge's NT end share.
 */
#ifndef _WSL4_EXPORT_NT_H
#define _WSL4_EXPORT_NT_H

#include <wsl4/export.h>

#include "core.h"
#include "device.h"
#include "irp.h"

/* Requests that Linux has begun: each of its pieces may be of another one. */
#define NR_SLOTS	(WSL4_EXPORT_PIECES + 1)

/**
 * struct trim_range - a range to trim; DEVICE_DATA_SET_RANGE
 * @start: bytes from the disk's start
 * @bytes: its length
 */
struct trim_range {
	s64 start;
	u64 bytes;
};

/**
 * struct slot - a request that Linux works on; of the vCPU's thread
 * @irp: the request; NULL: the slot is free
 * @op: WSL4_EXPORT_*
 * @flags: WSL4_EXPORT_FUA
 * @position: where it begins, bytes
 * @bytes: how many; of a trim: how many ranges; of a flush: 1
 * @issued: how many of @bytes Linux has asked for
 * @pieces: in Linux's hands
 * @result: the first error, as Linux gave it
 * @has_data: it moves data from or to its requester
 * @data: these, in NT's memory; NULL: not yet, or there are none
 * @ranges: of a trim
 */
struct slot {
	PIRP irp;
	u32 op;
	u32 flags;
	u64 position;
	u64 bytes;
	u64 issued;
	u32 pieces;
	s64 result;
	BOOLEAN has_data;
	u8 *data;
	const struct trim_range *ranges;
};

/**
 * struct export - one export
 * @state: EXPORT_*; under irp_lock
 * @handles: file objects that programs have; under irp_lock
 * @device: its device; of the vCPU's thread, or of who closes a gone one
 * @disk: in its place: linuxbus.sys's handle; NULL: there is no linuxbus.sys
 * @info: what Linux said; but for the size it does not change while it is there
 * @resized: its size has changed, and NT's disk driver was not told yet
 * @link: the device's name for programs
 * @queue: IRPs that Linux has not begun; under irp_lock
 * @current: the slot that is being taken apart, or, with nothing issued, waits for others
 *	that touch the same blocks; NULL: none
 * @slot: the requests that Linux works on
 */
struct export {
	enum {
		EXPORT_FREE,
		EXPORT_MAKING,
		EXPORT_LIVE,
		EXPORT_LEAVING,	/* nobody asks for anything new */
		EXPORT_GONE,	/* Linux has it no more, programs still have */
	} state;
	unsigned int handles;
	PDEVICE_OBJECT device;
	PVOID disk;
	struct wsl4_export_info info;
	LONG resized;
	WCHAR link[sizeof("\\DosDevices\\") + WSL4_EXPORT_NAME];
	LIST_ENTRY queue;
	struct slot *current;
	struct slot slot[NR_SLOTS];
};

/* export_nt.c */

/** export_get() - the export that Linux has by a number; NULL: there is none */
struct export *export_get(u64 index);

/** export_number() - its number */
unsigned int export_number(const struct export *export);

/* request_nt.c */

/**
 * request_check() - what a request asks of Linux
 * @export: of this export
 * @irp: a read, write, flush, or a control or SCSI request that Linux does
 * @slot: gets it, but for its data's address
 *
 * Return: STATUS_END_OF_FILE, STATUS_INVALID_PARAMETER, ... when it makes no sense.
 */
NTSTATUS request_check(const struct export *export, PIRP irp, struct slot *slot);

/**
 * request_submit() - check a request and queue it for Linux
 * @export: the export
 * @irp: as for request_check()
 *
 * Return: STATUS_PENDING; else the IRP is still the caller's.
 */
NTSTATUS request_submit(struct export *export, PIRP irp);

/** request_next() - HOST_EXPORT_NEXT */
s64 request_next(struct wsl4_vcpu *vcpu, struct export *export, u64 buffer);

/** request_done() - HOST_EXPORT_DONE */
s64 request_done(struct export *export, u64 tag, s64 result, u64 buffer);

/**
 * request_fail_all() - nobody does the requests of an export any more
 *
 * Linux has no piece of it, and @export is not live.
 */
void request_fail_all(struct export *export);

/* ioctl_nt.c */

/** ioctl_answer() - a control request; see device_routine_t */
NTSTATUS ioctl_answer(struct export *export, PIRP irp, ULONG_PTR *bytes);

/* scsi_nt.c */

/**
 * scsi_submit() - execute a SCSI request, or have Linux execute it
 * @export: the export
 * @irp: IRP_MJ_SCSI; a command, a flush or a shutdown
 *
 * IRQL <= DISPATCH_LEVEL. Return: the IRP's status; it is not the caller's any more.
 */
NTSTATUS scsi_submit(struct export *export, PIRP irp);

/** scsi_check() - request_check() of a SCSI request */
NTSTATUS scsi_check(const struct export *export, PIRP irp, struct slot *slot);

/** scsi_data() - its data in NT's memory; NULL: there are none to be had */
void *scsi_data(PIRP irp);

/** scsi_complete() - Linux is done with it */
void scsi_complete(const struct slot *slot);

/* bus_nt.c; all of the vCPU's thread, or after its end */

/**
 * bus_attach() - an export becomes a disk of linuxbus.sys
 *
 * Return: STATUS_NOT_SUPPORTED: there is no linuxbus.sys.
 */
NTSTATUS bus_attach(struct export *export);

/**
 * bus_release() - have NT let go of it
 * @export: an export with a disk
 * @force: also of volumes that are in use
 *
 * Return: STATUS_PENDING: ask again in a while, and execute its requests meanwhile.
 * STATUS_DEVICE_BUSY: they are in use.
 */
NTSTATUS bus_release(struct export *export, BOOLEAN force);

/** bus_resize() - its size is another; @export->info says which */
void bus_resize(struct export *export);

/** bus_detach() - no requests come from NT any more */
void bus_detach(struct export *export);

/** bus_exit() - after the last export */
void bus_exit(void);

#endif /* _WSL4_EXPORT_NT_H */
