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

void kernel_fpu_begin(void);
void kernel_fpu_end(void);
bool irq_fpu_usable(void);

#endif
