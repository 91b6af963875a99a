// SPDX-License-Identifier: GPL-2.0
/*
 * What each stub has mapped: two bits for each page.
 *
 * A call into a stub costs far more than a look here. Most flushes are for
 * pages that the stub never saw, and a fork needs its writable pages only.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <asm/mm_fault.h>
#include "shadow.h"
#include "stub.h"

/**
 * struct shadow_leaf - the pages that one page table can map
 * @mapped: perhaps mapped; a page that is not set is not mapped for sure
 * @writable: perhaps mapped writable
 */
struct shadow_leaf {
	DECLARE_BITMAP(mapped, PTRS_PER_PTE);
	DECLARE_BITMAP(writable, PTRS_PER_PTE);
};

/**
 * struct shadow - of one stub
 * @leaves: by address >> PMD_SHIFT
 * @drops: stub_drops() when the leaves were true
 * @blind: a leaf could not be had: anything may be mapped
 */
struct shadow {
	struct xarray leaves;
	u32 drops;
	bool blind;
};

static void forget(struct shadow *shadow)
{
	struct shadow_leaf *leaf;
	unsigned long index;

	xa_for_each(&shadow->leaves, index, leaf)
		kfree(leaf);
	xa_destroy(&shadow->leaves);
	shadow->blind = false;
}

/* The stub's shadow, true again if the stub has dropped everything. */
static struct shadow *shadow_of(struct stub *stub)
{
	struct shadow *shadow = *stub_private(stub);

	if (shadow && shadow->drops != stub_drops(stub)) {
		forget(shadow);
		shadow->drops = stub_drops(stub);
	}
	return shadow;
}

static struct shadow *shadow_make(struct stub *stub)
{
	struct shadow *shadow = kmalloc(sizeof(*shadow), GFP_ATOMIC | __GFP_NOWARN);

	if (!shadow)
		return NULL;
	xa_init(&shadow->leaves);
	shadow->blind = false;
	/* Mapped without a shadow until now? Then not all is known. */
	shadow->drops = stub_drops(stub);
	if (stub_mappings(stub))
		shadow->blind = true;
	*stub_private(stub) = shadow;
	return shadow;
}

static struct shadow_leaf *leaf_make(struct shadow *shadow, unsigned long index)
{
	struct shadow_leaf *leaf = kzalloc(sizeof(*leaf), GFP_ATOMIC | __GFP_NOWARN);

	if (leaf && xa_err(xa_store(&shadow->leaves, index, leaf,
				    GFP_ATOMIC | __GFP_NOWARN))) {
		kfree(leaf);
		leaf = NULL;
	}
	if (!leaf)
		shadow->blind = true;
	return leaf;
}

/**
 * shadow_map() - note that pages of one page table are about to be mapped
 * @stub: the stub
 * @addr: page-aligned address
 * @bytes: multiple of the page size
 * @writable: they will be writable
 */
void shadow_map(struct stub *stub, unsigned long addr, unsigned long bytes,
		bool writable)
{
	struct shadow *shadow = shadow_of(stub) ?: shadow_make(stub);
	unsigned long first = pte_index(addr), nr = bytes >> PAGE_SHIFT;
	struct shadow_leaf *leaf;

	if (!shadow)
		return;
	leaf = xa_load(&shadow->leaves, addr >> PMD_SHIFT) ?:
	       leaf_make(shadow, addr >> PMD_SHIFT);
	if (!leaf || first + nr > PTRS_PER_PTE) {
		shadow->blind = true;
		return;
	}
	bitmap_set(leaf->mapped, first, nr);
	if (writable)
		bitmap_set(leaf->writable, first, nr);
	else
		bitmap_clear(leaf->writable, first, nr);
}

/* Clear the leaf's bits from @first to before @end; widens the span. */
static void clear_leaf(struct shadow_leaf *leaf, unsigned long base,
		       unsigned long first, unsigned long end,
		       unsigned long *low, unsigned long *high)
{
	unsigned long bit = find_next_bit(leaf->mapped, end, first);
	unsigned long last;

	if (bit >= end)
		return;
	last = find_last_bit(leaf->mapped, end);
	*low = min(*low, base + (bit << PAGE_SHIFT));
	*high = max(*high, base + ((last + 1) << PAGE_SHIFT));
	bitmap_clear(leaf->mapped, first, end - first);
	bitmap_clear(leaf->writable, first, end - first);
}

/**
 * shadow_clear() - what is to be unmapped for a range to be empty
 * @stub: the stub
 * @addr: start of the range; then of what may be mapped in it
 * @end: its end; then of what may be mapped in it
 *
 * Return: false if nothing is mapped there.
 */
bool shadow_clear(struct stub *stub, unsigned long *addr, unsigned long *end)
{
	struct shadow *shadow = shadow_of(stub);
	unsigned long low = *end, high = *addr, base, index;
	struct shadow_leaf *leaf;

	if (!shadow)
		return stub_mappings(stub);
	xa_for_each_range(&shadow->leaves, index, leaf, *addr >> PMD_SHIFT,
			  (*end - 1) >> PMD_SHIFT) {
		base = index << PMD_SHIFT;
		clear_leaf(leaf, base,
			   *addr > base ? (*addr - base) >> PAGE_SHIFT : 0,
			   min(*end - base, PMD_SIZE) >> PAGE_SHIFT,
			   &low, &high);
	}
	if (shadow->blind)
		return true;
	*addr = low;
	*end = high;
	return low < high;
}

static int run_prot(pte_t pte)
{
	return STUB_PROT_READ | (pte_exec(pte) ? STUB_PROT_EXEC : 0);
}

/* Take the right to write where the page table has taken it. */
static int wrprotect_leaf(struct stub *stub, struct mm_struct *mm,
			  struct shadow_leaf *leaf, unsigned long base)
{
	unsigned long start = 0, bytes = 0, bit, addr;
	int prot = 0, ret = 0;
	pte_t *ptep, pte;

	for_each_set_bit(bit, leaf->writable, PTRS_PER_PTE) {
		addr = base + (bit << PAGE_SHIFT);
		ptep = user_pte(mm, addr);
		pte = ptep ? ptep_get(ptep) : __pte(0);
		if (pte_allows(pte, true, false))
			continue;
		clear_bit(bit, leaf->writable);
		if (bytes && addr == start + bytes && run_prot(pte) == prot) {
			bytes += PAGE_SIZE;
			continue;
		}
		if (bytes)
			ret = ret ?: stub_protect(stub, start, bytes, prot);
		start = addr;
		bytes = PAGE_SIZE;
		prot = run_prot(pte);
	}
	if (bytes)
		ret = ret ?: stub_protect(stub, start, bytes, prot);
	return ret;
}

/**
 * shadow_wrprotect() - have a stub write only where its page tables allow it
 * @stub: the stub
 * @mm: its address space
 *
 * For fork, which takes the right to write from private pages and changes
 * nothing else. Return: 0; -EAGAIN when it is not known what is mapped; -EIO
 * when the stub is dead.
 */
int shadow_wrprotect(struct stub *stub, struct mm_struct *mm)
{
	struct shadow *shadow = shadow_of(stub);
	struct shadow_leaf *leaf;
	unsigned long index;
	int ret;

	if (!shadow || shadow->blind)
		return stub_mappings(stub) ? -EAGAIN : 0;
	xa_for_each(&shadow->leaves, index, leaf) {
		ret = wrprotect_leaf(stub, mm, leaf, index << PMD_SHIFT);
		if (ret)
			return ret;
	}
	return stub_sync(stub);
}

/**
 * shadow_free() - the address space is gone
 * @stub: the stub, about to be put
 */
void shadow_free(struct stub *stub)
{
	struct shadow *shadow = *stub_private(stub);

	if (!shadow)
		return;
	forget(shadow);
	kfree(shadow);
	*stub_private(stub) = NULL;
}
