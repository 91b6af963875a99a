/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_ENGINE_H
#define _ASM_WINDOWS_ENGINE_H

#include <linux/types.h>

/*
 * The user engine: what runs ring-3 code and hands back its system calls,
 * faults and interrupts. The generic part of the port knows no more of it.
 */
struct mm_struct;
struct pt_regs;
struct task_struct;

enum engine_exit {
	ENGINE_SYSCALL,		/* a 64-bit system call: orig_ax is its number */
	ENGINE_COMPAT_SYSCALL,	/* a 32-bit one, or int $0x80 */
	ENGINE_FAULT,		/* thread.trap_nr, error_code, cr2 */
	ENGINE_INTERRUPT,
	ENGINE_DEAD,		/* the engine lost the program */
};

#define ENGINE_READ	1
#define ENGINE_WRITE	2
#define ENGINE_EXEC	4

int engine_init(unsigned long bytes, void **physmem);
const char *engine_error(void);
void engine_start(void);
void engine_stop(void);

int engine_task_create(struct task_struct *task);
void engine_task_copy(struct task_struct *to, struct task_struct *from);
void engine_task_destroy(struct task_struct *task);
void engine_task_flush(struct task_struct *task);

int engine_mm_create(struct mm_struct *mm);
void engine_mm_destroy(struct mm_struct *mm);
void engine_map(struct mm_struct *mm, unsigned long addr, unsigned long bytes,
		unsigned long phys, int prot);
void engine_unmap(struct mm_struct *mm, unsigned long addr,
		  unsigned long bytes);
bool engine_fork(struct mm_struct *mm);

enum engine_exit engine_run(struct pt_regs *regs);

int engine_kernel_window(unsigned long bytes, void **start);
void engine_kernel_map(unsigned long addr, unsigned long bytes,
		       unsigned long phys, bool writable);
void engine_kernel_unmap(unsigned long addr, unsigned long bytes);

#endif /* _ASM_WINDOWS_ENGINE_H */
