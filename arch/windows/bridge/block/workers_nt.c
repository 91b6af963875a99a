// SPDX-License-Identifier: GPL-2.0
/*
 * The block bridge's threads, and how many of them do I/O at a time.
 *
 * What NT has in its cache takes less time than it takes to wake a thread. So while
 * I/O is quick one worker does all of it, the one that has slept least; another is
 * woken where I/O was slow of late, or where all that are at work have been at it for
 * long. That is looked at when a request comes, and by the vCPU before it sleeps and
 * at its ticks: a request must not wait behind I/O that hangs while a worker is free,
 * for NT may need the one to end the other.
 */
#include "block_nt.h"

#define NR_WORKERS	4
#define SLOW_NS		(100 * 1000ull)	/* no cache takes that long for some pages */
/* I/O is slow when one job in five is: a thread that is preempted is so at times. */
#define SLOW_WEIGHT	4
#define SLOW_FROM	16
#define SLOW_LIMIT	32
#define LOOK_NS		(1000 * 1000ull)

static struct worker workers[NR_WORKERS];
static LIST_ENTRY queue;	/* of jobs */
static LIST_ENTRY idle;		/* workers, who slept last first */
static unsigned int slowness;	/* falls with each quick job, up to SLOW_LIMIT */
static KSPIN_LOCK lock;		/* of all these */

static void (*do_job)(struct worker *worker, struct job *job);
static volatile LONG workers_end;

/* Will none of those at work come back soon? */
static BOOLEAN all_wait(u64 now)
{
	const struct worker *worker;

	for (worker = workers; worker < workers + NR_WORKERS; worker++) {
		if (worker->state == WORKER_CALLED ||
		    (worker->state == WORKER_DOES_IO &&
		     now < worker->since + SLOW_NS))
			return FALSE;
	}
	return TRUE;
}

/*
 * Is there a job, and somebody who sleeps? The vCPU may ask without the lock: it alone
 * adds jobs, and nobody falls asleep while there is one.
 */
static BOOLEAN job_left(void)
{
	return !IsListEmpty(&queue) && !IsListEmpty(&idle);
}

/* Who is to be woken, if anybody; under the lock. */
static struct worker *call_helper(u64 now)
{
	struct worker *worker;

	if (!job_left() || (slowness < SLOW_FROM && !all_wait(now)))
		return NULL;
	worker = CONTAINING_RECORD(RemoveHeadList(&idle), struct worker, entry);
	worker->state = WORKER_CALLED;
	return worker;
}

static void remember(const struct worker *worker, u64 now)
{
	if (worker->state != WORKER_DOES_IO)
		return;
	if (now >= worker->since + SLOW_NS)
		slowness = min(slowness + SLOW_WEIGHT, SLOW_LIMIT);
	else if (slowness)
		slowness--;
}

static struct job *take_job(struct worker *worker, u64 now)
{
	struct job *job;

	if (IsListEmpty(&queue)) {
		worker->state = WORKER_IDLE;
		InsertHeadList(&idle, &worker->entry);
		return NULL;
	}
	job = CONTAINING_RECORD(RemoveHeadList(&queue), struct job, entry);
	worker->state = job->waits ? WORKER_WAITS : WORKER_DOES_IO;
	worker->since = now;
	return job;
}

/* Wake only behind the lock: who is woken takes it at once. */
static void unlock_and_wake(struct worker *helper, KIRQL irql)
{
	KeReleaseSpinLock(&lock, irql);
	if (helper)
		event_set(&helper->wake);
}

static struct job *next_job(struct worker *worker)
{
	u64 now = clock_now();
	struct job *job;
	KIRQL irql;

	KeAcquireSpinLock(&lock, &irql);
	remember(worker, now);
	job = take_job(worker, now);
	unlock_and_wake(job ? call_helper(now) : NULL, irql);
	return job;
}

static VOID NTAPI worker_thread(PVOID context)
{
	struct worker *worker = context;
	struct job *job;

	while (!workers_end) {
		job = next_job(worker);
		if (job)
			do_job(worker, job);
		else
			event_wait(&worker->wake, NS_FOREVER);
	}
	PsTerminateSystemThread(STATUS_SUCCESS);
}

void workers_add(struct job *job, BOOLEAN more_comes)
{
	KIRQL irql;

	KeAcquireSpinLock(&lock, &irql);
	InsertTailList(&queue, &job->entry);
	unlock_and_wake(more_comes ? NULL : call_helper(clock_now()), irql);
}

void workers_call(void)
{
	u64 now = clock_now();
	KIRQL irql;

	KeAcquireSpinLock(&lock, &irql);
	unlock_and_wake(call_helper(now), irql);
}

u64 block_nt_deadline(void)
{
	return job_left() ? clock_now() + LOOK_NS : NS_FOREVER;
}

void block_nt_look(void)
{
	if (job_left())
		workers_call();
}

void workers_init(void (*perform)(struct worker *worker, struct job *job))
{
	int i;

	do_job = perform;
	KeInitializeSpinLock(&lock);
	InitializeListHead(&queue);
	InitializeListHead(&idle);
	slowness = SLOW_FROM;
	for (i = 0; i < NR_WORKERS; i++) {
		event_init(&workers[i].wake);
		workers[i].state = WORKER_CALLED;
	}
}

NTSTATUS workers_start(void)
{
	NTSTATUS status = STATUS_SUCCESS;
	int i;

	workers_end = 0;
	for (i = 0; i < NR_WORKERS && NT_SUCCESS(status); i++) {
		status = block_make_event(&workers[i]);
		if (NT_SUCCESS(status))
			status = thread_start(worker_thread, &workers[i],
					      &workers[i].thread);
	}
	return status;
}

void workers_exit(void)
{
	int i;

	InterlockedExchange(&workers_end, 1);
	for (i = 0; i < NR_WORKERS; i++) {
		event_set(&workers[i].wake);
		thread_join(&workers[i].thread, 0);
		if (workers[i].event)
			ZwClose(workers[i].event);
		workers[i].event = NULL;
	}
}
