// SPDX-License-Identifier: GPL-2.0
/*
 * A driver for the tests: asks the second disk whether NT may put its page file, its
 * hibernation file or its dump file there, as NT does before it does so. The answers are
 * in the debugger's output: "usage KIND STATUS".
 *
 * It never stays.
 */
#include <ntddk.h>

static NTSTATUS ask(PDEVICE_OBJECT device, DEVICE_USAGE_NOTIFICATION_TYPE type,
		    BOOLEAN in_path)
{
	PIO_STACK_LOCATION stack;
	IO_STATUS_BLOCK io;
	NTSTATUS status;
	KEVENT done;
	PIRP irp;

	KeInitializeEvent(&done, NotificationEvent, FALSE);
	irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, device, NULL, 0, NULL, &done, &io);
	if (!irp)
		return STATUS_INSUFFICIENT_RESOURCES;
	irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
	stack = IoGetNextIrpStackLocation(irp);
	stack->MinorFunction = IRP_MN_DEVICE_USAGE_NOTIFICATION;
	stack->Parameters.UsageNotification.InPath = in_path;
	stack->Parameters.UsageNotification.Type = type;
	status = IoCallDriver(device, irp);
	if (status == STATUS_PENDING) {
		KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
		status = io.Status;
	}
	return status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry)
{
	UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Harddisk1\\Partition0");
	DEVICE_USAGE_NOTIFICATION_TYPE type;
	PDEVICE_OBJECT device;
	PFILE_OBJECT file;
	NTSTATUS status;

	(void)driver;
	(void)registry;
	status = IoGetDeviceObjectPointer(&name, FILE_READ_ATTRIBUTES, &file, &device);
	if (!NT_SUCCESS(status)) {
		DbgPrint("usage: no disk: %lx\n", status);
		return status;
	}
	for (type = DeviceUsageTypePaging; type <= DeviceUsageTypeDumpFile; type++) {
		status = ask(device, type, TRUE);
		DbgPrint("usage %lu %lx\n", (ULONG)type, status);
		if (NT_SUCCESS(status))
			ask(device, type, FALSE);
	}
	ObDereferenceObject(file);
	return STATUS_NOT_SUPPORTED;
}
