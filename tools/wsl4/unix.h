/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the front end for Unix share.
 */
#ifndef WSL4_UNIX_H
#define WSL4_UNIX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "options.h"
#include "front.h"
#include "ioctl.h"

/* wsl4_unix.c */

void __attribute__((noreturn, format(printf, 2, 3)))
die(int status, const char *format, ...);

/* terminal.c */

/* Set a terminal raw; undone by terminal_restore(), and at exit. */
void terminal_raw(int fd);
void terminal_restore(void);

/* Again raw, after a stop. */
void terminal_resume(void);
bool terminal_is_raw(void);
void terminal_size(int fd, struct wsl4_winsize *size);

/* Is that terminal ours to read and to set? */
bool terminal_is_foreground(int fd);

/* pump.c */

/* Bytes from one descriptor to another, through poll(). */
struct pump {
	int from;		/* -1: ended */
	int to;
	bool lines;		/* make \n into \r\n while the terminal is raw */
	size_t head;
	size_t used;
	char bytes[65536];
};

void pump_init(struct pump *pump, int from, int to);

/* Read what is there and write it. FALSE when the writer's end is broken. */
bool pump_run(struct pump *pump);

/* A growing buffer in front of a descriptor that does not block. */
struct sender {
	int fd;			/* -1: closed */
	char *bytes;
	size_t head;
	size_t used;
	size_t size;
};

void sender_frame(struct sender *sender, unsigned int type, const void *bytes,
		  size_t count);

/* Write what goes. Closes itself when nobody reads. */
void sender_run(struct sender *sender);
void sender_close(struct sender *sender);

/* session_unix.c */

/**
 * struct session - a running wsl4.exe
 * @pid: its process
 * @control: its standard input
 * @back: its reports
 * @back_writer: their other end, until wsl4.exe has opened it
 * @out: its standard output, if that is not passed on as it is
 * @error: the same for standard error
 * @keyboard: terminal to read keys from, or -1
 * @input: bytes for standard input, or -1
 * @data_credit: how many of them may be sent
 * @key_credit: the same for keys
 * @started: the program runs
 * @interrupted: a SIGINT was passed on
 */
struct session {
	pid_t pid;
	struct sender control;
	int back;
	int back_writer;
	struct pump out;
	struct pump error;
	int keyboard;
	int input;
	size_t data_credit;
	size_t key_credit;
	bool started;
	bool interrupted;
};

/* Carry everything until wsl4.exe ends. Returns its wait status. */
int session_run(struct session *session);
void signals_init(void);

#endif
