// SPDX-License-Identifier: GPL-2.0
/*
 * System threads.
 */
#include "core.h"

NTSTATUS thread_start(PKSTART_ROUTINE routine, void *context, PVOID *thread)
{
	OBJECT_ATTRIBUTES attributes;
	NTSTATUS status;
	HANDLE handle;

	nt_assert_thread();
	InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL,
				   NULL);
	status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes,
				      NULL, NULL, routine, context);
	if (!NT_SUCCESS(status))
		return status;
	/* Cannot fail: the handle is good, and the caller is the kernel. */
	status = ObReferenceObjectByHandle(handle, SYNCHRONIZE, NULL,
					   KernelMode, thread, NULL);
	ZwClose(handle);
	return status;
}

BOOLEAN thread_join(PVOID *thread, u32 seconds)
{
	LARGE_INTEGER timeout;
	NTSTATUS status;

	nt_assert_thread();
	if (!*thread)
		return TRUE;
	timeout.QuadPart = -10000000ll * seconds;
	status = KeWaitForSingleObject(*thread, Executive, KernelMode, FALSE,
				       seconds ? &timeout : NULL);
	if (status != STATUS_SUCCESS)
		return FALSE;
	ObDereferenceObject(*thread);
	*thread = NULL;
	return TRUE;
}

void thread_sleep(u32 milliseconds)
{
	LARGE_INTEGER time;

	time.QuadPart = -10000ll * milliseconds;
	KeDelayExecutionThread(KernelMode, FALSE, &time);
}
