// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps IRPs from Wine's own hand.
 *
 * Wine's server queues the cancelling of an IRP like any other request. If the
 * IRP is completed, and so freed, before that is dispatched, Wine 8 cancels
 * freed memory: a client that is killed in the middle of a transfer could take
 * the whole process, and Linux, with it. So an IRP that was pending is not
 * freed at once: its buffer is, and the IRP itself joins a ring of the last
 * ones, where being cancelled is harmless.
 */
#include "core.h"
#include "irp.h"

#define KEPT_IRPS	8192

static PIRP kept[KEPT_IRPS];
static u32 next_kept;
static KSPIN_LOCK kept_lock;

/* An IRP takes its buffer with it when it is freed. */
static void free_buffer(PIRP irp)
{
	PIRP carrier;

	if (!irp->AssociatedIrp.SystemBuffer)
		return;
	carrier = IoAllocateIrp(1, FALSE);
	if (!carrier)
		return;		/* it goes when the IRP goes */
	carrier->AssociatedIrp.SystemBuffer = irp->AssociatedIrp.SystemBuffer;
	carrier->Flags = irp->Flags;
	irp->AssociatedIrp.SystemBuffer = NULL;
	irp->UserBuffer = NULL;
	IoCompleteRequest(carrier, IO_NO_INCREMENT);
}

static void keep(PIRP irp)
{
	PIRP oldest;
	KIRQL irql;

	free_buffer(irp);
	KeAcquireSpinLock(&kept_lock, &irql);
	oldest = kept[next_kept];
	kept[next_kept] = irp;
	next_kept = (next_kept + 1) % KEPT_IRPS;
	KeReleaseSpinLock(&kept_lock, irql);
	/* Past its last stack location: this frees it. */
	if (oldest)
		IoCompleteRequest(oldest, IO_NO_INCREMENT);
}

/* In place of the completion routine of Wine's dispatcher. */
static NTSTATUS NTAPI completed(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
	PIO_COMPLETION_ROUTINE routine = irp->Tail.Overlay.DriverContext[1];
	NTSTATUS status;

	status = routine(device, irp, context);
	if (status == STATUS_MORE_PROCESSING_REQUIRED)
		return status;	/* the dispatcher still has it */
	keep(irp);
	return STATUS_MORE_PROCESSING_REQUIRED;
}

void wine_guard_irp(PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

	if (!nt_under_wine || !stack->CompletionRoutine)
		return;
	irp->Tail.Overlay.DriverContext[1] = stack->CompletionRoutine;
	stack->CompletionRoutine = completed;
}

void wine_guard_init(void)
{
	KeInitializeSpinLock(&kept_lock);
}

void wine_guard_exit(void)
{
	u32 i;

	for (i = 0; i < KEPT_IRPS; i++) {
		if (kept[i])
			IoCompleteRequest(kept[i], IO_NO_INCREMENT);
		kept[i] = NULL;
	}
}
