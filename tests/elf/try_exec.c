// SPDX-License-Identifier: GPL-2.0
/*
 * try_exec FILE...: tries to run each file, and prints how that went: the
 * error of execve(), or how the program ended.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void child(char *file, int report)
{
	char *argv[] = { file, NULL };
	struct rlimit none = { 0, 0 };
	int error;

	setrlimit(RLIMIT_CORE, &none);
	alarm(5);
	execve(file, argv, argv + 1);
	error = errno;
	if (write(report, &error, sizeof(error)) < 0)
		_exit(1);
	_exit(0);
}

int main(int argc, char **argv)
{
	int i, fds[2], status, error;
	const char *name;
	pid_t pid;

	for (i = 1; i < argc; i++) {
		if (pipe2(fds, O_CLOEXEC))
			return 1;
		pid = fork();
		if (!pid)
			child(argv[i], fds[1]);
		close(fds[1]);
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			return 1;
		name = strrchr(argv[i], '/');
		name = name ? name + 1 : argv[i];
		if (read(fds[0], &error, sizeof(error)) == sizeof(error))
			printf("%s: %s\n", name, strerrorname_np(error));
		else if (WIFEXITED(status))
			printf("%s: exit %d\n", name, WEXITSTATUS(status));
		else
			printf("%s: SIG%s\n", name, sigabbrev_np(WTERMSIG(status)));
		close(fds[0]);
		fflush(stdout);
	}
	return 0;
}
