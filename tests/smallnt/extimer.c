// SPDX-License-Identifier: GPL-2.0
/*
 * High-resolution timers: while one is armed the first processor's clock interrupt
 * comes every millisecond, as Windows does it.
 */
#include "smallnt.h"

#define FINE_US		1000
#define FINE_ATTRIBUTES	4	/* EX_TIMER_HIGH_RESOLUTION */
#define TIMER_TAG	0x6d695445	/* "ETim" */

struct _EX_TIMER {
	KTIMER timer;
	KDPC dpc;
	PEXT_CALLBACK callback;
	PVOID context;
	LONG armed;
};

static LONG alive, armed, count;

static void disarm(struct _EX_TIMER *t)
{
	if (InterlockedExchange(&t->armed, 0))
		InterlockedDecrement(&armed);
}

static VOID fired(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
	struct _EX_TIMER *t = context;

	disarm(t);
	count++;
	t->callback(t, t->context);
}

PEX_TIMER ExAllocateTimer(PEXT_CALLBACK callback, PVOID context, ULONG attributes)
{
	struct _EX_TIMER *t;

	if (attributes != FINE_ATTRIBUTES)
		bugcheck("ExAllocateTimer with attributes %x: not implemented",
			 attributes);
	t = pool_get(false, sizeof(*t), TIMER_TAG);
	if (!t)
		return NULL;
	memset(t, 0, sizeof(*t));
	KeInitializeTimerEx(&t->timer, NotificationTimer);
	KeInitializeDpc(&t->dpc, fired, t);
	t->callback = callback;
	t->context = context;
	InterlockedIncrement(&alive);
	return t;
}

BOOLEAN ExSetTimer(PEX_TIMER t, LONGLONG due, LONGLONG period,
		   PEXT_SET_PARAMETERS parameters)
{
	LARGE_INTEGER at = { .QuadPart = due };

	if (due >= 0 || period)
		bugcheck("ExSetTimer: due %lld, period %lld: not implemented", due,
			 period);
	if (!InterlockedExchange(&t->armed, 1))
		InterlockedIncrement(&armed);
	return KeSetTimerEx(&t->timer, at, 0, &t->dpc);
}

BOOLEAN ExCancelTimer(PEX_TIMER t, PEXT_CANCEL_PARAMETERS parameters)
{
	disarm(t);
	return KeCancelTimer(&t->timer);
}

BOOLEAN ExDeleteTimer(PEX_TIMER t, BOOLEAN cancel, BOOLEAN wait,
		      PEXT_DELETE_PARAMETERS parameters)
{
	bool was;

	if (!cancel || !wait)
		bugcheck("ExDeleteTimer without cancel and wait: not implemented");
	if (irql())
		bugcheck("ExDeleteTimer waits, but at IRQL %u", irql());
	was = ExCancelTimer(t, NULL);
	KeFlushQueuedDpcs();
	InterlockedDecrement(&alive);
	pool_put(t);
	return was;
}

/* In the first processor's clock interrupt. */
void fine_tick(void)
{
	static u32 rate;
	u32 wanted = armed && tick_us > FINE_US ? FINE_US : tick_us;

	if (!rate)
		rate = tick_us;
	if (rate != wanted)
		apic_clock_rate(wanted);
	rate = wanted;
}

/* After the driver has gone. */
void fine_report(void)
{
	print("smallnt: high-resolution timers: %d fired\n", count);
	if (alive)
		bugcheck("the driver left %d high-resolution timers behind", alive);
}
