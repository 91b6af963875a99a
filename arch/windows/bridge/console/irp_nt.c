// SPDX-License-Identifier: GPL-2.0
/*
 * Queues of IRPs that can be cancelled.
 *
 * An IRP belongs to whoever cleared its cancel routine: either irp_take() or
 * the I/O manager, which then calls irp_cancel().
 */
#include "console_nt.h"

KSPIN_LOCK console_lock;

static void NTAPI irp_cancel(PDEVICE_OBJECT device, PIRP irp)
{
	KIRQL irql;

	(void)device;
	IoReleaseCancelSpinLock(irp->CancelIrql);
	KeAcquireSpinLock(&console_lock, &irql);
	RemoveEntryList(&irp->Tail.Overlay.ListEntry);
	KeReleaseSpinLock(&console_lock, irql);
	irp->IoStatus.Status = STATUS_CANCELLED;
	irp->IoStatus.Information = 0;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
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
