// SPDX-License-Identifier: GPL-2.0
/*
 * The script: a module of text, a command in each line.
 *
 *	set KIND NAME VALUE	a registry value, see registry.c
 *	start			load the driver; it must succeed
 *	start-fails		load the driver; it must refuse
 *	wait-up SECONDS		until Linux can run programs
 *	wait-state N SECONDS	until Linux's state is N (WSL4_STATE_*)
 *	run COMMAND...		a program of Linux's
 *	expect-status N		of the last program
 *	expect TEXT		in the last program's output
 *	disk-write NAME BYTES SEED	a pattern, to a disk that the driver has made
 *	disk-check NAME BYTES SEED	it is there
 *	disk-refuses NAME BYTES	requests that make no sense; BYTES is its size
 *	disk-gone NAME		there is no such disk
 *	status			print Linux's state
 *	unload			the driver; nothing may be left behind
 *	restart			unload and start
 *	shutdown		tell the driver that NT shuts down
 *	nt-sleep SECONDS	NT sleeps, and the driver is told before and after
 *	sleep MS
 *	counts			print interrupts taken, switches, ticks
 *	pools			print pool tags, frames, handles, threads
 *	sums			look at NT's text and all pools
 *	file NAME		print a file (an NT path)
 *	say TEXT
 *	off			the end; so is the script's
 */
#include "smallnt.h"

extern char client_output[];
int client_state(bool show_it);

static int last_status;
static char last_command[256];

static bool contains(const char *text, const char *what)
{
	for (; *text; text++)
		if (begins(text, what))
			return true;
	return !*what;
}

static void judge(bool good, const char *what, const char *about)
{
	static char text[400];
	struct { const char *a, *b; } p = { what, about };
	u32 n = 0;

	while (*p.a && n < 180)
		text[n++] = *p.a++;
	while (*p.b && n < 390)
		text[n++] = *p.b++;
	text[n] = 0;
	verdict(good, text);
}

static void wait_state(int wanted, u32 seconds)
{
	u64 begin = clock_100ns();
	int state;

	do {
		state = client_state(false);
		if (state == wanted)
			break;
		sleep_ms(50);
	} while (clock_100ns() - begin < seconds * 10000000ull && state >= 0 &&
		 (state < 3 || wanted >= 3));
	print("smallnt: waited %llu ms\n", (clock_100ns() - begin) / 10000);
	client_state(true);
	judge(state == wanted, "Linux's state is as expected", "");
}

static void start(bool must)
{
	NTSTATUS status = driver_load();

	print("smallnt: DriverEntry: status %08x\n", status);
	judge(NT_SUCCESS(status) == must,
	      must ? "the driver starts" : "the driver refuses to start", "");
}

static void unload(void)
{
	NTSTATUS status = driver_unload();

	print("smallnt: unload: status %08x\n", status);
	judge(NT_SUCCESS(status), "the driver is unloaded, nothing is left", "");
}

static void finish(void)
{
	check_sums();
	print_counts();
	print("smallnt: 1..%u\n", verdicts);
	print("smallnt: done, %u of %u failed\n", failures, verdicts);
	power_off(failures ? 0x11 : 0x10);
}

static const char *argument(const char *line, const char *command)
{
	u32 n = strlen(command);

	if (!begins(line, command) || (line[n] && line[n] != ' '))
		return NULL;
	return line[n] ? line + n + 1 : line + n;
}

static void run(const char *command)
{
	u64 begin = clock_100ns();
	u32 i;

	for (i = 0; command[i] && i < sizeof(last_command) - 1; i++)
		last_command[i] = command[i];
	last_command[i] = 0;
	last_status = client_run(command);
	print("smallnt: exit status %d after %llu ms\n", last_status,
	      (clock_100ns() - begin) / 10000);
}

static void do_start(const char *a)
{
	start(true);
}

static void do_start_fails(const char *a)
{
	start(false);
}

static void do_unload(const char *a)
{
	unload();
}

static void do_restart(const char *a)
{
	unload();
	start(true);
}

static void do_wait_up(const char *a)
{
	wait_state(1, parse_number(&a));
}

static void do_wait_state(const char *a)
{
	u32 n = parse_number(&a);

	a += *a == ' ';
	wait_state(n, parse_number(&a));
}

static void do_expect_status(const char *a)
{
	judge(last_status == (int)parse_number(&a), "exit status of ",
	      last_command);
}

static void do_expect(const char *a)
{
	judge(contains(client_output, a), "output of ", last_command);
}

static void do_disk_write(const char *a)
{
	judge(disk_write(a), "written to: ", a);
}

static void do_disk_check(const char *a)
{
	judge(disk_check(a), "has what was written: ", a);
}

static void do_disk_refuses(const char *a)
{
	judge(disk_refuses(a), "refuses what makes no sense: ", a);
}

static void do_disk_gone(const char *a)
{
	judge(disk_is_gone(a), "is not there: ", a);
}

static void do_status(const char *a)
{
	client_state(true);
}

static void do_shutdown(const char *a)
{
	judge(NT_SUCCESS(io_shutdown()), "the driver is told of a shutdown", "");
}

static void do_nt_sleep(const char *a)
{
	judge(nt_sleep(parse_number(&a)), "the driver is told of a sleep", "");
}

static void do_sleep(const char *a)
{
	sleep_ms(parse_number(&a));
}

static void do_counts(const char *a)
{
	print_counts();
}

static void do_pools(const char *a)
{
	pool_report("now");
}

static void do_sums(const char *a)
{
	check_sums();
}

static void do_say(const char *a)
{
}

static void do_off(const char *a)
{
	finish();
}

static const struct command {
	const char *name;
	void (*routine)(const char *argument);
} commands[] = {
	{ "set", registry_set },
	{ "start", do_start },
	{ "start-fails", do_start_fails },
	{ "wait-up", do_wait_up },
	{ "wait-state", do_wait_state },
	{ "run", run },
	{ "expect-status", do_expect_status },
	{ "expect", do_expect },
	{ "disk-write", do_disk_write },
	{ "disk-check", do_disk_check },
	{ "disk-refuses", do_disk_refuses },
	{ "disk-gone", do_disk_gone },
	{ "status", do_status },
	{ "unload", do_unload },
	{ "restart", do_restart },
	{ "shutdown", do_shutdown },
	{ "nt-sleep", do_nt_sleep },
	{ "sleep", do_sleep },
	{ "counts", do_counts },
	{ "pools", do_pools },
	{ "sums", do_sums },
	{ "file", file_print },
	{ "say", do_say },
	{ "off", do_off },
};

static void do_line(const char *line)
{
	const char *a;
	u32 i;

	print("smallnt> %s\n", line);
	for (i = 0; i < COUNT(commands); i++) {
		a = argument(line, commands[i].name);
		if (!a)
			continue;
		commands[i].routine(a);
		return;
	}
	bugcheck("script: \"%s\"?", line);
}

void script_thread(void *context)
{
	struct module *m = module_find("script");
	static char line[2300];
	u64 at = 0, n;

	while (m && at < m->bytes) {
		for (n = 0; at < m->bytes && m->data[at] != '\n'; at++)
			if (n + 1 < sizeof(line))
				line[n++] = m->data[at];
		at++;
		line[n] = 0;
		if (n && line[0] != '#')
			do_line(line);
	}
	finish();
}
