/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_VDSO_PROCESSOR_H
#define _ASM_WINDOWS_VDSO_PROCESSOR_H

#ifndef __ASSEMBLY__

#ifdef BUILD_VDSO
/* The kernel's own handles interrupts, which a program has none of. */
static __always_inline void cpu_relax(void)
{
	asm volatile("pause" ::: "memory");
}
#else
#include <asm/processor.h>
#endif

#endif /* __ASSEMBLY__ */

#endif /* _ASM_WINDOWS_VDSO_PROCESSOR_H */
