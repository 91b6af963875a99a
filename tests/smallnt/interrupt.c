// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts and exceptions, as they come in.
 */
#include "smallnt.h"

#define MAX_NMI_CALLBACKS	4

struct nmi_callback {
	PNMI_CALLBACK routine;
	void *context;
};

static void (*handlers[256])(struct frame *frame);
static struct nmi_callback nmi_callbacks[MAX_NMI_CALLBACKS];

static struct lock ipi_lock;
static void (*volatile ipi_routine)(void *);
static void *volatile ipi_context;
static volatile u32 ipi_left;

void on_stack(void (*routine)(void), void *stack);

void interrupt_set(u8 vector, void (*routine)(struct frame *frame))
{
	handlers[vector] = routine;
}

static const char *exception_name(u64 vector)
{
	static const char *const names[] = {
		"divide error", "debug trap", "NMI", "breakpoint", "overflow",
		"bound", "invalid opcode", "no FPU", "double fault", "9",
		"invalid TSS", "segment not present", "stack fault",
		"general protection fault", "page fault", "15", "x87 error",
		"alignment check", "machine check", "SIMD error",
	};

	return vector < COUNT(names) ? names[vector] : "exception";
}

/* GS may be anything at an NMI: look at the MSR first. */
static void check_gs(struct frame *frame)
{
	u64 gs = read_msr(0xc0000101);
	u32 i;

	for (i = 0; i < nr_cpus; i++)
		if (gs == (u64)&cpus[i])
			return;
	write_msr(0xc0000101, (u64)&cpus[0]);
	bugcheck_frame(frame, "vector %llx: GS base is %llx, not NT's",
		       frame->vector, gs);
}

static BOOLEAN call_nmi(struct nmi_callback *c, BOOLEAN handled)
{
	return c->routine(c->context, handled);
}

static void nmi(struct frame *frame)
{
	struct cpu *cpu = this_cpu();
	BOOLEAN handled = FALSE;
	u32 i;

	if (cpu->in_nmi)
		bugcheck_frame(frame, "an NMI inside of NT's NMI handler");
	cpu->in_nmi++;
	if (read_cr(3) != nt_cr3)
		bugcheck_frame(frame, "NMI: CR3 is not NT's");
	if (frame->rsp & 7)
		bugcheck_frame(frame, "NMI: odd stack");
	for (i = 0; i < MAX_NMI_CALLBACKS; i++)
		if (nmi_callbacks[i].routine)
			handled |= call_nmi(&nmi_callbacks[i], handled);
	cpu->in_nmi--;
}

static void exception(struct frame *frame)
{
	u64 address = read_cr(2);

	if (frame->vector == 2) {
		nmi(frame);
		return;
	}
	if (frame->vector == 14 && !(frame->error & 1)) {
		if (paged_fault(address))
			return;
		if (address >= PAGED_BASE && address < POOL_BASE &&
		    irql() > APC_LEVEL)
			bugcheck_frame(frame, "paged pool %llx touched at IRQL %u",
				       address, irql());
	}
	bugcheck_frame(frame, "%s (%s)%s", exception_name(frame->vector),
		       in_driver(frame->rip) ? the_driver.name : "NT",
		       frame->cs & 3 ? " in user mode" : "");
}

static void apc_interrupt(struct frame *frame)
{
	apic_eoi();
	asm volatile("sti; nop; cli" : : : "memory");
}

static void dpc_interrupt(struct frame *frame)
{
	struct cpu *cpu = this_cpu();

	apic_eoi();
	asm volatile("sti");
	if (cpu->expire)
		timers_expire();
	if (!IsListEmpty(&cpu->dpcs)) {
		cpu->in_dpc = 1;
		on_stack(dpcs_run, cpu->dpc_stack);
		cpu->in_dpc = 0;
	}
	sched_preempt();
	asm volatile("cli");
}

static void clock_interrupt(struct frame *frame)
{
	clock_tick(frame);
	apic_eoi();
}

static void ipi_interrupt(struct frame *frame)
{
	ipi_routine(ipi_context);
	__atomic_fetch_sub(&ipi_left, 1, __ATOMIC_SEQ_CST);
	apic_eoi();
}

static void hardware(struct frame *frame)
{
	struct cpu *cpu = this_cpu();
	KIRQL old = irql(), level = frame->vector >> 4;

	if (frame->vector == VECTOR_SPURIOUS)
		return;
	check_interrupt(frame);
	if (old >= level)
		bugcheck_frame(frame, "vector %llx at IRQL %u", frame->vector,
			       old);
	set_irql(level);
	if (level > DISPATCH_LEVEL)
		cpu->in_isr++;
	if (frame->vector == VECTOR_APC)
		apc_interrupt(frame);
	else if (frame->vector == VECTOR_DPC)
		dpc_interrupt(frame);
	else if (frame->vector == VECTOR_CLOCK)
		clock_interrupt(frame);
	else if (frame->vector == VECTOR_IPI)
		ipi_interrupt(frame);
	else if (handlers[frame->vector])
		handlers[frame->vector](frame);
	else
		bugcheck_frame(frame, "unexpected vector %llx", frame->vector);
	if (level > DISPATCH_LEVEL)
		this_cpu()->in_isr--;
	set_irql(old);
}

/**
 * interrupt() - from the stubs of entry.S, interrupts off
 * @frame: what was interrupted
 */
void interrupt(struct frame *frame)
{
	struct cpu *cpu;

	check_gs(frame);
	cpu = this_cpu();
	__atomic_fetch_add(&cpu->count[frame->vector], 1, __ATOMIC_RELAXED);
	if (frame->vector < 32 && frame->vector != VECTOR_APC)
		exception(frame);
	else
		hardware(frame);
}

/* Run a routine on all other processors, at IPI_LEVEL; wait for its end. */
void ipi_all_others(void (*routine)(void *), void *context)
{
	u32 i;

	if (nr_cpus == 1)
		return;
	if (!(read_flags() & FLAGS_IF))
		bugcheck("an IPI is to be sent with interrupts off");
	/* Interrupts stay on: the other processor may be doing the same. */
	while (__atomic_exchange_n(&ipi_lock.word, 1, __ATOMIC_ACQUIRE))
		asm volatile("pause");
	ipi_routine = routine;
	ipi_context = context;
	__atomic_store_n(&ipi_left, nr_cpus - 1, __ATOMIC_SEQ_CST);
	for (i = 0; i < nr_cpus; i++)
		if (&cpus[i] != this_cpu())
			apic_send(cpus[i].apic_id, VECTOR_IPI);
	while (ipi_left)
		asm volatile("pause");
	__atomic_store_n(&ipi_lock.word, 0, __ATOMIC_RELEASE);
}

static void print_count(struct cpu *cpu, u32 v)
{
	print("smallnt: cpu %u vector %02x: %llu taken, ", cpu->index, v,
	      cpu->count[v]);
	print("%llu of the driver's code, %llu by int n\n", cpu->in_driver[v],
	      cpu->injected[v]);
}

void print_counts(void)
{
	u32 i, v;

	for (i = 0; i < nr_cpus; i++)
		for (v = 0; v < 256; v++)
			if (cpus[i].count[v])
				print_count(&cpus[i], v);
	for (i = 0; i < nr_cpus; i++)
		print("smallnt: cpu %u: %llu ticks of %u us in %llu us, %llu switches, %llu DPCs\n",
		      i, cpus[i].ticks, tick_us, clock_100ns() / 10,
		      cpus[i].switches, cpus[i].dpcs_run);
}

/* A driver that is gone must have taken its callbacks back. */
void nmi_forget(void *image, u64 bytes)
{
	u32 i;

	for (i = 0; i < MAX_NMI_CALLBACKS; i++)
		if ((u64)nmi_callbacks[i].routine - (u64)image < bytes)
			bugcheck("the driver left an NMI callback behind");
}

/* -------------------------------------------------------------- routines -- */

PVOID KeRegisterNmiCallback(PNMI_CALLBACK routine, PVOID context)
{
	u32 i;

	for (i = 0; i < MAX_NMI_CALLBACKS; i++) {
		if (nmi_callbacks[i].routine)
			continue;
		nmi_callbacks[i].context = context;
		nmi_callbacks[i].routine = routine;
		return &nmi_callbacks[i];
	}
	return NULL;
}

NTSTATUS KeDeregisterNmiCallback(PVOID handle)
{
	struct nmi_callback *c = handle;

	if (c < nmi_callbacks || c >= nmi_callbacks + MAX_NMI_CALLBACKS ||
	    !c->routine)
		return STATUS_INVALID_HANDLE;
	c->routine = NULL;
	return STATUS_SUCCESS;
}

struct generic {
	PKIPI_BROADCAST_WORKER routine;
	ULONG_PTR context;
};

static void generic_call(void *context)
{
	struct generic *g = context;

	g->routine(g->context);
}

ULONG_PTR KeIpiGenericCall(PKIPI_BROADCAST_WORKER routine, ULONG_PTR context)
{
	struct generic g = { routine, context };
	KIRQL old = irql();
	ULONG_PTR result;

	set_irql(DISPATCH_LEVEL);
	ipi_all_others(generic_call, &g);
	set_irql(IPI_LEVEL);
	result = routine(context);
	set_irql(old);
	return result;
}
