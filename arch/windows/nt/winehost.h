/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System calls of the host kernel, for a driver that runs in a process under
 * Wine. The time, a sleep and a wake-up through Wine cost messages to the wine
 * server; these do not. Only to be used when nt_under_wine.
 */
#ifndef _WSL4_NT_WINEHOST_H
#define _WSL4_NT_WINEHOST_H

#include "core.h"

#define HOST_SYS_PRCTL		157
#define HOST_SYS_FUTEX		202
#define HOST_SYS_CLOCK_GETTIME	228
#define HOST_SYS_GETRANDOM	318

#define HOST_CLOCK_REALTIME	0
#define HOST_CLOCK_MONOTONIC	1

#define HOST_FUTEX_WAKE		(1 | 128)	/* private */
#define HOST_FUTEX_WAIT_BITSET	(9 | 128)	/* absolute, CLOCK_MONOTONIC */
#define HOST_FUTEX_ANY		0xffffffffull

#define HOST_PR_SET_TIMERSLACK	29

#define HOST_ETIMEDOUT		110

struct host_timespec {
	s64 seconds;
	s64 ns;
};

static inline s64 host_syscall(u64 nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4,
			       u64 a5)
{
	register u64 r10 asm("r10") = a3;
	register u64 r8 asm("r8") = a4;
	register u64 r9 asm("r9") = a5;
	s64 result;

	asm volatile("syscall"
		     : "=a" (result)
		     : "a" (nr), "D" (a0), "S" (a1), "d" (a2), "r" (r10),
		       "r" (r8), "r" (r9)
		     : "rcx", "r11", "memory");
	return result;
}

static inline u64 host_clock(u64 clock)
{
	struct host_timespec now = { 0, 0 };

	host_syscall(HOST_SYS_CLOCK_GETTIME, clock, (u64)&now, 0, 0, 0, 0);
	return now.seconds * NS_PER_SECOND + now.ns;
}

/* Sleep while *word == value, until the deadline at most. */
static inline s64 host_futex_wait(volatile LONG *word, LONG value, u64 deadline)
{
	struct host_timespec until = {
		.seconds = deadline / NS_PER_SECOND,
		.ns = deadline % NS_PER_SECOND,
	};
	u64 timeout = deadline == NS_FOREVER ? 0 : (u64)&until;

	return host_syscall(HOST_SYS_FUTEX, (u64)word, HOST_FUTEX_WAIT_BITSET,
			    (u32)value, timeout, 0, HOST_FUTEX_ANY);
}

static inline void host_futex_wake(volatile LONG *word)
{
	host_syscall(HOST_SYS_FUTEX, (u64)word, HOST_FUTEX_WAKE, 1, 0, 0, 0);
}

/* This thread's timeouts end when they are due, not up to 50 us later. */
static inline void host_exact_timeouts(void)
{
	host_syscall(HOST_SYS_PRCTL, HOST_PR_SET_TIMERSLACK, 1, 0, 0, 0, 0);
}

#endif /* _WSL4_NT_WINEHOST_H */
