// SPDX-License-Identifier: GPL-2.0
/*
 * Time: the time stamp counter, measured once with the HPET; NT's clock
 * interrupt; the page of time that NT shares with everybody.
 */
#include "smallnt.h"

#define HPET_ADDRESS	0xfed00000
#define HPET_PERIOD	4
#define HPET_ENABLE	0x10
#define HPET_COUNTER	0xf0
#define NT_EPOCH_1970	116444736000000000ull

u32 tick_us = 1000;
u64 boot_time;

static u64 tsc_start, tsc_scale;	/* 100 ns per tick of the TSC, << 64 */

static u8 cmos(u8 reg)
{
	u8 v;

	out8(0x70, reg);
	v = in8(0x71);
	return (v >> 4) * 10 + (v & 15);
}

static u64 read_cmos(void)
{
	static const u16 days[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273,
				    304, 334 };
	u32 year, month, day;
	u64 d;

	while (cmos(10) >= 80)		/* an update is going on */
		;
	year = 2000 + cmos(9);
	month = cmos(8);
	day = cmos(7);
	d = (year - 1970) * 365 + (year - 1969) / 4 + days[month - 1] + day - 1;
	if (month > 2 && year % 4 == 0)
		d++;
	return ((d * 24 + cmos(4)) * 60 + cmos(2)) * 60 + cmos(0);
}

void clock_calibrate(void)
{
	volatile u32 *hpet = map_device(HPET_ADDRESS);
	u64 period, from, tsc, elapsed_fs, units;
	u32 h0;

	period = hpet[HPET_PERIOD / 4];		/* femtoseconds */
	if (!period || period > 100000000)
		bugcheck("no HPET");
	hpet[HPET_ENABLE / 4] = 1;
	h0 = hpet[HPET_COUNTER / 4];
	from = read_tsc();
	while ((u32)(hpet[HPET_COUNTER / 4] - h0) * period < 100000000000000)
		;
	tsc = read_tsc() - from;
	elapsed_fs = (u32)(hpet[HPET_COUNTER / 4] - h0) * period;
	/* One unit of 100 ns is 10^8 fs; (units << 64) / tsc fits. */
	units = elapsed_fs / 100000000;
	asm("divq %2" : "=a" (tsc_scale), "+d" (units) : "r" (tsc), "a" (0ull));
	tsc_start = read_tsc();
	boot_time = read_cmos() * 10000000 + NT_EPOCH_1970;
	print("smallnt: TSC %llu kHz\n", tsc * 1000000000 / (elapsed_fs / 1000));
}

u64 clock_100ns(void)
{
	return (__uint128_t)(read_tsc() - tsc_start) * tsc_scale >> 64;
}

static void set_shared(void)
{
	u64 now = clock_100ns();

	*(volatile u64 *)SharedInterruptTime = now;
	*(volatile u64 *)SharedSystemTime = boot_time + now;
	*(volatile u64 *)SharedTickCount = now / (tick_us * 10);
}

/* NT sets its time of day before it tells anybody that it is awake. */
void clock_slept(u64 seconds)
{
	boot_time += seconds * 10000000;
	set_shared();
}

void clock_tick(struct frame *frame)
{
	struct cpu *cpu = this_cpu();

	cpu->ticks++;
	if (!cpu->index) {
		fine_tick();
		set_shared();
		timer_tick();
		/* Interrupts for APCs come when they like. */
		if (cpu->ticks % 37 == 0)
			apic_self(VECTOR_APC);
	}
	sched_tick();
}

/* -------------------------------------------------------------- routines -- */

LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER frequency)
{
	LARGE_INTEGER now;

	if (frequency)
		frequency->QuadPart = 10000000;
	now.QuadPart = clock_100ns();
	return now;
}

VOID KeQuerySystemTimePrecise(PLARGE_INTEGER time)
{
	time->QuadPart = boot_time + clock_100ns();
}

ULONG64 KeQueryInterruptTimePrecise(PULONG64 counter)
{
	u64 now = clock_100ns();

	*counter = now;
	return now;
}

ULONGLONG KeQueryUnbiasedInterruptTime(VOID)
{
	return clock_100ns();
}

ULONG KeQueryTimeIncrement(VOID)
{
	return tick_us * 10;
}

ULONG ExSetTimerResolution(ULONG wanted, BOOLEAN set)
{
	return tick_us * 10;
}

VOID KeStallExecutionProcessor(ULONG microseconds)
{
	u64 start = clock_100ns();

	while (clock_100ns() - start < microseconds * 10ull)
		asm volatile("pause");
}
