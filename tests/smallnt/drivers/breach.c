// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that breaks one of NT's rules, by the parameter Breach: the small
 * NT must stop at each.
 */
#include <ntifs.h>

#define TAG	0x68637242	/* "Brch" */

NTSYSAPI NTSTATUS NTAPI ZwYieldExecution(VOID);

static char breach[64];
static KTIMER timer;
static KDPC dpc;
static KEVENT event;
static KSPIN_LOCK lock;
static UCHAR other_stack[8192] __attribute__((aligned(16)));

static void get_breach(PUNICODE_STRING service)
{
	static WCHAR path[256];
	static union {
		KEY_VALUE_PARTIAL_INFORMATION info;
		UCHAR bytes[256];
	} value;
	UNICODE_STRING name, string;
	OBJECT_ATTRIBUTES attributes;
	HANDLE key;
	ULONG got, i;

	for (i = 0; i < service->Length / 2u; i++)
		path[i] = service->Buffer[i];
	memcpy(path + i, L"\\Parameters", 24);
	RtlInitUnicodeString(&string, path);
	InitializeObjectAttributes(&attributes, &string, OBJ_KERNEL_HANDLE,
				   NULL, NULL);
	if (!NT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes)))
		return;
	RtlInitUnicodeString(&name, L"Breach");
	if (NT_SUCCESS(ZwQueryValueKey(key, &name, KeyValuePartialInformation,
				       &value, sizeof(value), &got)))
		for (i = 0; i < value.info.DataLength / 2 && i < 63; i++)
			breach[i] = ((WCHAR *)value.info.Data)[i];
	ZwClose(key);
}

static BOOLEAN is(const char *name)
{
	const char *p = breach;

	while (*p && *p == *name) {
		p++;
		name++;
	}
	return *p == *name;
}

static VOID NTAPI dpc_routine(PKDPC d, PVOID context, PVOID a, PVOID b)
{
	LARGE_INTEGER time = { .QuadPart = -10000 };

	if (is("wait-in-dpc"))
		KeDelayExecutionThread(KernelMode, FALSE, &time);
	if (is("irql-after-dpc"))
		__writecr8(PASSIVE_LEVEL);
	if (is("zw-in-dpc"))
		ZwYieldExecution();
}

static VOID NTAPI thread_routine(PVOID context)
{
	if (is("irql-at-thread-end"))
		__writecr8(APC_LEVEL);
	PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI spin_routine(PVOID context)
{
	KeSetEvent(&event, 0, FALSE);
	for (;;)
		ZwYieldExecution();
}

static void start_thread(PKSTART_ROUTINE routine)
{
	OBJECT_ATTRIBUTES attributes;
	HANDLE thread;

	InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL,
				   NULL);
	PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, &attributes, NULL,
			     NULL, routine, NULL);
	ZwClose(thread);
}

static void sleep(LONG ms)
{
	LARGE_INTEGER time = { .QuadPart = -10000ll * ms };

	KeDelayExecutionThread(KernelMode, FALSE, &time);
}

static void set_timer(LONG ms)
{
	LARGE_INTEGER time = { .QuadPart = -10000ll * ms };

	KeInitializeTimer(&timer);
	KeInitializeDpc(&dpc, dpc_routine, NULL);
	KeSetTimer(&timer, time, &dpc);
}

static void write_msr(ULONG n, ULONG64 v)
{
	asm volatile("wrmsr" : : "a" ((ULONG)v), "d" ((ULONG)(v >> 32)),
		     "c" (n));
}

static void call_nt(void)
{
	KIRQL old;

	KeAcquireSpinLock(&lock, &old);
	KeReleaseSpinLock(&lock, old);
}

struct __attribute__((packed)) descriptor {
	USHORT limit;
	ULONG64 base;
};

static void pool_breaches(void)
{
	volatile UCHAR *p, *q;
	KIRQL old;

	p = ExAllocatePoolWithTag(NonPagedPool, 100, TAG);
	q = ExAllocatePoolWithTag(PagedPool, 100, TAG);
	if (is("pool-overrun"))
		p[112] = 1;
	if (is("pool-overrun-by-one"))
		p[100] = 1;
	if (is("pool-underrun"))
		p[-1] = 1;
	if (is("pool-wrong-tag"))
		ExFreePoolWithTag((void *)p, TAG + 1);
	if (is("pool-no-tag"))
		ExAllocatePoolWithTag(NonPagedPool, 1, 0);
	if (is("paged-at-dispatch")) {
		sleep(200);		/* it is paged out meanwhile */
		KeRaiseIrql(DISPATCH_LEVEL, &old);
		q[0] = 1;
	}
	if (is("paged-pool-at-dispatch")) {
		KeRaiseIrql(DISPATCH_LEVEL, &old);
		ExAllocatePoolWithTag(PagedPool, 1, TAG);
	}
	if (is("leak"))
		return;
	sleep(200);
	q[1] = 1;			/* at PASSIVE_LEVEL it comes back */
	ExFreePoolWithTag((void *)q, TAG);
	ExFreePoolWithTag((void *)p, TAG);
	if (is("pool-double-free"))
		ExFreePoolWithTag((void *)p, TAG);
	if (is("pool-use-after-free"))
		p[0] = 1;
}

static void irql_breaches(void)
{
	KIRQL old;

	KeInitializeEvent(&event, SynchronizationEvent, FALSE);
	if (is("wait-at-dispatch")) {
		KeRaiseIrql(DISPATCH_LEVEL, &old);
		KeWaitForSingleObject(&event, Executive, KernelMode, FALSE,
				      NULL);
	}
	if (is("zw-at-apc")) {
		KeRaiseIrql(APC_LEVEL, &old);
		ZwYieldExecution();
	}
	if (is("event-at-device")) {
		KeRaiseIrql(8, &old);
		KeSetEvent(&event, 0, FALSE);
	}
	if (is("release-lock-at-passive"))
		KeReleaseSpinLock(&lock, PASSIVE_LEVEL);
	if (is("lock-twice")) {
		KeAcquireSpinLock(&lock, &old);
		KeAcquireSpinLockAtDpcLevel(&lock);
	}
	if (is("uninitialised-event")) {
		event.Header.WaitListHead.Flink = NULL;
		KeSetEvent(&event, 0, FALSE);
	}
	if (is("irql-after-entry"))
		__writecr8(DISPATCH_LEVEL);
	if (is("irql-at-thread-end")) {
		start_thread(thread_routine);
		sleep(50);
	}
}

static void register_breaches(void)
{
	ULONG64 v;

	if (is("df")) {
		asm volatile("std");
		call_nt();
	}
	if (is("interrupts-off")) {
		asm volatile("cli");
		call_nt();
	}
	if (is("lstar"))
		write_msr(0xc0000082, 0xfffff80000001000);
	if (is("cstar"))
		write_msr(0xc0000083, 0xfffff80000001000);
	if (is("sfmask"))
		write_msr(0xc0000084, 0x700);
	if (is("star"))
		write_msr(0xc0000081, 0);
	if (is("sysenter"))
		write_msr(0x176, 0x1000);
	if (is("fs-base"))
		write_msr(0xc0000100, 0x1000);
	if (is("gs-base"))
		write_msr(0xc0000101, 0xfffff78000000000);
	if (is("kernel-gs-base"))
		write_msr(0xc0000102, 0x1000);
	if (is("mxcsr"))
		asm volatile("ldmxcsr %0" : : "m" ((ULONG){ 0x9fc0 }));
	if (is("x87"))
		asm volatile("fldcw %0" : : "m" ((USHORT){ 0xc7f }));
	if (is("x87-top"))
		asm volatile("fld1");
	if (is("ds"))
		asm volatile("mov %w0, %%ds" : : "r" (0x18));
	if (is("fs"))
		asm volatile("mov %w0, %%fs" : : "r" (0));
	if (is("dr7"))
		asm volatile("mov %0, %%dr7" : : "r" (0x401ull));
	if (is("cr4")) {
		asm volatile("mov %%cr4, %0" : "=r" (v));
		asm volatile("mov %0, %%cr4" : : "r" (v & ~0x80ull));
	}
	if (is("cr0")) {
		asm volatile("mov %%cr0, %0" : "=r" (v));
		asm volatile("mov %0, %%cr0" : : "r" (v & ~0x10000ull));
	}
	call_nt();
}

static void table_breaches(void)
{
	struct descriptor d;
	static ULONG64 idt[512];
	ULONG64 *gdt, *new, tss, v;
	PHYSICAL_ADDRESS highest;

	asm volatile("sgdt %0" : "=m" (d));
	gdt = (ULONG64 *)d.base;
	if (is("gdt-entry"))
		gdt[12] = 0x00cf93000000ffff;
	if (is("gdt-busy"))
		gdt[8] &= ~(1ull << 41);
	if (is("gdt-limit")) {
		d.limit -= 8;
		asm volatile("lgdt %0" : : "m" (d));
	}
	tss = (gdt[8] >> 16 & 0xffffff) | (gdt[8] >> 56 << 24) | gdt[9] << 32;
	if (is("tss"))		/* the first IST */
		*(volatile ULONG *)(tss + 0x24) += 16;
	if (is("rsp0"))
		*(volatile ULONG *)(tss + 4) += 16;
	asm volatile("sidt %0" : "=m" (d));
	if (is("idt-entry"))
		((ULONG64 *)d.base)[511] ^= 1;
	if (is("idtr")) {
		memcpy(idt, (void *)d.base, sizeof(idt));
		d.base = (ULONG64)idt;
		asm volatile("lidt %0" : : "m" (d));
	}
	if (is("cr3")) {
		/* NT's own top-level table, at its self-mapped address */
		highest.QuadPart = 0xffffffff;
		new = MmAllocateContiguousMemory(4096, highest);
		memcpy(new, (void *)0xfffff6fb7dbed000, 4096);
		v = MmGetPhysicalAddress(new).QuadPart;
		asm volatile("mov %0, %%cr3" : : "r" (v));
	}
	call_nt();
}

static void __attribute__((noinline)) on_other_stack(void)
{
	asm volatile("mov %%rsp, %%rbx\n\t"
		     "mov %0, %%rsp\n\t"
		     "sub $32, %%rsp\n\t"
		     "call *%1\n\t"
		     "mov %%rbx, %%rsp"
		     : : "r" (other_stack + sizeof(other_stack)),
		       "r" (call_nt)
		     : "rbx", "rax", "rcx", "rdx", "r8", "r9", "r10", "r11",
		       "memory");
}

static void memory_breaches(void)
{
	static const UCHAR ret = 0xc3;

	if (is("write-text"))
		*(volatile UCHAR *)call_nt = 0xc3;
	if (is("write-nt-text"))
		*(volatile UCHAR *)DbgPrint = 0xc3;
	if (is("execute-data"))
		((void (*)(void))&ret)();
	if (is("null"))
		asm volatile("movb $1, (%0)" : : "r" (0x10ull) : "memory");
	if (is("physical-address"))
		MmGetPhysicalAddress((void *)0xfffff80000000000);
	if (is("other-stack"))
		on_other_stack();
	if (is("stack-overflow"))
		asm volatile("1: push %%rax; jmp 1b" : : : "memory");
}

static void interrupt_breaches(void)
{
	if (is("int-not-taken"))
		asm volatile("cli; int $0xd1; sti");
	if (is("int-at-raised-irql")) {
		__writecr8(CLOCK_LEVEL);
		asm volatile("int $0xd1");
	}
	if (is("swallowed")) {
		/* An IDT of its own that swallows the clock: no EOI */
		struct descriptor d, mine;
		static volatile int swallowed;
		static ULONG64 idt[512];
		ULONG64 h, t;

		asm volatile("cli; sidt %0" : "=m" (d));
		memcpy(idt, (void *)d.base, sizeof(idt));
		asm volatile("lea 1f(%%rip), %0; jmp 2f; 1: incl %1; iretq; 2:"
			     : "=r" (h), "+m" (swallowed));
		idt[2 * 0xd1] = (h & 0xffff) | 0x10ull << 16 | 0x8eull << 40 |
				(h >> 16 & 0xffff) << 48;
		idt[2 * 0xd1 + 1] = h >> 32;
		mine.limit = 4095;
		mine.base = (ULONG64)idt;
		asm volatile("lidt %0; sti" : : "m" (mine));
		/* A clock of an emulated machine may be late. */
		t = __rdtsc();
		while (!swallowed && __rdtsc() - t < 20000000000)
			;
		asm volatile("cli; lidt %0; sti" : : "m" (d));
		call_nt();
	}
}

static void other_breaches(void)
{
	if (is("wait-in-dpc") || is("irql-after-dpc") || is("zw-in-dpc")) {
		set_timer(1);
		sleep(50);
	}
	if (is("timer-left-behind"))
		set_timer(100000);
	if (is("thread-left-behind")) {
		start_thread(spin_routine);
		KeWaitForSingleObject(&event, Executive, KernelMode, FALSE,
				      NULL);
	}
	if (is("missing"))
		IoGetCurrentProcess();
	if (is("bugcheck"))
		KeBugCheckEx(0x1234, 1, 2, 3, 4);
	if (is("close-twice")) {
		HANDLE handle;
		OBJECT_ATTRIBUTES attributes;

		InitializeObjectAttributes(&attributes, NULL,
					   OBJ_KERNEL_HANDLE, NULL, NULL);
		ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes,
			      SynchronizationEvent, FALSE);
		ZwClose(handle);
		ZwClose(handle);
	}
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
	if (is("irql-after-unload"))
		__writecr8(APC_LEVEL);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING service)
{
	driver->DriverUnload = unload;
	get_breach(service);
	DbgPrint("breach: %s\n", breach);
	KeInitializeSpinLock(&lock);
	pool_breaches();
	irql_breaches();
	register_breaches();
	table_breaches();
	memory_breaches();
	interrupt_breaches();
	other_breaches();
	return STATUS_SUCCESS;
}
