// SPDX-License-Identifier: GPL-2.0
/*
 * Clocks: a monotonic one for deadlines, NT's wall clock, and the frequency of
 * the time stamp counter.
 */
#include "winehost.h"

#define NT_EPOCH_1970	116444736000000000ull	/* in units of 100 ns */
#define COUNTER_SAMPLE	10			/* ms */

typedef VOID (NTAPI *precise_time_t)(PLARGE_INTEGER time);

static precise_time_t precise_time;	/* Windows 8 and up */

void clock_init(void)
{
	if (!nt_under_wine)
		precise_time = nt_routine(L"KeQuerySystemTimePrecise");
}

u64 clock_now(void)
{
	LARGE_INTEGER frequency;
	u64 count;

	if (nt_under_wine)
		return host_clock(HOST_CLOCK_MONOTONIC);
	count = KeQueryPerformanceCounter(&frequency).QuadPart;
	return count / frequency.QuadPart * NS_PER_SECOND +
	       count % frequency.QuadPart * NS_PER_SECOND / frequency.QuadPart;
}

u64 clock_wall(void)
{
	LARGE_INTEGER time;

	if (nt_under_wine)
		return host_clock(HOST_CLOCK_REALTIME);
	if (precise_time)
		precise_time(&time);
	else
		KeQuerySystemTime(&time);
	return (time.QuadPart - NT_EPOCH_1970) * 100;
}

static u64 read_counter(void)
{
	u32 low, high;

	asm volatile("lfence; rdtsc" : "=a" (low), "=d" (high) : : "memory");
	return (u64)high << 32 | low;
}

/* The counter and the clock at one moment: the closest of a few tries. */
static void sample(u64 *counter, u64 *time)
{
	u64 before, after, now, best = ~0ull;
	int i;

	for (i = 0; i < 8; i++) {
		before = read_counter();
		now = clock_now();
		after = read_counter();
		if (after - before >= best)
			continue;
		best = after - before;
		*counter = before + best / 2;
		*time = now;
	}
}

u64 clock_counter_hz(void)
{
	u64 counter[2] = { 0, 0 }, time[2] = { 0, 0 };

	sample(&counter[0], &time[0]);
	thread_sleep(COUNTER_SAMPLE);
	sample(&counter[1], &time[1]);
	/* A pause of a second and more fits in the product, too. */
	if (time[1] <= time[0] || time[1] - time[0] > 4 * NS_PER_SECOND)
		return 0;
	return (counter[1] - counter[0]) * NS_PER_SECOND / (time[1] - time[0]);
}
