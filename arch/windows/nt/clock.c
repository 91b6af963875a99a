// SPDX-License-Identifier: GPL-2.0
/*
 * Clocks: a monotonic one for deadlines, NT's wall clock, and the frequency of
 * the time stamp counter.
 */
#include "winehost.h"

#define NT_EPOCH_1970	116444736000000000ull	/* in units of 100 ns */
#define COUNTER_SAMPLE	10			/* ms */
#define TICKS_SAMPLE	200			/* ms */

typedef VOID (NTAPI *precise_time_t)(PLARGE_INTEGER time);
typedef ULONG64 (NTAPI *precise_interrupt_time_t)(PULONG64 counter);

/* Windows 8 and up */
static precise_time_t precise_time;
static precise_interrupt_time_t precise_interrupt_time;

void clock_init(void)
{
	if (nt_under_wine)
		return;
	precise_time = nt_routine(L"KeQuerySystemTimePrecise");
	precise_interrupt_time = nt_routine(L"KeQueryInterruptTimePrecise");
}

/*
 * The clock that NT's timers go by. Not the performance counter: some NT measures
 * that wrongly (ReactOS in an emulator, by a quarter).
 */
u64 clock_now(void)
{
	ULONG64 counter;

	if (nt_under_wine)
		return host_clock(HOST_CLOCK_MONOTONIC);
	if (precise_interrupt_time)
		return precise_interrupt_time(&counter) * 100;
	return KeQueryInterruptTime() * 100;
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

/* A clock that only moves with NT's clock interrupt: the counter when it does. */
static void sample_tick(u64 *counter, u64 *time)
{
	u64 last = clock_now();

	do {
		*counter = read_counter();
		*time = clock_now();
	} while (*time == last);
}

u64 clock_counter_hz(void)
{
	u64 counter[2] = { 0, 0 }, time[2] = { 0, 0 };
	BOOLEAN exact = nt_under_wine || precise_interrupt_time;
	void (*take)(u64 *counter, u64 *time) = exact ? sample : sample_tick;

	take(&counter[0], &time[0]);
	thread_sleep(exact ? COUNTER_SAMPLE : TICKS_SAMPLE);
	take(&counter[1], &time[1]);
	/* A pause of a second and more fits in the product, too. */
	if (time[1] <= time[0] || time[1] - time[0] > 4 * NS_PER_SECOND)
		return 0;
	return (counter[1] - counter[0]) * NS_PER_SECOND / (time[1] - time[0]);
}
