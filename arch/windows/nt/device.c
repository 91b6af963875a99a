// SPDX-License-Identifier: GPL-2.0
/*
 * The driver's named devices, see device.h.
 */
#include "core.h"
#include "device.h"
#include "irp.h"

typedef NTSTATUS (NTAPI *open_link_t)(PHANDLE handle, ACCESS_MASK access,
				      POBJECT_ATTRIBUTES attributes);
typedef NTSTATUS (NTAPI *query_link_t)(HANDLE handle, PUNICODE_STRING target,
				       PULONG length);

/* All devices of ours have names that begin so. */
static const WCHAR own_names[] = L"\\Device\\wsl4";

static PDRIVER_OBJECT driver_object;

static device_routine_t routine_for(const struct device_class *class, UCHAR major)
{
	switch (major) {
	case IRP_MJ_CREATE:
		return class->create;
	case IRP_MJ_CLEANUP:
		return class->cleanup;
	case IRP_MJ_CLOSE:
		return class->close;
	case IRP_MJ_DEVICE_CONTROL:
	case IRP_MJ_FILE_SYSTEM_CONTROL:
		return class->control;
	}
	return class->transfer;
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
	const struct device_class **class = device->DeviceExtension;
	device_routine_t routine = NULL;
	ULONG_PTR bytes = 0;
	NTSTATUS status;

	nt_assert_thread();
	if (class)
		routine = routine_for(*class, stack->MajorFunction);
	if (!routine)
		return irp_finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
	status = routine(device, irp, stack, &bytes);
	return irp_finish(irp, status, bytes);
}

void device_init(PDRIVER_OBJECT driver)
{
	static const UCHAR majors[] = {
		IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE, IRP_MJ_DEVICE_CONTROL,
		IRP_MJ_FILE_SYSTEM_CONTROL, IRP_MJ_READ, IRP_MJ_WRITE, IRP_MJ_FLUSH_BUFFERS,
	};
	size_t i;

	driver_object = driver;
	for (i = 0; i < ARRAYSIZE(majors); i++)
		driver->MajorFunction[majors[i]] = dispatch;
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
 * its maker says otherwise. Wine has no handles to device objects; there every
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

/* Does a link lead to a device that has a name as ours have? */
static BOOLEAN is_ours(UNICODE_STRING *link)
{
	open_link_t open_link = nt_routine(L"ZwOpenSymbolicLinkObject");
	query_link_t query_link = nt_routine(L"ZwQuerySymbolicLinkObject");
	const size_t bytes = sizeof(own_names) - sizeof(WCHAR);
	OBJECT_ATTRIBUTES attributes;
	UNICODE_STRING target;
	WCHAR text[64];
	NTSTATUS status;
	HANDLE handle;

	InitializeObjectAttributes(&attributes, link, OBJ_CASE_INSENSITIVE |
				   OBJ_KERNEL_HANDLE, NULL, NULL);
	if (!open_link || !query_link)
		return FALSE;
	status = open_link(&handle, SYMBOLIC_LINK_QUERY, &attributes);
	if (!NT_SUCCESS(status))
		return FALSE;
	target.Buffer = text;
	target.Length = 0;
	target.MaximumLength = sizeof(text);
	status = query_link(handle, &target, NULL);
	ZwClose(handle);
	return NT_SUCCESS(status) && target.Length >= bytes &&
	       nt_same_bytes(text, own_names, bytes);
}

/*
 * Under Wine a link outlives a driver process that was killed. Whoever asks knows
 * that no device of ours has this name now, so a link to one is such a leftover.
 */
static NTSTATUS make_link(UNICODE_STRING *link, UNICODE_STRING *name)
{
	NTSTATUS status = IoCreateSymbolicLink(link, name);

	if (status == STATUS_OBJECT_TYPE_MISMATCH)
		status = STATUS_OBJECT_NAME_COLLISION;
	if (status != STATUS_OBJECT_NAME_COLLISION || !nt_under_wine ||
	    !is_ours(link))
		return status;
	IoDeleteSymbolicLink(link);
	return IoCreateSymbolicLink(link, name);
}

NTSTATUS device_make(const struct device_class *class, const WCHAR *name,
		     const WCHAR *link, ULONG extension, PDEVICE_OBJECT *device)
{
	UNICODE_STRING nt_name, link_name;
	NTSTATUS status;

	RtlInitUnicodeString(&nt_name, name);
	RtlInitUnicodeString(&link_name, link);
	status = IoCreateDevice(driver_object, extension, &nt_name, class->type,
				FILE_DEVICE_SECURE_OPEN, FALSE, device);
	if (!NT_SUCCESS(status))
		return status;
	(*device)->Flags |= class->flags;
	RtlZeroMemory((*device)->DeviceExtension, extension);
	*(const struct device_class **)(*device)->DeviceExtension = class;
	status = secure_device(*device);
	if (NT_SUCCESS(status))
		status = make_link(&link_name, &nt_name);
	if (!NT_SUCCESS(status)) {
		IoDeleteDevice(*device);
		*device = NULL;
		return status;
	}
	(*device)->Flags &= ~DO_DEVICE_INITIALIZING;
	return STATUS_SUCCESS;
}

void device_unlink(const WCHAR *link)
{
	UNICODE_STRING name;

	RtlInitUnicodeString(&name, link);
	IoDeleteSymbolicLink(&name);
}
