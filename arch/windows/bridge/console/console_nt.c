// SPDX-License-Identifier: GPL-2.0
/*
 * The console bridge's NT end: the control device \\.\wsl4.
 */
#include "console_nt.h"
#include "debug.h"

static PDEVICE_OBJECT control_device;

static const WCHAR device_name[] = L"\\Device\\wsl4";
static const WCHAR link_name[] = L"\\DosDevices\\wsl4";

static NTSTATUS control_create(PDEVICE_OBJECT device, PIRP irp,
			       PIO_STACK_LOCATION stack, ULONG_PTR *bytes)
{
	(void)device;
	(void)irp;
	(void)bytes;
	stack->FileObject->FsContext = NULL;
	if (stack->FileObject->FileName.Length)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	return STATUS_SUCCESS;
}

/* Cleanup, too: whichever comes first ends the session. */
static NTSTATUS control_close(PDEVICE_OBJECT device, PIRP irp,
			      PIO_STACK_LOCATION stack, ULONG_PTR *bytes)
{
	(void)device;
	(void)irp;
	(void)bytes;
	control_log_cancel(stack->FileObject);
	session_hangup(stack->FileObject);
	return STATUS_SUCCESS;
}

static NTSTATUS control_request(PDEVICE_OBJECT device, PIRP irp,
				PIO_STACK_LOCATION stack, ULONG_PTR *bytes)
{
	struct request request;
	NTSTATUS status;
	u32 count = 0;

	(void)device;
	(void)stack;
	request_parse(&request, irp);
	switch (request.code) {
	case WSL4_IOCTL_STATUS:
		status = control_status(&request, &count);
		break;
	case WSL4_IOCTL_LOG:
		status = control_log(&request, &count);
		break;
	case WSL4_IOCTL_SHUTDOWN:
		status = control_shutdown(&request);
		break;
	case WSL4_IOCTL_ATTACH:
		status = control_attach(&request, &count);
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
	*bytes = count;
	return status;
}

static const struct device_class control_class = {
	.type		= WSL4_DEVICE_TYPE,
	.flags		= DO_BUFFERED_IO,
	.create		= control_create,
	.cleanup	= control_close,
	.close		= control_close,
	.control	= control_request,
};

NTSTATUS console_nt_init(void)
{
	NTSTATUS status;

	control_init();
	status = device_make(&control_class, device_name, link_name,
			     sizeof(void *), &control_device);
	if (!NT_SUCCESS(status)) {
		nt_log("cannot make \\\\.\\wsl4: status %08lx",
		       (unsigned long)status);
		control_exit();
	}
	return status;
}

void console_nt_unload(void)
{
	if (!control_device)
		return;
	session_end_all();
	control_exit();
	device_unlink(link_name);
	IoDeleteDevice(control_device);
	control_device = NULL;
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
