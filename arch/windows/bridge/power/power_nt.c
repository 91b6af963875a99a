// SPDX-License-Identifier: GPL-2.0
/*
 * The power bridge's NT end: when NT shuts down, Linux does so first.
 *
 * NT sends its shutdown request while file systems and disks still work, and
 * goes on when it is completed. Under Wine it is the service manager that stops
 * the service.
 */
#include "core.h"

typedef NTSTATUS (NTAPI *register_t)(PDEVICE_OBJECT device);
typedef VOID (NTAPI *unregister_t)(PDEVICE_OBJECT device);

static PDEVICE_OBJECT device;

static NTSTATUS NTAPI dispatch_shutdown(PDEVICE_OBJECT self, PIRP irp)
{
	(void)self;
	nt_assert_thread();
	nt_log("Windows shuts down");
	nt_request_shutdown();
	if (!nt_wait_stopped(SHUTDOWN_SECONDS))
		nt_log("Linux did not shut down in %u seconds", SHUTDOWN_SECONDS);
	irp->IoStatus.Status = STATUS_SUCCESS;
	irp->IoStatus.Information = 0;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return STATUS_SUCCESS;
}

static NTSTATUS ask_for_notification(PDRIVER_OBJECT driver)
{
	register_t ask = nt_routine(L"IoRegisterShutdownNotification");
	NTSTATUS status;

	if (!ask)
		return STATUS_NOT_SUPPORTED;
	status = IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN,
				FILE_DEVICE_SECURE_OPEN, FALSE, &device);
	if (!NT_SUCCESS(status))
		return status;
	driver->MajorFunction[IRP_MJ_SHUTDOWN] = dispatch_shutdown;
	status = ask(device);
	if (!NT_SUCCESS(status)) {
		IoDeleteDevice(device);
		device = NULL;
	}
	return status;
}

void power_nt_init(PDRIVER_OBJECT driver)
{
	NTSTATUS status;

	if (nt_under_wine)
		return;
	status = ask_for_notification(driver);
	if (!NT_SUCCESS(status))
		nt_log("Windows tells of no shutdown (status %08x): stop the service before",
		       (unsigned int)status);
}

void power_nt_exit(void)
{
	unregister_t forget = nt_routine(L"IoUnregisterShutdownNotification");

	if (!device)
		return;
	if (forget)
		forget(device);
	IoDeleteDevice(device);
	device = NULL;
}
