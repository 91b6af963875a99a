// SPDX-License-Identifier: GPL-2.0
/*
 * Events: how threads of the NT half sleep and wake each other.
 */
#include "winehost.h"

void event_init(struct nt_event *event)
{
	event->word = 0;
	KeInitializeEvent(&event->event, SynchronizationEvent, FALSE);
}

void event_set(struct nt_event *event)
{
	nt_assert_irql(PASSIVE_LEVEL, DISPATCH_LEVEL);
	if (!nt_under_wine)
		KeSetEvent(&event->event, IO_NO_INCREMENT, FALSE);
	else if (!InterlockedExchange(&event->word, 1))
		host_futex_wake(&event->word);
}

static BOOLEAN wait_on_word(struct nt_event *event, u64 deadline)
{
	for (;;) {
		if (InterlockedExchange(&event->word, 0))
			return TRUE;
		if (host_futex_wait(&event->word, 0, deadline) == -HOST_ETIMEDOUT)
			return InterlockedExchange(&event->word, 0) != 0;
	}
}

BOOLEAN event_wait(struct nt_event *event, u64 deadline)
{
	LARGE_INTEGER timeout, *limit = NULL;
	u64 now;

	nt_assert_thread();
	if (nt_under_wine)
		return wait_on_word(event, deadline);
	if (deadline != NS_FOREVER) {
		now = clock_now();
		timeout.QuadPart = 0;
		if (deadline > now)	/* relative, in units of 100 ns */
			timeout.QuadPart = -(s64)((deadline - now + 99) / 100);
		limit = &timeout;
	}
	return KeWaitForSingleObject(&event->event, Executive, KernelMode,
				     FALSE, limit) == STATUS_SUCCESS;
}

void lock_init(struct nt_lock *lock)
{
	lock->users = 0;
	event_init(&lock->turn);
}

void lock_take(struct nt_lock *lock)
{
	if (InterlockedIncrement(&lock->users) > 1)
		event_wait(&lock->turn, NS_FOREVER);
}

void lock_drop(struct nt_lock *lock)
{
	if (InterlockedDecrement(&lock->users) > 0)
		event_set(&lock->turn);
}
