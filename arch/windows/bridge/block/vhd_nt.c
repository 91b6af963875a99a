// SPDX-License-Identifier: GPL-2.0
/*
 * Fixed VHD files: a raw image with a footer behind it ("Virtual Hard Disk Image
 * Format Specification", Microsoft 2006; all numbers are big-endian).
 */
#include "block_nt.h"

#define VHD_FIXED	2

struct vhd_footer {
	char cookie[8];
	u8 reserved[40];
	u8 current_size[8];	/* bytes */
	u8 geometry[4];
	u8 type[4];
	u8 checksum[4];
	u8 unique_id[16];
	u8 rest[428];
};

static u64 big_endian(const u8 *bytes, size_t count)
{
	u64 n = 0;

	while (count--)
		n = n << 8 | *bytes++;
	return n;
}

static u32 checksum(const struct vhd_footer *footer)
{
	const u8 *bytes = (const u8 *)footer;
	u32 sum = 0;
	size_t i;

	for (i = 0; i < sizeof(*footer); i++)
		sum += bytes[i];
	for (i = 0; i < sizeof(footer->checksum); i++)
		sum -= footer->checksum[i];
	return ~sum;
}

const char *vhd_examine(struct worker *worker, struct disk *disk, u8 *sector)
{
	const struct vhd_footer *footer = (const void *)sector;

	if (disk->bytes < 2 * sizeof(*footer))
		return NULL;
	/* A volume with larger sectors does not give a last one of this size. */
	if (block_transfer(worker, disk, FALSE, disk->bytes - sizeof(*footer),
			   sector, sizeof(*footer)))
		return NULL;
	if (!nt_same_bytes(footer->cookie, "conectix", 8))
		return NULL;
	if (checksum(footer) != big_endian(footer->checksum, 4))
		return "it is a VHD whose footer is damaged. Repair it with Windows";
	if (big_endian(footer->type, 4) != VHD_FIXED)
		return "it is a dynamic VHD. Convert it to a fixed one, or to a raw image";
	if (big_endian(footer->current_size, 8) != disk->bytes - sizeof(*footer))
		return "it is a VHD of another size than its footer says: truncated?";
	disk->bytes -= sizeof(*footer);
	disk_set_serial(disk, big_endian(footer->unique_id, 8));
	return NULL;
}
