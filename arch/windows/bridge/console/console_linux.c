// SPDX-License-Identifier: GPL-2.0
/*
 * The console bridge's Linux end: sessions and their events.
 */
#define pr_fmt(fmt) "wsl4: " fmt

#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/utsname.h>
#include "console_linux.h"

struct workqueue_struct *nt_console_queue;

static struct nt_session *sessions[WSL4_MAX_SESSIONS];
static DEFINE_MUTEX(sessions_lock);
static struct work_struct event_work;

static void session_free(struct kref *ref)
{
	struct nt_session *session = container_of(ref, struct nt_session, ref);

	nt_start_free(session);
	put_pid(session->leader);
	kfree(session);
}

/**
 * nt_session_put() - drop a reference to a session
 * @session: the session
 */
void nt_session_put(struct nt_session *session)
{
	kref_put(&session->ref, session_free);
}

/**
 * nt_session_started() - tell whether the program runs
 * @session: the session
 * @error: WSL4_ERROR_*
 * @number: errno that goes with it, or 0
 */
void nt_session_started(struct nt_session *session, unsigned int error,
			int number)
{
	static DEFINE_SPINLOCK(lock);
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	if (!completion_done(&session->started)) {
		session->error = error;
		session->number = number;
		complete_all(&session->started);
	}
	spin_unlock_irqrestore(&lock, flags);
}

/* Send a signal to the program and what it has started in its group. */
static void signal_group(struct nt_session *session, int signal)
{
	struct task_struct *task;
	unsigned int count = 0;
	struct pid *leader;

	leader = READ_ONCE(session->leader);
	if (!leader)
		return;
	read_lock(&tasklist_lock);
	do_each_pid_task(leader, PIDTYPE_PGID, task) {
		/* What logs the user in waits for the program, and tells. */
		if (session->login && task_pid(task) == leader)
			continue;
		do_send_sig_info(signal, SEND_SIG_PRIV, task, PIDTYPE_PGID);
		count++;
	} while_each_pid_task(leader, PIDTYPE_PGID, task);
	read_unlock(&tasklist_lock);
	if (!count)
		kill_pid(leader, signal, 1);
}

static void send_signals(struct nt_session *session, u64 signals)
{
	int signal;

	for (signal = 1; signal <= _NSIG; signal++) {
		if (!(signals >> (signal - 1) & 1))
			continue;
		if (session->tty)
			nt_tty_signal(session->tty, signal);
		else
			signal_group(session, signal);
	}
}

static void close_pipes(struct nt_session *session, u32 mask)
{
	unsigned int i;

	for (i = 0; i < NT_PIPES; i++)
		if (mask >> i & 1)
			WRITE_ONCE(session->pipe[i].closed, true);
}

static void hang_up(struct nt_session *session)
{
	WRITE_ONCE(session->hangup, true);
	close_pipes(session, 1u << WSL4_STDOUT | 1u << WSL4_STDERR);
	if (!completion_done(&session->started)) {
		signal_group(session, SIGKILL);
		return;
	}
	/*
	 * The tty layer tells the session's leader alone. That may be what
	 * logs the user in, which goes on until the program ends.
	 */
	if (session->tty) {
		nt_tty_signal(session->tty, SIGHUP);
		nt_tty_signal(session->tty, SIGCONT);
	}
	signal_group(session, SIGHUP);
	signal_group(session, SIGCONT);
	if (session->tty)
		nt_tty_hangup(session->tty);
}

static int make_streams(struct nt_session *session)
{
	int error;

	error = nt_pipes_init(session);
	if (error)
		return error;
	if (!(session->start->flags & WSL4_START_TTY))
		return 0;
	session->tty = nt_tty_get(session);
	return session->tty ? 0 : -ENOMEM;
}

/* Start the program. Returns its process id, or 0: @error says why not. */
static pid_t start_program(struct nt_session *session)
{
	pid_t pid;
	int error;

	error = nt_start_fetch(session);
	if (!error)
		error = make_streams(session);
	if (error) {
		nt_session_started(session, error == -ENOMEM ?
				   WSL4_ERROR_RESOURCES : WSL4_ERROR_BAD_BLOCK,
				   -error);
		return 0;
	}
	nt_wait_ready(session);
	if (READ_ONCE(session->hangup)) {
		nt_session_started(session, WSL4_ERROR_OTHER, EINTR);
		return 0;
	}
	pid = nt_spawn(session);
	if (pid > 0)
		return pid;
	nt_session_started(session, WSL4_ERROR_RESOURCES, -pid);
	return 0;
}

static void forget(struct nt_session *session)
{
	mutex_lock(&sessions_lock);
	sessions[session->id & 0xff] = NULL;
	mutex_unlock(&sessions_lock);
	nt_session_put(session);
}

/* The user that could not be logged in: is there one? */
static void explain_login(struct nt_session *session)
{
	if (session->error == WSL4_ERROR_NO_LOGIN &&
	    !nt_user_exists(session->user))
		session->error = WSL4_ERROR_NO_USER;
}

static int wait_for_end(pid_t pid)
{
	int status = 0;

	while (kernel_wait(pid, &status) == -ERESTARTSYS)
		flush_signals(current);
	return status;
}

/* Output that the program has left behind. */
static void drain(struct nt_session *session)
{
	WRITE_ONCE(session->exited, true);
	queue_work(nt_console_queue, &session->pump);
	wait_for_completion(&session->drained);
}

static void tell_started(struct nt_session *session, bool has_process)
{
	nt_pipes_given(session);
	if (session->error == WSL4_ERROR_NONE) {
		nt_host_tell(session->id, WSL4_SESSION_STARTED, 0, 0);
		queue_work(nt_console_queue, &session->pump);
	}
	/* It may have missed a hangup while it was being started. */
	if (READ_ONCE(session->hangup) && has_process)
		hang_up(session);
}

static void tell_end(struct nt_session *session, int status)
{
	if (session->error == WSL4_ERROR_NONE) {
		drain(session);
		nt_host_tell(session->id, WSL4_SESSION_EXITED, status, 0);
		return;
	}
	explain_login(session);
	nt_host_tell(session->id, WSL4_SESSION_FAILED, session->error,
		     session->number);
}

/* A session's thread: it is the program's parent. */
static int session_thread(void *data)
{
	struct nt_session *session = data;
	int status = 0;
	pid_t pid;

	kernel_sigaction(SIGCHLD, SIG_DFL);	/* or there is no status */
	pid = start_program(session);
	wait_for_completion(&session->started);
	tell_started(session, pid > 0);
	if (pid)
		status = wait_for_end(pid);
	tell_end(session, status);
	nt_pipes_exit(session);
	nt_tty_put(session->tty);
	forget(session);
	cancel_work_sync(&session->pump);
	/* NT may use the number again from now on. */
	nt_host_tell(session->id, WSL4_SESSION_GONE, 0, 0);
	nt_session_put(session);
	return 0;
}

static struct nt_session *new_session(const struct wsl4_console_event *event)
{
	struct nt_session *session;
	unsigned int i;

	session = kzalloc(sizeof(*session), GFP_KERNEL);
	if (!session)
		return NULL;
	session->id = event->session;
	session->start_bytes = event->start_bytes;
	kref_init(&session->ref);
	kref_get(&session->ref);	/* the table's, and the thread's */
	init_completion(&session->started);
	init_completion(&session->drained);
	INIT_WORK(&session->pump, nt_pipes_pump);
	mutex_init(&session->pump_lock);
	for (i = 0; i < NT_PIPES; i++) {
		session->pipe[i].session = session;
		session->pipe[i].stream = i;
	}
	return session;
}

static void begin_session(const struct wsl4_console_event *event)
{
	struct nt_session **slot = &sessions[event->session & 0xff];
	struct nt_session *session = NULL;
	struct task_struct *thread;

	if (WARN_ON_ONCE((event->session & 0xff) >= WSL4_MAX_SESSIONS || *slot))
		goto fail;
	session = new_session(event);
	if (!session)
		goto fail;
	thread = kthread_run(session_thread, session, "nt/%u",
			     event->session & 0xff);
	if (IS_ERR(thread))
		goto fail;
	*slot = session;
	return;

fail:
	kfree(session);
	nt_host_tell(event->session, WSL4_SESSION_FAILED, WSL4_ERROR_RESOURCES,
		     ENOMEM);
	nt_host_tell(event->session, WSL4_SESSION_GONE, 0, 0);
}

static struct nt_session *find_session(u32 id)
{
	struct nt_session *session = NULL;

	if ((id & 0xff) < WSL4_MAX_SESSIONS)
		session = sessions[id & 0xff];
	if (session && session->id == id)
		return session;
	return NULL;
}

static void handle_event(const struct wsl4_console_event *event)
{
	struct nt_session *session;

	if (event->events & WSL4_EVENT_START)
		begin_session(event);
	session = find_session(event->session);
	if (!session)
		return;
	if (event->events & WSL4_EVENT_CLOSED)
		close_pipes(session, event->closed);
	if (session->tty)
		nt_tty_event(session->tty, event);
	if (event->events & WSL4_EVENT_SIGNAL)
		send_signals(session, event->signals);
	if (event->events & WSL4_EVENT_HANGUP)
		hang_up(session);
	if (completion_done(&session->started))
		queue_work(nt_console_queue, &session->pump);
}

static bool next_event(struct wsl4_console_event *event)
{
	unsigned long flags;
	s64 more;

	local_irq_save(flags);
	more = host_call0(HOST_CONSOLE_EVENT);
	memcpy(event, wsl4_this_vcpu()->mailbox, sizeof(*event));
	local_irq_restore(flags);
	return more == 1;
}

static void handle_events(struct work_struct *work)
{
	struct wsl4_console_event event;

	mutex_lock(&sessions_lock);
	while (next_event(&event))
		handle_event(&event);
	mutex_unlock(&sessions_lock);
}

static irqreturn_t console_interrupt(int irq, void *data)
{
	queue_work(nt_console_queue, &event_work);
	return IRQ_HANDLED;
}

static void __init say_hello(void)
{
	struct wsl4_console_hello *hello;

	hello = kzalloc(sizeof(*hello), GFP_KERNEL);
	if (!hello)
		return;
	hello->version = WSL4_CONSOLE_VERSION;
	hello->memory_bytes = (u64)totalram_pages() << PAGE_SHIFT;
	scnprintf(hello->linux_version, sizeof(hello->linux_version),
		  "%s %s %s %s", init_utsname()->sysname,
		  init_utsname()->release, init_utsname()->version,
		  init_utsname()->machine);
	nt_host_tell(0, WSL4_SESSION_READY, wsl4_physmem_offset(hello),
		     sizeof(*hello));
	kfree(hello);
}

static int __init console_bridge_init(void)
{
	int error;

	nt_console_queue = alloc_workqueue("nt_console", WQ_UNBOUND | WQ_HIGHPRI,
					   0);
	if (!nt_console_queue)
		return -ENOMEM;
	INIT_WORK(&event_work, handle_events);
	error = request_irq(WSL4_IRQ_CONSOLE, console_interrupt, 0,
			    "nt_console", &event_work);
	if (error) {
		pr_err("no interrupt for the console bridge: %d\n", error);
		return error;
	}
	say_hello();
	queue_work(nt_console_queue, &event_work);
	return 0;
}
late_initcall(console_bridge_init);
