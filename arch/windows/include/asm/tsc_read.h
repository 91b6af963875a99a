/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_TSC_READ_H
#define _ASM_WINDOWS_TSC_READ_H

#include <linux/types.h>

static __always_inline u64 tsc_read(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return low | (u64)high << 32;
}

/* Not executed before what the program does before it. */
static __always_inline u64 tsc_read_ordered(void)
{
	u32 low, high;

	asm volatile("lfence; rdtsc" : "=a" (low), "=d" (high) :: "memory");
	return low | (u64)high << 32;
}

#endif /* _ASM_WINDOWS_TSC_READ_H */
