/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_USER_ABI_H
#define _ASM_WINDOWS_USER_ABI_H

/*
 * The parts of x86-64's user ABI that the files of kernel/ share.
 */
#include <linux/types.h>
#include <asm/segment.h>

struct pt_regs;
struct task_struct;

#define SEGMENT_USER_RPL	3

/* x86's exception vectors, as signal frames show them. */
#define TRAP_NR_DEBUG	1

/* The host's CPUID answers: programs ask the processor themselves. */
struct cpuid_answer {
	u32 eax;
	u32 ebx;
	u32 ecx;
	u32 edx;
};

static inline struct cpuid_answer cpuid_ask(u32 leaf, u32 subleaf)
{
	struct cpuid_answer a;

	asm volatile("cpuid"
		     : "=a" (a.eax), "=b" (a.ebx), "=c" (a.ecx), "=d" (a.edx)
		     : "0" (leaf), "2" (subleaf));
	return a;
}

/* Code segments that a program can be in: 64 bit, and by a far jump 32 bit. */
static inline bool user_cs_valid(unsigned long cs)
{
	return cs == __USER_CS || cs == __USER32_CS;
}

unsigned long get_sigframe_size(void);
void send_sigtrap(struct pt_regs *regs, int error_code, int si_code);
long do_arch_prctl(struct task_struct *task, int option, unsigned long arg2);

#endif /* _ASM_WINDOWS_USER_ABI_H */
