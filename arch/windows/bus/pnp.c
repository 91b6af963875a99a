// SPDX-License-Identifier: GPL-2.0
/*
 * linuxbus.sys: what Plug and Play asks of a disk.
 */
#include "bus.h"

#include <initguid.h>
#include <wdmguid.h>

/* NT's driver for disks knows the last one. */
static const WCHAR device_id[] = L"LINUXBUS\\Disk";
static const WCHAR hardware_ids[] = L"LINUXBUS\\Disk\0";
static const WCHAR compatible_ids[] = L"GenDisk\0";
static const WCHAR description[] = L"Linux disk";

/* In memory that the one who asks frees. */
static NTSTATUS answer(PIRP irp, const void *bytes, SIZE_T size)
{
	void *copy = ExAllocatePoolWithTag(PagedPool, size, BUS_TAG);

	if (!copy)
		return STATUS_INSUFFICIENT_RESOURCES;
	RtlCopyMemory(copy, bytes, size);
	irp->IoStatus.Information = (ULONG_PTR)copy;
	return STATUS_SUCCESS;
}

static NTSTATUS query_id(struct disk *disk, PIRP irp, PIO_STACK_LOCATION stack)
{
	switch (stack->Parameters.QueryId.IdType) {
	case BusQueryDeviceID:
		return answer(irp, device_id, sizeof(device_id));
	case BusQueryHardwareIDs:
		return answer(irp, hardware_ids, sizeof(hardware_ids));
	case BusQueryCompatibleIDs:
		return answer(irp, compatible_ids, sizeof(compatible_ids));
	case BusQueryInstanceID:
		return answer(irp, disk->id, sizeof(disk->id));
	default:
		return irp->IoStatus.Status;
	}
}

static NTSTATUS query_text(struct disk *disk, PIRP irp, PIO_STACK_LOCATION stack)
{
	switch (stack->Parameters.QueryDeviceText.DeviceTextType) {
	case DeviceTextDescription:
		return answer(irp, description, sizeof(description));
	case DeviceTextLocationInformation:
		return answer(irp, disk->id, sizeof(disk->id));
	default:
		return irp->IoStatus.Status;
	}
}

static NTSTATUS query_capabilities(struct disk *disk, PIO_STACK_LOCATION stack)
{
	PDEVICE_CAPABILITIES is = stack->Parameters.DeviceCapabilities.Capabilities;
	ULONG i;

	if (is->Version != 1 || is->Size < sizeof(*is))
		return STATUS_UNSUCCESSFUL;
	is->UniqueID = TRUE;
	is->SilentInstall = TRUE;
	is->SurpriseRemovalOK = TRUE;
	is->Address = disk->number;
	is->UINumber = disk->number;
	for (i = PowerSystemSleeping1; i < PowerSystemMaximum; i++)
		is->DeviceState[i] = PowerDeviceD3;
	is->DeviceState[PowerSystemWorking] = PowerDeviceD0;
	return STATUS_SUCCESS;
}

static NTSTATUS query_bus(PIRP irp)
{
	PNP_BUS_INFORMATION bus = {
		.BusTypeGuid = GUID_BUS_TYPE_INTERNAL,
		.LegacyBusType = InternalPowerBus,
	};

	return answer(irp, &bus, sizeof(bus));
}

static NTSTATUS query_relations(PDEVICE_OBJECT device, PIRP irp,
				PIO_STACK_LOCATION stack)
{
	DEVICE_RELATIONS self = { .Count = 1, .Objects = { device } };
	NTSTATUS status;

	if (stack->Parameters.QueryDeviceRelations.Type != TargetDeviceRelation)
		return irp->IoStatus.Status;
	status = answer(irp, &self, sizeof(self));
	if (NT_SUCCESS(status))
		ObReferenceObject(device);
	return status;
}

/*
 * What NT needs to live on must not lie on a disk that goes when a service stops, and
 * whose driver may itself wait for memory.
 */
static NTSTATUS usage(PIO_STACK_LOCATION stack)
{
	return stack->Parameters.UsageNotification.InPath ?
	       STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
}

/* The last request of a device that NT was told is gone: then it may be deleted. */
static NTSTATUS remove(struct disk *disk, PIRP irp)
{
	disk->claimed = FALSE;
	bus_finish(irp, STATUS_SUCCESS, 0);
	bus_lock();
	if (disk->gone)
		disk_delete(disk);
	bus_unlock();
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI disk_pnp(PDEVICE_OBJECT device, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
	struct disk *disk = device->DeviceExtension;
	NTSTATUS status = irp->IoStatus.Status;

	switch (stack->MinorFunction) {
	case IRP_MN_START_DEVICE:
	case IRP_MN_QUERY_STOP_DEVICE:
	case IRP_MN_CANCEL_STOP_DEVICE:
	case IRP_MN_STOP_DEVICE:
	case IRP_MN_QUERY_REMOVE_DEVICE:
	case IRP_MN_CANCEL_REMOVE_DEVICE:
	case IRP_MN_SURPRISE_REMOVAL:
		status = STATUS_SUCCESS;
		break;
	case IRP_MN_REMOVE_DEVICE:
		return remove(disk, irp);
	case IRP_MN_QUERY_ID:
		status = query_id(disk, irp, stack);
		break;
	case IRP_MN_QUERY_DEVICE_TEXT:
		status = query_text(disk, irp, stack);
		break;
	case IRP_MN_QUERY_CAPABILITIES:
		status = query_capabilities(disk, stack);
		break;
	case IRP_MN_QUERY_BUS_INFORMATION:
		status = query_bus(irp);
		break;
	case IRP_MN_QUERY_DEVICE_RELATIONS:
		status = query_relations(device, irp, stack);
		break;
	case IRP_MN_DEVICE_USAGE_NOTIFICATION:
		status = usage(stack);
		break;
	}
	return bus_finish(irp, status, irp->IoStatus.Information);
}
