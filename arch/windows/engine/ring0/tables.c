// SPDX-License-Identifier: GPL-2.0
/*
 * Linux's own kernel page table, built in NT's world, before Linux runs.
 *
 * It maps the Linux half and the data of the NT half, the memory that NT gave
 * for tables like these, physmem, and the inverse of its table of frames; of NT
 * nothing. The driver and the tables are where NT has them, so that both sides
 * of a passage find them. For the rest, top-level entries are taken that NT
 * does not use: its global pages stay in the TLB over a change of worlds.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <asm/host.h>
#include <asm/sections.h>
#include "world.h"

#define KERNEL_TABLE	(_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY)
#define KERNEL_DATA	(KERNEL_TABLE | _PAGE_NX)
#define KERNEL_RO	(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_NX)
#define KERNEL_TEXT	(_PAGE_PRESENT | _PAGE_ACCESSED)

static unsigned long world_next;	/* offset of what is not used yet */
static unsigned long linear_slot, inverse_slot, vmalloc_slot;

/**
 * tables_alloc() - take memory that both worlds see
 * @bytes: how many; whole pages are taken
 *
 * Return: zeroed memory, or NULL when NT gave too little.
 */
void *tables_alloc(unsigned long bytes)
{
	unsigned long at = world_next;

	bytes = PAGE_ALIGN(bytes);
	if (bytes > wsl4_boot->world_bytes - at)
		return NULL;
	world_next += bytes;
	return (void *)(unsigned long)wsl4_boot->world + at;
}

/**
 * tables_mfn() - the machine frame of a page of the image or of tables_alloc()
 * @at: address in it
 */
unsigned long tables_mfn(const void *at)
{
	const u64 *world = (const u64 *)(unsigned long)wsl4_boot->world_frames;
	const u64 *driver = (const u64 *)(unsigned long)wsl4_boot->driver_frames;
	unsigned long offset = (unsigned long)at - wsl4_boot->world;

	if (offset < wsl4_boot->world_bytes)
		return world[offset >> PAGE_SHIFT];
	return driver[((unsigned long)at - wsl4_boot->driver_start) >> PAGE_SHIFT];
}

/* The table that an entry names. Most often it was the last to be made. */
static u64 *table_at(u64 entry)
{
	unsigned long mfn = (entry & _PAGE_PFN_MASK) >> PAGE_SHIFT;
	const u64 *world = (const u64 *)(unsigned long)wsl4_boot->world_frames;
	unsigned long i = world_next >> PAGE_SHIFT;

	while (i--) {
		if (world[i] == mfn)
			return (u64 *)(wsl4_boot->world + (i << PAGE_SHIFT));
	}
	return NULL;
}

static u64 *table_below(u64 *entry)
{
	u64 *table;

	if (*entry)
		return table_at(*entry);
	table = tables_alloc(PAGE_SIZE);
	if (table)
		*entry = tables_mfn(table) << PAGE_SHIFT | KERNEL_TABLE;
	return table;
}

static unsigned int table_index(unsigned long addr, unsigned int shift)
{
	return (addr >> shift) & (PTRS_PER_PTE - 1);
}

/* The entry of an address in the table of the level that @shift names. */
static u64 *entry_of(unsigned long addr, unsigned int shift)
{
	u64 *table = (u64 *)swapper_pg_dir;
	unsigned int level;

	for (level = PGDIR_SHIFT; level > shift; level -= 9) {
		table = table_below(&table[table_index(addr, level)]);
		if (!table)
			return NULL;
	}
	return &table[table_index(addr, shift)];
}

static int map_page(unsigned long addr, u64 mfn, u64 flags)
{
	u64 *entry = entry_of(addr, PAGE_SHIFT);

	if (!entry)
		return -ENOMEM;
	*entry = mfn << PAGE_SHIFT | flags;
	return 0;
}

static int map_pages(unsigned long addr, const u64 *frames, unsigned long nr,
		     u64 flags)
{
	unsigned long i;
	int err;

	for (i = 0; i < nr; i++) {
		/* NT has discarded what only DriverEntry needed. */
		if (frames[i] == WSL4_NO_FRAME)
			continue;
		err = map_page(addr + (i << PAGE_SHIFT), frames[i], flags);
		if (err)
			return err;
	}
	return 0;
}

static int map_driver(unsigned long start, unsigned long end, u64 flags)
{
	const u64 *frames = (const u64 *)(unsigned long)wsl4_boot->driver_frames;
	unsigned long first = (start - wsl4_boot->driver_start) >> PAGE_SHIFT;

	return map_pages(start & PAGE_MASK, frames + first,
			 (PAGE_ALIGN(end) - (start & PAGE_MASK)) >> PAGE_SHIFT,
			 flags);
}

/* NT's half is NT's: Linux may read it, and write to what both share. */
static int map_nt_half(void)
{
	return map_driver(wsl4_boot->driver_start, image_start, KERNEL_RO) ?:
	       map_driver((unsigned long)boot_vcpu,
			  (unsigned long)(boot_vcpu + 1), KERNEL_DATA) ?:
	       map_driver((unsigned long)wsl4_boot,
			  (unsigned long)(wsl4_boot + 1), KERNEL_DATA);
}

static int map_image(void)
{
	return map_nt_half() ?:
	       map_driver(image_start, (unsigned long)__image_text_end,
			  KERNEL_TEXT) ?:
	       map_driver((unsigned long)__image_text_end,
			  (unsigned long)_sdata, KERNEL_RO) ?:
	       map_driver((unsigned long)_sdata, image_start + image_bytes,
			  KERNEL_DATA);
}

/* Is it one large page: aligned, and its frames follow each other? */
static bool is_large(const u64 *frames)
{
	unsigned int i;

	if (frames[0] % PTRS_PER_PTE)
		return false;
	for (i = 1; i < PTRS_PER_PTE; i++) {
		if (frames[i] != frames[0] + i)
			return false;
	}
	return true;
}

static int map_physmem(const u64 *frames)
{
	unsigned long addr = PAGE_OFFSET, i;
	u64 *entry;
	int err;

	for (i = 0; i < physmem_bytes >> PAGE_SHIFT; i += PTRS_PER_PTE) {
		if (is_large(frames + i)) {
			entry = entry_of(addr, PMD_SHIFT);
			if (!entry)
				return -ENOMEM;
			*entry = frames[i] << PAGE_SHIFT | KERNEL_DATA |
				 _PAGE_PSE;
		} else {
			err = map_pages(addr, frames + i, PTRS_PER_PTE,
					KERNEL_DATA);
			if (err)
				return err;
		}
		addr += PMD_SIZE;
	}
	return 0;
}

/* One page of the inverse covers 4 MiB of the machine's memory. */
static int note_inverse(unsigned long base, u64 mfn, u32 pfn)
{
	unsigned long addr = base + mfn * sizeof(u32);
	u64 *entry = entry_of(addr, PAGE_SHIFT);
	u32 *page;

	if (!entry)
		return -ENOMEM;
	page = (u32 *)table_below(entry);
	if (!page)
		return -ENOMEM;
	*entry |= _PAGE_NX;
	page[mfn % (PAGE_SIZE / sizeof(u32))] = pfn;
	return 0;
}

static int build_frames(void)
{
	const u64 *frames = (const u64 *)(unsigned long)wsl4_boot->physmem_frames;
	const u64 *driver = (const u64 *)(unsigned long)wsl4_boot->driver_frames;
	unsigned long first = physmem_phys >> PAGE_SHIFT;
	unsigned long nr = physmem_bytes >> PAGE_SHIFT;
	unsigned long i;
	int err;

	machine_frames = tables_alloc((first + nr) * sizeof(u64));
	if (!machine_frames)
		return -ENOMEM;
	driver += (image_start - wsl4_boot->driver_start) >> PAGE_SHIFT;
	for (i = 0; i < image_bytes >> PAGE_SHIFT; i++)
		machine_frames[i] = driver[i];
	for (i = 0; i < nr; i++) {
		machine_frames[first + i] = frames[i];
		err = note_inverse(inverse_slot, frames[i], first + i);
		if (err)
			return err;
	}
	for (i = 0; i < image_bytes >> PAGE_SHIFT; i++) {
		if (driver[i] == WSL4_NO_FRAME)
			continue;
		err = note_inverse(inverse_slot, driver[i], i);
		if (err)
			return err;
	}
	return 0;
}

static bool slot_is_free(unsigned int slot)
{
	return !(wsl4_boot->used_slots[slot / 64] & BIT_ULL(slot % 64));
}

/* Beginning at the low end of the kernel's half, where NT has least. */
static unsigned long next_slot(unsigned int *slot)
{
	unsigned long addr;

	for (; *slot < PTRS_PER_PGD - 1; ++*slot) {
		if (!slot_is_free(*slot))
			continue;
		addr = (unsigned long)(*slot)++ << PGDIR_SHIFT;
		return addr | ~(BIT(47) - 1);
	}
	return 0;
}

static int choose_slots(void)
{
	unsigned int slot = USER_PTRS_PER_PGD;

	linear_slot = next_slot(&slot);
	inverse_slot = next_slot(&slot);
	vmalloc_slot = next_slot(&slot);
	return vmalloc_slot ? 0 : -ENOSPC;
}

/**
 * tables_vmalloc_slot() - a top-level entry's addresses that are free
 */
unsigned long tables_vmalloc_slot(void)
{
	return vmalloc_slot;
}

/**
 * tables_build() - build the kernel's page table in swapper_pg_dir
 *
 * Sets linear_offset, machine_frames and machine_pfns, of which the last is
 * there in Linux's world only.
 *
 * Context: NT's world, on the NT thread's stack.
 * Return: 0; -ENOMEM when NT gave too little memory for tables; -ENOSPC when it
 * uses all of the kernel's address space.
 */
int tables_build(void)
{
	const u64 *frames = (const u64 *)(unsigned long)wsl4_boot->world_frames;
	int err;

	world_next = wsl4_boot->world_used;
	err = choose_slots();
	if (err)
		return err;
	linear_offset = linear_slot;
	machine_pfns = (u32 *)inverse_slot;
	return build_frames() ?: map_image() ?:
	       map_physmem((const u64 *)(unsigned long)wsl4_boot->physmem_frames) ?:
	       map_pages(wsl4_boot->world, frames,
			 wsl4_boot->world_bytes >> PAGE_SHIFT, KERNEL_DATA);
}
