// SPDX-License-Identifier: GPL-2.0
/*
 * The Unix terminal.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "unix.h"

static int terminal = -1;
static struct termios saved;
static bool raw;

static void set(const struct termios *mode)
{
	while (tcsetattr(terminal, TCSADRAIN, mode) < 0 && errno == EINTR)
		;
}

void terminal_resume(void)
{
	struct termios mode = saved;

	if (terminal < 0)
		return;
	cfmakeraw(&mode);
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	set(&mode);
	raw = true;
}

void terminal_restore(void)
{
	if (!raw)
		return;
	set(&saved);
	raw = false;
}

void terminal_raw(int fd)
{
	if (tcgetattr(fd, &saved) < 0)
		return;
	terminal = fd;
	atexit(terminal_restore);
	terminal_resume();
}

bool terminal_is_raw(void)
{
	return raw;
}

void terminal_size(int fd, struct wsl4_winsize *size)
{
	struct winsize window = { 0 };

	ioctl(fd, TIOCGWINSZ, &window);
	size->version = WSL4_CONSOLE_VERSION;
	size->rows = window.ws_row;
	size->columns = window.ws_col;
	size->xpixel = window.ws_xpixel;
	size->ypixel = window.ws_ypixel;
}

bool terminal_is_foreground(int fd)
{
	return tcgetpgrp(fd) == getpgrp();
}
