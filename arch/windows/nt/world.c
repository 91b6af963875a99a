// SPDX-License-Identifier: GPL-2.0
/*
 * Ring 0: memory for Linux's own world, and what Linux must know to build it.
 */
#include "ring0.h"

#define NO_FRAME	WSL4_NO_FRAME
#define ENTRIES		512		/* of a page table */
#define INVERSE_SHIFT	10		/* frames that a page of the inverse covers */
#define SPARE_PAGES	128		/* descriptor tables, stacks, upper levels */
#define MDL_COPY_PHYSICAL 1		/* MM_COPY_MEMORY_PHYSICAL */
#define KERNEL_SLOTS	256		/* first top-level entry of the kernel's */
#define CR3_FRAME	0x000ffffffffff000ull

#define CODE_INTEGRITY_CLASS	103	/* SystemCodeIntegrityInformation */
#define CODE_INTEGRITY_HVCI	0x400	/* CODEINTEGRITY_OPTION_HVCI_KMCI_ENABLED */

typedef NTSTATUS (NTAPI *query_system_t)(ULONG class, PVOID to, ULONG bytes,
					 PULONG needed);
typedef NTSTATUS (NTAPI *copy_memory_t)(PVOID to, u64 from, SIZE_T bytes,
					ULONG flags, PSIZE_T copied);
typedef PVOID (NTAPI *map_io_t)(PHYSICAL_ADDRESS at, SIZE_T bytes,
				MEMORY_CACHING_TYPE type);
typedef VOID (NTAPI *unmap_io_t)(PVOID address, SIZE_T bytes);
typedef PHYSICAL_ADDRESS (NTAPI *physical_t)(PVOID address);
typedef BOOLEAN (NTAPI *is_valid_t)(PVOID address);
typedef KAFFINITY (NTAPI *set_affinity_t)(KAFFINITY affinity);
typedef ULONG (NTAPI *processor_t)(PULONG processor);
typedef VOID (NTAPI *set_target_t)(PKDPC dpc, CCHAR number);
typedef BOOLEAN (NTAPI *insert_dpc_t)(PKDPC dpc, PVOID a, PVOID b);
typedef VOID (NTAPI *set_importance_t)(PKDPC dpc, KDPC_IMPORTANCE importance);

static void *world;
static physical_t physical;
static is_valid_t is_valid;

static KDPC kick_dpc;
static insert_dpc_t insert_dpc;
static processor_t current_processor;
static ULONG vcpu_processor;

/*
 * Memory integrity watches the registers that the passage loads, and stops the
 * machine: Linux must not even try. SYSTEM_CODEINTEGRITY_INFORMATION, see
 * NtQuerySystemInformation().
 */
static BOOLEAN integrity_is_enforced(void)
{
	struct {
		ULONG length;
		ULONG options;
	} integrity = { sizeof(integrity), 0 };
	query_system_t query = nt_routine(L"ZwQuerySystemInformation");

	if (!query || !NT_SUCCESS(query(CODE_INTEGRITY_CLASS, &integrity,
					sizeof(integrity), NULL)))
		return FALSE;
	return (integrity.options & CODE_INTEGRITY_HVCI) != 0;
}

static u64 frame_of(void *address)
{
	if (!is_valid(address))
		return NO_FRAME;
	return (u64)physical(address).QuadPart / PAGE_SIZE;
}

static void frames_of(u64 *frames, u64 start, u64 pages)
{
	u64 i;

	for (i = 0; i < pages; i++)
		frames[i] = frame_of((void *)(start + i * PAGE_SIZE));
}

/* Does the page table entry of this slot name a table? */
static BOOLEAN read_top_level(u64 *table)
{
	copy_memory_t copy = nt_routine(L"MmCopyMemory");
	map_io_t map = nt_routine(L"MmMapIoSpace");
	unmap_io_t unmap = nt_routine(L"MmUnmapIoSpace");
	PHYSICAL_ADDRESS at;
	SIZE_T copied = 0;
	void *mapped;
	u64 cr3;

	asm volatile("mov %%cr3, %0" : "=r" (cr3));
	at.QuadPart = cr3 & CR3_FRAME;
	if (copy && NT_SUCCESS(copy(table, at.QuadPart, PAGE_SIZE,
				    MDL_COPY_PHYSICAL, &copied)) &&
	    copied == PAGE_SIZE)
		return TRUE;
	if (!map || !unmap)
		return FALSE;
	mapped = map(at, PAGE_SIZE, MmCached);
	if (!mapped)
		return FALSE;
	memcpy(table, mapped, PAGE_SIZE);
	unmap(mapped, PAGE_SIZE);
	return TRUE;
}

static NTSTATUS find_slots(void)
{
	u64 *table = ExAllocatePoolWithTag(NonPagedPool, PAGE_SIZE, NT_TAG);
	BOOLEAN known;
	unsigned int i;

	if (!table)
		return STATUS_NO_MEMORY;
	known = read_top_level(table);
	for (i = KERNEL_SLOTS; known && i < ENTRIES; i++) {
		if (table[i])
			nt_boot.used_slots[i / 64] |= 1ull << i % 64;
	}
	ExFreePoolWithTag(table, NT_TAG);
	if (known)
		return STATUS_SUCCESS;
	nt_log("this NT does not tell which kernel addresses it uses");
	return STATUS_NOT_SUPPORTED;
}

/* How many pages of the frames' inverse there are: count marks in a bit map. */
static u64 count_marks(const u64 *frames, u64 nr, u8 *map)
{
	u64 marks = 0, i, group;

	for (i = 0; i < nr; i++) {
		group = frames[i] >> INVERSE_SHIFT;
		if (map[group / 8] & 1 << group % 8)
			continue;
		map[group / 8] |= 1 << group % 8;
		marks++;
	}
	return marks;
}

static u64 inverse_pages(const u64 *frames, u64 nr)
{
	u64 last = 0, i, marks = 0;
	u8 *map;

	for (i = 0; i < nr; i++)
		last = max(last, frames[i] >> INVERSE_SHIFT);
	map = ExAllocatePoolWithTag(NonPagedPool, last / 8 + 1, NT_TAG);
	if (!map)
		return 0;
	memset(map, 0, last / 8 + 1);
	marks = count_marks(frames, nr, map);
	ExFreePoolWithTag(map, NT_TAG);
	return marks;
}

static u64 pages_for(u64 bytes)
{
	return (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
}

static u64 tables_for(u64 pages)
{
	return pages / ENTRIES + 4;
}

/* Pages for everything that Linux builds before it has memory of its own. */
static u64 world_pages(u64 driver, u64 memory, u64 inverse, u64 *arrays)
{
	u64 frames = driver + memory + 2 * ENTRIES;
	u64 pages = pages_for(2 * frames * sizeof(u64)) + tables_for(driver) +
		    tables_for(memory) + 2 * inverse + SPARE_PAGES;

	/* Its own frames and tables, too. */
	pages += 2 * (tables_for(pages) + pages_for(pages * sizeof(u64)));
	*arrays = pages_for((driver + memory + pages) * sizeof(u64));
	return pages + *arrays;
}

static NTSTATUS fill_world(u64 driver, u64 memory, const u64 *frames,
			   u64 inverse)
{
	u64 arrays, pages = world_pages(driver, memory, inverse, &arrays);
	u64 *at;

	world = ExAllocatePoolWithTag(NonPagedPool, pages * PAGE_SIZE, NT_TAG);
	if (!world) {
		nt_log("no %u KB for Linux's page tables",
		       (unsigned int)(pages * PAGE_SIZE / 1024));
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	memset(world, 0, pages * PAGE_SIZE);
	at = world;
	nt_boot.driver_frames = (u64)at;
	frames_of(at, nt_boot.driver_start, driver);
	at += driver;
	nt_boot.physmem_frames = (u64)at;
	memcpy(at, frames, memory * sizeof(*at));
	at += memory;
	nt_boot.world_frames = (u64)at;
	frames_of(at, (u64)world, pages);
	nt_boot.world = (u64)world;
	nt_boot.world_bytes = pages * PAGE_SIZE;
	nt_boot.world_used = arrays * PAGE_SIZE;
	return STATUS_SUCCESS;
}

static VOID NTAPI kick_nothing(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
	(void)dpc;
	(void)context;
	(void)a;
	(void)b;
}

/* The thread stays where it is, so that others know whom to interrupt. */
static void settle_on_processor(void)
{
	set_affinity_t set_affinity = nt_routine(L"KeSetSystemAffinityThreadEx");
	set_target_t set_target = nt_routine(L"KeSetTargetProcessorDpc");
	set_importance_t set_importance = nt_routine(L"KeSetImportanceDpc");

	current_processor = nt_routine(L"KeGetCurrentProcessorNumberEx");
	KeInitializeDpc(&kick_dpc, kick_nothing, NULL);
	insert_dpc = NULL;
	if (!set_affinity || !current_processor || !set_target)
		return;
	vcpu_processor = current_processor(NULL);
	if (vcpu_processor >= 8 * sizeof(KAFFINITY))
		return;
	set_affinity((KAFFINITY)1 << vcpu_processor);
	set_target(&kick_dpc, vcpu_processor);
	if (set_importance)
		set_importance(&kick_dpc, HighImportance);
	insert_dpc = nt_routine(L"KeInsertQueueDpc");
}

void world_kick(void)
{
	/* On its own processor, Linux does not run while this does. */
	if (insert_dpc && current_processor(NULL) != vcpu_processor)
		insert_dpc(&kick_dpc, NULL, NULL);
}

NTSTATUS world_prepare(void)
{
	u64 driver = (nt_boot.image_end - nt_boot.driver_start) / PAGE_SIZE;
	u64 memory = nt_boot.memory_bytes / PAGE_SIZE;
	NTSTATUS status;
	u64 *frames;

	physical = nt_routine(L"MmGetPhysicalAddress");
	is_valid = nt_routine(L"MmIsAddressValid");
	if (!physical || !is_valid)
		return STATUS_NOT_SUPPORTED;
	if (integrity_is_enforced()) {
		nt_log("memory integrity is on; turn it off (docs/windows.md)");
		return STATUS_NOT_SUPPORTED;
	}
	settle_on_processor();
	status = find_slots();
	if (!NT_SUCCESS(status))
		return status;
	status = physmem_allocate(nt_boot.memory_bytes);
	if (!NT_SUCCESS(status))
		return status;
	frames = ExAllocatePoolWithTag(NonPagedPool, memory * sizeof(*frames),
				       NT_TAG);
	status = STATUS_INSUFFICIENT_RESOURCES;
	if (frames) {
		physmem_frames(frames);
		status = fill_world(driver, memory, frames,
				    inverse_pages(frames, memory) +
				    driver);
		ExFreePoolWithTag(frames, NT_TAG);
	}
	if (!NT_SUCCESS(status))
		physmem_free();
	return status;
}

void world_release(void)
{
	if (world)
		ExFreePoolWithTag(world, NT_TAG);
	world = NULL;
	physmem_free();
}
