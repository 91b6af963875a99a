/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_VDSO_SYSCALL_H
#define _ASM_WINDOWS_VDSO_SYSCALL_H

#ifndef __ASSEMBLY__

#include <linux/compiler.h>

/* A system call from the vDSO, for a program. */
static __always_inline long vdso_syscall3(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("syscall"
		     : "=a" (ret)
		     : "0" (nr), "D" (a), "S" (b), "d" (c)
		     : "rcx", "r11", "memory");
	return ret;
}

#endif /* __ASSEMBLY__ */

#endif /* _ASM_WINDOWS_VDSO_SYSCALL_H */
