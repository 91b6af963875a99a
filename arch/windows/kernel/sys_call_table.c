// SPDX-License-Identifier: GPL-2.0
/*
 * x86-64's system calls by number.
 */
#include <linux/cache.h>
#include <linux/linkage.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

/* There are no ports for a program. */
#define sys_iopl	sys_ni_syscall
#define sys_ioperm	sys_ni_syscall

/* Functions of fewer arguments are called with all six, as the ABI allows. */
#define __SYSCALL_NORETURN __SYSCALL
#define __SYSCALL(nr, sym)						\
	asmlinkage long sym(unsigned long, unsigned long, unsigned long,	\
			    unsigned long, unsigned long, unsigned long);
#include <asm/syscalls_64.h>
#undef __SYSCALL

#define __SYSCALL(nr, sym) [nr] = sym,
const sys_call_ptr_t sys_call_table[] = {
#include <asm/syscalls_64.h>
};
#undef __SYSCALL

static_assert(ARRAY_SIZE(sys_call_table) == NR_syscalls);
