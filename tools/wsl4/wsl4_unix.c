// SPDX-License-Identifier: GPL-2.0
/*
 * wsl4 for whoever sits on the Unix side of Wine: runs wsl4.exe under Wine and
 * owns the terminal itself, since Wine's console does not interpret escape
 * sequences.
 *
 * It lies beside wsl4.exe in the build directory; the Wine prefix is "prefix"
 * there, or WINEPREFIX. WINE names another Wine.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "unix.h"

static char exe[PATH_MAX + 16];

void die(int status, const char *format, ...)
{
	va_list args;

	terminal_restore();
	va_start(args, format);
	fputs("wsl4: ", stderr);
	vfprintf(stderr, format, args);
	fputs("\n", stderr);
	va_end(args);
	exit(status);
}

/* Standard streams that are closed would become pipes of ours. */
static void open_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= 2);
	close(fd);
}

static void find_exe(void)
{
	char directory[PATH_MAX];
	ssize_t length;
	char *slash;

	length = readlink("/proc/self/exe", directory, sizeof(directory) - 1);
	if (length < 0)
		die(EXIT_OTHER, "wsl4 does not know where it lies: there is no /proc.");
	directory[length] = '\0';
	slash = strrchr(directory, '/');
	*slash = '\0';
	snprintf(exe, sizeof(exe), "%s/wsl4.exe", directory);
	if (access(exe, R_OK))
		die(EXIT_NO_SERVICE, "%s is not there. Build it with: make ARCH=windows",
		    exe);
	if (!getenv("WINEPREFIX")) {
		strcat(directory, "/prefix");
		setenv("WINEPREFIX", directory, 1);
	}
}

/* Does a Wine server hold the lock of this prefix? If in doubt: yes. */
static bool server_runs(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
			      .l_len = 1 };
	char path[128];
	struct stat st;
	bool runs;
	int fd;

	if (stat(getenv("WINEPREFIX"), &st) < 0)
		return false;
	snprintf(path, sizeof(path), "/tmp/.wine-%u/server-%lx-%lx/lock",
		 (unsigned int)getuid(), (unsigned long)st.st_dev,
		 (unsigned long)st.st_ino);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return true;
	runs = fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
	close(fd);
	return runs;
}

static void __attribute__((noreturn)) exec_wine(const char *const *words)
{
	static const char *const wines[] = {
		"/usr/lib/wine/wine64", "wine64", "wine",
	};
	const char *argv[16] = { getenv("WINE"), exe };
	size_t i;

	for (i = 0; words[i] && i < 13; i++)
		argv[i + 2] = words[i];
	if (!getenv("WINEDEBUG"))
		setenv("WINEDEBUG", "-all", 1);
	if (argv[0])
		execvp(argv[0], (char **)argv);
	for (i = 0; i < sizeof(wines) / sizeof(wines[0]); i++) {
		argv[0] = wines[i];
		execvp(argv[0], (char **)argv);
	}
	fprintf(stderr, "wsl4: Wine is not there. Install it with: apt-get install wine64\n");
	_exit(EXIT_OTHER);
}

static void make_pipe(int *ends)
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		die(EXIT_BUSY, "There are no resources left for wsl4.");
}

/* A terminal's descriptor is not for Wine: it would make it a console. */
static int stream_for_wine(struct pump *pump, int fd)
{
	int ends[2];

	pump_init(pump, -1, fd);
	if (!isatty(fd))
		return fd;
	make_pipe(ends);
	pump_init(pump, ends[0], fd);
	return ends[1];
}

/* The standard input is @in; the others as they are, or through pumps. */
static void start_wine(struct session *session, int in,
		       const char *const *words)
{
	int out = stream_for_wine(&session->out, 1);
	int error = stream_for_wine(&session->error, 2);

	session->error.lines = true;
	session->pid = fork();
	if (session->pid < 0)
		die(EXIT_BUSY, "There is no process left for wsl4.");
	if (!session->pid) {
		/* The terminal's signals are for us to pass on. */
		setsid();
		dup2(in, 0);
		dup2(out, 1);
		dup2(error, 2);
		exec_wine(words);
	}
	close(in);
	if (out != 1)
		close(out);
	if (error != 2)
		close(error);
}

static int finish(struct session *session)
{
	int status = session_run(session);

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	die(EXIT_OTHER, "Wine was ended by signal %d. Try again.",
	    WTERMSIG(status));
}

static void init_session(struct session *session)
{
	memset(session, 0, sizeof(*session));
	session->back = -1;
	session->back_writer = -1;
	session->keyboard = -1;
	session->input = -1;
	session->control.fd = -1;
	signals_init();
}

static int run_control(char **argv)
{
	static struct session session;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	init_session(&session);
	start_wine(&session, null, (const char *const *)argv + 1);
	return finish(&session);
}

/* Where to read keys from, if the program shall have a terminal; or -1. */
static int find_keyboard(void)
{
	int fd = 0;

	if (!isatty(1))
		return -1;
	if (!isatty(0))
		fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (fd >= 0 && terminal_is_foreground(fd))
		return fd;
	if (fd > 0)
		close(fd);
	return -1;
}

static unsigned int tty_flags(int keyboard)
{
	unsigned int flags = WSL4_START_TTY_OUT;

	if (keyboard < 0)
		return 0;
	if (isatty(0))
		flags |= WSL4_START_TTY_IN;
	if (isatty(2))
		flags |= WSL4_START_TTY_ERR;
	return flags;
}

/* Variables that describe the terminal. Returns how many. */
static unsigned int terminal_env(char **env)
{
	static const char *const names[] = { "TERM", "COLORTERM" };
	unsigned int i, n = 0;
	const char *value;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		value = getenv(names[i]);
		if (value && asprintf(&env[n], "%s=%s", names[i], value) > 0)
			n++;
	}
	return n;
}

static struct wsl4_start *make_start(const struct options *options,
				     const struct session *session)
{
	struct wsl4_start head = { .flags = tty_flags(session->keyboard) };
	struct wsl4_winsize size;
	unsigned int envc = 0;
	char *env[2];
	struct wsl4_start *start;

	if (head.flags) {
		terminal_size(session->keyboard, &size);
		head.rows = size.rows;
		head.columns = size.columns;
		head.xpixel = size.xpixel;
		head.ypixel = size.ypixel;
		envc = terminal_env(env);
	}
	start = start_block(options, &head, (const char *const *)env, envc);
	if (!start)
		die(EXIT_USAGE, "The command line is too long for Linux.");
	return start;
}

static int run_program(const struct options *options)
{
	static struct session session;
	struct wsl4_start *start;
	const char *words[] = { "--front", NULL, NULL };
	int control[2], back[2];
	char path[64];

	init_session(&session);
	session.keyboard = find_keyboard();
	start = make_start(options, &session);
	make_pipe(control);
	make_pipe(back);
	fcntl(control[1], F_SETFL, O_NONBLOCK);
	session.control.fd = control[1];
	session.back = back[0];
	session.back_writer = back[1];
	session.data_credit = FRONT_WINDOW;
	session.key_credit = FRONT_WINDOW;
	snprintf(path, sizeof(path), "\\\\?\\unix\\proc\\%d\\fd\\%d",
		 (int)getpid(), back[1]);
	words[1] = path;
	start_wine(&session, control[0], words);
	if (session.keyboard >= 0)
		terminal_raw(session.keyboard);
	sender_frame(&session.control, FRONT_START, start, start->bytes);
	if (!(start->flags & WSL4_START_TTY_IN)) {
		session.input = 0;
		/* In the background a terminal is nothing to read from. */
		if (isatty(0) && !terminal_is_foreground(0)) {
			session.input = -1;
			sender_frame(&session.control, FRONT_EOF, NULL, 0);
		}
	}
	free(start);
	return finish(&session);
}

int main(int argc, char **argv)
{
	struct options options;

	open_streams();
	if (!options_parse(&options, argc, argv))
		die(EXIT_USAGE, "%s %s. See wsl4 --help", options.word,
		    options.error);
	switch (options.action) {
	case ACTION_HELP:
		fputs(options_help, stdout);
		return 0;
	case ACTION_VERSION:
		puts("wsl4 " WSL4_PROGRAM_VERSION);
		return 0;
	default:
		break;
	}
	find_exe();
	if (options.action != ACTION_DMESG && !server_runs())
		die(EXIT_NO_SERVICE, "The linux service is not running. Start it with: make run");
	if (options.action == ACTION_RUN || options.action == ACTION_LOGIN)
		return run_program(&options);
	return run_control(argv);
}
