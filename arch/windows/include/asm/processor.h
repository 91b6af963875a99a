/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_PROCESSOR_H
#define _ASM_WINDOWS_PROCESSOR_H

#include <linux/cache.h>
#include <asm/page.h>
#include <asm/ptrace.h>

/* The engine keeps the top 2 MiB of a program's addresses for itself. */
#define TASK_SIZE_MAX		0x7fffffe00000UL
#define TASK_SIZE		TASK_SIZE_MAX
#define TASK_SIZE_OF(task)	TASK_SIZE_MAX
#define TASK_UNMAPPED_BASE	PAGE_ALIGN(TASK_SIZE / 3)
#define STACK_TOP		TASK_SIZE_MAX
#define STACK_TOP_MAX		TASK_SIZE_MAX

/* As x86_match_cpu() and its tables name vendors. */
#define X86_VENDOR_INTEL	0
#define X86_VENDOR_AMD		2
#define X86_VENDOR_UNKNOWN	0xff

#ifndef __ASSEMBLY__

struct task_struct;

/**
 * struct thread_struct - architecture's part of a task
 * @sp: kernel stack pointer while the task does not run
 * @fsbase: program's FS base, @gsbase: its GS base; valid while in the kernel
 * @trap_nr: x86 vector of the last fault
 * @error_code: its error code, in the format of a page fault
 * @cr2: its address
 * @user: the engine's view of the program: registers in transit, extended state
 */
struct thread_struct {
	unsigned long sp;
	unsigned long fsbase;
	unsigned long gsbase;
	unsigned long trap_nr;
	unsigned long error_code;
	unsigned long cr2;
	void *user;
};

#define INIT_THREAD { }

#define task_pt_regs(task)						\
	((struct pt_regs *)((unsigned long)task_stack_page(task) +	\
			    THREAD_SIZE - TOP_OF_KERNEL_STACK_PADDING) - 1)

#define KSTK_EIP(task)	(task_pt_regs(task)->ip)
#define KSTK_ESP(task)	(task_pt_regs(task)->sp)

unsigned long __get_wchan(struct task_struct *task);

void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp);

static __always_inline void cpu_relax_insn(void)
{
	asm volatile("pause" ::: "memory");
}

/*
 * Interrupts are handled here too: a loop that waits for what an interrupt
 * brings must end.
 */
void cpu_relax(void);

/* The control registers are NT's. drivers/misc/lkdtm wants to see SMEP here. */
static inline unsigned long native_read_cr4(void)
{
	return 0;
}

static inline void native_write_cr4(unsigned long value)
{
}

#define prefetch(x)	__builtin_prefetch(x)
#define ARCH_HAS_PREFETCH
#define ARCH_HAS_PREFETCHW
#define prefetchw(x)	__builtin_prefetch(x, 1)

extern char boot_cpu_name[];

#endif /* __ASSEMBLY__ */

#endif /* _ASM_WINDOWS_PROCESSOR_H */
