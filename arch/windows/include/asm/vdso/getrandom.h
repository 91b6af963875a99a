/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_VDSO_GETRANDOM_H
#define _ASM_WINDOWS_VDSO_GETRANDOM_H

#ifndef __ASSEMBLY__

#include <vdso/datapage.h>
#include <asm/barrier.h>
#include <asm/vdso/syscall.h>
#include <asm/unistd.h>

static __always_inline ssize_t getrandom_syscall(void *buffer, size_t len,
						 unsigned int flags)
{
	return vdso_syscall3(__NR_getrandom, (long)buffer, len, flags);
}

/* In a time namespace the page with the clock is the second one. */
static __always_inline const struct vdso_rng_data *__arch_get_vdso_rng_data(void)
{
	if (IS_ENABLED(CONFIG_TIME_NS) &&
	    _vdso_data->clock_mode == VDSO_CLOCKMODE_TIMENS)
		return (const void *)&_vdso_rng_data +
			((const void *)_timens_data - (const void *)_vdso_data);
	return &_vdso_rng_data;
}

#endif /* __ASSEMBLY__ */

#endif /* _ASM_WINDOWS_VDSO_GETRANDOM_H */
