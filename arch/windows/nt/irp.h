/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queues of IRPs that can be cancelled, and the parts of an IRP.
 */
#ifndef _WSL4_NT_IRP_H
#define _WSL4_NT_IRP_H

#include "nt.h"

/*
 * One lock for the queues of all devices: what is done under it is a copy of some
 * KiB at most. IRPs are completed outside of it.
 */
extern KSPIN_LOCK irp_lock;

/*
 * irp.c; all under irp_lock but for irp_init(), irp_exit(), irp_complete_all(),
 * irp_finish() and irp_call()
 */

/** irp_init() - before the first device */
void irp_init(void);

/** irp_exit() - after the last one */
void irp_exit(void);

/**
 * irp_finish() - complete an IRP, unless it is pending
 * @irp: a dispatch routine's
 * @status: its result; STATUS_PENDING: somebody else has it
 * @bytes: IoStatus.Information
 *
 * Return: @status. IRQL <= DISPATCH_LEVEL.
 */
NTSTATUS irp_finish(PIRP irp, NTSTATUS status, ULONG_PTR bytes);

/**
 * irp_call() - send a request of our own, and wait for its end
 * @device: the first driver's
 * @irp: the request
 * @done: the event that it was made with
 * @io: its status block, ditto
 *
 * PASSIVE_LEVEL. Return: the request's status.
 */
NTSTATUS irp_call(PDEVICE_OBJECT device, PIRP irp, PKEVENT done, PIO_STATUS_BLOCK io);

/**
 * irp_queue() - put an IRP at the end of a queue; cancelling takes it off
 * @queue: the queue
 * @done: gets the IRP if it was cancelled already
 * @irp: the IRP, marked pending
 */
void irp_queue(LIST_ENTRY *queue, LIST_ENTRY *done, PIRP irp);

/**
 * irp_first() - the first IRP of a queue that is not being cancelled
 * @queue: the queue
 *
 * It stays where it is, and may be cancelled as soon as the lock is released.
 *
 * Return: NULL when there is none.
 */
PIRP irp_first(LIST_ENTRY *queue);

/**
 * irp_take() - take an IRP off its queue
 * @irp: from irp_first()
 *
 * Return: FALSE when it is being cancelled; then it is not the caller's.
 */
BOOLEAN irp_take(PIRP irp);

/**
 * irp_done() - note an IRP's result
 * @done: list for irp_complete_all()
 * @irp: the IRP, on no queue
 * @status: its status
 * @bytes: bytes of its buffer that go back
 */
void irp_done(LIST_ENTRY *done, PIRP irp, NTSTATUS status, u64 bytes);

/**
 * irp_done_all() - note the same result for all IRPs of a queue
 * @done: list for irp_complete_all()
 * @queue: the queue
 * @status: their status
 *
 * The queue is empty afterwards and may be freed.
 */
void irp_done_all(LIST_ENTRY *done, LIST_ENTRY *queue, NTSTATUS status);

/**
 * irp_complete_all() - complete IRPs whose result is noted
 * @done: the list
 *
 * Not under irp_lock.
 */
void irp_complete_all(LIST_ENTRY *done);

/* The parts of a METHOD_BUFFERED control request. */
struct request {
	PIRP irp;
	PFILE_OBJECT file;
	u32 code;
	void *buffer;		/* input, and output in its place */
	u32 in;			/* bytes of input */
	u32 out;		/* room for output */
};

/** request_parse() - look at an IRP that is a device control */
void request_parse(struct request *request, PIRP irp);

/**
 * irp_buffer() - the data of a read or write, in NT's memory
 * @irp: the request
 *
 * IRQL <= DISPATCH_LEVEL. Return: NULL: NT cannot map them now, or there are none.
 */
void *irp_buffer(PIRP irp);

/* wine_irp.c */

/** wine_guard_irp() - before an IRP is queued: keep it safe from Wine */
void wine_guard_irp(PIRP irp);

/** wine_guard_init() - before the first IRP */
void wine_guard_init(void);

/** wine_guard_exit() - after the last one */
void wine_guard_exit(void);

#endif /* _WSL4_NT_IRP_H */
