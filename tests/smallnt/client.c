// SPDX-License-Identifier: GPL-2.0
/*
 * What wsl4.exe does, for the script: run a program of Linux's, show what it
 * writes, return its status.
 */
#include "smallnt.h"

#include "../../arch/windows/bridge/console/ioctl.h"

#define DEVICE		L"\\DosDevices\\wsl4"
#define TRANSFER	8192
#define CLIENT_TAG	0x346c7377

struct output {
	FILE_OBJECT *file;
	u32 stream;
	char line[256];
	u32 length;
};

char client_output[16384];	/* of the last run, for "expect" */
u32 client_bytes;

static void remember(const char *text, u32 bytes)
{
	static struct lock lock;
	u64 flags = lock_take(&lock);

	bytes = min(bytes, (u32)sizeof(client_output) - 1 - client_bytes);
	memcpy(client_output + client_bytes, text, bytes);
	client_bytes += bytes;
	client_output[client_bytes] = 0;
	lock_drop(&lock, flags);
}

/* Whole lines, each with the stream's number. */
static void show(struct output *o, const char *text, u32 bytes)
{
	u32 i;

	for (i = 0; i < bytes; i++) {
		if (text[i] != '\n' && o->length < sizeof(o->line) - 1)
			o->line[o->length++] = text[i];
		if (text[i] != '\n')
			continue;
		o->line[o->length] = 0;
		print("%u| %s\n", o->stream, o->line);
		o->length = 0;
	}
}

static void output_thread(void *context)
{
	struct output *o = context;
	struct wsl4_stream head = {
		.version = WSL4_CONSOLE_VERSION,
		.stream = o->stream,
	};
	char *buffer = pool_get(false, TRANSFER, CLIENT_TAG);
	u32 got;

	while (NT_SUCCESS(io_control(o->file, WSL4_IOCTL_READ, &head,
				     sizeof(head), buffer, TRANSFER, &got)) &&
	       got) {
		remember(buffer, got);
		show(o, buffer, got);
	}
	if (o->length)
		show(o, "\n", 1);
	pool_put(buffer);
}

static void add_string(struct wsl4_start *start, const char *text, u32 bytes)
{
	char *at = (char *)start + start->bytes;

	memcpy(at, text, bytes);
	at[bytes] = 0;
	start->bytes += bytes + 1;
}

/* Words, with '...' and "..." as in a shell, but nothing else of it. */
static void add_words(struct wsl4_start *start, const char *p)
{
	static char word[2048];
	char quote;
	u32 n;

	for (;;) {
		while (*p == ' ')
			p++;
		if (!*p)
			return;
		for (n = 0; *p && *p != ' ' && n < sizeof(word); ) {
			if (*p != '\'' && *p != '"') {
				word[n++] = *p++;
				continue;
			}
			for (quote = *p++; *p && *p != quote; )
				word[n++] = *p++;
			if (*p)
				p++;
		}
		add_string(start, word, n);
		start->argc++;
	}
}

static struct wsl4_start *start_block(const char *command)
{
	struct wsl4_start *start = pool_get(false, 8192, CLIENT_TAG);

	memset(start, 0, 8192);
	start->version = WSL4_CONSOLE_VERSION;
	start->flags = WSL4_START_PLAIN;
	start->bytes = sizeof(*start);
	add_string(start, "", 0);	/* root */
	add_string(start, "/", 1);
	add_words(start, command);
	add_string(start, "TERM=dumb", 9);
	start->envc = 1;
	return start;
}

static void end_input(FILE_OBJECT *file)
{
	struct wsl4_stream head = {
		.version = WSL4_CONSOLE_VERSION,
		.stream = WSL4_STDIN,
		.flags = WSL4_STREAM_EOF,
	};

	io_control(file, WSL4_IOCTL_WRITE, &head, sizeof(head), NULL, 0, NULL);
}

static int attend(FILE_OBJECT *file)
{
	static struct output outputs[2];
	struct thread *threads[2];
	struct wsl4_exit result;
	u32 version = WSL4_CONSOLE_VERSION, i;
	NTSTATUS status;

	for (i = 0; i < 2; i++) {
		outputs[i].file = file;
		outputs[i].stream = i + 1;
		outputs[i].length = 0;
		threads[i] = thread_make(output_thread, &outputs[i], 8, ANY_CPU);
	}
	end_input(file);
	status = io_control(file, WSL4_IOCTL_WAIT, &version, sizeof(version),
			    &result, sizeof(result), NULL);
	for (i = 0; i < 2; i++) {
		KeWaitForSingleObject(threads[i], Executive, KernelMode, FALSE,
				      NULL);
		object_put(threads[i]);
	}
	if (!NT_SUCCESS(status) || result.lost) {
		print("smallnt: the program was lost (status %08x)\n", status);
		return -1;
	}
	return result.status & 0x7f ? 128 + (result.status & 0x7f) :
				      result.status >> 8 & 0xff;
}

/* Return: as a shell has it; -1 when it was not run. */
int client_run(const char *command)
{
	struct wsl4_start_result result = { 0, 0 };
	struct wsl4_start *start;
	FILE_OBJECT *file;
	NTSTATUS status;
	int exit = -1;

	client_bytes = 0;
	client_output[0] = 0;
	status = io_open(DEVICE, &file);
	if (!NT_SUCCESS(status)) {
		print("smallnt: there is no \\\\.\\wsl4 (status %08x)\n",
		      status);
		return -1;
	}
	start = start_block(command);
	status = io_control(file, WSL4_IOCTL_START, start, start->bytes,
			    &result, sizeof(result), NULL);
	if (NT_SUCCESS(status) && result.error == WSL4_ERROR_NONE)
		exit = attend(file);
	else
		print("smallnt: not started: status %08x, error %u, errno %d\n",
		      status, result.error, result.linux_errno);
	pool_put(start);
	io_close(file);
	return exit;
}

static bool get_status(struct wsl4_status *out)
{
	u32 version = WSL4_CONSOLE_VERSION;
	FILE_OBJECT *file;
	NTSTATUS status;

	status = io_open(DEVICE, &file);
	if (!NT_SUCCESS(status))
		return false;
	status = io_control(file, WSL4_IOCTL_STATUS, &version, sizeof(version),
			    out, sizeof(*out), NULL);
	io_close(file);
	return NT_SUCCESS(status);
}

/* Return: WSL4_STATE_*, or -1 */
int client_state(bool show_it)
{
	static struct wsl4_status s;

	if (!get_status(&s)) {
		if (show_it)
			print("smallnt: no status\n");
		return -1;
	}
	if (show_it)
		print("smallnt: Linux state %u, %u sessions, up %llu ms, %llu MiB, \"%s\", %s\n",
		      s.state, s.sessions, s.uptime_ms, s.memory_bytes >> 20,
		      s.message, s.linux_version);
	/* Up is when it has said who it is. */
	if (s.state == WSL4_STATE_RUNNING && !s.linux_version[0])
		return WSL4_STATE_STARTING;
	return s.state;
}
