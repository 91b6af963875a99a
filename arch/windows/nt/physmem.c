// SPDX-License-Identifier: GPL-2.0
/*
 * physmem: the machine's memory that is Linux's RAM.
 *
 * Under Wine it is one range of this process, made by the Linux half. In ring 0
 * it is pages that NT has given, wherever they lie, and of which NT sees only
 * what it works with at the moment.
 */
#include "ring0.h"

#define CHUNK_BYTES	(1ull << 30)	/* an MDL cannot describe 4 GiB */
#define MAX_CHUNKS	1024

/* Optional routines: nothing but ring 0 needs them, and Wine lacks some. */
static struct {
	PMDL (NTAPI *allocate_pages)(PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high,
				     PHYSICAL_ADDRESS skip, SIZE_T bytes,
				     MEMORY_CACHING_TYPE type, ULONG flags);
	VOID (NTAPI *free_pages)(PMDL mdl);
	PMDL (NTAPI *allocate_mdl)(PVOID address, ULONG bytes, BOOLEAN secondary,
				   BOOLEAN charge, PIRP irp);
	VOID (NTAPI *free_mdl)(PMDL mdl);
	VOID (NTAPI *build_partial)(PMDL from, PMDL to, PVOID address,
				    ULONG bytes);
	PVOID (NTAPI *map)(PMDL mdl, KPROCESSOR_MODE mode,
			   MEMORY_CACHING_TYPE type, PVOID address,
			   ULONG bugcheck, ULONG priority);
	VOID (NTAPI *unmap)(PVOID address, PMDL mdl);
} mm;

static PMDL chunk[MAX_CHUNKS];
static unsigned int nr_chunks;
static u64 chunks_bytes;

static BOOLEAN look_up(void)
{
	mm.allocate_pages = nt_routine(L"MmAllocatePagesForMdlEx");
	mm.free_pages = nt_routine(L"MmFreePagesFromMdl");
	mm.allocate_mdl = nt_routine(L"IoAllocateMdl");
	mm.free_mdl = nt_routine(L"IoFreeMdl");
	mm.build_partial = nt_routine(L"IoBuildPartialMdl");
	mm.map = nt_routine(L"MmMapLockedPagesSpecifyCache");
	mm.unmap = nt_routine(L"MmUnmapLockedPages");
	return mm.allocate_pages && mm.free_pages && mm.allocate_mdl &&
	       mm.free_mdl && mm.build_partial && mm.map && mm.unmap;
}

void physmem_free(void)
{
	while (nr_chunks) {
		PMDL mdl = chunk[--nr_chunks];

		mm.free_pages(mdl);
		ExFreePoolWithTag(mdl, 0);
	}
	chunks_bytes = 0;
}

static BOOLEAN allocate_chunk(u64 bytes)
{
	PHYSICAL_ADDRESS low = { .QuadPart = 0 }, skip = { .QuadPart = 0 };
	PHYSICAL_ADDRESS high = { .QuadPart = -1 };
	PMDL mdl;

	if (nr_chunks == MAX_CHUNKS)
		return FALSE;
	mdl = mm.allocate_pages(low, high, skip, bytes, MmCached, 0);
	if (!mdl)
		return FALSE;
	chunk[nr_chunks++] = mdl;
	chunks_bytes += MmGetMdlByteCount(mdl);
	return MmGetMdlByteCount(mdl) == bytes;
}

NTSTATUS physmem_allocate(u64 bytes)
{
	if (!look_up()) {
		nt_log("this NT has no routines to give pages to a driver");
		return STATUS_NOT_SUPPORTED;
	}
	while (chunks_bytes < bytes) {
		if (allocate_chunk(min(bytes - chunks_bytes, CHUNK_BYTES)))
			continue;
		nt_log("NT has only %u MB of the %u MB of memory for Linux (MemoryMB)",
		       (unsigned int)(chunks_bytes >> 20),
		       (unsigned int)(bytes >> 20));
		physmem_free();
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	return STATUS_SUCCESS;
}

void physmem_frames(u64 *frames)
{
	unsigned int i;

	for (i = 0; i < nr_chunks; i++) {
		u64 pages = MmGetMdlByteCount(chunk[i]) / PAGE_SIZE;

		memcpy(frames, MmGetMdlPfnArray(chunk[i]),
		       pages * sizeof(*frames));
		frames += pages;
	}
}

static void *direct(u64 offset, u64 bytes)
{
	u64 size = nt_boot.memory_bytes, start = nt_boot.physmem;

	if (!start || offset > size || bytes > size - offset)
		return NULL;
	return (void *)(start + offset);
}

BOOLEAN nt_physmem_valid(u64 offset, u64 bytes)
{
	u64 size = nt_under_wine ? nt_boot.memory_bytes : chunks_bytes;

	return nt_boot.physmem && offset <= size && bytes <= size - offset;
}

u64 nt_physmem_part(u64 offset, u64 bytes)
{
	u64 left = CHUNK_BYTES - offset % CHUNK_BYTES;

	if (nt_under_wine)
		return bytes;
	return min(bytes, min(left, (u64)NT_MAX_MAPPING));
}

void *nt_physmem_map(u64 offset, u64 bytes, struct nt_mapping *mapping)
{
	u8 *start;
	PMDL from;

	mapping->mdl = NULL;
	if (!nt_physmem_valid(offset, bytes) || !bytes)
		return NULL;
	if (nt_under_wine)
		return direct(offset, bytes);
	if (nt_physmem_part(offset, bytes) != bytes)
		return NULL;
	from = chunk[offset / CHUNK_BYTES];
	start = (u8 *)MmGetMdlVirtualAddress(from) + offset % CHUNK_BYTES;
	mapping->mdl = mm.allocate_mdl(start, bytes, FALSE, FALSE, NULL);
	if (!mapping->mdl)
		return NULL;
	mm.build_partial(from, mapping->mdl, start, bytes);
	mapping->address = mm.map(mapping->mdl, KernelMode, MmCached, NULL,
				  FALSE, NormalPagePriority);
	if (!mapping->address) {
		mm.free_mdl(mapping->mdl);
		mapping->mdl = NULL;
		return NULL;
	}
	return mapping->address;
}

void nt_physmem_unmap(struct nt_mapping *mapping)
{
	if (!mapping->mdl)
		return;
	mm.unmap(mapping->address, mapping->mdl);
	mm.free_mdl(mapping->mdl);
	mapping->mdl = NULL;
}

BOOLEAN nt_physmem_read(u64 offset, void *to, u64 bytes)
{
	struct nt_mapping mapping;
	void *from = nt_physmem_map(offset, bytes, &mapping);

	if (!from)
		return FALSE;
	memcpy(to, from, bytes);
	nt_physmem_unmap(&mapping);
	return TRUE;
}
