/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_FPU_XSTATE_H
#define _ASM_WINDOWS_FPU_XSTATE_H

#include <linux/bits.h>
#include <asm/fpu/api.h>

/* Bits of XCR0, as SIMD code names them for cpu_has_xfeatures(). */
#define XFEATURE_MASK_FP	BIT_ULL(0)
#define XFEATURE_MASK_SSE	BIT_ULL(1)
#define XFEATURE_MASK_YMM	BIT_ULL(2)
#define XFEATURE_MASK_OPMASK	BIT_ULL(5)
#define XFEATURE_MASK_ZMM_Hi256	BIT_ULL(6)
#define XFEATURE_MASK_Hi16_ZMM	BIT_ULL(7)
#define XFEATURE_MASK_AVX512	(XFEATURE_MASK_OPMASK | \
				 XFEATURE_MASK_ZMM_Hi256 | \
				 XFEATURE_MASK_Hi16_ZMM)

/* Bytes of the upper halves of YMM0-15. */
#define XSAVE_YMM_SIZE		256

#endif
