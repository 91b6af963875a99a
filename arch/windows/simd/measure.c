// SPDX-License-Identifier: GPL-2.0
/*
 * With wsl4.measure on the command line the log says how fast parities are computed,
 * for scripts/bench-disks; tests/bench/parity.c measures upstream's routines the same
 * way in a program.
 */
#define pr_fmt(fmt) "wsl4: " fmt

#include <linux/init.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/raid/pq.h>
#include <linux/raid/xor.h>
#include <linux/slab.h>
#include <asm/measure.h>
#include <asm/time.h>
#include <asm/tsc_read.h>

#define DISKS		8	/* two of them parity */
#define CALLS		64	/* between two looks at the clock */
#define MEASURE_HZ	20	/* the time of one figure: 1/20 s */

static void __init syndrome(void **pages)
{
	raid6_call.gen_syndrome(DISKS, PAGE_SIZE, pages);
}

static void __init xor(void **pages)
{
	xor_blocks(1, PAGE_SIZE, pages[0], pages + 1);
}

/* How many MiB of data a second, of which a call has @data_pages. */
static u64 __init speed(void (*call)(void **pages), unsigned int data_pages,
			void **pages)
{
	u64 start = tsc_read_ordered(), cycles, calls = 0;
	int i;

	do {
		for (i = 0; i < CALLS; i++)
			call(pages);
		calls += CALLS;
		cycles = tsc_read_ordered() - start;
	} while (cycles < tsc_hz / MEASURE_HZ);
	return mul_u64_u64_div_u64(calls * data_pages * PAGE_SIZE, tsc_hz,
				   cycles) >> 20;
}

static int __init measure_parity(void)
{
	void *pages[DISKS];
	char *memory;
	int i;

	if (!measure_wanted())
		return 0;
	memory = kvcalloc(DISKS, PAGE_SIZE, GFP_KERNEL);
	if (!memory)
		return -ENOMEM;
	for (i = 0; i < DISKS; i++)
		pages[i] = memory + i * PAGE_SIZE;
	pr_info("raid6 by %s: %llu MiB/s\n", raid6_call.name,
		speed(syndrome, DISKS - 2, pages));
	pr_info("xor: %llu MiB/s\n", speed(xor, 1, pages));
	kvfree(memory);
	return 0;
}
late_initcall(measure_parity);
