// SPDX-License-Identifier: GPL-2.0
/*
 * What the control device tells without a session: status and log. Both work
 * as long as the driver is loaded, whatever became of Linux.
 */
#include "console_nt.h"

static LIST_ENTRY log_waits;
static struct wsl4_console_hello hello;
static u64 up_at, down_at;	/* clock_now(); 0: not yet */

static u32 state_for_program(void)
{
	static const u32 state[] = {
		[LINUX_STARTING] = WSL4_STATE_STARTING,
		[LINUX_RUNNING] = WSL4_STATE_RUNNING,
		[LINUX_STOPPING] = WSL4_STATE_STOPPING,
		[LINUX_STOPPED] = WSL4_STATE_STOPPED,
		[LINUX_PANICKED] = WSL4_STATE_PANICKED,
		[LINUX_REFUSED] = WSL4_STATE_REFUSED,
	};

	return state[nt_linux_state()];
}

static NTSTATUS check_version(struct request *request)
{
	if (request->in < sizeof(u32))
		return STATUS_BUFFER_TOO_SMALL;
	if (*(u32 *)request->buffer != WSL4_CONSOLE_VERSION)
		return STATUS_REVISION_MISMATCH;
	return STATUS_SUCCESS;
}

static BOOLEAN linux_runs(void)
{
	enum linux_state state = nt_linux_state();

	return state == LINUX_STARTING || state == LINUX_RUNNING ||
	       state == LINUX_STOPPING;
}

NTSTATUS control_status(struct request *request, u32 *bytes)
{
	struct wsl4_status *status = request->buffer;
	NTSTATUS result;
	u64 until;
	KIRQL irql;

	result = check_version(request);
	if (!NT_SUCCESS(result))
		return result;
	if (request->out < sizeof(*status))
		return STATUS_BUFFER_TOO_SMALL;
	RtlZeroMemory(status, sizeof(*status));
	status->version = WSL4_CONSOLE_VERSION;
	status->state = state_for_program();
	nt_linux_message(status->message, sizeof(status->message));
	KeAcquireSpinLock(&irp_lock, &irql);
	status->sessions = session_count();
	until = down_at ? down_at : clock_now();
	if (up_at)
		status->uptime_ms = (until - up_at) / 1000000;
	status->memory_bytes = hello.memory_bytes;
	RtlCopyMemory(status->linux_version, hello.linux_version,
		      sizeof(status->linux_version));
	KeReleaseSpinLock(&irp_lock, irql);
	*bytes = sizeof(*status);
	return STATUS_SUCCESS;
}

s64 control_hello(u64 offset, u64 bytes)
{
	const struct wsl4_console_hello *text;
	struct nt_mapping mapping;
	KIRQL irql;

	if (bytes != sizeof(*text))
		return -LINUX_EINVAL;
	text = nt_physmem_map(offset, bytes, &mapping);
	if (!text)
		return -LINUX_EFAULT;
	KeAcquireSpinLock(&irp_lock, &irql);
	RtlCopyMemory(&hello, text, sizeof(hello));
	hello.linux_version[sizeof(hello.linux_version) - 1] = 0;
	up_at = clock_now();
	down_at = 0;
	KeReleaseSpinLock(&irp_lock, irql);
	nt_physmem_unmap(&mapping);
	return 0;
}

/* Fill the answer. Returns its size, 0 when there is nothing to tell yet. */
static u32 read_log(struct request *request)
{
	struct wsl4_log_read ask = *(struct wsl4_log_read *)request->buffer;
	struct wsl4_log_data *data = request->buffer;
	u64 cursor = ask.cursor;
	BOOLEAN runs = linux_runs();
	u32 bytes;

	bytes = log_read(&cursor, data + 1, request->out - sizeof(*data));
	if (!bytes && runs && ask.flags & WSL4_LOG_WAIT)
		return 0;
	data->cursor = cursor;
	data->bytes = bytes;
	data->ended = !runs;
	return sizeof(*data) + bytes;
}

static NTSTATUS check_log(struct request *request)
{
	const struct wsl4_log_read *ask = request->buffer;

	if (request->in < sizeof(*ask) ||
	    request->out <= sizeof(struct wsl4_log_data))
		return STATUS_BUFFER_TOO_SMALL;
	if (ask->version != WSL4_CONSOLE_VERSION)
		return STATUS_REVISION_MISMATCH;
	if (ask->flags & ~WSL4_LOG_WAIT || ask->cursor > log_end() ||
	    request->out > WSL4_MAX_TRANSFER)
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

NTSTATUS control_log(struct request *request, u32 *bytes)
{
	LIST_ENTRY done;
	NTSTATUS status;
	KIRQL irql;

	status = check_log(request);
	if (!NT_SUCCESS(status))
		return status;
	InitializeListHead(&done);
	KeAcquireSpinLock(&irp_lock, &irql);
	*bytes = read_log(request);
	if (!*bytes) {
		IoMarkIrpPending(request->irp);
		irp_queue(&log_waits, &done, request->irp);
		status = STATUS_PENDING;
	}
	KeReleaseSpinLock(&irp_lock, irql);
	irp_complete_all(&done);
	return status;
}

/* The log has grown, or Linux has ended. */
static void log_grown(void)
{
	LIST_ENTRY done, *entry, *next;
	struct request request;
	KIRQL irql;
	PIRP irp;
	u32 bytes;

	if (IsListEmpty(&log_waits))
		return;
	InitializeListHead(&done);
	KeAcquireSpinLock(&irp_lock, &irql);
	for (entry = log_waits.Flink; entry != &log_waits; entry = next) {
		next = entry->Flink;
		irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
		request_parse(&request, irp);
		bytes = read_log(&request);
		if (bytes && irp_take(irp))
			irp_done(&done, irp, STATUS_SUCCESS, bytes);
	}
	KeReleaseSpinLock(&irp_lock, irql);
	irp_complete_all(&done);
}

void control_log_cancel(PFILE_OBJECT file)
{
	LIST_ENTRY done, *entry, *next;
	struct request request;
	KIRQL irql;
	PIRP irp;

	InitializeListHead(&done);
	KeAcquireSpinLock(&irp_lock, &irql);
	for (entry = log_waits.Flink; entry != &log_waits; entry = next) {
		next = entry->Flink;
		irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
		request_parse(&request, irp);
		if (request.file == file && irp_take(irp))
			irp_done(&done, irp, STATUS_CANCELLED, 0);
	}
	KeReleaseSpinLock(&irp_lock, irql);
	irp_complete_all(&done);
}

void control_linux_ended(void)
{
	KIRQL irql;

	KeAcquireSpinLock(&irp_lock, &irql);
	down_at = clock_now();
	KeReleaseSpinLock(&irp_lock, irql);
	log_grown();
}

NTSTATUS control_shutdown(struct request *request)
{
	NTSTATUS status;

	status = check_version(request);
	if (!NT_SUCCESS(status))
		return status;
	if (!linux_runs())
		return STATUS_DEVICE_NOT_READY;
	nt_request_shutdown();
	return STATUS_SUCCESS;
}

void control_init(void)
{
	InitializeListHead(&log_waits);
	log_set_listener(log_grown);
}

void control_exit(void)
{
	LIST_ENTRY done;
	KIRQL irql;

	log_set_listener(NULL);
	InitializeListHead(&done);
	KeAcquireSpinLock(&irp_lock, &irql);
	irp_done_all(&done, &log_waits, STATUS_DELETE_PENDING);
	KeReleaseSpinLock(&irp_lock, irql);
	irp_complete_all(&done);
}
