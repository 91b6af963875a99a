// SPDX-License-Identifier: GPL-2.0
/*
 * linuxbus.sys: what linux.sys calls, to have a disk in NT and to have it no more.
 */
#include "bus.h"

/* NT from 6.0 on removes a disk cleanly; before, its managers may not survive it. */
static BOOLEAN can_remove(void)
{
	RTL_OSVERSIONINFOW version = { .dwOSVersionInfoSize = sizeof(version) };

	return NT_SUCCESS(RtlGetVersion(&version)) && version.dwMajorVersion >= 6;
}

/* --------------------------------------------------------------- names -- */

static BOOLEAN same_name(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static BOOLEAN is_name(const char *name)
{
	ULONG i;

	for (i = 0; i < LINUXBUS_MAX_NAME && name[i]; i++)
		if (name[i] <= ' ' || name[i] > '~' || name[i] == '\\' ||
		    name[i] == ',')
			return FALSE;
	return i && i < LINUXBUS_MAX_NAME;
}

static void set_names(struct disk *disk, const char *name)
{
	ULONG i;

	for (i = 0; name[i]; i++)
		disk->name[i] = name[i];
	text_append(text_append(disk->link, "\\DosDevices\\"), name);
}

/* A disk of the same name that does not come back keeps its ID. */
static void set_id(struct disk *disk, BOOLEAN taken)
{
	WCHAR *end = text_append(disk->id, disk->name);

	if (taken)
		text_append_number(text_append(end, "#"), disk->number);
}

/* --------------------------------------------------------------- disks -- */

void disk_delete(struct disk *disk)
{
	RemoveEntryList(&disk->entry);
	IoDeleteDevice(disk->pdo);
}

/* Of its device object; @text has room for it. */
static void device_name(UNICODE_STRING *name, WCHAR *text, ULONG number)
{
	text_append_number(text_append(text, "\\Device\\linuxbus"), number);
	RtlInitUnicodeString(name, text);
}

static NTSTATUS make_disk(const struct linuxbus_disk *info, BOOLEAN taken,
			  struct disk **made)
{
	ULONG number = the_bus->next_number++;
	UNICODE_STRING name;
	PDEVICE_OBJECT pdo;
	struct disk *disk;
	NTSTATUS status;
	WCHAR text[40];

	device_name(&name, text, number);
	/* No FILE_DEVICE_DISK: that has a volume, which here the partitions are. */
	status = IoCreateDevice(the_bus->fdo->DriverObject, sizeof(*disk), &name,
				FILE_DEVICE_MASS_STORAGE, FILE_DEVICE_SECURE_OPEN,
				FALSE, &pdo);
	if (!NT_SUCCESS(status))
		return status;
	disk = pdo->DeviceExtension;
	RtlZeroMemory(disk, sizeof(*disk));
	disk_init(disk);
	disk->pdo = pdo;
	disk->number = number;
	disk->bytes = info->bytes;
	disk->block = info->block;
	set_names(disk, info->name);
	set_id(disk, taken);
	KeInitializeSpinLock(&disk->lock);
	KeInitializeEvent(&disk->quiet, NotificationEvent, FALSE);
	pdo->Flags |= DO_DIRECT_IO;
	InsertTailList(&the_bus->disks, &disk->entry);
	*made = disk;
	return STATUS_SUCCESS;
}

static struct disk *find(const struct linuxbus_disk *info, BOOLEAN *taken)
{
	LIST_ENTRY *entry;
	struct disk *disk;

	*taken = FALSE;
	for (entry = the_bus->disks.Flink; entry != &the_bus->disks;
	     entry = entry->Flink) {
		disk = CONTAINING_RECORD(entry, struct disk, entry);
		if (!same_name(disk->name, info->name))
			continue;
		if (!disk->online && !disk->stale && !disk->missing &&
		    disk->bytes == info->bytes && disk->block == info->block)
			return disk;
		*taken = TRUE;
	}
	return NULL;
}

static void set_online(struct disk *disk, const struct linuxbus_disk *info)
{
	KIRQL irql;

	KeAcquireSpinLock(&disk->lock, &irql);
	KeClearEvent(&disk->quiet);
	disk->context = info->context;
	disk->submit = info->submit;
	disk->running = 1;
	disk->release = RELEASE_NONE;
	disk->online = TRUE;
	KeReleaseSpinLock(&disk->lock, irql);
}

static NTSTATUS link_disk(struct disk *disk)
{
	UNICODE_STRING link, name;
	WCHAR text[40];

	device_name(&name, text, disk->number);
	RtlInitUnicodeString(&link, disk->link);
	return IoCreateSymbolicLink(&link, &name);
}

static NTSTATUS attach_locked(const struct linuxbus_disk *info, struct disk **disk)
{
	BOOLEAN taken, is_new;
	NTSTATUS status;

	*disk = find(info, &taken);
	is_new = !*disk;
	if (is_new) {
		status = make_disk(info, taken, disk);
		if (!NT_SUCCESS(status))
			return status;
	}
	status = link_disk(*disk);
	if (!NT_SUCCESS(status)) {
		if (is_new)
			disk_delete(*disk);
		return status;
	}
	set_online(*disk, info);
	(*disk)->pdo->Flags &= ~DO_DEVICE_INITIALIZING;
	return STATUS_SUCCESS;
}

static NTSTATUS attach(const struct linuxbus_disk *info, PVOID *handle)
{
	struct disk *disk;
	NTSTATUS status;

	if (!is_name(info->name) || !info->block || info->bytes % info->block)
		return STATUS_INVALID_PARAMETER;
	bus_lock();
	status = attach_locked(info, &disk);
	bus_unlock();
	if (!NT_SUCCESS(status))
		return status;
	bus_changed();
	*handle = disk;
	return STATUS_SUCCESS;
}

/* ----------------------------------------------------------------- end -- */

static enum release release_state(struct disk *disk)
{
	enum release state;
	KIRQL irql;

	KeAcquireSpinLock(&disk->lock, &irql);
	state = disk->release;
	KeReleaseSpinLock(&disk->lock, irql);
	return state;
}

static NTSTATUS release(PVOID handle, BOOLEAN force)
{
	struct disk *disk = handle;

	switch (release_state(disk)) {
	case RELEASE_NONE:
		return volumes_release(disk);
	case RELEASE_RUNNING:
		return STATUS_PENDING;
	case RELEASE_DONE:
		return STATUS_SUCCESS;
	case RELEASE_BUSY:
		break;
	}
	/* Asked for anew, they may be free. */
	volumes_close(disk);
	return force ? STATUS_SUCCESS : STATUS_DEVICE_BUSY;
}

static void set_offline(struct disk *disk)
{
	KIRQL irql;

	KeAcquireSpinLock(&disk->lock, &irql);
	disk->online = FALSE;
	disk->stale = disk->release != RELEASE_DONE;
	KeReleaseSpinLock(&disk->lock, irql);
	disk_leave(disk);
	KeWaitForSingleObject(&disk->quiet, Executive, KernelMode, FALSE, NULL);
}

static void detach(PVOID handle)
{
	struct disk *disk = handle;
	UNICODE_STRING link;

	RtlInitUnicodeString(&link, disk->link);
	IoDeleteSymbolicLink(&link);
	set_offline(disk);
	if (release_state(disk) != RELEASE_RUNNING)
		volumes_close(disk);
	if (!can_remove())
		return;
	bus_lock();
	disk->missing = TRUE;
	bus_unlock();
	bus_changed();
}

/* It comes back as the one that it is now. */
static void resize(PVOID handle, ULONG64 bytes)
{
	struct disk *disk = handle;

	bus_lock();
	disk->bytes = bytes;
	bus_unlock();
}

void bus_interface(struct linuxbus_interface *routines)
{
	routines->attach = attach;
	routines->release = release;
	routines->resize = resize;
	routines->detach = detach;
}
