// SPDX-License-Identifier: GPL-2.0
/*
 * Starts the program of a session.
 *
 * Where the distribution can log users in (runuser, with PAM), it does: so the
 * session is one of systemd-logind's, with a cgroup of its own, and users and
 * their groups are the distribution's business. runuser is told to start the
 * launcher (launch.c) for a shell, which turns into the program. Where there
 * is no systemd and the user is root, the program is started directly.
 */
#define pr_fmt(fmt) "wsl4: " fmt

#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/jiffies.h>
#include <linux/namei.h>
#include <linux/pid_namespace.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <linux/umh.h>
#include "console_linux.h"

#define READY_MS	50		/* between two looks */
#define READY_SECONDS	90		/* then go on regardless */

static const char default_path[] =
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static const char *const default_env[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root", "USER=root", "LOGNAME=root", "LANG=C.UTF-8",
};

static bool exists(const char *name)
{
	struct path path;

	if (kern_path(name, LOOKUP_FOLLOW, &path))
		return false;
	path_put(&path);
	return true;
}

static const char *first_of(const char *const *names)
{
	for (; *names; names++)
		if (exists(*names))
			return *names;
	return NULL;
}

static const char *find_runuser(void)
{
	static const char *const names[] = {
		"/usr/sbin/runuser", "/sbin/runuser", "/usr/bin/runuser", NULL,
	};

	return first_of(names);
}

static struct task_struct *get_init(void)
{
	struct task_struct *init;

	rcu_read_lock();
	init = find_task_by_pid_ns(1, &init_pid_ns);
	if (init)
		get_task_struct(init);
	rcu_read_unlock();
	return init;
}

/* The name of init's executable; "" before there is one. */
static void init_name(char *name, size_t size)
{
	struct task_struct *init = get_init();
	struct file *file = NULL;

	name[0] = '\0';
	if (!init)
		return;
	if (!(init->flags & PF_KTHREAD))
		file = get_task_exe_file(init);
	put_task_struct(init);
	if (!file)
		return;
	snprintf(name, size, "%pD", file);
	fput(file);
}

static bool systemd_runs(void)
{
	return exists("/run/systemd/system");
}

/* Can programs be started, and users be logged in? */
static bool is_ready(void)
{
	char name[32];

	if (system_state < SYSTEM_RUNNING)
		return false;
	init_name(name, sizeof(name));
	if (!name[0])
		return false;
	if (strcmp(name, "systemd"))
		return true;
	return systemd_runs() && exists("/run/systemd/seats") &&
	       !exists("/run/nologin");
}

/**
 * nt_wait_ready() - wait until Linux is up as far as a session needs it
 * @session: the session; a hangup ends the wait
 */
void nt_wait_ready(struct nt_session *session)
{
	unsigned long end = jiffies + READY_SECONDS * HZ;

	while (!is_ready() && !READ_ONCE(session->hangup)) {
		if (time_after(jiffies, end) &&
		    system_state == SYSTEM_RUNNING)
			return;
		msleep(READY_MS);
	}
}

/* A program that cannot write its output would fail. */
static int open_null(struct subprocess_info *info, struct cred *cred)
{
	struct file *null;
	unsigned int fd;

	null = filp_open("/dev/null", O_RDWR, 0);
	if (IS_ERR(null))
		return PTR_ERR(null);
	for (fd = 0; fd < NT_PIPES; fd++)
		replace_fd(fd, null, 0);
	fput(null);
	return 0;
}

/**
 * nt_user_exists() - ask the distribution whether a user exists
 * @user: name; "": root
 */
bool nt_user_exists(const char *user)
{
	static char *env[] = {
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C", NULL,
	};
	char *argv[] = { "/usr/bin/id", "-u", "--", (char *)user, NULL };
	struct subprocess_info *info;

	if (!*user)
		return true;
	info = call_usermodehelper_setup(argv[0], argv, env, GFP_KERNEL,
					 open_null, NULL, NULL);
	return info && !call_usermodehelper_exec(info, UMH_WAIT_PROC);
}

/**
 * nt_spawn_file() - what a standard stream of the program leads to
 * @session: the session
 * @fd: 0 to 2
 *
 * Return: the file, no reference taken.
 */
struct file *nt_spawn_file(struct nt_session *session, unsigned int fd)
{
	if (session->start->flags & (WSL4_START_TTY_IN << fd))
		return session->terminal;
	return session->pipe[fd].theirs;
}

static int open_terminal(struct nt_session *session)
{
	const struct wsl4_start *start = session->start;
	char name[32] = "/dev/";
	struct file *file;

	if (!session->tty)
		return 0;
	nt_tty_name(session->tty, name + 5, sizeof(name) - 5);
	/* The leader of a session has none yet: it becomes the controlling one. */
	file = filp_open(name, O_RDWR, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	session->terminal = file;
	nt_tty_resize(session->tty, start->rows, start->columns, start->xpixel,
		      start->ypixel);
	return 0;
}

static int give_streams(struct nt_session *session)
{
	unsigned int fd;
	int error;

	for (fd = 0; fd < NT_PIPES; fd++) {
		error = replace_fd(fd, nt_spawn_file(session, fd), 0);
		if (error < 0)
			return error;
	}
	return 0;
}

static int change_directory(const char *name)
{
	struct path path;
	int error;

	error = kern_path(name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);
	if (error)
		return error;
	set_fs_pwd(current->fs, &path);
	path_put(&path);
	return 0;
}

static int start_directory(struct nt_session *session)
{
	if (*session->directory)
		return change_directory(session->directory);
	if (change_directory("/root"))
		return change_directory("/");
	return 0;
}

/* Has the list the variable that @entry sets? */
static bool has_variable(const char *const *list, const char *entry)
{
	size_t length = strcspn(entry, "=");

	for (; *list; list++)
		if (!strncmp(*list, entry, length) && (*list)[length] == '=')
			return true;
	return false;
}

static const char **make_env(struct nt_session *session)
{
	unsigned int i, n = 0;
	const char **env;

	env = kvcalloc(session->start->envc + ARRAY_SIZE(default_env) + 1,
		       sizeof(*env), GFP_KERNEL);
	if (!env)
		return NULL;
	for (; session->envp[n]; n++)
		env[n] = session->envp[n];
	for (i = 0; i < ARRAY_SIZE(default_env); i++)
		if (!has_variable(session->envp, default_env[i]))
			env[n++] = default_env[i];
	return env;
}

static const char *path_of(const char *const *env)
{
	for (; *env; env++)
		if (!strncmp(*env, "PATH=", 5))
			return *env + 5;
	return default_path;
}

/* Try the name in each directory; tells the best reason for a failure. */
static int exec_along_path(const char *const *argv, const char *const *env)
{
	const char *path = path_of(env);
	int error, worst = -ENOENT;
	size_t length;
	char *name;

	name = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!name)
		return -ENOMEM;
	for (;; path += length + 1) {
		length = strcspn(path, ":");
		if (snprintf(name, PATH_MAX, "%.*s/%s", (int)length, path,
			     argv[0]) < PATH_MAX) {
			error = kernel_execve(name, argv, env);
			if (error != -ENOENT && error != -ENOTDIR)
				worst = error;
			if (worst != -ENOENT && worst != -EACCES)
				break;
		}
		if (!path[length])
			break;
	}
	kfree(name);
	return worst;
}

static int exec_program(const char *const *argv, const char *const *env)
{
	if (!*argv[0])
		return -ENOENT;
	if (strchr(argv[0], '/'))
		return kernel_execve(argv[0], argv, env);
	return exec_along_path(argv, env);
}

static int exec_shell(const char *const *env)
{
	static const char *const bash[] = { "-bash", NULL };
	static const char *const sh[] = { "-sh", NULL };
	int error;

	error = kernel_execve("/bin/bash", bash, env);
	return error ? kernel_execve("/bin/sh", sh, env) : 0;
}

static int start_directly(struct nt_session *session)
{
	const char **env;
	int error;

	error = start_directory(session);
	if (error) {
		nt_session_started(session, WSL4_ERROR_NO_DIRECTORY, -error);
		return error;
	}
	error = give_streams(session);
	env = make_env(session);
	if (error || !env)
		return error ? error : -ENOMEM;
	if (session->argv[0])
		error = exec_program(session->argv, env);
	else
		error = exec_shell(env);
	kvfree(env);
	return error;
}

static const char *terminal_name(struct nt_session *session)
{
	const char *const *env = session->envp;

	for (; *env; env++)
		if (!strncmp(*env, "TERM=", 5))
			return *env;
	return "TERM=dumb";
}

/* runuser keeps nothing of its environment but TERM, unless told otherwise. */
static int exec_runuser(struct nt_session *session, const char *const *argv,
			const char *variable)
{
	const char *env[] = {
		default_env[0], "LANG=C.UTF-8", terminal_name(session),
		variable, NULL,
	};

	return kernel_execve(find_runuser(), argv, env);
}

static const char *user_of(struct nt_session *session)
{
	return *session->user ? session->user : "root";
}

/* A login shell that starts elsewhere than at home. */
static int login_shell_at(struct nt_session *session)
{
	const char *argv[] = {
		"runuser", "-l", "-w", "WSL4_CD", "--session-command",
		"cd -- \"$WSL4_CD\" && unset WSL4_CD && exec \"$SHELL\" -l",
		"--", user_of(session), NULL,
	};
	char *variable;
	int error;

	variable = kasprintf(GFP_KERNEL, "WSL4_CD=%s", session->directory);
	if (!variable)
		return -ENOMEM;
	error = exec_runuser(session, argv, variable);
	kfree(variable);
	return error;
}

static int login_shell(struct nt_session *session)
{
	const char *argv[] = {
		"runuser", "-l", "--", user_of(session), NULL,
	};
	int error;

	error = give_streams(session);
	if (error)
		return error;
	if (*session->directory)
		return login_shell_at(session);
	return exec_runuser(session, argv, NULL);
}

static int login_program(struct nt_session *session)
{
	const char *argv[] = {
		"runuser", "-l", "-s", nt_launch_path, "--", user_of(session),
		NULL,
	};
	int error;

	error = nt_launch_prepare(session);
	return error ? error : exec_runuser(session, argv, NULL);
}

static bool is_shell(struct nt_session *session)
{
	return !session->argv[0];
}

static unsigned int error_of(int error)
{
	switch (error) {
	case -ENOENT:
	case -ENOTDIR:
		return WSL4_ERROR_NO_PROGRAM;
	case -EACCES:
	case -EPERM:
	case -EISDIR:
		return WSL4_ERROR_NOT_EXECUTABLE;
	case -ENOEXEC:
	case -ELIBBAD:
		return WSL4_ERROR_BAD_FORMAT;
	case -ENOMEM:
	case -EAGAIN:
	case -ENFILE:
	case -EMFILE:
		return WSL4_ERROR_RESOURCES;
	}
	return WSL4_ERROR_OTHER;
}

static int become_a_program(struct nt_session *session)
{
	struct cred *cred;
	int error;

	spin_lock_irq(&current->sighand->siglock);
	flush_signal_handlers(current, 1);
	spin_unlock_irq(&current->sighand->siglock);
	current->fs->umask = 0022;
	set_user_nice(current, 0);
	cred = prepare_kernel_cred(&init_task);
	if (!cred)
		return -ENOMEM;
	commit_creds(cred);
	ksys_setsid();
	WRITE_ONCE(session->leader, get_pid(task_pid(current)));
	error = open_terminal(session);
	if (error)
		pr_err("cannot open the terminal: %d\n", error);
	return error;
}

static int run_program(struct nt_session *session)
{
	if (!session->login)
		return start_directly(session);
	if (is_shell(session))
		return login_shell(session);
	return login_program(session);
}

/* The program's first process, still in the kernel. */
static int first_process(void *data)
{
	struct nt_session *session = data;
	bool launches = session->login && !is_shell(session);
	struct file *terminal;
	int error;

	error = become_a_program(session);
	if (error)
		nt_session_started(session, WSL4_ERROR_OTHER, -error);
	else
		error = run_program(session);
	/* The launcher still needs it, and drops it. */
	terminal = session->terminal;
	if (terminal && (error || !launches)) {
		session->terminal = NULL;
		fput(terminal);
	}
	if (error) {
		nt_session_started(session, error_of(error), -error);
		nt_session_put(session);
		do_exit(1 << 8);
	}
	if (!launches)
		nt_session_started(session, WSL4_ERROR_NONE, 0);
	nt_session_put(session);
	return 0;
}

static bool needs_login(struct nt_session *session)
{
	if (*session->user)
		return true;
	if (session->start->flags & WSL4_START_PLAIN)
		return false;
	return systemd_runs();
}

/**
 * nt_spawn() - start the program of a session
 * @session: the session
 *
 * nt_session_started() tells how that went, later.
 *
 * Return: process id of the program, or what logs the user in for it; -errno,
 * or 0 when nt_session_started() was told already.
 */
pid_t nt_spawn(struct nt_session *session)
{
	pid_t pid;

	session->login = needs_login(session);
	if (session->login && !find_runuser()) {
		session->login = false;
		if (*session->user && strcmp(session->user, "root")) {
			nt_session_started(session, WSL4_ERROR_NO_LOGIN,
					   ENOENT);
			return 0;
		}
	}
	/* Nobody tells later what a login shell is missing. */
	if (session->login && is_shell(session)) {
		if (!nt_user_exists(session->user)) {
			nt_session_started(session, WSL4_ERROR_NO_USER, 0);
			return 0;
		}
		if (*session->directory && !exists(session->directory)) {
			nt_session_started(session, WSL4_ERROR_NO_DIRECTORY,
					   ENOENT);
			return 0;
		}
	}
	kref_get(&session->ref);
	pid = user_mode_thread(first_process, session, SIGCHLD);
	if (pid < 0)
		nt_session_put(session);
	return pid;
}
