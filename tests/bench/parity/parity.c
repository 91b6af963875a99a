// SPDX-License-Identifier: GPL-2.0
/*
 * Measures upstream's routines for RAID 6 and XOR in a program, as
 * arch/windows/simd/measure.c does in the kernel. Prints name, unit and figure,
 * separated by tabs.
 */
#define _GNU_SOURCE
#include <linux/raid/pq.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "parity.h"

#define DISKS	8
#define CALLS	64
#define BYTES	4096
#define NS	50000000ull

/* Upstream's routines for recovery refer to it. */
const char raid6_empty_zero_page[BYTES] __attribute__((aligned(BYTES)));

static void syndrome(void **pages)
{
	raid6_call.gen_syndrome(DISKS, BYTES, pages);
}

static void xor(void **pages)
{
	xor_two(BYTES, pages[0], pages[1]);
}

static unsigned long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static double speed(void (*call)(void **pages), unsigned int data_pages, void **pages)
{
	unsigned long long start = now(), ns, calls = 0;
	int i;

	do {
		for (i = 0; i < CALLS; i++)
			call(pages);
		calls += CALLS;
		ns = now() - start;
	} while (ns < NS);
	return calls * data_pages * BYTES * 1e9 / ns / (1 << 20);
}

int main(void)
{
	void *pages[DISKS];
	char *memory;
	int i;

	memory = aligned_alloc(BYTES, DISKS * BYTES);
	if (!memory)
		return EXIT_FAILURE;
	memset(memory, 0, DISKS * BYTES);
	for (i = 0; i < DISKS; i++)
		pages[i] = memory + i * BYTES;
	if (raid6_select_algo())
		return EXIT_FAILURE;
	printf("raid6 syndrome\tMiB/s\t%.0f\n", speed(syndrome, DISKS - 2, pages));
	if (__builtin_cpu_supports("avx"))
		printf("xor\tMiB/s\t%.0f\n", speed(xor, 1, pages));
	return EXIT_SUCCESS;
}
