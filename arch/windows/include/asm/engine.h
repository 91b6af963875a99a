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
struct seq_file;
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

/**
 * struct engine_ops - what a user engine can do
 * @init: make physmem of @bytes bytes; the last step that may refuse. On the NT
 *	thread's stack, without a current
 * @error: why init() refused, a sentence
 * @start: memory can be allocated from here on
 * @stop: give everything back; the last that runs of Linux, on the NT stack
 * @max_tasks: how many the kernel may have; NULL: memory alone limits them
 * @task_create: make a task's engine state; 0 or -ENOMEM
 * @task_copy: a fork copies what the program's registers do not say
 * @task_flush: the state of a fresh program
 * @task_destroy: free it
 * @task_switch: the vCPU goes from one task to another; NULL: nothing to do
 * @bases_get: make thread.fsbase and gsbase of current true; NULL: they are
 * @bases_set: they were changed; NULL: nobody keeps a copy
 * @mm_switch: the vCPU uses another page table; NULL: no processor walks it
 * @mm_exit: nothing may reach the pages of an address space any more
 * @map: a page table entry has become usable; NULL: a processor walks the table
 * @unmap: forget everything about a range; returns when it is out of reach
 * @fork: a fork has made private pages read-only; false: flush all
 * @run: run the current program until it stops; interrupts off, does not sleep
 * @kernel_window: reserve addresses for vmalloc
 * @kernel_map: keep the window in step with the kernel's page table; may be NULL
 * @kernel_unmap: the same
 * @xstate_size: bytes of an extended state image, end marker included
 * @xstate_sync: bring a task's extended state into its image and return that
 * @xstate_dirty: the image was changed: load it before the program goes on
 * @fsgsbase: may programs set their segment bases themselves?
 * @show_interrupts: more lines for /proc/interrupts; may be NULL
 * @xstate_kernel: the kernel is about to use vector registers; may be NULL
 */
struct engine_ops {
	int (*init)(unsigned long bytes, void **physmem);
	const char *(*error)(void);
	void (*start)(void);
	void (*stop)(void);

	unsigned int (*max_tasks)(void);
	int (*task_create)(struct task_struct *task);
	void (*task_copy)(struct task_struct *to, struct task_struct *from);
	void (*task_flush)(struct task_struct *task);
	void (*task_destroy)(struct task_struct *task);
	void (*task_switch)(struct task_struct *prev, struct task_struct *next);
	void (*bases_get)(void);
	void (*bases_set)(void);

	void (*mm_switch)(struct mm_struct *next);
	void (*mm_exit)(struct mm_struct *mm);
	void (*map)(struct mm_struct *mm, unsigned long addr,
		    unsigned long bytes, unsigned long phys, int prot);
	void (*unmap)(struct mm_struct *mm, unsigned long addr,
		      unsigned long bytes);
	bool (*fork)(struct mm_struct *mm);

	enum engine_exit (*run)(struct pt_regs *regs);

	int (*kernel_window)(unsigned long bytes, void **start);
	void (*kernel_map)(unsigned long addr, unsigned long bytes,
			   unsigned long phys, bool writable);
	void (*kernel_unmap)(unsigned long addr, unsigned long bytes);

	u32 (*xstate_size)(void);
	void *(*xstate_sync)(struct task_struct *task);
	void (*xstate_dirty)(struct task_struct *task);
	void (*xstate_kernel)(void);
	bool (*fsgsbase)(void);
	void (*show_interrupts)(struct seq_file *p, int prec);
};

extern const struct engine_ops wine_engine, ring0_engine;
extern const struct engine_ops *engine;

void engine_choose(bool under_wine);
void engine_stop(void);

#endif /* _ASM_WINDOWS_ENGINE_H */
