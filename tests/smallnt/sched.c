// SPDX-License-Identifier: GPL-2.0
/*
 * The scheduler: 32 priorities, preemptive. One lock for it and for everything
 * that one can wait for; it is held across a switch, so a thread's stack is
 * never run on by two processors.
 */
#include "smallnt.h"

#define QUANTUM_US	30000

void swap_stacks(u64 *from_rsp, u64 *to_rsp);
void thread_entry(void);
void poison_upper(void);
extern u8 boot_stack_end[];

static volatile u32 dispatcher_word;
static LIST_ENTRY ready[32], dead = { &dead, &dead };
static u32 ready_mask, next_id = 1, alive;
static KEVENT dead_event;
static struct thread idle_threads[MAX_CPUS] __attribute__((aligned(64)));

KIRQL dispatcher_take(void)
{
	KIRQL old = irql();

	if (old > DISPATCH_LEVEL)
		bugcheck("the dispatcher is called at IRQL %u", old);
	set_irql(DISPATCH_LEVEL);
	while (__atomic_exchange_n(&dispatcher_word, 1, __ATOMIC_ACQUIRE))
		asm volatile("pause");
	return old;
}

void dispatcher_drop(KIRQL old)
{
	__atomic_store_n(&dispatcher_word, 0, __ATOMIC_RELEASE);
	set_irql(old);
}

static void queue_ready(struct thread *t, bool first)
{
	LIST_ENTRY *list = &ready[t->priority];

	t->state = THREAD_READY;
	if (first)
		InsertHeadList(list, &t->ready_entry);
	else
		InsertTailList(list, &t->ready_entry);
	ready_mask |= 1u << t->priority;
}

/* The best thread that may run here, at least of this priority. */
static struct thread *find_ready(struct cpu *cpu, int lowest)
{
	struct thread *t;
	LIST_ENTRY *e;
	int p;

	for (p = 31; p >= lowest; p--) {
		for (e = ready[p].Flink; e != &ready[p]; e = e->Flink) {
			t = CONTAINING_RECORD(e, struct thread, ready_entry);
			if (t->affinity >> cpu->index & 1)
				return t;
		}
	}
	return NULL;
}

static void unqueue(struct thread *t)
{
	RemoveEntryList(&t->ready_entry);
	if (IsListEmpty(&ready[t->priority]))
		ready_mask &= ~(1u << t->priority);
}

/* A processor that runs something less urgent, if there is one. */
static struct cpu *find_cpu(struct thread *t)
{
	struct cpu *best = NULL;
	u32 i;

	for (i = 0; i < nr_cpus; i++) {
		if (!(t->affinity >> i & 1) || !cpus[i].thread ||
		    cpus[i].resched || cpus[i].thread->priority >= t->priority)
			continue;
		if (!best || cpus[i].thread->priority < best->thread->priority)
			best = &cpus[i];
	}
	return best;
}

static void ask_resched(struct cpu *cpu)
{
	cpu->resched = 1;
	if (cpu == this_cpu())
		apic_self(VECTOR_DPC);
	else
		apic_send(cpu->apic_id, VECTOR_DPC);
}

void thread_ready(struct thread *t)
{
	struct cpu *cpu;

	queue_ready(t, false);
	cpu = find_cpu(t);
	if (cpu)
		ask_resched(cpu);
}

static void save_float(struct thread *t)
{
	if (t->xstate)
		asm volatile("xsave64 (%0)" : : "r" (t->xstate), "a" (7),
			     "d" (0) : "memory");
	else
		asm volatile("fxsave64 (%0)" : : "r" (t->fx) : "memory");
}

/* Only legacy state is a system thread's; the rest is somebody else's now. */
static void load_float(struct thread *t)
{
	if (have_avx && !t->xstate)
		poison_upper();
	if (t->xstate)
		asm volatile("xrstor64 (%0)" : : "r" (t->xstate), "a" (7),
			     "d" (0) : "memory");
	else
		asm volatile("fxrstor64 (%0)" : : "r" (t->fx) : "memory");
}

static void switch_to(struct thread *next)
{
	struct cpu *cpu = this_cpu();
	struct thread *t = cpu->thread;
	u64 flags;

	check_state(NULL, "a switch of threads");
	cpu->switches++;
	next->state = THREAD_RUNNING;
	next->cpu = cpu->index;
	next->quantum = QUANTUM_US / tick_us;
	save_float(t);
	/* An interrupt shall find thread, stack and RSP0 in agreement. */
	flags = irq_save();
	cpu->thread = next;
	cpu->tss.rsp[0] = (u64)next->stack_end;
	swap_stacks(&t->rsp, &next->rsp);
	/* Later, perhaps on another processor. */
	irq_restore(flags);
	load_float(t);
}

void schedule(void)
{
	struct cpu *cpu = this_cpu();
	struct thread *next;

	if (cpu->in_dpc || cpu->in_isr || cpu->in_nmi)
		bugcheck("a wait in an interrupt");
	cpu->resched = 0;
	next = find_ready(cpu, 0);
	if (next)
		unqueue(next);
	else
		next = cpu->idle;
	if (next == cpu->thread)
		next->state = THREAD_RUNNING;
	else
		switch_to(next);
}

/* In the DPC interrupt, before it goes back. */
void sched_preempt(void)
{
	struct cpu *cpu = this_cpu();
	struct thread *t = cpu->thread;
	bool expired;
	KIRQL old;

	if (!cpu->resched || !t)
		return;
	old = dispatcher_take();
	cpu->resched = 0;
	expired = t != cpu->idle && !t->quantum;
	if (find_ready(cpu, t == cpu->idle ? 0 :
			    expired ? t->priority : t->priority + 1)) {
		if (t != cpu->idle)
			queue_ready(t, !expired);
		schedule();
	} else if (expired) {
		t->quantum = QUANTUM_US / tick_us;
	}
	dispatcher_drop(old);
}

void sched_tick(void)
{
	struct cpu *cpu = this_cpu();
	struct thread *t = cpu->thread;

	if (!t || t == cpu->idle || !t->quantum || --t->quantum)
		return;
	cpu->resched = 1;
	apic_self(VECTOR_DPC);
}

/* ---------------------------------------------------------------- threads -- */

static void thread_destroy(void *body)
{
	struct thread *t = body;

	if (t->state != THREAD_ENDED)
		bugcheck("thread %u has no references left, but runs", t->id);
	stack_free(t->stack_end, t->stack_bytes);
}

static void fill_float(struct thread *t)
{
	*(u16 *)t->fx = NT_X87_CONTROL;
	*(u32 *)(t->fx + 24) = NT_MXCSR;
}

struct thread *thread_make(PKSTART_ROUTINE routine, void *context, int priority,
			   u32 affinity)
{
	struct thread *t;
	u64 *sp;
	KIRQL old;

	t = object_make(OBJECT_THREAD, sizeof(*t), thread_destroy);
	if (!t)
		return NULL;
	t->stack_end = stack_make(STACK_BYTES);
	if (!t->stack_end)
		bugcheck("no stack for a thread");
	t->stack_bytes = STACK_BYTES;
	t->header.Type = 6;
	InitializeListHead(&t->header.WaitListHead);
	t->routine = routine;
	t->context = context;
	t->priority = priority;
	t->affinity = affinity;
	fill_float(t);
	sp = (u64 *)t->stack_end - 4;
	*--sp = (u64)thread_entry;
	*--sp = (u64)t;				/* rbx */
	sp -= 7;
	t->rsp = (u64)sp;
	object_get(t);				/* while it runs */
	old = dispatcher_take();
	t->id = next_id++;
	alive++;
	thread_ready(t);
	dispatcher_drop(old);
	return t;
}

void thread_begin(struct thread *t)
{
	asm volatile("sti");
	load_float(t);
	dispatcher_drop(PASSIVE_LEVEL);
	t->routine(t->context);
	check_state(NULL, "a thread's return");
	PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS PsTerminateSystemThread(NTSTATUS status)
{
	struct thread *t = this_thread();

	if (irql() != PASSIVE_LEVEL)
		bugcheck("a thread ends at IRQL %u", irql());
	if (t->xstate)
		bugcheck("a thread ends between KeSave- and KeRestoreExtendedProcessorState");
	dispatcher_take();
	t->exit_status = status;
	object_signal(&t->header, 1);
	t->state = THREAD_ENDED;
	alive--;
	/* The stack is in use until another thread has it. */
	InsertTailList(&dead, &t->ready_entry);
	object_signal(&dead_event.Header, 1);
	schedule();
	bugcheck("an ended thread runs");
}

static void reaper(void *context)
{
	struct thread *t;
	KIRQL old;

	for (;;) {
		KeWaitForSingleObject(&dead_event, Executive, KernelMode, FALSE,
				      NULL);
		for (;;) {
			old = dispatcher_take();
			t = IsListEmpty(&dead) ? NULL :
			    CONTAINING_RECORD(RemoveHeadList(&dead),
					      struct thread, ready_entry);
			dispatcher_drop(old);
			if (!t)
				break;
			object_put(t);
		}
	}
}

u32 threads_alive(void)
{
	return alive;
}

/* Become this processor's idle thread. */
void sched_init(void)
{
	struct cpu *cpu = this_cpu();
	struct thread *t = &idle_threads[cpu->index];
	struct thread *first;
	int i;

	if (!cpu->index) {
		for (i = 0; i < 32; i++)
			InitializeListHead(&ready[i]);
		KeInitializeEvent(&dead_event, SynchronizationEvent, FALSE);
		t->stack_end = boot_stack_end;
		t->stack_bytes = 16384;
	} else {
		t->stack_end = *(u8 **)ap_stack;
		t->stack_bytes = STACK_BYTES;
	}
	t->header.Type = 6;
	InitializeListHead(&t->header.WaitListHead);
	t->priority = -1;
	t->affinity = 1u << cpu->index;
	t->state = THREAD_RUNNING;
	t->cpu = cpu->index;
	fill_float(t);
	cpu->idle = t;
	cpu->thread = t;
	cpu->tss.rsp[0] = (u64)t->stack_end;
	set_irql(DISPATCH_LEVEL);
	if (cpu->index)
		return;
	first = thread_make(reaper, NULL, 16, 1);
	first->system = true;
}

void sched_idle(void)
{
	set_irql(PASSIVE_LEVEL);
	for (;;)
		asm volatile("sti; hlt" : : : "memory");
}

/* -------------------------------------------------------------- routines -- */

NTSTATUS PsCreateSystemThread(PHANDLE handle, ULONG access,
			      POBJECT_ATTRIBUTES attributes, HANDLE process,
			      PCLIENT_ID client, PKSTART_ROUTINE routine,
			      PVOID context)
{
	struct thread *t;
	NTSTATUS status;

	t = thread_make(routine, context, 8, (1u << nr_cpus) - 1);
	if (!t)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = handle_make(t, handle);
	object_put(t);
	return status;
}

KPRIORITY KeSetPriorityThread(PKTHREAD thread, KPRIORITY priority)
{
	struct thread *t = (struct thread *)thread;
	KIRQL old = dispatcher_take();
	int before = t->priority;

	if (priority < 1 || priority > 31)
		bugcheck("KeSetPriorityThread to %d", priority);
	if (t->state == THREAD_READY)
		unqueue(t);
	t->priority = priority;
	if (t->state == THREAD_READY)
		thread_ready(t);
	else if (t->state == THREAD_RUNNING && priority < before)
		ask_resched(&cpus[t->cpu]);
	dispatcher_drop(old);
	return before;
}

KPRIORITY KeQueryPriorityThread(PKTHREAD thread)
{
	return ((struct thread *)thread)->priority;
}

KAFFINITY KeSetSystemAffinityThreadEx(KAFFINITY affinity)
{
	struct thread *t = this_thread();
	KIRQL old;
	u64 before;

	affinity &= (1u << nr_cpus) - 1;
	if (!affinity)
		return 0;
	old = dispatcher_take();
	before = t->affinity;
	t->affinity = affinity;
	if (!(affinity >> this_cpu()->index & 1)) {
		thread_ready(t);
		schedule();
	}
	dispatcher_drop(old);
	return before;
}

VOID KeRevertToUserAffinityThreadEx(KAFFINITY affinity)
{
	KeSetSystemAffinityThreadEx(affinity ? affinity : ~0ull);
}

ULONG KeQueryActiveProcessorCountEx(USHORT group)
{
	return nr_cpus;
}

ULONG KeQueryActiveProcessorCount(PKAFFINITY affinity)
{
	if (affinity)
		*affinity = (1u << nr_cpus) - 1;
	return nr_cpus;
}

KAFFINITY KeQueryActiveProcessors(VOID)
{
	return (1u << nr_cpus) - 1;
}

ULONG KeQueryMaximumProcessorCountEx(USHORT group)
{
	return nr_cpus;
}

ULONG nt_KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER number)
{
	u32 index = this_cpu()->index;

	if (number) {
		number->Group = 0;
		number->Number = index;
		number->Reserved = 0;
	}
	return index;
}

NTSTATUS KeGetProcessorNumberFromIndex(ULONG index, PPROCESSOR_NUMBER number)
{
	if (index >= nr_cpus)
		return STATUS_INVALID_PARAMETER;
	number->Group = 0;
	number->Number = index;
	number->Reserved = 0;
	return STATUS_SUCCESS;
}

VOID nt_KeSetSystemGroupAffinityThread(PGROUP_AFFINITY affinity,
				       PGROUP_AFFINITY previous)
{
	u64 before = KeSetSystemAffinityThreadEx(affinity->Mask);

	if (!previous)
		return;
	memset(previous, 0, sizeof(*previous));
	previous->Mask = before;
}

VOID nt_KeRevertToUserGroupAffinityThread(PGROUP_AFFINITY previous)
{
	KeSetSystemAffinityThreadEx(previous->Mask ? previous->Mask : ~0ull);
}

VOID IoGetStackLimits(PULONG_PTR low, PULONG_PTR high)
{
	struct thread *t = this_thread();

	*high = (ULONG_PTR)t->stack_end;
	*low = *high - t->stack_bytes;
}

HANDLE PsGetCurrentThreadId(VOID)
{
	return (HANDLE)(u64)(this_thread()->id * 4);
}

HANDLE PsGetCurrentProcessId(VOID)
{
	return (HANDLE)4;
}

PEPROCESS PsGetCurrentProcess_(VOID)
{
	static u64 system_process[256];

	return (PEPROCESS)system_process;
}

NTSTATUS ZwYieldExecution(VOID)
{
	struct thread *t = this_thread();
	KIRQL old = dispatcher_take();

	if (find_ready(this_cpu(), t->priority)) {
		queue_ready(t, false);
		schedule();
	}
	dispatcher_drop(old);
	return STATUS_SUCCESS;
}

/* Extended state is a thread's own only between these two. */
NTSTATUS KeSaveExtendedProcessorState(ULONG64 mask, PXSTATE_SAVE save)
{
	struct thread *t = this_thread();
	u8 *area = pool_get(false, 2 * xsave_bytes + 128, 0x53584e54);
	u8 *aligned;

	if (!area)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (this_cpu()->in_dpc)
		bugcheck("KeSaveExtendedProcessorState in a DPC: not done here");
	memset(area, 0, 2 * xsave_bytes + 128);
	aligned = (u8 *)(((u64)area + 63) & ~63ull);
	asm volatile("xsave64 (%0)" : : "r" (aligned), "a" (7), "d" (0)
		     : "memory");
	save->Thread = (PKTHREAD)t;
	save->Prev = t->xstate;
	*(void **)&save->XStateContext = area;
	t->xstate = (u8 *)(((u64)aligned + xsave_bytes + 63) & ~63ull);
	return STATUS_SUCCESS;
}

VOID KeRestoreExtendedProcessorState(PXSTATE_SAVE save)
{
	struct thread *t = this_thread();
	u8 *area = *(void **)&save->XStateContext;
	u64 aligned = ((u64)area + 63) & ~63ull;

	if (save->Thread != (PKTHREAD)t)
		bugcheck("KeRestoreExtendedProcessorState on another thread");
	KIRQL old = irql();

	set_irql(max(old, DISPATCH_LEVEL));
	asm volatile("xrstor64 (%0)" : : "r" (aligned), "a" (7), "d" (0)
		     : "memory");
	t->xstate = save->Prev;
	set_irql(old);
	pool_put(area);
}
