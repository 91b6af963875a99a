// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: the requests of NT's programs.
 */
#include "session_nt.h"

static struct session *slots[WSL4_MAX_SESSIONS];
static u32 counter;

struct session *session_of(u64 id)
{
	struct session *session;

	if (!id || (id & 0xff) >= WSL4_MAX_SESSIONS)
		return NULL;
	session = slots[id & 0xff];
	if (!session || session->id != id)
		return NULL;
	return session;
}

u32 session_count(void)
{
	unsigned int i;
	u32 count = 0;

	for (i = 0; i < WSL4_MAX_SESSIONS; i++)
		count += slots[i] && slots[i]->state != SESSION_ENDED;
	return count;
}

static BOOLEAN get_slot(struct session *session)
{
	u32 i;

	for (i = 0; i < WSL4_MAX_SESSIONS && slots[i]; i++)
		;
	if (i == WSL4_MAX_SESSIONS)
		return FALSE;
	slots[i] = session;
	counter = (counter + 1) & 0xffffff;
	if (!counter)
		counter = 1;
	session->id = i | counter << 8;
	session->has_slot = TRUE;
	return TRUE;
}

struct session *session_drop_slot(struct session *session)
{
	if (!session->has_slot)
		return NULL;
	slots[session->id & 0xff] = NULL;
	session->has_slot = FALSE;
	return session->open ? NULL : session;
}

void session_notify(struct session *session, u32 events)
{
	session->event.session = session->id;
	session->event.events |= events;
}

void session_free(struct session *session)
{
	unsigned int i;

	if (!session)
		return;
	for (i = 0; i < WSL4_NR_STREAMS; i++)
		if (session->stream[i].ring)
			ExFreePoolWithTag(session->stream[i].ring, POOL_TAG);
	if (session->start)
		ExFreePoolWithTag(session->start, POOL_TAG);
	ExFreePoolWithTag(session, POOL_TAG);
}

static u32 ring_bytes(u32 flags, unsigned int stream)
{
	switch (stream) {
	case WSL4_STDOUT:
		return flags & WSL4_START_TTY_OUT ? 0 : RING_BYTES;
	case WSL4_STDERR:
		return flags & WSL4_START_TTY_ERR ? 0 : RING_BYTES;
	case WSL4_TTY:
		return flags & WSL4_START_TTY ? TTY_RING_BYTES : 0;
	}
	return 0;
}

static struct session *session_new(const struct wsl4_start *start)
{
	struct session *session;
	struct stream *stream;
	unsigned int i;

	session = ExAllocatePoolWithTag(NonPagedPool, sizeof(*session),
					POOL_TAG);
	if (!session)
		return NULL;
	RtlZeroMemory(session, sizeof(*session));
	InitializeListHead(&session->started);
	InitializeListHead(&session->waits);
	for (i = 0; i < WSL4_NR_STREAMS; i++) {
		stream = &session->stream[i];
		InitializeListHead(&stream->writes);
		InitializeListHead(&stream->reads);
		stream->size = ring_bytes(start->flags, i);
		/* An output that does not exist has ended. */
		stream->eof = !stream->size && i != WSL4_STDIN;
		if (!stream->size)
			continue;
		stream->ring = ExAllocatePoolWithTag(NonPagedPool, stream->size,
						     POOL_TAG);
		if (!stream->ring)
			goto fail;
	}
	session->start = ExAllocatePoolWithTag(NonPagedPool, start->bytes,
					       POOL_TAG);
	if (!session->start)
		goto fail;
	RtlCopyMemory(session->start, start, start->bytes);
	session->event.start_bytes = start->bytes;
	return session;

fail:
	session_free(session);
	return NULL;
}

/* As many strings as it says, the last one's NUL last? */
static BOOLEAN strings_fit(const struct wsl4_start *start)
{
	const char *strings = (const char *)(start + 1);
	u32 bytes = start->bytes - sizeof(*start);
	u32 i, count = 0;

	if (!bytes || strings[bytes - 1])
		return FALSE;
	for (i = 0; i < bytes; i++)
		count += !strings[i];
	return count == 2 + start->argc + start->envc;
}

static NTSTATUS check_start(struct request *request)
{
	const struct wsl4_start *start = request->buffer;

	if (request->in < sizeof(*start) ||
	    request->out < sizeof(struct wsl4_start_result))
		return STATUS_BUFFER_TOO_SMALL;
	if (start->version != WSL4_CONSOLE_VERSION)
		return STATUS_REVISION_MISMATCH;
	if (start->bytes != request->in ||
	    start->bytes > WSL4_START_MAX_BYTES ||
	    start->flags & ~WSL4_START_FLAGS || start->reserved ||
	    start->argc > WSL4_START_MAX_STRINGS ||
	    start->envc > WSL4_START_MAX_STRINGS ||
	    !start->argc != !!(start->flags & WSL4_START_LOGIN) ||
	    !strings_fit(start))
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

static BOOLEAN linux_takes_sessions(void)
{
	enum linux_state state = nt_linux_state();

	return state == LINUX_STARTING || state == LINUX_RUNNING;
}

NTSTATUS session_start(struct request *request)
{
	struct session *session;
	NTSTATUS status;
	LIST_ENTRY done;
	KIRQL irql;

	status = check_start(request);
	if (!NT_SUCCESS(status))
		return status;
	session = session_new(request->buffer);
	if (!session)
		return STATUS_INSUFFICIENT_RESOURCES;
	InitializeListHead(&done);
	KeAcquireSpinLock(&irp_lock, &irql);
	if (request->file->FsContext)
		status = STATUS_INVALID_DEVICE_STATE;
	else if (!linux_takes_sessions())
		status = STATUS_DEVICE_NOT_READY;
	else if (!get_slot(session))
		status = STATUS_TOO_MANY_SESSIONS;
	if (NT_SUCCESS(status)) {
		request->file->FsContext = session;
		session->open = TRUE;
		IoMarkIrpPending(request->irp);
		irp_queue(&session->started, &done, request->irp);
		session_notify(session, WSL4_EVENT_START);
		status = STATUS_PENDING;
	}
	KeReleaseSpinLock(&irp_lock, irql);
	if (status != STATUS_PENDING) {
		session_free(session);
		return status;
	}
	irp_complete_all(&done);
	nt_raise_irq(WSL4_IRQ_CONSOLE);
	return status;
}

void session_answer_start(LIST_ENTRY *done, struct session *session, u32 error,
			  s32 linux_errno)
{
	struct wsl4_start_result *result;
	PIRP irp;

	while ((irp = irp_first(&session->started))) {
		if (!irp_take(irp))
			continue;
		result = irp->AssociatedIrp.SystemBuffer;
		result->error = error;
		result->linux_errno = linux_errno;
		irp_done(done, irp, STATUS_SUCCESS, sizeof(*result));
	}
}

static void answer_waits(LIST_ENTRY *done, struct session *session)
{
	PIRP irp;

	while ((irp = irp_first(&session->waits))) {
		if (!irp_take(irp))
			continue;
		RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, &session->exit,
			      sizeof(session->exit));
		irp_done(done, irp, STATUS_SUCCESS, sizeof(session->exit));
	}
}

void session_end(LIST_ENTRY *done, struct session *session, s32 status,
		 BOOLEAN lost)
{
	unsigned int i;

	if (session->state == SESSION_ENDED)
		return;
	session->state = SESSION_ENDED;
	session->exit.status = status;
	session->exit.lost = lost;
	for (i = 0; i < WSL4_NR_STREAMS; i++)
		stream_end(done, &session->stream[i]);
	answer_waits(done, session);
}

void session_fail(LIST_ENTRY *done, struct session *session, u32 error,
		  s32 linux_errno)
{
	session_answer_start(done, session, error, linux_errno);
	session_end(done, session, 0, FALSE);
}

/* Under the lock; the session of a request that needs one that was started. */
static NTSTATUS find_session(struct request *request, struct session **session)
{
	*session = request->file->FsContext;
	return *session ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE;
}

static NTSTATUS check_stream(struct request *request, u32 mask)
{
	const struct wsl4_stream *header = request->buffer;

	if (request->in < sizeof(*header))
		return STATUS_BUFFER_TOO_SMALL;
	if (header->version != WSL4_CONSOLE_VERSION)
		return STATUS_REVISION_MISMATCH;
	if (header->stream >= WSL4_NR_STREAMS ||
	    !(mask & 1u << header->stream) ||
	    header->flags & ~WSL4_STREAM_EOF || header->reserved ||
	    request->in - sizeof(*header) > WSL4_MAX_TRANSFER)
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

#define INPUTS	(1u << WSL4_STDIN | 1u << WSL4_TTY)
#define OUTPUTS	(1u << WSL4_STDOUT | 1u << WSL4_STDERR | 1u << WSL4_TTY)

static NTSTATUS write_locked(struct request *request, LIST_ENTRY *done)
{
	const struct wsl4_stream *header = request->buffer;
	struct session *session;
	struct stream *stream;
	NTSTATUS status;

	status = find_session(request, &session);
	if (!NT_SUCCESS(status))
		return status;
	stream = &session->stream[header->stream];
	if (session->state == SESSION_ENDED || stream->closed || stream->eof)
		return STATUS_PIPE_BROKEN;
	IoMarkIrpPending(request->irp);
	request->irp->Tail.Overlay.DriverContext[0] = NULL;
	irp_queue(&stream->writes, done, request->irp);
	session_notify(session, WSL4_EVENT_INPUT);
	return STATUS_PENDING;
}

NTSTATUS session_write(struct request *request)
{
	LIST_ENTRY done;
	NTSTATUS status;
	KIRQL irql;

	status = check_stream(request, INPUTS);
	if (!NT_SUCCESS(status))
		return status;
	InitializeListHead(&done);
	KeAcquireSpinLock(&irp_lock, &irql);
	status = write_locked(request, &done);
	KeReleaseSpinLock(&irp_lock, irql);
	irp_complete_all(&done);
	if (status == STATUS_PENDING)
		nt_raise_irq(WSL4_IRQ_CONSOLE);
	return status;
}

static NTSTATUS read_locked(struct request *request, LIST_ENTRY *done,
			    BOOLEAN *raise)
{
	const struct wsl4_stream *header = request->buffer;
	struct session *session;
	struct stream *stream;
	NTSTATUS status;

	status = find_session(request, &session);
	if (!NT_SUCCESS(status))
		return status;
	stream = &session->stream[header->stream];
	IoMarkIrpPending(request->irp);
	irp_queue(&stream->reads, done, request->irp);
	*raise = stream_get(done, stream);
	if (*raise)
		session_notify(session, WSL4_EVENT_ROOM);
	return STATUS_PENDING;
}

NTSTATUS session_read(struct request *request)
{
	BOOLEAN raise = FALSE;
	LIST_ENTRY done;
	NTSTATUS status;
	KIRQL irql;

	status = check_stream(request, OUTPUTS);
	if (!NT_SUCCESS(status))
		return status;
	if (!request->out)
		return STATUS_BUFFER_TOO_SMALL;
	InitializeListHead(&done);
	KeAcquireSpinLock(&irp_lock, &irql);
	status = read_locked(request, &done, &raise);
	KeReleaseSpinLock(&irp_lock, irql);
	irp_complete_all(&done);
	if (raise)
		nt_raise_irq(WSL4_IRQ_CONSOLE);
	return status;
}

NTSTATUS session_close_stream(struct request *request)
{
	const struct wsl4_stream *header = request->buffer;
	struct session *session;
	struct stream *stream;
	LIST_ENTRY done;
	NTSTATUS status;
	KIRQL irql;

	status = check_stream(request, OUTPUTS);
	if (!NT_SUCCESS(status))
		return status;
	InitializeListHead(&done);
	KeAcquireSpinLock(&irp_lock, &irql);
	status = find_session(request, &session);
	if (NT_SUCCESS(status)) {
		stream = &session->stream[header->stream];
		stream->closed = TRUE;
		stream->used = 0;
		irp_done_all(&done, &stream->reads, STATUS_PIPE_BROKEN);
		session->event.closed |= 1u << header->stream;
		session_notify(session, WSL4_EVENT_CLOSED);
	}
	KeReleaseSpinLock(&irp_lock, irql);
	irp_complete_all(&done);
	if (NT_SUCCESS(status))
		nt_raise_irq(WSL4_IRQ_CONSOLE);
	return status;
}

NTSTATUS session_winsize(struct request *request)
{
	const struct wsl4_winsize *size = request->buffer;
	struct session *session;
	NTSTATUS status;
	KIRQL irql;

	if (request->in < sizeof(*size))
		return STATUS_BUFFER_TOO_SMALL;
	if (size->version != WSL4_CONSOLE_VERSION)
		return STATUS_REVISION_MISMATCH;
	KeAcquireSpinLock(&irp_lock, &irql);
	status = find_session(request, &session);
	if (NT_SUCCESS(status)) {
		session->event.rows = size->rows;
		session->event.columns = size->columns;
		session->event.xpixel = size->xpixel;
		session->event.ypixel = size->ypixel;
		session_notify(session, WSL4_EVENT_WINSIZE);
	}
	KeReleaseSpinLock(&irp_lock, irql);
	if (NT_SUCCESS(status))
		nt_raise_irq(WSL4_IRQ_CONSOLE);
	return status;
}

NTSTATUS session_signal(struct request *request)
{
	const struct wsl4_signal *signal = request->buffer;
	struct session *session;
	NTSTATUS status;
	KIRQL irql;

	if (request->in < sizeof(*signal))
		return STATUS_BUFFER_TOO_SMALL;
	if (signal->version != WSL4_CONSOLE_VERSION)
		return STATUS_REVISION_MISMATCH;
	if (signal->signal < 1 || signal->signal > 64)
		return STATUS_INVALID_PARAMETER;
	KeAcquireSpinLock(&irp_lock, &irql);
	status = find_session(request, &session);
	if (NT_SUCCESS(status)) {
		session->event.signals |= 1ull << (signal->signal - 1);
		session_notify(session, WSL4_EVENT_SIGNAL);
	}
	KeReleaseSpinLock(&irp_lock, irql);
	if (NT_SUCCESS(status))
		nt_raise_irq(WSL4_IRQ_CONSOLE);
	return status;
}

NTSTATUS session_wait(struct request *request)
{
	struct session *session;
	LIST_ENTRY done;
	NTSTATUS status;
	KIRQL irql;

	if (request->in < sizeof(u32) ||
	    request->out < sizeof(struct wsl4_exit))
		return STATUS_BUFFER_TOO_SMALL;
	if (*(u32 *)request->buffer != WSL4_CONSOLE_VERSION)
		return STATUS_REVISION_MISMATCH;
	InitializeListHead(&done);
	KeAcquireSpinLock(&irp_lock, &irql);
	status = find_session(request, &session);
	if (NT_SUCCESS(status)) {
		IoMarkIrpPending(request->irp);
		irp_queue(&session->waits, &done, request->irp);
		if (session->state == SESSION_ENDED)
			answer_waits(&done, session);
		status = STATUS_PENDING;
	}
	KeReleaseSpinLock(&irp_lock, irql);
	irp_complete_all(&done);
	return status;
}

/* Nobody answers its requests any more; the session is about to go. */
static void cancel_requests(LIST_ENTRY *done, struct session *session)
{
	unsigned int i;

	irp_done_all(done, &session->started, STATUS_CANCELLED);
	irp_done_all(done, &session->waits, STATUS_CANCELLED);
	for (i = 0; i < WSL4_NR_STREAMS; i++) {
		irp_done_all(done, &session->stream[i].writes,
			     STATUS_CANCELLED);
		irp_done_all(done, &session->stream[i].reads, STATUS_CANCELLED);
	}
}

void session_hangup(PFILE_OBJECT file)
{
	struct session *session, *victim = NULL;
	LIST_ENTRY done;
	KIRQL irql;

	InitializeListHead(&done);
	KeAcquireSpinLock(&irp_lock, &irql);
	session = file->FsContext;
	file->FsContext = NULL;
	if (session) {
		session->open = FALSE;
		cancel_requests(&done, session);
		if (!session->has_slot)
			victim = session;
		else if (session->state == SESSION_ASKED)
			victim = session_drop_slot(session);
		/* What an ended program has left in the background lives on. */
		else if (session->state != SESSION_ENDED)
			session_notify(session, WSL4_EVENT_HANGUP);
	}
	KeReleaseSpinLock(&irp_lock, irql);
	irp_complete_all(&done);
	if (session && !victim)
		nt_raise_irq(WSL4_IRQ_CONSOLE);
	session_free(victim);
}

static struct session *end_slot(LIST_ENTRY *done, struct session *session)
{
	if (!session)
		return NULL;
	session_answer_start(done, session, WSL4_ERROR_LINUX_ENDED, 0);
	session_end(done, session, 0, TRUE);
	return session_drop_slot(session);
}

void session_end_all(void)
{
	struct session *victim;
	LIST_ENTRY done;
	unsigned int i;
	KIRQL irql;

	for (i = 0; i < WSL4_MAX_SESSIONS; i++) {
		InitializeListHead(&done);
		KeAcquireSpinLock(&irp_lock, &irql);
		victim = end_slot(&done, slots[i]);
		KeReleaseSpinLock(&irp_lock, irql);
		irp_complete_all(&done);
		session_free(victim);
	}
}

/* A session whose events Linux has not collected, taking turns. */
static struct session *next_event(void)
{
	static u32 turn;
	struct session *session;
	unsigned int i;

	for (i = 0; i < WSL4_MAX_SESSIONS; i++) {
		turn = (turn + 1) % WSL4_MAX_SESSIONS;
		session = slots[turn];
		if (session && session->event.events)
			return session;
	}
	return NULL;
}

s64 session_event(struct wsl4_vcpu *vcpu)
{
	struct session *session;
	KIRQL irql;

	KeAcquireSpinLock(&irp_lock, &irql);
	session = next_event();
	if (!session) {
		nt_lower_irq(WSL4_IRQ_CONSOLE);
		session = next_event();
	}
	if (session) {
		RtlCopyMemory(vcpu->mailbox, &session->event,
			      sizeof(session->event));
		session->event.events = 0;
		session->event.signals = 0;
		if (session->state == SESSION_ASKED)
			session->state = SESSION_STARTING;
	}
	KeReleaseSpinLock(&irp_lock, irql);
	return !!session;
}

static s64 read_start(struct session *session, u64 position, u8 *bytes,
		      u64 count)
{
	const struct wsl4_start *start = session->start;

	if (!start || position > start->bytes)
		return -LINUX_EINVAL;
	if (count > start->bytes - position)
		count = start->bytes - position;
	RtlCopyMemory(bytes, (const u8 *)start + position, count);
	return count;
}

static s64 read_locked_linux(LIST_ENTRY *done, const u64 *args, u8 *bytes)
{
	struct session *session = session_of(args[0]);
	struct stream *stream;

	if (!session)
		return -LINUX_ENODEV;
	if (args[1] == WSL4_START_BLOCK)
		return read_start(session, args[4], bytes, args[3]);
	stream = &session->stream[args[1]];
	if (session->state == SESSION_ENDED || !session->open)
		return 0;
	return stream_take(done, stream, bytes, args[3]);
}

s64 session_linux_read(const u64 *args)
{
	struct nt_mapping mapping;
	LIST_ENTRY done;
	KIRQL irql;
	u8 *bytes;
	s64 count;

	if (args[1] != WSL4_STDIN && args[1] != WSL4_TTY &&
	    args[1] != WSL4_START_BLOCK)
		return -LINUX_EINVAL;
	if (!args[3] || args[3] > WSL4_MAX_TRANSFER)
		return -LINUX_EINVAL;
	bytes = nt_physmem_map(args[2], args[3], &mapping);
	if (!bytes)
		return -LINUX_EFAULT;
	InitializeListHead(&done);
	KeAcquireSpinLock(&irp_lock, &irql);
	count = read_locked_linux(&done, args, bytes);
	KeReleaseSpinLock(&irp_lock, irql);
	nt_physmem_unmap(&mapping);
	irp_complete_all(&done);
	return count;
}

static s64 write_locked_linux(LIST_ENTRY *done, const u64 *args,
			      const u8 *bytes)
{
	struct session *session = session_of(args[0]);
	struct stream *stream;
	u32 put;

	if (!session)
		return -LINUX_ENODEV;
	stream = &session->stream[args[1]];
	if (!args[3]) {
		stream->closed |= args[1] == WSL4_STDIN;
		stream_end(done, stream);
		return 0;
	}
	if (args[1] == WSL4_STDIN)
		return -LINUX_EINVAL;
	if (session->state == SESSION_ENDED || stream->closed ||
	    stream->eof || !session->open)
		return -LINUX_EPIPE;
	put = stream_put(done, stream, bytes, args[3]);
	if (!put)
		return -LINUX_EAGAIN;
	return put;
}

s64 session_linux_write(const u64 *args)
{
	struct nt_mapping mapping = { NULL, NULL };
	u8 *bytes = NULL;
	LIST_ENTRY done;
	KIRQL irql;
	s64 count;

	if (args[1] >= WSL4_NR_STREAMS || args[3] > WSL4_MAX_TRANSFER)
		return -LINUX_EINVAL;
	if (args[3]) {
		bytes = nt_physmem_map(args[2], args[3], &mapping);
		if (!bytes)
			return -LINUX_EFAULT;
	}
	InitializeListHead(&done);
	KeAcquireSpinLock(&irp_lock, &irql);
	count = write_locked_linux(&done, args, bytes);
	KeReleaseSpinLock(&irp_lock, irql);
	nt_physmem_unmap(&mapping);
	irp_complete_all(&done);
	return count;
}

static void drop_start(struct session *session)
{
	if (session->start)
		ExFreePoolWithTag(session->start, POOL_TAG);
	session->start = NULL;
}

static s64 exit_locked(LIST_ENTRY *done, const u64 *args,
		       struct session **victim)
{
	struct session *session = session_of(args[0]);

	if (!session)
		return -LINUX_ENODEV;
	switch (args[1]) {
	case WSL4_SESSION_STARTED:
		if (session->state != SESSION_STARTING)
			return -LINUX_EINVAL;
		session->state = SESSION_RUNNING;
		drop_start(session);
		session_answer_start(done, session, WSL4_ERROR_NONE, 0);
		return 0;
	case WSL4_SESSION_FAILED:
		session_fail(done, session, args[2], args[3]);
		return 0;
	case WSL4_SESSION_EXITED:
		session_end(done, session, args[2], FALSE);
		return 0;
	case WSL4_SESSION_FLUSH:
		if (args[2] >= WSL4_NR_STREAMS)
			return -LINUX_EINVAL;
		session->stream[args[2]].used = 0;
		session->stream[args[2]].starved = FALSE;
		return 0;
	case WSL4_SESSION_GONE:
		session_fail(done, session, WSL4_ERROR_OTHER, 0);
		*victim = session_drop_slot(session);
		return 0;
	}
	return -LINUX_EINVAL;
}

s64 session_linux_exit(const u64 *args)
{
	struct session *victim = NULL;
	LIST_ENTRY done;
	KIRQL irql;
	s64 result;

	InitializeListHead(&done);
	KeAcquireSpinLock(&irp_lock, &irql);
	result = exit_locked(&done, args, &victim);
	KeReleaseSpinLock(&irp_lock, irql);
	irp_complete_all(&done);
	session_free(victim);
	return result;
}
