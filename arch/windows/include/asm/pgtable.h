/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_PGTABLE_H
#define _ASM_WINDOWS_PGTABLE_H

/*
 * x86-64's page table format, four levels, so that a processor can walk the
 * tables in ring 0. Under Wine nobody but us reads them.
 */
#include <asm/page.h>

#define PGDIR_SHIFT	39
#define PTRS_PER_PGD	512
#define PUD_SHIFT	30
#define PTRS_PER_PUD	512
#define PMD_SHIFT	21
#define PTRS_PER_PMD	512
#define PTRS_PER_PTE	512

#define PGDIR_SIZE	(_AC(1, UL) << PGDIR_SHIFT)
#define PGDIR_MASK	(~(PGDIR_SIZE - 1))
#define PUD_SIZE	(_AC(1, UL) << PUD_SHIFT)
#define PUD_MASK	(~(PUD_SIZE - 1))
#define PMD_SIZE	(_AC(1, UL) << PMD_SHIFT)
#define PMD_MASK	(~(PMD_SIZE - 1))

#include <asm-generic/pgtable-nop4d.h>

/* MAP_32BIT, see kernel/mmap_user.c */
#define HAVE_ARCH_UNMAPPED_AREA
#define HAVE_ARCH_UNMAPPED_AREA_TOPDOWN

#define USER_PTRS_PER_PGD	256
#define FIRST_USER_ADDRESS	0UL

#define _PAGE_PRESENT	_BITUL(0)
#define _PAGE_RW	_BITUL(1)
#define _PAGE_USER	_BITUL(2)
#define _PAGE_ACCESSED	_BITUL(5)
#define _PAGE_DIRTY	_BITUL(6)
#define _PAGE_PSE	_BITUL(7)
#define _PAGE_PROTNONE	_BITUL(8)	/* with PRESENT clear */
#define _PAGE_SPECIAL	_BITUL(9)
#define _PAGE_NX	_BITUL(63)

#define _PAGE_TABLE	(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | \
			 _PAGE_ACCESSED | _PAGE_DIRTY)
#define _PAGE_PFN_MASK	0x000ffffffffff000UL
#define _PAGE_CHG_MASK	(_PAGE_PFN_MASK | _PAGE_ACCESSED | _PAGE_DIRTY | \
			 _PAGE_SPECIAL | _PAGE_PSE)

#define _PAGE_BASE	(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)
#define PAGE_NONE	__pgprot(_PAGE_PROTNONE | _PAGE_ACCESSED)
#define PAGE_READONLY	__pgprot(_PAGE_BASE | _PAGE_NX)
#define PAGE_READONLY_EXEC __pgprot(_PAGE_BASE)
#define PAGE_COPY	PAGE_READONLY
#define PAGE_COPY_EXEC	PAGE_READONLY_EXEC
#define PAGE_SHARED	__pgprot(_PAGE_BASE | _PAGE_RW | _PAGE_NX)
#define PAGE_SHARED_EXEC __pgprot(_PAGE_BASE | _PAGE_RW)
#define PAGE_KERNEL	__pgprot(_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | \
				 _PAGE_DIRTY | _PAGE_NX)
#define PAGE_KERNEL_RO	__pgprot(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_NX)
#define PAGE_KERNEL_EXEC PAGE_KERNEL

#ifndef __ASSEMBLY__

extern pgd_t swapper_pg_dir[PTRS_PER_PGD];
extern unsigned long *physmem_zero_page;
#define ZERO_PAGE(vaddr) virt_to_page(physmem_zero_page)

extern unsigned long vmalloc_start, vmalloc_end;
#define VMALLOC_START	vmalloc_start
#define VMALLOC_END	vmalloc_end

void paging_init(void);

#define pte_ERROR(e) pr_err("bad pte %016lx\n", pte_val(e))
#define pmd_ERROR(e) pr_err("bad pmd %016lx\n", pmd_val(e))
#define pud_ERROR(e) pr_err("bad pud %016lx\n", pud_val(e))
#define pgd_ERROR(e) pr_err("bad pgd %016lx\n", pgd_val(e))

/*
 * Frames. Page tables hold the machine's frame numbers; under Wine, where no
 * processor walks them, these are the same as ours. Everything that looks into
 * an entry goes through here.
 */
extern u64 *machine_frames;	/* by our number; NULL: all are the same */
extern u32 *machine_pfns;	/* the inverse; filled for our frames only */

static inline unsigned long pfn_to_mfn(unsigned long pfn)
{
	return machine_frames ? machine_frames[pfn] : pfn;
}

static inline unsigned long mfn_to_pfn(unsigned long mfn)
{
	return machine_pfns ? machine_pfns[mfn] : mfn;
}

#define __entry_pfn(val) mfn_to_pfn(((val) & _PAGE_PFN_MASK) >> PAGE_SHIFT)

/* PTE */

static inline void set_pte(pte_t *ptep, pte_t pte)
{
	WRITE_ONCE(*ptep, pte);
}

static inline int pte_none(pte_t pte) { return !pte_val(pte); }
static inline int pte_present(pte_t pte)
{
	return pte_val(pte) & (_PAGE_PRESENT | _PAGE_PROTNONE);
}

#define pte_accessible(mm, pte)	(pte_val(pte) & _PAGE_PRESENT)

static inline int pte_write(pte_t pte) { return pte_val(pte) & _PAGE_RW; }
static inline int pte_exec(pte_t pte) { return !(pte_val(pte) & _PAGE_NX); }
static inline int pte_dirty(pte_t pte) { return pte_val(pte) & _PAGE_DIRTY; }
static inline int pte_young(pte_t pte) { return pte_val(pte) & _PAGE_ACCESSED; }
static inline int pte_special(pte_t pte) { return pte_val(pte) & _PAGE_SPECIAL; }
static inline int pte_same(pte_t a, pte_t b) { return pte_val(a) == pte_val(b); }
#define __HAVE_ARCH_PTE_SAME

static inline pte_t pte_set(pte_t pte, unsigned long bits)
{
	return __pte(pte_val(pte) | bits);
}

static inline pte_t pte_clear_bits(pte_t pte, unsigned long bits)
{
	return __pte(pte_val(pte) & ~bits);
}

static inline pte_t pte_wrprotect(pte_t pte) { return pte_clear_bits(pte, _PAGE_RW); }
static inline pte_t pte_mkwrite_novma(pte_t pte) { return pte_set(pte, _PAGE_RW); }
static inline pte_t pte_mkclean(pte_t pte) { return pte_clear_bits(pte, _PAGE_DIRTY); }
static inline pte_t pte_mkdirty(pte_t pte) { return pte_set(pte, _PAGE_DIRTY); }
static inline pte_t pte_mkold(pte_t pte) { return pte_clear_bits(pte, _PAGE_ACCESSED); }
static inline pte_t pte_mkyoung(pte_t pte) { return pte_set(pte, _PAGE_ACCESSED); }
static inline pte_t pte_mkspecial(pte_t pte) { return pte_set(pte, _PAGE_SPECIAL); }

#define pte_pfn(pte)	__entry_pfn(pte_val(pte))
#define pte_page(pte)	pfn_to_page(pte_pfn(pte))
#define pte_pgprot pte_pgprot
static inline pgprot_t pte_pgprot(pte_t pte)
{
	return __pgprot(pte_val(pte) & ~_PAGE_PFN_MASK);
}

static inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot)
{
	return __pte(pfn_to_mfn(pfn) << PAGE_SHIFT | pgprot_val(prot));
}

#define mk_pte(page, prot) pfn_pte(page_to_pfn(page), (prot))

static inline pte_t pte_modify(pte_t pte, pgprot_t prot)
{
	return __pte((pte_val(pte) & _PAGE_CHG_MASK) |
		     (pgprot_val(prot) & ~_PAGE_CHG_MASK));
}

#define PFN_PTE_SHIFT PAGE_SHIFT

#define pte_clear(mm, addr, ptep) set_pte((ptep), __pte(0))

#define __HAVE_ARCH_PTEP_SET_WRPROTECT
static inline void ptep_set_wrprotect(struct mm_struct *mm, unsigned long addr,
				      pte_t *ptep)
{
	clear_bit(1, (unsigned long *)ptep);
}

#define __HAVE_ARCH_PTEP_GET_AND_CLEAR
static inline pte_t ptep_get_and_clear(struct mm_struct *mm, unsigned long addr,
				       pte_t *ptep)
{
	return __pte(xchg(&ptep->pte, 0));
}

/* PMD */

static inline void set_pmd(pmd_t *pmdp, pmd_t pmd)
{
	WRITE_ONCE(*pmdp, pmd);
}

static inline int pmd_none(pmd_t pmd) { return !pmd_val(pmd); }
static inline int pmd_present(pmd_t pmd)
{
	return pmd_val(pmd) & (_PAGE_PRESENT | _PAGE_PROTNONE | _PAGE_PSE);
}

#define pmd_leaf pmd_leaf
static inline bool pmd_leaf(pmd_t pmd) { return pmd_val(pmd) & _PAGE_PSE; }

static inline int pmd_bad(pmd_t pmd)
{
	return (pmd_val(pmd) & ~(_PAGE_PFN_MASK | _PAGE_USER)) !=
	       (_PAGE_TABLE & ~_PAGE_USER);
}

#define pmd_clear(pmdp) set_pmd((pmdp), __pmd(0))
#define pmd_pfn(pmd)	__entry_pfn(pmd_val(pmd))
#define pmd_page(pmd)	pfn_to_page(pmd_pfn(pmd))
static inline unsigned long pmd_page_vaddr(pmd_t pmd)
{
	return (unsigned long)pfn_to_virt(pmd_pfn(pmd));
}

/* PUD and P4D (which is the PGD) */

static inline void set_pud(pud_t *pudp, pud_t pud)
{
	WRITE_ONCE(*pudp, pud);
}

static inline int pud_none(pud_t pud) { return !pud_val(pud); }
static inline int pud_present(pud_t pud) { return pud_val(pud) & _PAGE_PRESENT; }
#define pud_leaf pud_leaf
static inline bool pud_leaf(pud_t pud) { return pud_val(pud) & _PAGE_PSE; }
static inline int pud_bad(pud_t pud)
{
	return (pud_val(pud) & ~(_PAGE_PFN_MASK | _PAGE_USER)) !=
	       (_PAGE_TABLE & ~_PAGE_USER);
}

#define pud_clear(pudp) set_pud((pudp), __pud(0))
#define pud_pfn(pud)	__entry_pfn(pud_val(pud))
#define pud_page(pud)	pfn_to_page(pud_pfn(pud))
static inline pmd_t *pud_pgtable(pud_t pud) { return pfn_to_virt(pud_pfn(pud)); }

static inline void set_p4d(p4d_t *p4dp, p4d_t p4d)
{
	WRITE_ONCE(*p4dp, p4d);
}

static inline int p4d_none(p4d_t p4d) { return !p4d_val(p4d); }
static inline int p4d_present(p4d_t p4d) { return p4d_val(p4d) & _PAGE_PRESENT; }
static inline int p4d_bad(p4d_t p4d)
{
	return (p4d_val(p4d) & ~(_PAGE_PFN_MASK | _PAGE_USER)) !=
	       (_PAGE_TABLE & ~_PAGE_USER);
}

#define p4d_clear(p4dp)	set_p4d((p4dp), __p4d(0))
#define p4d_pfn(p4d)	__entry_pfn(p4d_val(p4d))
#define p4d_page(p4d)	pfn_to_page(p4d_pfn(p4d))
static inline pud_t *p4d_pgtable(p4d_t p4d) { return pfn_to_virt(p4d_pfn(p4d)); }

/*
 * Swap entries: PRESENT and PROTNONE clear; type in bits 9-13, offset from bit
 * 14, the exclusive mark in bit 2.
 */
#define _PAGE_SWP_EXCLUSIVE	_BITUL(2)
#define __swp_type(x)		(((x).val >> 9) & 0x1f)
#define __swp_offset(x)		((x).val >> 14)
#define __swp_entry(type, off)	((swp_entry_t) { ((unsigned long)(type) & 0x1f) << 9 | \
						 (unsigned long)(off) << 14 })
#define __pte_to_swp_entry(pte)	((swp_entry_t) { pte_val(pte) & ~_PAGE_SWP_EXCLUSIVE })
#define __swp_entry_to_pte(x)	__pte((x).val)

static inline int pte_swp_exclusive(pte_t pte)
{
	return pte_val(pte) & _PAGE_SWP_EXCLUSIVE;
}

static inline pte_t pte_swp_mkexclusive(pte_t pte)
{
	return pte_set(pte, _PAGE_SWP_EXCLUSIVE);
}

static inline pte_t pte_swp_clear_exclusive(pte_t pte)
{
	return pte_clear_bits(pte, _PAGE_SWP_EXCLUSIVE);
}

/* After a fault: have the engine map what it brought. */
struct vm_fault;
void update_mmu_cache_range(struct vm_fault *vmf, struct vm_area_struct *vma,
			    unsigned long addr, pte_t *ptep, unsigned int nr);
#define update_mmu_cache(vma, addr, ptep) \
	update_mmu_cache_range(NULL, vma, addr, ptep, 1)

/*
 * No processor caches an entry that forbids an access, and the engine asks
 * the tables again at every fault.
 */
#define flush_tlb_fix_spurious_fault(vma, addr, ptep) do { } while (0)

#endif /* __ASSEMBLY__ */

#endif /* _ASM_WINDOWS_PGTABLE_H */
