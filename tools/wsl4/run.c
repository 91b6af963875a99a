// SPDX-License-Identifier: GPL-2.0
/*
 * A session: start a program, carry its bytes, end with its status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wsl4.h"

struct output {
	unsigned int stream;
	HANDLE handle;
	bool (*write)(const void *bytes, DWORD count);
};

DWORD run_write(unsigned int stream, const void *bytes, DWORD count, bool eof)
{
	static __thread struct {
		struct wsl4_stream head;
		char bytes[TRANSFER];
	} *buffer;
	DWORD part, error;

	if (!buffer)
		buffer = allocate(sizeof(*buffer));
	do {
		part = count < TRANSFER ? count : TRANSFER;
		memset(&buffer->head, 0, sizeof(buffer->head));
		buffer->head.version = WSL4_CONSOLE_VERSION;
		buffer->head.stream = stream;
		if (part == count && eof)
			buffer->head.flags = WSL4_STREAM_EOF;
		memcpy(buffer->bytes, bytes, part);
		error = device_call(WSL4_IOCTL_WRITE, buffer,
				    sizeof(buffer->head) + part, NULL, 0, NULL);
		bytes = (const char *)bytes + part;
		count -= part;
	} while (count && !error);
	return error;
}

/* All of it, pixels too: a program hears of any difference. */
void run_winsize(const struct wsl4_winsize *size)
{
	struct wsl4_winsize request = *size;

	request.version = WSL4_CONSOLE_VERSION;
	device_call(WSL4_IOCTL_WINSIZE, &request, sizeof(request), NULL, 0,
		    NULL);
}

void run_signal(unsigned int signal)
{
	struct wsl4_signal request = {
		.version = WSL4_CONSOLE_VERSION,
		.signal = signal,
	};

	device_call(WSL4_IOCTL_SIGNAL, &request, sizeof(request), NULL, 0,
		    NULL);
}

static const char *nth_string(const struct wsl4_start *start, unsigned int n)
{
	const char *text = (const char *)(start + 1);

	for (; n; n--)
		text += strlen(text) + 1;
	return text;
}

static void __attribute__((noreturn))
explain_failure(const struct wsl4_start *start,
		const struct wsl4_start_result *result)
{
	const char *user = nth_string(start, 0);
	const char *directory = nth_string(start, 1);
	const char *program = start->argc ? nth_string(start, 2) : "login shell";

	if (!*user)
		user = "root";
	switch (result->error) {
	case WSL4_ERROR_NO_PROGRAM:
		die(EXIT_NO_PROGRAM, "There is no program \"%s\" in Linux. Check its name, or install it there.",
		    program);
	case WSL4_ERROR_NOT_EXECUTABLE:
		die(EXIT_NOT_EXECUTABLE, "\"%s\" is not executable for %s. Give it permission with: wsl4 chmod +x FILE",
		    program, user);
	case WSL4_ERROR_BAD_FORMAT:
		die(EXIT_NOT_EXECUTABLE, "\"%s\" is not executable: Linux does not know its format. A script needs a first line as #!/bin/sh",
		    program);
	case WSL4_ERROR_NO_DIRECTORY:
		die(EXIT_NO_DIRECTORY, "Linux cannot change to the directory \"%s\". Name another one with: wsl4 --cd DIR",
		    *directory ? directory : "~");
	case WSL4_ERROR_NO_USER:
		die(EXIT_NO_USER, "There is no user \"%s\" in Linux. Add one with: wsl4 adduser NAME",
		    user);
	case WSL4_ERROR_NO_LOGIN:
		die(EXIT_NO_LOGIN, "Linux cannot log in %s. Look into its log with: wsl4 journalctl -b -t runuser",
		    user);
	case WSL4_ERROR_RESOURCES:
		die(EXIT_BUSY, "Linux has no memory or processes left to start \"%s\". End other programs first.",
		    program);
	case WSL4_ERROR_LINUX_ENDED:
		device_explain_end();
	}
	die(EXIT_OTHER, "Linux cannot start \"%s\" (Linux error %d).", program,
	    (int)result->linux_errno);
}

void run_start(const struct wsl4_start *start)
{
	struct wsl4_start_result result;
	DWORD error;

	error = device_call(WSL4_IOCTL_START, start, start->bytes, &result,
			    sizeof(result), NULL);
	switch (error) {
	case 0:
		if (result.error != WSL4_ERROR_NONE)
			explain_failure(start, &result);
		return;
	case ERROR_NOT_READY:
		device_explain_end();
	case ERROR_TOO_MANY_SESS:
		die(EXIT_BUSY, "%d programs run already, more are not possible. End one of them first.",
		    WSL4_MAX_SESSIONS);
	case ERROR_NO_SYSTEM_RESOURCES:
	case ERROR_NOT_ENOUGH_MEMORY:
		die(EXIT_BUSY, "Windows has no memory left to start a program.");
	case ERROR_REVISION_MISMATCH:
		die(EXIT_OTHER, "The linux service is of another version than wsl4. Install both from one build.");
	}
	die(EXIT_OTHER, "The linux service did not start the program (Windows error %lu).",
	    error);
}

static bool put(const struct output *output, const void *bytes, DWORD count)
{
	if (output->write)
		return output->write(bytes, count);
	return write_all(output->handle, bytes, count);
}

static DWORD WINAPI copy_output(void *context)
{
	struct output *output = context;
	struct wsl4_stream head = {
		.version = WSL4_CONSOLE_VERSION,
		.stream = output->stream,
	};
	char *buffer = allocate(TRANSFER);
	DWORD got;

	while (!device_call(WSL4_IOCTL_READ, &head, sizeof(head), buffer,
			    TRANSFER, &got) && got) {
		if (put(output, buffer, got))
			continue;
		device_call(WSL4_IOCTL_CLOSE, &head, sizeof(head), NULL, 0,
			    NULL);
		break;
	}
	free(buffer);
	return 0;
}

static int exit_status(int32_t status)
{
	if (status & 0x7f)
		return 128 + (status & 0x7f);
	return status >> 8 & 0xff;
}

void run_wait(unsigned int flags, bool (*tty)(const void *bytes, DWORD count))
{
	uint32_t version = WSL4_CONSOLE_VERSION;
	struct output outputs[3];
	struct wsl4_exit result;
	HANDLE threads[3];
	DWORD error;
	int i, n = 0;

	memset(outputs, 0, sizeof(outputs));
	if (!(flags & WSL4_START_TTY_OUT)) {
		outputs[n].stream = WSL4_STDOUT;
		outputs[n++].handle = GetStdHandle(STD_OUTPUT_HANDLE);
	}
	if (!(flags & WSL4_START_TTY_ERR)) {
		outputs[n].stream = WSL4_STDERR;
		outputs[n++].handle = GetStdHandle(STD_ERROR_HANDLE);
	}
	if (flags & WSL4_START_TTY) {
		outputs[n].stream = WSL4_TTY;
		outputs[n++].write = tty;
	}
	for (i = 0; i < n; i++)
		threads[i] = thread_start(copy_output, &outputs[i]);
	error = device_call(WSL4_IOCTL_WAIT, &version, sizeof(version), &result,
			    sizeof(result), NULL);
	WaitForMultipleObjects(n, threads, TRUE, INFINITE);
	console_restore();
	if (error)
		die(EXIT_OTHER, "The linux service lost the program (Windows error %lu).",
		    error);
	if (result.lost)
		device_explain_end();
	ExitProcess(exit_status(result.status));
}

static DWORD WINAPI copy_input(void *context)
{
	HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
	char *buffer = allocate(TRANSFER);
	DWORD got, error = 0;

	(void)context;
	while (!error) {
		if (!ReadFile(input, buffer, TRANSFER, &got, NULL))
			got = 0;
		error = run_write(WSL4_STDIN, buffer, got, !got);
		if (!got)
			break;
	}
	/* Nobody reads it any more: whoever writes it shall know. */
	CloseHandle(input);
	free(buffer);
	return 0;
}

static BOOL WINAPI control_event(DWORD type)
{
	switch (type) {
	case CTRL_C_EVENT:
		run_signal(2);
		return TRUE;
	case CTRL_BREAK_EVENT:
		run_signal(3);
		return TRUE;
	}
	return FALSE;
}

/* A terminal needs a console to write to; keys come from the console, too. */
static unsigned int tty_flags(void)
{
	unsigned int flags = 0;

	if (!console_is(STD_OUTPUT_HANDLE))
		return 0;
	flags = WSL4_START_TTY_OUT;
	if (console_is(STD_INPUT_HANDLE))
		flags |= WSL4_START_TTY_IN;
	if (console_is(STD_ERROR_HANDLE))
		flags |= WSL4_START_TTY_ERR;
	return flags;
}

void run_command(const struct options *options)
{
	const char *env[] = { "TERM=dumb" };
	struct wsl4_start head = { .flags = tty_flags() };
	unsigned int rows = 0, columns = 0, envc = 0;
	struct wsl4_start *start;

	device_open();
	if (head.flags) {
		console_raw();
		console_size(&rows, &columns);
		head.rows = rows;
		head.columns = columns;
		envc = 1;
		if (console_has_sequences())
			env[0] = "TERM=xterm-256color";
	}
	start = start_block(options, &head, env, envc);
	if (!start)
		die(EXIT_USAGE, "The command line is too long for Linux.");
	run_start(start);
	if (head.flags)
		thread_start(console_keys, NULL);
	else
		SetConsoleCtrlHandler(control_event, TRUE);
	if (!(head.flags & WSL4_START_TTY_IN))
		thread_start(copy_input, NULL);
	run_wait(head.flags, console_write);
}

void run_script(struct options *options, const char *script, const char **words,
		int count)
{
	const char *argv[16] = { "sh", "-c", script, "wsl4" };

	memcpy(argv + 4, words, count * sizeof(*words));
	options->argv = (char **)argv;
	options->argc = 4 + count;
	options->user = "";
	options->directory = "/";
	run_command(options);
}
