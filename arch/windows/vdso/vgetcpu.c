// SPDX-License-Identifier: GPL-2.0
/*
 * getcpu() for programs.
 */
#pragma GCC visibility push(default)

#include <linux/compiler.h>
#include <linux/getcpu.h>
#include <asm/unistd.h>
#include <asm/vdso/syscall.h>

long __vdso_getcpu(unsigned int *cpu, unsigned int *node,
		   struct getcpu_cache *unused);

#ifdef CONFIG_SMP
/* No register that a program can read tells the vCPU: ask the kernel. */
long __vdso_getcpu(unsigned int *cpu, unsigned int *node,
		   struct getcpu_cache *unused)
{
	return vdso_syscall3(__NR_getcpu, (long)cpu, (long)node, (long)unused);
}
#else
long __vdso_getcpu(unsigned int *cpu, unsigned int *node,
		   struct getcpu_cache *unused)
{
	if (cpu)
		*cpu = 0;
	if (node)
		*node = 0;
	return 0;
}
#endif

long getcpu(unsigned int *cpu, unsigned int *node, struct getcpu_cache *cache)
	__weak __alias(__vdso_getcpu);
