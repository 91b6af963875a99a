// SPDX-License-Identifier: GPL-2.0
/*
 * The NT end of the block bridge: files and disks of NT for Linux.
 *
 * A few threads of the bridge's own do the I/O (workers_nt.c), so that the vCPU
 * never waits for it. A request is copied and checked when it is submitted; a
 * worker does it run by run and puts it on the list of completions, from which
 * Linux reaps it. A flush reaches the medium (Wine: fsync), and since a write is only
 * completed after NT has taken its data, a flush covers all writes that were
 * completed before it was submitted, whichever worker did them.
 */
#include <wsl4/block.h>

#include "block_nt.h"

#define NR_WORKS	256		/* requests in flight, all disks */
#define DISK_DEPTH	128		/* of one disk */
#define MAX_TRANSFER	(16u << 20)	/* bytes of one read or write of NT's */
#define ZEROES_SIZE	(16u << 10)

struct work {
	struct job job;
	struct wsl4_block_request request;
	struct disk *disk;
	s64 result;
};

static struct work *works;
static LIST_ENTRY free_list, done_list;
static KSPIN_LOCK lock;			/* of the lists */
static volatile LONG in_flight;		/* queued, or with a worker */

static u8 zeroes[ZEROES_SIZE] __attribute__((aligned(4096)));

/* ------------------------------------------------------------ the lists -- */

static struct work *take(LIST_ENTRY *list, BOOLEAN *more)
{
	struct work *work = NULL;
	KIRQL irql;

	KeAcquireSpinLock(&lock, &irql);
	if (!IsListEmpty(list))
		work = CONTAINING_RECORD(RemoveHeadList(list), struct work,
					 job.entry);
	*more = !IsListEmpty(list);
	KeReleaseSpinLock(&lock, irql);
	return work;
}

static void put(LIST_ENTRY *list, struct work *work)
{
	KIRQL irql;

	KeAcquireSpinLock(&lock, &irql);
	InsertTailList(list, &work->job.entry);
	KeReleaseSpinLock(&lock, irql);
}

/* ------------------------------------------------------------ doing I/O -- */

s64 block_error(NTSTATUS status)
{
	if (NT_SUCCESS(status))
		return 0;
	switch (status) {
	case STATUS_DISK_FULL:
		return -LINUX_ENOSPC;
	case STATUS_NO_SUCH_DEVICE:
	case STATUS_DEVICE_NOT_CONNECTED:
	case STATUS_DEVICE_REMOVED:
	case STATUS_NO_MEDIA_IN_DEVICE:
		return -LINUX_ENODEV;
	case STATUS_IO_TIMEOUT:
	case STATUS_DEVICE_BUSY:
		return -LINUX_ETIMEDOUT;
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
NTSTATUS block_finish(const struct worker *worker, NTSTATUS status,
		      const IO_STATUS_BLOCK *io)
{
	if (status != STATUS_PENDING)
		return status;
	if (worker->event)
		ZwWaitForSingleObject(worker->event, FALSE, NULL);
	return io->Status;
}

static NTSTATUS transfer_once(struct worker *worker, struct disk *disk,
			      BOOLEAN write, u64 position, void *data, ULONG bytes,
			      IO_STATUS_BLOCK *io)
{
	LARGE_INTEGER at = { .QuadPart = position };
	NTSTATUS status;

	io->Status = STATUS_UNSUCCESSFUL;
	io->Information = 0;
	if (write)
		status = ZwWriteFile(disk->file, worker->event, NULL, NULL, io, data,
				     bytes, &at, NULL);
	else
		status = ZwReadFile(disk->file, worker->event, NULL, NULL, io, data,
				    bytes, &at, NULL);
	return block_finish(worker, status, io);
}

/* Wine reads from a device only into memory that it knows; Linux's is not. */
static NTSTATUS transfer_bounced(struct worker *worker, struct disk *disk,
				 BOOLEAN write, u64 position, void *data,
				 ULONG bytes, IO_STATUS_BLOCK *io)
{
	void *buffer = ExAllocatePoolWithTag(PagedPool, bytes, NT_TAG);
	NTSTATUS status;

	if (!buffer)
		return STATUS_NO_MEMORY;
	if (write)
		memcpy(buffer, data, bytes);
	status = transfer_once(worker, disk, write, position, buffer, bytes, io);
	if (!write && NT_SUCCESS(status))
		memcpy(data, buffer, min(io->Information, (ULONG_PTR)bytes));
	ExFreePoolWithTag(buffer, NT_TAG);
	return status;
}

s64 block_transfer(struct worker *worker, struct disk *disk, BOOLEAN write,
		   u64 position, u8 *data, u64 bytes)
{
	IO_STATUS_BLOCK io;
	NTSTATUS status;
	ULONG part;

	while (bytes) {
		part = torture_part(disk, min(bytes, (u64)MAX_TRANSFER));
		if (nt_under_wine && disk->kind != DISK_IS_FILE)
			status = transfer_bounced(worker, disk, write, position,
						  data, part, &io);
		else
			status = transfer_once(worker, disk, write, position, data,
					       part, &io);
		if (!NT_SUCCESS(status))
			return block_error(status);
		/* Less than asked for: somebody has truncated the file. */
		if (!io.Information || io.Information > part ||
		    io.Information % disk->sector)
			return -LINUX_EIO;
		position += io.Information;
		data += io.Information;
		bytes -= io.Information;
	}
	return 0;
}

static s64 transfer_run(struct worker *worker, struct disk *disk,
			enum block_how how, u64 position, u64 start, u64 bytes)
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
		result = torture_transfer(worker, disk, how, position, data,
					  part);
		nt_physmem_unmap(&mapping);
		start += part;
		position += part;
	}
	return result;
}

static enum block_how how_of(const struct wsl4_block_request *r)
{
	if (r->op == WSL4_BLOCK_READ)
		return BLOCK_READ;
	return r->flags & WSL4_BLOCK_FUA ? BLOCK_WRITE_THROUGH : BLOCK_WRITE;
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
		result = transfer_run(worker, disk, how_of(r), position, start,
				      bytes);
		if (result)
			return result;
		position += bytes;
	}
	return 0;
}

s64 block_flush(struct disk *disk)
{
	if (disk->flags & WSL4_DISK_READ_ONLY)
		return 0;
	return block_error(flush_nt(disk->file, disk->kind == DISK_IS_FILE));
}

static s64 write_zeroes(struct worker *worker, struct disk *disk,
			const struct wsl4_block_request *r)
{
	u64 position = r->position, left = r->bytes, part;
	s64 result = 0;

	while (left && !result) {
		part = min(left, (u64)ZEROES_SIZE);
		result = torture_transfer(worker, disk, how_of(r), position,
					  zeroes, part);
		position += part;
		left -= part;
	}
	return result;
}

NTSTATUS block_zero_range(struct worker *worker, struct disk *disk, u64 start,
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
	return block_finish(worker, status, &io);
}

static s64 discard(struct worker *worker, struct disk *disk,
		   const struct wsl4_block_request *r)
{
	if (!(disk->flags & WSL4_DISK_DISCARD))
		return -LINUX_EOPNOTSUPP;
	if (disk->kind != DISK_IS_FILE)
		return block_error(device_trim(worker, disk, r->position,
					       r->bytes));
	return block_error(block_zero_range(worker, disk, r->position,
					    r->position + r->bytes));
}

static s64 perform(struct worker *worker, struct disk *disk,
		   const struct wsl4_block_request *r)
{
	s64 result = 0;

	switch (r->op) {
	case WSL4_BLOCK_READ:
		return transfer_runs(worker, disk, r);
	case WSL4_BLOCK_FLUSH:
		return torture_flush(worker, disk);
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
		result = torture_flush_through(disk);
	return result;
}

static void perform_work(struct worker *worker, struct job *job)
{
	struct work *work = CONTAINING_RECORD(job, struct work, job);

	work->result = perform(worker, work->disk, &work->request);
	put(&done_list, work);
	InterlockedDecrement(&in_flight);
	nt_raise_irq(WSL4_IRQ_BLOCK);
}

/* ----------------------------------------------------------- host calls -- */

/* The header is a copy already; the segments still lie in physmem. */
static s64 check_range(const struct disk *disk,
		       const struct wsl4_block_request *r)
{
	if (r->position % disk->sector || r->bytes % disk->sector || !r->bytes ||
	    r->position > disk->bytes || r->bytes > disk->bytes - r->position)
		return -LINUX_EINVAL;
	if (r->op != WSL4_BLOCK_READ && (disk->flags & WSL4_DISK_READ_ONLY))
		return -LINUX_EROFS;
	return 0;
}

static s64 check_request(const struct disk *disk,
			 const struct wsl4_block_request *r)
{
	BOOLEAN has_data = r->op == WSL4_BLOCK_READ || r->op == WSL4_BLOCK_WRITE;
	s64 result;
	u64 sum = 0;
	u32 i;

	if (!disk)
		return -LINUX_ENODEV;
	if (r->op > WSL4_BLOCK_ZEROES || (r->flags & ~WSL4_BLOCK_FUA) ||
	    (has_data ? !r->nr_segments : r->nr_segments))
		return -LINUX_EINVAL;
	if (r->op == WSL4_BLOCK_FLUSH)
		return 0;
	result = check_range(disk, r);
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

static BOOLEAN waits_for_medium(const struct wsl4_block_request *r)
{
	return (r->op != WSL4_BLOCK_READ && r->op != WSL4_BLOCK_WRITE) ||
	       (r->flags & WSL4_BLOCK_FUA);
}

static s64 submit(u64 offset, u64 more_comes)
{
	struct work *work;
	BOOLEAN more;
	s64 result;

	work = take(&free_list, &more);
	if (!work)
		return -LINUX_EAGAIN;
	result = copy_request(&work->request, offset);
	if (!result) {
		work->disk = disk_get(work->request.disk);
		result = check_request(work->disk, &work->request);
	}
	if (result) {
		put(&free_list, work);
		return result;
	}
	work->disk->in_flight++;
	work->job.waits = waits_for_medium(&work->request);
	InterlockedIncrement(&in_flight);
	workers_add(&work->job, more_comes != 0);
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
		work->disk->in_flight--;
		put(&free_list, work);
	}
	if (more)
		nt_raise_irq(WSL4_IRQ_BLOCK);
	return count;
}

static s64 info(struct wsl4_vcpu *vcpu, u64 index)
{
	struct wsl4_disk_info *out = (void *)vcpu->mailbox;
	const struct disk *disk;

	disk = disk_get(index);
	if (!disk)
		return -LINUX_ENODEV;
	memset(out, 0, sizeof(*out));
	out->bytes = disk->bytes;
	out->logical_block = disk->sector;
	out->physical_block = disk->physical_sector;
	out->flags = disk->flags;
	out->queue_depth = DISK_DEPTH;
	memcpy(out->serial, disk->serial, sizeof(out->serial));
	memcpy(out->model, disk->model, sizeof(out->model));
	memcpy(out->path, disk->path, sizeof(out->path));
	return 0;
}

s64 block_nt_call(struct wsl4_vcpu *vcpu, u64 call, const u64 *args)
{
	switch (call) {
	case HOST_BLOCK_INFO:
		return info(vcpu, args[0]);
	case HOST_BLOCK_SUBMIT:
		return submit(args[0], args[1]);
	case HOST_BLOCK_COMMIT:
		workers_call();
		return 0;
	case HOST_BLOCK_REAP:
		return reap(vcpu, args[0]);
	case HOST_BLOCK_DETACH:
		return disk_detach(args[0]);
	}
	return -LINUX_ENOSYS;
}

/* ------------------------------------------------------- start and end -- */

NTSTATUS block_make_event(struct worker *worker)
{
	OBJECT_ATTRIBUTES attributes;

	if (nt_under_wine)
		return STATUS_SUCCESS;
	InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL,
				   NULL);
	return ZwCreateEvent(&worker->event, EVENT_ALL_ACCESS, &attributes,
			     SynchronizationEvent, FALSE);
}

NTSTATUS block_nt_init(void)
{
	unsigned int i, index;
	const char *why;
	NTSTATUS status;

	disks_init();
	KeInitializeSpinLock(&lock);
	InitializeListHead(&free_list);
	InitializeListHead(&done_list);
	workers_init(perform_work);
	works = ExAllocatePoolWithTag(NonPagedPool, NR_WORKS * sizeof(*works),
				      NT_TAG);
	if (!works)
		return STATUS_NO_MEMORY;
	for (i = 0; i < NR_WORKS; i++)
		InsertTailList(&free_list, &works[i].job.entry);
	status = flush_nt_init();
	if (NT_SUCCESS(status))
		status = torture_init();
	for (i = 0; i < nt_params.nr_disks && NT_SUCCESS(status); i++)
		status = disk_attach(&nt_params.disk[i].path,
				     nt_params.disk[i].read_only, FALSE, &index,
				     &why);
	if (NT_SUCCESS(status))
		status = workers_start();
	if (!NT_SUCCESS(status))
		block_nt_exit();
	return status;
}

NTSTATUS block_nt_attach(UNICODE_STRING *path, BOOLEAN read_only,
			 unsigned int *index, const char **why)
{
	NTSTATUS status = disk_attach(path, read_only, TRUE, index, why);

	if (status == STATUS_SUCCESS)
		nt_raise_irq(WSL4_IRQ_DISKS);
	return status;
}

void block_nt_drain(void)
{
	struct work *work;
	BOOLEAN more;

	while (in_flight) {
		block_nt_look();
		thread_sleep(1);
	}
	while ((work = take(&done_list, &more))) {
		work->disk->in_flight--;
		put(&free_list, work);
	}
	nt_lower_irq(WSL4_IRQ_BLOCK);
}

void block_nt_exit(void)
{
	workers_exit();
	torture_exit();
	disks_close();
	if (works)
		ExFreePoolWithTag(works, NT_TAG);
	works = NULL;
}
