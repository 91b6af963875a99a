/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_PTRACE_H
#define _ASM_WINDOWS_PTRACE_H

#include <asm/segment.h>
#include <asm/thread_size.h>
#include <uapi/asm/ptrace.h>
#include <uapi/asm/processor-flags.h>

#ifndef __ASSEMBLY__

#include <linux/array_size.h>
#include <linux/stddef.h>
#include <linux/types.h>

/**
 * struct pt_regs - a program's registers, in x86-64's order
 *
 * On every kernel stack they lie below the task pointer. The kernel's own
 * registers in an oops have the same form; kernel code is recognised by @cs.
 */
struct pt_regs {
	unsigned long r15;
	unsigned long r14;
	unsigned long r13;
	unsigned long r12;
	unsigned long bp;
	unsigned long bx;
	unsigned long r11;
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long ax;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long ip;
	unsigned long cs;
	unsigned long flags;
	unsigned long sp;
	unsigned long ss;
};

#define user_mode(regs)			((regs)->cs != __KERNEL_CS)
#define instruction_pointer(regs)	((regs)->ip)
#define user_stack_pointer(regs)	((regs)->sp)
#define kernel_stack_pointer(regs)	((regs)->sp)
#define frame_pointer(regs)		((regs)->bp)
#define profile_pc(regs)		instruction_pointer(regs)

static inline void instruction_pointer_set(struct pt_regs *regs,
					   unsigned long ip)
{
	regs->ip = ip;
}

static inline unsigned long regs_return_value(struct pt_regs *regs)
{
	return regs->ax;
}

static inline void regs_set_return_value(struct pt_regs *regs, unsigned long rc)
{
	regs->ax = rc;
}

static inline bool regs_irqs_disabled(struct pt_regs *regs)
{
	return false;
}

#define current_pt_regs() task_pt_regs(current)

#define arch_has_single_step()	(1)
#define ARCH_HAS_USER_SINGLE_STEP_REPORT

#define MAX_REG_OFFSET offsetof(struct pt_regs, ss)

int regs_query_register_offset(const char *name);
const char *regs_query_register_name(unsigned int offset);

static inline unsigned long regs_get_register(struct pt_regs *regs,
					      unsigned int offset)
{
	if (unlikely(offset > MAX_REG_OFFSET))
		return 0;
	return *(unsigned long *)((unsigned long)regs + offset);
}

static inline unsigned long regs_get_kernel_argument(struct pt_regs *regs,
						     unsigned int n)
{
	static const unsigned int offset[] = {
		offsetof(struct pt_regs, di),
		offsetof(struct pt_regs, si),
		offsetof(struct pt_regs, dx),
		offsetof(struct pt_regs, cx),
		offsetof(struct pt_regs, r8),
		offsetof(struct pt_regs, r9),
	};

	return n < ARRAY_SIZE(offset) ? regs_get_register(regs, offset[n]) : 0;
}

static inline bool regs_within_kernel_stack(struct pt_regs *regs,
					    unsigned long addr)
{
	return !((addr ^ regs->sp) & ~(THREAD_SIZE - 1));
}

static inline unsigned long regs_get_kernel_stack_nth(struct pt_regs *regs,
						      unsigned int n)
{
	unsigned long addr = regs->sp + n * sizeof(long);

	return regs_within_kernel_stack(regs, addr) ? *(unsigned long *)addr : 0;
}

#endif /* __ASSEMBLY__ */

#endif /* _ASM_WINDOWS_PTRACE_H */
