/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_VDSO_VSYSCALL_H
#define _ASM_WINDOWS_VDSO_VSYSCALL_H

#ifndef __ASSEMBLY__

#include <linux/timekeeper_internal.h>
#include <vdso/datapage.h>
#include <asm/vdso.h>

/* Moves into a page of physmem at boot: programs cannot map the image. */
extern struct vdso_data *vdso_data;

static __always_inline struct vdso_data *windows_k_vdso_data(void)
{
	return vdso_data;
}
#define __arch_get_k_vdso_data windows_k_vdso_data

static __always_inline
struct vdso_rng_data *windows_k_vdso_rng_data(void)
{
	return (void *)vdso_data + VDSO_RNG_OFFSET;
}
#define __arch_get_k_vdso_rng_data windows_k_vdso_rng_data

#include <asm-generic/vdso/vsyscall.h>

#endif /* __ASSEMBLY__ */

#endif /* _ASM_WINDOWS_VDSO_VSYSCALL_H */
