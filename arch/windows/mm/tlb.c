// SPDX-License-Identifier: GPL-2.0
/*
 * The engine's mappings as TLB: filled at faults, emptied by flushes.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <asm/engine.h>
#include <asm/host.h>
#include <asm/mm_fault.h>
#include <asm/mmu_context.h>
#include <asm/tlbflush.h>
#include <asm/cacheflush.h>

#define MAP_AROUND_PAGES	8

static int pte_prot(pte_t pte)
{
	int prot = ENGINE_READ;

	/* Writable only once dirty: the first write comes back to be noted. */
	if (pte_write(pte) && pte_dirty(pte))
		prot |= ENGINE_WRITE;
	if (pte_exec(pte))
		prot |= ENGINE_EXEC;
	return prot;
}

void engine_map_pte(struct mm_struct *mm, unsigned long addr, pte_t pte)
{
	unsigned long phys = pte_pfn(pte) << PAGE_SHIFT;

	if (phys < physmem_phys)
		return;
	engine->map(mm, addr & PAGE_MASK, PAGE_SIZE, phys, pte_prot(pte));
}

/**
 * map_around() - map a page that was missed, and its present neighbours
 * @mm: address space
 * @addr: the page
 * @ptep: its entry
 *
 * A miss costs far more here than on a processor, and neighbours that lie
 * together become one mapping.
 */
void map_around(struct mm_struct *mm, unsigned long addr, pte_t *ptep)
{
	unsigned long index = pte_index(addr);
	unsigned long first = index & ~(MAP_AROUND_PAGES - 1UL);
	unsigned long base = addr & PAGE_MASK;
	unsigned long i;
	pte_t pte;

	for (i = first; i < first + MAP_AROUND_PAGES; i++) {
		pte = ptep_get(ptep + i - index);
		if (!(pte_val(pte) & _PAGE_PRESENT))
			continue;
		/* From here on nobody sees whether it is used. */
		set_pte(ptep + i - index, pte_mkyoung(pte));
		engine_map_pte(mm, base + (i - index) * PAGE_SIZE, pte);
	}
}

/**
 * map_near() - map what is present around an address
 * @mm: address space
 * @addr: any user address
 */
void map_near(struct mm_struct *mm, unsigned long addr)
{
	pte_t *ptep = addr < TASK_SIZE_MAX ? user_pte(mm, addr) : NULL;

	if (ptep)
		map_around(mm, addr, ptep);
}

void update_mmu_cache_range(struct vm_fault *vmf, struct vm_area_struct *vma,
			    unsigned long addr, pte_t *ptep, unsigned int nr)
{
	if (!engine->map || vma->vm_mm != current->mm)
		return;
	while (nr--) {
		pte_t pte = ptep_get(ptep);

		if (pte_val(pte) & _PAGE_PRESENT)
			engine_map_pte(vma->vm_mm, addr, pte);
		addr += PAGE_SIZE;
		ptep++;
	}
}

/*
 * The address space that a fork is copying, when its stub needs no flush any
 * more. Only dup_mmap() has it between the two calls: it holds its lock.
 */
static struct mm_struct *forked;

/**
 * arch_dup_mmap() - a fork has copied the page tables
 * @old: the parent's, whose private pages are read-only from now on
 * @mm: the child's
 *
 * All that the flush behind it has to do for the parent can be done far
 * cheaper here, where it is known what has changed.
 */
int arch_dup_mmap(struct mm_struct *old, struct mm_struct *mm)
{
	if (engine->fork(old))
		forked = old;
	return 0;
}

void flush_tlb_mm(struct mm_struct *mm)
{
	if (forked == mm) {
		forked = NULL;
		return;
	}
	engine->unmap(mm, 0, TASK_SIZE_MAX);
}

void flush_tlb_range(struct vm_area_struct *vma, unsigned long start,
		     unsigned long end)
{
	start &= PAGE_MASK;
	engine->unmap(vma->vm_mm, start,
		      min(PAGE_ALIGN(end), TASK_SIZE_MAX) - start);
}

void flush_tlb_page(struct vm_area_struct *vma, unsigned long addr)
{
	engine->unmap(vma->vm_mm, addr & PAGE_MASK, PAGE_SIZE);
}

static void window_sync(unsigned long start, unsigned long end)
{
	unsigned long addr, run = 0, run_phys = 0, bytes = 0;
	unsigned long phys;
	bool run_write = false;
	pte_t *ptep, pte;

	for (addr = start; addr < end; addr += PAGE_SIZE) {
		ptep = user_pte(&init_mm, addr);
		if (!ptep) {
			addr |= PMD_SIZE - PAGE_SIZE;
			continue;
		}
		pte = ptep_get(ptep);
		if (!pte_present(pte))
			continue;
		phys = pte_pfn(pte) << PAGE_SHIFT;
		if (bytes && addr == run + bytes && phys == run_phys + bytes &&
		    run_write == !!pte_write(pte)) {
			bytes += PAGE_SIZE;
			continue;
		}
		if (bytes)
			engine->kernel_map(run, bytes, run_phys, run_write);
		run = addr;
		run_phys = phys;
		run_write = pte_write(pte);
		bytes = PAGE_SIZE;
	}
	if (bytes)
		engine->kernel_map(run, bytes, run_phys, run_write);
}

void flush_cache_vmap(unsigned long start, unsigned long end)
{
	if (engine->kernel_map)
		window_sync(start & PAGE_MASK, PAGE_ALIGN(end));
}

/*
 * A lazy flush spans many areas. What is still mapped there has not changed;
 * kernel stacks are among it, the one in use as well, and must not go away for
 * a moment either.
 */
static void window_clear(unsigned long start, unsigned long end)
{
	unsigned long addr, hole = start;
	pte_t *ptep;

	for (addr = start; addr < end; addr += PAGE_SIZE) {
		ptep = user_pte(&init_mm, addr);
		if (!ptep) {
			addr |= PMD_SIZE - PAGE_SIZE;
			continue;
		}
		if (!pte_present(ptep_get(ptep)))
			continue;
		if (addr > hole)
			engine->kernel_unmap(hole, addr - hole);
		hole = addr + PAGE_SIZE;
	}
	if (end > hole)
		engine->kernel_unmap(hole, end - hole);
}

void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	start = max(start & PAGE_MASK, VMALLOC_START);
	end = min(PAGE_ALIGN(end), VMALLOC_END);
	if (end <= start)
		return;
	if (engine->kernel_map)
		window_clear(start, end);
	else
		engine->kernel_unmap(start, end - start);
}
