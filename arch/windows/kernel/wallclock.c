// SPDX-License-Identifier: GPL-2.0
/*
 * The wall clock follows NT's: it is set from it at boot, slewed while the two
 * drift apart, and stepped where they differ by much, as after a sleep of NT's
 * or when somebody has set the clock there.
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
static void slew(s64 behind)
{
	struct __kernel_timex now = { .modes = 0 };
	struct __kernel_timex to = {
		.modes	= ADJ_OFFSET_SINGLESHOT,
		.offset	= div_s64(behind, NSEC_PER_USEC),
	};

	do_adjtimex(&now);
	if (now.status & STA_UNSYNC)
		do_adjtimex(&to);
}

static void look(struct work_struct *work);
static DECLARE_DEFERRABLE_WORK(look_work, look);

static void look(struct work_struct *work)
{
	s64 behind = host_call0(HOST_CLOCK) - ktime_get_real_ns();

	if (abs(behind) > STEP_NS)
		step(behind);
	else if (abs(behind) > SLEW_NS)
		slew(behind);
	schedule_delayed_work(&look_work, LOOK_EVERY);
}

static int __init wallclock_init(void)
{
	schedule_delayed_work(&look_work, LOOK_EVERY);
	return 0;
}
late_initcall(wallclock_init);
