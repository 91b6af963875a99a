// SPDX-License-Identifier: GPL-2.0
/*
 * The wall clock follows NT's: it is set from it at boot, slewed while the two
 * drift apart, given another rate where slewing does not keep up, and stepped where
 * they differ by much, as after a sleep of NT's or when somebody has set the clock
 * there.
 */
#define pr_fmt(fmt) "wsl4: " fmt

#include <linux/init.h>
#include <linux/math64.h>
#include <linux/timekeeping.h>
#include <linux/timex.h>
#include <linux/workqueue.h>
#include <asm/host.h>

#define LOOK_EVERY	(30 * HZ)
#define STEP_NS		(NSEC_PER_SEC / 2)	/* differ by more: a step */
#define SLEW_NS		(2 * NSEC_PER_MSEC)	/* differ by less: as it is */
#define SLEW_PPM	500			/* what ADJ_OFFSET_SINGLESHOT does */
#define TICK_PPM	100			/* a step of ADJ_TICK's */
#define MAX_PPM		90000			/* a tenth is its limit */

static s64 looked_at;		/* NT's clock, ns; 0: not yet, or a program keeps the clock */
static s64 left_behind;		/* what the last look did not put right, ns */
static int drifting;		/* looks in a row that slewing could not keep up with */
static s32 rate_ppm;

void read_persistent_clock64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(host_call0(HOST_CLOCK));
}

static void step(s64 behind)
{
	struct timespec64 ts;

	ts = ns_to_timespec64(ktime_get_real_ns() + behind);
	if (do_settimeofday64(&ts))
		return;
	pr_info("clock: stepped by %lld ms to Windows's\n",
		div_s64(behind, NSEC_PER_MSEC));
}

/* A program that keeps the clock itself, by NTP for instance, is left alone. */
static bool kept_by_program(void)
{
	struct __kernel_timex now = { .modes = 0 };

	do_adjtimex(&now);
	return !(now.status & STA_UNSYNC);
}

static void slew(s64 behind)
{
	struct __kernel_timex to = {
		.modes	= ADJ_OFFSET_SINGLESHOT,
		.offset	= div_s64(behind, NSEC_PER_USEC),
	};

	do_adjtimex(&to);
}

static void set_rate(s64 ppm)
{
	struct __kernel_timex to = { .modes = ADJ_TICK | ADJ_FREQUENCY };
	s32 rest;

	rate_ppm = clamp_t(s64, rate_ppm + ppm, -MAX_PPM, MAX_PPM);
	to.tick = USEC_PER_SEC / USER_HZ + div_s64_rem(rate_ppm, TICK_PPM, &rest);
	to.freq = (s64)rest << SHIFT_USEC;
	if (do_adjtimex(&to) >= 0)
		pr_info("clock: its rate is changed by %d ppm to keep up with Windows's\n",
			rate_ppm);
}

/* Twice in a row, since once may be somebody who sets the clock. */
static void keep_up(s64 drift, s64 elapsed)
{
	s64 ppm = elapsed > 0 ? div64_s64(drift * 1000, div_s64(elapsed, 1000)) : 0;
	int way = ppm > SLEW_PPM ? 1 : ppm < -SLEW_PPM ? -1 : 0;

	drifting = drifting * way > 0 ? drifting + way : way;
	if (abs(drifting) < 2)
		return;
	set_rate(ppm);
	drifting = 0;
}

/* @ours: no program keeps the clock. Returns what it leaves to the next look, in ns. */
static s64 correct(s64 behind, bool ours)
{
	s64 most = div_s64(jiffies_to_nsecs(LOOK_EVERY), USEC_PER_SEC) * SLEW_PPM;

	if (abs(behind) > STEP_NS) {
		step(behind);
		return 0;
	}
	if (!ours || abs(behind) <= SLEW_NS)
		return behind;
	slew(behind);
	return behind - clamp_t(s64, behind, -most, most);
}

static void look(struct work_struct *work);
static DECLARE_DEFERRABLE_WORK(look_work, look);

static void look(struct work_struct *work)
{
	s64 now = host_call0(HOST_CLOCK);
	s64 behind = now - ktime_get_real_ns();
	bool ours = !kept_by_program();

	if (ours && looked_at)
		keep_up(behind - left_behind, now - looked_at);
	left_behind = correct(behind, ours);
	looked_at = ours ? now : 0;
	schedule_delayed_work(&look_work, LOOK_EVERY);
}

static int __init wallclock_init(void)
{
	schedule_delayed_work(&look_work, LOOK_EVERY);
	return 0;
}
late_initcall(wallclock_init);
