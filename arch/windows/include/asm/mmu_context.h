/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_MMU_CONTEXT_H
#define _ASM_WINDOWS_MMU_CONTEXT_H

#include <linux/mm_types.h>
#include <asm/engine.h>

#define init_new_context init_new_context
int init_new_context(struct task_struct *task, struct mm_struct *mm);
#define destroy_context destroy_context
void destroy_context(struct mm_struct *mm);

static inline void switch_mm(struct mm_struct *prev, struct mm_struct *next,
			     struct task_struct *task)
{
	if (engine->mm_switch)
		engine->mm_switch(next);
}

#define activate_mm activate_mm
static inline void activate_mm(struct mm_struct *prev, struct mm_struct *next)
{
	if (engine->mm_switch)
		engine->mm_switch(next);
}

int arch_dup_mmap(struct mm_struct *old, struct mm_struct *mm);

void arch_exit_mmap(struct mm_struct *mm);

static inline void arch_unmap(struct mm_struct *mm, unsigned long start,
			      unsigned long end)
{
}

static inline bool arch_vma_access_permitted(struct vm_area_struct *vma,
					     bool write, bool execute,
					     bool foreign)
{
	return true;
}

#include <asm-generic/mmu_context.h>

#endif /* _ASM_WINDOWS_MMU_CONTEXT_H */
