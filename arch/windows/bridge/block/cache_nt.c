// SPDX-License-Identifier: GPL-2.0
/*
 * A volatile write cache, for torture_nt.c: what is written stays here until a flush
 * covers it. A thread writes bits of it back meanwhile, chosen at random: whoever
 * kills the driver at any moment loses a random subset of what no flush has covered,
 * torn between physical sectors and in no order.
 */
#include "block_nt.h"

#ifdef CONFIG_WSL4_DEBUG

#define ENTRY_SECTORS	64u	/* bits of its mask */
#define ENTRY_BYTES	((u64)ENTRY_SECTORS * SECTOR)
#define MAX_BYTES	(64ull << 20)
#define ROUND_MS	10
#define ROUND_ODDS	24	/* one of so many entries a round */

/**
 * struct entry - a piece of a write
 * @entry: in the list, oldest first
 * @disk: where it belongs
 * @position: and where there
 * @bytes: its size
 * @live: a bit for each sector that the medium does not have, nor newer data of it
 * @data: the data
 */
struct entry {
	LIST_ENTRY entry;
	struct disk *disk;
	u64 position;
	u32 bytes;
	u64 live;
	u8 data[];
};

static LIST_ENTRY entries;
static struct nt_lock cache_lock;	/* of all here */
static u64 held;			/* bytes */
static PVOID thread;
static struct worker own_worker;
static volatile LONG cache_ends;

static u32 random_u32(void)
{
	u32 n = 0;

	random_fill((u8 *)&n, sizeof(n));
	return n;
}

static struct entry *to_entry(LIST_ENTRY *entry)
{
	return CONTAINING_RECORD(entry, struct entry, entry);
}

static void drop(struct entry *e)
{
	RemoveEntryList(&e->entry);
	held -= e->bytes;
	ExFreePoolWithTag(e, NT_TAG);
}

/* The sectors of an entry that a range covers. */
static u64 covered(const struct entry *e, u64 position, u64 bytes)
{
	u64 mask = 0, at;
	u32 i;

	for (i = 0; i < e->bytes / SECTOR; i++) {
		at = e->position + (u64)i * SECTOR;
		if (at >= position && at + SECTOR <= position + bytes)
			mask |= 1ull << i;
	}
	return mask;
}

static BOOLEAN touches(const struct entry *e, struct disk *disk, u64 position,
		       u64 bytes)
{
	return e->disk == disk && e->position < position + bytes &&
	       position < e->position + e->bytes;
}

/* Entries older than @until (NULL: all) shall not write this range any more. */
static void forget(struct disk *disk, u64 position, u64 bytes, LIST_ENTRY *until)
{
	LIST_ENTRY *at, *next;
	struct entry *e;

	for (at = entries.Flink; at != &entries && at != until; at = next) {
		next = at->Flink;
		e = to_entry(at);
		if (!touches(e, disk, position, bytes))
			continue;
		e->live &= ~covered(e, position, bytes);
		if (!e->live)
			drop(e);
	}
}

/* Some of an entry's sectors to the medium. It stays on the list. */
static s64 write_back(struct worker *worker, struct entry *e, u64 mask)
{
	u32 i = 0, start;
	s64 result;
	u64 at;

	mask &= e->live;
	while (i < ENTRY_SECTORS) {
		if (!(mask >> i & 1)) {
			i++;
			continue;
		}
		start = i;
		while (i < ENTRY_SECTORS && (mask >> i & 1))
			i++;
		at = e->position + (u64)start * SECTOR;
		result = block_transfer(worker, e->disk, TRUE, at,
					e->data + start * SECTOR,
					(u64)(i - start) * SECTOR);
		if (result)
			return result;
		forget(e->disk, at, (u64)(i - start) * SECTOR, &e->entry);
	}
	e->live &= ~mask;
	return 0;
}

/*
 * All of it, or what lies before or behind a physical sector's start: file systems may
 * count on the medium writing one of these whole, since the disk says how large they are.
 */
static u64 random_part(const struct entry *e)
{
	u32 n = random_u32(), cut = (n >> 8) % ENTRY_SECTORS;
	u32 over = (e->position / SECTOR + cut) % (e->disk->physical_sector / SECTOR);
	u64 before;

	cut = cut > over ? cut - over : 0;
	before = (1ull << cut) - 1;
	switch (n & 3) {
	case 0:
		return before;
	case 1:
		return ~before;
	}
	return ~0ull;
}

/*
 * Writing back drops older entries, never newer ones: the next entry stays. From the
 * newest to the oldest in one round, the other way in the next: neither is an order.
 */
static void write_back_some(struct worker *worker, u32 odds)
{
	LIST_ENTRY *at, *next;
	struct entry *e;

	for (at = entries.Flink; at != &entries; at = next) {
		next = at->Flink;
		e = to_entry(at);
		if (random_u32() % odds)
			continue;
		if (write_back(worker, e, random_part(e)))
			continue;
		if (!e->live)
			drop(e);
	}
}

static VOID NTAPI cache_thread(PVOID context)
{
	(void)context;
	while (!cache_ends) {
		thread_sleep(ROUND_MS);
		lock_take(&cache_lock);
		write_back_some(&own_worker, ROUND_ODDS);
		lock_drop(&cache_lock);
	}
	PsTerminateSystemThread(STATUS_SUCCESS);
}

static struct entry *new_entry(struct disk *disk, u64 position, const u8 *data,
			       u32 bytes)
{
	struct entry *e = ExAllocatePoolWithTag(NonPagedPool, sizeof(*e) + bytes,
						NT_TAG);

	if (!e)
		return NULL;
	e->disk = disk;
	e->position = position;
	e->bytes = bytes;
	e->live = ~0ull >> (ENTRY_SECTORS - bytes / SECTOR);
	RtlCopyMemory(e->data, data, bytes);
	return e;
}

/* Make room; it may be that nothing can be written. */
static void make_room(struct worker *worker)
{
	unsigned int rounds;

	for (rounds = 0; held > MAX_BYTES && rounds < 100; rounds++)
		write_back_some(worker, 2);
}

static s64 cache_write(struct worker *worker, struct disk *disk, u64 position,
		       const u8 *data, u64 bytes)
{
	struct entry *e;
	u32 part;

	make_room(worker);
	for (; bytes; bytes -= part) {
		part = min(bytes, ENTRY_BYTES);
		e = new_entry(disk, position, data, part);
		if (!e)
			return -LINUX_ENOMEM;
		InsertTailList(&entries, &e->entry);
		held += part;
		position += part;
		data += part;
	}
	return 0;
}

static void lay_over(const struct entry *e, u64 position, u8 *data, u64 bytes)
{
	u64 mask = e->live & covered(e, position, bytes);
	u32 i;

	for (i = 0; i < e->bytes / SECTOR; i++)
		if (mask >> i & 1)
			RtlCopyMemory(data + (e->position + (u64)i * SECTOR -
					      position),
				      e->data + i * SECTOR, SECTOR);
}

static void lay_over_all(struct disk *disk, u64 position, u8 *data, u64 bytes)
{
	LIST_ENTRY *at;

	for (at = entries.Flink; at != &entries; at = at->Flink)
		if (touches(to_entry(at), disk, position, bytes))
			lay_over(to_entry(at), position, data, bytes);
}

s64 cache_transfer(struct worker *worker, struct disk *disk, enum block_how how,
		   u64 position, u8 *data, u64 bytes)
{
	s64 result;

	lock_take(&cache_lock);
	if (how == BLOCK_WRITE)
		result = cache_write(worker, disk, position, data, bytes);
	else
		result = block_transfer(worker, disk, how != BLOCK_READ, position,
					data, bytes);
	if (how == BLOCK_READ && !result)
		lay_over_all(disk, position, data, bytes);
	if (how == BLOCK_WRITE_THROUGH)
		forget(disk, position, bytes, NULL);
	lock_drop(&cache_lock);
	return result;
}

s64 cache_flush(struct worker *worker, struct disk *disk)
{
	LIST_ENTRY *at, *next;
	struct entry *e;
	s64 result = 0;

	lock_take(&cache_lock);
	for (at = entries.Flink; at != &entries && !result; at = next) {
		next = at->Flink;
		e = to_entry(at);
		if (e->disk != disk)
			continue;
		result = write_back(worker, e, ~0ull);
		if (!result)
			drop(e);
	}
	lock_drop(&cache_lock);
	return result;
}

NTSTATUS cache_init(void)
{
	NTSTATUS status;

	InitializeListHead(&entries);
	lock_init(&cache_lock);
	held = 0;
	cache_ends = 0;
	status = block_make_event(&own_worker);
	if (!NT_SUCCESS(status))
		return status;
	return thread_start(cache_thread, NULL, &thread);
}

void cache_exit(void)
{
	InterlockedExchange(&cache_ends, 1);
	thread_join(&thread, 0);
	if (own_worker.event)
		ZwClose(own_worker.event);
	own_worker.event = NULL;
}

#endif
