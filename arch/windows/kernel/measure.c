// SPDX-License-Identifier: GPL-2.0
/*
 * With wsl4.measure on the command line the log says what a host call costs,
 * for scripts/bench-nt.
 */
#define pr_fmt(fmt) "wsl4: " fmt

#include <linux/init.h>
#include <linux/math64.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/sort.h>
#include <linux/time64.h>
#include <asm/host.h>
#include <asm/measure.h>
#include <asm/time.h>
#include <asm/tsc_read.h>

#define CALLS	1001

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX	"wsl4."

static bool wanted;
module_param_named(measure, wanted, bool, 0);

bool measure_wanted(void)
{
	return wanted;
}

static u64 cycles[CALLS] __initdata;

static int __init compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

/* NT's clock is the call with the least work at its other end. */
static int __init measure_host_call(void)
{
	u64 before;
	int i;

	if (!wanted)
		return 0;
	for (i = 0; i < CALLS; i++) {
		before = tsc_read_ordered();
		host_call0(HOST_CLOCK);
		cycles[i] = tsc_read_ordered() - before;
	}
	sort(cycles, CALLS, sizeof(cycles[0]), compare, NULL);
	pr_info("a host call takes %llu ns\n",
		mul_u64_u64_div_u64(cycles[CALLS / 2], NSEC_PER_SEC, tsc_hz));
	return 0;
}
late_initcall(measure_host_call);
