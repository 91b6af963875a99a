/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_CURRENT_H
#define _ASM_WINDOWS_CURRENT_H

#include <asm/page.h>
#include <asm/thread_size.h>

#ifndef __ASSEMBLY__

struct task_struct;

register unsigned long current_stack_pointer asm("rsp");

/*
 * The task is found from the stack pointer: GS belongs to NT. The last word of
 * every kernel stack holds it, above the registers (task_pt_regs()).
 */
static __always_inline struct task_struct *get_current(void)
{
	unsigned long sp;

	asm("movq %%rsp, %0" : "=r" (sp));
	return *(struct task_struct **)((sp | (THREAD_SIZE - 1)) - 7);
}

#define current get_current()

#endif

#endif /* _ASM_WINDOWS_CURRENT_H */
