/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_TLBFLUSH_H
#define _ASM_WINDOWS_TLBFLUSH_H

#include <linux/mm_types.h>

/*
 * Programs: the user engine's mappings are the TLB. A flush returns when the
 * engine can reach the old pages no more.
 * The kernel's own range: the window of vmalloc is kept in step.
 */
void flush_tlb_mm(struct mm_struct *mm);
void flush_tlb_range(struct vm_area_struct *vma, unsigned long start,
		     unsigned long end);
void flush_tlb_page(struct vm_area_struct *vma, unsigned long addr);
void flush_tlb_kernel_range(unsigned long start, unsigned long end);

static inline void flush_tlb_all(void)
{
	flush_tlb_kernel_range(0, ~0UL);
}

#endif /* _ASM_WINDOWS_TLBFLUSH_H */
