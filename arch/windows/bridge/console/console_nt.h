/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the console bridge's NT end share.
 */
#ifndef _WSL4_CONSOLE_NT_H
#define _WSL4_CONSOLE_NT_H

#include "../../nt/core.h"
#include "ioctl.h"

#define LINUX_EPIPE	32

#define POOL_TAG	NT_TAG

/*
 * One lock for the whole bridge: sessions are few, and what is done under it
 * is a copy of some KiB at most. IRPs are completed outside of it.
 */
extern KSPIN_LOCK console_lock;

/* irp_nt.c: queues of IRPs that can be cancelled; all under console_lock */

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
 * Not under console_lock.
 */
void irp_complete_all(LIST_ENTRY *done);

/* wine_nt.c */

/** wine_guard_irp() - before an IRP is queued: keep it safe from Wine */
void wine_guard_irp(PIRP irp);

/** wine_guard_init() - before the first IRP */
void wine_guard_init(void);

/** wine_guard_exit() - after the last one */
void wine_guard_exit(void);

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

/* session_nt.c; results: STATUS_PENDING means that the IRP is not the caller's */

NTSTATUS session_start(struct request *request);
NTSTATUS session_write(struct request *request);
NTSTATUS session_read(struct request *request);
NTSTATUS session_close_stream(struct request *request);
NTSTATUS session_winsize(struct request *request);
NTSTATUS session_signal(struct request *request);
NTSTATUS session_wait(struct request *request);

/** session_hangup() - a handle was closed */
void session_hangup(PFILE_OBJECT file);

/** session_count() - how many sessions there are */
u32 session_count(void);

/** session_end_all() - Linux has ended */
void session_end_all(void);

/* The host calls' parts, named like them. */
s64 session_event(struct wsl4_vcpu *vcpu);
s64 session_linux_read(const u64 *args);
s64 session_linux_write(const u64 *args);
s64 session_linux_exit(const u64 *args);

/* control_nt.c */

NTSTATUS control_status(struct request *request, u32 *bytes);
NTSTATUS control_log(struct request *request, u32 *bytes);
NTSTATUS control_shutdown(struct request *request);

/** control_attach() - WSL4_IOCTL_ATTACH; waits for the file system */
NTSTATUS control_attach(struct request *request, u32 *bytes);

/** control_hello() - Linux is up and says who it is */
s64 control_hello(u64 offset, u64 bytes);

/** control_linux_ended() - Linux has ended: nobody waits for its log now */
void control_linux_ended(void);

/** control_log_cancel() - a handle was closed: end its waiting reads */
void control_log_cancel(PFILE_OBJECT file);

/** control_init() - make the log's readers known to the log */
void control_init(void);

/** control_exit() - undo it */
void control_exit(void);

#endif /* _WSL4_CONSOLE_NT_H */
