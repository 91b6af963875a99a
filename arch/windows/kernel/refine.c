// SPDX-License-Identifier: GPL-2.0
/*
 * The time stamp counter's rate against NT's clock, over a longer time than there is
 * before boot. It matters where that clock moves with NT's ticks only, and these
 * come late or in bursts.
 */
#define pr_fmt(fmt) "wsl4: " fmt

#include <linux/init.h>
#include <linux/math64.h>
#include <linux/time64.h>
#include <linux/workqueue.h>
#include <asm/host.h>
#include <asm/time.h>
#include <asm/tsc_read.h>

#define LOOK_EVERY	(15 * HZ)
#define LOOKS		8		/* the last one's error is of some 0.01 % */
#define WORTH_PPM	300		/* less is slewed, see wallclock.c */

static u64 start_clock, start_tsc;
static unsigned int looks;

static void start(void)
{
	start_clock = host_call0(HOST_MONOTONIC);
	start_tsc = tsc_read_ordered();
	looks = 0;
}

static bool is_worth_it(u64 hz)
{
	u64 differ = hz > tsc_hz ? hz - tsc_hz : tsc_hz - hz;

	return differ > div_u64(tsc_hz, USEC_PER_SEC) * WORTH_PPM;
}

static void look(struct work_struct *work);
static DECLARE_DELAYED_WORK(look_work, look);

static void look(struct work_struct *work)
{
	u64 clock = host_call0(HOST_MONOTONIC) - start_clock;
	u64 tsc = tsc_read_ordered() - start_tsc;
	u64 hz;

	/* NT has slept, and the counter began anew. */
	if ((s64)tsc <= 0 || (s64)clock <= 0) {
		start();
		schedule_delayed_work(&look_work, LOOK_EVERY);
		return;
	}
	hz = mul_u64_u64_div_u64(tsc, NSEC_PER_SEC, clock);
	if (is_worth_it(hz)) {
		pr_info("clock: the counter's rate is %llu kHz, not %llu\n",
			div_u64(hz, 1000), div_u64(tsc_hz, 1000));
		time_set_rate(hz);
	}
	if (++looks < LOOKS)
		schedule_delayed_work(&look_work, LOOK_EVERY);
}

static int __init refine_init(void)
{
	start();
	schedule_delayed_work(&look_work, LOOK_EVERY);
	return 0;
}
late_initcall(refine_init);
