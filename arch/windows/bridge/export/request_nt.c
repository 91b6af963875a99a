// SPDX-License-Identifier: GPL-2.0
/*
 * The export bridge's NT end: requests. A request waits in its export's queue until
 * Linux asks for more to do; then it takes a slot, from which Linux gets it piece by
 * piece. Nothing on the way needs memory that NT could be short of just when it
 * writes its own memory to this disk.
 */
#include "export_nt.h"

#include <ntddstor.h>
#include <ntdddisk.h>

static NTSTATUS nt_error(s64 result)
{
	switch (result) {
	case 0:
		return STATUS_SUCCESS;
	case -LINUX_ENOSPC:
		return STATUS_DISK_FULL;
	case -LINUX_EROFS:
		return STATUS_MEDIA_WRITE_PROTECTED;
	case -LINUX_ENOMEM:
		return STATUS_INSUFFICIENT_RESOURCES;
	case -LINUX_EOPNOTSUPP:
		return STATUS_NOT_SUPPORTED;
	case -LINUX_EILSEQ:
		return STATUS_CRC_ERROR;
	case -LINUX_ENODEV:
	case -LINUX_ENXIO:
		return STATUS_DEVICE_NOT_CONNECTED;
	case -LINUX_ETIMEDOUT:
		return STATUS_IO_TIMEOUT;
	}
	return STATUS_IO_DEVICE_ERROR;
}

/* --------------------------------------------------------- what it asks -- */

static NTSTATUS check_place(const struct export *export, struct slot *slot)
{
	u64 size = export->info.bytes;

	if (slot->position % export->info.logical_block ||
	    slot->bytes % export->info.logical_block)
		return STATUS_INVALID_PARAMETER;
	if (slot->op == WSL4_EXPORT_READ && slot->position >= size)
		return STATUS_END_OF_FILE;
	if (slot->position > size)
		return STATUS_INVALID_PARAMETER;
	if (slot->bytes <= size - slot->position)
		return STATUS_SUCCESS;
	if (slot->op != WSL4_EXPORT_READ)
		return STATUS_INVALID_PARAMETER;
	slot->bytes = size - slot->position;
	return STATUS_SUCCESS;
}

static NTSTATUS check_read(const struct export *export, PIO_STACK_LOCATION stack,
			   struct slot *slot)
{
	slot->op = WSL4_EXPORT_READ;
	slot->has_data = TRUE;
	slot->position = stack->Parameters.Read.ByteOffset.QuadPart;
	slot->bytes = stack->Parameters.Read.Length;
	return check_place(export, slot);
}

static NTSTATUS check_write(const struct export *export, PIO_STACK_LOCATION stack,
			    struct slot *slot)
{
	PFILE_OBJECT file = stack->FileObject;

	if (export->info.flags & WSL4_EXPORT_READ_ONLY)
		return STATUS_MEDIA_WRITE_PROTECTED;
	slot->op = WSL4_EXPORT_WRITE;
	slot->has_data = TRUE;
	slot->position = stack->Parameters.Write.ByteOffset.QuadPart;
	slot->bytes = stack->Parameters.Write.Length;
	if ((stack->Flags & SL_WRITE_THROUGH) || (file && file->FsContext))
		slot->flags = WSL4_EXPORT_FUA;
	return check_place(export, slot);
}

static NTSTATUS check_verify(const struct export *export,
			     const struct request *request, struct slot *slot)
{
	const VERIFY_INFORMATION *verify = request->buffer;
	NTSTATUS status;

	if (request->in < sizeof(*verify))
		return STATUS_INFO_LENGTH_MISMATCH;
	slot->op = WSL4_EXPORT_READ;
	slot->position = verify->StartingOffset.QuadPart;
	slot->bytes = verify->Length;
	status = check_place(export, slot);
	if (NT_SUCCESS(status) && slot->bytes != verify->Length)
		return STATUS_NONEXISTENT_SECTOR;
	return status == STATUS_END_OF_FILE ? STATUS_NONEXISTENT_SECTOR : status;
}

static NTSTATUS check_ranges(const struct export *export, const struct slot *slot)
{
	const struct trim_range *range = slot->ranges;
	u32 block = export->info.logical_block;
	u64 i, size = export->info.bytes;

	for (i = 0; i < slot->bytes; i++, range++)
		if (range->start < 0 || (u64)range->start > size ||
		    range->bytes > size - range->start || !range->bytes ||
		    range->start % block || range->bytes % block)
			return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

static NTSTATUS check_trim(const struct export *export,
			   const struct request *request, struct slot *slot)
{
	const DEVICE_MANAGE_DATA_SET_ATTRIBUTES *set = request->buffer;
	u32 offset, bytes;

	if (request->in < sizeof(*set) || set->Size < sizeof(*set))
		return STATUS_INVALID_PARAMETER;
	if (set->Action != DeviceDsmAction_Trim)
		return STATUS_NOT_SUPPORTED;
	if (export->info.flags & WSL4_EXPORT_READ_ONLY)
		return STATUS_MEDIA_WRITE_PROTECTED;
	if (!(export->info.flags & WSL4_EXPORT_DISCARD))
		return STATUS_NOT_SUPPORTED;
	offset = set->DataSetRangesOffset;
	bytes = set->DataSetRangesLength;
	if (offset < sizeof(*set) || offset % sizeof(u64) || offset > request->in ||
	    bytes > request->in - offset || bytes % sizeof(struct trim_range))
		return STATUS_INVALID_PARAMETER;
	slot->op = WSL4_EXPORT_TRIM;
	slot->ranges = (const void *)((const u8 *)set + offset);
	slot->bytes = bytes / sizeof(struct trim_range);
	return check_ranges(export, slot);
}

static NTSTATUS check_control(const struct export *export, PIRP irp,
			      struct slot *slot)
{
	struct request request;

	request_parse(&request, irp);
	switch (request.code) {
	case IOCTL_DISK_VERIFY:
		return check_verify(export, &request, slot);
	case IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES:
		return check_trim(export, &request, slot);
	}
	return STATUS_INVALID_DEVICE_REQUEST;
}

NTSTATUS request_check(const struct export *export, PIRP irp, struct slot *slot)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

	RtlZeroMemory(slot, sizeof(*slot));
	slot->irp = irp;
	switch (stack->MajorFunction) {
	case IRP_MJ_READ:
		return check_read(export, stack, slot);
	case IRP_MJ_WRITE:
		return check_write(export, stack, slot);
	case IRP_MJ_FLUSH_BUFFERS:
		slot->op = WSL4_EXPORT_FLUSH;
		slot->bytes = 1;
		return STATUS_SUCCESS;
	case IRP_MJ_DEVICE_CONTROL:
		return check_control(export, irp, slot);
	case IRP_MJ_SCSI:
		return scsi_check(export, irp, slot);
	}
	return STATUS_INVALID_DEVICE_REQUEST;
}

NTSTATUS request_submit(struct export *export, PIRP irp)
{
	struct slot slot;
	LIST_ENTRY done;
	NTSTATUS status;
	KIRQL irql;

	status = request_check(export, irp, &slot);
	if (!NT_SUCCESS(status) || !slot.bytes)
		return status;
	InitializeListHead(&done);
	KeAcquireSpinLock(&irp_lock, &irql);
	if (export->state == EXPORT_LIVE) {
		IoMarkIrpPending(irp);
		irp_queue(&export->queue, &done, irp);
		status = STATUS_PENDING;
	} else {
		status = STATUS_DEVICE_NOT_CONNECTED;
	}
	KeReleaseSpinLock(&irp_lock, irql);
	irp_complete_all(&done);
	if (status == STATUS_PENDING)
		nt_raise_irq(WSL4_IRQ_EXPORT);
	return status;
}

/* ------------------------------------------------------- piece by piece -- */

static BOOLEAN is_scsi(PIRP irp)
{
	return IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_SCSI;
}

/* Programs' files have a position; see the manual of ZwReadFile(). */
static void move_position(PIO_STACK_LOCATION stack, const struct slot *slot)
{
	PFILE_OBJECT file = stack->FileObject;

	if (!nt_under_wine && file && (file->Flags & FO_SYNCHRONOUS_IO))
		file->CurrentByteOffset.QuadPart = slot->position + slot->bytes;
}

static void complete_plain(const struct slot *slot)
{
	NTSTATUS status = nt_error(slot->result);
	PIRP irp = slot->irp;
	ULONG_PTR bytes = 0;

	if (NT_SUCCESS(status) && slot->has_data) {
		bytes = slot->bytes;
		move_position(IoGetCurrentIrpStackLocation(irp), slot);
	}
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = bytes;
	IoCompleteRequest(irp, NT_SUCCESS(status) ? IO_DISK_INCREMENT :
						    IO_NO_INCREMENT);
}

/* The slot is free then. */
static void complete(struct slot *slot)
{
	if (is_scsi(slot->irp))
		scsi_complete(slot);
	else
		complete_plain(slot);
	slot->irp = NULL;
}

/* Complete it when Linux is done with it. */
static void settle(struct slot *slot)
{
	if (!slot->pieces && slot->issued >= slot->bytes)
		complete(slot);
}

/* Nothing more of it is worth doing. */
static void give_up(struct export *export, struct slot *slot, s64 result)
{
	if (!slot->result)
		slot->result = result;
	slot->issued = slot->bytes;
	if (export->current == slot)
		export->current = NULL;
}

static struct slot *free_slot(struct export *export)
{
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++)
		if (!export->slot[i].irp)
			return &export->slot[i];
	return NULL;
}

static PIRP take_irp(struct export *export)
{
	KIRQL irql;
	PIRP irp;

	KeAcquireSpinLock(&irp_lock, &irql);
	do {
		irp = irp_first(&export->queue);
	} while (irp && !irp_take(irp));
	KeReleaseSpinLock(&irp_lock, irql);
	return irp;
}

/* The next request, in a slot, with its data; NULL: there is none. */
static struct slot *take_slot(struct export *export)
{
	struct slot *slot;
	PIRP irp;

	for (;;) {
		slot = free_slot(export);
		irp = slot ? take_irp(export) : NULL;
		if (!irp)
			return NULL;
		/* It was good when it was queued. */
		request_check(export, irp, slot);
		if (!slot->has_data)
			return slot;
		slot->data = is_scsi(irp) ? scsi_data(irp) : irp_buffer(irp);
		if (slot->data)
			return slot;
		slot->result = -LINUX_ENOMEM;
		complete(slot);
	}
}

static BOOLEAN touches(const struct slot *slot, u64 start, u64 bytes)
{
	u64 i;

	if (slot->op == WSL4_EXPORT_FLUSH)
		return FALSE;
	if (slot->op != WSL4_EXPORT_TRIM)
		return nt_ranges_overlap(slot->position, slot->bytes, start, bytes);
	for (i = 0; i < slot->bytes; i++)
		if (nt_ranges_overlap(slot->ranges[i].start, slot->ranges[i].bytes,
				      start, bytes))
			return TRUE;
	return FALSE;
}

/* Would it matter which of them comes first? */
static BOOLEAN conflict(const struct slot *a, const struct slot *b)
{
	if (a->op == b->op && a->op != WSL4_EXPORT_WRITE)
		return FALSE;
	if (a->op == WSL4_EXPORT_FLUSH)
		return FALSE;
	if (a->op == WSL4_EXPORT_TRIM)
		return touches(a, b->position, b->bytes) &&
		       b->op != WSL4_EXPORT_FLUSH;
	return touches(b, a->position, a->bytes);
}

/*
 * Commands for the same blocks are executed as if one came after the other: SPC-4, control
 * mode page, QUEUE ALGORITHM MODIFIER 0. NT counts on that, and Linux does not do it
 * for bios that it has at the same time.
 */
static BOOLEAN must_wait(const struct export *export, const struct slot *slot)
{
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++)
		if (export->slot[i].irp && &export->slot[i] != slot &&
		    conflict(&export->slot[i], slot))
			return TRUE;
	return FALSE;
}

/*
 * A request in a slot, of which something is left to ask for; or NULL. For one that
 * must wait, all behind it do; Linux asks again at the end of each piece.
 */
static struct slot *begin(struct export *export)
{
	struct slot *slot = export->current;

	if (!slot)
		slot = take_slot(export);
	export->current = slot;
	if (slot && !slot->issued && must_wait(export, slot))
		return NULL;
	return slot;
}

static u64 piece_bytes(const struct slot *slot, u64 offset)
{
	return min(slot->bytes - offset, (u64)WSL4_EXPORT_PIECE);
}

/* Between a request's data and Linux's buffer. */
static BOOLEAN copy(const struct slot *slot, u64 offset, u64 buffer)
{
	u64 bytes = piece_bytes(slot, offset);
	struct nt_mapping mapping;
	void *memory;

	if (!slot->data)
		return TRUE;
	memory = nt_physmem_map(buffer, bytes, &mapping);
	if (!memory)
		return FALSE;
	if (slot->op == WSL4_EXPORT_WRITE)
		memcpy(memory, slot->data + offset, bytes);
	else
		memcpy(slot->data + offset, memory, bytes);
	nt_physmem_unmap(&mapping);
	return TRUE;
}

static void describe(struct export *export, const struct slot *slot,
		     struct wsl4_export_piece *piece)
{
	u64 at = slot->issued;

	piece->op = slot->op;
	piece->flags = slot->flags;
	piece->tag = (u64)(slot - export->slot) << 32 | at;
	piece->position = slot->position + at;
	piece->bytes = piece_bytes(slot, at);
	if (slot->op == WSL4_EXPORT_FLUSH) {
		piece->position = 0;
		piece->bytes = 0;
	}
	if (slot->op == WSL4_EXPORT_TRIM) {
		piece->position = slot->ranges[at].start;
		piece->bytes = slot->ranges[at].bytes;
	}
}

s64 request_next(struct wsl4_vcpu *vcpu, struct export *export, u64 buffer)
{
	struct wsl4_export_piece *piece = (void *)vcpu->mailbox;
	struct slot *slot;

	if (!nt_physmem_valid(buffer, WSL4_EXPORT_PIECE))
		return -LINUX_EFAULT;
	slot = begin(export);
	while (slot && slot->op == WSL4_EXPORT_WRITE &&
	       !copy(slot, slot->issued, buffer)) {
		give_up(export, slot, -LINUX_ENOMEM);
		settle(slot);
		slot = begin(export);
	}
	if (!slot)
		return 0;
	describe(export, slot, piece);
	slot->pieces++;
	slot->issued += slot->op >= WSL4_EXPORT_FLUSH ? 1 : piece->bytes;
	if (slot->issued == slot->bytes)
		export->current = NULL;
	return 1;
}

s64 request_done(struct export *export, u64 tag, s64 result, u64 buffer)
{
	u64 number = tag >> 32, offset = (u32)tag;
	struct slot *slot;

	if (number >= NR_SLOTS)
		return -LINUX_EINVAL;
	slot = &export->slot[number];
	if (!slot->irp || !slot->pieces || offset >= slot->issued)
		return -LINUX_EINVAL;
	if (!result && slot->op == WSL4_EXPORT_READ && !copy(slot, offset, buffer))
		result = -LINUX_ENOMEM;
	slot->pieces--;
	if (result)
		give_up(export, slot, result);
	settle(slot);
	return 0;
}

void request_fail_all(struct export *export)
{
	LIST_ENTRY done;
	unsigned int i;
	KIRQL irql;

	for (i = 0; i < NR_SLOTS; i++) {
		if (!export->slot[i].irp)
			continue;
		give_up(export, &export->slot[i], -LINUX_ENODEV);
		complete(&export->slot[i]);
	}
	InitializeListHead(&done);
	KeAcquireSpinLock(&irp_lock, &irql);
	irp_done_all(&done, &export->queue, STATUS_DEVICE_NOT_CONNECTED);
	KeReleaseSpinLock(&irp_lock, irql);
	irp_complete_all(&done);
}
