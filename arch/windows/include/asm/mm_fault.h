/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_MM_FAULT_H
#define _ASM_WINDOWS_MM_FAULT_H

#include <linux/mm_types.h>
#include <linux/pgtable.h>

int user_fault(struct pt_regs *regs, unsigned long addr, unsigned int flags);
void engine_map_pte(struct mm_struct *mm, unsigned long addr, pte_t pte);
void map_around(struct mm_struct *mm, unsigned long addr, pte_t *ptep);
void map_near(struct mm_struct *mm, unsigned long addr);

/**
 * user_pte() - a user address's page table entry
 * @mm: address space
 * @addr: user address
 *
 * There is one vCPU and no preemption: the table stays as long as the caller
 * does not sleep.
 *
 * Return: the entry, or NULL when there is no table for it.
 */
static inline pte_t *user_pte(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d = p4d_offset(pgd, addr);
	pud_t *pud;
	pmd_t *pmd;

	if (p4d_none(*p4d))
		return NULL;
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud))
		return NULL;
	pmd = pmd_offset(pud, addr);
	if (pmd_none(*pmd))
		return NULL;
	return pte_offset_kernel(pmd, addr);
}

static inline bool pte_allows(pte_t pte, bool write, bool exec)
{
	if (!(pte_val(pte) & _PAGE_PRESENT))
		return false;
	if (write && !pte_write(pte))
		return false;
	return !exec || pte_exec(pte);
}

#endif
