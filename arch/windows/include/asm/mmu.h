/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_MMU_H
#define _ASM_WINDOWS_MMU_H

#include <linux/types.h>

struct stub;

/**
 * struct mm_context_t - what the user engine keeps for one address space
 * @stub: the host process that runs it (wine engine); NULL until it runs
 * @vdso: user address of the vDSO image
 * @unusable: the engine cannot run this address space any more
 */
typedef struct {
	struct stub *stub;
	void __user *vdso;
	bool unusable;
} mm_context_t;

#endif /* _ASM_WINDOWS_MMU_H */
