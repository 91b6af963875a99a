/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the launcher and the kernel agree upon. The launcher is the "shell" that
 * runuser starts. It finds these files open:
 *
 *	LAUNCH_FD	reading it gives the start block; LAUNCH_TAKE on it
 *			puts the program's standard streams in place of
 *			runuser's; a struct launch_error written to it says
 *			why the program cannot be started; closing it by a
 *			successful exec says that it runs
 *	LAUNCH_EXE_FD	the launcher itself
 */
#ifndef _WSL4_LAUNCH_H
#define _WSL4_LAUNCH_H

#define LAUNCH_FD	3
#define LAUNCH_EXE_FD	4

#define LAUNCH_TAKE	0x57344c00u

struct launch_error {
	unsigned int error;	/* WSL4_ERROR_* */
	int number;		/* errno */
};

#endif /* _WSL4_LAUNCH_H */
