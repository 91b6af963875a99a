// SPDX-License-Identifier: GPL-2.0
/*
 * linuxbus.sys: a disk's requests, which linux.sys executes while it has the disk.
 */
#include "bus.h"

#include <ntddstor.h>
#include <srb.h>

/* May it be handed on? Then the disk stays with linux.sys until disk_leave(). */
static BOOLEAN enter(struct disk *disk)
{
	BOOLEAN may;
	KIRQL irql;

	KeAcquireSpinLock(&disk->lock, &irql);
	may = disk->online;
	if (may)
		disk->running++;
	KeReleaseSpinLock(&disk->lock, irql);
	return may;
}

void disk_leave(struct disk *disk)
{
	KIRQL irql;

	KeAcquireSpinLock(&disk->lock, &irql);
	if (!--disk->running)
		KeSetEvent(&disk->quiet, IO_NO_INCREMENT, FALSE);
	KeReleaseSpinLock(&disk->lock, irql);
}

/* The IRP is linux.sys's from here on, whatever becomes of the disk. */
static NTSTATUS hand_on(struct disk *disk, PIRP irp)
{
	NTSTATUS status;

	status = disk->submit(disk->context, irp);
	disk_leave(disk);
	return status;
}

/* ---------------------------------------------------------------- SCSI -- */

static NTSTATUS finish_srb(PIRP irp, SCSI_REQUEST_BLOCK *srb, UCHAR srb_status,
			   NTSTATUS status)
{
	srb->SrbStatus = srb_status;
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = 0;
	linuxbus_complete(irp, IO_NO_INCREMENT);
	return status;
}

static NTSTATUS claim(PDEVICE_OBJECT device, PIRP irp, SCSI_REQUEST_BLOCK *srb)
{
	struct disk *disk = device->DeviceExtension;
	BOOLEAN was;
	KIRQL irql;

	KeAcquireSpinLock(&disk->lock, &irql);
	was = disk->claimed;
	disk->claimed = TRUE;
	KeReleaseSpinLock(&disk->lock, irql);
	if (was)
		return finish_srb(irp, srb, SRB_STATUS_BUSY, STATUS_DEVICE_BUSY);
	srb->DataBuffer = device;
	return finish_srb(irp, srb, SRB_STATUS_SUCCESS, STATUS_SUCCESS);
}

static NTSTATUS execute(struct disk *disk, PIRP irp, SCSI_REQUEST_BLOCK *srb)
{
	if (!enter(disk))
		return finish_srb(irp, srb, SRB_STATUS_NO_DEVICE,
				  STATUS_NO_SUCH_DEVICE);
	return hand_on(disk, irp);
}

static NTSTATUS NTAPI disk_scsi(PDEVICE_OBJECT device, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
	SCSI_REQUEST_BLOCK *srb = stack->Parameters.Scsi.Srb;
	struct disk *disk = device->DeviceExtension;

	/* Programs cannot send these; what they ask of the disk driver becomes them. */
	if (!srb)
		return bus_finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
	switch (srb->Function) {
	case SRB_FUNCTION_CLAIM_DEVICE:
		return claim(device, irp, srb);
	case SRB_FUNCTION_RELEASE_DEVICE:
		disk->claimed = FALSE;
		return finish_srb(irp, srb, SRB_STATUS_SUCCESS, STATUS_SUCCESS);
	case SRB_FUNCTION_EXECUTE_SCSI:
	case SRB_FUNCTION_FLUSH:
	case SRB_FUNCTION_SHUTDOWN:
		return execute(disk, irp, srb);
	case SRB_FUNCTION_LOCK_QUEUE:
	case SRB_FUNCTION_UNLOCK_QUEUE:
	case SRB_FUNCTION_RELEASE_QUEUE:
	case SRB_FUNCTION_FLUSH_QUEUE:
		/* There is no queue that could be frozen. */
		return finish_srb(irp, srb, SRB_STATUS_SUCCESS, STATUS_SUCCESS);
	}
	return finish_srb(irp, srb, SRB_STATUS_INVALID_REQUEST,
			  STATUS_INVALID_DEVICE_REQUEST);
}

/* ------------------------------------------------------- other requests -- */

static NTSTATUS NTAPI disk_control(PDEVICE_OBJECT device, PIRP irp)
{
	struct disk *disk = device->DeviceExtension;

	if (!enter(disk))
		return bus_finish(irp, STATUS_NO_SUCH_DEVICE, 0);
	return hand_on(disk, irp);
}

static NTSTATUS NTAPI disk_power(PDEVICE_OBJECT device, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
	NTSTATUS status = irp->IoStatus.Status;

	switch (stack->MinorFunction) {
	case IRP_MN_SET_POWER:
		if (stack->Parameters.Power.Type == DevicePowerState)
			PoSetPowerState(device, DevicePowerState,
					stack->Parameters.Power.State);
		status = STATUS_SUCCESS;
		break;
	case IRP_MN_QUERY_POWER:
		status = STATUS_SUCCESS;
		break;
	}
	PoStartNextPowerIrp(irp);
	return bus_finish(irp, status, 0);
}

static NTSTATUS NTAPI disk_system_control(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	return bus_finish(irp, irp->IoStatus.Status, irp->IoStatus.Information);
}

void disk_init(struct disk *disk)
{
	PDRIVER_DISPATCH *routine = disk->device.dispatch;

	routine[IRP_MJ_PNP] = disk_pnp;
	routine[IRP_MJ_POWER] = disk_power;
	routine[IRP_MJ_SYSTEM_CONTROL] = disk_system_control;
	routine[IRP_MJ_CREATE] = bus_open;
	routine[IRP_MJ_CLEANUP] = bus_open;
	routine[IRP_MJ_CLOSE] = bus_open;
	routine[IRP_MJ_DEVICE_CONTROL] = disk_control;
	routine[IRP_MJ_SCSI] = disk_scsi;
}
