// SPDX-License-Identifier: GPL-2.0
/*
 * Pools. Each allocation has pages of its own and ends where they end, with
 * nothing mapped behind it, so the first byte too far is a fault; what is freed
 * is unmapped, so its next use is one, too. What lies around it in its pages is
 * filled and looked at. Paged pool is taken away now and then ("trimmed"), and
 * given back at a fault if the IRQL allows that.
 */
#include "smallnt.h"

#define MAGIC		0x6c6f6f70u
#define FILL		0xb5
#define FRESH		0xa7
#define MAX_TAGS	64

/* At the start of the first page; followed by FILL up to the allocation. */
struct chunk {
	u32 magic, tag;
	u64 bytes, pages;
	bool paged;
	LIST_ENTRY entry;
};

struct tag {
	u32 tag;
	u64 count, bytes, total;
};

static struct tag tags[MAX_TAGS];
static LIST_ENTRY chunks = { &chunks, &chunks };
static struct lock pool_lock;
static u64 next_paged = PAGED_BASE, next_nonpaged = POOL_BASE;

static struct tag *tag_of(u32 tag)
{
	u32 i;

	for (i = 0; i < MAX_TAGS; i++) {
		if (!tags[i].tag)
			tags[i].tag = tag;
		if (tags[i].tag == tag)
			return &tags[i];
	}
	bugcheck("more pool tags than %u", MAX_TAGS);
}

static struct chunk *chunk_of(void *p)
{
	return (struct chunk *)(((u64)p - 64) & ~(PAGE - 1));
}

static u64 offset_of(u64 bytes, u64 *pages)
{
	u64 head = 64;

	bytes = (bytes + 15) & ~15ull;
	*pages = PAGES(bytes + head);
	/* A page or more: page aligned, as NT promises. */
	if (bytes >= PAGE) {
		*pages = PAGES(bytes) + 1;
		return PAGE;
	}
	return *pages * PAGE - bytes;
}

static void account(u32 tag, s64 count, s64 bytes)
{
	struct tag *t = tag_of(tag);

	t->count += count;
	t->bytes += bytes;
	if (count > 0)
		t->total++;
}

static bool map_chunk(u64 at, u64 pages)
{
	u64 i, frame;

	for (i = 0; i < pages; i++) {
		frame = frame_get(USE_POOL);
		if (frame == NO_FRAME)
			break;
		map_page(at + i * PAGE, frame, PTE_RW);
	}
	if (i == pages)
		return true;
	while (i--)
		frame_put(unmap_page(at + i * PAGE), USE_POOL);
	return false;
}

static u64 chunk_address(bool paged, u64 pages)
{
	u64 flags = lock_take(&pool_lock), *next, at;

	next = paged ? &next_paged : &next_nonpaged;
	at = *next;
	*next += (pages + 1) * PAGE;	/* never used again: 512 GiB last */
	lock_drop(&pool_lock, flags);
	return at;
}

void *pool_get(bool paged, u64 bytes, u32 tag)
{
	u64 pages, offset = offset_of(bytes, &pages), at, flags;
	struct chunk *c;

	at = chunk_address(paged, pages);
	if (!map_chunk(at, pages))
		return NULL;
	c = (struct chunk *)at;
	memset(c, FILL, offset);
	memset((u8 *)at + offset, FRESH, pages * PAGE - offset);
	memset((u8 *)at + offset + bytes, FILL, pages * PAGE - offset - bytes);
	c->magic = MAGIC;
	c->tag = tag;
	c->bytes = bytes;
	c->pages = pages;
	c->paged = paged;
	flags = lock_take(&pool_lock);
	/* The list would touch paged chunks at any IRQL: leave them out. */
	if (!paged)
		InsertTailList(&chunks, &c->entry);
	account(tag, 1, bytes);
	lock_drop(&pool_lock, flags);
	return (u8 *)at + offset;
}

static void check_fill(struct chunk *c, u64 from, u64 to)
{
	u64 pages, start = offset_of(c->bytes, &pages);
	u8 *p = (u8 *)c;

	for (; from < to; from++)
		if (p[from] != FILL)
			bugcheck("pool %p (%.4s, %llu bytes): offset %lld was overwritten (%02x)",
				 p + start, (char *)&c->tag, c->bytes,
				 from - start, p[from]);
}

static void check_chunk(struct chunk *c)
{
	u64 pages, offset;

	if (c->magic != MAGIC)
		bugcheck("pool at %p: its head was overwritten", c);
	offset = offset_of(c->bytes, &pages);
	check_fill(c, sizeof(*c), offset);
	check_fill(c, offset + c->bytes, pages * PAGE);
}

static bool in_pool(u64 p)
{
	return (p > PAGED_BASE && p < next_paged) ||
	       (p > POOL_BASE && p < next_nonpaged);
}

void pool_put(void *p)
{
	struct chunk *c = chunk_of(p);
	u64 pages, at = (u64)c, i, flags;

	if (!in_pool((u64)p) || !MmIsAddressValid(c))
		if (!in_pool((u64)p) || !paged_fault((u64)c))
			bugcheck("pool %p is freed, but is not allocated", p);
	if (c->magic != MAGIC || (u8 *)c + offset_of(c->bytes, &pages) != p)
		bugcheck("pool %p is freed, but is no start of an allocation",
			 p);
	if (c->paged && irql() > APC_LEVEL)
		bugcheck("paged pool %p is freed at IRQL %u", p, irql());
	check_chunk(c);
	flags = lock_take(&pool_lock);
	if (!c->paged)
		RemoveEntryList(&c->entry);
	account(c->tag, -1, -c->bytes);
	lock_drop(&pool_lock, flags);
	pages = c->pages;
	for (i = 0; i < pages; i++)
		frame_put(unmap_page(at + i * PAGE), USE_POOL);
}

/* The fill of everything that is allocated. */
void pool_check(void)
{
	u64 flags = lock_take(&pool_lock);
	LIST_ENTRY *e;

	for (e = chunks.Flink; e != &chunks; e = e->Flink)
		check_chunk(CONTAINING_RECORD(e, struct chunk, entry));
	lock_drop(&pool_lock, flags);
}

u64 pool_bytes(u32 tag)
{
	return tag_of(tag)->bytes;
}

void pool_report(const char *when)
{
	u32 i;

	for (i = 0; i < MAX_TAGS && tags[i].tag; i++)
		print("smallnt: pool %s: tag %.4s %llu allocations %llu bytes (%llu ever)\n",
		      when, (char *)&tags[i].tag, tags[i].count, tags[i].bytes,
		      tags[i].total);
	print("smallnt: frames %s: mdl %llu contiguous %llu pool %llu stacks %llu\n",
	      when, frames_used(USE_MDL), frames_used(USE_CONTIGUOUS),
	      frames_used(USE_POOL), frames_used(USE_STACK));
	print("smallnt: %s: system PTEs %llu handles %u threads %u\n", when,
	      syspte_used(), handles_open(), threads_alive());
}

/* ------------------------------------------------------------ paged pool -- */

/* Take all paged pool away. On one processor only: no flush of the other. */
void paged_trim(void)
{
	u64 a, *pte;

	for (a = PAGED_BASE; a < next_paged; a += PAGE) {
		pte = map_pte(a, false);
		if (!pte || !(*pte & PTE_P))
			continue;
		*pte = (*pte & ~PTE_P) | PTE_TRIMMED;
		asm volatile("invlpg (%0)" : : "r" (a) : "memory");
	}
}

bool paged_fault(u64 address)
{
	u64 *pte = map_pte(address, false);

	if (address < PAGED_BASE || address >= next_paged || !pte ||
	    !(*pte & PTE_TRIMMED) || irql() > APC_LEVEL)
		return false;
	*pte = (*pte & ~PTE_TRIMMED) | PTE_P;
	return true;
}

/* -------------------------------------------------------------- routines -- */

static void check_tag(ULONG tag)
{
	if (!tag)
		bugcheck("pool is asked for without a tag");
}

PVOID ExAllocatePoolWithTag(POOL_TYPE type, SIZE_T bytes, ULONG tag)
{
	bool paged = type & 1;

	check_tag(tag);
	if (paged && irql() > APC_LEVEL)
		bugcheck("paged pool at IRQL %u", irql());
	if (!bytes)
		bugcheck("pool of no bytes (tag %.4s)", (char *)&tag);
	return pool_get(paged, bytes, tag);
}

PVOID ExAllocatePool(POOL_TYPE type, SIZE_T bytes)
{
	return ExAllocatePoolWithTag(type, bytes, 0x656e6f4e);
}

VOID ExFreePoolWithTag(PVOID p, ULONG tag)
{
	struct chunk *c = chunk_of(p);

	if (in_pool((u64)p) && MmIsAddressValid(c) && c->magic == MAGIC &&
	    tag && c->tag != tag)
		bugcheck("pool %p has tag %.4s, is freed with tag %.4s", p,
			 (char *)&c->tag, (char *)&tag);
	pool_put(p);
}

VOID ExFreePool(PVOID p)
{
	pool_put(p);
}
