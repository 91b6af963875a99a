// SPDX-License-Identifier: GPL-2.0
/*
 * The launcher: a program without a C library that runuser starts in place of
 * the user's shell, with the user's identity and environment. It turns into
 * the program that was asked for, see launch.h.
 */
#include "abi.h"
#include "launch.h"

#define SYS_READ	0
#define SYS_WRITE	1
#define SYS_CLOSE	3
#define SYS_IOCTL	16
#define SYS_EXECVE	59
#define SYS_EXIT	60
#define SYS_FCNTL	72
#define SYS_CHDIR	80

#define SET_FLAGS	2	/* F_SETFD */
#define CLOSE_ON_EXEC	1	/* FD_CLOEXEC */

#define ENOENT_	2
#define EACCES_	13
#define ENOTDIR_ 20

#define MAX_ENV		(WSL4_START_MAX_STRINGS + 4096)
#define PATH_BYTES	4096

static union {
	struct wsl4_start head;
	char bytes[WSL4_START_MAX_BYTES];
} block;

static char *argv[WSL4_START_MAX_STRINGS + 1];
static char *env[MAX_ENV + 1];
static unsigned int nr_env;

static char default_path[] =
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
static char default_lang[] = "LANG=C.UTF-8";

static long call(long nr, long a, const void *b, long c)
{
	long result;

	__asm__ volatile("syscall" : "=a" (result)
			 : "a" (nr), "D" (a), "S" (b), "d" (c)
			 : "rcx", "r11", "memory");
	return result;
}

static void quit(unsigned int error, long number)
{
	struct launch_error text = { error, (int)number };

	call(SYS_WRITE, LAUNCH_FD, &text, sizeof(text));
	for (;;)
		call(SYS_EXIT, error == WSL4_ERROR_NO_PROGRAM ? 127 : 126, 0,
		     0);
}

static unsigned long length_of(const char *text)
{
	unsigned long n = 0;

	while (text[n])
		n++;
	return n;
}

/* Do two entries set the same variable? */
static int same_variable(const char *a, const char *b)
{
	while (*a && *a == *b && *a != '=')
		a++, b++;
	return *a == '=' && *b == '=';
}

static char *find_variable(const char *entry)
{
	unsigned int i;

	for (i = 0; i < nr_env; i++)
		if (same_variable(env[i], entry))
			return env[i];
	return 0;
}

/* Set a variable, in place of one of that name. */
static void set_variable(char *entry)
{
	unsigned int i;

	for (i = 0; i < nr_env && !same_variable(env[i], entry); i++)
		;
	if (i == MAX_ENV)
		return;
	env[i] = entry;
	if (i == nr_env)
		nr_env++;
}

static void read_block(void)
{
	unsigned long done = 0;
	long got;

	do {
		got = call(SYS_READ, LAUNCH_FD, block.bytes + done,
			   sizeof(block) - done);
		if (got > 0)
			done += got;
	} while (got > 0 && done < sizeof(block));
	/* The kernel has checked what is in it. */
	if (got < 0 || done < sizeof(block.head) || done != block.head.bytes)
		quit(WSL4_ERROR_OTHER, -got);
}

/* What runuser has set, but for SHELL: that is us. */
static void keep_environment(char **from)
{
	for (; *from && nr_env < MAX_ENV; from++)
		if (!same_variable(*from, "SHELL="))
			env[nr_env++] = *from;
}

static char *take_strings(char *at, char **to, unsigned int count)
{
	for (; count; count--) {
		*to++ = at;
		at += length_of(at) + 1;
	}
	return at;
}

static void add_environment(char *at)
{
	unsigned int i;

	for (i = 0; i < block.head.envc; i++) {
		set_variable(at);
		at += length_of(at) + 1;
	}
	if (!find_variable(default_path))
		set_variable(default_path);
	if (!find_variable(default_lang))
		set_variable(default_lang);
}

static long run(const char *name)
{
	return -call(SYS_EXECVE, (long)name, argv, (long)env);
}

static unsigned long put(char *to, unsigned long at, const char *text,
			 unsigned long length)
{
	unsigned long i;

	for (i = 0; i < length && at < PATH_BYTES - 1; i++)
		to[at++] = text[i];
	to[at] = 0;
	return at;
}

/* Try the name in each directory; tells the best reason for a failure. */
static long run_along_path(void)
{
	const char *path = find_variable(default_path) + 5;
	static char name[PATH_BYTES];
	unsigned long length, at;
	long error, worst = ENOENT_;

	for (;; path += length + 1) {
		for (length = 0; path[length] && path[length] != ':'; length++)
			;
		at = put(name, 0, path, length);
		at = put(name, at, "/", length ? 1 : 0);
		put(name, at, argv[0], length_of(argv[0]));
		error = run(name);
		if (error != ENOENT_ && error != ENOTDIR_)
			worst = error;
		if ((worst != ENOENT_ && worst != EACCES_) || !path[length])
			return worst;
	}
}

static int has_slash(const char *text)
{
	while (*text && *text != '/')
		text++;
	return *text;
}

static void __attribute__((used)) start(char **stack)
{
	unsigned long argc = (unsigned long)stack[0];
	char *user, *directory, *at;
	long error;

	read_block();
	error = call(SYS_IOCTL, LAUNCH_FD, (void *)(long)LAUNCH_TAKE, 0);
	if (error)
		quit(WSL4_ERROR_OTHER, -error);
	call(SYS_FCNTL, LAUNCH_FD, (void *)SET_FLAGS, CLOSE_ON_EXEC);
	call(SYS_CLOSE, LAUNCH_EXE_FD, 0, 0);
	user = (char *)(&block.head + 1);
	directory = user + length_of(user) + 1;
	at = directory + length_of(directory) + 1;
	keep_environment(stack + argc + 2);
	add_environment(take_strings(at, argv, block.head.argc));
	if (*directory) {
		error = call(SYS_CHDIR, (long)directory, 0, 0);
		if (error)
			quit(WSL4_ERROR_NO_DIRECTORY, -error);
	}
	if (!*argv[0])
		quit(WSL4_ERROR_NO_PROGRAM, ENOENT_);
	error = has_slash(argv[0]) ? run(argv[0]) : run_along_path();
	/* The kernel knows what this errno means to NT. */
	quit(WSL4_ERROR_NONE, error);
}

__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call start\n"
	"	hlt\n"
	".section .note.GNU-stack, \"\", @progbits\n"
	".text\n");
