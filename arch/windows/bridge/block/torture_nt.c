// SPDX-License-Identifier: GPL-2.0
/*
 * Torture of disks, for tests of debug builds: a volatile write cache, and errors.
 *
 * A disk whose file FILE has a file FILE.torture beside it when it is attached obeys
 * what stands in that, word by word, and looks again and again whether it changed:
 *
 *	cache		writes stay in memory until a flush, or go to the medium at
 *			random, in any order, torn; who kills the driver loses the rest
 *	noflush		a flush does nothing (with cache)
 *	read=STATUS	reads fail with this NTSTATUS, in hexadecimal
 *	write=STATUS	writes do
 *	flush=STATUS	flushes do
 *	delay=MS	each request is late, by a random time up to this
 *	short		NT does a transfer in bits
 */
#include "block_nt.h"

#ifdef CONFIG_WSL4_DEBUG

#define ORDERS_BYTES	256
#define LOOK_NS		(10 * 1000 * 1000ull)

/**
 * struct torture - a disk's orders
 * @path: of the file that they stand in
 * @looked_at: when they were read last
 * @lock: of reading them
 * @cache: and the rest: as above
 */
struct torture {
	WCHAR path[300];
	u64 looked_at;
	struct nt_lock lock;
	BOOLEAN cache;
	BOOLEAN noflush;
	BOOLEAN is_short;
	u32 delay;
	NTSTATUS read;
	NTSTATUS write;
	NTSTATUS flush;
};

static u32 random_below(u32 limit)
{
	u32 n = 0;

	random_fill((u8 *)&n, sizeof(n));
	return limit ? n % limit : 0;
}

/* @word with a value behind it, at the start of @text? Its base is given. */
static BOOLEAN has_value(const char *text, const char *word, u32 base, u32 *value)
{
	u32 digit, n = 0;

	while (*word && *text == *word) {
		text++;
		word++;
	}
	if (*word)
		return FALSE;
	for (; *text > ' '; text++) {
		digit = *text <= '9' ? *text - '0' : (*text | 32) - 'a' + 10;
		if (digit >= base)
			return FALSE;
		n = n * base + digit;
	}
	*value = n;
	return TRUE;
}

static void obey(struct torture *torture, const char *text)
{
	u32 value;

	if (has_value(text, "cache", 1, &value))
		torture->cache = TRUE;
	else if (has_value(text, "noflush", 1, &value))
		torture->noflush = TRUE;
	else if (has_value(text, "short", 1, &value))
		torture->is_short = TRUE;
	else if (has_value(text, "read=", 16, &value))
		torture->read = value;
	else if (has_value(text, "write=", 16, &value))
		torture->write = value;
	else if (has_value(text, "flush=", 16, &value))
		torture->flush = value;
	else if (has_value(text, "delay=", 10, &value))
		torture->delay = value;
	else
		nt_log("torture: what is \"%s\"?", text);
}

static void obey_all(struct torture *torture, const char *text)
{
	/* A disk that has a cache keeps it. */
	torture->noflush = FALSE;
	torture->is_short = FALSE;
	torture->delay = 0;
	torture->read = STATUS_SUCCESS;
	torture->write = STATUS_SUCCESS;
	torture->flush = STATUS_SUCCESS;
	while (*text) {
		if (*text > ' ')
			obey(torture, text);
		while (*text > ' ')
			text++;
		while (*text && *text <= ' ')
			text++;
	}
}

static BOOLEAN read_orders(const WCHAR *path, char *text)
{
	OBJECT_ATTRIBUTES object;
	LARGE_INTEGER start = { .QuadPart = 0 };
	UNICODE_STRING name;
	IO_STATUS_BLOCK io;
	NTSTATUS status;
	HANDLE file;

	RtlInitUnicodeString(&name, path);
	InitializeObjectAttributes(&object, &name, OBJ_CASE_INSENSITIVE |
				   OBJ_KERNEL_HANDLE, NULL, NULL);
	status = ZwCreateFile(&file, FILE_READ_DATA | SYNCHRONIZE, &object, &io,
			      NULL, FILE_ATTRIBUTE_NORMAL,
			      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
			      FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
	if (!NT_SUCCESS(status))
		return FALSE;
	io.Information = 0;
	status = ZwReadFile(file, NULL, NULL, NULL, &io, text, ORDERS_BYTES - 1,
			    &start, NULL);
	ZwClose(file);
	text[NT_SUCCESS(status) ? io.Information : 0] = '\0';
	return TRUE;
}

/* A file that is being replaced is not there for a moment: then nothing changes. */
static void look(struct torture *torture)
{
	char text[ORDERS_BYTES];

	if (clock_now() - torture->looked_at < LOOK_NS)
		return;
	lock_take(&torture->lock);
	if (read_orders(torture->path, text))
		obey_all(torture, text);
	torture->looked_at = clock_now();
	lock_drop(&torture->lock);
}

void torture_attach(struct disk *disk)
{
	static const WCHAR suffix[] = L".torture";
	struct torture *torture;
	char text[ORDERS_BYTES];
	size_t i;

	disk->torture = NULL;
	torture = ExAllocatePoolWithTag(NonPagedPool, sizeof(*torture), NT_TAG);
	if (!torture)
		return;
	RtlZeroMemory(torture, sizeof(*torture));
	lock_init(&torture->lock);
	/* Tests have plain names. */
	for (i = 0; disk->path[i]; i++)
		torture->path[i] = disk->path[i];
	RtlCopyMemory(torture->path + i, suffix, sizeof(suffix));
	if (!read_orders(torture->path, text)) {
		ExFreePoolWithTag(torture, NT_TAG);
		return;
	}
	obey_all(torture, text);
	disk->torture = torture;
	disk->flags &= ~WSL4_DISK_DISCARD;
	nt_log("torture: %s", text);
}

void torture_detach(struct disk *disk)
{
	struct worker worker = { 0 };

	if (!disk->torture)
		return;
	if (NT_SUCCESS(block_make_event(&worker)))
		cache_flush(&worker, disk);
	if (worker.event)
		ZwClose(worker.event);
	ExFreePoolWithTag(disk->torture, NT_TAG);
	disk->torture = NULL;
}

static void be_late(const struct torture *torture)
{
	if (torture->delay)
		thread_sleep(random_below(torture->delay + 1));
}

s64 torture_transfer(struct worker *worker, struct disk *disk, enum block_how how,
		     u64 position, u8 *data, u64 bytes)
{
	struct torture *torture = disk->torture;
	NTSTATUS status;

	if (!torture)
		return block_transfer(worker, disk, how != BLOCK_READ, position,
				      data, bytes);
	look(torture);
	be_late(torture);
	status = how == BLOCK_READ ? torture->read : torture->write;
	if (!NT_SUCCESS(status))
		return block_error(status);
	if (how == BLOCK_WRITE_THROUGH && torture->noflush)
		how = BLOCK_WRITE;
	if (!torture->cache)
		return block_transfer(worker, disk, how != BLOCK_READ, position,
				      data, bytes);
	return cache_transfer(worker, disk, how, position, data, bytes);
}

s64 torture_flush(struct worker *worker, struct disk *disk)
{
	struct torture *torture = disk->torture;
	s64 result;

	if (!torture)
		return block_flush(disk);
	look(torture);
	be_late(torture);
	if (!NT_SUCCESS(torture->flush))
		return block_error(torture->flush);
	if (torture->noflush)
		return 0;
	result = cache_flush(worker, disk);
	return result ? result : block_flush(disk);
}

s64 torture_flush_through(struct disk *disk)
{
	struct torture *torture = disk->torture;

	if (torture && !NT_SUCCESS(torture->flush))
		return block_error(torture->flush);
	if (torture && torture->noflush)
		return 0;
	return block_flush(disk);
}

u64 torture_part(struct disk *disk, u64 bytes)
{
	u64 part;

	if (!disk->torture || !disk->torture->is_short)
		return bytes;
	part = (u64)SECTOR * (1 + random_below(16));
	return min(bytes, part);
}

NTSTATUS torture_init(void)
{
	return cache_init();
}

void torture_exit(void)
{
	cache_exit();
}

#endif
