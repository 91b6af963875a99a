// SPDX-License-Identifier: GPL-2.0
/*
 * Timers, DPCs, spin locks, IRQL.
 */
#include "smallnt.h"

#define KIND_TIMEOUT	0x7f	/* a thread's timeout, in a timer's header */

static LIST_ENTRY timers = { &timers, &timers };
static volatile u64 next_due = ~0ull;

/* --------------------------------------------------------------- timers -- */

static void note_next(void)
{
	next_due = IsListEmpty(&timers) ? ~0ull :
		CONTAINING_RECORD(timers.Flink, KTIMER,
				  TimerListEntry)->DueTime.QuadPart;
}

static void insert_at(KTIMER *timer, u64 due)
{
	LIST_ENTRY *e;

	timer->DueTime.QuadPart = due;
	for (e = timers.Blink; e != &timers; e = e->Blink)
		if (CONTAINING_RECORD(e, KTIMER, TimerListEntry)->
		    DueTime.QuadPart <= due)
			break;
	InsertHeadList(e, &timer->TimerListEntry);
	timer->Header.Inserted = 1;
	note_next();
}

void timer_insert(KTIMER *timer, LARGE_INTEGER due)
{
	u64 now = clock_100ns();

	if (timer->Header.Type != 8 &&
	    timer->Header.Type != 9)
		timer->Header.Type = KIND_TIMEOUT;
	if (due.QuadPart <= 0)
		insert_at(timer, now - due.QuadPart);
	else
		insert_at(timer, (u64)due.QuadPart < boot_time ? 0 :
				 due.QuadPart - boot_time);
}

bool timer_remove(KTIMER *timer)
{
	if (!timer->Header.Inserted)
		return false;
	RemoveEntryList(&timer->TimerListEntry);
	timer->Header.Inserted = 0;
	note_next();
	return true;
}

/* In the clock interrupt: no lock. */
void timer_tick(void)
{
	if (clock_100ns() < next_due || this_cpu()->expire)
		return;
	this_cpu()->expire = 1;
	apic_self(VECTOR_DPC);
}

static void expire(KTIMER *timer)
{
	timer_remove(timer);
	if (timer->Header.Type == KIND_TIMEOUT) {
		wait_end(CONTAINING_RECORD(timer, struct thread, timeout),
			 STATUS_TIMEOUT);
		return;
	}
	if (timer->Period)
		insert_at(timer, clock_100ns() + timer->Period * 10000ull);
	object_signal(&timer->Header, 1);
	if (timer->Dpc)
		KeInsertQueueDpc(timer->Dpc, NULL, NULL);
}

void timers_expire(void)
{
	KIRQL old = dispatcher_take();
	KTIMER *timer;

	this_cpu()->expire = 0;
	while (!IsListEmpty(&timers)) {
		timer = CONTAINING_RECORD(timers.Flink, KTIMER, TimerListEntry);
		if (timer->DueTime.QuadPart > clock_100ns())
			break;
		expire(timer);
	}
	dispatcher_drop(old);
}

VOID KeInitializeTimerEx(PKTIMER timer, TIMER_TYPE type)
{
	memset(timer, 0, sizeof(*timer));
	timer->Header.Type = type == NotificationTimer ? 8 : 9;
	InitializeListHead(&timer->Header.WaitListHead);
}

VOID KeInitializeTimer(PKTIMER timer)
{
	KeInitializeTimerEx(timer, NotificationTimer);
}

BOOLEAN KeSetTimerEx(PKTIMER timer, LARGE_INTEGER due, LONG period, PKDPC dpc)
{
	KIRQL old = dispatcher_take();
	bool was;

	if (timer->Header.Type != 8 && timer->Header.Type != 9)
		bugcheck("KeSetTimer of a timer that was not initialised");
	if (dpc && dpc->Type != 19)
		bugcheck("KeSetTimer with a DPC that was not initialised");
	was = timer_remove(timer);
	timer->Header.SignalState = 0;
	timer->Dpc = dpc;
	timer->Period = period;
	timer_insert(timer, due);
	dispatcher_drop(old);
	return was;
}

BOOLEAN KeSetTimer(PKTIMER timer, LARGE_INTEGER due, PKDPC dpc)
{
	return KeSetTimerEx(timer, due, 0, dpc);
}

BOOLEAN KeCancelTimer(PKTIMER timer)
{
	KIRQL old = dispatcher_take();
	bool was = timer_remove(timer);

	dispatcher_drop(old);
	return was;
}

BOOLEAN KeReadStateTimer(PKTIMER timer)
{
	return timer->Header.SignalState;
}

/* Timers of a driver that is gone. */
void timers_forget(u64 start, u64 bytes)
{
	KIRQL old = dispatcher_take();
	LIST_ENTRY *e;
	KTIMER *timer;
	u64 routine;

	for (e = timers.Flink; e != &timers; e = e->Flink) {
		timer = CONTAINING_RECORD(e, KTIMER, TimerListEntry);
		routine = timer->Dpc ? (u64)timer->Dpc->DeferredRoutine : 0;
		if ((u64)timer - start < bytes || routine - start < bytes)
			bugcheck("the driver left a timer behind (%p)", timer);
	}
	dispatcher_drop(old);
}

/* ----------------------------------------------------------------- DPCs -- */

VOID KeInitializeDpc(PRKDPC dpc, PKDEFERRED_ROUTINE routine, PVOID context)
{
	memset(dpc, 0, sizeof(*dpc));
	dpc->Type = 19;
	dpc->Importance = MediumImportance;
	dpc->DeferredRoutine = routine;
	dpc->DeferredContext = context;
}

VOID KeSetTargetProcessorDpc(PRKDPC dpc, CCHAR number)
{
	dpc->Number = 0x100 + number;
}

NTSTATUS KeSetTargetProcessorDpcEx(PKDPC dpc, PPROCESSOR_NUMBER number)
{
	if (number->Group || number->Number >= nr_cpus)
		return STATUS_INVALID_PARAMETER;
	dpc->Number = 0x100 + number->Number;
	return STATUS_SUCCESS;
}

VOID KeSetImportanceDpc(PRKDPC dpc, KDPC_IMPORTANCE importance)
{
	dpc->Importance = importance;
}

BOOLEAN KeInsertQueueDpc(PRKDPC dpc, PVOID a, PVOID b)
{
	struct cpu *cpu = this_cpu();
	KIRQL old = irql();
	u64 flags;

	if (dpc->Type != 19)
		bugcheck("KeInsertQueueDpc of what is no DPC");
	/* Not to another processor between this and its queue. */
	set_irql(max(old, DISPATCH_LEVEL));
	cpu = dpc->Number ? &cpus[dpc->Number - 0x100] : this_cpu();
	flags = lock_take(&cpu->dpc_lock);
	if (dpc->DpcData) {
		lock_drop(&cpu->dpc_lock, flags);
		set_irql(old);
		return FALSE;
	}
	dpc->DpcData = cpu;
	dpc->SystemArgument1 = a;
	dpc->SystemArgument2 = b;
	if (dpc->Importance == HighImportance)
		InsertHeadList(&cpu->dpcs, &dpc->DpcListEntry);
	else
		InsertTailList(&cpu->dpcs, &dpc->DpcListEntry);
	lock_drop(&cpu->dpc_lock, flags);
	if (cpu == this_cpu())
		apic_self(VECTOR_DPC);
	else
		apic_send(cpu->apic_id, VECTOR_DPC);
	set_irql(old);
	return TRUE;
}

BOOLEAN KeRemoveQueueDpc(PRKDPC dpc)
{
	struct cpu *cpu = dpc->DpcData;
	bool was = false;
	u64 flags;

	if (!cpu)
		return FALSE;
	flags = lock_take(&cpu->dpc_lock);
	if (dpc->DpcData == cpu) {
		RemoveEntryList(&dpc->DpcListEntry);
		dpc->DpcData = NULL;
		was = true;
	}
	lock_drop(&cpu->dpc_lock, flags);
	return was;
}

/* On the DPC stack, at DISPATCH_LEVEL. */
void dpcs_run(void)
{
	struct cpu *cpu = this_cpu();
	PKDEFERRED_ROUTINE routine;
	void *context, *a, *b;
	KDPC *dpc;
	u64 flags;

	for (;;) {
		flags = lock_take(&cpu->dpc_lock);
		if (IsListEmpty(&cpu->dpcs)) {
			lock_drop(&cpu->dpc_lock, flags);
			return;
		}
		dpc = CONTAINING_RECORD(RemoveHeadList(&cpu->dpcs), KDPC,
					DpcListEntry);
		routine = dpc->DeferredRoutine;
		context = dpc->DeferredContext;
		a = dpc->SystemArgument1;
		b = dpc->SystemArgument2;
		dpc->DpcData = NULL;
		lock_drop(&cpu->dpc_lock, flags);
		cpu->dpcs_run++;
		routine(dpc, context, a, b);
		if (irql() != DISPATCH_LEVEL)
			bugcheck("a DPC (%p) has changed the IRQL to %u",
				 routine, irql());
		check_state(NULL, "a DPC's return");
	}
}

VOID KeFlushQueuedDpcs(VOID)
{
	u32 i;

	for (i = 0; i < nr_cpus; i++)
		while (!IsListEmpty(&cpus[i].dpcs) || cpus[i].in_dpc)
			sleep_ms(1);
}

/* ----------------------------------------------------------- spin locks -- */

static void spin(PKSPIN_LOCK lock)
{
	u64 start = clock_100ns();

	while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE)) {
		asm volatile("pause");
		if (nr_cpus == 1 || clock_100ns() - start > 200000000)
			bugcheck("spin lock %p is never released", lock);
	}
}

static void unspin(PKSPIN_LOCK lock)
{
	if (*lock != 1)
		bugcheck("spin lock %p is released, but holds %llx", lock,
			 (u64)*lock);
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK lock)
{
	KIRQL old = irql();

	set_irql(DISPATCH_LEVEL);
	spin(lock);
	return old;
}

VOID KeReleaseSpinLock(PKSPIN_LOCK lock, KIRQL old)
{
	if (old > DISPATCH_LEVEL)
		bugcheck("KeReleaseSpinLock to IRQL %u", old);
	unspin(lock);
	set_irql(old);
}

VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK lock)
{
	spin(lock);
}

VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK lock)
{
	unspin(lock);
}

BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK lock)
{
	return !__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE);
}

KIRQL nt_KeGetCurrentIrql(VOID)
{
	return irql();
}

KIRQL nt_KfRaiseIrql(KIRQL level)
{
	KIRQL old = irql();

	if (level < old)
		bugcheck("KfRaiseIrql from %u to %u", old, level);
	set_irql(level);
	return old;
}

VOID nt_KeLowerIrql(KIRQL level)
{
	if (level > irql())
		bugcheck("KeLowerIrql from %u to %u", irql(), level);
	set_irql(level);
}

KIRQL nt_KeRaiseIrqlToDpcLevel(VOID)
{
	return nt_KfRaiseIrql(DISPATCH_LEVEL);
}
