// SPDX-License-Identifier: GPL-2.0
/*
 * Memory at boot: zones, the kernel's page table, the vmalloc window.
 */
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/swap.h>
#include <asm/engine.h>
#include <asm/host.h>
#include <asm/mmu_context.h>
#include <asm/pgalloc.h>
#include <asm/thread_size.h>

pgd_t swapper_pg_dir[PTRS_PER_PGD] __page_aligned_bss;
unsigned long *physmem_zero_page;
EXPORT_SYMBOL(physmem_zero_page);
unsigned long vmalloc_start, vmalloc_end;
u64 *machine_frames;
u32 *machine_pfns;

#define VMALLOC_WINDOW	(16UL << 30)

static const pgprot_t protection_map[16] = {
	[VM_NONE]					= PAGE_NONE,
	[VM_READ]					= PAGE_READONLY,
	[VM_WRITE]					= PAGE_COPY,
	[VM_WRITE | VM_READ]				= PAGE_COPY,
	[VM_EXEC]					= PAGE_READONLY_EXEC,
	[VM_EXEC | VM_READ]				= PAGE_READONLY_EXEC,
	[VM_EXEC | VM_WRITE]				= PAGE_COPY_EXEC,
	[VM_EXEC | VM_WRITE | VM_READ]			= PAGE_COPY_EXEC,
	[VM_SHARED]					= PAGE_NONE,
	[VM_SHARED | VM_READ]				= PAGE_READONLY,
	[VM_SHARED | VM_WRITE]				= PAGE_SHARED,
	[VM_SHARED | VM_WRITE | VM_READ]		= PAGE_SHARED,
	[VM_SHARED | VM_EXEC]				= PAGE_READONLY_EXEC,
	[VM_SHARED | VM_EXEC | VM_READ]			= PAGE_READONLY_EXEC,
	[VM_SHARED | VM_EXEC | VM_WRITE]		= PAGE_SHARED_EXEC,
	[VM_SHARED | VM_EXEC | VM_WRITE | VM_READ]	= PAGE_SHARED_EXEC,
};
DECLARE_VM_GET_PAGE_PROT

void __init paging_init(void)
{
	unsigned long max_zone_pfn[MAX_NR_ZONES] = { };
	void *window;

	max_pfn = (physmem_phys + physmem_bytes) >> PAGE_SHIFT;
	max_low_pfn = max_pfn;
	min_low_pfn = 0;
	high_memory = (void *)(PAGE_OFFSET + physmem_bytes);
	max_zone_pfn[ZONE_NORMAL] = max_low_pfn;
	free_area_init(max_zone_pfn);
	physmem_zero_page = memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	if (!physmem_zero_page)
		panic("no memory for the zero page");
	if (engine->kernel_window(VMALLOC_WINDOW, &window))
		panic("no address space for vmalloc");
	/* Below the first of the stacks there, too, is nothing. */
	vmalloc_start = (unsigned long)window + THREAD_SIZE;
	vmalloc_end = (unsigned long)window + VMALLOC_WINDOW;
}

void __init mem_init(void)
{
	set_max_mapnr(max_pfn);
	memblock_free_all();
}

/* The kernel's part is shared by all, see init_mm: its entries never change. */
pgd_t *pgd_alloc(struct mm_struct *mm)
{
	pgd_t *pgd = (pgd_t *)get_zeroed_page(GFP_PGTABLE_USER);

	if (pgd)
		memcpy(pgd + USER_PTRS_PER_PGD,
		       swapper_pg_dir + USER_PTRS_PER_PGD,
		       (PTRS_PER_PGD - USER_PTRS_PER_PGD) * sizeof(pgd_t));
	return pgd;
}

int init_new_context(struct task_struct *task, struct mm_struct *mm)
{
	mm->context.stub = NULL;
	mm->context.vdso = NULL;
	mm->context.unusable = false;
	return 0;
}

void destroy_context(struct mm_struct *mm)
{
}

/* Before the pages go: nothing may reach them any more. */
void arch_exit_mmap(struct mm_struct *mm)
{
	engine->mm_exit(mm);
}
