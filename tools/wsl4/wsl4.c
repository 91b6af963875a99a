// SPDX-License-Identifier: GPL-2.0
/*
 * wsl4.exe: Linux programs from a Windows command line.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wsl4.h"

bool write_all(HANDLE handle, const void *bytes, DWORD count)
{
	DWORD done;

	while (count) {
		if (!WriteFile(handle, bytes, count, &done, NULL))
			return false;
		bytes = (const char *)bytes + done;
		count -= done;
	}
	return true;
}

static void vcomplain(const char *format, va_list args)
{
	HANDLE handle = GetStdHandle(STD_ERROR_HANDLE);
	char text[1024] = "wsl4: ";
	WCHAR wide[1024];
	DWORD mode, done;
	int length;

	console_restore();
	vsnprintf(text + 6, sizeof(text) - 7, format, args);
	strcat(text, "\n");
	if (!GetConsoleMode(handle, &mode)) {
		write_all(handle, text, strlen(text));
		return;
	}
	length = MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, 1024);
	WriteConsoleW(handle, wide, length ? length - 1 : 0, &done, NULL);
}

void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vcomplain(format, args);
	va_end(args);
}

void die(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vcomplain(format, args);
	va_end(args);
	ExitProcess(status);
}

void *allocate(size_t bytes)
{
	void *memory = malloc(bytes);

	if (!memory)
		die(EXIT_BUSY, "Windows has no memory left for wsl4.");
	return memory;
}

HANDLE thread_start(DWORD (WINAPI *routine)(void *), void *context)
{
	HANDLE thread = CreateThread(NULL, 0, routine, context, 0, NULL);

	if (!thread)
		die(EXIT_BUSY, "Windows has no resources left for wsl4.");
	return thread;
}

static bool is_space(WCHAR c)
{
	return c == ' ' || c == '\t';
}

/* One argument, as Microsoft's C library takes command lines apart. */
static const WCHAR *next_argument(const WCHAR *line, WCHAR *to, bool program)
{
	bool quoted = false;
	int slashes;

	while (*line && (quoted || !is_space(*line))) {
		for (slashes = 0; !program && line[slashes] == '\\'; slashes++)
			;
		if (slashes && line[slashes] == '"') {
			line += slashes;
			for (; slashes > 1; slashes -= 2)
				*to++ = '\\';
			if (slashes) {
				*to++ = '"';
				line++;
			}
		} else if (slashes) {
			line += slashes;
			for (; slashes; slashes--)
				*to++ = '\\';
		} else if (*line != '"') {
			*to++ = *line++;
		} else if (quoted && line[1] == '"' && !program) {
			*to++ = '"';
			line += 2;
		} else {
			quoted = !quoted;
			line++;
		}
	}
	*to = 0;
	while (is_space(*line))
		line++;
	return line;
}

char *utf8(const WCHAR *wide)
{
	int bytes = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL,
					NULL);
	char *text = allocate(bytes ? bytes : 1);

	text[0] = 0;
	WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, bytes, NULL, NULL);
	return text;
}

static char **arguments(int *argc)
{
	const WCHAR *line = GetCommandLineW();
	size_t length = wcslen(line);
	WCHAR *word = malloc((length + 1) * sizeof(*word));
	char **argv = calloc(length / 2 + 3, sizeof(*argv));

	if (!word || !argv)
		die(EXIT_BUSY, "Windows has no memory left for wsl4.");
	line = next_argument(line, word, true);
	argv[(*argc)++] = utf8(word);
	while (*line) {
		line = next_argument(line, word, false);
		argv[(*argc)++] = utf8(word);
	}
	free(word);
	return argv;
}

int main(void)
{
	HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
	const char *version = "wsl4 " WSL4_PROGRAM_VERSION "\n";
	struct options options;
	int argc = 0;
	char **argv = arguments(&argc);

	if (!options_parse(&options, argc, argv))
		die(EXIT_USAGE, "%s %s. See wsl4 --help", options.word,
		    options.error);
	switch (options.action) {
	case ACTION_STATUS:
		return control_status();
	case ACTION_SHUTDOWN:
		return control_shutdown();
	case ACTION_DMESG:
		return control_dmesg(options.follow);
	case ACTION_MOUNT:
		mount_disk(&options);
	case ACTION_UNMOUNT:
		mount_undo(&options);
	case ACTION_EXPORT:
		export_disk(&options);
	case ACTION_UNEXPORT:
		export_undo(&options);
	case ACTION_LIST:
		list_disks(&options);
	case ACTION_HELP:
		write_all(out, options_help, strlen(options_help));
		return 0;
	case ACTION_VERSION:
		write_all(out, version, strlen(version));
		return 0;
	case ACTION_FRONT:
		front_run(options.back);
	case ACTION_RUN:
	case ACTION_LOGIN:
		break;
	}
	run_command(&options);
}
