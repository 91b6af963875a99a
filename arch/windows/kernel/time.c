// SPDX-License-Identifier: GPL-2.0
/*
 * Time: the time stamp counter as clock source, an NT timer for the next event.
 */
#include <linux/clockchips.h>
#include <linux/clocksource.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/delay.h>
#include <linux/sched_clock.h>
#include <linux/timekeeping.h>
#include <asm/host.h>
#include <asm/time.h>
#include <asm/tsc_read.h>

u64 tsc_hz;

static u64 tsc_clocksource_read(struct clocksource *cs)
{
	return tsc_read_ordered();
}

#ifdef CONFIG_WSL4_VDSO
#define TSC_VDSO_MODE	.vdso_clock_mode = VDSO_CLOCKMODE_TSC,
#else
#define TSC_VDSO_MODE
#endif

#define TSC_CLOCKSOURCE(its_name) {					\
	.name	= its_name,						\
	.rating	= 300,							\
	.read	= tsc_clocksource_read,					\
	.mask	= CLOCKSOURCE_MASK(64),					\
	.flags	= CLOCK_SOURCE_IS_CONTINUOUS |				\
		  CLOCK_SOURCE_VALID_FOR_HRES,				\
	TSC_VDSO_MODE							\
}

/* A rate cannot be changed while it is in use, so they take turns. */
static struct clocksource tsc_clocksource[] = {
	TSC_CLOCKSOURCE("tsc"),
	TSC_CLOCKSOURCE("tsc-refined"),
};

/**
 * time_set_rate() - the time stamp counter has another rate than was thought
 * @hz: its rate
 *
 * Context: may sleep; one caller at a time.
 */
void time_set_rate(u64 hz)
{
	static unsigned int used;
	struct clocksource *old = &tsc_clocksource[used];
	struct clocksource *new = &tsc_clocksource[used ^ 1];

	new->rating = old->rating + 1;
	if (clocksource_register_hz(new, hz))
		return;
	clocksource_unregister(old);
	used ^= 1;
	tsc_hz = hz;
}

static u64 notrace tsc_sched_clock(void)
{
	return tsc_read();
}

static int nt_timer_next_event(unsigned long delta, struct clock_event_device *dev)
{
	host_call1(HOST_TIMER, delta);
	return 0;
}

static int nt_timer_shutdown(struct clock_event_device *dev)
{
	host_call1(HOST_TIMER, 0);
	return 0;
}

static struct clock_event_device nt_timer = {
	.name			= "nt-timer",
	.features		= CLOCK_EVT_FEAT_ONESHOT,
	.rating			= 300,
	.set_next_event		= nt_timer_next_event,
	.set_state_shutdown	= nt_timer_shutdown,
	.set_state_oneshot_stopped = nt_timer_shutdown,
};

static irqreturn_t nt_timer_interrupt(int irq, void *data)
{
	nt_timer.event_handler(&nt_timer);
	return IRQ_HANDLED;
}

/* The counter's rate against NT's clock, when NT does not know it. */
static u64 __init calibrate_tsc(void)
{
	u64 clock, tsc, start_clock, start_tsc;

	start_clock = host_call0(HOST_CLOCK);
	do {
		clock = host_call0(HOST_CLOCK);
	} while (clock == start_clock);
	start_clock = clock;
	start_tsc = tsc_read_ordered();
	do {
		clock = host_call0(HOST_CLOCK);
		tsc = tsc_read_ordered();
	} while (clock - start_clock < 50 * NSEC_PER_MSEC);
	return mul_u64_u64_div_u64(tsc - start_tsc, NSEC_PER_SEC,
				   clock - start_clock);
}

void __init time_init(void)
{
	tsc_hz = wsl4_boot->counter_hz ?: calibrate_tsc();
	sched_clock_register(tsc_sched_clock, 64, tsc_hz);
	clocksource_register_hz(&tsc_clocksource[0], tsc_hz);
	if (request_irq(WSL4_IRQ_TIMER, nt_timer_interrupt,
			IRQF_TIMER | IRQF_NOBALANCING, "timer", NULL))
		panic("no timer interrupt");
	nt_timer.cpumask = cpumask_of(0);
	nt_timer.irq = WSL4_IRQ_TIMER;
	clockevents_config_and_register(&nt_timer, NSEC_PER_SEC, 1000, LONG_MAX);
}

void __delay(unsigned long loops)
{
	u64 end = tsc_read() + loops;

	while ((s64)(end - tsc_read()) > 0)
		cpu_relax();
}

void __udelay(unsigned long usecs)
{
	__delay(mul_u64_u64_div_u64(usecs, tsc_hz, USEC_PER_SEC));
}

void __ndelay(unsigned long nsecs)
{
	__delay(mul_u64_u64_div_u64(nsecs, tsc_hz, NSEC_PER_SEC));
}

void __const_udelay(unsigned long xloops)
{
	/* 2^32 / 1000000 a microsecond, as asm-generic/delay.h defines it. */
	__udelay((xloops * 1000000ULL) >> 32);
}

void calibrate_delay(void)
{
	loops_per_jiffy = tsc_hz / HZ;
}
