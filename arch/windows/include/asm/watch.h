/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_WATCH_H
#define _ASM_WINDOWS_WATCH_H

#include <linux/thread_info.h>
#include <asm/engine.h>

struct pt_regs;
struct task_struct;

/* Beside those of asm/thread_info.h: the task has debug registers in use. */
#define TIF_WATCH	16

unsigned long watch_get(struct task_struct *task, unsigned int nr);
int watch_set(struct task_struct *task, unsigned int nr, unsigned long value);
void watch_release(struct task_struct *task);
enum engine_exit watch_run(struct pt_regs *regs);
bool watch_trap(struct pt_regs *regs);

#endif /* _ASM_WINDOWS_WATCH_H */
