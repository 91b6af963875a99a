// SPDX-License-Identifier: GPL-2.0
/*
 * The console bridge's NT end: the control device \\.\wsl4.
 */
#include "console_nt.h"
#include "debug.h"

static PDEVICE_OBJECT control_device;

static const WCHAR device_name[] = L"\\Device\\wsl4";
static const WCHAR link_name[] = L"\\DosDevices\\wsl4";

static NTSTATUS finish(PIRP irp, NTSTATUS status, u32 bytes)
{
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = bytes;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return status;
}

static NTSTATUS NTAPI dispatch_create(PDEVICE_OBJECT device, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

	(void)device;
	stack->FileObject->FsContext = NULL;
	if (stack->FileObject->FileName.Length)
		return finish(irp, STATUS_OBJECT_NAME_NOT_FOUND, 0);
	return finish(irp, STATUS_SUCCESS, 0);
}

/* Cleanup, too: whichever comes first ends the session. */
static NTSTATUS NTAPI dispatch_close(PDEVICE_OBJECT device, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

	(void)device;
	control_log_cancel(stack->FileObject);
	session_hangup(stack->FileObject);
	return finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI dispatch_control(PDEVICE_OBJECT device, PIRP irp)
{
	struct request request;
	NTSTATUS status;
	u32 bytes = 0;

	(void)device;
	nt_assert_thread();
	request_parse(&request, irp);
	switch (request.code) {
	case WSL4_IOCTL_STATUS:
		status = control_status(&request, &bytes);
		break;
	case WSL4_IOCTL_LOG:
		status = control_log(&request, &bytes);
		break;
	case WSL4_IOCTL_SHUTDOWN:
		status = control_shutdown(&request);
		break;
	case WSL4_IOCTL_ATTACH:
		status = control_attach(&request, &bytes);
		break;
	case WSL4_IOCTL_START:
		status = session_start(&request);
		break;
	case WSL4_IOCTL_WRITE:
		status = session_write(&request);
		break;
	case WSL4_IOCTL_READ:
		status = session_read(&request);
		break;
	case WSL4_IOCTL_CLOSE:
		status = session_close_stream(&request);
		break;
	case WSL4_IOCTL_WINSIZE:
		status = session_winsize(&request);
		break;
	case WSL4_IOCTL_SIGNAL:
		status = session_signal(&request);
		break;
	case WSL4_IOCTL_WAIT:
		status = session_wait(&request);
		break;
	default:
		status = STATUS_INVALID_DEVICE_REQUEST;
	}
	if (status == STATUS_PENDING)
		return status;
	return finish(irp, status, bytes);
}

/* Full access for the system and the administrators, none for others. */
static NTSTATUS make_dacl(ACL *acl, ULONG bytes)
{
	static SID system = {
		SID_REVISION, 1, { SECURITY_NT_AUTHORITY },
		{ SECURITY_LOCAL_SYSTEM_RID },
	};
	static struct {
		SID sid;
		ULONG second;
	} administrators = {
		{ SID_REVISION, 2, { SECURITY_NT_AUTHORITY },
		  { SECURITY_BUILTIN_DOMAIN_RID } },
		DOMAIN_ALIAS_RID_ADMINS,
	};
	NTSTATUS status;

	status = RtlCreateAcl(acl, bytes, ACL_REVISION);
	if (NT_SUCCESS(status))
		status = RtlAddAccessAllowedAce(acl, ACL_REVISION,
						FILE_ALL_ACCESS, &system);
	if (NT_SUCCESS(status))
		status = RtlAddAccessAllowedAce(acl, ACL_REVISION,
						FILE_ALL_ACCESS,
						&administrators.sid);
	return status;
}

static NTSTATUS set_dacl(HANDLE handle)
{
	union {
		ACL acl;
		u8 bytes[128];
	} dacl;
	SECURITY_DESCRIPTOR descriptor;
	NTSTATUS status;

	status = make_dacl(&dacl.acl, sizeof(dacl));
	if (!NT_SUCCESS(status))
		return status;
	status = RtlCreateSecurityDescriptor(&descriptor,
					     SECURITY_DESCRIPTOR_REVISION);
	if (!NT_SUCCESS(status))
		return status;
	status = RtlSetDaclSecurityDescriptor(&descriptor, TRUE, &dacl.acl,
					      FALSE);
	if (!NT_SUCCESS(status))
		return status;
	return ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION,
				   &descriptor);
}

/*
 * Nobody can open the device meanwhile: it is being initialised until
 * DriverEntry returns. Wine has no handles to device objects; there every
 * program of the prefix belongs to one user anyway.
 */
static NTSTATUS secure_device(PDEVICE_OBJECT device)
{
	NTSTATUS status;
	HANDLE handle;

	if (nt_under_wine)
		return STATUS_SUCCESS;
	status = ObOpenObjectByPointer(device, OBJ_KERNEL_HANDLE, NULL,
				       WRITE_DAC, NULL, KernelMode, &handle);
	if (!NT_SUCCESS(status))
		return status;
	status = set_dacl(handle);
	ZwClose(handle);
	return status;
}

static NTSTATUS make_device(PDRIVER_OBJECT driver)
{
	UNICODE_STRING name, link;
	NTSTATUS status;

	RtlInitUnicodeString(&name, device_name);
	RtlInitUnicodeString(&link, link_name);
	status = IoCreateDevice(driver, 0, &name, WSL4_DEVICE_TYPE,
				FILE_DEVICE_SECURE_OPEN, FALSE,
				&control_device);
	if (!NT_SUCCESS(status))
		return status;
	control_device->Flags |= DO_BUFFERED_IO;
	status = secure_device(control_device);
	if (NT_SUCCESS(status))
		status = IoCreateSymbolicLink(&link, &name);
	/*
	 * Under Wine the link outlives a driver process that was killed, and
	 * now leads to the new device. The device is ours, so the link is.
	 */
	if (status == STATUS_OBJECT_TYPE_MISMATCH ||
	    status == STATUS_OBJECT_NAME_COLLISION) {
		IoDeleteSymbolicLink(&link);
		status = IoCreateSymbolicLink(&link, &name);
	}
	if (NT_SUCCESS(status))
		return status;
	IoDeleteDevice(control_device);
	control_device = NULL;
	return status;
}

NTSTATUS console_nt_init(PDRIVER_OBJECT driver)
{
	NTSTATUS status;

	KeInitializeSpinLock(&console_lock);
	wine_guard_init();
	driver->MajorFunction[IRP_MJ_CREATE] = dispatch_create;
	driver->MajorFunction[IRP_MJ_CLEANUP] = dispatch_close;
	driver->MajorFunction[IRP_MJ_CLOSE] = dispatch_close;
	driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = dispatch_control;
	control_init();
	status = make_device(driver);
	if (!NT_SUCCESS(status)) {
		nt_log("cannot make \\\\.\\wsl4: status %08lx",
		       (unsigned long)status);
		control_exit();
	}
	return status;
}

void console_nt_unload(void)
{
	UNICODE_STRING link;

	if (!control_device)
		return;
	session_end_all();
	control_exit();
	RtlInitUnicodeString(&link, link_name);
	IoDeleteSymbolicLink(&link);
	IoDeleteDevice(control_device);
	control_device = NULL;
	wine_guard_exit();
}

void console_nt_linux_stopped(void)
{
	session_end_all();
	control_linux_ended();
}

wsl4_s64 console_nt_call(struct wsl4_vcpu *vcpu, wsl4_u64 call,
			 const wsl4_u64 *args)
{
	switch (call) {
	case HOST_CONSOLE_EVENT:
		return session_event(vcpu);
	case HOST_CONSOLE_READ:
		return session_linux_read(args);
	case HOST_CONSOLE_WRITE:
		return session_linux_write(args);
	case HOST_CONSOLE_EXIT:
		if (args[1] == WSL4_SESSION_READY)
			return control_hello(args[2], args[3]);
		return session_linux_exit(args);
	}
	return -LINUX_ENOSYS;
}
