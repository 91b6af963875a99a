// SPDX-License-Identifier: GPL-2.0
/*
 * trace_stubs: which host calls pass in the processes that Linux's programs
 * run in?
 *
 * usage: trace_stubs PID
 *
 * PID is the process with the driver. Follows its stubs, those that are there
 * and those to come, by ptrace; says "tracing" when it does. At the end of its
 * standard input, or of PID, it prints a line for each kind of call that
 * passed after its stub's setup, and exits with 1 if there was one that is not
 * the engine's.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../arch/windows/engine/wine/layout.h"

#define MAX_PID		(4 << 20)
#define MAX_NR		1024
#define OTHERS		MAX_NR	/* odd numbers, architectures and places */

enum phase { UNKNOWN, DRIVER, SETUP, READY };

/* A stub: its phase, and the call that may pass yet, or -1. */
static struct task {
	unsigned char phase;
	short pending;
} *tasks;

static unsigned long passed[MAX_NR + 1], blocked;

static void settle(struct task *task)
{
	if (task->pending >= 0)
		passed[task->pending]++;
	task->pending = -1;
}

static int seize(int pid, enum phase phase, long options)
{
	if (ptrace(PTRACE_SEIZE, pid, 0, options | PTRACE_O_TRACESYSGOOD))
		return -1;
	tasks[pid].phase = phase;
	tasks[pid].pending = -1;
	return 0;
}

/* The driver's thread whose children the stubs are, and the stubs. */
static int find(int driver)
{
	char path[300];
	struct dirent *entry;
	int tid, pid, found = 0;
	FILE *children;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", driver);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		tid = atoi(entry->d_name);
		snprintf(path, sizeof(path), "/proc/%d/task/%d/children", driver,
			 tid);
		children = tid ? fopen(path, "r") : NULL;
		if (!children)
			continue;
		if (fscanf(children, "%d", &pid) == 1 && !found &&
		    !seize(tid, DRIVER, PTRACE_O_TRACEVFORK |
			   PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK)) {
			found = tid;
			/* Read anew: none comes unseen from here on. */
			rewind(children);
			while (fscanf(children, "%d", &pid) == 1)
				if (!seize(pid, READY, 0))
					ptrace(PTRACE_INTERRUPT, pid, 0, 0);
		}
		fclose(children);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Before the filter looks: from where, and which? */
static void syscall_stop(int pid, struct task *task)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	settle(task);
	if (task->phase == SETUP) {
		if (info.arch == AUDIT_ARCH_X86_64 &&
		    info.entry.nr == SYS_seccomp)
			task->phase = READY;
		return;
	}
	if (info.arch != AUDIT_ARCH_X86_64 || info.entry.nr >= MAX_NR ||
	    info.instruction_pointer - ENGINE_BASE > 0x1000)
		task->pending = OTHERS;
	else
		task->pending = (short)info.entry.nr;
}

static void stopped(int pid, int status)
{
	struct task *task = &tasks[pid];
	int sig = WSTOPSIG(status), event = status >> 16, hand_on = 0;

	if (task->phase == UNKNOWN) {
		/* New: it comes by PTRACE_O_TRACEVFORK, with its first stop. */
		task->phase = SETUP;
		task->pending = -1;
	}
	if (event == PTRACE_EVENT_STOP && sig != SIGTRAP) {
		/* The host's job control holds it. */
		ptrace(PTRACE_LISTEN, pid, 0, 0);
		return;
	}
	if (sig == (SIGTRAP | 0x80)) {
		syscall_stop(pid, task);
	} else if (!event) {
		hand_on = sig;
		if (sig == SIGSYS && task->phase == READY) {
			blocked++;
			task->pending = -1;
		} else {
			settle(task);
		}
	}
	ptrace(task->phase == DRIVER ? PTRACE_CONT : PTRACE_SYSCALL, pid, 0,
	       hand_on);
}

/*
 * The next that has stopped, the driver before all others: a stub that makes
 * one call after the other is there again each time, and would keep it, and so
 * Linux, stopped for ever.
 */
static int next_stop(int driver, int *status)
{
	int pid = waitpid(driver, status, __WALL | WNOHANG);

	return pid > 0 ? pid : waitpid(-1, status, __WALL | WNOHANG);
}

static int report(void)
{
	const int ours[] = {
		/* Segment bases, where the host has no FSGSBASE. */
		getauxval(AT_HWCAP2) & 2 ? SYS_futex : SYS_arch_prctl,
		SYS_futex, SYS_rt_sigreturn, SYS_pwrite64, SYS_mmap, SYS_munmap,
		SYS_mprotect,
		/*
		 * uretprobe and uprobe: hosts from 6.14 on show them to no
		 * filter; outside their trampoline they only answer an error.
		 */
		335, 336,
	};
	int nr, bad = 0, good;
	size_t i;

	printf("# %lu calls did not pass\n", blocked);
	for (nr = 0; nr <= MAX_NR; nr++) {
		if (!passed[nr])
			continue;
		for (good = 0, i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
			good |= nr == ours[i];
		printf("# %s %d: %lu times\n", good ? "engine" : "ESCAPED", nr,
		       passed[nr]);
		bad |= !good;
	}
	return bad;
}

static void nothing(int sig)
{
	(void)sig;
}

int main(int argc, char **argv)
{
	struct pollfd input = { .fd = 0, .events = POLLIN };
	struct sigaction action = { .sa_handler = nothing };
	int pid, status, thread, driver = argc == 2 ? atoi(argv[1]) : 0;
	sigset_t set, old;
	char c;

	tasks = calloc(MAX_PID, sizeof(*tasks));
	sigaction(SIGCHLD, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	thread = tasks && driver ? find(driver) : 0;
	if (!thread) {
		fprintf(stderr, "trace_stubs: no stubs of process %d\n", driver);
		return 2;
	}
	printf("tracing\n");
	fflush(stdout);
	for (;;) {
		while ((pid = next_stop(thread, &status)) > 0) {
			if (WIFSTOPPED(status)) {
				stopped(pid, status);
				continue;
			}
			/* Killed at its last call: nobody knows whether it passed. */
			if (tasks[pid].phase == DRIVER)
				return report();
			tasks[pid].phase = UNKNOWN;
		}
		/* All that ends this tracer lets go of the stubs. */
		if (ppoll(&input, 1, NULL, &old) > 0 && read(0, &c, 1) <= 0)
			return report();
	}
}
