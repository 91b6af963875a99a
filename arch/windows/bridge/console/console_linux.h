/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the console bridge's Linux end share.
 */
#ifndef _WSL4_CONSOLE_LINUX_H
#define _WSL4_CONSOLE_LINUX_H

#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/workqueue.h>
#include <asm/host.h>
#include "abi.h"

#define NT_PIPES	3	/* stdin, stdout, stderr */

struct nt_session;
struct nt_tty;

/**
 * struct nt_pipe - a standard stream that is a pipe
 * @session: whose it is
 * @stream: WSL4_STDIN, WSL4_STDOUT or WSL4_STDERR
 * @ours: our end; NULL: there is none, or it was closed
 * @theirs: the program's end, until it has it
 * @buffer: bytes on their way
 * @head: where they begin
 * @used: how many there are
 * @closed: NT does not read it any more
 * @wait: our place in the pipe's wait queue
 * @queue: that queue
 * @table: to get there
 */
struct nt_pipe {
	struct nt_session *session;
	unsigned int stream;
	struct file *ours;
	struct file *theirs;
	u8 *buffer;
	unsigned int head;
	unsigned int used;
	bool closed;
	wait_queue_entry_t wait;
	wait_queue_head_t *queue;
	poll_table table;
};

/**
 * struct nt_session - a program that NT has asked for
 * @id: its number at the border
 * @ref: the table, its thread, and files of its programs
 * @start_bytes: size of the start block
 * @start: what to start
 * @user: of @start
 * @directory: of @start
 * @argv: of @start; empty for a login shell
 * @envp: of @start
 * @pipe: standard streams that are pipes
 * @tty: terminal, or NULL
 * @terminal: the terminal, opened by the program's first process
 * @pump: moves bytes between NT and the pipes
 * @pump_lock: held while it does
 * @started: completed when it is known whether the program runs
 * @error: WSL4_ERROR_*, valid then
 * @number: errno, valid then
 * @login: the distribution's own program logs the user in
 * @launcher: process id of the one that turns into the program, @login only
 * @leader: session leader; NULL before there is one
 * @hangup: NT's program is gone
 * @exited: the program has ended; send what is left
 * @drained: completed when that is done
 */
struct nt_session {
	u32 id;
	struct kref ref;
	unsigned int start_bytes;
	struct wsl4_start *start;
	const char *user;
	const char *directory;
	const char **argv;
	const char **envp;
	struct nt_pipe pipe[NT_PIPES];
	struct nt_tty *tty;
	struct file *terminal;
	struct work_struct pump;
	struct mutex pump_lock;		/* pipe */
	struct completion started;
	unsigned int error;
	int number;
	bool login;
	pid_t launcher;
	struct pid *leader;
	bool hangup;
	bool exited;
	struct completion drained;
};

/* console_linux.c */

extern struct workqueue_struct *nt_console_queue;

void nt_session_put(struct nt_session *session);

/* The first answer counts; later ones are ignored. */
void nt_session_started(struct nt_session *session, unsigned int error,
			int number);

/* start_linux.c */

int nt_start_fetch(struct nt_session *session);
void nt_start_free(struct nt_session *session);

/* spawn_linux.c */

void nt_wait_ready(struct nt_session *session);

/* Returns the process id, or -errno. */
pid_t nt_spawn(struct nt_session *session);
bool nt_user_exists(const char *user);

/* The standard stream's file of the session's program. */
struct file *nt_spawn_file(struct nt_session *session, unsigned int fd);

/* launch_linux.c */

/* Give the process that logs in what the launcher needs. */
int nt_launch_prepare(struct nt_session *session);
extern const char nt_launch_path[];

/* pipe_linux.c */

int nt_pipes_init(struct nt_session *session);
void nt_pipes_exit(struct nt_session *session);

/* The program has its ends. */
void nt_pipes_given(struct nt_session *session);
void nt_pipes_pump(struct work_struct *work);

/* tty_linux.c */

struct nt_tty *nt_tty_get(struct nt_session *session);
void nt_tty_put(struct nt_tty *tty);
void nt_tty_name(struct nt_tty *tty, char *name, size_t size);
void nt_tty_event(struct nt_tty *tty, const struct wsl4_console_event *event);
void nt_tty_resize(struct nt_tty *tty, u16 rows, u16 columns, u16 xpixel,
		   u16 ypixel);
void nt_tty_hangup(struct nt_tty *tty);
void nt_tty_signal(struct nt_tty *tty, int signal);

/* Is all that was written to it on NT's side? */
bool nt_tty_drained(struct nt_tty *tty);

/* Host calls; buffers lie in the linear map. */

static inline s64 nt_host_read(u32 session, unsigned int stream, void *to,
			       unsigned int bytes, u64 position)
{
	return host_call(HOST_CONSOLE_READ, session, stream,
			 wsl4_physmem_offset(to), bytes, position, 0);
}

static inline s64 nt_host_write(u32 session, unsigned int stream,
				const void *from, unsigned int bytes)
{
	return host_call(HOST_CONSOLE_WRITE, session, stream,
			 wsl4_physmem_offset(from), bytes, 0, 0);
}

/* Nothing more comes on an output, or nobody reads that input. */
static inline void nt_host_close(u32 session, unsigned int stream)
{
	host_call(HOST_CONSOLE_WRITE, session, stream, 0, 0, 0, 0);
}

static inline s64 nt_host_tell(u32 session, unsigned int what, u64 a, u64 b)
{
	return host_call(HOST_CONSOLE_EXIT, session, what, a, b, 0, 0);
}

#endif /* _WSL4_CONSOLE_LINUX_H */
