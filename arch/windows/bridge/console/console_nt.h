/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the console bridge's NT end share.
 */
#ifndef _WSL4_CONSOLE_NT_H
#define _WSL4_CONSOLE_NT_H

#include "core.h"
#include "device.h"
#include "irp.h"
#include "ioctl.h"

#define LINUX_EPIPE	32

#define POOL_TAG	NT_TAG

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
