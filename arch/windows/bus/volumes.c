// SPDX-License-Identifier: GPL-2.0
/*
 * linuxbus.sys: the volumes of a disk that is about to go. What NT's file systems hold
 * back is written out, then each is locked and dismounted. That is I/O to the disk, so
 * it has a thread: the caller may be just the one that executes it.
 */
#include "bus.h"

#include <ntddstor.h>
#include <ntdddisk.h>

#define MAX_PARTITIONS	128

/* A request of our own, with what it was made with. */
static NTSTATUS call(PDEVICE_OBJECT device, PIRP irp, KEVENT *event,
		     IO_STATUS_BLOCK *io)
{
	NTSTATUS status = IoCallDriver(device, irp);

	if (status != STATUS_PENDING)
		return status;
	KeWaitForSingleObject(event, Executive, KernelMode, FALSE, NULL);
	return io->Status;
}

/* A volume's names have the number that NT's disk driver gave to the disk. */
static BOOLEAN disk_number(struct disk *disk, ULONG *number)
{
	PDEVICE_OBJECT top = IoGetAttachedDeviceReference(disk->pdo);
	STORAGE_DEVICE_NUMBER is = { 0 };
	IO_STATUS_BLOCK io;
	NTSTATUS status;
	KEVENT event;
	PIRP irp;

	KeInitializeEvent(&event, NotificationEvent, FALSE);
	irp = IoBuildDeviceIoControlRequest(IOCTL_STORAGE_GET_DEVICE_NUMBER, top,
					    NULL, 0, &is, sizeof(is), FALSE, &event,
					    &io);
	status = irp ? call(top, irp, &event, &io) : STATUS_INSUFFICIENT_RESOURCES;
	ObDereferenceObject(top);
	*number = is.DeviceNumber;
	return top != disk->pdo && NT_SUCCESS(status);
}

static HANDLE open_partition(ULONG disk, ULONG partition)
{
	OBJECT_ATTRIBUTES attributes;
	UNICODE_STRING name;
	IO_STATUS_BLOCK io;
	NTSTATUS status;
	WCHAR text[64], *end;
	HANDLE handle;

	end = text_append_number(text_append(text, "\\Device\\Harddisk"), disk);
	text_append_number(text_append(end, "\\Partition"), partition);
	RtlInitUnicodeString(&name, text);
	InitializeObjectAttributes(&attributes, &name,
				   OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
				   NULL);
	status = ZwCreateFile(&handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
			      &attributes, &io, NULL, FILE_ATTRIBUTE_NORMAL,
			      FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN,
			      FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
	return NT_SUCCESS(status) ? handle : NULL;
}

static NTSTATUS control(HANDLE handle, ULONG code)
{
	IO_STATUS_BLOCK io;

	return ZwFsControlFile(handle, NULL, NULL, NULL, &io, code, NULL, 0, NULL, 0);
}

/* By the request itself: not every NT lets drivers call the system service. */
static void flush(HANDLE volume)
{
	PDEVICE_OBJECT device;
	IO_STATUS_BLOCK io;
	NTSTATUS status;
	PVOID file;
	KEVENT event;
	PIRP irp;

	status = ObReferenceObjectByHandle(volume, 0, *IoFileObjectType, KernelMode,
					   &file, NULL);
	if (!NT_SUCCESS(status))
		return;
	device = IoGetRelatedDeviceObject(file);
	KeInitializeEvent(&event, NotificationEvent, FALSE);
	irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, device, NULL, 0, NULL,
					   &event, &io);
	if (irp) {
		IoGetNextIrpStackLocation(irp)->FileObject = file;
		call(device, irp, &event, &io);
	}
	ObDereferenceObject(file);
}

/* Return: FALSE when somebody has files open on it. */
static BOOLEAN release_volume(HANDLE volume)
{
	flush(volume);
	return NT_SUCCESS(control(volume, FSCTL_LOCK_VOLUME)) &&
	       NT_SUCCESS(control(volume, FSCTL_DISMOUNT_VOLUME));
}

/* All of them are flushed, also behind one that is in use. */
static BOOLEAN release_all(struct disk *disk, ULONG number)
{
	BOOLEAN free = TRUE;
	HANDLE volume;
	ULONG i;

	for (i = 1; i <= MAX_PARTITIONS; i++) {
		volume = open_partition(number, i);
		if (!volume)
			continue;
		if (disk->nr_volumes == ARRAYSIZE(disk->volumes)) {
			ZwClose(volume);
			return FALSE;
		}
		disk->volumes[disk->nr_volumes++] = volume;
		if (!release_volume(volume))
			free = FALSE;
	}
	return free;
}

static void close_all(struct disk *disk)
{
	while (disk->nr_volumes)
		ZwClose(disk->volumes[--disk->nr_volumes]);
}

/* Return: is there somebody who will ask for the state? */
static BOOLEAN set_release(struct disk *disk, enum release state)
{
	BOOLEAN online;
	KIRQL irql;

	KeAcquireSpinLock(&disk->lock, &irql);
	online = disk->online;
	disk->release = state;
	KeReleaseSpinLock(&disk->lock, irql);
	return online;
}

static VOID NTAPI release_thread(PVOID context)
{
	struct disk *disk = context;
	BOOLEAN free = TRUE;
	ULONG number;

	/* Without NT's disk driver there are none. */
	if (disk_number(disk, &number))
		free = release_all(disk, number);
	if (!set_release(disk, free ? RELEASE_DONE : RELEASE_BUSY))
		close_all(disk);
	ObDereferenceObject(disk->pdo);
	PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS volumes_release(struct disk *disk)
{
	NTSTATUS status;
	HANDLE handle;

	volumes_close(disk);
	set_release(disk, RELEASE_RUNNING);
	ObReferenceObject(disk->pdo);
	status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL,
				      release_thread, disk);
	if (!NT_SUCCESS(status)) {
		ObDereferenceObject(disk->pdo);
		set_release(disk, RELEASE_NONE);
		return status;
	}
	ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode,
				  &disk->thread, NULL);
	ZwClose(handle);
	return STATUS_PENDING;
}

void volumes_close(struct disk *disk)
{
	if (disk->thread) {
		KeWaitForSingleObject(disk->thread, Executive, KernelMode, FALSE,
				      NULL);
		ObDereferenceObject(disk->thread);
		disk->thread = NULL;
	}
	close_all(disk);
	set_release(disk, RELEASE_NONE);
}
