// SPDX-License-Identifier: GPL-2.0
/*
 * The volume that a file lies on. An image on a disk that Linux has exported must not
 * become a disk of Linux's: what is exported could then be made to lie beneath itself.
 */
#include "block_nt.h"

typedef NTSTATUS (NTAPI *query_name_t)(PVOID object, POBJECT_NAME_INFORMATION name,
				       ULONG bytes, PULONG got);

static NTSTATUS open_volume(HANDLE file, HANDLE *volume)
{
	query_name_t query_name = nt_routine(L"ObQueryNameString");
	union {
		OBJECT_NAME_INFORMATION info;
		u8 bytes[512];
	} name;
	NTSTATUS status;
	PVOID object;
	ULONG got;

	if (!query_name)
		return STATUS_NOT_SUPPORTED;
	status = ObReferenceObjectByHandle(file, 0, NULL, KernelMode, &object, NULL);
	if (!NT_SUCCESS(status))
		return status;
	status = query_name(((PFILE_OBJECT)object)->DeviceObject, &name.info,
			    sizeof(name), &got);
	ObDereferenceObject(object);
	if (!NT_SUCCESS(status))
		return status;
	return device_open(&name.info.Name, volume);
}

BOOLEAN volume_is_export(struct worker *worker, HANDLE file)
{
	BOOLEAN is_export;
	HANDLE volume;

	/* A file is one of the host's there. */
	if (nt_under_wine || !NT_SUCCESS(open_volume(file, &volume)))
		return FALSE;
	is_export = device_is_export(worker, volume);
	ZwClose(volume);
	return is_export;
}
