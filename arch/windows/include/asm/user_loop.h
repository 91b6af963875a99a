/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_USER_LOOP_H
#define _ASM_WINDOWS_USER_LOOP_H

#include <linux/compiler_attributes.h>

struct pt_regs;
struct task_struct;

extern struct task_struct *vcpu_task;
void resched_kick(void);
void __noreturn ret_from_fork(struct task_struct *prev, int (*fn)(void *),
			      void *arg);
void __noreturn user_loop(void);
void irq_handle_user(struct pt_regs *regs);
void user_trap(struct pt_regs *regs);
void do_user_page_fault(struct pt_regs *regs, unsigned long error,
			unsigned long addr);

#endif
