// SPDX-License-Identifier: GPL-2.0
/*
 * linuxbus.sys: the bus.
 */
#include "bus.h"

struct bus *the_bus;

NTSTATUS bus_finish(PIRP irp, NTSTATUS status, ULONG_PTR bytes)
{
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = bytes;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return status;
}

void bus_changed(void)
{
	IoInvalidateDeviceRelations(the_bus->pdo, BusRelations);
}

void bus_lock(void)
{
	KeWaitForSingleObject(&the_bus->mutex, Executive, KernelMode, FALSE, NULL);
}

void bus_unlock(void)
{
	KeReleaseMutex(&the_bus->mutex, FALSE);
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT object, PIRP irp)
{
	struct device *device = object->DeviceExtension;
	UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;

	if (device->dispatch[major])
		return device->dispatch[major](object, irp);
	if (major == IRP_MJ_POWER)
		PoStartNextPowerIrp(irp);
	return bus_finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

/* ------------------------------------------------------- plug and play -- */

static NTSTATUS pass_down(struct bus *bus, PIRP irp)
{
	IoSkipCurrentIrpStackLocation(irp);
	return IoCallDriver(bus->lower, irp);
}

static NTSTATUS NTAPI passed(PDEVICE_OBJECT device, PIRP irp, PVOID event)
{
	(void)device;
	(void)irp;
	KeSetEvent(event, IO_NO_INCREMENT, FALSE);
	return STATUS_MORE_PROCESSING_REQUIRED;
}

/* The drivers below start first. */
static NTSTATUS start(struct bus *bus, PIRP irp)
{
	NTSTATUS status;
	KEVENT event;

	KeInitializeEvent(&event, NotificationEvent, FALSE);
	IoCopyCurrentIrpStackLocationToNext(irp);
	IoSetCompletionRoutine(irp, passed, &event, TRUE, TRUE, TRUE);
	status = IoCallDriver(bus->lower, irp);
	if (status == STATUS_PENDING) {
		KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
		status = irp->IoStatus.Status;
	}
	bus->started = NT_SUCCESS(status);
	return bus_finish(irp, status, 0);
}

static ULONG count_disks(void)
{
	LIST_ENTRY *entry;
	ULONG n = 0;

	for (entry = the_bus->disks.Flink; entry != &the_bus->disks;
	     entry = entry->Flink)
		n += !CONTAINING_RECORD(entry, struct disk, entry)->missing;
	return n;
}

/* What NT is not told of any more, it may remove for good. */
static void list_disks(DEVICE_RELATIONS *relations)
{
	struct disk *disk;
	LIST_ENTRY *entry;

	for (entry = the_bus->disks.Flink; entry != &the_bus->disks;
	     entry = entry->Flink) {
		disk = CONTAINING_RECORD(entry, struct disk, entry);
		disk->gone = disk->missing;
		if (disk->missing)
			continue;
		ObReferenceObject(disk->pdo);
		relations->Objects[relations->Count++] = disk->pdo;
	}
}

/* The disks that are there, behind what @before has; NULL: no memory. */
static DEVICE_RELATIONS *all_relations(DEVICE_RELATIONS *before)
{
	ULONG n = before ? before->Count : 0, i;
	DEVICE_RELATIONS *relations;

	bus_lock();
	relations = ExAllocatePoolWithTag(PagedPool, sizeof(*relations) +
					  (n + count_disks()) * sizeof(PVOID),
					  BUS_TAG);
	if (relations) {
		relations->Count = n;
		for (i = 0; i < n; i++)
			relations->Objects[i] = before->Objects[i];
		list_disks(relations);
	}
	bus_unlock();
	return relations;
}

static NTSTATUS relations(struct bus *bus, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
	DEVICE_RELATIONS *before = (void *)irp->IoStatus.Information, *now;

	if (stack->Parameters.QueryDeviceRelations.Type != BusRelations)
		return pass_down(bus, irp);
	now = all_relations(before);
	if (!now)
		return bus_finish(irp, STATUS_INSUFFICIENT_RESOURCES,
				  (ULONG_PTR)before);
	if (before)
		ExFreePool(before);
	irp->IoStatus.Information = (ULONG_PTR)now;
	irp->IoStatus.Status = STATUS_SUCCESS;
	return pass_down(bus, irp);
}

/* NT does not remove a bus that linux.sys has open. */
static NTSTATUS remove(struct bus *bus, PIRP irp)
{
	PDEVICE_OBJECT lower = bus->lower;
	NTSTATUS status;

	irp->IoStatus.Status = STATUS_SUCCESS;
	IoSkipCurrentIrpStackLocation(irp);
	status = IoCallDriver(lower, irp);
	bus_lock();
	while (!IsListEmpty(&bus->disks))
		disk_delete(CONTAINING_RECORD(bus->disks.Flink, struct disk, entry));
	bus_unlock();
	the_bus = NULL;
	IoDetachDevice(lower);
	IoDeleteDevice(bus->fdo);
	return status;
}

static NTSTATUS NTAPI bus_pnp(PDEVICE_OBJECT device, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
	struct bus *bus = device->DeviceExtension;

	switch (stack->MinorFunction) {
	case IRP_MN_START_DEVICE:
		return start(bus, irp);
	case IRP_MN_QUERY_DEVICE_RELATIONS:
		return relations(bus, irp);
	case IRP_MN_REMOVE_DEVICE:
		return remove(bus, irp);
	case IRP_MN_QUERY_STOP_DEVICE:
	case IRP_MN_CANCEL_STOP_DEVICE:
	case IRP_MN_STOP_DEVICE:
	case IRP_MN_QUERY_REMOVE_DEVICE:
	case IRP_MN_CANCEL_REMOVE_DEVICE:
	case IRP_MN_SURPRISE_REMOVAL:
		irp->IoStatus.Status = STATUS_SUCCESS;
		break;
	}
	return pass_down(bus, irp);
}

/* ------------------------------------------------------- other requests -- */

static NTSTATUS NTAPI bus_power(PDEVICE_OBJECT device, PIRP irp)
{
	struct bus *bus = device->DeviceExtension;

	PoStartNextPowerIrp(irp);
	IoSkipCurrentIrpStackLocation(irp);
	return PoCallDriver(bus->lower, irp);
}

static NTSTATUS NTAPI bus_system_control(PDEVICE_OBJECT device, PIRP irp)
{
	return pass_down(device->DeviceExtension, irp);
}

NTSTATUS NTAPI bus_open(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	return bus_finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI bus_internal(PDEVICE_OBJECT device, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
	struct linuxbus_interface *routines = irp->UserBuffer;
	struct bus *bus = device->DeviceExtension;

	if (stack->Parameters.DeviceIoControl.IoControlCode !=
	    IOCTL_LINUXBUS_GET_INTERFACE)
		return bus_finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
	if (!bus->started)
		return bus_finish(irp, STATUS_DEVICE_NOT_READY, 0);
	if (routines->size != sizeof(*routines) ||
	    routines->version != LINUXBUS_VERSION)
		return bus_finish(irp, STATUS_REVISION_MISMATCH, 0);
	bus_interface(routines);
	return bus_finish(irp, STATUS_SUCCESS, 0);
}

/* ------------------------------------------------------- start and end -- */

static void bus_init(struct bus *bus, PDEVICE_OBJECT fdo, PDEVICE_OBJECT pdo)
{
	PDRIVER_DISPATCH *routine = bus->device.dispatch;

	RtlZeroMemory(bus, sizeof(*bus));
	bus->fdo = fdo;
	bus->pdo = pdo;
	InitializeListHead(&bus->disks);
	KeInitializeMutex(&bus->mutex, 0);
	routine[IRP_MJ_PNP] = bus_pnp;
	routine[IRP_MJ_POWER] = bus_power;
	routine[IRP_MJ_SYSTEM_CONTROL] = bus_system_control;
	routine[IRP_MJ_CREATE] = bus_open;
	routine[IRP_MJ_CLEANUP] = bus_open;
	routine[IRP_MJ_CLOSE] = bus_open;
	routine[IRP_MJ_INTERNAL_DEVICE_CONTROL] = bus_internal;
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo)
{
	UNICODE_STRING name;
	PDEVICE_OBJECT fdo;
	NTSTATUS status;
	struct bus *bus;

	RtlInitUnicodeString(&name, LINUXBUS_DEVICE);
	status = IoCreateDevice(driver, sizeof(*bus), &name,
				FILE_DEVICE_BUS_EXTENDER, FILE_DEVICE_SECURE_OPEN,
				FALSE, &fdo);
	if (!NT_SUCCESS(status))
		return status;	/* of two, the second */
	bus = fdo->DeviceExtension;
	bus_init(bus, fdo, pdo);
	bus->lower = IoAttachDeviceToDeviceStack(fdo, pdo);
	if (!bus->lower) {
		IoDeleteDevice(fdo);
		return STATUS_NO_SUCH_DEVICE;
	}
	the_bus = bus;
	fdo->Flags |= DO_POWER_PAGABLE;
	fdo->Flags &= ~DO_DEVICE_INITIALIZING;
	return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
	(void)driver;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING service);

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING service)
{
	ULONG i;

	(void)service;
	for (i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
		driver->MajorFunction[i] = dispatch;
	driver->DriverExtension->AddDevice = add_device;
	driver->DriverUnload = unload;
	return STATUS_SUCCESS;
}
