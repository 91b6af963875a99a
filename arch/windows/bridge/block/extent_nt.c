// SPDX-License-Identifier: GPL-2.0
/*
 * Where on which of NT's disks a disk, partition or volume lies. One place may have
 * many names: PhysicalDrive0, Harddisk0\Partition0, Volume{...}, C:.
 */
#include "block_nt.h"

#include <ntddstor.h>
#include <ntdddisk.h>
#include <ntddvol.h>

#define WHOLE_DISK	(~0ull)		/* bytes */

/* Numbers are for one type of device: there are a disk 0 and a CD-ROM 0. */
static u64 disk_number(DEVICE_TYPE type, ULONG number)
{
	return (u64)type << 32 | number;
}

static void add(struct extents *extents, u64 disk, u64 start, u64 bytes)
{
	struct extent *extent = &extents->extent[extents->count++];

	extent->disk = disk;
	extent->start = start;
	extent->bytes = bytes;
}

/* A volume may lie on several disks. Wine knows of none. */
static NTSTATUS ask_volume(struct worker *worker, HANDLE file,
			   struct extents *extents)
{
	static union {
		VOLUME_DISK_EXTENTS head;
		u8 bytes[sizeof(VOLUME_DISK_EXTENTS) +
			 (MAX_EXTENTS - 1) * sizeof(DISK_EXTENT)];
	} out;
	const DISK_EXTENT *extent = out.head.Extents;
	NTSTATUS status;
	ULONG i;

	status = device_ask(worker, file, IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, &out,
			    sizeof(out));
	if (status == STATUS_BUFFER_OVERFLOW || status == STATUS_BUFFER_TOO_SMALL)
		return STATUS_BUFFER_OVERFLOW;
	if (!NT_SUCCESS(status) || out.head.NumberOfDiskExtents > MAX_EXTENTS)
		return status;
	for (i = 0; i < out.head.NumberOfDiskExtents; i++)
		add(extents, disk_number(FILE_DEVICE_DISK, extent[i].DiskNumber),
		    extent[i].StartingOffset.QuadPart,
		    extent[i].ExtentLength.QuadPart);
	return STATUS_SUCCESS;
}

BOOLEAN extents_read(struct worker *worker, HANDLE file, struct extents *extents)
{
	PARTITION_INFORMATION_EX partition;
	STORAGE_DEVICE_NUMBER number;
	BOOLEAN is_numbered;
	u64 disk;

	extents->count = 0;
	is_numbered = NT_SUCCESS(device_ask(worker, file,
					    IOCTL_STORAGE_GET_DEVICE_NUMBER, &number,
					    sizeof(number)));
	disk = disk_number(number.DeviceType, number.DeviceNumber);
	if (is_numbered && (!number.PartitionNumber || !~number.PartitionNumber)) {
		add(extents, disk, 0, WHOLE_DISK);
		return TRUE;
	}
	if (ask_volume(worker, file, extents) == STATUS_BUFFER_OVERFLOW)
		return FALSE;
	if (extents->count || !is_numbered)
		return TRUE;
	if (NT_SUCCESS(device_ask(worker, file, IOCTL_DISK_GET_PARTITION_INFO_EX,
				  &partition, sizeof(partition))))
		add(extents, disk, partition.StartingOffset.QuadPart,
		    partition.PartitionLength.QuadPart);
	return TRUE;
}

static BOOLEAN touch(const struct extent *a, const struct extent *b)
{
	return a->disk == b->disk &&
	       nt_ranges_overlap(a->start, a->bytes, b->start, b->bytes);
}

BOOLEAN extents_overlap(const struct extents *a, const struct extents *b)
{
	u32 i, j;

	for (i = 0; i < a->count; i++)
		for (j = 0; j < b->count; j++)
			if (touch(&a->extent[i], &b->extent[j]))
				return TRUE;
	return FALSE;
}
