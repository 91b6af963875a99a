// SPDX-License-Identifier: GPL-2.0
/*
 * The payload: a small program in the place of the Linux half, which tries what
 * the NT half and mkdriver give it and says in the log what it found, as TAP.
 * The command line says which test to run. It is for Wine: it makes its physmem
 * by a system call of the host.
 */
#include "payload.h"

#define SYS_READ		0
#define SYS_OPEN		2
#define SYS_CLOSE		3
#define SYS_MMAP		9
#define SYS_MUNMAP		11
#define SYS_CLOCK_GETTIME	228

struct wsl4_vcpu *vcpu;
struct wsl4_boot *boot;

static int test_nr;

void *memset(void *to, int c, size_t bytes)
{
	u8 *p = to;

	while (bytes--)
		*p++ = c;
	return to;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
	const u8 *q = from;
	u8 *p = to;

	while (bytes--)
		*p++ = *q++;
	return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
	const u8 *p = a, *q = b;

	for (; bytes; bytes--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

size_t strlen(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}

static int has_word(const char *word)
{
	const char *p = boot->command_line;
	size_t n = strlen(word);

	for (; *p; p++)
		if (!memcmp(p, word, n) &&
		    (p == boot->command_line || p[-1] == ' ') &&
		    (p[n] == ' ' || !p[n]))
			return 1;
	return 0;
}

long sys(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	register long r10 asm("r10") = a3;
	register long r8 asm("r8") = a4;
	register long r9 asm("r9") = a5;
	long result;

	asm volatile("syscall" : "=a" (result)
		     : "a" (nr), "D" (a0), "S" (a1), "d" (a2), "r" (r10),
		       "r" (r8), "r" (r9)
		     : "rcx", "r11", "memory");
	return result;
}

u64 now(void)
{
	u64 t[2];

	sys(SYS_CLOCK_GETTIME, 1, (long)t, 0, 0, 0, 0);
	return t[0] * 1000000000 + t[1];
}

s64 host_call(u64 call, u64 a0, u64 a1)
{
	u64 args[6] = { a0, a1 };

	return host_enter(vcpu, call, args);
}

void say(const char *text)
{
	size_t n = strlen(text);

	memcpy(vcpu->mailbox, text, n);
	host_call(HOST_LOG, n, 0);
}

void say_number(const char *text, u64 number)
{
	char digits[24];
	int at = sizeof(digits);

	digits[--at] = '\0';
	digits[--at] = '\n';
	do {
		digits[--at] = '0' + number % 10;
		number /= 10;
	} while (number);
	say(text);
	say(digits + at);
}

void ok(int good, const char *what)
{
	test_nr++;
	say(good ? "ok - " : "not ok - ");
	say(what);
	say("\n");
}

u32 take_pending(u32 mask)
{
	return __sync_fetch_and_and(&vcpu->pending, ~mask) & mask;
}

/* ---------------------------------------------------------- relocations -- */

extern u8 page_start[], crossing[];
extern u64 with_addend, absolute_word, weak_word;
extern int (*late_word)(void);

void payload_main(struct wsl4_boot *b, struct wsl4_vcpu *v);

static int a_function(void)
{
	return 7;
}

static u64 a_variable = 0x1122334455667788;
static u64 *a_pointer = &a_variable;
static int (*const a_table[])(void) = { a_function, a_function };
static const char *const strings[] = { "one", "two" };
static u8 zeroed[20000];

/* Hides from the compiler what it could compute without the data. */
static void *hide(const void *p)
{
	asm("" : "+r" (p));
	return (void *)p;
}

static void test_relocations(void)
{
	u64 **pointer = hide(&a_pointer);
	int (*const *table)(void) = hide(a_table);
	const char *const *names = hide(strings);
	u64 word;
	size_t i;
	int sum = 0;

	ok(*pointer == &a_variable && **pointer == 0x1122334455667788,
	   "a pointer in .data");
	ok(table[1]() == 7, "a function pointer in .rodata");
	ok(names[1][0] == 't', "a string table");
	memcpy(&word, crossing, 8);
	ok(word == (u64)payload_main, "a pointer across a page border");
	ok(with_addend == (u64)page_start + 0x1234, "a pointer with an addend");
	ok(absolute_word == 0x12345, "an absolute symbol is not relocated");
	ok(weak_word == 0, "an undefined weak symbol is not relocated");
	ok(late_word() == 42, "code and data behind the first ones");
	for (i = 0; i < sizeof(zeroed); i++)
		sum |= zeroed[i];
	ok(!sum, "bss is zero");
	ok(boot->abi_version == WSL4_ABI_VERSION &&
	   boot->image_start % 4096 == 0 && boot->image_end % 4096 == 0 &&
	   boot->image_start <= (u64)payload_main &&
	   boot->image_end >= (u64)(zeroed + sizeof(zeroed)),
	   "the image's bounds");
	say_number("# image at ", boot->image_start);
}

static u64 hex(const char **p)
{
	u64 value = 0;

	for (;; (*p)++) {
		if (**p >= '0' && **p <= '9')
			value = value * 16 + (**p - '0');
		else if (**p >= 'a' && **p <= 'f')
			value = value * 16 + (**p - 'a' + 10);
		else
			return value;
	}
}

/* No page of the Linux half may be writable and executable. */
static void test_protection(void)
{
	static char maps[1 << 20];
	long fd, got, size = 0;
	int code = 0, constants = 0, data = 0, bad = 0;
	const char *p;

	fd = sys(SYS_OPEN, (long)"/proc/self/maps", 0, 0, 0, 0, 0);
	while ((got = sys(SYS_READ, fd, (long)maps + size,
			  sizeof(maps) - 1 - size, 0, 0, 0)) > 0)
		size += got;
	sys(SYS_CLOSE, fd, 0, 0, 0, 0, 0);
	for (p = maps; *p; p++) {
		u64 start = hex(&p), end;

		p++;
		end = hex(&p);
		if (end > boot->image_start && start < boot->image_end) {
			bad |= p[2] == 'w' && p[3] == 'x';
			code |= p[2] == '-' && p[3] == 'x';
			constants |= p[2] == '-' && p[3] == '-';
			data |= p[2] == 'w' && p[3] == '-';
		}
		while (*p && *p != '\n')
			p++;
		if (!*p)
			break;
	}
	ok(code && constants && data && !bad, "section protections");
}

/* ----------------------------------------------------------- host calls -- */

static void test_log(void)
{
	size_t i;

	for (i = 0; i < WSL4_MAILBOX_SIZE - 1; i++)
		vcpu->mailbox[i] = 'a' + i % 26;
	vcpu->mailbox[WSL4_MAILBOX_SIZE - 1] = '\n';
	ok(host_call(HOST_LOG, WSL4_MAILBOX_SIZE, 0) == 0, "a mailbox of log");
	ok(host_call(HOST_LOG, WSL4_MAILBOX_SIZE + 1, 0) == -22,
	   "more than a mailbox is refused");
	ok(host_call(HOST_LOG, ~0ull, 0) == -22, "nonsense is refused");
}

static void test_random(void)
{
	u8 first[64];
	u32 i, zeroes = 0;

	ok(host_call(HOST_RANDOM, WSL4_MAILBOX_SIZE, 0) == 0, "random bytes");
	for (i = 0; i < WSL4_MAILBOX_SIZE; i++)
		zeroes += !vcpu->mailbox[i];
	memcpy(first, vcpu->mailbox, sizeof(first));
	ok(zeroes < 64, "that are not zeroes");
	host_call(HOST_RANDOM, sizeof(first), 0);
	ok(memcmp(first, vcpu->mailbox, sizeof(first)), "and not the same again");
	ok(host_call(HOST_RANDOM, WSL4_MAILBOX_SIZE + 1, 0) == -22,
	   "too many random bytes are refused");
}

static void test_clock(void)
{
	s64 wall, difference;
	u64 t[2];

	wall = host_call(HOST_CLOCK, 0, 0);
	sys(SYS_CLOCK_GETTIME, 0, (long)t, 0, 0, 0, 0);
	difference = t[0] * 1000000000 + t[1] - wall;
	ok(difference >= 0 && difference < 1000000000, "the wall clock");
	say_number("# wall clock behind, ns: ", difference);
	ok(boot->counter_hz > 100000000, "the counter's frequency");
	say_number("# counter, Hz: ", boot->counter_hz);
}

struct latency {
	u64 sum, max, count;
};

static void add_latency(struct latency *l, u64 late)
{
	l->sum += late;
	l->count++;
	if (late > l->max)
		l->max = late;
}

static void say_latency(const char *what, struct latency *l)
{
	say("# ");
	say(what);
	say_number(" late on average, us: ", l->sum / l->count / 1000);
	say_number("#   late at most, us: ", l->max / 1000);
}

#define TIMER_BIT	(1u << WSL4_IRQ_TIMER)

static void test_busy_timer(void)
{
	struct latency late = { 0 };
	u64 due, end;
	int i, lost = 0;

	for (i = 0; i < 200; i++) {
		due = now() + NS_PER_MS;
		host_call(HOST_TIMER, NS_PER_MS, 0);
		end = due + 500 * NS_PER_MS;
		while (!(vcpu->pending & TIMER_BIT) && now() < end)
			asm volatile("pause");
		add_latency(&late, now() - due);
		lost += !take_pending(TIMER_BIT);
	}
	ok(!lost, "the timer of a busy vCPU");
	say_latency("busy timer", &late);

	host_call(HOST_TIMER, 20 * NS_PER_MS, 0);
	host_call(HOST_TIMER, 0, 0);
	end = now() + 40 * NS_PER_MS;
	while (now() < end && !vcpu->pending)
		;
	ok(!take_pending(TIMER_BIT), "a cancelled timer does not fire");

	host_call(HOST_TIMER, 1000 * NS_PER_MS, 0);
	due = now() + NS_PER_MS;
	host_call(HOST_TIMER, NS_PER_MS, 0);
	while (!(vcpu->pending & TIMER_BIT) && now() < due + 900 * NS_PER_MS)
		;
	ok(now() < due + 100 * NS_PER_MS, "a deadline moved to earlier");
	take_pending(TIMER_BIT);
}

static void test_idle(void)
{
	struct latency late = { 0 };
	u64 due;
	int i, early = 0;

	for (i = 0; i < 200; i++) {
		due = now() + NS_PER_MS;
		host_call(HOST_TIMER, NS_PER_MS, 0);
		host_call(HOST_IDLE, 0, 0);
		early += !take_pending(TIMER_BIT) || now() < due;
		add_latency(&late, now() - due);
	}
	ok(!early, "idle until the timer");
	ok(vcpu->state == WSL4_VCPU_KERNEL, "the state behind idle");
	say_latency("idle timer", &late);
}

static volatile u32 kicks;

static void kick(struct wsl4_vcpu *v)
{
	if (v == vcpu)
		kicks++;
}

static void test_kick(void)
{
	u64 end;

	vcpu->kick = (u64)kick;
	host_call(HOST_TIMER, 2 * NS_PER_MS, 0);
	__atomic_store_n(&vcpu->state, WSL4_VCPU_USER, __ATOMIC_SEQ_CST);
	end = now() + 500 * NS_PER_MS;
	while (!kicks && now() < end)
		asm volatile("pause");
	__atomic_store_n(&vcpu->state, WSL4_VCPU_KERNEL, __ATOMIC_SEQ_CST);
	ok(kicks && take_pending(TIMER_BIT), "a kick out of user mode");
}

static void test_speed(void)
{
	u64 start = now(), i;

	for (i = 0; i < 100000; i++)
		host_call(999, 0, 0);
	say_number("# empty host call, ps: ", (now() - start) / 100);
	start = now();
	for (i = 0; i < 10000; i++)
		host_call(HOST_TIMER, 50 * NS_PER_MS + i, 0);
	say_number("# HOST_TIMER, ns: ", (now() - start) / 10000);
	host_call(HOST_TIMER, 0, 0);
	start = now();
	for (i = 0; i < 1000; i++)
		host_call(HOST_CLOCK, 0, 0);
	say_number("# HOST_CLOCK, ns: ", (now() - start) / 1000);
	start = now();
	for (i = 0; i < 1000; i++)
		say("# a line of the log that is about as long as most of them are\n");
	say_number("# HOST_LOG of a line, ns: ", (now() - start) / 1000);
}

/* ------------------------------------------------------ starts and ends -- */

static void make_physmem(void)
{
	long p;

	p = sys(SYS_MMAP, 0, boot->memory_bytes, 3, 0x21, -1, 0);
	if (p > 0)
		boot->physmem = p;
	ok(p > 0, "physmem");
}

static void stop(u64 how, const char *message)
{
	memcpy(vcpu->mailbox, message, strlen(message));
	host_call(HOST_STOP, how, strlen(message));
	if (boot->physmem)
		sys(SYS_MUNMAP, boot->physmem, boot->memory_bytes, 0, 0, 0, 0);
}

static void wait_for_power(void)
{
	say("payload is idle\n");
	while (!take_pending(1u << WSL4_IRQ_POWER)) {
		host_call(HOST_IDLE, 0, 0);
		take_pending(~(1u << WSL4_IRQ_POWER));
	}
	say("payload got the power signal\n");
	stop(WSL4_STOP_POWEROFF, "");
}

static u64 dirty_data = 4711;
static u64 dirty_bss;

static void restart(void)
{
	u64 boots = count_boot();

	ok(dirty_data == 4711 && !dirty_bss, "data are pristine");
	say_number("# boot ", boots);
	dirty_data = boots;
	dirty_bss = boots;
	memset(zeroed, 0xff, sizeof(zeroed));
	if (boots % 10)
		stop(WSL4_STOP_RESTART, "");
	else
		wait_for_power();
}

static void all_tests(void)
{
	test_relocations();
	test_protection();
	test_log();
	ok(host_call(31, 0, 0) == -38 && host_call(0, 0, 0) == -38 &&
	   host_call(~0ull, 0, 0) == -38, "unknown host calls");
	test_random();
	test_clock();
	test_busy_timer();
	test_idle();
	test_kick();
	test_block();
	if (has_word("speed"))
		test_speed();
	say_number("1..", test_nr);
}

void payload_main(struct wsl4_boot *b, struct wsl4_vcpu *v)
{
	boot = b;
	vcpu = v;
	say("payload: ");
	say(boot->command_line);
	say("\n");
	if (has_word("refuse")) {
		stop(WSL4_STOP_REFUSED, "this is no machine for me\nsecond line");
		return;
	}
	if (has_word("silent"))
		return;
	if (has_word("relocations")) {
		test_relocations();
		test_protection();
		say_number("1..", test_nr);
		stop(WSL4_STOP_POWEROFF, "");
		return;
	}
	make_physmem();
	if (has_word("restart")) {
		restart();
		return;
	}
	if (has_word("panic")) {
		say("the last line before the panic\n");
		stop(WSL4_STOP_PANIC, "Kernel panic: attempted to kill init");
		return;
	}
	if (has_word("tests"))
		all_tests();
	if (has_word("deaf")) {
		say("payload is deaf\n");
		for (;;) {
			take_pending(~0u);
			host_call(HOST_IDLE, 0, 0);
		}
	}
	wait_for_power();
}
