// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes of a session. Input stays in the requests that brought it until Linux
 * takes it, so a writer waits exactly as long as the program does not read.
 * Output waits in a ring until a request fetches it.
 */
#include "session_nt.h"

/* How far Linux has read the request that is first. */
static u64 consumed(PIRP irp)
{
	return (ULONG_PTR)irp->Tail.Overlay.DriverContext[0];
}

static void set_consumed(PIRP irp, u64 bytes)
{
	irp->Tail.Overlay.DriverContext[0] = (void *)(ULONG_PTR)bytes;
}

s64 stream_take(LIST_ENTRY *done, struct stream *stream, u8 *bytes, u32 count)
{
	struct wsl4_stream *header;
	struct request request;
	u64 position, left;
	u32 taken = 0;
	PIRP irp;

	while (taken < count && !stream->eof) {
		/* It stays queued: cancelling it waits for the lock. */
		irp = irp_first(&stream->writes);
		if (!irp && !taken)
			return -LINUX_EAGAIN;
		if (!irp)
			break;
		request_parse(&request, irp);
		header = request.buffer;
		position = consumed(irp);
		left = request.in - sizeof(*header) - position;
		if (left > count - taken)
			left = count - taken;
		RtlCopyMemory(bytes + taken,
			      (u8 *)(header + 1) + position, left);
		taken += left;
		position += left;
		set_consumed(irp, position);
		if (position < request.in - sizeof(*header))
			break;
		stream->eof = !!(header->flags & WSL4_STREAM_EOF);
		if (irp_take(irp))
			irp_done(done, irp, STATUS_SUCCESS, 0);
	}
	return taken;
}

static u32 fill_ring(struct stream *stream, const u8 *bytes, u32 count)
{
	u32 tail, part, put = 0;

	while (put < count && stream->used < stream->size) {
		tail = (stream->head + stream->used) % stream->size;
		part = (tail < stream->head ? stream->head : stream->size) -
		       tail;
		if (part > count - put)
			part = count - put;
		RtlCopyMemory(stream->ring + tail, bytes + put, part);
		stream->used += part;
		put += part;
	}
	return put;
}

u32 stream_put(LIST_ENTRY *done, struct stream *stream, const u8 *bytes,
	       u32 count)
{
	u32 put = 0;

	do {
		put += fill_ring(stream, bytes + put, count - put);
		stream_get(done, stream);
	} while (put < count && stream->used < stream->size);
	if (!put)
		stream->starved = TRUE;
	return put;
}

static u32 copy_out(struct stream *stream, u8 *bytes, u32 count)
{
	u32 part, got = 0;

	while (got < count && stream->used) {
		part = stream->size - stream->head;
		if (part > stream->used)
			part = stream->used;
		if (part > count - got)
			part = count - got;
		RtlCopyMemory(bytes + got, stream->ring + stream->head, part);
		stream->head = (stream->head + part) % stream->size;
		stream->used -= part;
		got += part;
	}
	return got;
}

BOOLEAN stream_get(LIST_ENTRY *done, struct stream *stream)
{
	struct request request;
	PIRP irp;
	u32 got;

	while (stream->used || stream->eof) {
		irp = irp_first(&stream->reads);
		if (!irp)
			break;
		if (!irp_take(irp))
			continue;
		request_parse(&request, irp);
		got = copy_out(stream, request.buffer, request.out);
		irp_done(done, irp, STATUS_SUCCESS, got);
	}
	if (!stream->starved || stream->used > stream->size / 2)
		return FALSE;
	stream->starved = FALSE;
	return TRUE;
}

void stream_end(LIST_ENTRY *done, struct stream *stream)
{
	stream->eof = TRUE;
	irp_done_all(done, &stream->writes, STATUS_PIPE_BROKEN);
	stream_get(done, stream);
}
