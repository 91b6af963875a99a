// SPDX-License-Identifier: GPL-2.0
/*
 * The log: what Linux and the NT half have to say. It is kept in a ring, shown
 * line by line to NT's debugger, and written to a file.
 *
 * Under Wine the file is written at once, so that it is complete even if the
 * process dies the next moment. In ring 0 a write may wait for a disk, which a
 * vCPU must not, so a thread writes there.
 */
#include <stdarg.h>
#include <stdio.h>

#include "core.h"

#define RING_SIZE	(256u * 1024)	/* a power of two */
#define LINE_SIZE	400		/* DbgPrint takes 512 with all */

static char ring[RING_SIZE];
static volatile u64 ring_end;		/* bytes ever logged */
static KSPIN_LOCK ring_lock;

static char line[LINE_SIZE + 1];	/* of DbgPrint, not complete yet */
static u32 line_length;
static struct nt_lock line_lock;

static KEVENT more;			/* notification; see log_wait() */

static HANDLE file;
static u64 file_cursor, file_size;
static struct nt_lock file_lock;
static PVOID thread;
static struct nt_event thread_event;
static volatile LONG thread_end;

static void (*listener)(void);
static struct nt_lock listener_lock;

void log_init(void)
{
	KeInitializeSpinLock(&ring_lock);
	lock_init(&line_lock);
	lock_init(&file_lock);
	lock_init(&listener_lock);
	KeInitializeEvent(&more, NotificationEvent, FALSE);
	event_init(&thread_event);
}

static void ring_add(const char *text, u32 bytes)
{
	u32 at, part;
	KIRQL irql;

	if (bytes > RING_SIZE) {
		text += bytes - RING_SIZE;
		bytes = RING_SIZE;
	}
	KeAcquireSpinLock(&ring_lock, &irql);
	at = ring_end & (RING_SIZE - 1);
	part = min(bytes, RING_SIZE - at);
	memcpy(ring + at, text, part);
	memcpy(ring, text + part, bytes - part);
	ring_end += bytes;
	KeReleaseSpinLock(&ring_lock, irql);
}

u32 log_read(u64 *cursor, void *buffer, u32 bytes)
{
	u32 at, part;
	KIRQL irql;
	u64 left;

	KeAcquireSpinLock(&ring_lock, &irql);
	if (*cursor > ring_end)
		*cursor = ring_end;
	if (ring_end - *cursor > RING_SIZE)
		*cursor = ring_end - RING_SIZE;
	left = ring_end - *cursor;
	if (bytes > left)
		bytes = left;
	at = *cursor & (RING_SIZE - 1);
	part = min(bytes, RING_SIZE - at);
	memcpy(buffer, ring + at, part);
	memcpy((char *)buffer + part, ring, bytes - part);
	*cursor += bytes;
	KeReleaseSpinLock(&ring_lock, irql);
	return bytes;
}

u64 log_end(void)
{
	return ring_end;
}

BOOLEAN log_wait(u64 cursor, u32 milliseconds)
{
	LARGE_INTEGER timeout;

	KeClearEvent(&more);
	if (ring_end > cursor)
		return TRUE;
	timeout.QuadPart = -10000ll * milliseconds;
	KeWaitForSingleObject(&more, Executive, KernelMode, FALSE, &timeout);
	return ring_end > cursor;
}

void log_set_listener(void (*routine)(void))
{
	lock_take(&listener_lock);
	listener = routine;
	lock_drop(&listener_lock);
}

static void tell_listener(void)
{
	KeSetEvent(&more, IO_NO_INCREMENT, FALSE);
	if (!listener)
		return;
	lock_take(&listener_lock);
	if (listener)
		listener();
	lock_drop(&listener_lock);
}

static void print_lines(const char *text, u32 bytes)
{
	u32 i;

	lock_take(&line_lock);
	for (i = 0; i < bytes; i++) {
		if (text[i] != '\n')
			line[line_length++] = text[i] ? text[i] : '?';
		if (text[i] != '\n' && line_length < LINE_SIZE)
			continue;
		line[line_length] = '\0';
		DbgPrint("%s\n", line);
		line_length = 0;
	}
	lock_drop(&line_lock);
}

/* Write to the file what the ring has more than the file. */
static void write_file(void)
{
	static char part[4096];
	LARGE_INTEGER offset;
	IO_STATUS_BLOCK io;
	u32 bytes;

	lock_take(&file_lock);
	while (file) {
		bytes = log_read(&file_cursor, part, sizeof(part));
		if (!bytes)
			break;
		offset.QuadPart = file_size;
		/* A full disk must not stop Linux: what is lost is lost. */
		if (NT_SUCCESS(ZwWriteFile(file, NULL, NULL, NULL, &io, part,
					   bytes, &offset, NULL)))
			file_size += bytes;
	}
	lock_drop(&file_lock);
}

static VOID NTAPI file_thread(PVOID context)
{
	(void)context;
	while (!thread_end) {
		event_wait(&thread_event, NS_FOREVER);
		write_file();
	}
	PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS log_open_file(PUNICODE_STRING path)
{
	OBJECT_ATTRIBUTES attributes;
	IO_STATUS_BLOCK io;
	NTSTATUS status;
	HANDLE handle;

	InitializeObjectAttributes(&attributes, path,
				   OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
				   NULL, NULL);
	status = ZwCreateFile(&handle, FILE_WRITE_DATA | SYNCHRONIZE,
			      &attributes, &io, NULL, FILE_ATTRIBUTE_NORMAL,
			      FILE_SHARE_READ | FILE_SHARE_DELETE,
			      FILE_OVERWRITE_IF,
			      FILE_SYNCHRONOUS_IO_NONALERT |
			      FILE_NON_DIRECTORY_FILE, NULL, 0);
	if (!NT_SUCCESS(status))
		return status;
	if (!nt_under_wine) {
		thread_end = 0;
		status = thread_start(file_thread, NULL, &thread);
		if (!NT_SUCCESS(status)) {
			ZwClose(handle);
			return status;
		}
	}
	file_cursor = 0;
	file_size = 0;
	file = handle;
	write_file();
	return STATUS_SUCCESS;
}

void log_exit(void)
{
	if (thread) {
		InterlockedExchange(&thread_end, 1);
		event_set(&thread_event);
		thread_join(&thread, 0);
	}
	if (!file)
		return;
	write_file();
	ZwClose(file);
	file = NULL;
}

void log_write(const char *text, u32 bytes)
{
	if (!bytes)
		return;
	ring_add(text, bytes);
	if (nt_under_wine)
		write_file();
	else if (thread)
		event_set(&thread_event);
	print_lines(text, bytes);
	tell_listener();
}

void nt_log(const char *format, ...)
{
	static const char prefix[] = "linux.sys: ";
	char text[LINE_SIZE];
	size_t at = sizeof(prefix) - 1;
	va_list args;
	int length;

	memcpy(text, prefix, at);
	va_start(args, format);
	length = _vsnprintf(text + at, sizeof(text) - at - 1, format, args);
	va_end(args);
	if (length < 0 || at + length > sizeof(text) - 2)
		length = sizeof(text) - 2 - at;
	text[at + length] = '\n';
	log_write(text, at + length + 1);
}
