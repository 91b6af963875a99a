// SPDX-License-Identifier: GPL-2.0
/*
 * A small program in the place of the Linux half, for ring 0: it stays on NT's
 * stack and in NT's world, so that the NT half can be tried alone. Says what
 * it finds in the log. The command line says how it ends.
 */
#include <stddef.h>
#include <wsl4/host.h>

#define NS_PER_MS	1000000ull
#define TIMER_BIT	(1u << WSL4_IRQ_TIMER)
#define POWER_BIT	(1u << WSL4_IRQ_POWER)

/* entry.S: by NT's calling convention */
wsl4_s64 host_enter(struct wsl4_vcpu *vcpu, wsl4_u64 call,
		    const wsl4_u64 *args);
void half_main(struct wsl4_boot *b, struct wsl4_vcpu *v);

static struct wsl4_vcpu *vcpu;
static const struct wsl4_boot *boot;
static wsl4_u64 dirty = 4711;

static wsl4_s64 host(wsl4_u64 call, wsl4_u64 a0, wsl4_u64 a1)
{
	wsl4_u64 args[6] = { a0, a1 };

	return host_enter(vcpu, call, args);
}

static wsl4_u32 put(const char *text)
{
	wsl4_u32 n;

	for (n = 0; text[n]; n++)
		vcpu->mailbox[n] = text[n];
	return n;
}

static void say(const char *text)
{
	host(HOST_LOG, put(text), 0);
}

static void ok(int good, const char *text)
{
	say(good ? "half: ok - " : "half: not ok - ");
	say(text);
	say("\n");
}

static int asked(const char *word)
{
	const char *p = boot->command_line;
	wsl4_u32 i;

	for (; *p; p++) {
		for (i = 0; word[i] && p[i] == word[i]; i++)
			;
		if (!word[i])
			return 1;
	}
	return 0;
}

static wsl4_u32 take(wsl4_u32 mask)
{
	return __atomic_fetch_and(&vcpu->pending, ~mask, __ATOMIC_SEQ_CST) &
	       mask;
}

static void test_clock(void)
{
	wsl4_s64 a, b;
	int i, early = 0;

	ok(boot->counter_hz > 100000000, "the counter's frequency");
	for (i = 0; i < 50; i++) {
		a = host(HOST_CLOCK, 0, 0);
		host(HOST_TIMER, 2 * NS_PER_MS, 0);
		while (!take(TIMER_BIT))
			host(HOST_IDLE, 0, 0);
		b = host(HOST_CLOCK, 0, 0);
		early += b - a < (wsl4_s64)(2 * NS_PER_MS) - 1000;
	}
	ok(!early, "idle until the timer");
	a = host(HOST_CLOCK, 0, 0);
	host(HOST_TIMER, 20 * NS_PER_MS, 0);
	while (!(vcpu->pending & TIMER_BIT) &&
	       host(HOST_CLOCK, 0, 0) - a < 500 * (wsl4_s64)NS_PER_MS)
		;
	ok(take(TIMER_BIT) != 0, "the timer of a busy vCPU");
}

static void test_calls(void)
{
	wsl4_u32 i, zeroes = 0;

	ok(host(999, 0, 0) == -38, "an unknown host call");
	ok(host(HOST_LOG, 5000, 0) == -22, "too much log");
	ok(host(HOST_RANDOM, 256, 0) == 0, "random bytes");
	for (i = 0; i < 256; i++)
		zeroes += !vcpu->mailbox[i];
	ok(zeroes < 16, "that are not zeroes");
	ok(host(HOST_BLOCK_INFO, 0, 0) == 0, "a disk");
	ok(host(HOST_BLOCK_INFO, 1, 0) == -19, "and no other");
	ok(host(HOST_BLOCK_SUBMIT, ~0ull, 0) < 0, "a request from nowhere");
}

static void stop(wsl4_u64 how, const char *message)
{
	host(HOST_STOP, how, put(message));
}

void half_main(struct wsl4_boot *b, struct wsl4_vcpu *v)
{
	boot = b;
	vcpu = v;
	say("half: is here\n");
	ok(dirty == 4711, "data are pristine");
	if (asked("refuse")) {
		stop(WSL4_STOP_REFUSED, "this is no machine for me");
		return;
	}
	if (asked("silent"))
		return;
	if (asked("panic")) {
		stop(WSL4_STOP_PANIC, "Kernel panic: so it was asked for");
		return;
	}
	test_calls();
	test_clock();
	if (asked("again") && !(vcpu->pending & POWER_BIT)) {
		dirty = 1;
		stop(WSL4_STOP_RESTART, "");
		return;
	}
	say("half: idle\n");
	while (!take(POWER_BIT)) {
		host(HOST_IDLE, 0, 0);
		take(~POWER_BIT);
	}
	say("half: power off\n");
	stop(WSL4_STOP_POWEROFF, "");
}
