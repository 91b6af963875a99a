/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_FPU_IMAGE_H
#define _ASM_WINDOWS_FPU_IMAGE_H

/*
 * Images of a program's extended state (x87, SSE, AVX, ...): XSAVE's standard
 * form with the software bytes and the end marker of a signal frame. They are
 * struct _xstate and what the processor adds behind it.
 */
#include <linux/types.h>
#include <asm/sigcontext.h>

#define FPU_X87		BIT_ULL(0)
#define FPU_SSE		BIT_ULL(1)
#define FPU_AVX		BIT_ULL(2)
#define FPU_PKRU	BIT_ULL(9)
#define FPU_TILE_DATA	BIT_ULL(18)
#define FPU_LEGACY	(FPU_X87 | FPU_SSE)

#define FPU_MXCSR_INIT	0x1f80

int fpu_image_adopt(const void *image, u32 bytes);
u32 fpu_image_size(void);
u32 fpu_image_end(u64 features);
u64 fpu_image_features(void);
void fpu_init_image(void *image);
int fpu_sanitize(void *image);
void fpu_settle(void *image);

/* fpu_frame.c */
int fpu_frame_save(void __user *to);
bool fpu_frame_restore(const void __user *from);
void fpu_reset(void);

#endif /* _ASM_WINDOWS_FPU_IMAGE_H */
