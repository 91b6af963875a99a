// SPDX-License-Identifier: GPL-2.0
/*
 * The export bridge's NT end: where linuxbus.sys is installed, an export is a disk of
 * NT's own disk driver's. Without it, it is a device that programs open by its name.
 */
#include "export_nt.h"
#include "linuxbus.h"

typedef NTSTATUS (NTAPI *get_device_t)(PUNICODE_STRING name, ACCESS_MASK access,
				       PFILE_OBJECT *file, PDEVICE_OBJECT *device);
typedef PIRP (NTAPI *build_control_t)(ULONG code, PDEVICE_OBJECT device, PVOID in,
				      ULONG in_bytes, PVOID out, ULONG out_bytes,
				      BOOLEAN internal, PKEVENT event,
				      PIO_STATUS_BLOCK io);

static PFILE_OBJECT bus;	/* open from the first export on */
static struct linuxbus_interface routines;

static NTSTATUS get_interface(PDEVICE_OBJECT device)
{
	build_control_t build = nt_routine(L"IoBuildDeviceIoControlRequest");
	IO_STATUS_BLOCK io;
	KEVENT event;
	PIRP irp;

	if (!build)
		return STATUS_NOT_SUPPORTED;
	routines.size = sizeof(routines);
	routines.version = LINUXBUS_VERSION;
	KeInitializeEvent(&event, NotificationEvent, FALSE);
	irp = build(IOCTL_LINUXBUS_GET_INTERFACE, device, NULL, 0, &routines,
		    sizeof(routines), TRUE, &event, &io);
	if (!irp)
		return STATUS_INSUFFICIENT_RESOURCES;
	return irp_call(device, irp, &event, &io);
}

static NTSTATUS connect(void)
{
	get_device_t get_device;
	PDEVICE_OBJECT device;
	UNICODE_STRING name;
	NTSTATUS status;

	if (bus)
		return STATUS_SUCCESS;
	get_device = nt_under_wine ? NULL : nt_routine(L"IoGetDeviceObjectPointer");
	if (!get_device)
		return STATUS_NOT_SUPPORTED;
	RtlInitUnicodeString(&name, LINUXBUS_DEVICE);
	status = get_device(&name, FILE_ALL_ACCESS, &bus, &device);
	if (!NT_SUCCESS(status)) {
		bus = NULL;
		return STATUS_NOT_SUPPORTED;
	}
	status = get_interface(device);
	if (NT_SUCCESS(status))
		return STATUS_SUCCESS;
	nt_log("exports are no disks: linuxbus.sys is another version or has not started (%08x)",
	       (unsigned int)status);
	bus_exit();
	return STATUS_NOT_SUPPORTED;
}

/* From any thread, at IRQL <= DISPATCH_LEVEL. */
static NTSTATUS submit(PVOID context, PIRP irp)
{
	struct export *export = context;
	ULONG_PTR bytes = 0;
	NTSTATUS status;

	if (IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_SCSI)
		return scsi_submit(export, irp);
	status = ioctl_answer(export, irp, &bytes);
	return irp_finish(irp, status, bytes);
}

NTSTATUS bus_attach(struct export *export)
{
	struct linuxbus_disk info = {
		.name = export->info.name,
		.bytes = export->info.bytes,
		.block = export->info.logical_block,
		.context = export,
		.submit = submit,
	};
	NTSTATUS status = connect();

	if (!NT_SUCCESS(status))
		return status;
	return routines.attach(&info, &export->disk);
}

NTSTATUS bus_release(struct export *export, BOOLEAN force)
{
	return routines.release(export->disk, force);
}

void bus_resize(struct export *export)
{
	routines.resize(export->disk, export->info.bytes);
}

void bus_detach(struct export *export)
{
	routines.detach(export->disk);
	export->disk = NULL;
}

void bus_exit(void)
{
	if (bus)
		ObDereferenceObject(bus);
	bus = NULL;
}
