/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of wsl4.exe share.
 */
#ifndef WSL4_WSL4_H
#define WSL4_WSL4_H

#include <windows.h>
#include "options.h"
#include "ioctl.h"

/* device.c */

/* Open \\.\wsl4, or say why not and end. */
void device_open(void);

/* The same, but FALSE when there is no such device. */
bool device_try_open(void);

void device_close(void);

/*
 * A control request; waits until it is done. Returns 0 or a Windows error
 * code. Several threads may call it at once.
 */
DWORD device_call(DWORD code, const void *in, DWORD in_bytes, void *out,
		  DWORD out_bytes, DWORD *got);

/* What Linux is doing; ends wsl4 when the device does not answer. */
void device_status(struct wsl4_status *status);

/* Linux does not run: say why, and end with the status for it. */
void __attribute__((noreturn)) device_explain_end(void);

/* wsl4.c */

/* Print "wsl4: ..." on standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, and end with a status. */
void __attribute__((noreturn, format(printf, 2, 3)))
die(int status, const char *format, ...);

/* Write it all. FALSE when the reader is gone. */
bool write_all(HANDLE handle, const void *bytes, DWORD count);

/* As malloc(); never returns NULL. */
void *allocate(size_t bytes);

/* A copy in UTF-8. */
char *utf8(const WCHAR *wide);

/* A thread's worth of work; never returns NULL. */
HANDLE thread_start(DWORD (WINAPI *routine)(void *), void *context);

/* run.c */

#define TRANSFER	65536

/* Give bytes to Linux; EOF as well if asked. Returns a Windows error code. */
DWORD run_write(unsigned int stream, const void *bytes, DWORD count, bool eof);
void run_winsize(const struct wsl4_winsize *size);
void run_signal(unsigned int signal);

/* Start what a block says, or say why not and end. */
void run_start(const struct wsl4_start *start);

/*
 * The program runs: bring its output to its places, wait for its end, and end
 * with its status. @tty: where the terminal's output goes.
 */
void __attribute__((noreturn))
run_wait(unsigned int flags, bool (*tty)(const void *bytes, DWORD count));

/* A session for the command line. */
void __attribute__((noreturn)) run_command(const struct options *options);

/* For scripts: complain() in the shell. Its echo would not leave backslashes alone. */
#define SCRIPT_SAY "say() { printf 'wsl4: %s\\n' \"$1\" >&2; }\n"

/* A shell script, as root; @words are its $1, $2, ... , 12 at most. */
void __attribute__((noreturn))
run_script(struct options *options, const char *script, const char **words,
	   int count);

/* console.c */

bool console_is(DWORD which);

/* Ready for a terminal's bytes, both ways; undone at the end. */
void console_raw(void);
void console_restore(void);

/* Does the console understand escape sequences? */
bool console_has_sequences(void);
void console_size(unsigned int *rows, unsigned int *columns);
bool console_write(const void *bytes, DWORD count);

/* A thread that reads keys and window sizes. */
DWORD WINAPI console_keys(void *context);

/* front.c */

void __attribute__((noreturn)) front_run(const char *back);

/* mount.c */

/* Attach a Windows file to Linux, and mount what is on it. */
void __attribute__((noreturn)) mount_disk(struct options *options);

/* Unmount and detach it, or all. */
void __attribute__((noreturn)) mount_undo(struct options *options);

/* export.c */

/* Make a block device of Linux's a disk of Windows's. */
void __attribute__((noreturn)) export_disk(struct options *options);

/* And no disk any more. */
void __attribute__((noreturn)) export_undo(struct options *options);

/* list.c */

/* What each side has from the other. */
void __attribute__((noreturn)) list_disks(struct options *options);

/* control.c */

int control_status(void);
int control_shutdown(void);
int control_dmesg(bool follow);

#endif
