/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Vector registers in kernel code, for upstream's own SIMD routines.
 *
 * Programs keep theirs in the user engine, so kernel code need not save any;
 * NT saves those of its threads when it preempts one.
 */
#ifndef _ASM_WINDOWS_FPU_API_H
#define _ASM_WINDOWS_FPU_API_H

#include <linux/bottom_half.h>
#include <linux/types.h>
#include <asm/cpufeature.h>

#define KFPU_387	1
#define KFPU_MXCSR	2

void kernel_fpu_begin(void);

/* Which registers are made fresh: always all that C code relies on. */
static inline void kernel_fpu_begin_mask(unsigned int mask)
{
	kernel_fpu_begin();
}

void kernel_fpu_end(void);
bool irq_fpu_usable(void);

#endif
