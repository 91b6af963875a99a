// SPDX-License-Identifier: GPL-2.0
/*
 * The vCPU's timer: one deadline, WSL4_IRQ_TIMER when it has passed.
 *
 * A vCPU that idles waits with the deadline as its timeout and needs none of
 * this. For one that runs, NT's timers and their DPCs watch the deadline. Wine makes
 * a new thread pool timer for each KeSetTimer() and fires it up to some ms
 * late, so there a thread of our own sleeps until the deadline. It is only
 * woken for a deadline that is earlier than what it sleeps for.
 */
#include "winehost.h"

/*
 * While Linux is busy, a timer that has fired is soon armed again for the next
 * tick: sleep that long without being asked, so that arming it costs no wake-up.
 */
#define GRACE	(4000000ull - 200000)

static volatile LONG64 deadline;	/* clock_now(), 0: none */

static KTIMER timer;
static KDPC dpc;

/*
 * An ordinary timer waits for NT's clock interrupt, up to 16 ms. Windows 8.1 and
 * later have timers that do not; while one is armed that interrupt comes more
 * often, which costs power, so they are for near deadlines alone.
 */
#define FINE_NS		16000000ull
#define FINE_ATTRIBUTES	4		/* EX_TIMER_HIGH_RESOLUTION */

typedef PEX_TIMER (NTAPI *allocate_timer_t)(PEXT_CALLBACK callback, PVOID context,
					    ULONG attributes);
typedef BOOLEAN (NTAPI *set_timer_t)(PEX_TIMER timer, LONGLONG due, LONGLONG period,
				     PVOID parameters);
typedef BOOLEAN (NTAPI *cancel_timer_t)(PEX_TIMER timer, PVOID parameters);
typedef BOOLEAN (NTAPI *delete_timer_t)(PEX_TIMER timer, BOOLEAN cancel,
					BOOLEAN wait, PVOID parameters);

static struct {
	PEX_TIMER timer;	/* NULL: this NT has none */
	set_timer_t set;
	cancel_timer_t cancel;
	delete_timer_t delete;
} fine;

static PVOID thread;
static volatile LONG thread_word;	/* counts reasons to look again */
static volatile LONG64 thread_until;	/* what the thread sleeps for */
static volatile LONG thread_end;

void timer_check(void)
{
	s64 due = deadline;

	if (!due || clock_now() < (u64)due)
		return;
	if (InterlockedCompareExchange64(&deadline, 0, due) == due)
		nt_raise_irq(WSL4_IRQ_TIMER);
}

u64 timer_deadline(void)
{
	s64 due = deadline;

	return due ? (u64)due : NS_FOREVER;
}

static void set_nt_timer(u64 ns)
{
	LARGE_INTEGER due;

	due.QuadPart = -(s64)((ns + 99) / 100);
	if (fine.timer && ns < FINE_NS)
		fine.set(fine.timer, due.QuadPart, 0, NULL);
	else
		KeSetTimer(&timer, due, &dpc);
}

static void timer_fired(void)
{
	u64 due, now;

	nt_assert_irql(DISPATCH_LEVEL, DISPATCH_LEVEL);
	timer_check();
	due = timer_deadline();
	now = clock_now();
	if (due != NS_FOREVER)	/* fired early, or was armed meanwhile */
		set_nt_timer(due > now ? due - now : 1);
}

static VOID NTAPI timer_dpc(PKDPC self, PVOID context, PVOID a, PVOID b)
{
	(void)self;
	(void)context;
	(void)a;
	(void)b;
	timer_fired();
}

static VOID NTAPI fine_fired(PEX_TIMER self, PVOID context)
{
	(void)self;
	(void)context;
	timer_fired();
}

static void cancel_nt_timers(void)
{
	KeCancelTimer(&timer);
	if (fine.timer)
		fine.cancel(fine.timer, NULL);
}

static void fine_init(void)
{
	allocate_timer_t allocate = nt_routine(L"ExAllocateTimer");

	fine.set = nt_routine(L"ExSetTimer");
	fine.cancel = nt_routine(L"ExCancelTimer");
	fine.delete = nt_routine(L"ExDeleteTimer");
	fine.timer = NULL;
	if (allocate && fine.set && fine.cancel && fine.delete)
		fine.timer = allocate(fine_fired, NULL, FINE_ATTRIBUTES);
}

static void fine_exit(void)
{
	if (fine.timer)
		fine.delete(fine.timer, TRUE, TRUE, NULL);
	fine.timer = NULL;
}

static u64 thread_target(void)
{
	u64 due = timer_deadline();

	if (due != NS_FOREVER || nt_vcpu.state == WSL4_VCPU_IDLE ||
	    nt_linux_state() > LINUX_STOPPING)
		return due;
	return clock_now() + GRACE;
}

static VOID NTAPI timer_thread(PVOID context)
{
	u64 until;
	LONG word;

	(void)context;
	host_exact_timeouts();
	while (!thread_end) {
		word = thread_word;
		until = thread_target();
		InterlockedExchange64(&thread_until, until);
		if (timer_deadline() >= until)
			host_futex_wait(&thread_word, word, until);
		timer_check();
	}
	PsTerminateSystemThread(STATUS_SUCCESS);
}

static void wake_thread(void)
{
	InterlockedIncrement(&thread_word);
	host_futex_wake(&thread_word);
}

void timer_arm(u64 ns)
{
	u64 due = clock_now() + ns;

	nt_assert_thread();
	if (due < ns || due >> 63)	/* never, in other words */
		ns = 0;
	InterlockedExchange64(&deadline, ns ? due : 0);
	if (!nt_under_wine) {
		if (ns)
			set_nt_timer(ns);
		else
			cancel_nt_timers();
		return;
	}
	if (ns && due < (u64)thread_until)
		wake_thread();
}

NTSTATUS timer_init(void)
{
	deadline = 0;
	if (nt_under_wine) {
		thread_end = 0;
		return thread_start(timer_thread, NULL, &thread);
	}
	KeInitializeTimer(&timer);
	KeInitializeDpc(&dpc, timer_dpc, NULL);
	fine_init();
	return STATUS_SUCCESS;
}

void timer_exit(void)
{
	InterlockedExchange64(&deadline, 0);
	if (nt_under_wine) {
		InterlockedExchange(&thread_end, 1);
		wake_thread();
		thread_join(&thread, 0);
		return;
	}
	cancel_nt_timers();
	fine_exit();
	KeFlushQueuedDpcs();
}
