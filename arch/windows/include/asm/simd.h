/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_SIMD_H
#define _ASM_WINDOWS_SIMD_H

#include <asm/fpu/api.h>
#include <asm/fpu/xstate.h>

/* May this context use vector registers? Users of cryptography ask so. */
static __must_check inline bool may_use_simd(void)
{
	return irq_fpu_usable();
}

#endif /* _ASM_WINDOWS_SIMD_H */
