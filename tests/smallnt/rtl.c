// SPDX-License-Identifier: GPL-2.0
/*
 * NT's run-time library, as far as drivers here need it; work items.
 */
#include "smallnt.h"

static LIST_ENTRY work = { &work, &work };
static KSPIN_LOCK work_lock;
static KSEMAPHORE work_count;

VOID RtlInitUnicodeString(PUNICODE_STRING to, PCWSTR from)
{
	u32 n = 0;

	while (from && from[n])
		n++;
	to->Buffer = (WCHAR *)from;
	to->Length = n * 2;
	to->MaximumLength = from ? n * 2 + 2 : 0;
}

NTSTATUS RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor,
				     ULONG revision)
{
	SECURITY_DESCRIPTOR *d = descriptor;

	if (revision != SECURITY_DESCRIPTOR_REVISION)
		return STATUS_UNKNOWN_REVISION;
	memset(d, 0, sizeof(*d));
	d->Revision = revision;
	return STATUS_SUCCESS;
}

NTSTATUS RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor,
				      BOOLEAN present, PACL dacl,
				      BOOLEAN defaulted)
{
	SECURITY_DESCRIPTOR *d = descriptor;

	if (d->Revision != SECURITY_DESCRIPTOR_REVISION)
		return STATUS_UNKNOWN_REVISION;
	d->Control |= SE_DACL_PRESENT;
	d->Dacl = dacl;
	return STATUS_SUCCESS;
}

NTSTATUS RtlCreateAcl(PACL acl, ULONG bytes, ULONG revision)
{
	if (bytes < sizeof(*acl))
		return STATUS_BUFFER_TOO_SMALL;
	if (bytes > 0xffff)
		return STATUS_INVALID_PARAMETER;
	memset(acl, 0, bytes);
	acl->AclRevision = revision;
	acl->AclSize = bytes & ~3u;
	return STATUS_SUCCESS;
}

ULONG RtlLengthSid(PSID sid)
{
	return 8 + 4 * ((SID *)sid)->SubAuthorityCount;
}

NTSTATUS RtlAddAccessAllowedAce(PACL acl, ULONG revision, ACCESS_MASK access,
				PSID sid)
{
	u32 used = sizeof(*acl), bytes = 8 + RtlLengthSid(sid), i;
	ACCESS_ALLOWED_ACE *ace;
	u8 *at = (u8 *)(acl + 1);

	for (i = 0; i < acl->AceCount; i++) {
		used += ((ACE_HEADER *)at)->AceSize;
		at += ((ACE_HEADER *)at)->AceSize;
	}
	if (used + bytes > acl->AclSize)
		return STATUS_ALLOTTED_SPACE_EXCEEDED;
	ace = (ACCESS_ALLOWED_ACE *)at;
	ace->Header.AceType = ACCESS_ALLOWED_ACE_TYPE;
	ace->Header.AceFlags = 0;
	ace->Header.AceSize = bytes;
	ace->Mask = access;
	memcpy(&ace->SidStart, sid, bytes - 8);
	acl->AceCount++;
	return STATUS_SUCCESS;
}

SIZE_T nt_RtlCompareMemory(const void *a, const void *b, SIZE_T n)
{
	SIZE_T i;

	for (i = 0; i < n && ((u8 *)a)[i] == ((u8 *)b)[i]; i++)
		;
	return i;
}

VOID nt_RtlZeroMemory(void *to, SIZE_T n)
{
	memset(to, 0, n);
}

/* Windows 7, as the driver's headers are told. */
NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW v)
{
	v->dwMajorVersion = 6;
	v->dwMinorVersion = 1;
	v->dwBuildNumber = 7601;
	v->dwPlatformId = 2;
	v->szCSDVersion[0] = 0;
	return STATUS_SUCCESS;
}

BOOLEAN PsGetVersion(PULONG major, PULONG minor, PULONG build,
		     PUNICODE_STRING csd)
{
	if (major)
		*major = 6;
	if (minor)
		*minor = 1;
	if (build)
		*build = 7601;
	return TRUE;
}

/* "hide=A,B": as on an NT that has no such routines. */
static bool is_hidden(const char *name)
{
	const char *p = option("hide");
	u32 n = strlen(name);

	for (; p && *p && *p != ' '; p++) {
		if (begins(p, name) && (p[n] == ',' || p[n] == ' ' || !p[n]))
			return true;
		while (*p && *p != ' ' && *p != ',')
			p++;
		if (*p != ',')
			break;
	}
	return false;
}

PVOID MmGetSystemRoutineAddress(PUNICODE_STRING name)
{
	char text[64];
	void *p;
	u32 i;

	for (i = 0; i < name->Length / 2u && i < 63; i++)
		text[i] = name->Buffer[i];
	text[i] = 0;
	p = is_hidden(text) ? NULL : export_find(text);
	if (!p)
		print("smallnt: MmGetSystemRoutineAddress: there is no %s\n",
		      text);
	return p;
}

/* ------------------------------------------------------------ work items -- */

static void work_thread(void *context)
{
	WORK_QUEUE_ITEM *item;
	KIRQL old;

	for (;;) {
		KeWaitForSingleObject(&work_count, Executive, KernelMode, FALSE,
				      NULL);
		old = KeAcquireSpinLockRaiseToDpc(&work_lock);
		item = CONTAINING_RECORD(RemoveHeadList(&work), WORK_QUEUE_ITEM,
					 List);
		KeReleaseSpinLock(&work_lock, old);
		item->WorkerRoutine(item->Parameter);
		if (irql() != PASSIVE_LEVEL)
			bugcheck("a work item has left IRQL %u", irql());
		check_state(NULL, "a work item's return");
	}
}

void work_init(void)
{
	struct thread *t;

	KeInitializeSemaphore(&work_count, 0, 1000000);
	t = thread_make(work_thread, NULL, 12, ANY_CPU);
	t->system = true;
}

VOID ExQueueWorkItem(PWORK_QUEUE_ITEM item, WORK_QUEUE_TYPE type)
{
	KIRQL old = KeAcquireSpinLockRaiseToDpc(&work_lock);

	InsertTailList(&work, &item->List);
	KeReleaseSpinLock(&work_lock, old);
	KeReleaseSemaphore(&work_count, 0, 1, FALSE);
}

struct io_work {
	WORK_QUEUE_ITEM item;
	DEVICE_OBJECT *device;
	PIO_WORKITEM_ROUTINE routine;
	void *context;
};

static void io_work_run(void *context)
{
	struct io_work *w = context;

	w->routine(w->device, w->context);
}

PIO_WORKITEM IoAllocateWorkItem(PDEVICE_OBJECT device)
{
	struct io_work *w = pool_get(false, sizeof(*w), 0x6b6f5749);

	if (!w)
		return NULL;
	memset(w, 0, sizeof(*w));
	w->device = device;
	return (PIO_WORKITEM)w;
}

VOID IoFreeWorkItem(PIO_WORKITEM item)
{
	pool_put(item);
}

VOID IoQueueWorkItem(PIO_WORKITEM item, PIO_WORKITEM_ROUTINE routine,
		     WORK_QUEUE_TYPE type, PVOID context)
{
	struct io_work *w = (struct io_work *)item;

	w->routine = routine;
	w->context = context;
	w->item.WorkerRoutine = io_work_run;
	w->item.Parameter = w;
	ExQueueWorkItem(&w->item, type);
}
