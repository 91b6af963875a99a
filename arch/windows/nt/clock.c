// SPDX-License-Identifier: GPL-2.0
/*
 * Clocks: a monotonic one for deadlines, NT's wall clock, and the frequency of
 * the time stamp counter.
 */
#include "winehost.h"

#define NT_EPOCH_1970	116444736000000000ull	/* in units of 100 ns */
#define COUNTER_SAMPLE	10			/* ms */
#define TICKS_SAMPLE	200			/* ms */
#define TICKS_TOLERANCE	3			/* percent: they come late at times */
#define TICKS_PER_SECOND 10000000ull		/* of KeQueryInterruptTime() */

typedef VOID (NTAPI *precise_time_t)(PLARGE_INTEGER time);

static precise_time_t precise_time;	/* Windows 8 and up */
static u64 performance_hz;		/* KeQueryPerformanceCounter()'s */

void clock_init(void)
{
	LARGE_INTEGER frequency;

	KeQueryPerformanceCounter(&frequency);
	performance_hz = frequency.QuadPart;
	if (!nt_under_wine)
		precise_time = nt_routine(L"KeQuerySystemTimePrecise");
}

u64 clock_now(void)
{
	u64 count;

	if (nt_under_wine)
		return host_clock(HOST_CLOCK_MONOTONIC);
	count = KeQueryPerformanceCounter(NULL).QuadPart;
	return count / performance_hz * NS_PER_SECOND +
	       count % performance_hz * NS_PER_SECOND / performance_hz;
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

/* The performance counter at the moment of a clock interrupt. */
static void sample_tick(u64 *count, u64 *time)
{
	u64 last = KeQueryInterruptTime();

	do {
		*count = KeQueryPerformanceCounter(NULL).QuadPart;
		*time = KeQueryInterruptTime();
	} while (*time == last);
}

/*
 * NT's timers go by its clock interrupt, so the performance counter must agree
 * with that. It does not where NT has measured it wrongly, as ReactOS does in an
 * emulator, by ten percent.
 */
static void check_performance_counter(void)
{
	u64 count[2], time[2], hz, differ;

	sample_tick(&count[0], &time[0]);
	thread_sleep(TICKS_SAMPLE);
	sample_tick(&count[1], &time[1]);
	if (count[1] <= count[0] || time[1] - time[0] > 4 * TICKS_PER_SECOND)
		return;
	hz = (count[1] - count[0]) * TICKS_PER_SECOND / (time[1] - time[0]);
	differ = hz > performance_hz ? hz - performance_hz : performance_hz - hz;
	if (differ * 100 <= performance_hz * TICKS_TOLERANCE)
		return;
	nt_log("the performance counter runs at %llu Hz, and not at %llu as NT says",
	       hz, performance_hz);
	performance_hz = hz;
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

	if (!nt_under_wine)
		check_performance_counter();
	sample(&counter[0], &time[0]);
	thread_sleep(COUNTER_SAMPLE);
	sample(&counter[1], &time[1]);
	/* A pause of a second and more fits in the product, too. */
	if (time[1] <= time[0] || time[1] - time[0] > 4 * NS_PER_SECOND)
		return 0;
	return (counter[1] - counter[0]) * NS_PER_SECOND / (time[1] - time[0]);
}
