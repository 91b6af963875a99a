// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that keeps NT's rules: does the small NT keep its own side? Says so
 * by DbgPrint, as TAP; then offers \\.\wsl4 as linux.sys does, with a session
 * that writes its arguments back, for the script's "run".
 */
#include <ntifs.h>
#include "../../../arch/windows/bridge/console/ioctl.h"

#define TAG	0x656c7552	/* "Rule" */

static LONG test_nr;
static PDEVICE_OBJECT device;
static PVOID echo_thread_object;
static KEVENT echo_wake;
static LIST_ENTRY reads, waits;
static KSPIN_LOCK echo_lock;
static volatile LONG echo_end, echo_ready;
static char echo_text[4096];
static ULONG echo_bytes, echo_sent[3];

NTSYSAPI NTSTATUS NTAPI KeSaveExtendedProcessorState(ULONG64, PXSTATE_SAVE);
NTSYSAPI VOID NTAPI KeRestoreExtendedProcessorState(PXSTATE_SAVE);

static void ok(BOOLEAN good, const char *text)
{
	DbgPrint("rules: %sok %d - %s\n", good ? "" : "not ",
		 InterlockedIncrement(&test_nr), text);
}

static ULONG64 now(void)
{
	return KeQueryPerformanceCounter(NULL).QuadPart;	/* 10 MHz */
}

static LARGE_INTEGER ms(LONG n)
{
	LARGE_INTEGER t = { .QuadPart = -10000ll * n };

	return t;
}

static void sleep(LONG n)
{
	LARGE_INTEGER t = ms(n);

	KeDelayExecutionThread(KernelMode, FALSE, &t);
}

static PVOID start_thread(PKSTART_ROUTINE routine, PVOID context)
{
	OBJECT_ATTRIBUTES attributes;
	HANDLE handle;
	PVOID thread;

	InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL,
				   NULL);
	if (!NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS,
					     &attributes, NULL, NULL, routine,
					     context)))
		return NULL;
	ObReferenceObjectByHandle(handle, SYNCHRONIZE, NULL, KernelMode,
				  &thread, NULL);
	ZwClose(handle);
	return thread;
}

static void join(PVOID thread)
{
	KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
	ObDereferenceObject(thread);
}

/* ---------------------------------------------------------------- waits -- */

static KEVENT ping, pong;

static VOID NTAPI pong_thread(PVOID context)
{
	int i;

	for (i = 0; i < 200; i++) {
		KeWaitForSingleObject(&ping, Executive, KernelMode, FALSE, NULL);
		KeSetEvent(&pong, 0, FALSE);
	}
	PsTerminateSystemThread(STATUS_SUCCESS);
}

static void test_events(void)
{
	LARGE_INTEGER t = ms(20);
	ULONG64 begin;
	PVOID thread, both[2] = { &ping, &pong };
	NTSTATUS status;
	int i;

	KeInitializeEvent(&ping, SynchronizationEvent, FALSE);
	KeInitializeEvent(&pong, SynchronizationEvent, FALSE);
	begin = now();
	status = KeWaitForSingleObject(&ping, Executive, KernelMode, FALSE, &t);
	begin = (now() - begin) / 10000;
	ok(status == STATUS_TIMEOUT && begin >= 20 && begin < 200,
	   "a wait times out when it should");
	t.QuadPart = 0;
	ok(KeWaitForSingleObject(&ping, Executive, KernelMode, FALSE, &t) ==
	   STATUS_TIMEOUT, "a wait of no time");
	KeSetEvent(&ping, 0, FALSE);
	ok(KeWaitForSingleObject(&ping, Executive, KernelMode, FALSE, &t) ==
	   STATUS_SUCCESS &&
	   KeWaitForSingleObject(&ping, Executive, KernelMode, FALSE, &t) ==
	   STATUS_TIMEOUT, "a synchronisation event is reset by its wait");
	KeSetEvent(&pong, 0, FALSE);
	ok(KeWaitForMultipleObjects(2, both, WaitAny, Executive, KernelMode,
				    FALSE, NULL, NULL) == 1, "any of two");
	KeSetEvent(&pong, 0, FALSE);
	ok(KeWaitForMultipleObjects(2, both, WaitAll, Executive, KernelMode,
				    FALSE, &t, NULL) == STATUS_TIMEOUT,
	   "not all of two");
	KeSetEvent(&ping, 0, FALSE);
	ok(KeWaitForMultipleObjects(2, both, WaitAll, Executive, KernelMode,
				    FALSE, &t, NULL) == STATUS_SUCCESS,
	   "all of two");
	thread = start_thread(pong_thread, NULL);
	for (i = 0; i < 200; i++) {
		KeSetEvent(&ping, 0, FALSE);
		KeWaitForSingleObject(&pong, Executive, KernelMode, FALSE, NULL);
	}
	join(thread);
	ok(TRUE, "two threads, 200 turns");
}

static volatile LONG dpcs, dpc_irql;
static KDPC dpc;

static VOID NTAPI dpc_routine(PKDPC d, PVOID context, PVOID a, PVOID b)
{
	InterlockedIncrement(&dpcs);
	dpc_irql = KeGetCurrentIrql();
	KeSetEvent((PKEVENT)context, 0, FALSE);
}

static void test_timers(void)
{
	static KTIMER timer;
	static KEVENT event;
	ULONG64 begin;
	NTSTATUS status;
	KIRQL old;

	KeInitializeEvent(&event, SynchronizationEvent, FALSE);
	KeInitializeTimer(&timer);
	KeInitializeDpc(&dpc, dpc_routine, &event);
	begin = now();
	KeSetTimer(&timer, ms(15), &dpc);
	status = KeWaitForSingleObject(&event, Executive, KernelMode, FALSE,
				       NULL);
	begin = (now() - begin) / 10000;
	ok(!status && begin >= 15 && begin < 200 && dpcs == 1 && dpc_irql == 2,
	   "a timer and its DPC");
	KeSetTimer(&timer, ms(10), &dpc);
	ok(KeCancelTimer(&timer) && !KeCancelTimer(&timer), "a timer cancelled");
	sleep(30);
	ok(dpcs == 1, "it does not fire");
	KeSetTimerEx(&timer, ms(5), 5, &dpc);
	sleep(100);
	KeCancelTimer(&timer);
	KeFlushQueuedDpcs();
	ok(dpcs > 5, "a periodic timer");
	dpcs = 0;
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	KeInsertQueueDpc(&dpc, NULL, NULL);
	ok(!KeInsertQueueDpc(&dpc, NULL, NULL) && !dpcs,
	   "a DPC waits for a lower IRQL, and is queued once");
	KeLowerIrql(old);
	ok(dpcs == 1, "then it runs at once");
}

static volatile LONG spinning, spun;

static VOID NTAPI spin_thread(PVOID context)
{
	ULONG64 begin = now();

	while (spinning && now() - begin < 50000000)
		spun++;
	PsTerminateSystemThread(STATUS_SUCCESS);
}

static void test_priorities(void)
{
	PVOID thread;
	ULONG64 begin;
	KPRIORITY before;

	spinning = 1;
	KeSetPriorityThread(KeGetCurrentThread(), 16);
	thread = start_thread(spin_thread, NULL);
	begin = now();
	sleep(10);
	begin = (now() - begin) / 10000;
	ok(begin < 100, "an urgent thread is not kept waiting");
	before = KeSetPriorityThread(KeGetCurrentThread(), 8);
	ok(before == 16, "the priority that was");
	sleep(100);		/* the other one spins meanwhile */
	ok(spun > 1000, "threads of one priority share the processor");
	spinning = 0;
	join(thread);
}

/* --------------------------------------------------------------- memory -- */

static void test_mdl(void)
{
	PHYSICAL_ADDRESS zero = { .QuadPart = 0 }, high = { .QuadPart = -1 };
	PPFN_NUMBER pfn;
	PMDL mdl, part;
	UCHAR *p, *q;
	ULONG i, neighbours = 0, bad = 0;

	mdl = MmAllocatePagesForMdlEx(zero, high, zero, 64 * 4096, MmCached, 0);
	ok(mdl && MmGetMdlByteCount(mdl) == 64 * 4096, "pages for an MDL");
	pfn = MmGetMdlPfnArray(mdl);
	for (i = 1; i < 64; i++)
		neighbours += pfn[i] == pfn[i - 1] + 1;
	ok(neighbours < 8, "that are no neighbours");
	p = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE,
					 NormalPagePriority);
	for (i = 0; i < 64 * 4096; i++)
		bad += p[i];
	ok(!bad, "that are zero");
	for (i = 0; i < 64; i++)
		p[i * 4096] = i;
	part = IoAllocateMdl((PVOID)(3 * 4096), 2 * 4096, FALSE, FALSE, NULL);
	MmUnmapLockedPages(p, mdl);
	IoBuildPartialMdl(mdl, part, (PVOID)(3 * 4096), 2 * 4096);
	q = MmMapLockedPagesSpecifyCache(part, KernelMode, MmCached, NULL,
					 FALSE, NormalPagePriority);
	ok(q && q[0] == 3 && q[4096] == 4, "a part of it, mapped");
	ok(MmGetPhysicalAddress(q + 4100).QuadPart ==
	   (LONGLONG)pfn[4] * 4096 + 4, "its physical address");
	MmUnmapLockedPages(q, part);
	ok(!MmIsAddressValid(q), "and unmapped");
	IoFreeMdl(part);
	MmFreePagesFromMdl(mdl);
	ExFreePool(mdl);
	mdl = MmAllocatePagesForMdlEx(zero, high, zero, 128 << 20, MmCached, 0);
	ok(!!mdl, "128 MiB for an MDL");
	ok(!MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE,
					 NormalPagePriority),
	   "that is more than the system PTEs can map");
	MmFreePagesFromMdl(mdl);
	ExFreePool(mdl);
}

static void test_memory(void)
{
	PHYSICAL_ADDRESS high = { .QuadPart = 0xffffffff };
	UCHAR *p = MmAllocateContiguousMemory(8 * 4096, high);

	ok(p && MmGetPhysicalAddress(p + 7 * 4096).QuadPart -
	   MmGetPhysicalAddress(p).QuadPart == 7 * 4096, "contiguous memory");
	MmFreeContiguousMemory(p);
	ok(!MmIsAddressValid(p), "is gone when it was freed");
	p = ExAllocatePoolWithTag(NonPagedPool, 3, TAG);
	ok(((ULONG64)p & 15) == 0, "pool is aligned");
	ExFreePoolWithTag(p, TAG);
	p = ExAllocatePoolWithTag(NonPagedPool, 5000, TAG);
	ok(((ULONG64)p & 4095) == 0, "large pool is page aligned");
	ExFreePoolWithTag(p, TAG);
}

/* ---------------------------------------------------------------- files -- */

static HANDLE open_log(ULONG options, ULONG disposition)
{
	IO_STATUS_BLOCK io;
	OBJECT_ATTRIBUTES attributes;
	UNICODE_STRING name;
	HANDLE file;

	RtlInitUnicodeString(&name, L"\\??\\C:\\rules.tmp");
	InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL,
				   NULL);
	if (!NT_SUCCESS(ZwCreateFile(&file, FILE_READ_DATA | FILE_WRITE_DATA |
				     SYNCHRONIZE, &attributes, &io, NULL,
				     FILE_ATTRIBUTE_NORMAL, 0, disposition,
				     options, NULL, 0)))
		return NULL;
	return file;
}

static void test_files(void)
{
	static UCHAR text[1024], back[1024];
	FILE_STANDARD_INFORMATION standard;
	OBJECT_ATTRIBUTES attributes;
	LARGE_INTEGER at = { .QuadPart = 512 };
	IO_STATUS_BLOCK io;
	HANDLE file, event;
	NTSTATUS status;
	ULONG i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = i * 7;
	file = open_log(FILE_SYNCHRONOUS_IO_NONALERT, FILE_OVERWRITE_IF);
	ok(file && NT_SUCCESS(ZwWriteFile(file, NULL, NULL, NULL, &io, text,
					  1024, &at, NULL)) &&
	   io.Information == 1024, "a file is written");
	ok(!open_log(FILE_SYNCHRONOUS_IO_NONALERT, FILE_OPEN),
	   "a file that is not shared");
	ok(NT_SUCCESS(ZwQueryInformationFile(file, &io, &standard,
					     sizeof(standard),
					     FileStandardInformation)) &&
	   standard.EndOfFile.QuadPart == 1536, "its size");
	ZwClose(file);
	file = open_log(0, FILE_OPEN);
	InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL,
				   NULL);
	ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes,
		      SynchronizationEvent, FALSE);
	io.Status = STATUS_UNSUCCESSFUL;
	status = ZwReadFile(file, event, NULL, NULL, &io, back, 1024, &at,
			    NULL);
	ok(status == STATUS_PENDING, "an asynchronous read is pending");
	ZwWaitForSingleObject(event, FALSE, NULL);
	ok(NT_SUCCESS(io.Status) && io.Information == 1024 &&
	   !memcmp(text, back, 1024), "and reads");
	ok(NT_SUCCESS(ZwFlushBuffersFile(file, &io)), "flush");
	ZwClose(event);
	ZwClose(file);
}

/* ------------------------------------------------------------ processors -- */

static volatile LONG generic_calls, generic_mask;

static ULONG_PTR NTAPI generic(ULONG_PTR context)
{
	InterlockedIncrement(&generic_calls);
	InterlockedOr(&generic_mask, 1 << KeGetCurrentProcessorNumberEx(NULL));
	return context + (KeGetCurrentIrql() != IPI_LEVEL);
}

static VOID NTAPI affine_thread(PVOID context)
{
	ULONG i, n = KeQueryActiveProcessorCountEx(0), cpu, bad = 0;

	for (i = 0; i < 100; i++) {
		cpu = i % n;
		KeSetSystemAffinityThreadEx(1ull << cpu);
		bad += KeGetCurrentProcessorNumberEx(NULL) != cpu;
	}
	ok(!bad, "a thread on the processor that it wants");
	PsTerminateSystemThread(STATUS_SUCCESS);
}

static volatile LONG counted;
static KSPIN_LOCK count_lock;

static VOID NTAPI count_thread(PVOID context)
{
	KIRQL old;
	int i;

	for (i = 0; i < 5000; i++) {
		KeAcquireSpinLock(&count_lock, &old);
		counted = counted + 1;
		KeReleaseSpinLock(&count_lock, old);
	}
	PsTerminateSystemThread(STATUS_SUCCESS);
}

static void test_processors(void)
{
	LONG n = KeQueryActiveProcessorCountEx(0);
	PVOID a, b;

	DbgPrint("rules: %d processors\n", n);
	ok(KeIpiGenericCall(generic, 5) == 5 && generic_calls == n &&
	   generic_mask == (1 << n) - 1, "a call on every processor");
	join(start_thread(affine_thread, NULL));
	a = start_thread(count_thread, NULL);
	b = start_thread(count_thread, NULL);
	join(a);
	join(b);
	ok(counted == 10000, "a spin lock");
}

static volatile ULONG64 xmm_bad;

static VOID NTAPI float_thread(PVOID context)
{
	ULONG64 begin = now(), value = (ULONG64)context, back;

	asm volatile("movq %0, %%xmm7" : : "r" (value));
	while (now() - begin < 1000000) {
		asm volatile("movq %%xmm7, %0" : "=r" (back));
		if (back != value)
			InterlockedIncrement64((LONG64 *)&xmm_bad);
		if (now() - begin > 500000)
			sleep(1);
	}
	PsTerminateSystemThread(STATUS_SUCCESS);
}

static void test_float(void)
{
	PVOID a = start_thread(float_thread, (PVOID)1111);
	PVOID b = start_thread(float_thread, (PVOID)2222);

	join(a);
	join(b);
	ok(!xmm_bad, "XMM registers are a thread's own");
}

/* ------------------------------------------------------------- \\.\wsl4 -- */

static NTSTATUS finish(PIRP irp, NTSTATUS status, ULONG bytes)
{
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = bytes;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return status;
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT d, PIRP irp)
{
	return finish(irp, STATUS_SUCCESS, 0);
}

static void start_echo(const struct wsl4_start *start)
{
	const char *p = (const char *)(start + 1);
	ULONG i, n = 0;

	for (i = 0; i < 2; i++)		/* user, directory */
		p += strlen(p) + 1;
	for (i = 0; i < start->argc; i++) {
		while (*p && n < sizeof(echo_text) - 2)
			echo_text[n++] = *p++;
		echo_text[n++] = i + 1 < start->argc ? ' ' : '\n';
		p++;
	}
	echo_bytes = n;
	echo_sent[1] = echo_sent[2] = 0;
	InterlockedExchange(&echo_ready, 1);
}

static NTSTATUS later(LIST_ENTRY *queue, PIRP irp)
{
	KIRQL old;

	IoMarkIrpPending(irp);
	KeAcquireSpinLock(&echo_lock, &old);
	InsertTailList(queue, &irp->Tail.Overlay.ListEntry);
	KeReleaseSpinLock(&echo_lock, old);
	KeSetEvent(&echo_wake, 0, FALSE);
	return STATUS_PENDING;
}

static NTSTATUS NTAPI dispatch_control(PDEVICE_OBJECT d, PIRP irp)
{
	PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
	void *buffer = irp->AssociatedIrp.SystemBuffer;

	switch (s->Parameters.DeviceIoControl.IoControlCode) {
	case WSL4_IOCTL_START:
		start_echo(buffer);
		memset(buffer, 0, sizeof(struct wsl4_start_result));
		return finish(irp, STATUS_SUCCESS,
			      sizeof(struct wsl4_start_result));
	case WSL4_IOCTL_WRITE:
		return finish(irp, STATUS_SUCCESS, 0);
	case WSL4_IOCTL_READ:
		return later(&reads, irp);
	case WSL4_IOCTL_WAIT:
		return later(&waits, irp);
	}
	return finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static PIRP take(LIST_ENTRY *queue)
{
	PIRP irp = NULL;
	KIRQL old;

	KeAcquireSpinLock(&echo_lock, &old);
	if (!IsListEmpty(queue))
		irp = CONTAINING_RECORD(RemoveHeadList(queue), IRP,
					Tail.Overlay.ListEntry);
	KeReleaseSpinLock(&echo_lock, old);
	return irp;
}

static void answer_read(PIRP irp)
{
	struct wsl4_stream *head = irp->AssociatedIrp.SystemBuffer;
	ULONG stream = head->stream, bytes = 0;

	if (stream == WSL4_STDOUT && !echo_sent[stream]++) {
		bytes = echo_bytes;
		memcpy(head, echo_text, bytes);
	}
	finish(irp, STATUS_SUCCESS, bytes);
}

static VOID NTAPI echo_thread(PVOID context)
{
	struct wsl4_exit *exit;
	PIRP irp;

	while (!echo_end) {
		KeWaitForSingleObject(&echo_wake, Executive, KernelMode, FALSE,
				      NULL);
		while ((irp = take(&reads)))
			answer_read(irp);
		while ((irp = take(&waits))) {
			sleep(10);
			exit = irp->AssociatedIrp.SystemBuffer;
			exit->status = 7 << 8;
			exit->lost = 0;
			finish(irp, STATUS_SUCCESS, sizeof(*exit));
		}
	}
	PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS make_device(PDRIVER_OBJECT driver)
{
	UNICODE_STRING name, link;
	NTSTATUS status;

	InitializeListHead(&reads);
	InitializeListHead(&waits);
	KeInitializeSpinLock(&echo_lock);
	KeInitializeEvent(&echo_wake, SynchronizationEvent, FALSE);
	echo_end = 0;
	driver->MajorFunction[IRP_MJ_CREATE] = dispatch;
	driver->MajorFunction[IRP_MJ_CLEANUP] = dispatch;
	driver->MajorFunction[IRP_MJ_CLOSE] = dispatch;
	driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = dispatch_control;
	RtlInitUnicodeString(&name, L"\\Device\\wsl4");
	RtlInitUnicodeString(&link, L"\\DosDevices\\wsl4");
	status = IoCreateDevice(driver, 0, &name, WSL4_DEVICE_TYPE,
				FILE_DEVICE_SECURE_OPEN, FALSE, &device);
	if (!NT_SUCCESS(status))
		return status;
	device->Flags |= DO_BUFFERED_IO;
	IoCreateSymbolicLink(&link, &name);
	echo_thread_object = start_thread(echo_thread, NULL);
	return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
	UNICODE_STRING link;

	InterlockedExchange(&echo_end, 1);
	KeSetEvent(&echo_wake, 0, FALSE);
	join(echo_thread_object);
	RtlInitUnicodeString(&link, L"\\DosDevices\\wsl4");
	IoDeleteSymbolicLink(&link);
	IoDeleteDevice(device);
}

/* Addresses in data: the image needs relocations. */
static void (*volatile const tests[])(void) = {
	test_events, test_timers, test_priorities, test_mdl, test_memory,
	test_files, test_processors, test_float,
};

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING service)
{
	ULONG i;

	driver->DriverUnload = unload;
	KeInitializeSpinLock(&count_lock);
	for (i = 0; i < ARRAYSIZE(tests); i++)
		tests[i]();
	DbgPrint("rules: 1..%d\n", test_nr);
	return make_device(driver);
}
