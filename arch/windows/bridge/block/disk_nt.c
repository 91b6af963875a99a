// SPDX-License-Identifier: GPL-2.0
/*
 * The files of NT that are disks of Linux's: which there are, and what is fit to
 * be one.
 */
#include <wsl4/block.h>

#include "block_nt.h"

/* ZwLockFile() as Wine has it: the key is a pointer to it. */
typedef NTSTATUS (NTAPI *lock_file_t)(HANDLE file, HANDLE event,
				      PIO_APC_ROUTINE apc, PVOID context,
				      PIO_STATUS_BLOCK io,
				      PLARGE_INTEGER offset,
				      PLARGE_INTEGER length, PULONG key,
				      BOOLEAN fail, BOOLEAN exclusive);

#define SECTOR_ROOM	4096ull	/* the largest sector of NT's volumes */
#define PHYSICAL_SECTOR	4096u	/* what most media below files have */

static struct disk disks[WSL4_MAX_DISKS];
static KSPIN_LOCK disks_lock;	/* of their states */
static struct nt_lock attach_lock;	/* one is examined at a time */

void disks_init(void)
{
	KeInitializeSpinLock(&disks_lock);
	lock_init(&attach_lock);
}

struct disk *disk_get(u64 index)
{
	if (index >= WSL4_MAX_DISKS || disks[index].state != DISK_ATTACHED)
		return NULL;
	return &disks[index];
}

static BOOLEAN same_text(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/*
 * A free place for a disk of this path, taken. -1: there is none; else, with
 * @there set, the disk that has this path already.
 */
static int take_place(const char *path, BOOLEAN *there)
{
	int i, place = -1;
	KIRQL irql;

	*there = FALSE;
	KeAcquireSpinLock(&disks_lock, &irql);
	for (i = WSL4_MAX_DISKS - 1; i >= 0; i--) {
		if (disks[i].state == DISK_FREE) {
			place = i;
			continue;
		}
		if (disks[i].state != DISK_ATTACHED ||
		    !same_text(disks[i].path, path))
			continue;
		*there = TRUE;
		place = i;
		break;
	}
	if (place >= 0 && !*there)
		disks[place].state = DISK_OPENING;
	KeReleaseSpinLock(&disks_lock, irql);
	return place;
}

static void set_state(struct disk *disk, int state)
{
	KIRQL irql;

	KeAcquireSpinLock(&disks_lock, &irql);
	disk->state = state;
	KeReleaseSpinLock(&disks_lock, irql);
}

static const char *open_error(NTSTATUS status)
{
	switch (status) {
	case STATUS_OBJECT_NAME_NOT_FOUND:
	case STATUS_OBJECT_PATH_NOT_FOUND:
	case STATUS_NO_SUCH_FILE:
		return "there is no such file";
	case STATUS_OBJECT_NAME_INVALID:
	case STATUS_OBJECT_PATH_INVALID:
	case STATUS_OBJECT_PATH_SYNTAX_BAD:
		return "that is no path";
	case STATUS_SHARING_VIOLATION:
	case STATUS_FILE_LOCK_CONFLICT:
	case STATUS_LOCK_NOT_GRANTED:
		return "it is in use by another program";
	case STATUS_FILE_IS_A_DIRECTORY:
		return "it is a directory";
	case STATUS_ACCESS_DENIED:
	case STATUS_MEDIA_WRITE_PROTECTED:
		return "access denied (read-only? Then attach it with the option ro)";
	}
	return "it cannot be opened";
}

static NTSTATUS open_file(struct disk *disk, UNICODE_STRING *path,
			  ULONG attributes, ULONG options)
{
	BOOLEAN read_only = (disk->flags & WSL4_DISK_READ_ONLY) != 0;
	ULONG share = FILE_SHARE_READ;
	ACCESS_MASK access = FILE_READ_DATA | FILE_READ_ATTRIBUTES |
			     SYNCHRONIZE;
	OBJECT_ATTRIBUTES object;
	IO_STATUS_BLOCK io;

	if (!read_only)
		access |= FILE_WRITE_DATA;
	if (disk->kind == DISK_IS_FILE)
		options |= FILE_NON_DIRECTORY_FILE;
	else	/* NT's file system has it open; see device_examine() */
		share |= FILE_SHARE_WRITE;
	/* Wine's devices, unlike its files, take their time. */
	if (disk->kind != DISK_IS_FILE && nt_under_wine)
		options |= FILE_SYNCHRONOUS_IO_NONALERT;
	InitializeObjectAttributes(&object, path, attributes |
				   OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
				   NULL, NULL);
	return ZwCreateFile(&disk->file, access, &object, &io, NULL,
			    FILE_ATTRIBUTE_NORMAL, share, FILE_OPEN, options, NULL, 0);
}

/*
 * The share mode holds among the programs of one NT. Under Wine another prefix,
 * or a program of the host, is another NT; a lock on the whole file is one of
 * the host's there, and ends with the process.
 */
static NTSTATUS lock_file(struct disk *disk)
{
	lock_file_t lock_file_routine;
	LARGE_INTEGER offset, length;

	if (!nt_under_wine)
		return STATUS_SUCCESS;
	lock_file_routine = nt_routine(L"ZwLockFile");
	if (!lock_file_routine)
		return STATUS_SUCCESS;
	offset.QuadPart = 0;
	length.QuadPart = disk->bytes;
	/* Wine takes neither a status block nor a key. */
	return lock_file_routine(disk->file, NULL, NULL, NULL, NULL, &offset,
				 &length, NULL, TRUE,
				 !(disk->flags & WSL4_DISK_READ_ONLY));
}

void disk_set_serial(struct disk *disk, u64 id)
{
	static const char digits[] = "0123456789abcdef";
	int i;

	for (i = 0; i < 16; i++)
		disk->serial[i] = digits[id >> (60 - 4 * i) & 15];
	disk->serial[i] = '\0';
}

static NTSTATUS query_file(struct disk *disk, ULONG *attributes)
{
	FILE_STANDARD_INFORMATION standard;
	FILE_INTERNAL_INFORMATION internal;
	FILE_BASIC_INFORMATION basic;
	IO_STATUS_BLOCK io;
	NTSTATUS status;

	*attributes = 0;
	status = ZwQueryInformationFile(disk->file, &io, &standard,
					sizeof(standard),
					FileStandardInformation);
	if (!NT_SUCCESS(status))
		return status;
	disk->bytes = standard.EndOfFile.QuadPart;
	status = ZwQueryInformationFile(disk->file, &io, &internal,
					sizeof(internal),
					FileInternalInformation);
	if (NT_SUCCESS(status))
		disk_set_serial(disk, internal.IndexNumber.QuadPart);
	status = ZwQueryInformationFile(disk->file, &io, &basic, sizeof(basic),
					FileBasicInformation);
	if (NT_SUCCESS(status))
		*attributes = basic.FileAttributes;
	return STATUS_SUCCESS;
}

/* Why the file is no disk, or NULL. */
static const char *bad_size(const struct disk *disk)
{
	if (!disk->bytes)
		return "it is empty";
	if (disk->bytes % SECTOR)
		return "its size is no multiple of 512 bytes: truncated?";
	return NULL;
}

/*
 * A write must find its place on the medium, or Linux's file systems see it fail
 * long after they have promised it.
 */
static const char *bad_attributes(ULONG attributes)
{
	if (attributes & FILE_ATTRIBUTE_SPARSE_FILE)
		return "it is sparse. Copy it to a file that is not";
	if (attributes & FILE_ATTRIBUTE_COMPRESSED)
		return "it is compressed. Expand it with: compact /u FILE";
	if (attributes & FILE_ATTRIBUTE_ENCRYPTED)
		return "it is encrypted. Decrypt it with: cipher /d FILE";
	return NULL;
}

static BOOLEAN begins_with(const u8 *bytes, const char *magic)
{
	while (*magic && *bytes == (u8)*magic) {
		bytes++;
		magic++;
	}
	return !*magic;
}

/* Formats that are no raw image: to write into them would destroy them. */
static const char *bad_format(struct worker *worker, struct disk *disk, u8 *sector)
{
	static const struct {
		const char *magic;
		const char *why;
	} formats[] = {
		{ "vhdxfile", "it is a VHDX. Convert it to a raw image, or attach it to Windows" },
		{ "conectix", "it is a dynamic VHD. Convert it to a raw image" },
		{ "QFI\xfb", "it is a QCOW image. Convert it with: qemu-img convert -O raw" },
		{ "KDMV", "it is a VMDK image. Convert it with: qemu-img convert -O raw" },
	};
	size_t i;

	if (block_transfer(worker, disk, FALSE, 0, sector,
			   min(disk->bytes, SECTOR_ROOM)))
		return "it cannot be read";
	for (i = 0; i < ARRAYSIZE(formats); i++)
		if (begins_with(sector, formats[i].magic))
			return formats[i].why;
	return NULL;
}

static const char *unfit(struct worker *worker, struct disk *disk,
			 ULONG attributes, BOOLEAN for_caller)
{
	static u8 sector[SECTOR_ROOM] __attribute__((aligned(4096)));
	const char *why = NULL;

	/* Zeroes are only holes, and cheap, in a file that may have holes. */
	if ((attributes & FILE_ATTRIBUTE_SPARSE_FILE) &&
	    !(disk->flags & WSL4_DISK_READ_ONLY) &&
	    NT_SUCCESS(block_zero_range(worker, disk, 0, 0)))
		disk->flags |= WSL4_DISK_DISCARD;
	if (for_caller && !(disk->flags & WSL4_DISK_READ_ONLY))
		why = bad_attributes(attributes);
	if (!why && for_caller)
		why = bad_format(worker, disk, sector);
	return why ? why : vhd_examine(worker, disk, sector);
}

/* It, a part of it, or what it is a part of, is one already. */
static BOOLEAN is_attached(const struct disk *disk)
{
	const struct disk *other;

	for (other = disks; other < disks + WSL4_MAX_DISKS; other++)
		if ((other->state == DISK_ATTACHED ||
		     other->state == DISK_CLOSING) &&
		    extents_overlap(&other->extents, &disk->extents))
			return TRUE;
	return FALSE;
}

static const char *unfit_device(struct worker *worker, struct disk *disk)
{
	const char *why = device_examine(worker, disk);

	if (!why && is_attached(disk))
		why = "it is in use already: it, or a part of it, is attached. See: wsl4 --list";
	if (!why && !(disk->flags & WSL4_DISK_READ_ONLY))
		why = system_owns(worker, disk);
	return why ? why : device_claim(worker, disk);
}

static NTSTATUS open_unbuffered(struct disk *disk, UNICODE_STRING *path,
				ULONG attributes)
{
	NTSTATUS status;

	status = open_file(disk, path, attributes, FILE_NO_INTERMEDIATE_BUFFERING);
	if (status == STATUS_INVALID_PARAMETER || status == STATUS_NOT_SUPPORTED)
		status = open_file(disk, path, attributes, 0);
	return status;
}

static NTSTATUS open_disk(struct disk *disk, UNICODE_STRING *path, ULONG attributes)
{
	NTSTATUS status = open_unbuffered(disk, path, attributes);
	WCHAR text[DEVICE_NAME_ROOM];
	UNICODE_STRING name;

	if (status != STATUS_OBJECT_NAME_NOT_FOUND || !device_name(disk->path, text))
		return status;
	RtlInitUnicodeString(&name, text);
	return open_unbuffered(disk, &name, attributes);
}

/* Open it and see whether it can be a disk. */
static NTSTATUS examine(struct disk *disk, UNICODE_STRING *path,
			BOOLEAN for_caller, struct worker *worker,
			const char **why)
{
	ULONG force = for_caller ? OBJ_FORCE_ACCESS_CHECK : 0, attributes;
	NTSTATUS status;

	status = open_disk(disk, path, force);
	*why = open_error(status);
	if (!NT_SUCCESS(status)) {
		disk->file = NULL;
		return status;
	}
	if (disk->kind != DISK_IS_FILE) {
		*why = unfit_device(worker, disk);
		return *why ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
	}
	*why = "it lies on a disk of Linux's own";
	if (volume_is_export(worker, disk->file))
		return STATUS_ACCESS_DENIED;
	*why = "its size cannot be found out";
	status = query_file(disk, &attributes);
	if (!NT_SUCCESS(status))
		return status;
	*why = bad_size(disk);
	if (*why)
		return STATUS_INVALID_PARAMETER;
	status = lock_file(disk);
	*why = open_error(status);
	if (!NT_SUCCESS(status))
		return status;
	*why = unfit(worker, disk, attributes, for_caller);
	return *why ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

static NTSTATUS attach_at(struct disk *disk, UNICODE_STRING *path,
			  BOOLEAN for_caller, const char **why)
{
	struct worker worker = { 0 };
	NTSTATUS status;

	*why = "Windows has no event left";
	status = block_make_event(&worker);
	if (NT_SUCCESS(status))
		status = examine(disk, path, for_caller, &worker, why);
	if (worker.event)
		ZwClose(worker.event);
	if (!NT_SUCCESS(status) && disk->file)
		ZwClose(disk->file);
	return status;
}

static NTSTATUS refuse(const char *path, const char *why, NTSTATUS status)
{
	nt_log("disk %s: %s (status %08x)", path, why, (unsigned int)status);
	return status;
}

NTSTATUS disk_attach(UNICODE_STRING *path, BOOLEAN read_only, BOOLEAN for_caller,
		     unsigned int *index, const char **why)
{
	char text[sizeof(disks[0].path)];
	struct disk *disk;
	BOOLEAN there;
	NTSTATUS status;
	int place;

	utf8_from_wide(text, sizeof(text), path->Buffer, path->Length);
	*why = "it is one of Linux's own";
	if (export_nt_owns(text))
		return refuse(text, *why, STATUS_ACCESS_DENIED);
	place = take_place(text, &there);
	*index = place;
	*why = "there are too many disks";
	if (place < 0)
		return refuse(text, *why, STATUS_INSUFFICIENT_RESOURCES);
	*why = "it is in use already: attached";
	if (there && for_caller)
		return STATUS_OBJECT_NAME_EXISTS;
	/* A parameter that names it twice means two disks. */
	if (there)
		return refuse(text, *why, STATUS_SHARING_VIOLATION);
	disk = &disks[place];
	disk->in_flight = 0;
	disk->file = NULL;
	disk->kind = device_kind(text);
	disk->extents.count = 0;
	disk->bytes = 0;
	disk->sector = SECTOR;
	disk->physical_sector = PHYSICAL_SECTOR;
	disk_set_serial(disk, 0);
	disk->model[0] = '\0';
	disk->flags = read_only ? WSL4_DISK_READ_ONLY : WSL4_DISK_FLUSH;
	RtlCopyMemory(disk->path, text, sizeof(text));
	lock_take(&attach_lock);
	status = attach_at(disk, path, for_caller, why);
	lock_drop(&attach_lock);
	if (!NT_SUCCESS(status)) {
		set_state(disk, DISK_FREE);
		return refuse(text, *why, status);
	}
	torture_attach(disk);
	nt_log("disk %u: %s, %I64u MiB%s", *index, text, disk->bytes >> 20,
	       read_only ? ", read-only" : "");
	set_state(disk, DISK_ATTACHED);
	return STATUS_SUCCESS;
}

s64 disk_detach(u64 index)
{
	struct disk *disk = disk_get(index);

	if (!disk)
		return -LINUX_ENODEV;
	if (disk->in_flight)
		return -LINUX_EBUSY;
	set_state(disk, DISK_CLOSING);
	torture_detach(disk);
	ZwClose(disk->file);
	nt_log("disk %u: detached", (unsigned int)index);
	set_state(disk, DISK_FREE);
	return 0;
}

void disks_close(void)
{
	int i;

	for (i = 0; i < WSL4_MAX_DISKS; i++) {
		if (disks[i].state == DISK_ATTACHED)
			torture_detach(&disks[i]);
		if (disks[i].state == DISK_ATTACHED)
			ZwClose(disks[i].file);
		disks[i].state = DISK_FREE;
	}
}
