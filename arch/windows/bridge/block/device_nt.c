// SPDX-License-Identifier: GPL-2.0
/*
 * Disks, partitions and volumes of NT's for Linux: what they are, and that nobody else
 * writes to them. Structures and codes are those of ntdddisk.h, ntddstor.h and the file
 * systems'.
 */
#include "block_nt.h"
#include "text.h"

#include <ntddstor.h>
#include <ntdddisk.h>

#define GET_ATTRIBUTES		CTL_CODE(IOCTL_DISK_BASE, 0x3c, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define ATTRIBUTE_OFFLINE	1

/* A request to a device, with its answer. */
struct question {
	const struct worker *worker;
	HANDLE file;
	void *in;
	ULONG in_bytes;
	void *out;
	ULONG out_bytes;
};

static NTSTATUS ask(const struct question *q, ULONG code)
{
	BOOLEAN file_system = code >> 16 == FILE_DEVICE_FILE_SYSTEM;
	IO_STATUS_BLOCK io;
	NTSTATUS status;

	io.Status = STATUS_UNSUCCESSFUL;
	if (file_system)
		status = ZwFsControlFile(q->file, q->worker->event, NULL, NULL, &io,
					 code, q->in, q->in_bytes, q->out,
					 q->out_bytes);
	else
		status = ZwDeviceIoControlFile(q->file, q->worker->event, NULL, NULL,
					       &io, code, q->in, q->in_bytes, q->out,
					       q->out_bytes);
	return block_finish(q->worker, status, &io);
}

NTSTATUS device_open(UNICODE_STRING *name, HANDLE *file)
{
	OBJECT_ATTRIBUTES object;
	IO_STATUS_BLOCK io;

	InitializeObjectAttributes(&object, name, OBJ_CASE_INSENSITIVE |
				   OBJ_KERNEL_HANDLE, NULL, NULL);
	return ZwCreateFile(file, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &object, &io,
			    NULL, FILE_ATTRIBUTE_NORMAL,
			    FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN,
			    FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

NTSTATUS device_ask(struct worker *worker, HANDLE file, ULONG code, void *out,
		    ULONG bytes)
{
	struct question q = {
		.worker = worker, .file = file, .out = out, .out_bytes = bytes,
	};

	if (out)
		RtlZeroMemory(out, bytes);
	return ask(&q, code);
}

static NTSTATUS get(struct worker *worker, struct disk *disk, ULONG code, void *out,
		    ULONG bytes)
{
	return device_ask(worker, disk->file, code, out, bytes);
}

static NTSTATUS get_property(struct worker *worker, HANDLE file,
			     STORAGE_PROPERTY_ID id, void *out, ULONG bytes)
{
	STORAGE_PROPERTY_QUERY query = {
		.PropertyId = id, .QueryType = PropertyStandardQuery,
	};
	struct question q = {
		.worker = worker, .file = file, .in = &query,
		.in_bytes = sizeof(query), .out = out, .out_bytes = bytes,
	};

	RtlZeroMemory(out, bytes);
	return ask(&q, IOCTL_STORAGE_QUERY_PROPERTY);
}

/* ------------------------------------------------------------- what it is -- */

static BOOLEAN is_sector_size(u32 bytes)
{
	return bytes >= SECTOR && bytes <= 4096 && !(bytes & (bytes - 1));
}

static const char *find_size(struct worker *worker, struct disk *disk)
{
	GET_LENGTH_INFORMATION length;
	DISK_GEOMETRY geometry;

	if (!NT_SUCCESS(get(worker, disk, IOCTL_DISK_GET_DRIVE_GEOMETRY, &geometry,
			    sizeof(geometry))))
		return "it is no disk, or has no medium";
	if (!is_sector_size(geometry.BytesPerSector))
		return "its sectors are neither of 512 bytes nor of 4096";
	disk->sector = geometry.BytesPerSector;
	if (NT_SUCCESS(get(worker, disk, IOCTL_DISK_GET_LENGTH_INFO, &length,
			   sizeof(length))))
		disk->bytes = length.Length.QuadPart;
	else
		disk->bytes = (u64)geometry.Cylinders.QuadPart *
			      geometry.TracksPerCylinder * geometry.SectorsPerTrack *
			      geometry.BytesPerSector;
	disk->bytes -= disk->bytes % disk->sector;
	return disk->bytes ? NULL : "it has no medium";
}

static void find_physical_sector(struct worker *worker, struct disk *disk)
{
	STORAGE_ACCESS_ALIGNMENT_DESCRIPTOR alignment;

	disk->physical_sector = disk->sector;
	if (NT_SUCCESS(get_property(worker, disk->file, StorageAccessAlignmentProperty,
				    &alignment, sizeof(alignment))) &&
	    is_sector_size(alignment.BytesPerPhysicalSector) &&
	    alignment.BytesPerPhysicalSector >= disk->sector)
		disk->physical_sector = alignment.BytesPerPhysicalSector;
}

/* Text of a descriptor, without the blanks at its ends. */
static void copy_text(char *to, size_t size, const char *text, size_t limit)
{
	size_t i = 0, length = 0;

	while (limit && *text == ' ') {
		text++;
		limit--;
	}
	for (; i + 1 < size && i < limit && text[i] >= ' ' && text[i] < 127; i++) {
		to[i] = text[i];
		if (text[i] != ' ')
			length = i + 1;
	}
	to[length] = '\0';
}

union description {
	STORAGE_DEVICE_DESCRIPTOR head;
	char bytes[512];
};

static void copy_field(char *to, size_t size, const union description *device,
		       ULONG at)
{
	if (at && at < sizeof(*device))
		copy_text(to, size, device->bytes + at, sizeof(*device) - at);
}

/* Return: NULL where the device does not say; else valid until the next call. */
static const union description *describe(struct worker *worker, HANDLE file)
{
	static union description device;

	return NT_SUCCESS(get_property(worker, file, StorageDeviceProperty, &device,
				       sizeof(device))) ? &device : NULL;
}

static BOOLEAN is_export(const union description *device)
{
	char vendor[16] = { 0 };

	copy_field(vendor, sizeof(vendor), device, device->head.VendorIdOffset);
	return device->head.BusType == BusTypeVirtual &&
	       text_same(vendor, EXPORT_VENDOR);
}

BOOLEAN device_is_export(struct worker *worker, HANDLE file)
{
	const union description *device = describe(worker, file);

	return device && is_export(device);
}

/* Return: FALSE for an export of Linux's, under whatever name. */
static BOOLEAN find_names(struct worker *worker, struct disk *disk)
{
	const union description *device = describe(worker, disk->file);

	if (!device)
		return TRUE;
	if (is_export(device))
		return FALSE;
	copy_field(disk->model, sizeof(disk->model), device,
		   device->head.ProductIdOffset);
	copy_field(disk->serial, sizeof(disk->serial), device,
		   device->head.SerialNumberOffset);
	return TRUE;
}

static void find_trim(struct worker *worker, struct disk *disk)
{
	DEVICE_TRIM_DESCRIPTOR trim;

	if (!(disk->flags & WSL4_DISK_READ_ONLY) &&
	    NT_SUCCESS(get_property(worker, disk->file, StorageDeviceTrimProperty, &trim,
				    sizeof(trim))) && trim.TrimEnabled)
		disk->flags |= WSL4_DISK_DISCARD;
}

NTSTATUS device_trim(struct worker *worker, struct disk *disk, u64 start, u64 bytes)
{
	struct trim {
		DEVICE_MANAGE_DATA_SET_ATTRIBUTES set;
		DEVICE_DATA_SET_RANGE range;
	} in = {
		.set.Size = sizeof(in.set),
		.set.Action = DeviceDsmAction_Trim,
		.set.DataSetRangesOffset = offsetof(struct trim, range),
		.set.DataSetRangesLength = sizeof(in.range),
		.range.StartingOffset = start,
		.range.LengthInBytes = bytes,
	};
	const struct question q = {
		.worker = worker, .file = disk->file, .in = &in, .in_bytes = sizeof(in),
	};

	return ask(&q, IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES);
}

const char *device_examine(struct worker *worker, struct disk *disk)
{
	const char *why = find_size(worker, disk);

	if (why)
		return why;
	find_physical_sector(worker, disk);
	if (!find_names(worker, disk))
		return "it is one of Linux's own";
	find_trim(worker, disk);
	if (!extents_read(worker, disk->file, &disk->extents))
		return "it lies in more places than can be watched";
	return NULL;
}

/* --------------------------------------------------------- who writes to it -- */

/* GET_DISK_ATTRIBUTES, of Windows 7's winioctl.h */
struct disk_attributes {
	u32 version;
	u32 reserved;
	u64 attributes;
};

/* Windows has no volumes on a disk that somebody has taken offline. */
static BOOLEAN is_offline(struct worker *worker, struct disk *disk)
{
	struct disk_attributes out;

	return NT_SUCCESS(get(worker, disk, GET_ATTRIBUTES, &out, sizeof(out))) &&
	       (out.attributes & ATTRIBUTE_OFFLINE);
}

/* Partitions that Windows knows: there may be volumes on them. */
static BOOLEAN has_partitions(struct worker *worker, struct disk *disk)
{
	static union {
		DRIVE_LAYOUT_INFORMATION_EX layout;
		u8 bytes[8192];
	} out;
	const ULONG limit = (sizeof(out) - offsetof(DRIVE_LAYOUT_INFORMATION_EX,
						    PartitionEntry)) /
			    sizeof(out.layout.PartitionEntry[0]);
	NTSTATUS status;
	ULONG i;

	status = get(worker, disk, IOCTL_DISK_GET_DRIVE_LAYOUT_EX, &out, sizeof(out));
	/* A device may have no notion of them; too many for us is a failure, too. */
	if (!NT_SUCCESS(status))
		return status != STATUS_INVALID_DEVICE_REQUEST &&
		       status != STATUS_NOT_SUPPORTED;
	/* An MBR has room for four, and unused entries are counted. */
	for (i = 0; i < out.layout.PartitionCount && i < limit; i++)
		if (out.layout.PartitionEntry[i].PartitionLength.QuadPart)
			return TRUE;
	return FALSE;
}

/*
 * As long as this handle is open the lock holds. A volume of which files are open,
 * Windows's own and the one with the page file among them, cannot be locked.
 */
static const char *lock_volume(struct worker *worker, struct disk *disk)
{
	if (!NT_SUCCESS(get(worker, disk, FSCTL_LOCK_VOLUME, NULL, 0)))
		return "Windows has files on it open. Close them, or use the option ro";
	/* Wine asks the device, and then wants to unmount one of the host's as well. */
	if (!NT_SUCCESS(get(worker, disk, FSCTL_DISMOUNT_VOLUME, NULL, 0)) &&
	    !nt_under_wine)
		return "Windows does not dismount it";
	/* Behind the file system's end there is some more. */
	get(worker, disk, FSCTL_ALLOW_EXTENDED_DASD_IO, NULL, 0);
	return NULL;
}

const char *device_claim(struct worker *worker, struct disk *disk)
{
	NTSTATUS status;

	if (disk->flags & WSL4_DISK_READ_ONLY)
		return NULL;
	status = get(worker, disk, IOCTL_DISK_IS_WRITABLE, NULL, 0);
	if (status == STATUS_MEDIA_WRITE_PROTECTED)
		return "it is write-protected. Attach it with the option ro";
	if (disk->kind == DISK_IS_VOLUME)
		return lock_volume(worker, disk);
	if (!is_offline(worker, disk) && has_partitions(worker, disk))
		return "it has partitions: name one (--partition), take it offline, or say ro";
	return NULL;
}

/* ------------------------------------------------------------------- names -- */

static BOOLEAN skip(const char **name, const char *word)
{
	const char *behind = text_behind(*name, word);

	if (!behind)
		return FALSE;
	*name = behind;
	return TRUE;
}

static size_t digits(const char *text)
{
	size_t n = 0;

	while (text[n] >= '0' && text[n] <= '9')
		n++;
	return n;
}

static BOOLEAN is_number(const char *text)
{
	size_t n = digits(text);

	return n && !text[n];
}

/* Below \??\, as programs name them, or below \Device, as NT does. */
enum disk_kind device_kind(const char *path)
{
	const char *name = path;

	/* A name of NT's that a program has put together. */
	skip(&name, "\\??\\globalroot");
	if (skip(&name, "\\device\\")) {
		if (skip(&name, "harddiskvolume"))
			return is_number(name) ? DISK_IS_VOLUME : DISK_IS_FILE;
	} else if (!skip(&name, "\\??\\")) {
		return DISK_IS_FILE;
	}
	if (*name && name[1] == ':' && !name[2])
		return DISK_IS_VOLUME;
	if (skip(&name, "volume{")) {
		while (*name && *name != '}')
			name++;
		return name[0] == '}' && !name[1] ? DISK_IS_VOLUME : DISK_IS_FILE;
	}
	if (skip(&name, "physicaldrive"))
		return is_number(name) ? DISK_IS_WHOLE : DISK_IS_FILE;
	if (!skip(&name, "harddisk") || !digits(name))
		return DISK_IS_FILE;
	name += digits(name);
	if (*name == '\\')
		name++;
	if (skip(&name, "dr"))
		return is_number(name) ? DISK_IS_WHOLE : DISK_IS_FILE;
	if (!skip(&name, "partition") || !is_number(name))
		return DISK_IS_FILE;
	/* Partition 0 is the disk. */
	return name[0] == '0' && !name[1] ? DISK_IS_WHOLE : DISK_IS_VOLUME;
}

/* None of NT's is larger, or begins with 0. */
static BOOLEAN number(const char **at, ULONG *value)
{
	size_t n = digits(*at);

	if (!n || n > 9 || (n > 1 && **at == '0'))
		return FALSE;
	for (*value = 0; n; n--)
		*value = *value * 10 + *(*at)++ - '0';
	return TRUE;
}

BOOLEAN device_name(const char *path, WCHAR name[DEVICE_NAME_ROOM])
{
	ULONG disk, partition;

	if (!skip(&path, "\\??\\harddisk") || !number(&path, &disk) ||
	    !skip(&path, "partition") || !number(&path, &partition) || *path)
		return FALSE;
	name = text_append_number(text_append(name, "\\Device\\Harddisk"), disk);
	text_append_number(text_append(name, "\\Partition"), partition);
	return TRUE;
}
