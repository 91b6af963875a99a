// SPDX-License-Identifier: GPL-2.0
/*
 * MDLs, contiguous memory, device memory, copies of physical memory.
 */
#include "smallnt.h"

#define MDL_TAG		0x206c644d	/* "Mdl " */
#define REQUIRE_CONTIGUOUS_CHUNKS	0x20
#define FULLY_REQUIRED	0x04
#define DONT_ZERO	0x01

static PFN_NUMBER *pfns(MDL *mdl)
{
	return (PFN_NUMBER *)(mdl + 1);
}

static u64 mdl_pages(MDL *mdl)
{
	return PAGES((u64)mdl->ByteOffset + mdl->ByteCount);
}

static MDL *mdl_make(u64 address, u64 bytes)
{
	u64 pages = PAGES((address & (PAGE - 1)) + bytes);
	MDL *mdl = pool_get(false, sizeof(*mdl) + pages * 8, MDL_TAG);

	if (!mdl)
		return NULL;
	memset(mdl, 0, sizeof(*mdl));
	mdl->Size = sizeof(*mdl) + pages * 8;
	mdl->StartVa = (void *)(address & ~(PAGE - 1));
	mdl->ByteOffset = address & (PAGE - 1);
	mdl->ByteCount = bytes;
	return mdl;
}

static void give_back(MDL *mdl, u64 count)
{
	while (count--)
		frame_put(pfns(mdl)[count], USE_MDL);
}

static MDL *pages_for_mdl(u64 highest, u64 bytes, u32 flags)
{
	u64 pages = PAGES(bytes), i, frame;
	MDL *mdl;

	if (bytes > 0xffffffff - PAGE)
		return NULL;
	mdl = mdl_make(0, bytes);
	if (!mdl)
		return NULL;
	for (i = 0; i < pages; i++) {
		frame = frame_get(USE_MDL);
		if (frame == NO_FRAME)
			break;
		if (frame * PAGE > highest)
			bugcheck("MmAllocatePagesForMdl below %llx: not done here",
				 highest);
		pfns(mdl)[i] = frame;
		/* What is not asked to be zero is nothing one may rely on. */
		memset(phys(frame * PAGE), flags & DONT_ZERO ? 0xe5 : 0, PAGE);
	}
	if (i < pages && (!i || (flags & FULLY_REQUIRED))) {
		give_back(mdl, i);
		pool_put(mdl);
		return NULL;
	}
	mdl->ByteCount = min(bytes, i * PAGE);
	mdl->MdlFlags = MDL_PAGES_LOCKED;
	return mdl;
}

PMDL MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high,
			     PHYSICAL_ADDRESS skip, SIZE_T bytes,
			     MEMORY_CACHING_TYPE caching, ULONG flags)
{
	if (flags & REQUIRE_CONTIGUOUS_CHUNKS)
		return NULL;		/* as ReactOS */
	if (low.QuadPart)
		bugcheck("MmAllocatePagesForMdlEx from %llx: not done here",
			 low.QuadPart);
	return pages_for_mdl(high.QuadPart, bytes, flags);
}

PMDL MmAllocatePagesForMdl(PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high,
			   PHYSICAL_ADDRESS skip, SIZE_T bytes)
{
	return MmAllocatePagesForMdlEx(low, high, skip, bytes, MmCached, 0);
}

/* Frees the pages, not the MDL. */
VOID MmFreePagesFromMdl(PMDL mdl)
{
	if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
		MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
	if (!(mdl->MdlFlags & MDL_PAGES_LOCKED))
		bugcheck("MmFreePagesFromMdl of an MDL without pages");
	give_back(mdl, mdl_pages(mdl));
	mdl->MdlFlags &= ~MDL_PAGES_LOCKED;
}

PMDL IoAllocateMdl(PVOID address, ULONG bytes, BOOLEAN secondary, BOOLEAN quota,
		   PIRP irp)
{
	if (irp)
		bugcheck("IoAllocateMdl for an IRP: not implemented");
	return mdl_make((u64)address, bytes);
}

VOID IoFreeMdl(PMDL mdl)
{
	if ((mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED) &&
	    (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA))
		MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
	pool_put(mdl);
}

VOID IoBuildPartialMdl(PMDL source, PMDL target, PVOID address, ULONG bytes)
{
	u64 start = (u64)source->StartVa + source->ByteOffset;
	u64 offset = (u64)address - (u64)source->StartVa, pages;

	if (!bytes)
		bytes = source->ByteCount - ((u64)address - start);
	if ((u64)address < start ||
	    (u64)address + bytes > start + source->ByteCount)
		bugcheck("IoBuildPartialMdl outside of the source");
	pages = PAGES((offset & (PAGE - 1)) + bytes);
	if (sizeof(MDL) + pages * 8 > (u16)target->Size)
		bugcheck("IoBuildPartialMdl: the target is too small");
	if (target->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
		bugcheck("IoBuildPartialMdl: the target is mapped (MmPrepareMdlForReuse)");
	target->StartVa = (void *)((u64)address & ~(PAGE - 1));
	target->ByteOffset = (u64)address & (PAGE - 1);
	target->ByteCount = bytes;
	target->MdlFlags = MDL_PARTIAL;
	if (source->MdlFlags & (MDL_SOURCE_IS_NONPAGED_POOL |
				MDL_MAPPED_TO_SYSTEM_VA)) {
		target->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
		target->MappedSystemVa = (u8 *)source->MappedSystemVa +
					 ((u64)address - start);
	}
	memcpy(pfns(target), pfns(source) + offset / PAGE, pages * 8);
}

VOID MmBuildMdlForNonPagedPool(PMDL mdl)
{
	u64 start = (u64)mdl->StartVa, i;

	for (i = 0; i < mdl_pages(mdl); i++) {
		if (start >= PAGED_BASE && start < POOL_BASE)
			bugcheck("MmBuildMdlForNonPagedPool of paged pool");
		pfns(mdl)[i] = MmGetPhysicalAddress((void *)(start + i * PAGE)).
			       QuadPart / PAGE;
	}
	mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
	mdl->MappedSystemVa = (u8 *)mdl->StartVa + mdl->ByteOffset;
}

VOID MmProbeAndLockPages(PMDL mdl, KPROCESSOR_MODE mode,
			 LOCK_OPERATION operation)
{
	u64 start = (u64)mdl->StartVa, i;

	for (i = 0; i < mdl_pages(mdl); i++) {
		/* Brings paged pool in; it stays, which is close enough. */
		(void)*(volatile u8 *)(start + i * PAGE);
		pfns(mdl)[i] = MmGetPhysicalAddress((void *)(start + i * PAGE)).
			       QuadPart / PAGE;
	}
	mdl->MdlFlags |= MDL_PAGES_LOCKED;
}

VOID MmUnlockPages(PMDL mdl)
{
	if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
		MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
	mdl->MdlFlags &= ~MDL_PAGES_LOCKED;
}

PVOID MmMapLockedPagesSpecifyCache(PMDL mdl, KPROCESSOR_MODE mode,
				   MEMORY_CACHING_TYPE caching, PVOID wanted,
				   ULONG stop, ULONG priority)
{
	u64 pages = mdl_pages(mdl), at, i;

	if (mode != KernelMode)
		bugcheck("MmMapLockedPagesSpecifyCache for a program: not implemented");
	if (mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA |
			     MDL_SOURCE_IS_NONPAGED_POOL))
		bugcheck("MmMapLockedPagesSpecifyCache of what is mapped");
	if (!(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL)))
		bugcheck("MmMapLockedPagesSpecifyCache without pages");
	at = syspte_get(pages);
	if (!at && stop)
		bugcheck("no system PTEs left for %llu pages", pages);
	if (!at)
		return NULL;
	for (i = 0; i < pages; i++)
		map_page(at + i * PAGE, pfns(mdl)[i], PTE_RW);
	mdl->MappedSystemVa = (void *)(at + mdl->ByteOffset);
	mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
	if (mdl->MdlFlags & MDL_PARTIAL)
		mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
	return mdl->MappedSystemVa;
}

PVOID MmMapLockedPages(PMDL mdl, KPROCESSOR_MODE mode)
{
	return MmMapLockedPagesSpecifyCache(mdl, mode, MmCached, NULL, TRUE, 0);
}

VOID MmUnmapLockedPages(PVOID address, PMDL mdl)
{
	u64 at = (u64)address & ~(PAGE - 1), pages = mdl_pages(mdl), i;

	if (!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) ||
	    mdl->MappedSystemVa != address)
		bugcheck("MmUnmapLockedPages of what is not mapped");
	for (i = 0; i < pages; i++)
		if (unmap_page(at + i * PAGE) != pfns(mdl)[i])
			bugcheck("MmUnmapLockedPages: the MDL has changed");
	map_flush(at, pages);
	syspte_put(at, pages);
	mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA |
			   MDL_PARTIAL_HAS_BEEN_MAPPED);
	mdl->MappedSystemVa = NULL;
}

NTSTATUS MmProtectMdlSystemAddress(PMDL mdl, ULONG protection)
{
	u64 at = (u64)mdl->MappedSystemVa & ~(PAGE - 1), i, flags, *pte;

	if (!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA))
		return STATUS_NOT_MAPPED_VIEW;
	switch (protection) {
	case PAGE_READONLY:
		flags = PTE_RO;
		break;
	case PAGE_READWRITE:
		flags = PTE_RW;
		break;
	case PAGE_EXECUTE_READ:
		flags = PTE_RX;
		break;
	case PAGE_NOACCESS:
		flags = PTE_TRIMMED;
		break;
	default:
		return STATUS_INVALID_PAGE_PROTECTION;
	}
	for (i = 0; i < mdl_pages(mdl); i++) {
		pte = map_pte(at + i * PAGE, false);
		*pte = (*pte & PTE_FRAME) | flags;
	}
	map_flush(at, mdl_pages(mdl));
	return STATUS_SUCCESS;
}

/* ------------------------------------------------------------ contiguous -- */

static PVOID contiguous(u64 bytes, u64 highest)
{
	u64 pages = PAGES(bytes), frame = frames_contiguous(pages, highest);
	u64 at, i;

	if (frame == NO_FRAME)
		return NULL;
	at = syspte_get(pages + 1);	/* one that is not there behind it */
	if (!at) {
		frames_put_contiguous(frame);
		return NULL;
	}
	for (i = 0; i < pages; i++)
		map_page(at + i * PAGE, frame + i, PTE_RW);
	memset((void *)at, 0xe5, pages * PAGE);
	return (void *)at;
}

PVOID MmAllocateContiguousMemory(SIZE_T bytes, PHYSICAL_ADDRESS highest)
{
	return contiguous(bytes, highest.QuadPart);
}

PVOID MmAllocateContiguousMemorySpecifyCache(SIZE_T bytes, PHYSICAL_ADDRESS low,
					     PHYSICAL_ADDRESS high,
					     PHYSICAL_ADDRESS boundary,
					     MEMORY_CACHING_TYPE caching)
{
	if (low.QuadPart || boundary.QuadPart)
		bugcheck("MmAllocateContiguousMemorySpecifyCache with limits: not done here");
	return contiguous(bytes, high.QuadPart);
}

VOID MmFreeContiguousMemory(PVOID address)
{
	u64 at = (u64)address, frame, pages = 0, *pte;

	frame = MmGetPhysicalAddress(address).QuadPart / PAGE;
	while ((pte = map_pte(at, false)) && (*pte & PTE_P)) {
		unmap_page(at);
		at += PAGE;
		pages++;
	}
	frames_put_contiguous(frame);
	map_flush((u64)address, pages);
	syspte_put((u64)address, pages + 1);
}

VOID MmFreeContiguousMemorySpecifyCache(PVOID address, SIZE_T bytes,
					MEMORY_CACHING_TYPE caching)
{
	MmFreeContiguousMemory(address);
}

PVOID MmMapIoSpace(PHYSICAL_ADDRESS address, SIZE_T bytes,
		   MEMORY_CACHING_TYPE caching)
{
	u64 first = address.QuadPart / PAGE, at, i;
	u64 pages = PAGES(address.QuadPart % PAGE + bytes);
	u64 flags = caching == MmNonCached ? PTE_PCD | PTE_PWT : 0;

	/* Windows 10 (1803 and up) refuses page tables; older NTs do not. */
	for (i = 0; i < pages && !option_set("old"); i++)
		if (frame_use(first + i) == USE_TABLE)
			return NULL;
	at = syspte_get(pages);
	if (!at)
		return NULL;
	for (i = 0; i < pages; i++)
		map_page(at + i * PAGE, first + i, PTE_RW | flags);
	return (void *)(at + address.QuadPart % PAGE);
}

VOID MmUnmapIoSpace(PVOID address, SIZE_T bytes)
{
	u64 pages = PAGES((u64)address % PAGE + bytes), i;
	u64 at = (u64)address & ~(PAGE - 1);

	for (i = 0; i < pages; i++)
		unmap_page(at + i * PAGE);
	map_flush(at, pages);
	syspte_put(at, pages);
}

union copy_address {
	void *address;
	PHYSICAL_ADDRESS physical;
};

NTSTATUS nt_MmCopyMemory(PVOID target, union copy_address source,
			 SIZE_T bytes, ULONG flags, PSIZE_T done)
{
	u64 i;

	*done = 0;
	if (flags == 1) {		/* physical */
		for (i = 0; i < bytes; i++)
			if (!frame_is_memory((source.physical.QuadPart + i) /
					     PAGE))
				return STATUS_INVALID_ADDRESS;
		memcpy(target, phys(source.physical.QuadPart), bytes);
		*done = bytes;
		return STATUS_SUCCESS;
	}
	if (flags != 2)
		return STATUS_INVALID_PARAMETER;
	for (i = 0; i < bytes; i++) {
		if (!MmIsAddressValid((u8 *)source.address + i))
			return STATUS_INVALID_ADDRESS;
		((u8 *)target)[i] = ((u8 *)source.address)[i];
		++*done;
	}
	return STATUS_SUCCESS;
}

PPHYSICAL_MEMORY_RANGE MmGetPhysicalMemoryRanges(VOID)
{
	PHYSICAL_MEMORY_RANGE *r = pool_get(false, 32 * sizeof(*r), MDL_TAG);
	u64 i, n = 0;

	if (!r)
		return NULL;
	memset(r, 0, 32 * sizeof(*r));
	for (i = 0; i < nr_frames && n < 31; i++) {
		if (!frame_is_memory(i))
			continue;
		r[n].BaseAddress.QuadPart = i * PAGE;
		while (frame_is_memory(i))
			i++;
		r[n].NumberOfBytes.QuadPart = i * PAGE -
					      r[n].BaseAddress.QuadPart;
		n++;
	}
	return r;
}
