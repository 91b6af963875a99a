// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that is the console bridge's NT end with a toy in Linux's place: a
 * thread that makes the same host calls and plays a few programs.
 *
 *	echo ARG...	print the arguments
 *	cat		stdin to stdout
 *	both		"out" to stdout, "err" to stderr
 *	exit N		end with this status
 *	kill N		end by this signal
 *	gen N		N bytes of a pattern
 *	sum		print length and FNV-1a of stdin
 *	sleep		until a signal comes
 *	deaf		close stdin, then sleep
 *	show		print user, directory, flags, variables, window size
 *	size		print the window size whenever it changes
 *	panic, stop	end Linux
 *	missing, noexec, badformat, nodir, nouser	fail to start
 */
#include "../../arch/windows/nt/core.h"
#include "../../arch/windows/bridge/console/abi.h"

#define PHYSMEM_BYTES	(1024 * 1024)
#define CHUNK		65536

struct program {
	u32 session;
	u32 flags;
	int running;
	const char *argv[16];
	u32 argc;
	char block[4096];
	/* output not yet taken */
	u8 out[CHUNK];
	u32 out_stream;
	u32 out_len, out_pos;
	u64 left, position;	/* gen */
	u64 sum, count;		/* sum */
	int ending;		/* end when output is written */
	s32 status;
};

BOOLEAN nt_under_wine = TRUE;

static u8 physmem[PHYSMEM_BYTES];
static struct wsl4_vcpu vcpu;
static volatile enum linux_state state;
static char last_words[NT_MESSAGE_SIZE];
static KEVENT wake;
static volatile LONG end;
static PVOID thread;
static struct program *programs[WSL4_MAX_SESSIONS];
static char log_text[65536];
static u64 log_bytes;
static KSPIN_LOCK log_lock;
static void (*log_listener)(void);

/* What the bridge wants of the core. */

enum linux_state nt_linux_state(void)
{
	return state;
}

void nt_linux_message(char *buffer, size_t size)
{
	size_t i;

	for (i = 0; i + 1 < size && last_words[i]; i++)
		buffer[i] = last_words[i];
	buffer[i] = 0;
}

void nt_raise_irq(unsigned int line)
{
	InterlockedOr((volatile LONG *)&vcpu.pending, 1 << line);
	KeSetEvent(&wake, IO_NO_INCREMENT, FALSE);
}

void nt_lower_irq(unsigned int line)
{
	InterlockedAnd((volatile LONG *)&vcpu.pending, ~(1 << line));
}

void nt_request_shutdown(void)
{
	state = LINUX_STOPPING;
	nt_raise_irq(WSL4_IRQ_POWER);
}

void *nt_physmem(u64 offset, u64 bytes)
{
	if (offset > PHYSMEM_BYTES || bytes > PHYSMEM_BYTES - offset)
		return NULL;
	return physmem + offset;
}

void *nt_routine(const WCHAR *name)
{
	(void)name;
	return NULL;
}

u64 log_end(void)
{
	return log_bytes;
}

u32 log_read(u64 *cursor, void *buffer, u32 bytes)
{
	KIRQL irql;

	KeAcquireSpinLock(&log_lock, &irql);
	if (bytes > log_bytes - *cursor)
		bytes = log_bytes - *cursor;
	RtlCopyMemory(buffer, log_text + *cursor, bytes);
	*cursor += bytes;
	KeReleaseSpinLock(&log_lock, irql);
	return bytes;
}

static void log_add(const char *text)
{
	KIRQL irql;

	KeAcquireSpinLock(&log_lock, &irql);
	while (*text && log_bytes < sizeof(log_text))
		log_text[log_bytes++] = *text++;
	KeReleaseSpinLock(&log_lock, irql);
	if (log_listener)
		log_listener();
}

void log_set_listener(void (*listener)(void))
{
	log_listener = listener;
}

void nt_log(const char *format, ...)
{
	log_add(format);
	log_add("\n");
}

/* The toy. */

static s64 call(u64 nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4)
{
	u64 args[6] = { a0, a1, a2, a3, a4, 0 };

	return console_nt_call(&vcpu, nr, args);
}

static u32 text_length(const char *text)
{
	u32 n = 0;

	while (text[n])
		n++;
	return n;
}

static int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void say(struct program *p, const char *text)
{
	while (*text && p->out_len < CHUNK)
		p->out[p->out_len++] = *text++;
}

static void say_number(struct program *p, u64 n, u32 base)
{
	char digits[24];
	u32 i = sizeof(digits) - 1;

	digits[i] = 0;
	do {
		digits[--i] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	say(p, digits + i);
}

static u64 number(const char *text)
{
	u64 n = 0;

	while (*text >= '0' && *text <= '9')
		n = n * 10 + *text++ - '0';
	return n;
}

static void quit(struct program *p, s32 status)
{
	p->ending = 1;
	p->status = status;
}

static void drop(struct program *p)
{
	u32 slot = p->session & 0xff;

	call(HOST_CONSOLE_EXIT, p->session, WSL4_SESSION_GONE, 0, 0, 0);
	ExFreePoolWithTag(p, NT_TAG);
	programs[slot] = NULL;
}

static void fail(struct program *p, u32 error, u32 number)
{
	call(HOST_CONSOLE_EXIT, p->session, WSL4_SESSION_FAILED, error, number,
	     0);
	drop(p);
}

static void stop_linux(enum linux_state how, const char *message)
{
	u32 i;

	for (i = 0; message[i]; i++)
		last_words[i] = message[i];
	state = how;
	log_add(message);
	log_add("\n");
	console_nt_linux_stopped();
	for (i = 0; i < WSL4_MAX_SESSIONS; i++) {
		if (programs[i])
			ExFreePoolWithTag(programs[i], NT_TAG);
		programs[i] = NULL;
	}
}

static void show(struct program *p, const char *user, const char *dir,
		 const char *env, u32 envc)
{
	const struct wsl4_start *start = (void *)p->block;

	say(p, "user=");
	say(p, user);
	say(p, " dir=");
	say(p, dir);
	say(p, " flags=");
	say_number(p, p->flags, 10);
	say(p, " size=");
	say_number(p, start->rows, 10);
	say(p, "x");
	say_number(p, start->columns, 10);
	say(p, "\n");
	for (; envc; envc--) {
		say(p, env);
		say(p, "\n");
		env += text_length(env) + 1;
	}
	quit(p, 0);
}

static void start_program(struct program *p)
{
	static const char *const failures[] = {
		"", "missing", "noexec", "badformat", "nodir", "nouser",
	};
	const struct wsl4_start *start = (void *)p->block;
	const char *user, *dir, *text;
	u32 i;

	user = (const char *)(start + 1);
	dir = user + text_length(user) + 1;
	text = dir + text_length(dir) + 1;
	p->flags = start->flags;
	p->out_stream = p->flags & WSL4_START_TTY_OUT ? WSL4_TTY : WSL4_STDOUT;
	for (i = 0; i < start->argc; i++, text += text_length(text) + 1)
		if (i < 16)
			p->argv[p->argc++] = text;
	if (!p->argc)
		p->argv[p->argc++] = "show";
	for (i = 1; i < RTL_NUMBER_OF(failures); i++)
		if (same(p->argv[0], failures[i])) {
			fail(p, i, 2);
			return;
		}
	call(HOST_CONSOLE_EXIT, p->session, WSL4_SESSION_STARTED, 0, 0, 0);
	p->running = 1;
	if (same(p->argv[0], "echo")) {
		for (i = 1; i < p->argc; i++) {
			say(p, p->argv[i]);
			say(p, i + 1 < p->argc ? " " : "");
		}
		say(p, "\n");
		quit(p, 0);
	} else if (same(p->argv[0], "exit")) {
		quit(p, number(p->argv[1]) << 8);
	} else if (same(p->argv[0], "kill")) {
		quit(p, number(p->argv[1]));
	} else if (same(p->argv[0], "gen")) {
		p->left = number(p->argv[1]);
	} else if (same(p->argv[0], "both")) {
		RtlCopyMemory(physmem, "err\n", 4);
		call(HOST_CONSOLE_WRITE, p->session, WSL4_STDERR, 0, 4, 0);
		say(p, "out\n");
		quit(p, 0);
	} else if (same(p->argv[0], "show")) {
		show(p, user, dir, text, start->envc);
	} else if (same(p->argv[0], "sum")) {
		p->sum = 0xcbf29ce484222325ull;
	} else if (same(p->argv[0], "deaf")) {
		call(HOST_CONSOLE_WRITE, p->session, WSL4_STDIN, 0, 0, 0);
	}
}

static void new_program(const struct wsl4_console_event *event)
{
	u32 slot = event->session & 0xff;
	struct program *p;
	u32 got = 0;
	s64 n;

	p = ExAllocatePoolWithTag(NonPagedPool, sizeof(*p), NT_TAG);
	RtlZeroMemory(p, sizeof(*p));
	p->session = event->session;
	programs[slot] = p;
	if (event->start_bytes > sizeof(p->block)) {
		fail(p, WSL4_ERROR_BAD_BLOCK, 7);
		return;
	}
	while (got < event->start_bytes) {
		n = call(HOST_CONSOLE_READ, p->session, WSL4_START_BLOCK, 0,
			 1000, got);
		if (n <= 0) {
			fail(p, WSL4_ERROR_BAD_BLOCK, 22);
			return;
		}
		RtlCopyMemory(p->block + got, physmem, n);
		got += n;
	}
	start_program(p);
}

static int write_out(struct program *p)
{
	s64 n;

	while (p->out_pos < p->out_len) {
		RtlCopyMemory(physmem, p->out + p->out_pos,
			      p->out_len - p->out_pos);
		n = call(HOST_CONSOLE_WRITE, p->session, p->out_stream, 0,
			 p->out_len - p->out_pos, 0);
		if (n == -LINUX_EAGAIN)
			return 0;
		if (n < 0) {
			quit(p, 13);
			p->out_pos = p->out_len;
			break;
		}
		p->out_pos += n;
	}
	p->out_pos = 0;
	p->out_len = 0;
	return 1;
}

static void sum_input(struct program *p, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		p->sum = (p->sum ^ physmem[i]) * 0x100000001b3ull;
	p->count += n;
}

/* Returns 0 when there is no more to do until an event. */
static int read_in(struct program *p)
{
	u32 stream = p->flags & WSL4_START_TTY_IN ? WSL4_TTY : WSL4_STDIN;
	int cat = same(p->argv[0], "cat");
	s64 n;

	if (!cat && !same(p->argv[0], "sum"))
		return 0;
	n = call(HOST_CONSOLE_READ, p->session, stream, 0, CHUNK, 0);
	if (n == -LINUX_EAGAIN)
		return 0;
	if (n > 0 && cat) {
		RtlCopyMemory(p->out, physmem, n);
		p->out_len = n;
	} else if (n > 0) {
		sum_input(p, n);
	} else {
		if (!cat) {
			say_number(p, p->count, 10);
			say(p, " ");
			say_number(p, p->sum, 16);
			say(p, "\n");
		}
		quit(p, 0);
	}
	return 1;
}

static int generate(struct program *p)
{
	u64 x;
	u32 n, i;

	if (!same(p->argv[0], "gen"))
		return 0;
	if (!p->left) {
		quit(p, 0);
		return 1;
	}
	n = p->left < CHUNK ? p->left : CHUNK;
	for (i = 0; i < n; i++) {
		x = (p->position + i) * 0x9e3779b97f4a7c15ull;
		p->out[i] = x >> 56;
	}
	p->out_len = n;
	p->position += n;
	p->left -= n;
	return 1;
}

static void advance(struct program *p)
{
	while (write_out(p)) {
		if (p->ending) {
			call(HOST_CONSOLE_EXIT, p->session, WSL4_SESSION_EXITED,
			     (u64)(u32)p->status, 0, 0);
			drop(p);
			return;
		}
		if (!read_in(p) && !generate(p))
			return;
	}
}

static void handle(const struct wsl4_console_event *event)
{
	struct program *p;
	u32 signal;

	if (event->events & WSL4_EVENT_START)
		new_program(event);
	p = programs[event->session & 0xff];
	if (!p || p->session != event->session)
		return;
	if (event->events & WSL4_EVENT_HANGUP) {
		drop(p);
		return;
	}
	if (same(p->argv[0], "panic")) {
		stop_linux(LINUX_PANICKED, "Kernel panic - not syncing: toy");
		return;
	}
	if (same(p->argv[0], "stop")) {
		stop_linux(LINUX_STOPPED, "reboot: Power down");
		return;
	}
	if (event->events & WSL4_EVENT_CLOSED)
		quit(p, 13);
	if (event->events & WSL4_EVENT_SIGNAL)
		for (signal = 1; signal <= 64; signal++)
			if (event->signals >> (signal - 1) & 1)
				quit(p, signal);
	if (event->events & WSL4_EVENT_WINSIZE && same(p->argv[0], "size")) {
		say_number(p, event->rows, 10);
		say(p, "x");
		say_number(p, event->columns, 10);
		say(p, "\n");
		if (event->rows == 1)
			quit(p, 0);
	}
	advance(p);
}

static void hello(void)
{
	struct wsl4_console_hello *text = (void *)physmem;
	const char *version = "Linux toy 0.1";
	u32 i;

	text->version = WSL4_CONSOLE_VERSION;
	text->memory_bytes = 512ull << 20;
	for (i = 0; version[i]; i++)
		text->linux_version[i] = version[i];
	call(HOST_CONSOLE_EXIT, 0, WSL4_SESSION_READY, 0, sizeof(*text), 0);
}

static VOID NTAPI toy(PVOID context)
{
	struct wsl4_console_event event;

	(void)context;
	state = LINUX_RUNNING;
	log_add("Linux toy\n");
	hello();
	while (!end) {
		if (!vcpu.pending)
			KeWaitForSingleObject(&wake, Executive, KernelMode,
					      FALSE, NULL);
		if (vcpu.pending & 1 << WSL4_IRQ_POWER) {
			nt_lower_irq(WSL4_IRQ_POWER);
			stop_linux(LINUX_STOPPED, "reboot: Power down");
		}
		while (call(HOST_CONSOLE_EVENT, 0, 0, 0, 0, 0) > 0) {
			RtlCopyMemory(&event, vcpu.mailbox, sizeof(event));
			handle(&event);
		}
	}
	if (state == LINUX_RUNNING)
		stop_linux(LINUX_STOPPED, "unloaded");
	PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI driver_unload(PDRIVER_OBJECT driver)
{
	(void)driver;
	end = 1;
	KeSetEvent(&wake, IO_NO_INCREMENT, FALSE);
	thread_join(&thread, 0);
	console_nt_unload();
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING service);

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING service)
{
	NTSTATUS status;

	(void)service;
	KeInitializeSpinLock(&log_lock);
	KeInitializeEvent(&wake, SynchronizationEvent, FALSE);
	driver->DriverUnload = driver_unload;
	clock_init();
	status = console_nt_init(driver);
	if (!NT_SUCCESS(status))
		return status;
	return thread_start(toy, NULL, &thread);
}
