// SPDX-License-Identifier: GPL-2.0
/*
 * A running wsl4.exe: signals, keys, streams.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "unix.h"

#define CHUNK	32768
#define CTRL_C	3

static int signal_pipe[2];

static void note_signal(int number)
{
	unsigned char byte = number;
	int error = errno;

	if (write(signal_pipe[1], &byte, 1) < 0)
		errno = EAGAIN;	/* full: there are enough of them */
	errno = error;
}

void signals_init(void)
{
	static const int numbers[] = {
		SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT,
		SIGCHLD, SIGUSR1, SIGUSR2,
	};
	struct sigaction action = { .sa_handler = note_signal,
				    .sa_flags = SA_RESTART };
	size_t i;

	if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		die(EXIT_BUSY, "There are no resources left for wsl4.");
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
}

static void __attribute__((noreturn)) die_by(int number)
{
	sigset_t set;

	terminal_restore();
	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(number);
	_exit(128 + number);
}

/* wsl4.exe hangs the program up when its standard input ends. */
static void __attribute__((noreturn))
give_up(struct session *session, int number)
{
	terminal_restore();
	sender_close(&session->control);
	die_by(number);
}

static void send_size(struct session *session)
{
	struct wsl4_winsize size;

	if (session->keyboard < 0)
		return;
	terminal_size(session->keyboard, &size);
	sender_frame(&session->control, FRONT_WINSIZE, &size, sizeof(size));
}

static void pass_signal(struct session *session, int number)
{
	struct wsl4_signal text = {
		.version = WSL4_CONSOLE_VERSION,
		.signal = number,
	};

	if (!session->started || session->control.fd < 0)
		give_up(session, number);
	session->interrupted |= number == SIGINT;
	sender_frame(&session->control, FRONT_SIGNAL, &text, sizeof(text));
}

static void stop_self(void)
{
	terminal_restore();
	raise(SIGSTOP);
}

static void handle_signal(struct session *session, int number)
{
	switch (number) {
	case SIGWINCH:
		send_size(session);
		break;
	case SIGTSTP:
		stop_self();
		break;
	case SIGCONT:
		if (session->keyboard >= 0 &&
		    terminal_is_foreground(session->keyboard))
			terminal_resume();
		send_size(session);
		break;
	case SIGHUP:
		give_up(session, number);
	case SIGTERM:
		if (session->keyboard >= 0)
			give_up(session, number);
		/* fall through */
	case SIGINT:
	case SIGQUIT:
	case SIGUSR1:
	case SIGUSR2:
		pass_signal(session, number);
	}
}

static void handle_signals(struct session *session)
{
	unsigned char numbers[64];
	ssize_t got, i;

	while ((got = read(signal_pipe[0], numbers, sizeof(numbers))) > 0)
		for (i = 0; i < got; i++)
			handle_signal(session, numbers[i]);
}

static void read_keys(struct session *session)
{
	char bytes[CHUNK];
	size_t limit = session->key_credit;
	ssize_t got;

	if (limit > sizeof(bytes))
		limit = sizeof(bytes);
	got = read(session->keyboard, bytes, limit);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0)
		give_up(session, SIGHUP);
	if (!session->started && memchr(bytes, CTRL_C, got))
		give_up(session, SIGINT);
	sender_frame(&session->control, FRONT_TTY, bytes, got);
	session->key_credit -= got;
}

static void end_input(struct session *session)
{
	int null;

	/* Not just closed: nobody else shall get the number 0. */
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null >= 0 && dup2(null, 0) == 0)
		close(null);
	session->input = -1;
}

static void read_input(struct session *session)
{
	char bytes[CHUNK];
	size_t limit = session->data_credit;
	ssize_t got;

	if (limit > sizeof(bytes))
		limit = sizeof(bytes);
	got = read(session->input, bytes, limit);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		session->input = -1;
		sender_frame(&session->control, FRONT_EOF, NULL, 0);
		return;
	}
	sender_frame(&session->control, FRONT_DATA, bytes, got);
	session->data_credit -= got;
}

static void handle_report(struct session *session,
			  const struct front_report *report)
{
	switch (report->type) {
	case BACK_DATA:
		session->data_credit += report->value;
		break;
	case BACK_TTY:
		session->key_credit += report->value;
		break;
	case BACK_CLOSED:
		end_input(session);
		break;
	case BACK_STARTED:
		session->started = true;
		close(session->back_writer);
		session->back_writer = -1;
		/* The size may have changed meanwhile. */
		send_size(session);
	}
}

static void read_reports(struct session *session)
{
	static char bytes[64 * sizeof(struct front_report)];
	static size_t used;
	struct front_report report;
	ssize_t got;

	got = read(session->back, bytes + used, sizeof(bytes) - used);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		close(session->back);
		session->back = -1;
		return;
	}
	used += got;
	while (used >= sizeof(report)) {
		memcpy(&report, bytes, sizeof(report));
		used -= sizeof(report);
		memmove(bytes, bytes + sizeof(report), used);
		handle_report(session, &report);
	}
}

enum { SIGNALS, BACK, CONTROL, OUT, ERROR, KEYS, INPUT, NR_POLLS };

static void prepare(struct session *session, struct pollfd *polls)
{
	int i;

	for (i = 0; i < NR_POLLS; i++) {
		polls[i].fd = -1;
		polls[i].events = POLLIN;
		polls[i].revents = 0;
	}
	polls[SIGNALS].fd = signal_pipe[0];
	polls[BACK].fd = session->back;
	polls[OUT].fd = session->out.from;
	polls[ERROR].fd = session->error.from;
	polls[CONTROL].fd = session->control.fd;
	polls[CONTROL].events = session->control.used ? POLLOUT : 0;
	if (session->key_credit)
		polls[KEYS].fd = session->keyboard;
	if (session->started && session->data_credit)
		polls[INPUT].fd = session->input;
}

static void act(struct session *session, const struct pollfd *polls)
{
	if (polls[SIGNALS].revents)
		handle_signals(session);
	if (polls[BACK].revents)
		read_reports(session);
	if (polls[CONTROL].revents & POLLERR)
		sender_close(&session->control);
	else if (polls[CONTROL].revents)
		sender_run(&session->control);
	if (polls[ERROR].revents && !pump_run(&session->error))
		give_up(session, SIGHUP);
	if (polls[OUT].revents && !pump_run(&session->out))
		give_up(session, SIGHUP);
	if (polls[KEYS].revents)
		read_keys(session);
	if (polls[INPUT].revents && session->input >= 0)
		read_input(session);
}

/* What it has left in its pipes; others may hold them open. */
static void drain(struct pump *pump)
{
	struct pollfd wait = { .events = POLLIN };

	while (pump->from >= 0) {
		wait.fd = pump->from;
		if (poll(&wait, 1, 0) <= 0 || !pump_run(pump))
			break;
	}
}

int session_run(struct session *session)
{
	struct pollfd polls[NR_POLLS];
	int status = 0;

	while (waitpid(session->pid, &status, WNOHANG) != session->pid) {
		prepare(session, polls);
		if (poll(polls, NR_POLLS, -1) < 0)
			continue;
		act(session, polls);
	}
	drain(&session->out);
	drain(&session->error);
	terminal_restore();
	if (session->interrupted && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 128 + SIGINT)
		die_by(SIGINT);		/* as the shell expects it */
	return status;
}
