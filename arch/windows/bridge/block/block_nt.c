// SPDX-License-Identifier: GPL-2.0
/*
 * The NT end of the block bridge: files and disks of NT for Linux.
 *
 * A few threads of the bridge's own do the I/O, so that the vCPU never waits
 * for it. A request is copied and checked when it is submitted; a worker does
 * it run by run and puts it on the list of completions, from which Linux reaps
 * it. A flush reaches the medium (Wine: fsync), and since a write is only
 * completed after NT has taken its data, a flush covers all writes that were
 * completed before it was submitted, whichever worker did them.
 */
#include <wsl4/block.h>

#include "block_nt.h"

#define NR_WORKERS	4
#define NR_WORKS	128		/* requests in flight, all disks */
#define SECTOR		512u
#define PHYSICAL_BLOCK	4096u
#define MAX_TRANSFER	(16u << 20)	/* bytes of one read or write of NT's */
#define ZEROES_SIZE	(16u << 10)

struct disk {
	HANDLE file;
	u64 bytes;
	u64 id;
	u32 flags;		/* WSL4_DISK_* */
	char path[256];
};

struct work {
	LIST_ENTRY entry;
	struct wsl4_block_request request;
	s64 result;
};

struct worker {
	PVOID thread;
	HANDLE event;		/* of its I/O, in ring 0 */
};

/* ZwLockFile() as Wine has it: the key is a pointer to it. */
typedef NTSTATUS (NTAPI *lock_file_t)(HANDLE file, HANDLE event,
				      PIO_APC_ROUTINE apc, PVOID context,
				      PIO_STATUS_BLOCK io,
				      PLARGE_INTEGER offset,
				      PLARGE_INTEGER length, PULONG key,
				      BOOLEAN fail, BOOLEAN exclusive);

static struct disk disks[NT_MAX_DISKS];
static unsigned int nr_disks;

static struct work *works;
static LIST_ENTRY free_list, queue, done_list;
static unsigned int in_flight;	/* queued, or with a worker */
static KSPIN_LOCK lock;		/* of the lists */

static struct worker workers[NR_WORKERS];
static struct nt_event queue_event;
static volatile LONG workers_end;

static u8 zeroes[ZEROES_SIZE] __attribute__((aligned(4096)));

/* ------------------------------------------------------------ the lists -- */

static struct work *take(LIST_ENTRY *list, BOOLEAN *more)
{
	struct work *work = NULL;
	KIRQL irql;

	KeAcquireSpinLock(&lock, &irql);
	if (!IsListEmpty(list))
		work = CONTAINING_RECORD(RemoveHeadList(list), struct work,
					 entry);
	*more = !IsListEmpty(list);
	KeReleaseSpinLock(&lock, irql);
	return work;
}

static void put(LIST_ENTRY *list, struct work *work, int in_flight_change)
{
	KIRQL irql;

	KeAcquireSpinLock(&lock, &irql);
	InsertTailList(list, &work->entry);
	in_flight += in_flight_change;
	KeReleaseSpinLock(&lock, irql);
}

/* ------------------------------------------------------------ doing I/O -- */

static s64 linux_error(NTSTATUS status)
{
	if (NT_SUCCESS(status))
		return 0;
	switch (status) {
	case STATUS_DISK_FULL:
		return -LINUX_ENOSPC;
	case STATUS_MEDIA_WRITE_PROTECTED:
		return -LINUX_EROFS;
	case STATUS_NO_MEMORY:
	case STATUS_INSUFFICIENT_RESOURCES:
		return -LINUX_ENOMEM;
	}
	return -LINUX_EIO;
}

/*
 * Wine does file I/O before it returns, even when it says that it is pending;
 * an event would only cost messages to its server there.
 */
static NTSTATUS finish(struct worker *worker, NTSTATUS status,
		       IO_STATUS_BLOCK *io)
{
	if (status != STATUS_PENDING)
		return status;
	if (worker->event)
		ZwWaitForSingleObject(worker->event, FALSE, NULL);
	return io->Status;
}

static s64 transfer(struct worker *worker, struct disk *disk, BOOLEAN write,
		    u64 position, u8 *data, u64 bytes)
{
	IO_STATUS_BLOCK io;
	LARGE_INTEGER at;
	NTSTATUS status;
	ULONG part;

	while (bytes) {
		part = min(bytes, (u64)MAX_TRANSFER);
		at.QuadPart = position;
		io.Status = STATUS_UNSUCCESSFUL;
		io.Information = 0;
		if (write)
			status = ZwWriteFile(disk->file, worker->event, NULL,
					     NULL, &io, data, part, &at, NULL);
		else
			status = ZwReadFile(disk->file, worker->event, NULL,
					    NULL, &io, data, part, &at, NULL);
		status = finish(worker, status, &io);
		if (!NT_SUCCESS(status))
			return linux_error(status);
		/* Less than asked for: somebody has truncated the file. */
		if (!io.Information || io.Information > part ||
		    io.Information % SECTOR)
			return -LINUX_EIO;
		position += io.Information;
		data += io.Information;
		bytes -= io.Information;
	}
	return 0;
}

static s64 transfer_run(struct worker *worker, struct disk *disk, BOOLEAN write,
			u64 position, u64 start, u64 bytes)
{
	struct nt_mapping mapping;
	s64 result = 0;
	u64 part;
	u8 *data;

	for (; bytes && !result; bytes -= part) {
		part = nt_physmem_part(start, bytes);
		data = nt_physmem_map(start, part, &mapping);
		if (!data)
			return nt_physmem_valid(start, part) ? -LINUX_ENOMEM :
							       -LINUX_EFAULT;
		result = transfer(worker, disk, write, position, data, part);
		nt_physmem_unmap(&mapping);
		start += part;
		position += part;
	}
	return result;
}

/* Segments that follow each other in physmem are one run. */
static s64 transfer_runs(struct worker *worker, struct disk *disk,
			 const struct wsl4_block_request *r)
{
	u64 position = r->position, start, bytes;
	u32 i = 0;
	s64 result;

	while (i < r->nr_segments) {
		start = r->segment[i].offset;
		bytes = r->segment[i++].bytes;
		while (i < r->nr_segments &&
		       r->segment[i].offset == start + bytes)
			bytes += r->segment[i++].bytes;
		result = transfer_run(worker, disk, r->op == WSL4_BLOCK_WRITE,
				      position, start, bytes);
		if (result)
			return result;
		position += bytes;
	}
	return 0;
}

static s64 flush(struct disk *disk)
{
	if (disk->flags & WSL4_DISK_READ_ONLY)
		return 0;
	return linux_error(flush_nt(disk->file));
}

static s64 write_zeroes(struct worker *worker, struct disk *disk,
			const struct wsl4_block_request *r)
{
	u64 position = r->position, left = r->bytes, part;
	s64 result = 0;

	while (left && !result) {
		part = min(left, (u64)ZEROES_SIZE);
		result = transfer(worker, disk, TRUE, position, zeroes, part);
		position += part;
		left -= part;
	}
	return result;
}

static NTSTATUS zero_range(struct worker *worker, struct disk *disk, u64 start,
			   u64 end)
{
	FILE_ZERO_DATA_INFORMATION range;
	IO_STATUS_BLOCK io;
	NTSTATUS status;

	range.FileOffset.QuadPart = start;
	range.BeyondFinalZero.QuadPart = end;
	io.Status = STATUS_UNSUCCESSFUL;
	status = ZwFsControlFile(disk->file, worker->event, NULL, NULL, &io,
				 FSCTL_SET_ZERO_DATA, &range, sizeof(range),
				 NULL, 0);
	return finish(worker, status, &io);
}

static s64 discard(struct worker *worker, struct disk *disk,
		   const struct wsl4_block_request *r)
{
	if (!(disk->flags & WSL4_DISK_DISCARD))
		return -LINUX_EOPNOTSUPP;
	return linux_error(zero_range(worker, disk, r->position,
				      r->position + r->bytes));
}

static s64 perform(struct worker *worker, const struct wsl4_block_request *r)
{
	struct disk *disk = &disks[r->disk];
	s64 result = 0;

	switch (r->op) {
	case WSL4_BLOCK_READ:
		return transfer_runs(worker, disk, r);
	case WSL4_BLOCK_FLUSH:
		return flush(disk);
	case WSL4_BLOCK_DISCARD:
		return discard(worker, disk, r);
	case WSL4_BLOCK_WRITE:
		result = transfer_runs(worker, disk, r);
		break;
	case WSL4_BLOCK_ZEROES:
		result = write_zeroes(worker, disk, r);
		break;
	}
	if (!result && (r->flags & WSL4_BLOCK_FUA))
		result = flush(disk);
	return result;
}

static VOID NTAPI worker_thread(PVOID context)
{
	struct worker *worker = context;
	struct work *work;
	BOOLEAN more;

	while (!workers_end) {
		work = take(&queue, &more);
		if (!work) {
			event_wait(&queue_event, NS_FOREVER);
			continue;
		}
		if (more)
			event_set(&queue_event);
		work->result = perform(worker, &work->request);
		put(&done_list, work, -1);
		nt_raise_irq(WSL4_IRQ_BLOCK);
	}
	event_set(&queue_event);	/* pass the end on */
	PsTerminateSystemThread(STATUS_SUCCESS);
}

/* ----------------------------------------------------------- host calls -- */

/* The header is a copy already; the segments still lie in physmem. */
static s64 check_range(const struct wsl4_block_request *r)
{
	const struct disk *disk = &disks[r->disk];

	if (r->position % SECTOR || r->bytes % SECTOR || !r->bytes ||
	    r->position > disk->bytes || r->bytes > disk->bytes - r->position)
		return -LINUX_EINVAL;
	if (r->op != WSL4_BLOCK_READ && (disk->flags & WSL4_DISK_READ_ONLY))
		return -LINUX_EROFS;
	return 0;
}

static s64 check_request(const struct wsl4_block_request *r)
{
	BOOLEAN has_data = r->op == WSL4_BLOCK_READ || r->op == WSL4_BLOCK_WRITE;
	s64 result;
	u64 sum = 0;
	u32 i;

	if (r->disk >= nr_disks)
		return -LINUX_ENODEV;
	if (r->op > WSL4_BLOCK_ZEROES || (r->flags & ~WSL4_BLOCK_FUA) ||
	    (has_data ? !r->nr_segments : r->nr_segments))
		return -LINUX_EINVAL;
	if (r->op == WSL4_BLOCK_FLUSH)
		return 0;
	result = check_range(r);
	if (result)
		return result;
	for (i = 0; i < r->nr_segments; i++) {
		u64 bytes = r->segment[i].bytes;

		if (!bytes || bytes % SECTOR || bytes > r->bytes - sum)
			return -LINUX_EINVAL;
		if (!nt_physmem_valid(r->segment[i].offset, bytes))
			return -LINUX_EFAULT;
		sum += bytes;
	}
	return has_data && sum != r->bytes ? -LINUX_EINVAL : 0;
}

static s64 copy_request(struct wsl4_block_request *to, u64 offset)
{
	const size_t head = offsetof(struct wsl4_block_request, segment);
	size_t bytes;

	if (!nt_physmem_read(offset, to, head))
		return -LINUX_EFAULT;
	if (to->nr_segments > WSL4_BLOCK_MAX_SEGMENTS)
		return -LINUX_EINVAL;
	bytes = to->nr_segments * sizeof(to->segment[0]);
	if (bytes && !nt_physmem_read(offset + head, to->segment, bytes))
		return -LINUX_EFAULT;
	return 0;
}

static s64 submit(u64 offset)
{
	struct work *work;
	BOOLEAN more;
	s64 result;

	work = take(&free_list, &more);
	if (!work)
		return -LINUX_EAGAIN;
	result = copy_request(&work->request, offset);
	if (!result)
		result = check_request(&work->request);
	if (result) {
		put(&free_list, work, 0);
		return result;
	}
	put(&queue, work, 1);
	event_set(&queue_event);
	return 0;
}

/* Not more than @limit, if that is given, nor than the mailbox holds. */
static s64 reap(struct wsl4_vcpu *vcpu, u64 limit)
{
	struct wsl4_block_completion *out = (void *)vcpu->mailbox;
	s64 room = WSL4_MAILBOX_SIZE / sizeof(*out);
	BOOLEAN more = FALSE;
	struct work *work;
	s64 count = 0;

	if (limit && limit < (u64)room)
		room = limit;
	/* A completion that comes behind this raises the line again. */
	nt_lower_irq(WSL4_IRQ_BLOCK);
	while (count < room) {
		work = take(&done_list, &more);
		if (!work)
			break;
		out[count].tag = work->request.tag;
		out[count++].result = work->result;
		put(&free_list, work, 0);
	}
	if (more)
		nt_raise_irq(WSL4_IRQ_BLOCK);
	return count;
}

static s64 info(struct wsl4_vcpu *vcpu, u64 index)
{
	struct wsl4_disk_info *out = (void *)vcpu->mailbox;
	static const char digits[] = "0123456789abcdef";
	const struct disk *disk;
	int i;

	if (index >= nr_disks)
		return -LINUX_ENODEV;
	disk = &disks[index];
	memset(out, 0, sizeof(*out));
	out->bytes = disk->bytes;
	out->logical_block = SECTOR;
	out->physical_block = PHYSICAL_BLOCK;
	out->flags = disk->flags;
	out->queue_depth = NR_WORKS / nr_disks;
	for (i = 0; i < 16; i++)
		out->serial[i] = digits[disk->id >> (60 - 4 * i) & 15];
	memcpy(out->path, disk->path, sizeof(out->path));
	return 0;
}

s64 block_nt_call(struct wsl4_vcpu *vcpu, u64 call, const u64 *args)
{
	switch (call) {
	case HOST_BLOCK_INFO:
		return info(vcpu, args[0]);
	case HOST_BLOCK_SUBMIT:
		return submit(args[0]);
	case HOST_BLOCK_REAP:
		return reap(vcpu, args[0]);
	}
	return -LINUX_ENOSYS;
}

/* ------------------------------------------------------- start and end -- */

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
		return "access denied (read-only? then put \",ro\" behind it)";
	}
	return "it cannot be opened";
}

static NTSTATUS open_file(struct disk *disk, UNICODE_STRING *path,
			  ULONG options)
{
	BOOLEAN read_only = (disk->flags & WSL4_DISK_READ_ONLY) != 0;
	ACCESS_MASK access = FILE_READ_DATA | FILE_READ_ATTRIBUTES |
			     SYNCHRONIZE;
	OBJECT_ATTRIBUTES attributes;
	IO_STATUS_BLOCK io;

	if (!read_only)
		access |= FILE_WRITE_DATA;
	InitializeObjectAttributes(&attributes, path,
				   OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
				   NULL, NULL);
	return ZwCreateFile(&disk->file, access, &attributes, &io, NULL,
			    FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ, FILE_OPEN,
			    FILE_NON_DIRECTORY_FILE | options, NULL, 0);
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

static NTSTATUS query_file(struct disk *disk)
{
	FILE_STANDARD_INFORMATION standard;
	FILE_INTERNAL_INFORMATION internal;
	FILE_BASIC_INFORMATION basic;
	IO_STATUS_BLOCK io;
	NTSTATUS status;

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
		disk->id = internal.IndexNumber.QuadPart;
	status = ZwQueryInformationFile(disk->file, &io, &basic, sizeof(basic),
					FileBasicInformation);
	/* Zeroes are only holes, and cheap, in a file that may have holes. */
	if (NT_SUCCESS(status) && !(disk->flags & WSL4_DISK_READ_ONLY) &&
	    (basic.FileAttributes & FILE_ATTRIBUTE_SPARSE_FILE) &&
	    NT_SUCCESS(zero_range(&workers[0], disk, 0, 0)))
		disk->flags |= WSL4_DISK_DISCARD;
	return STATUS_SUCCESS;
}

static NTSTATUS refuse(const struct disk *disk, const char *why,
		       NTSTATUS status)
{
	nt_log("disk %s: %s (status %08x)", disk->path, why,
	       (unsigned int)status);
	return status;
}

static NTSTATUS open_disk(struct nt_disk_param *param)
{
	struct disk *disk = &disks[nr_disks];
	NTSTATUS status;

	memset(disk, 0, sizeof(*disk));
	utf8_from_wide(disk->path, sizeof(disk->path), param->path.Buffer,
		       param->path.Length);
	disk->flags = param->read_only ? WSL4_DISK_READ_ONLY : WSL4_DISK_FLUSH;
	status = open_file(disk, &param->path, FILE_NO_INTERMEDIATE_BUFFERING);
	if (status == STATUS_INVALID_PARAMETER || status == STATUS_NOT_SUPPORTED)
		status = open_file(disk, &param->path, 0);
	if (!NT_SUCCESS(status))
		return refuse(disk, open_error(status), status);
	nr_disks++;		/* from here on close_disks() closes it */
	status = query_file(disk);
	if (!NT_SUCCESS(status))
		return refuse(disk, "its size cannot be found out", status);
	if (!disk->bytes)
		return refuse(disk, "it is empty", STATUS_INVALID_PARAMETER);
	if (disk->bytes % SECTOR)
		return refuse(disk, "its size is no multiple of 512 bytes: truncated?",
			      STATUS_INVALID_PARAMETER);
	status = lock_file(disk);
	if (!NT_SUCCESS(status))
		return refuse(disk, open_error(status), status);
	nt_log("disk %u: %s, %I64u MiB%s", nr_disks - 1, disk->path,
	       disk->bytes >> 20, param->read_only ? ", read-only" : "");
	return STATUS_SUCCESS;
}

static void close_disks(void)
{
	while (nr_disks)
		ZwClose(disks[--nr_disks].file);
}

static NTSTATUS make_event(struct worker *worker)
{
	OBJECT_ATTRIBUTES attributes;

	if (nt_under_wine)
		return STATUS_SUCCESS;
	InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL,
				   NULL);
	return ZwCreateEvent(&worker->event, EVENT_ALL_ACCESS, &attributes,
			     SynchronizationEvent, FALSE);
}

static NTSTATUS start_workers(void)
{
	NTSTATUS status = STATUS_SUCCESS;
	int i;

	workers_end = 0;
	for (i = 0; i < NR_WORKERS && NT_SUCCESS(status); i++)
		status = thread_start(worker_thread, &workers[i],
				      &workers[i].thread);
	return status;
}

static void end_workers(void)
{
	int i;

	InterlockedExchange(&workers_end, 1);
	event_set(&queue_event);
	for (i = 0; i < NR_WORKERS; i++) {
		thread_join(&workers[i].thread, 0);
		if (workers[i].event)
			ZwClose(workers[i].event);
		workers[i].event = NULL;
	}
}

NTSTATUS block_nt_init(void)
{
	NTSTATUS status;
	unsigned int i;

	KeInitializeSpinLock(&lock);
	InitializeListHead(&free_list);
	InitializeListHead(&queue);
	InitializeListHead(&done_list);
	event_init(&queue_event);
	works = ExAllocatePoolWithTag(NonPagedPool, NR_WORKS * sizeof(*works),
				      NT_TAG);
	if (!works)
		return STATUS_NO_MEMORY;
	for (i = 0; i < NR_WORKS; i++)
		InsertTailList(&free_list, &works[i].entry);
	status = flush_nt_init();
	for (i = 0; i < NR_WORKERS && NT_SUCCESS(status); i++)
		status = make_event(&workers[i]);
	for (i = 0; i < nt_params.nr_disks && NT_SUCCESS(status); i++)
		status = open_disk(&nt_params.disk[i]);
	if (NT_SUCCESS(status) && nr_disks)
		status = start_workers();
	if (!NT_SUCCESS(status))
		block_nt_exit();
	return status;
}

void block_nt_drain(void)
{
	struct work *work;
	BOOLEAN more;

	while (*(volatile unsigned int *)&in_flight)
		thread_sleep(1);
	do {
		work = take(&done_list, &more);
		if (work)
			put(&free_list, work, 0);
	} while (work);
	nt_lower_irq(WSL4_IRQ_BLOCK);
}

void block_nt_exit(void)
{
	end_workers();
	close_disks();
	if (works)
		ExFreePoolWithTag(works, NT_TAG);
	works = NULL;
}
