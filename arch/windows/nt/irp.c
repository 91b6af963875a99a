// SPDX-License-Identifier: GPL-2.0
/*
 * Queues of IRPs that can be cancelled.
 *
 * An IRP belongs to whoever cleared its cancel routine: either irp_take() or
 * the I/O manager, which then calls irp_cancel().
 */
#include "core.h"
#include "irp.h"

typedef PVOID (NTAPI *map_t)(PMDL mdl, KPROCESSOR_MODE mode,
			     MEMORY_CACHING_TYPE type, PVOID address,
			     ULONG bugcheck, ULONG priority);

KSPIN_LOCK irp_lock;

static map_t map_locked_pages;

void irp_init(void)
{
	map_locked_pages = nt_routine(L"MmMapLockedPagesSpecifyCache");
	KeInitializeSpinLock(&irp_lock);
	wine_guard_init();
}

void irp_exit(void)
{
	wine_guard_exit();
}

NTSTATUS irp_finish(PIRP irp, NTSTATUS status, ULONG_PTR bytes)
{
	if (status == STATUS_PENDING)
		return status;
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = bytes;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return status;
}

NTSTATUS irp_call(PDEVICE_OBJECT device, PIRP irp, PKEVENT done, PIO_STATUS_BLOCK io)
{
	NTSTATUS status = IoCallDriver(device, irp);

	if (status != STATUS_PENDING)
		return status;
	KeWaitForSingleObject(done, Executive, KernelMode, FALSE, NULL);
	return io->Status;
}

static void NTAPI irp_cancel(PDEVICE_OBJECT device, PIRP irp)
{
	KIRQL irql;

	(void)device;
	IoReleaseCancelSpinLock(irp->CancelIrql);
	KeAcquireSpinLock(&irp_lock, &irql);
	RemoveEntryList(&irp->Tail.Overlay.ListEntry);
	KeReleaseSpinLock(&irp_lock, irql);
	irp_finish(irp, STATUS_CANCELLED, 0);
}

void irp_queue(LIST_ENTRY *queue, LIST_ENTRY *done, PIRP irp)
{
	wine_guard_irp(irp);
	InsertTailList(queue, &irp->Tail.Overlay.ListEntry);
	IoSetCancelRoutine(irp, irp_cancel);
	/* Cancelled before it had a routine that could have been called? */
	if (irp->Cancel && irp_take(irp))
		irp_done(done, irp, STATUS_CANCELLED, 0);
}

PIRP irp_first(LIST_ENTRY *queue)
{
	LIST_ENTRY *entry;
	PIRP irp;

	for (entry = queue->Flink; entry != queue; entry = entry->Flink) {
		irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
		if (irp->CancelRoutine)
			return irp;
	}
	return NULL;
}

BOOLEAN irp_take(PIRP irp)
{
	if (!IoSetCancelRoutine(irp, NULL))
		return FALSE;
	RemoveEntryList(&irp->Tail.Overlay.ListEntry);
	return TRUE;
}

void irp_done(LIST_ENTRY *done, PIRP irp, NTSTATUS status, u64 bytes)
{
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = bytes;
	InsertTailList(done, &irp->Tail.Overlay.ListEntry);
}

void irp_done_all(LIST_ENTRY *done, LIST_ENTRY *queue, NTSTATUS status)
{
	LIST_ENTRY *entry;
	PIRP irp;

	while ((irp = irp_first(queue)))
		if (irp_take(irp))
			irp_done(done, irp, status, 0);
	/* irp_cancel() waits for the lock with these; the queue may go away. */
	while (!IsListEmpty(queue)) {
		entry = RemoveHeadList(queue);
		InitializeListHead(entry);
	}
}

void irp_complete_all(LIST_ENTRY *done)
{
	LIST_ENTRY *entry;

	while (!IsListEmpty(done)) {
		entry = RemoveHeadList(done);
		IoCompleteRequest(CONTAINING_RECORD(entry, IRP,
						    Tail.Overlay.ListEntry),
				  IO_NO_INCREMENT);
	}
}

void request_parse(struct request *request, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

	request->irp = irp;
	request->file = stack->FileObject;
	request->code = stack->Parameters.DeviceIoControl.IoControlCode;
	request->buffer = irp->AssociatedIrp.SystemBuffer;
	request->in = stack->Parameters.DeviceIoControl.InputBufferLength;
	request->out = stack->Parameters.DeviceIoControl.OutputBufferLength;
}

/* What MmGetSystemAddressForMdlSafe() does, without an import of its own. */
void *irp_buffer(PIRP irp)
{
	PMDL mdl = irp->MdlAddress;

	if (!mdl)
		return irp->AssociatedIrp.SystemBuffer;
	if (mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))
		return mdl->MappedSystemVa;
	if (!map_locked_pages)
		return NULL;
	return map_locked_pages(mdl, KernelMode, MmCached, NULL, FALSE,
				NormalPagePriority);
}
