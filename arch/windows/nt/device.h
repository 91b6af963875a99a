/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The driver's named devices. A driver has one table of dispatch routines; here each
 * device has a class, which has routines of its own.
 */
#ifndef _WSL4_NT_DEVICE_H
#define _WSL4_NT_DEVICE_H

#include "nt.h"

/**
 * typedef device_routine_t - what a class does with a request
 * @device: the device
 * @irp: the request
 * @stack: its current stack location
 * @bytes: 0; gets bytes of the answer, for IoStatus.Information
 *
 * PASSIVE_LEVEL. Return: STATUS_PENDING means that the IRP is not the caller's any
 * more; it completes it with any other status.
 */
typedef NTSTATUS (*device_routine_t)(PDEVICE_OBJECT device, PIRP irp,
				     PIO_STACK_LOCATION stack, ULONG_PTR *bytes);

/**
 * struct device_class - a kind of device
 * @type: FILE_DEVICE_*
 * @flags: DO_* of its devices
 * @create: somebody opens it
 * @cleanup: the last handle of a file object is closed
 * @close: the file object goes; also called without @cleanup (Wine)
 * @control: IRP_MJ_DEVICE_CONTROL, and file system controls
 * @transfer: reads, writes and flushes; NULL: it has none
 *
 * Its address is the first word of each device's extension.
 */
struct device_class {
	ULONG type;
	ULONG flags;
	device_routine_t create;
	device_routine_t cleanup;
	device_routine_t close;
	device_routine_t control;
	device_routine_t transfer;
};

/** device_init() - hand the driver's requests to its devices' classes */
void device_init(PDRIVER_OBJECT driver);

/**
 * device_make() - make a device for the system and the administrators
 * @class: its class
 * @name: its NT name
 * @link: its name for programs, below \\DosDevices
 * @extension: bytes of its extension, the class's word included
 * @device: gets it
 *
 * PASSIVE_LEVEL. Return: STATUS_OBJECT_NAME_COLLISION when the link's name is taken.
 */
NTSTATUS device_make(const struct device_class *class, const WCHAR *name,
		     const WCHAR *link, ULONG extension, PDEVICE_OBJECT *device);

/** device_unlink() - take away its name for programs */
void device_unlink(const WCHAR *link);

#endif /* _WSL4_NT_DEVICE_H */
