/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a front end drives "wsl4.exe --front PATH".
 *
 * It sends frames into wsl4.exe's standard input: a FRONT_START first, then
 * any of the others. Standard output and error are the program's (a terminal's
 * output goes to standard output). wsl4.exe reports through the pipe PATH. The
 * end of standard input hangs the session up.
 *
 * DATA and TTY are sent on credit: at most FRONT_WINDOW bytes of each that
 * wsl4.exe has not given back yet, so that other frames are never stuck
 * behind them.
 */
#ifndef WSL4_FRONT_H
#define WSL4_FRONT_H

#include <stdint.h>

#define FRONT_START	1	/* struct wsl4_start and strings */
#define FRONT_DATA	2	/* for standard input */
#define FRONT_EOF	3	/* standard input ends */
#define FRONT_TTY	4	/* for the terminal */
#define FRONT_WINSIZE	5	/* struct wsl4_winsize */
#define FRONT_SIGNAL	6	/* struct wsl4_signal */

struct front_frame {
	uint32_t type;
	uint32_t bytes;		/* behind this */
};

#define FRONT_MAX_FRAME	(256 * 1024)
#define FRONT_WINDOW	(256 * 1024)

#define BACK_DATA	1	/* value = bytes of DATA taken */
#define BACK_TTY	2	/* value = bytes of TTY taken */
#define BACK_CLOSED	3	/* standard input is not read any more */
#define BACK_STARTED	4	/* the program runs */

struct front_report {
	uint32_t type;
	uint32_t value;
};

#endif
