// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel page tables, system PTEs, thread stacks.
 */
#include "smallnt.h"

extern u8 nt_start[], nt_text_end[], nt_rodata_end[], nt_end[];

u64 nt_cr3;

static struct lock map_lock;
static u8 syspte_map[SYSPTE_PAGES];
static u64 syspte_in_use;
static u64 device_next = MMIO_BASE;

static u64 table_make(void)
{
	u64 frame = frame_get(USE_TABLE);

	if (frame == NO_FRAME)
		bugcheck("no memory left for a page table");
	memset(phys(frame * PAGE), 0, PAGE);
	return frame * PAGE;
}

u64 *map_pte(u64 address, bool make)
{
	u64 *table = phys(nt_cr3), *entry;
	int shift;

	if ((s64)address >> 47 != 0 && (s64)address >> 47 != -1)
		return NULL;
	for (shift = 39; shift > 12; shift -= 9) {
		entry = &table[address >> shift & 511];
		if (*entry & PTE_PS)
			return entry;
		if (!(*entry & PTE_P)) {
			if (!make)
				return NULL;
			*entry = table_make() | PTE_P | PTE_W;
		}
		table = phys(*entry & PTE_FRAME);
	}
	return &table[address >> 12 & 511];
}

void map_page(u64 address, u64 frame, u64 flags)
{
	u64 saved = lock_take(&map_lock), *pte = map_pte(address, true);

	if (*pte)
		bugcheck("%llx is mapped already", address);
	*pte = frame * PAGE | flags;
	lock_drop(&map_lock, saved);
}

u64 unmap_page(u64 address)
{
	u64 saved = lock_take(&map_lock), *pte = map_pte(address, false), frame;

	if (!pte || !(*pte & (PTE_P | PTE_TRIMMED)))
		bugcheck("%llx is unmapped, but was not mapped", address);
	frame = (*pte & PTE_FRAME) / PAGE;
	*pte = 0;
	asm volatile("invlpg (%0)" : : "r" (address) : "memory");
	lock_drop(&map_lock, saved);
	return frame;
}

struct flush {
	u64 address, pages;
};

static void flush_here(void *context)
{
	struct flush *f = context;
	u64 i;

	for (i = 0; i < f->pages; i++)
		asm volatile("invlpg (%0)" : : "r" (f->address + i * PAGE)
			     : "memory");
}

/* Global pages: nothing but invlpg (or PGE) drops them. */
void map_flush(u64 address, u64 pages)
{
	struct flush f = { address, pages };
	KIRQL old = irql();

	set_irql(max(old, DISPATCH_LEVEL));	/* "others" shall stay others */
	flush_here(&f);
	ipi_all_others(flush_here, &f);
	set_irql(old);
}

static void map_kernel(void)
{
	u64 a, flags;

	for (a = (u64)nt_start; a < (u64)nt_end; a += PAGE) {
		flags = PTE_RW;
		if (a < (u64)nt_rodata_end)
			flags = PTE_RO;
		if (a < (u64)nt_text_end)
			flags = PTE_RX;
		*map_pte(a, true) = (a - BASE) | flags;
	}
}

static void map_physical(void)
{
	u64 a, *pdpt, *pd, *pml4 = phys(nt_cr3);

	for (a = 0; a < 4ull << 30; a += 2 << 20) {
		u64 v = PHYS_BASE + a;

		if (!(pml4[v >> 39 & 511] & PTE_P))
			pml4[v >> 39 & 511] = table_make() | PTE_P | PTE_W;
		pdpt = phys(pml4[v >> 39 & 511] & PTE_FRAME);
		if (!(pdpt[v >> 30 & 511] & PTE_P))
			pdpt[v >> 30 & 511] = table_make() | PTE_P | PTE_W;
		pd = phys(pdpt[v >> 30 & 511] & PTE_FRAME);
		if (a / PAGE < nr_frames)
			pd[v >> 21 & 511] = a | PTE_RW | PTE_PS;
	}
}

/* From the boot tables, in which phys() works by an entry made for it. */
void map_init(void)
{
	u64 *pml4;

	nt_cr3 = table_make();
	pml4 = phys(nt_cr3);
	/* NT maps its tables by an entry that leads back to itself. */
	pml4[TABLES_BASE >> 39 & 511] = nt_cr3 | PTE_P | PTE_W | PTE_NX;
	map_kernel();
	map_physical();
	write_cr3(nt_cr3);
	write_cr4(read_cr(4) | 0x80);	/* PGE */
	map_page(SHARED_DATA, frame_get(USE_NT), PTE_RW);
	memset((void *)SHARED_DATA, 0, PAGE);
}

void *map_device(u64 address)
{
	u64 at = device_next;

	device_next += PAGE;
	map_page(at, address / PAGE, PTE_RW | PTE_PCD | PTE_PWT);
	return (void *)(at + address % PAGE);
}

u64 syspte_get(u64 pages)
{
	static u64 next;	/* not at once again: stale users shall fault */
	u64 saved = lock_take(&map_lock), tries, start, i, found = 0;

	for (tries = 0; tries < SYSPTE_PAGES && !found; tries++) {
		start = (next + tries) % SYSPTE_PAGES;
		if (start + pages > SYSPTE_PAGES)
			continue;
		for (i = 0; i < pages && !syspte_map[start + i]; i++)
			;
		if (i < pages) {
			tries += i;
			continue;
		}
		memset(syspte_map + start, 1, pages);
		syspte_in_use += pages;
		found = SYSPTE_BASE + start * PAGE;
		next = (start + pages) % SYSPTE_PAGES;
	}
	lock_drop(&map_lock, saved);
	return found;
}

void syspte_put(u64 address, u64 pages)
{
	u64 saved = lock_take(&map_lock), start, i;

	start = (address - SYSPTE_BASE) / PAGE;
	for (i = 0; i < pages; i++) {
		if (start + i >= SYSPTE_PAGES || !syspte_map[start + i])
			bugcheck("system PTEs at %llx are freed twice", address);
		syspte_map[start + i] = 0;
	}
	syspte_in_use -= pages;
	lock_drop(&map_lock, saved);
}

u64 syspte_used(void)
{
	return syspte_in_use;
}

/* With a page below that is not there. */
void *stack_make(u64 bytes)
{
	u64 pages = bytes / PAGE, at = syspte_get(pages + 1), i, frame;

	if (!at)
		return NULL;
	for (i = 1; i <= pages; i++) {
		frame = frame_get(USE_STACK);
		if (frame == NO_FRAME)
			bugcheck("no memory left for a stack");
		map_page(at + i * PAGE, frame, PTE_RW);
		memset((void *)(at + i * PAGE), 0xcc, PAGE);
	}
	return (void *)(at + (pages + 1) * PAGE);
}

void stack_free(void *end, u64 bytes)
{
	u64 pages = bytes / PAGE, at = (u64)end - bytes, i;

	for (i = 0; i < pages; i++)
		frame_put(unmap_page(at + i * PAGE), USE_STACK);
	map_flush(at, pages);
	syspte_put(at - PAGE, pages + 1);
}

/* -------------------------------------------------------------- routines -- */

BOOLEAN MmIsAddressValid(PVOID address)
{
	u64 *pte = map_pte((u64)address, false);

	return pte && (*pte & PTE_P);
}

PHYSICAL_ADDRESS MmGetPhysicalAddress(PVOID address)
{
	u64 *pte = map_pte((u64)address, false);
	PHYSICAL_ADDRESS result;

	if (!pte || !(*pte & PTE_P))
		bugcheck("MmGetPhysicalAddress(%p), which is not there",
			 address);
	if (*pte & PTE_PS)
		result.QuadPart = (*pte & PTE_FRAME & ~0x1fffffull) |
				  ((u64)address & 0x1fffff);
	else
		result.QuadPart = (*pte & PTE_FRAME) | ((u64)address & 4095);
	return result;
}

/* As on NT: an answer for what is not a table; none for those. */
PVOID MmGetVirtualForPhysical(PHYSICAL_ADDRESS address)
{
	bugcheck("MmGetVirtualForPhysical(%llx): nothing sound uses it",
		 address.QuadPart);
}
