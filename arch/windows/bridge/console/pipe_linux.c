// SPDX-License-Identifier: GPL-2.0
/*
 * Standard streams that are pipes. Bytes move in a work item that never waits;
 * it runs when NT has an event, and when the program has read or written.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/gfp.h>
#include <linux/pipe_fs_i.h>
#include <linux/slab.h>
#include "console_linux.h"

#define BUFFER_BYTES	(32 * 1024)
#define ROUNDS		32	/* of one run, before others have a turn */

/* What became of an attempt to move bytes. */
enum move {
	MOVE_ON,		/* some were moved */
	MOVE_STUCK,		/* an event, or the program, will wake us */
	MOVE_ENDED,		/* the pipe is closed */
};

static int wake_pump(wait_queue_entry_t *wait, unsigned int mode, int sync,
		     void *key)
{
	struct nt_pipe *pipe = container_of(wait, struct nt_pipe, wait);

	queue_work(nt_console_queue, &pipe->session->pump);
	return 0;
}

static void join_queue(struct file *file, wait_queue_head_t *queue,
		       poll_table *table)
{
	struct nt_pipe *pipe = container_of(table, struct nt_pipe, table);

	pipe->queue = queue;
	add_wait_queue(queue, &pipe->wait);
}

static void watch(struct nt_pipe *pipe)
{
	init_waitqueue_func_entry(&pipe->wait, wake_pump);
	init_poll_funcptr(&pipe->table, join_queue);
	vfs_poll(pipe->ours, &pipe->table);
}

static void close_ours(struct nt_pipe *pipe)
{
	if (!pipe->ours)
		return;
	if (pipe->queue)
		remove_wait_queue(pipe->queue, &pipe->wait);
	pipe->queue = NULL;
	fput(pipe->ours);
	pipe->ours = NULL;
}

static void close_theirs(struct nt_pipe *pipe)
{
	if (pipe->theirs)
		fput(pipe->theirs);
	pipe->theirs = NULL;
}

static int make_pipe(struct nt_pipe *pipe)
{
	bool input = pipe->stream == WSL4_STDIN;
	struct file *files[2];
	int error;

	pipe->buffer = kmalloc(BUFFER_BYTES, GFP_KERNEL);
	if (!pipe->buffer)
		return -ENOMEM;
	error = create_pipe_files(files, 0);
	if (error)
		return error;
	pipe->ours = files[input];
	pipe->theirs = files[!input];
	spin_lock(&pipe->ours->f_lock);
	pipe->ours->f_flags |= O_NONBLOCK;
	spin_unlock(&pipe->ours->f_lock);
	watch(pipe);
	return 0;
}

/**
 * nt_pipes_init() - make the pipes that a session needs
 * @session: the session
 *
 * Return: 0 or -errno; nt_pipes_exit() undoes it in either case.
 */
int nt_pipes_init(struct nt_session *session)
{
	unsigned int i;
	int error;

	for (i = 0; i < NT_PIPES; i++) {
		if (session->start->flags & (WSL4_START_TTY_IN << i))
			continue;
		error = make_pipe(&session->pipe[i]);
		if (error)
			return error;
	}
	return 0;
}

/**
 * nt_pipes_given() - the program has its ends of the pipes, drop ours of them
 * @session: the session
 */
void nt_pipes_given(struct nt_session *session)
{
	unsigned int i;

	for (i = 0; i < NT_PIPES; i++)
		close_theirs(&session->pipe[i]);
}

/**
 * nt_pipes_exit() - close and free the pipes
 * @session: the session
 *
 * The pump may still run; it finds nothing to do.
 */
void nt_pipes_exit(struct nt_session *session)
{
	unsigned int i;

	nt_pipes_given(session);
	mutex_lock(&session->pump_lock);
	for (i = 0; i < NT_PIPES; i++) {
		close_ours(&session->pipe[i]);
		kfree(session->pipe[i].buffer);
		session->pipe[i].buffer = NULL;
	}
	mutex_unlock(&session->pump_lock);
}

static enum move end_output(struct nt_pipe *pipe)
{
	close_ours(pipe);	/* a writer gets SIGPIPE from now on */
	nt_host_close(pipe->session->id, pipe->stream);
	return MOVE_ENDED;
}

static enum move send_bytes(struct nt_pipe *pipe)
{
	s64 sent;

	sent = nt_host_write(pipe->session->id, pipe->stream,
			     pipe->buffer + pipe->head, pipe->used);
	if (sent == -EAGAIN)
		return MOVE_STUCK;
	if (sent <= 0)
		return end_output(pipe);
	pipe->head += sent;
	pipe->used -= sent;
	return MOVE_ON;
}

static enum move move_output(struct nt_pipe *pipe)
{
	ssize_t got;

	if (!pipe->ours)
		return MOVE_ENDED;
	if (READ_ONCE(pipe->closed))
		return end_output(pipe);
	if (pipe->used)
		return send_bytes(pipe);
	got = kernel_read(pipe->ours, pipe->buffer, BUFFER_BYTES, NULL);
	if (got == -EAGAIN)
		return MOVE_STUCK;
	if (got <= 0)
		return end_output(pipe);
	pipe->head = 0;
	pipe->used = got;
	return send_bytes(pipe);
}

static enum move end_input(struct nt_pipe *pipe)
{
	close_ours(pipe);
	nt_host_close(pipe->session->id, pipe->stream);
	return MOVE_ENDED;
}

static enum move fetch_bytes(struct nt_pipe *pipe)
{
	s64 got;

	got = nt_host_read(pipe->session->id, pipe->stream, pipe->buffer,
			   BUFFER_BYTES, 0);
	if (got == -EAGAIN)
		return MOVE_STUCK;
	if (got <= 0)
		return end_input(pipe);
	pipe->head = 0;
	pipe->used = got;
	return MOVE_ON;
}

static enum move move_input(struct nt_pipe *pipe)
{
	enum move move;
	ssize_t put;

	if (!pipe->ours)
		return MOVE_ENDED;
	if (vfs_poll(pipe->ours, NULL) & EPOLLERR)	/* no reader left */
		return end_input(pipe);
	if (!pipe->used) {
		move = fetch_bytes(pipe);
		if (move != MOVE_ON)
			return move;
	}
	put = kernel_write(pipe->ours, pipe->buffer + pipe->head, pipe->used,
			   NULL);
	if (put == -EAGAIN)
		return MOVE_STUCK;
	if (put <= 0)
		return end_input(pipe);
	pipe->head += put;
	pipe->used -= put;
	return MOVE_ON;
}

/*
 * After the program's end: has what it wrote left the pipe? Whatever it has
 * left behind running may write on; nobody listens to that.
 */
static bool drained(const enum move *moved, struct nt_session *session)
{
	unsigned int i;

	for (i = WSL4_STDOUT; i <= WSL4_STDERR; i++)
		if (moved[i] == MOVE_ON ||
		    (session->pipe[i].ours && session->pipe[i].used))
			return false;
	return !session->tty || nt_tty_drained(session->tty);
}

/* Returns false when there may be more to move at once. */
static bool move_all(struct nt_session *session, enum move *moved)
{
	unsigned int i, round;

	for (round = 0; round < ROUNDS; round++) {
		moved[WSL4_STDIN] = move_input(&session->pipe[WSL4_STDIN]);
		for (i = WSL4_STDOUT; i <= WSL4_STDERR; i++)
			moved[i] = move_output(&session->pipe[i]);
		for (i = 0; i < NT_PIPES && moved[i] != MOVE_ON; i++)
			;
		if (i == NT_PIPES)
			return true;
	}
	return false;
}

/**
 * nt_pipes_pump() - move what can be moved
 * @work: of the session
 */
void nt_pipes_pump(struct work_struct *work)
{
	struct nt_session *session = container_of(work, struct nt_session,
						  pump);
	bool exited = READ_ONCE(session->exited);
	enum move moved[NT_PIPES];

	mutex_lock(&session->pump_lock);
	if (!move_all(session, moved))
		queue_work(nt_console_queue, &session->pump);
	else if (exited && drained(moved, session))
		complete_all(&session->drained);
	mutex_unlock(&session->pump_lock);
}
