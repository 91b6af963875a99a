// SPDX-License-Identifier: GPL-2.0
/*
 * Events: how threads of the NT half sleep and wake each other.
 */
#include "winehost.h"

/*
 * Under Wine an event is a word. Somebody may sleep only where it says so: a wake-up
 * that nobody needs would be a system call, too.
 */
enum word {
	WORD_CLEAR,
	WORD_SET,
	WORD_AWAITED,	/* clear, and threads sleep, or are about to */
};

void event_init(struct nt_event *event)
{
	event->word = WORD_CLEAR;
	KeInitializeEvent(&event->event, SynchronizationEvent, FALSE);
}

void event_set(struct nt_event *event)
{
	nt_assert_irql(PASSIVE_LEVEL, DISPATCH_LEVEL);
	if (!nt_under_wine)
		KeSetEvent(&event->event, IO_NO_INCREMENT, FALSE);
	else if (InterlockedExchange(&event->word, WORD_SET) == WORD_AWAITED)
		host_futex_wake(&event->word);
}

static BOOLEAN take_word(struct nt_event *event)
{
	return InterlockedCompareExchange(&event->word, WORD_CLEAR, WORD_SET) ==
	       WORD_SET;
}

/*
 * Who wakes clears the mark that others sleep. So who was woken sets it again, needed
 * or not.
 */
static BOOLEAN wait_on_word(struct nt_event *event, u64 deadline)
{
	if (take_word(event))
		return TRUE;
	while (InterlockedExchange(&event->word, WORD_AWAITED) != WORD_SET)
		if (host_futex_wait(&event->word, WORD_AWAITED, deadline) ==
		    -HOST_ETIMEDOUT)
			return take_word(event);
	return TRUE;
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
