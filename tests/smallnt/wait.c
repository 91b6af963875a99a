// SPDX-License-Identifier: GPL-2.0
/*
 * What threads wait for: events, mutexes, semaphores, timers, threads.
 */
#include "smallnt.h"

enum {
	TYPE_EVENT = 0, TYPE_SYNC_EVENT = 1, TYPE_MUTANT = 2,
	TYPE_SEMAPHORE = 5, TYPE_THREAD = 6, TYPE_TIMER = 8,
	TYPE_SYNC_TIMER = 9,
};

static void check_header(DISPATCHER_HEADER *h, const char *what)
{
	switch (h->Type) {
	case TYPE_EVENT:
	case TYPE_SYNC_EVENT:
	case TYPE_MUTANT:
	case TYPE_SEMAPHORE:
	case TYPE_THREAD:
	case TYPE_TIMER:
	case TYPE_SYNC_TIMER:
		if (h->WaitListHead.Flink && h->WaitListHead.Blink)
			return;
	}
	bugcheck("%s of %p, which is no object that was initialised", what, h);
}

static bool is_signaled(DISPATCHER_HEADER *h, struct thread *t)
{
	if (h->Type == TYPE_MUTANT &&
	    ((KMUTANT *)h)->OwnerThread == (PKTHREAD)t)
		return true;
	return h->SignalState > 0;
}

static void consume(DISPATCHER_HEADER *h, struct thread *t)
{
	switch (h->Type) {
	case TYPE_SYNC_EVENT:
	case TYPE_SYNC_TIMER:
		h->SignalState = 0;
		break;
	case TYPE_SEMAPHORE:
		h->SignalState--;
		break;
	case TYPE_MUTANT:
		h->SignalState--;
		((KMUTANT *)h)->OwnerThread = (PKTHREAD)t;
		break;
	}
}

static bool all_signaled(struct thread *t, KWAIT_BLOCK *blocks, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (!is_signaled(blocks[i].Object, t))
			return false;
	return true;
}

/* Under the dispatcher's lock. */
void wait_end(struct thread *t, NTSTATUS status)
{
	u32 i;

	for (i = 0; i < t->nr_waits; i++)
		RemoveEntryList(&t->waits[i].WaitListEntry);
	t->nr_waits = 0;
	timer_remove(&t->timeout);
	t->wait_status = status;
	thread_ready(t);
}

static bool try_end(KWAIT_BLOCK *b)
{
	struct thread *t = (struct thread *)b->Thread;
	u32 i;

	if (b->WaitType == WaitAny) {
		consume(b->Object, t);
		wait_end(t, b->WaitKey);
		return true;
	}
	if (!all_signaled(t, t->waits, t->nr_waits))
		return false;
	for (i = 0; i < t->nr_waits; i++)
		consume(t->waits[i].Object, t);
	wait_end(t, STATUS_SUCCESS);
	return true;
}

void object_signal(DISPATCHER_HEADER *h, LONG increment)
{
	LIST_ENTRY *e, *next;

	if (h->Type == TYPE_SEMAPHORE || h->Type == TYPE_MUTANT)
		h->SignalState += increment;
	else
		h->SignalState = 1;
	for (e = h->WaitListHead.Flink; e != &h->WaitListHead; e = next) {
		next = e->Flink;
		if (h->SignalState <= 0)
			break;
		/* One thread may wait for this twice; then next may be gone. */
		if (try_end(CONTAINING_RECORD(e, KWAIT_BLOCK, WaitListEntry)))
			next = h->WaitListHead.Flink;
	}
}

static void start_wait(struct thread *t, KWAIT_BLOCK *blocks, u32 n,
		       LARGE_INTEGER *timeout)
{
	DISPATCHER_HEADER *h;
	u32 i;

	for (i = 0; i < n; i++) {
		h = blocks[i].Object;
		InsertTailList(&h->WaitListHead, &blocks[i].WaitListEntry);
	}
	t->waits = blocks;
	t->nr_waits = n;
	if (timeout)
		timer_insert(&t->timeout, *timeout);
	t->state = THREAD_WAITING;
	schedule();
}

static void check_wait(LARGE_INTEGER *timeout)
{
	KIRQL level = irql();

	if (level > DISPATCH_LEVEL ||
	    (level == DISPATCH_LEVEL && (!timeout || timeout->QuadPart)))
		bugcheck("a wait at IRQL %u", level);
	if (!(read_flags() & FLAGS_IF))
		bugcheck("a wait with interrupts off");
}

/* -------------------------------------------------------------- routines -- */

NTSTATUS KeWaitForMultipleObjects(ULONG n, PVOID objects[], WAIT_TYPE type,
				  KWAIT_REASON reason, KPROCESSOR_MODE mode,
				  BOOLEAN alertable, PLARGE_INTEGER timeout,
				  PKWAIT_BLOCK blocks)
{
	struct thread *t = this_thread();
	NTSTATUS status;
	KIRQL old;
	u32 i;

	check_wait(timeout);
	if (!blocks) {
		if (n > THREAD_WAIT_OBJECTS)
			bugcheck("a wait for %u objects without wait blocks", n);
		blocks = t->wait_block;
	}
	old = dispatcher_take();
	for (i = 0; i < n; i++) {
		check_header(objects[i], "a wait");
		blocks[i].Object = objects[i];
		blocks[i].Thread = (PKTHREAD)t;
		blocks[i].WaitKey = i;
		blocks[i].WaitType = type;
		if (type == WaitAny && is_signaled(objects[i], t)) {
			consume(objects[i], t);
			dispatcher_drop(old);
			return i;
		}
	}
	if (type == WaitAll && all_signaled(t, blocks, n)) {
		for (i = 0; i < n; i++)
			consume(objects[i], t);
		dispatcher_drop(old);
		return STATUS_SUCCESS;
	}
	if (timeout && !timeout->QuadPart) {
		dispatcher_drop(old);
		return STATUS_TIMEOUT;
	}
	start_wait(t, blocks, n, timeout);
	status = t->wait_status;
	dispatcher_drop(old);
	return status;
}

NTSTATUS KeWaitForSingleObject(PVOID object, KWAIT_REASON reason,
			       KPROCESSOR_MODE mode, BOOLEAN alertable,
			       PLARGE_INTEGER timeout)
{
	return KeWaitForMultipleObjects(1, &object, WaitAny, reason, mode,
					alertable, timeout, NULL);
}

NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE mode, BOOLEAN alertable,
				PLARGE_INTEGER interval)
{
	struct thread *t = this_thread();
	KIRQL old;

	check_wait(NULL);
	if (!interval->QuadPart) {
		ZwYieldExecution();
		return STATUS_SUCCESS;
	}
	old = dispatcher_take();
	start_wait(t, NULL, 0, interval);
	dispatcher_drop(old);
	return STATUS_SUCCESS;
}

void sleep_ms(u32 ms)
{
	LARGE_INTEGER t = { .QuadPart = -10000ll * ms };

	KeDelayExecutionThread(KernelMode, FALSE, &t);
}

VOID KeInitializeEvent(PRKEVENT event, EVENT_TYPE type, BOOLEAN state)
{
	memset(event, 0, sizeof(*event));
	event->Header.Type = type;
	event->Header.Size = sizeof(*event) / 4;
	event->Header.SignalState = state;
	InitializeListHead(&event->Header.WaitListHead);
}

LONG KeSetEvent(PRKEVENT event, KPRIORITY increment, BOOLEAN wait)
{
	KIRQL old;
	LONG before;

	if (wait)
		bugcheck("KeSetEvent with Wait set: nothing here does that");
	old = dispatcher_take();
	check_header(&event->Header, "KeSetEvent");
	before = event->Header.SignalState;
	object_signal(&event->Header, 1);
	dispatcher_drop(old);
	return before;
}

LONG KeResetEvent(PRKEVENT event)
{
	KIRQL old = dispatcher_take();
	LONG before = event->Header.SignalState;

	check_header(&event->Header, "KeResetEvent");
	event->Header.SignalState = 0;
	dispatcher_drop(old);
	return before;
}

VOID KeClearEvent(PRKEVENT event)
{
	check_header(&event->Header, "KeClearEvent");
	event->Header.SignalState = 0;
}

LONG KeReadStateEvent(PRKEVENT event)
{
	check_header(&event->Header, "KeReadStateEvent");
	return event->Header.SignalState;
}

VOID KeInitializeMutex(PRKMUTEX mutex, ULONG level)
{
	memset(mutex, 0, sizeof(*mutex));
	mutex->Header.Type = TYPE_MUTANT;
	mutex->Header.SignalState = 1;
	InitializeListHead(&mutex->Header.WaitListHead);
}

LONG KeReleaseMutex(PRKMUTEX mutex, BOOLEAN wait)
{
	KIRQL old = dispatcher_take();
	LONG before = mutex->Header.SignalState;

	check_header(&mutex->Header, "KeReleaseMutex");
	if (mutex->OwnerThread != (PKTHREAD)this_thread())
		bugcheck("KeReleaseMutex of a mutex that another thread has");
	if (before == 0)
		mutex->OwnerThread = NULL;
	object_signal(&mutex->Header, 1);
	dispatcher_drop(old);
	return before;
}

VOID KeInitializeSemaphore(PRKSEMAPHORE semaphore, LONG count, LONG limit)
{
	memset(semaphore, 0, sizeof(*semaphore));
	semaphore->Header.Type = TYPE_SEMAPHORE;
	semaphore->Header.SignalState = count;
	semaphore->Limit = limit;
	InitializeListHead(&semaphore->Header.WaitListHead);
}

LONG KeReleaseSemaphore(PRKSEMAPHORE semaphore, KPRIORITY increment, LONG add,
			BOOLEAN wait)
{
	KIRQL old = dispatcher_take();
	LONG before = semaphore->Header.SignalState;

	check_header(&semaphore->Header, "KeReleaseSemaphore");
	if (before + add > semaphore->Limit || add <= 0)
		bugcheck("KeReleaseSemaphore over its limit");
	object_signal(&semaphore->Header, add);
	dispatcher_drop(old);
	return before;
}

VOID ExAcquireFastMutex(PFAST_MUTEX mutex)
{
	KIRQL old = irql();

	set_irql(APC_LEVEL);
	if (mutex->Owner == (PKTHREAD)this_thread())
		bugcheck("a fast mutex is acquired twice by one thread");
	if (InterlockedDecrement(&mutex->Count)) {
		mutex->Contention++;
		KeWaitForSingleObject(&mutex->Event, Executive, KernelMode,
				      FALSE, NULL);
	}
	mutex->Owner = (PKTHREAD)this_thread();
	mutex->OldIrql = old;
}

VOID ExReleaseFastMutex(PFAST_MUTEX mutex)
{
	KIRQL old = mutex->OldIrql;

	if (mutex->Owner != (PKTHREAD)this_thread() || irql() != APC_LEVEL)
		bugcheck("a fast mutex is released that this thread has not");
	mutex->Owner = NULL;
	if (InterlockedIncrement(&mutex->Count) <= 0)
		KeSetEvent(&mutex->Event, 0, FALSE);
	set_irql(old);
}

VOID KeEnterCriticalRegion(VOID)
{
	this_thread()->kernel_apc_disable++;
}

VOID KeLeaveCriticalRegion(VOID)
{
	if (!this_thread()->kernel_apc_disable)
		bugcheck("KeLeaveCriticalRegion without KeEnter-");
	this_thread()->kernel_apc_disable--;
}
