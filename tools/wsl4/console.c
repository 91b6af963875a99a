// SPDX-License-Identifier: GPL-2.0
/*
 * The Windows console as a terminal.
 */
#include <string.h>
#include "wsl4.h"

#ifndef ENABLE_VIRTUAL_TERMINAL_INPUT
#define ENABLE_VIRTUAL_TERMINAL_INPUT		0x0200
#endif
#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING	0x0004
#endif
#ifndef DISABLE_NEWLINE_AUTO_RETURN
#define DISABLE_NEWLINE_AUTO_RETURN		0x0008
#endif

static HANDLE keyboard, screen;
static DWORD keyboard_mode, screen_mode;
static UINT output_codepage;
static bool raw, sequences;

bool console_is(DWORD which)
{
	DWORD mode;

	return GetConsoleMode(GetStdHandle(which), &mode);
}

void console_raw(void)
{
	keyboard = CreateFileW(L"CONIN$", GENERIC_READ | GENERIC_WRITE,
			       FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
			       OPEN_EXISTING, 0, NULL);
	screen = GetStdHandle(STD_OUTPUT_HANDLE);
	if (!GetConsoleMode(keyboard, &keyboard_mode) ||
	    !GetConsoleMode(screen, &screen_mode))
		die(EXIT_OTHER, "Windows does not let wsl4 use the console.");
	output_codepage = GetConsoleOutputCP();
	raw = true;
	if (!SetConsoleMode(keyboard, ENABLE_WINDOW_INPUT |
			    ENABLE_VIRTUAL_TERMINAL_INPUT))
		SetConsoleMode(keyboard, ENABLE_WINDOW_INPUT);
	sequences = SetConsoleMode(screen, ENABLE_PROCESSED_OUTPUT |
				   ENABLE_WRAP_AT_EOL_OUTPUT |
				   ENABLE_VIRTUAL_TERMINAL_PROCESSING |
				   DISABLE_NEWLINE_AUTO_RETURN);
	SetConsoleOutputCP(CP_UTF8);
}

void console_restore(void)
{
	if (!raw)
		return;
	raw = false;
	SetConsoleMode(keyboard, keyboard_mode);
	SetConsoleMode(screen, screen_mode);
	SetConsoleOutputCP(output_codepage);
}

bool console_has_sequences(void)
{
	return sequences;
}

void console_size(unsigned int *rows, unsigned int *columns)
{
	CONSOLE_SCREEN_BUFFER_INFO info;

	*rows = 0;
	*columns = 0;
	if (!GetConsoleScreenBufferInfo(screen, &info))
		return;
	*rows = info.srWindow.Bottom - info.srWindow.Top + 1;
	*columns = info.srWindow.Right - info.srWindow.Left + 1;
}

/* How many bytes at the end of the text belong to an unfinished character? */
static DWORD unfinished(const unsigned char *text, DWORD count)
{
	DWORD back, length;

	for (back = 1; back <= 3 && back <= count; back++) {
		unsigned char c = text[count - back];

		if (c < 0x80)
			return 0;
		if (c < 0xc0)
			continue;
		length = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
		return length > back ? back : 0;
	}
	return 0;
}

static bool write_wide(const unsigned char *text, DWORD count)
{
	static WCHAR wide[TRANSFER + 8];
	DWORD done, at = 0;
	int length;

	if (!count)
		return true;
	length = MultiByteToWideChar(CP_UTF8, 0, (const char *)text, count,
				     wide, sizeof(wide) / sizeof(*wide));
	while (at < (DWORD)length) {
		if (!WriteConsoleW(screen, wide + at, length - at, &done, NULL))
			return false;
		at += done;
	}
	return true;
}

bool console_write(const void *bytes, DWORD count)
{
	static unsigned char text[TRANSFER + 4];
	static DWORD kept;
	DWORD rest;

	memcpy(text + kept, bytes, count);
	count += kept;
	rest = unfinished(text, count);
	if (!write_wide(text, count - rest))
		return false;
	memmove(text, text + count - rest, rest);
	kept = rest;
	return true;
}

/* What keys are to a terminal where the console does not say it itself. */
static const char *plain_key(WORD key)
{
	switch (key) {
	case VK_UP:
		return "\033[A";
	case VK_DOWN:
		return "\033[B";
	case VK_RIGHT:
		return "\033[C";
	case VK_LEFT:
		return "\033[D";
	case VK_HOME:
		return "\033[H";
	case VK_END:
		return "\033[F";
	case VK_PRIOR:
		return "\033[5~";
	case VK_NEXT:
		return "\033[6~";
	case VK_INSERT:
		return "\033[2~";
	case VK_DELETE:
		return "\033[3~";
	}
	return "";
}

static int key_bytes(const KEY_EVENT_RECORD *key, char *to)
{
	static WCHAR high;
	WCHAR text[2];
	int count = 0;

	/* A character typed with Alt and the number pad comes on release. */
	if (!key->bKeyDown &&
	    !(key->wVirtualKeyCode == VK_MENU && key->uChar.UnicodeChar))
		return 0;
	if (!key->uChar.UnicodeChar) {
		strcpy(to, plain_key(key->wVirtualKeyCode));
		return strlen(to);
	}
	if (key->uChar.UnicodeChar >= 0xd800 &&
	    key->uChar.UnicodeChar < 0xdc00) {
		high = key->uChar.UnicodeChar;
		return 0;
	}
	if (high)
		text[count++] = high;
	high = 0;
	text[count++] = key->uChar.UnicodeChar;
	return WideCharToMultiByte(CP_UTF8, 0, text, count, to, 16, NULL, NULL);
}

static void size_changed(void)
{
	static unsigned int rows, columns;
	struct wsl4_winsize size = { 0 };
	unsigned int r, c;

	console_size(&r, &c);
	if (r == rows && c == columns)
		return;
	rows = r;
	columns = c;
	size.rows = rows;
	size.columns = columns;
	run_winsize(&size);
}

DWORD WINAPI console_keys(void *context)
{
	INPUT_RECORD records[128];
	char text[128 * 16];
	DWORD count, i;
	int length;

	(void)context;
	while (ReadConsoleInputW(keyboard, records, 128, &count)) {
		length = 0;
		for (i = 0; i < count; i++) {
			if (records[i].EventType == WINDOW_BUFFER_SIZE_EVENT)
				size_changed();
			if (records[i].EventType == KEY_EVENT)
				length += key_bytes(&records[i].Event.KeyEvent,
						    text + length);
		}
		if (length && run_write(WSL4_TTY, text, length, false))
			break;
	}
	return 0;
}
