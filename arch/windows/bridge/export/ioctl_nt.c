// SPDX-License-Identifier: GPL-2.0
/*
 * The export bridge's NT end: what a disk answers to control requests. Structures
 * are those of ntdddisk.h and ntddstor.h.
 */
#include "export_nt.h"

#include <ntddstor.h>
#include <ntdddisk.h>
#include <ntddscsi.h>

#define SECTORS_PER_TRACK	63u
#define TRACKS_PER_CYLINDER	255u

/* No disk of Windows's has such a number. */
#define FIRST_DEVICE_NUMBER	0x8057u

/* Who answers, and into what. */
struct answer {
	const struct export *export;
	struct request request;
	ULONG_PTR bytes;
};

/* Room for an answer of this size, zeroed; NULL if the program has none. */
static void *room(struct answer *answer, u32 bytes)
{
	if (answer->request.out < bytes)
		return NULL;
	RtlZeroMemory(answer->request.buffer, bytes);
	answer->bytes = bytes;
	return answer->request.buffer;
}

static void fill_geometry(const struct export *export, DISK_GEOMETRY *geometry)
{
	u32 block = export->info.logical_block;
	u64 cylinder = (u64)block * SECTORS_PER_TRACK * TRACKS_PER_CYLINDER;

	geometry->Cylinders.QuadPart = export->info.bytes / cylinder;
	geometry->MediaType = FixedMedia;
	geometry->TracksPerCylinder = TRACKS_PER_CYLINDER;
	geometry->SectorsPerTrack = SECTORS_PER_TRACK;
	geometry->BytesPerSector = block;
}

static NTSTATUS geometry(struct answer *answer)
{
	DISK_GEOMETRY *out = room(answer, sizeof(*out));

	if (!out)
		return STATUS_BUFFER_TOO_SMALL;
	fill_geometry(answer->export, out);
	return STATUS_SUCCESS;
}

static NTSTATUS geometry_ex(struct answer *answer)
{
	DISK_GEOMETRY_EX *out;

	/* What comes behind it is there for those who have room. */
	out = room(answer, FIELD_OFFSET(DISK_GEOMETRY_EX, Data));
	if (!out)
		return STATUS_BUFFER_TOO_SMALL;
	fill_geometry(answer->export, &out->Geometry);
	out->DiskSize.QuadPart = answer->export->info.bytes;
	return STATUS_SUCCESS;
}

static NTSTATUS length(struct answer *answer)
{
	GET_LENGTH_INFORMATION *out = room(answer, sizeof(*out));

	if (!out)
		return STATUS_BUFFER_TOO_SMALL;
	out->Length.QuadPart = answer->export->info.bytes;
	return STATUS_SUCCESS;
}

static NTSTATUS partition(struct answer *answer)
{
	PARTITION_INFORMATION *out = room(answer, sizeof(*out));

	if (!out)
		return STATUS_BUFFER_TOO_SMALL;
	out->PartitionLength.QuadPart = answer->export->info.bytes;
	return STATUS_SUCCESS;
}

static NTSTATUS partition_ex(struct answer *answer)
{
	PARTITION_INFORMATION_EX *out = room(answer, sizeof(*out));

	if (!out)
		return STATUS_BUFFER_TOO_SMALL;
	out->PartitionStyle = PARTITION_STYLE_RAW;
	out->PartitionLength.QuadPart = answer->export->info.bytes;
	return STATUS_SUCCESS;
}

static NTSTATUS layout(struct answer *answer)
{
	DRIVE_LAYOUT_INFORMATION *out;

	out = room(answer, FIELD_OFFSET(DRIVE_LAYOUT_INFORMATION, PartitionEntry));
	return out ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}

static NTSTATUS layout_ex(struct answer *answer)
{
	DRIVE_LAYOUT_INFORMATION_EX *out;

	out = room(answer, FIELD_OFFSET(DRIVE_LAYOUT_INFORMATION_EX,
					PartitionEntry));
	if (!out)
		return STATUS_BUFFER_TOO_SMALL;
	out->PartitionStyle = PARTITION_STYLE_RAW;
	return STATUS_SUCCESS;
}

static NTSTATUS media_types(struct answer *answer)
{
	DISK_GEOMETRY *out = room(answer, sizeof(*out));

	if (!out)
		return STATUS_BUFFER_TOO_SMALL;
	fill_geometry(answer->export, out);
	return STATUS_SUCCESS;
}

static NTSTATUS media_types_ex(struct answer *answer)
{
	BOOLEAN read_only = answer->export->info.flags & WSL4_EXPORT_READ_ONLY;
	GET_MEDIA_TYPES *out = room(answer, sizeof(*out));
	DEVICE_MEDIA_INFO *media;
	DISK_GEOMETRY is;

	if (!out)
		return STATUS_BUFFER_TOO_SMALL;
	fill_geometry(answer->export, &is);
	out->DeviceType = FILE_DEVICE_DISK;
	out->MediaInfoCount = 1;
	media = &out->MediaInfo[0];
	media->DeviceSpecific.DiskInfo.Cylinders = is.Cylinders;
	media->DeviceSpecific.DiskInfo.MediaType = (STORAGE_MEDIA_TYPE)FixedMedia;
	media->DeviceSpecific.DiskInfo.TracksPerCylinder = is.TracksPerCylinder;
	media->DeviceSpecific.DiskInfo.SectorsPerTrack = is.SectorsPerTrack;
	media->DeviceSpecific.DiskInfo.BytesPerSector = is.BytesPerSector;
	media->DeviceSpecific.DiskInfo.NumberMediaSides = 1;
	media->DeviceSpecific.DiskInfo.MediaCharacteristics =
		MEDIA_CURRENTLY_MOUNTED |
		(read_only ? MEDIA_READ_ONLY : MEDIA_READ_WRITE);
	return STATUS_SUCCESS;
}

static NTSTATUS hotplug(struct answer *answer)
{
	STORAGE_HOTPLUG_INFO *out = room(answer, sizeof(*out));

	if (!out)
		return STATUS_BUFFER_TOO_SMALL;
	out->Size = sizeof(*out);
	out->DeviceHotplug = TRUE;
	return STATUS_SUCCESS;
}

static NTSTATUS device_number(struct answer *answer)
{
	STORAGE_DEVICE_NUMBER *out = room(answer, sizeof(*out));

	if (!out)
		return STATUS_BUFFER_TOO_SMALL;
	out->DeviceType = FILE_DEVICE_DISK;
	out->DeviceNumber = FIRST_DEVICE_NUMBER + export_number(answer->export);
	return STATUS_SUCCESS;
}

static NTSTATUS scsi_address(struct answer *answer)
{
	SCSI_ADDRESS *out = room(answer, sizeof(*out));

	if (!out)
		return STATUS_BUFFER_TOO_SMALL;
	out->Length = sizeof(*out);
	out->PortNumber = 0x80;
	out->TargetId = export_number(answer->export);
	return STATUS_SUCCESS;
}

/* ---------------------------------------------------------- properties -- */

static NTSTATUS describe_device(struct answer *answer)
{
	struct {
		STORAGE_DEVICE_DESCRIPTOR head;
		char vendor[sizeof(EXPORT_VENDOR)];
		char product[WSL4_EXPORT_NAME];
		char serial[WSL4_EXPORT_NAME];
	} full = { 0 };
	const char *name = answer->export->info.name;
	u32 bytes = sizeof(full);
	void *out;

	full.head.Version = sizeof(full.head);
	full.head.Size = sizeof(full);
	full.head.CommandQueueing = TRUE;
	full.head.BusType = BusTypeVirtual;
	full.head.VendorIdOffset = (u8 *)full.vendor - (u8 *)&full;
	full.head.ProductIdOffset = (u8 *)full.product - (u8 *)&full;
	full.head.SerialNumberOffset = (u8 *)full.serial - (u8 *)&full;
	RtlCopyMemory(full.vendor, EXPORT_VENDOR, sizeof(EXPORT_VENDOR));
	RtlCopyMemory(full.product, name, WSL4_EXPORT_NAME);
	RtlCopyMemory(full.serial, name, WSL4_EXPORT_NAME);
	if (bytes > answer->request.out)
		bytes = answer->request.out;
	/* A program asks with a short buffer how large it is. */
	if (bytes < sizeof(STORAGE_DESCRIPTOR_HEADER))
		return STATUS_BUFFER_TOO_SMALL;
	out = room(answer, bytes);
	RtlCopyMemory(out, &full, bytes);
	return STATUS_SUCCESS;
}

/* The same for descriptors of a fixed size. */
static NTSTATUS put_descriptor(struct answer *answer, const void *descriptor,
			       u32 size)
{
	u32 bytes = min(answer->request.out, size);
	void *out;

	if (bytes < sizeof(STORAGE_DESCRIPTOR_HEADER))
		return STATUS_BUFFER_TOO_SMALL;
	out = room(answer, bytes);
	RtlCopyMemory(out, descriptor, bytes);
	return STATUS_SUCCESS;
}

static NTSTATUS describe_adapter(struct answer *answer)
{
	STORAGE_ADAPTER_DESCRIPTOR out = {
		.Version = sizeof(out),
		.Size = sizeof(out),
		.MaximumTransferLength = 16 << 20,
		.MaximumPhysicalPages = (16 << 20) / 4096,
		.CommandQueueing = TRUE,
		.BusType = BusTypeVirtual,
	};

	return put_descriptor(answer, &out, sizeof(out));
}

static NTSTATUS describe_alignment(struct answer *answer)
{
	STORAGE_ACCESS_ALIGNMENT_DESCRIPTOR out = {
		.Version = sizeof(out),
		.Size = sizeof(out),
		.BytesPerLogicalSector = answer->export->info.logical_block,
		.BytesPerPhysicalSector = answer->export->info.physical_block,
	};

	return put_descriptor(answer, &out, sizeof(out));
}

static NTSTATUS describe_trim(struct answer *answer)
{
	DEVICE_TRIM_DESCRIPTOR out = {
		.Version = sizeof(out),
		.Size = sizeof(out),
		.TrimEnabled = !!(answer->export->info.flags & WSL4_EXPORT_DISCARD),
	};

	return put_descriptor(answer, &out, sizeof(out));
}

static NTSTATUS describe_cache(struct answer *answer)
{
	STORAGE_WRITE_CACHE_PROPERTY out = {
		.Version = sizeof(out),
		.Size = sizeof(out),
		.WriteCacheType = WriteCacheTypeWriteBack,
		.WriteCacheEnabled = WriteCacheEnabled,
		.WriteCacheChangeable = WriteCacheNotChangeable,
		.WriteThroughSupported = WriteThroughSupported,
		.FlushCacheSupported = TRUE,
	};

	return put_descriptor(answer, &out, sizeof(out));
}

static NTSTATUS property(struct answer *answer)
{
	static const struct {
		STORAGE_PROPERTY_ID id;
		NTSTATUS (*describe)(struct answer *answer);
	} list[] = {
		{ StorageDeviceProperty, describe_device },
		{ StorageAdapterProperty, describe_adapter },
		{ StorageAccessAlignmentProperty, describe_alignment },
		{ StorageDeviceTrimProperty, describe_trim },
		{ StorageDeviceWriteCacheProperty, describe_cache },
	};
	const STORAGE_PROPERTY_QUERY *query = answer->request.buffer;
	STORAGE_QUERY_TYPE type;
	size_t i;

	if (answer->request.in < FIELD_OFFSET(STORAGE_PROPERTY_QUERY,
					      AdditionalParameters))
		return STATUS_INVALID_PARAMETER;
	type = query->QueryType;
	for (i = 0; i < ARRAYSIZE(list); i++) {
		if (list[i].id != query->PropertyId)
			continue;
		if (type == PropertyExistsQuery)
			return STATUS_SUCCESS;
		if (type == PropertyStandardQuery)
			return list[i].describe(answer);
	}
	return STATUS_NOT_SUPPORTED;
}

/* ------------------------------------------------------------ requests -- */

static NTSTATUS writable(struct answer *answer)
{
	return answer->export->info.flags & WSL4_EXPORT_READ_ONLY ?
	       STATUS_MEDIA_WRITE_PROTECTED : STATUS_SUCCESS;
}

/* The media change count, if somebody wants it. */
static NTSTATUS check_verify(struct answer *answer)
{
	if (answer->request.out >= sizeof(ULONG))
		room(answer, sizeof(ULONG));
	return STATUS_SUCCESS;
}

static NTSTATUS nothing_to_do(struct answer *answer)
{
	(void)answer;
	return STATUS_SUCCESS;
}

static const struct {
	u32 code;
	NTSTATUS (*routine)(struct answer *answer);
} answers[] = {
	{ IOCTL_DISK_GET_LENGTH_INFO, length },
	{ IOCTL_DISK_GET_DRIVE_GEOMETRY, geometry },
	{ IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, geometry_ex },
	{ IOCTL_DISK_GET_PARTITION_INFO, partition },
	{ IOCTL_DISK_GET_PARTITION_INFO_EX, partition_ex },
	{ IOCTL_DISK_GET_DRIVE_LAYOUT, layout },
	{ IOCTL_DISK_GET_DRIVE_LAYOUT_EX, layout_ex },
	{ IOCTL_DISK_GET_MEDIA_TYPES, media_types },
	{ IOCTL_STORAGE_GET_MEDIA_TYPES, media_types },
	{ IOCTL_STORAGE_GET_MEDIA_TYPES_EX, media_types_ex },
	{ IOCTL_STORAGE_GET_HOTPLUG_INFO, hotplug },
	{ IOCTL_STORAGE_GET_DEVICE_NUMBER, device_number },
	{ IOCTL_STORAGE_QUERY_PROPERTY, property },
	{ IOCTL_SCSI_GET_ADDRESS, scsi_address },
	{ IOCTL_DISK_IS_WRITABLE, writable },
	{ IOCTL_DISK_CHECK_VERIFY, check_verify },
	{ IOCTL_STORAGE_CHECK_VERIFY, check_verify },
	{ IOCTL_STORAGE_CHECK_VERIFY2, check_verify },
	{ IOCTL_DISK_UPDATE_PROPERTIES, nothing_to_do },
	{ FSCTL_ALLOW_EXTENDED_DASD_IO, nothing_to_do },
};

NTSTATUS ioctl_answer(struct export *export, PIRP irp, ULONG_PTR *bytes)
{
	struct answer answer = { .export = export };
	NTSTATUS status;
	size_t i;

	if (export->state != EXPORT_LIVE)
		return STATUS_DEVICE_NOT_CONNECTED;
	request_parse(&answer.request, irp);
	for (i = 0; i < ARRAYSIZE(answers); i++) {
		if (answers[i].code != answer.request.code)
			continue;
		status = answers[i].routine(&answer);
		*bytes = NT_SUCCESS(status) ? answer.bytes : 0;
		return status;
	}
	return request_submit(export, irp);
}
