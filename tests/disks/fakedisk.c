// SPDX-License-Identifier: GPL-2.0
/*
 * A driver for the tests: disks and volumes in memory, as NT has them.
 *
 *	PhysicalDrive5		8 MiB, with partitions, but Windows has it offline
 *	PhysicalDrive6		8 MiB, with an MBR that has no partition
 *	Volume{...61}		a volume that lies in more places than linux.sys takes
 *	PhysicalDrive7		32 MiB, empty
 *	PhysicalDrive8		32 MiB, with partitions of Windows's
 *	Harddisk8Partition1	16 MiB, a volume
 *	Volume{...81}		another name for that
 *	Harddisk8Partition2	8 MiB, behind it
 *	PhysicalDrive9		32 MiB in sectors of 4096, write-protected
 *
 * IOCTL 0x9000 to one makes it vanish: what is asked of it then fails. 0x9001 tells how
 * often it was flushed, locked and dismounted.
 */
#include <ntddk.h>
#include <ntddstor.h>
#include <ntdddisk.h>
#include <ntddvol.h>

#define FSCTL_LOCK	CTL_CODE(FILE_DEVICE_FILE_SYSTEM, 6, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_DISMOUNT	CTL_CODE(FILE_DEVICE_FILE_SYSTEM, 8, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_ATTRIBUTES CTL_CODE(IOCTL_DISK_BASE, 0x3c, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_VANISH	CTL_CODE(FILE_DEVICE_DISK, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_COUNTS	CTL_CODE(FILE_DEVICE_DISK, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)

struct fake {
	const WCHAR *link;
	const char *serial;
	ULONG megabytes;
	ULONG sector;
	ULONG partitions;
	ULONG disk;		/* its number, if it is a partition */
	ULONG partition;	/* ditto; 0: a whole disk */
	ULONG start;		/* ditto, MiB */
	ULONG extents;		/* a volume: in how many places it lies */
	BOOLEAN empty;		/* its partitions are entries without one */
	BOOLEAN trims;		/* what is trimmed is 0xee then */
	BOOLEAN offline;
	BOOLEAN read_only;
	BOOLEAN gone;
	ULONG counts[3];	/* flushed, locked, dismounted */
	UCHAR *data;
};

static struct fake fakes[] = {
	{ .link = L"\\DosDevices\\PhysicalDrive5", .serial = "SN5", .megabytes = 8,
	  .sector = 512, .partitions = 4, .disk = 5, .offline = TRUE, .trims = TRUE },
	{ .link = L"\\DosDevices\\PhysicalDrive6", .serial = "SN6", .megabytes = 8,
	  .sector = 512, .partitions = 4, .empty = TRUE, .disk = 6 },
	{ .link = L"\\DosDevices\\Volume{00000000-0000-0000-0000-000000000061}",
	  .serial = "SN6", .megabytes = 8, .sector = 512, .disk = 6, .partition = 1,
	  .start = 1, .extents = 9 },
	{ .link = L"\\DosDevices\\PhysicalDrive7", .serial = "SN7", .megabytes = 32,
	  .sector = 512, .disk = 7 },
	{ .link = L"\\DosDevices\\PhysicalDrive8", .serial = "SN8", .megabytes = 32,
	  .sector = 512, .partitions = 2, .disk = 8 },
	{ .link = L"\\DosDevices\\Harddisk8Partition1", .serial = "SN8",
	  .megabytes = 16, .sector = 512, .disk = 8, .partition = 1, .start = 1 },
	{ .link = L"\\DosDevices\\Volume{00000000-0000-0000-0000-000000000081}",
	  .serial = "SN8", .megabytes = 16, .sector = 512, .disk = 8, .partition = 1,
	  .start = 1, .extents = 1 },
	{ .link = L"\\DosDevices\\Harddisk8Partition2", .serial = "SN8",
	  .megabytes = 8, .sector = 512, .disk = 8, .partition = 2, .start = 17 },
	{ .link = L"\\DosDevices\\PhysicalDrive9", .serial = "  SN 9 ",
	  .megabytes = 32, .sector = 4096, .read_only = TRUE, .disk = 9 },
};

static struct fake *fake_of(PDEVICE_OBJECT device)
{
	return *(struct fake **)device->DeviceExtension;
}

static ULONGLONG size_of(const struct fake *fake)
{
	return (ULONGLONG)fake->megabytes << 20;
}

static NTSTATUS done(PIRP irp, NTSTATUS status, ULONG_PTR bytes)
{
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = NT_SUCCESS(status) ? bytes : 0;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return status;
}

static NTSTATUS NTAPI open_close(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	return done(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI transfer(PDEVICE_OBJECT device, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
	struct fake *fake = fake_of(device);
	BOOLEAN write = stack->MajorFunction == IRP_MJ_WRITE;
	ULONGLONG at = stack->Parameters.Read.ByteOffset.QuadPart;
	ULONG bytes = stack->Parameters.Read.Length;

	if (fake->gone)
		return done(irp, STATUS_NO_SUCH_DEVICE, 0);
	if (stack->MajorFunction == IRP_MJ_FLUSH_BUFFERS) {
		fake->counts[0]++;
		return done(irp, STATUS_SUCCESS, 0);
	}
	if (write && fake->read_only)
		return done(irp, STATUS_MEDIA_WRITE_PROTECTED, 0);
	if (at % fake->sector || bytes % fake->sector || at > size_of(fake) ||
	    bytes > size_of(fake) - at)
		return done(irp, STATUS_INVALID_PARAMETER, 0);
	if (write)
		RtlCopyMemory(fake->data + at, irp->AssociatedIrp.SystemBuffer, bytes);
	else
		RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, fake->data + at, bytes);
	return done(irp, STATUS_SUCCESS, bytes);
}

static NTSTATUS describe(const struct fake *fake, const STORAGE_PROPERTY_QUERY *query,
			 void *out, ULONG room, ULONG *bytes)
{
	STORAGE_ACCESS_ALIGNMENT_DESCRIPTOR *alignment = out;
	STORAGE_DEVICE_DESCRIPTOR *descriptor = out;
	STORAGE_PROPERTY_ID id = query->PropertyId;
	ULONG i;

	*bytes = id == StorageDeviceProperty ? 256 :
		 id == StorageDeviceTrimProperty ? sizeof(DEVICE_TRIM_DESCRIPTOR) :
						   sizeof(*alignment);
	if (room < *bytes)
		return STATUS_BUFFER_TOO_SMALL;
	RtlZeroMemory(out, *bytes);
	if (id == StorageAccessAlignmentProperty) {
		alignment->BytesPerLogicalSector = fake->sector;
		alignment->BytesPerPhysicalSector = 4096;
		return STATUS_SUCCESS;
	}
	if (id == StorageDeviceTrimProperty) {
		((DEVICE_TRIM_DESCRIPTOR *)out)->TrimEnabled = fake->trims;
		return STATUS_SUCCESS;
	}
	if (id != StorageDeviceProperty)
		return STATUS_NOT_SUPPORTED;
	descriptor->Size = 256;
	descriptor->ProductIdOffset = 128;
	descriptor->SerialNumberOffset = 192;
	RtlCopyMemory((char *)out + 128, "Fake disk   ", 12);
	for (i = 0; fake->serial[i]; i++)
		((char *)out)[192 + i] = fake->serial[i];
	return STATUS_SUCCESS;
}

/* Where it lies. */
static NTSTATUS locate(const struct fake *fake, ULONG code, void *out, ULONG room,
		       ULONG *bytes)
{
	PARTITION_INFORMATION_EX *partition = out;
	STORAGE_DEVICE_NUMBER *number = out;
	VOLUME_DISK_EXTENTS *volume = out;

	*bytes = code == IOCTL_STORAGE_GET_DEVICE_NUMBER ? sizeof(*number) :
		 code == IOCTL_DISK_GET_PARTITION_INFO_EX ? sizeof(*partition) :
							    sizeof(*volume);
	if (room < *bytes)
		return STATUS_BUFFER_TOO_SMALL;
	RtlZeroMemory(out, *bytes);
	switch (code) {
	case IOCTL_STORAGE_GET_DEVICE_NUMBER:
		number->DeviceType = FILE_DEVICE_DISK;
		number->DeviceNumber = fake->disk;
		number->PartitionNumber = fake->partition;
		return STATUS_SUCCESS;
	case IOCTL_DISK_GET_PARTITION_INFO_EX:
		partition->StartingOffset.QuadPart = (ULONGLONG)fake->start << 20;
		partition->PartitionLength.QuadPart = size_of(fake);
		partition->PartitionNumber = fake->partition;
		return STATUS_SUCCESS;
	}
	if (!fake->extents)
		return STATUS_INVALID_DEVICE_REQUEST;
	if (fake->extents > 1)
		return STATUS_BUFFER_OVERFLOW;
	volume->NumberOfDiskExtents = 1;
	volume->Extents[0].DiskNumber = fake->disk;
	volume->Extents[0].StartingOffset.QuadPart = (ULONGLONG)fake->start << 20;
	volume->Extents[0].ExtentLength.QuadPart = size_of(fake);
	return STATUS_SUCCESS;
}

static NTSTATUS list_partitions(const struct fake *fake,
				DRIVE_LAYOUT_INFORMATION_EX *layout, ULONG room,
				ULONG *bytes)
{
	PARTITION_INFORMATION_EX *entry = layout->PartitionEntry;
	ULONG i;

	*bytes = offsetof(DRIVE_LAYOUT_INFORMATION_EX, PartitionEntry) +
		 fake->partitions * sizeof(*entry);
	if (room < *bytes)
		return STATUS_BUFFER_TOO_SMALL;
	RtlZeroMemory(layout, *bytes);
	layout->PartitionCount = fake->partitions;
	for (i = 0; i < fake->partitions && !fake->empty; i++)
		entry[i].PartitionLength.QuadPart = 1 << 20;
	return STATUS_SUCCESS;
}

/* GET_DISK_ATTRIBUTES */
static NTSTATUS attributes(const struct fake *fake, ULONGLONG *out, ULONG room,
			   ULONG *bytes)
{
	*bytes = 2 * sizeof(*out);
	if (room < *bytes)
		return STATUS_BUFFER_TOO_SMALL;
	out[0] = *bytes;
	out[1] = fake->offline;
	return STATUS_SUCCESS;
}

static NTSTATUS trim(struct fake *fake, const DEVICE_MANAGE_DATA_SET_ATTRIBUTES *set,
		     ULONG bytes)
{
	const DEVICE_DATA_SET_RANGE *range;

	if (!fake->trims || bytes < sizeof(*set) || set->Size != sizeof(*set) ||
	    set->Action != DeviceDsmAction_Trim ||
	    set->DataSetRangesLength != sizeof(*range) ||
	    set->DataSetRangesOffset != bytes - sizeof(*range))
		return STATUS_INVALID_PARAMETER;
	range = (const void *)((const char *)set + set->DataSetRangesOffset);
	if ((ULONGLONG)range->StartingOffset > size_of(fake) ||
	    range->LengthInBytes > size_of(fake) - range->StartingOffset)
		return STATUS_INVALID_PARAMETER;
	RtlFillMemory(fake->data + range->StartingOffset, range->LengthInBytes, 0xee);
	return STATUS_SUCCESS;
}

static NTSTATUS answer(struct fake *fake, ULONG code, void *buffer, ULONG room,
		       ULONG *bytes)
{
	GET_LENGTH_INFORMATION *length = buffer;
	DISK_GEOMETRY *geometry = buffer;

	switch (code) {
	case IOCTL_DISK_GET_LENGTH_INFO:
		*bytes = sizeof(*length);
		if (room < *bytes)
			return STATUS_BUFFER_TOO_SMALL;
		length->Length.QuadPart = size_of(fake);
		return STATUS_SUCCESS;
	case IOCTL_DISK_GET_DRIVE_GEOMETRY:
		*bytes = sizeof(*geometry);
		if (room < *bytes)
			return STATUS_BUFFER_TOO_SMALL;
		geometry->Cylinders.QuadPart = 1;
		geometry->MediaType = FixedMedia;
		geometry->TracksPerCylinder = 1;
		geometry->SectorsPerTrack = size_of(fake) / fake->sector;
		geometry->BytesPerSector = fake->sector;
		return STATUS_SUCCESS;
	case IOCTL_DISK_GET_DRIVE_LAYOUT_EX:
		return list_partitions(fake, buffer, room, bytes);
	case IOCTL_STORAGE_QUERY_PROPERTY:
		return describe(fake, buffer, buffer, room, bytes);
	case IOCTL_STORAGE_GET_DEVICE_NUMBER:
	case IOCTL_DISK_GET_PARTITION_INFO_EX:
	case IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS:
		return locate(fake, code, buffer, room, bytes);
	case IOCTL_ATTRIBUTES:
		return attributes(fake, buffer, room, bytes);
	case IOCTL_DISK_IS_WRITABLE:
		return fake->read_only ? STATUS_MEDIA_WRITE_PROTECTED : STATUS_SUCCESS;
	case FSCTL_LOCK:
		fake->counts[1]++;
		return STATUS_SUCCESS;
	case FSCTL_DISMOUNT:
		fake->counts[2]++;
		return STATUS_SUCCESS;
	case IOCTL_VANISH:
		fake->gone = TRUE;
		return STATUS_SUCCESS;
	case IOCTL_COUNTS:
		*bytes = sizeof(fake->counts);
		if (room < *bytes)
			return STATUS_BUFFER_TOO_SMALL;
		RtlCopyMemory(buffer, fake->counts, *bytes);
		return STATUS_SUCCESS;
	}
	return STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS NTAPI control(PDEVICE_OBJECT device, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
	struct fake *fake = fake_of(device);
	ULONG code = stack->Parameters.DeviceIoControl.IoControlCode, bytes = 0;
	NTSTATUS status;

	if (fake->gone && code != IOCTL_COUNTS)
		return done(irp, STATUS_NO_SUCH_DEVICE, 0);
	if (code == IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES)
		return done(irp, trim(fake, irp->AssociatedIrp.SystemBuffer,
				      stack->Parameters.DeviceIoControl.InputBufferLength),
			    0);
	status = answer(fake, code, irp->AssociatedIrp.SystemBuffer,
			stack->Parameters.DeviceIoControl.OutputBufferLength, &bytes);
	return done(irp, status, bytes);
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
	UNICODE_STRING link;
	ULONG i;

	for (i = 0; i < ARRAYSIZE(fakes); i++) {
		RtlInitUnicodeString(&link, fakes[i].link);
		IoDeleteSymbolicLink(&link);
	}
	while (driver->DeviceObject)
		IoDeleteDevice(driver->DeviceObject);
}

static NTSTATUS make(PDRIVER_OBJECT driver, struct fake *fake, WCHAR digit)
{
	WCHAR name[] = L"\\Device\\Fake0";
	UNICODE_STRING device_name, link;
	PDEVICE_OBJECT device;
	NTSTATUS status;

	name[12] = digit;
	RtlInitUnicodeString(&device_name, name);
	RtlInitUnicodeString(&link, fake->link);
	fake->data = ExAllocatePool(NonPagedPool, size_of(fake));
	if (!fake->data)
		return STATUS_NO_MEMORY;
	RtlZeroMemory(fake->data, size_of(fake));
	status = IoCreateDevice(driver, sizeof(fake), &device_name, FILE_DEVICE_DISK, 0,
				FALSE, &device);
	if (!NT_SUCCESS(status))
		return status;
	device->Flags |= DO_BUFFERED_IO;
	*(struct fake **)device->DeviceExtension = fake;
	return IoCreateSymbolicLink(&link, &device_name);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path);

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
	NTSTATUS status = STATUS_SUCCESS;
	ULONG i;

	(void)path;
	driver->MajorFunction[IRP_MJ_CREATE] = open_close;
	driver->MajorFunction[IRP_MJ_CLOSE] = open_close;
	driver->MajorFunction[IRP_MJ_READ] = transfer;
	driver->MajorFunction[IRP_MJ_WRITE] = transfer;
	driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = transfer;
	driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
	driver->DriverUnload = unload;
	for (i = 0; i < ARRAYSIZE(fakes) && NT_SUCCESS(status); i++)
		status = make(driver, &fakes[i], '0' + i);
	return status;
}
