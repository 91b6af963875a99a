/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_VDSO_H
#define _ASM_WINDOWS_VDSO_H

/*
 * Pages of data below the vDSO's code: the clock's, and for a program in a time
 * namespace that namespace's first and the clock's second.
 */
#define VDSO_DATA_PAGES		2

/* Where the state of random numbers lies in the page that has the clock. */
#define VDSO_RNG_OFFSET		2048

#ifndef __ASSEMBLY__

#include <linux/errno.h>

extern const char vdso_image_start[];
extern const char vdso_image_end[];

#ifdef CONFIG_WSL4_VDSO
int vdso_map_once(unsigned long addr);
#else
static inline int vdso_map_once(unsigned long addr)
{
	return -EINVAL;
}
#endif

#endif /* __ASSEMBLY__ */

#endif /* _ASM_WINDOWS_VDSO_H */
