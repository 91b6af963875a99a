// SPDX-License-Identifier: GPL-2.0
/*
 * A file's data to the medium. ReactOS has the system service, but does not
 * let drivers call it: there the file system gets the request that it would
 * make. A disk's or volume's goes past NT's raw file system, which knows no flush, to the
 * device.
 */
#include "block_nt.h"
#include "irp.h"

typedef NTSTATUS (NTAPI *flush_file_t)(HANDLE file, PIO_STATUS_BLOCK io);
typedef PDEVICE_OBJECT (NTAPI *related_device_t)(PFILE_OBJECT file);
typedef PDEVICE_OBJECT (NTAPI *attached_device_t)(PDEVICE_OBJECT device);
typedef PIRP (NTAPI *build_request_t)(ULONG major, PDEVICE_OBJECT device,
				      PVOID buffer, ULONG bytes,
				      PLARGE_INTEGER offset, PKEVENT event,
				      PIO_STATUS_BLOCK io);

static flush_file_t flush_file;
static related_device_t related_device;
static attached_device_t attached_device;	/* references it */
static build_request_t build_request;

NTSTATUS flush_nt_init(void)
{
	flush_file = nt_routine(L"ZwFlushBuffersFile");
	related_device = nt_routine(L"IoGetRelatedDeviceObject");
	attached_device = nt_routine(L"IoGetAttachedDeviceReference");
	build_request = nt_routine(L"IoBuildSynchronousFsdRequest");
	if (flush_file || (related_device && build_request))
		return STATUS_SUCCESS;
	nt_log("this NT has no way to write a file to its disk");
	return STATUS_NOT_SUPPORTED;
}

static NTSTATUS send_flush(PDEVICE_OBJECT device, PFILE_OBJECT file)
{
	PIO_STACK_LOCATION stack;
	IO_STATUS_BLOCK io;
	KEVENT done;
	PIRP irp;

	KeInitializeEvent(&done, NotificationEvent, FALSE);
	irp = build_request(IRP_MJ_FLUSH_BUFFERS, device, NULL, 0, NULL, &done,
			    &io);
	if (!irp)
		return STATUS_INSUFFICIENT_RESOURCES;
	stack = IoGetNextIrpStackLocation(irp);
	stack->FileObject = file;
	return irp_call(device, irp, &done, &io);
}

static NTSTATUS flush_device(PFILE_OBJECT file)
{
	PDEVICE_OBJECT device;
	NTSTATUS status;

	if (!attached_device || !build_request)
		return STATUS_NOT_SUPPORTED;
	device = attached_device(file->DeviceObject);
	status = send_flush(device, file);
	ObDereferenceObject(device);
	return status;
}

NTSTATUS flush_nt(HANDLE handle, BOOLEAN is_file)
{
	IO_STATUS_BLOCK io;
	NTSTATUS status;
	PVOID file;

	if (flush_file && (is_file || nt_under_wine))
		return flush_file(handle, &io);
	status = ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &file,
					   NULL);
	if (!NT_SUCCESS(status))
		return status;
	status = is_file ? send_flush(related_device(file), file) : flush_device(file);
	ObDereferenceObject(file);
	return status;
}
