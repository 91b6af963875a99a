// SPDX-License-Identifier: GPL-2.0
/*
 * What a program does with a disk that the driver has made, for the script: its data
 * are locked pages, which the driver has to map.
 */
#include "smallnt.h"

#define DISK_TAG	0x6b736964
#define CHUNK		(300u * 1024)	/* no multiple of anything the driver has */

static void disk_name(WCHAR *to, const char **a)
{
	static const char prefix[] = "\\DosDevices\\";
	u32 n;

	for (n = 0; prefix[n]; n++)
		to[n] = prefix[n];
	while (**a && **a != ' ' && n < 63)
		to[n++] = *(*a)++;
	to[n] = 0;
	if (**a == ' ')
		(*a)++;
}

static NTSTATUS open_disk(const char **a, FILE_OBJECT **file)
{
	WCHAR name[64];

	disk_name(name, a);
	return io_open(name, file);
}

static u64 pattern(u64 seed, u64 at)
{
	return (seed + 1) * 0x9e3779b97f4a7c15ull ^ at * 0xff51afd7ed558ccdull;
}

static void fill(u64 *to, u64 at, u32 bytes, u64 seed)
{
	u32 i;

	for (i = 0; i < bytes / 8; i++)
		to[i] = pattern(seed, at + i * 8);
}

static bool is_filled(const u64 *from, u64 at, u32 bytes, u64 seed)
{
	u32 i;

	for (i = 0; i < bytes / 8; i++)
		if (from[i] != pattern(seed, at + i * 8))
			return false;
	return true;
}

/* NAME BYTES SEED: the whole disk but its end */
static bool go_over(const char *a, u8 major)
{
	u64 *data = pool_get(false, CHUNK, DISK_TAG), at, bytes, seed, got = 0;
	FILE_OBJECT *file;
	NTSTATUS status;
	u32 part;

	status = open_disk(&a, &file);
	if (!NT_SUCCESS(status)) {
		pool_put(data);
		return false;
	}
	bytes = parse_number(&a);
	a += *a == ' ';
	seed = parse_number(&a);
	for (at = 0; at < bytes && NT_SUCCESS(status); at += part) {
		part = min((u64)CHUNK, bytes - at);
		if (major == IRP_MJ_WRITE)
			fill(data, at, part, seed);
		status = io_transfer(file, major, at, data, part, &got);
		if (!NT_SUCCESS(status))
			break;
		if (got != part || (major == IRP_MJ_READ &&
				    !is_filled(data, at, part, seed)))
			status = STATUS_DATA_ERROR;
	}
	if (NT_SUCCESS(status) && major == IRP_MJ_WRITE)
		status = io_transfer(file, IRP_MJ_FLUSH_BUFFERS, 0, NULL, 0, NULL);
	io_close(file);
	pool_put(data);
	if (!NT_SUCCESS(status))
		print("smallnt: disk: status %08x at %llu\n", status, at);
	return NT_SUCCESS(status);
}

bool disk_write(const char *a)
{
	return go_over(a, IRP_MJ_WRITE);
}

bool disk_check(const char *a)
{
	return go_over(a, IRP_MJ_READ);
}

/* Beyond the end, and not at a sector's start */
bool disk_refuses(const char *a)
{
	u64 *data = pool_get(false, 4096, DISK_TAG), bytes;
	NTSTATUS end, odd, over;
	FILE_OBJECT *file;

	if (!NT_SUCCESS(open_disk(&a, &file))) {
		pool_put(data);
		return false;
	}
	bytes = parse_number(&a);
	end = io_transfer(file, IRP_MJ_READ, bytes, data, 512, NULL);
	odd = io_transfer(file, IRP_MJ_READ, 100, data, 512, NULL);
	over = io_transfer(file, IRP_MJ_WRITE, bytes - 512, data, 1024, NULL);
	io_close(file);
	pool_put(data);
	return end == STATUS_END_OF_FILE && odd == STATUS_INVALID_PARAMETER &&
	       over == STATUS_INVALID_PARAMETER;
}

bool disk_is_gone(const char *a)
{
	FILE_OBJECT *file;

	if (!NT_SUCCESS(open_disk(&a, &file)))
		return true;
	io_close(file);
	return false;
}
