// SPDX-License-Identifier: GPL-2.0
/*
 * The wine user engine, tested as an ordinary program. Prints TAP.
 *
 *	engine_test [test...]	all tests, or those whose name contains a word
 *	engine_test -b		measures
 *	engine_test -s		runs forever: for the SIGKILL test
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stub.h"
#include "layout.h"

#define PHYSMEM		(512ULL << 20)
#define GUEST		0x400000ULL
#define DATA		0x600000ULL
#define STACK		0x700000ULL
#define PHYS_GUEST	0x0ULL
#define PHYS_DATA	0x10000ULL
#define PHYS_STACK	0x20000ULL

extern const u8 guest_start[], guest_end[];
#define G(name) ({ extern const u8 guest_##name[]; \
		   GUEST + (u64)(guest_##name - guest_start); })

extern const u8 stub_image_start[], stub_ip_sigreturn[], stub_ip_op[];
extern const u8 stub_ip_wait[], stub_ip_wake[], stub_ip_prove[];
extern const u8 stub_ip_done[], stub_ip_close[], stub_image_handler[];
#define ENGINE(mark) (ENGINE_BASE + (u64)((mark) - stub_image_start))

static u8 *physmem;
static int test_nr, failures;
static bool test_bad;

static void check(bool good, const char *format, ...)
{
	va_list args;

	if (good)
		return;
	test_bad = true;
	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
}

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000ULL + (u64)ts.tv_nsec;
}

static struct stub_context *context_new(void)
{
	struct stub_context *ctx = calloc(1, sizeof(*ctx));

	ctx->xstate = aligned_alloc(64, (stub_xstate_size() + 63) & ~63u);
	stub_xstate_init(ctx);
	ctx->regs.cs = 0x33;
	ctx->regs.ss = 0x2b;
	ctx->regs.flags = 0x202;
	ctx->regs.sp = STACK + 0x2000;
	ctx->regs.ip = G(syscall_loop);
	return ctx;
}

static void context_free(struct stub_context *ctx)
{
	stub_context_drop(ctx);
	free(ctx->xstate);
	free(ctx);
}

static void map_guest(struct stub *stub)
{
	stub_map(stub, GUEST, 0x1000, PHYS_GUEST, 5);
	stub_map(stub, DATA, 0x4000, PHYS_DATA, 3);
	stub_map(stub, STACK, 0x4000, PHYS_STACK, 3);
}

static enum stub_exit run_at(struct stub *stub, struct stub_context *ctx,
			     u64 ip)
{
	ctx->regs.ip = ip;
	return stub_run(stub, ctx);
}

static struct stub *stub_new(void)
{
	struct stub_context *ctx = context_new();
	struct stub *stub = stub_get();

	if (!stub) {
		printf("Bail out! no stub\n");
		exit(1);
	}
	map_guest(stub);
	/* A kick of its last user's may come late. */
	while (run_at(stub, ctx, G(nop_syscall)) == STUB_INTERRUPT)
		;
	context_free(ctx);
	return stub;
}

/* A thread that kicks now and then, for user code that may never stop. */
static struct stub *kick_target;
static unsigned int kick_us;
static int kick_on;

static void *kicker(void *unused)
{
	struct stub *stub;

	(void)unused;
	for (;;) {
		usleep(kick_us);
		stub = __atomic_load_n(&kick_target, __ATOMIC_SEQ_CST);
		if (stub)
			stub_kick(stub);
		if (!__atomic_load_n(&kick_on, __ATOMIC_SEQ_CST))
			return NULL;
	}
}

static pthread_t kicker_thread;

static void kicks_start(struct stub *stub, unsigned int us)
{
	kick_us = us;
	kick_on = 1;
	__atomic_store_n(&kick_target, stub, __ATOMIC_SEQ_CST);
	pthread_create(&kicker_thread, NULL, kicker, NULL);
}

static void kicks_stop(void)
{
	__atomic_store_n(&kick_target, NULL, __ATOMIC_SEQ_CST);
	__atomic_store_n(&kick_on, 0, __ATOMIC_SEQ_CST);
	pthread_join(kicker_thread, NULL);
}

/* ---- */

static void test_syscall(void)
{
	struct stub *stub = stub_new();
	struct stub_context *ctx = context_new();
	u64 *regs = (u64 *)&ctx->regs, want[17];
	int i, round;

	for (round = 0; round < 200; round++) {
		for (i = 0; i < 15; i++)
			regs[i] = 0x1111111111111111ULL * (u64)(i + 1) +
				  (u64)round;
		ctx->regs.ax = (u64)round;
		ctx->regs.flags = 0x202 | (round & 1 ? 0x8d5 : 0);
		memcpy(want, regs, sizeof(want));
		check(run_at(stub, ctx, G(nop_syscall)) == STUB_SYSCALL,
		      "round %d: not a system call", round);
		check(ctx->regs.ip == G(nop_syscall) + 3, "ip %lx", ctx->regs.ip);
		check(ctx->regs.cx == ctx->regs.ip, "rcx is not rip");
		check(ctx->regs.r11 == ctx->regs.flags, "r11 is not rflags: %lx %lx",
		      ctx->regs.r11, ctx->regs.flags);
		check(ctx->regs.flags == (0x202 | (round & 1 ? 0x8d5 : 0)),
		      "flags %lx", ctx->regs.flags);
		check(ctx->regs.orig_ax == (u64)round, "number %lx",
		      ctx->regs.orig_ax);
		check(ctx->regs.sp == STACK + 0x2000, "rsp %lx", ctx->regs.sp);
		check(ctx->exit_flags == 0, "compat?");
		for (i = 0; i < 15; i++) {
			if (i != 6 && i != 11)
				check(regs[i] == want[i], "register %d: %lx", i,
				      regs[i]);
		}
		if (test_bad)
			break;
	}
	/* resuming where it stopped */
	ctx->regs.ip = G(syscall_loop);
	for (round = 0; round < 1000; round++) {
		ctx->regs.ax = 39 + (u64)round;
		check(stub_run(stub, ctx) == STUB_SYSCALL, "resume");
		check(ctx->regs.orig_ax == 39 + (u64)round, "resume nr");
	}
	context_free(ctx);
	stub_put(stub);
}

static void expect_fault(struct stub *stub, struct stub_context *ctx, u64 ip,
			 u32 trap, u64 code, u64 cr2, const char *what)
{
	enum stub_exit exit = run_at(stub, ctx, ip);

	check(exit == STUB_FAULT, "%s: exit %d", what, exit);
	check(ctx->trap == trap, "%s: trap %u", what, ctx->trap);
	check(ctx->error_code == code, "%s: error %lx", what, ctx->error_code);
	if (trap == 14)
		check(ctx->cr2 == cr2, "%s: cr2 %lx", what, ctx->cr2);
}

static void test_faults(void)
{
	struct stub *stub = stub_new();
	struct stub_context *ctx = context_new();

	stub_map(stub, 0x800000, 0x1000, 0x40000, 1);
	ctx->regs.di = 0x900008;
	expect_fault(stub, ctx, G(read_rdi), 14, 4, 0x900008, "read");
	check(ctx->regs.ip == G(read_rdi), "read: ip %lx", ctx->regs.ip);
	expect_fault(stub, ctx, G(write_rdi), 14, 6, 0x900008, "write");
	ctx->regs.di = 0;
	expect_fault(stub, ctx, G(read_rdi), 14, 4, 0, "null");
	ctx->regs.di = 0x800010;
	expect_fault(stub, ctx, G(write_rdi), 14, 7, 0x800010, "read-only");
	ctx->regs.di = DATA;
	expect_fault(stub, ctx, G(jump_rdi), 14, 0x15, DATA, "no exec");
	ctx->regs.di = 0x900000;
	expect_fault(stub, ctx, G(jump_rdi), 14, 0x14, 0x900000, "exec nothing");
	ctx->regs.di = 0xffff888000000000;
	expect_fault(stub, ctx, G(read_rdi), 14, 5, 0xffff888000000000, "kernel");
	expect_fault(stub, ctx, G(ud2), 6, 0, 0, "ud2");
	expect_fault(stub, ctx, G(int3), 3, 0, 0, "int3");
	check(ctx->regs.ip == G(int3) + 1, "int3: ip");
	expect_fault(stub, ctx, G(divide), 0, 0, 0, "divide");
	expect_fault(stub, ctx, G(hlt), 13, 0, 0, "hlt");
	expect_fault(stub, ctx, G(noncanonical), 13, 0, 0, "noncanonical");
	expect_fault(stub, ctx, G(step), 1, 0, 0, "step");
	check(ctx->regs.ip == G(step_after_nop), "step: ip %lx", ctx->regs.ip);
	check(ctx->regs.flags & 0x100, "step: TF not seen");
	ctx->regs.flags &= ~0x100ULL;
	check(stub_run(stub, ctx) == STUB_SYSCALL, "after step");
	expect_fault(stub, ctx, G(vsyscall), 14,
		     0x15, 0xffffffffff600000, "vsyscall");
	check(ctx->regs.ip == 0xffffffffff600000, "vsyscall: ip %lx",
	      ctx->regs.ip);
	check(ctx->regs.sp == STACK + 0x2000 - 8, "vsyscall: sp %lx",
	      ctx->regs.sp);
	context_free(ctx);
	stub_put(stub);
}

static void test_fp(void)
{
	struct stub *stub = stub_new();
	struct stub_context *ctx[3];
	u8 *data = physmem + PHYS_DATA;
	int i, j;

	for (i = 0; i < 3; i++) {
		ctx[i] = context_new();
		for (j = 0; j < 0x80; j++)
			data[i * 0x100 + j] = (u8)(i * 17 + j * 3 + 1);
		ctx[i]->regs.si = DATA + (u64)i * 0x100;
		check(run_at(stub, ctx[i], G(load_ymm)) == STUB_SYSCALL, "load");
	}
	memset(data, 0xee, 0x300);
	for (i = 0; i < 3; i++) {
		ctx[i]->regs.si = DATA + (u64)i * 0x100;
		ctx[i]->regs.ip = G(ud2);
		check(stub_run(stub, ctx[i]) == STUB_FAULT, "between");
		check(run_at(stub, ctx[i], G(store_ymm)) == STUB_SYSCALL, "store");
		for (j = 0; j < 0x80; j++)
			check(data[i * 0x100 + j] == (u8)(i * 17 + j * 3 + 1),
			      "context %d byte %d: %x", i, j, data[i * 0x100 + j]);
		check(data[i * 0x100 + 0x89] == 0x40, "x87: %x",
		      data[i * 0x100 + 0x89]);
		if (test_bad)
			break;
	}
	/* a context moves to another stub, as after fork */
	struct stub *other = stub_new();

	ctx[1]->regs.si = DATA;
	for (j = 0; j < 0x80; j++)
		data[j] = (u8)(j + 5);
	check(run_at(stub, ctx[1], G(load_ymm)) == STUB_SYSCALL, "load");
	stub_context_save(ctx[1]);
	memcpy(ctx[2]->xstate, ctx[1]->xstate, stub_xstate_size());
	ctx[2]->xstate_dirty = true;
	ctx[2]->regs = ctx[1]->regs;
	memset(data, 0, 0x80);
	check(run_at(other, ctx[2], G(store_ymm)) == STUB_SYSCALL, "store");
	for (j = 0; j < 0x80; j++)
		check(data[j] == (u8)(j + 5), "moved byte %d: %x", j, data[j]);
	/* a fresh context sees nothing of that */
	struct stub_context *fresh = context_new();

	fresh->regs.si = DATA;
	check(run_at(other, fresh, G(store_ymm)) == STUB_SYSCALL, "fresh");
	for (j = 0; j < 0x80; j++)
		check(!data[j], "fresh byte %d: %x", j, data[j]);
	context_free(fresh);
	for (i = 0; i < 3; i++)
		context_free(ctx[i]);
	stub_put(other);
	stub_put(stub);
}

static void test_hostile_xstate(void)
{
	struct stub *stub = stub_new();
	struct stub_context *ctx = context_new();
	unsigned int seed = 1;
	u32 i, round;

	for (round = 0; round < 300; round++) {
		for (i = 0; i < stub_xstate_size(); i++)
			ctx->xstate[i] = (u8)rand_r(&seed);
		if (round & 1)
			memset(ctx->xstate, 0xff, stub_xstate_size());
		ctx->xstate_dirty = true;
		check(run_at(stub, ctx, G(nop_syscall)) == STUB_SYSCALL,
		      "round %u died", round);
		if (test_bad)
			break;
	}
	context_free(ctx);
	stub_put(stub);
}

/* Threads of one stub, each with bases of its own; then a stub's next user. */
static void test_bases_used(void)
{
	struct stub *stub = stub_new();
	struct stub_context *ctx[2] = { context_new(), context_new() };
	u64 *data = (u64 *)(physmem + PHYS_DATA);
	int i, round, bad = 0;

	for (i = 0; i < 8; i++)
		data[i] = 1000 + (u64)i;
	for (round = 0; round < 20; round++) {
		i = round / 3 % 2;
		ctx[i]->regs.fs_base = DATA + 16 * (u64)i;
		ctx[i]->regs.gs_base = DATA + 8 + 16 * (u64)i;
		bad += run_at(stub, ctx[i], G(bases_used)) != STUB_SYSCALL ||
		       ctx[i]->regs.di != 1000 + 2 * (u64)i ||
		       ctx[i]->regs.si != 1002 + 2 * (u64)i ||
		       ctx[i]->regs.fs_base != DATA + 16 * (u64)i;
		if (round == 10) {
			stub_put(stub);
			stub = stub_new();
		}
	}
	check(!bad, "segment bases of two threads");
	context_free(ctx[0]);
	context_free(ctx[1]);
	stub_put(stub);
}

static void test_bases(void)
{
	static const u64 values[] = { 0, 0x1234567000, 0x7ffffffff000,
				      0xffff800000000000, 0x8000000000000000 };
	struct stub_context *ctx;
	struct stub *stub;
	u32 i;

	if (!stub_fsgsbase()) {
		printf("# the host has no FSGSBASE\n");
		return;
	}
	stub = stub_new();
	ctx = context_new();

	for (i = 0; i < 5; i++) {
		u64 want = i == 4 ? 0 : values[i];

		if (i < 4) {
			ctx->regs.di = values[i];
			ctx->regs.si = values[i];
			check(run_at(stub, ctx, G(bases)) == STUB_SYSCALL, "set");
			check(ctx->regs.fs_base == want, "fs %lx", ctx->regs.fs_base);
			check(ctx->regs.gs_base == want, "gs %lx", ctx->regs.gs_base);
		} else {
			ctx->regs.ip = G(bases) + 12;
		}
		ctx->regs.fs_base = values[i];
		ctx->regs.gs_base = values[i];
		check(stub_run(stub, ctx) == STUB_SYSCALL, "get");
		check(ctx->regs.di == want, "rdfsbase %lx", ctx->regs.di);
		check(ctx->regs.si == want, "rdgsbase %lx", ctx->regs.si);
	}
	context_free(ctx);
	stub_put(stub);
}

static void test_kick(void)
{
	struct stub *stub = stub_new();
	struct stub_context *ctx = context_new();
	u64 start, worst = 0;
	int i;

	/* a kick before the run */
	stub_kick(stub);
	check(run_at(stub, ctx, G(spin)) == STUB_INTERRUPT, "kick before");
	kicks_start(stub, 2000);
	for (i = 0; i < 100; i++) {
		start = now_ns();
		check(stub_run(stub, ctx) == STUB_INTERRUPT, "kick");
		start = now_ns() - start;
		if (start > worst)
			worst = start;
	}
	kicks_stop();
	printf("# longest run under a kick every 2 ms: %lu us\n", worst / 1000);
	check(ctx->regs.ax > 1000, "it did not run");
	context_free(ctx);
	stub_put(stub);
}

static void test_kick_storm(void)
{
	struct stub *stub = stub_new();
	struct stub_context *ctx = context_new();
	u64 end = now_ns() + 2000000000ULL, n = 0, kicks = 0;

	kicks_start(stub, 0);
	while (now_ns() < end && !test_bad) {
		enum stub_exit exit;

		ctx->regs.ax = n;
		exit = stub_run(stub, ctx);
		if (exit == STUB_INTERRUPT) {
			kicks++;
			continue;
		}
		check(exit == STUB_SYSCALL, "exit %d", exit);
		check(ctx->regs.orig_ax == n, "lost %lx", ctx->regs.orig_ax);
		n++;
	}
	kicks_stop();
	printf("# %lu system calls, %lu interrupts\n", n, kicks);
	check(kicks > 10 && n > 10, "storm");
	context_free(ctx);
	stub_put(stub);
}

static void test_map(void)
{
	struct stub *stub = stub_new();
	struct stub_context *ctx = context_new();
	u64 i;

	for (i = 0; i < 64; i++) {
		*(u64 *)(physmem + 0x100000 + i * 0x1000) = 0xabc000 + i;
		stub_map(stub, 0x10000000 + i * 0x1000, 0x1000,
			 0x100000 + (63 - i) * 0x1000, 3);
	}
	for (i = 0; i < 64; i++) {
		ctx->regs.di = 0x10000000 + i * 0x1000;
		check(run_at(stub, ctx, G(read_rdi)) == STUB_SYSCALL, "read");
		check(ctx->regs.orig_ax == 0xabc000 + 63 - i, "page %lu: %lx", i,
		      ctx->regs.orig_ax);
	}
	ctx->regs.ax = 77;
	check(run_at(stub, ctx, G(write_rdi)) == STUB_SYSCALL, "write");
	check(*(u64 *)(physmem + 0x100000) == 77, "write not seen");
	check(!stub_protect(stub, 0x10000000, 64 * 0x1000, 1), "protect");
	check(!stub_sync(stub), "sync");
	expect_fault(stub, ctx, G(write_rdi), 14, 7, ctx->regs.di, "protected");
	check(!stub_unmap(stub, 0x10000000, 32 * 0x1000), "unmap");
	check(!stub_sync(stub), "sync");
	ctx->regs.di = 0x1001f000;
	expect_fault(stub, ctx, G(read_rdi), 14, 4, ctx->regs.di, "unmapped");
	ctx->regs.di = 0x10020000;
	check(run_at(stub, ctx, G(read_rdi)) == STUB_SYSCALL, "kept");
	/* bad arguments */
	check(stub_map(stub, STUB_TASK_SIZE, 4096, 0, 1) == -EINVAL, "above");
	check(stub_map(stub, STUB_TASK_SIZE - 4096, 8192, 0, 1) == -EINVAL, "over");
	check(stub_map(stub, 1, 4096, 0, 1) == -EINVAL, "odd");
	check(stub_map(stub, 0, 4096, PHYSMEM, 1) == -EINVAL, "past physmem");
	check(stub_map(stub, 0, -4096ULL, 0, 1) == -EINVAL, "huge");
	check(stub_map(stub, 0x10000, PHYSMEM, 4096, 1) == -EINVAL, "past physmem 2");
	/* the last page below the engine; the page at 0x1000 */
	check(!stub_map(stub, STUB_TASK_SIZE - 4096, 4096, 0x100000, 3), "last");
	ctx->regs.di = STUB_TASK_SIZE - 8;
	check(run_at(stub, ctx, G(read_rdi)) == STUB_SYSCALL, "last page");
	context_free(ctx);
	stub_put(stub);
}

static int count_maps(struct stub *stub, int *engine)
{
	char path[64], line[256];
	unsigned long from;
	int n = 0;
	FILE *f;

	*engine = 0;
	snprintf(path, sizeof(path), "/proc/%d/maps", stub_pid(stub));
	f = fopen(path, "r");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx", &from) == 1 && from >= ENGINE_BASE)
			(*engine)++;
		else
			n++;
	}
	fclose(f);
	return n;
}

static void test_recycle(void)
{
	struct stub *stub = stub_new(), *again;
	struct stub_context *ctx = context_new();
	int engine, n, pid = stub_pid(stub);

	check(run_at(stub, ctx, G(nop_syscall)) == STUB_SYSCALL, "run");
	n = count_maps(stub, &engine);
	check(n == 3, "%d user mappings before", n);
	check(stub_mappings(stub) > 0, "none counted");
	stub_put(stub);
	again = stub_get();
	check(stub_pid(again) == pid, "not recycled");
	n = count_maps(again, &engine);
	/* The vsyscall page of the host counts as one above. */
	check(n == 0, "%d user mappings after", n);
	printf("# %d engine mappings\n", engine);
	check(stub_mappings(again) == 0, "some counted");
	ctx->regs.di = DATA;
	expect_fault(again, ctx, G(nop_syscall), 14, 0x14, G(nop_syscall), "empty");
	context_free(ctx);
	stub_put(again);
}

static void test_descriptors(void)
{
	struct stub *stub = stub_new();
	char cmd[128], out[256] = "";
	FILE *f;

	snprintf(cmd, sizeof(cmd), "ls /proc/%d/fd | tr '\\n' ' '", stub_pid(stub));
	f = popen(cmd, "r");
	if (!fgets(out, sizeof(out), f))
		out[0] = 0;
	pclose(f);
	check(!strcmp(out, "3 4 "), "descriptors: %s", out);
	snprintf(cmd, sizeof(cmd), "grep -c . /proc/%d/task/*/comm",
		 stub_pid(stub));
	f = popen(cmd, "r");
	check(fgets(out, sizeof(out), f) && !strcmp(out, "1\n"), "threads: %s", out);
	pclose(f);
	stub_put(stub);
}

static void test_budget(void)
{
	struct stub *stub = stub_new();
	struct stub_context *ctx = context_new();
	u64 i, n = 150000, faults = 0;
	enum stub_exit exit;

	/* Scattered single pages, more than the host allows mappings. */
	ctx->regs.ip = G(touch);
	ctx->regs.di = 0x100000000;
	ctx->regs.si = 0x2000;
	ctx->regs.cx = n;
	for (i = 0;; i++) {
		exit = stub_run(stub, ctx);
		if (exit != STUB_FAULT)
			break;
		faults++;
		if (ctx->trap != 14 || i > 4 * n) {
			check(false, "trap %u", ctx->trap);
			break;
		}
		if (ctx->cr2 >= 0x100000000)
			stub_map(stub, ctx->cr2 & ~0xfffULL, 0x1000,
				 0x200000 + (ctx->cr2 & 0xfffe000), 3);
		else
			map_guest(stub);
	}
	check(exit == STUB_SYSCALL, "exit %d after %lu faults", exit, faults);
	printf("# %lu faults, %u mappings counted\n", faults,
	       stub_mappings(stub));
	context_free(ctx);
	stub_put(stub);
}

static void test_death(void)
{
	struct stub *stub = stub_new();
	struct stub_context *ctx = context_new();
	u64 start;

	check(run_at(stub, ctx, G(nop_syscall)) == STUB_SYSCALL, "run");
	kill(stub_pid(stub), SIGKILL);
	start = now_ns();
	check(run_at(stub, ctx, G(spin)) == STUB_DEAD, "dead");
	check(stub_run(stub, ctx) == STUB_DEAD, "dead again");
	check(stub_sync(stub) == 0 || stub_sync(stub) == -EIO, "sync");
	printf("# noticed after %lu ms\n", (now_ns() - start) / 1000000);
	context_free(ctx);
	stub_put(stub);
	check(waitpid(-1, NULL, WNOHANG | __WALL) == -1 || true, "zombie");
}

/* ---- hostile user code ---- */

/* Run with a kick every millisecond until the given time is over. */
static enum stub_exit run_for(struct stub *stub, struct stub_context *ctx,
			      int kicks)
{
	enum stub_exit exit;

	do {
		exit = stub_run(stub, ctx);
	} while (exit == STUB_INTERRUPT && --kicks > 0);
	return exit;
}

/* The frame as the host wants it, with what the attacker likes. */
static u64 forge(u64 at, u64 ip, u64 sp, u64 sigmask, u64 cs, u64 ss,
		 u64 stack_sp, u64 stack_flags, u64 stack_size, u64 fpstate)
{
	u64 *f = (u64 *)(physmem + PHYS_DATA + (at - DATA));

	memset(f, 0, 320);
	f[1] = 7;
	f[3] = stack_sp;
	f[4] = stack_flags;
	f[5] = stack_size;
	f[6 + 15] = sp;
	f[6 + 16] = ip;
	f[6 + 17] = 0x202;
	f[6 + 18] = cs | ss << 48;
	f[6 + 23] = fpstate;
	f[6 + 32] = sigmask;
	return at + 8;
}

static enum stub_exit run_forged(u64 ip, u64 sigmask, u64 cs, u64 ss,
				 u64 stack_sp, u64 stack_flags, u64 stack_size,
				 u64 fpstate, u64 *ms)
{
	struct stub *stub = stub_new();
	struct stub_context *ctx = context_new();
	enum stub_exit exit;
	u64 start = now_ns();
	u64 *f = (u64 *)(physmem + PHYS_DATA + 0x800);

	/* What the engine's own futex call would have next time. */
	stub_sync(stub);
	ctx->regs.sp = forge(DATA + 0x800, ip, STACK + 0x2000, sigmask, cs, ss,
			     stack_sp, stack_flags, stack_size, fpstate);
	f[6 + 8] = ENGINE_BASE + ENGINE_ORDER;
	f[6 + 12] = *((u32 **)stub)[1] + 4 - ORDER_MAP;
	f[6 + 13] = 202;
	ctx->regs.ax = 15;
	ctx->regs.ip = ENGINE(stub_ip_sigreturn) - 2;
	kicks_start(stub, 1000);
	exit = run_for(stub, ctx, 300);
	kicks_stop();
	*ms = (now_ns() - start) / 1000000;
	context_free(ctx);
	stub_put(stub);
	return exit;
}

static void test_forged_frames(void)
{
	enum stub_exit exit;
	u64 ms;

	exit = run_forged(G(spin), ~0ULL, 0x33, 0x2b, ENGINE_BASE + ENGINE_STACK,
			  0, ENGINE_STACK_SIZE, 0, &ms);
	check(exit == STUB_DEAD, "all signals blocked: exit %d", exit);
	printf("# blocked: killed after %lu ms\n", ms);
	check(ms < 1000, "took %lu ms", ms);

	/* blocked and asleep in the engine's own futex call */
	exit = run_forged(ENGINE(stub_ip_wait) - 2, ~0ULL, 0x33, 0x2b,
			  ENGINE_BASE + ENGINE_STACK, 0, ENGINE_STACK_SIZE, 0,
			  &ms);
	check(exit == STUB_DEAD, "asleep: exit %d", exit);
	printf("# asleep: killed after %lu ms\n", ms);
	check(ms < 1000, "took %lu ms", ms);
	exit = run_forged(G(spin), ~0x40000000ULL, 0x33, 0x2b, DATA + 0x2000, 0,
			  0x2000, 0, &ms);
	check(exit == STUB_DEAD, "blocked, stack moved: exit %d", exit);
	exit = run_forged(G(nop_syscall), 0, 0x33, 0x2b, DATA + 0x1000, 0, 0x3000,
			  0, &ms);
	check(exit == STUB_DEAD, "stack moved: exit %d", exit);
	exit = run_forged(G(nop_syscall), 0, 0x33, 0x2b, 0, 2, 0, 0, &ms);
	check(exit == STUB_DEAD, "stack disabled: exit %d", exit);
	exit = run_forged(G(nop_syscall), 0, 0x33, 0x2b, 0xdead0000, 0, 0x10000, 0,
			  &ms);
	check(exit == STUB_DEAD, "stack nowhere: exit %d", exit);
	/* The host makes these harmless or faults; either is an exit. */
	exit = run_forged(G(nop_syscall), 0, 0x23, 0x2b,
			  ENGINE_BASE + ENGINE_STACK, 0, ENGINE_STACK_SIZE, 0,
			  &ms);
	printf("# cs 0x23: exit %d\n", exit);
	exit = run_forged(G(nop_syscall), 0, 0x10, 0x18,
			  ENGINE_BASE + ENGINE_STACK, 0, ENGINE_STACK_SIZE, 0,
			  &ms);
	printf("# kernel selectors: exit %d\n", exit);
	exit = run_forged(G(nop_syscall), 0, 0xffff, 0xffff,
			  ENGINE_BASE + ENGINE_STACK, 0, ENGINE_STACK_SIZE, 0,
			  &ms);
	printf("# odd selectors: exit %d\n", exit);
	exit = run_forged(0x8000000000000000, 0, 0x33, 0x2b,
			  ENGINE_BASE + ENGINE_STACK, 0, ENGINE_STACK_SIZE, 0,
			  &ms);
	printf("# non-canonical ip: exit %d\n", exit);
	exit = run_forged(G(nop_syscall), 0, 0x33, 0x2b,
			  ENGINE_BASE + ENGINE_STACK, 0, ENGINE_STACK_SIZE,
			  DATA + 0x1001, &ms);
	printf("# odd fpstate: exit %d\n", exit);
}

static void test_compat(void)
{
	struct stub *stub = stub_new();
	struct stub_context *ctx = context_new();
	enum stub_exit exit;
	u64 nr;
	int way;

	kicks_start(stub, 5000);
	for (nr = 0; nr < 600; nr++) {
		/* exit(2) of 32 bit is 1; any number must come back. */
		ctx->regs.cs = 0x33;
		ctx->regs.ax = nr;
		ctx->regs.ip = G(int80);
		exit = run_for(stub, ctx, 100);
		check(exit == STUB_SYSCALL && ctx->exit_flags == STUB_SYSCALL_COMPAT &&
		      ctx->regs.orig_ax == nr && ctx->regs.ip == G(int80) + 2,
		      "int 0x80 %lu: exit %d flags %u nr %lx trap %u", nr, exit,
		      ctx->exit_flags, ctx->regs.orig_ax, ctx->trap);
		ctx->regs.ax = nr | 0x40000000;
		ctx->regs.ip = G(nop_syscall);
		exit = run_for(stub, ctx, 100);
		check(exit == STUB_SYSCALL && ctx->regs.orig_ax == (nr | 0x40000000),
		      "x32 %lu: exit %d", nr, exit);
		for (way = 0; way < 3; way++) {
			ctx->regs.ax = nr;
			ctx->regs.bx = (u64)way;
			ctx->regs.ip = G(far);
			ctx->regs.sp = STACK + 0x2000;
			ctx->regs.cs = 0x33;
			exit = run_for(stub, ctx, 100);
			check(exit == STUB_FAULT ||
			      (exit == STUB_SYSCALL &&
			       ctx->exit_flags == STUB_SYSCALL_COMPAT),
			      "far %lu way %d: exit %d flags %u", nr, way, exit,
			      ctx->exit_flags);
			if (nr == 20)
				printf("# far, way %d: exit %d, flags %u, cs %lx, trap %u\n",
				       way, exit, ctx->exit_flags, ctx->regs.cs,
				       ctx->trap);
			/* a kill of ours is a failure: getpid is harmless */
			if (exit == STUB_DEAD)
				break;
		}
		if (test_bad)
			break;
	}
	kicks_stop();
	context_free(ctx);
	stub_put(stub);
}

static void test_every_syscall(void)
{
	struct stub *stub = stub_new();
	struct stub_context *ctx = context_new();
	enum stub_exit exit;
	u64 nr;

	kicks_start(stub, 5000);
	for (nr = 0; nr < 1100; nr++) {
		ctx->regs.ax = nr < 1024 ? nr : nr == 1024 ? -1ULL : 1ULL << (nr & 63);
		ctx->regs.di = 0;
		ctx->regs.si = 0x1000;
		exit = run_for(stub, ctx, 100);
		check(exit == STUB_SYSCALL, "%lu: exit %d", nr, exit);
		if (test_bad)
			break;
	}
	/* From every system call instruction of the engine's, all numbers. */
	static const u8 *const marks[] = {
		stub_ip_op, stub_ip_wait, stub_ip_wake, stub_ip_prove,
		stub_ip_done, stub_ip_sigreturn, stub_ip_close,
	};
	for (u32 m = 0; m < 7 && !test_bad; m++) {
		for (nr = 0; nr < 480; nr++) {
			ctx->regs.ip = ENGINE(marks[m]) - 2;
			ctx->regs.ax = nr;
			ctx->regs.di = 0x500000;
			ctx->regs.si = 0x1000;
			ctx->regs.dx = 7;
			ctx->regs.r10 = 0x11;
			ctx->regs.r8 = 3;
			ctx->regs.r9 = 0;
			ctx->regs.r12 = G(nop_syscall);
			exit = run_for(stub, ctx, 3);
			if (exit == STUB_DEAD && marks[m] == stub_ip_sigreturn &&
			    nr == 15) {
				stub_put(stub);
				stub = stub_new();
				__atomic_store_n(&kick_target, stub, __ATOMIC_SEQ_CST);
				continue;
			}
			check(exit != STUB_DEAD, "mark %u nr %lu: dead", m, nr);
			if (exit == STUB_SYSCALL)
				check(ctx->regs.orig_ax == nr ||
				      ctx->regs.ip == G(nop_syscall) + 3,
				      "mark %u nr %lu passed: ax %lx ip %lx", m, nr,
				      ctx->regs.ax, ctx->regs.ip);
			if (test_bad)
				break;
		}
	}
	/* The gate: nothing may have been mapped by user code. */
	ctx->regs.di = 0x500000;
	expect_fault(stub, ctx, G(read_rdi), 14, 4, 0x500000, "mapped by itself");
	kicks_stop();
	context_free(ctx);
	stub_put(stub);
}

static u64 random64(unsigned int *seed)
{
	return (u64)rand_r(seed) << 42 ^ (u64)rand_r(seed) << 21 ^
	       (u64)rand_r(seed);
}

static void test_random_jumps(void)
{
	struct stub *stub = stub_new();
	struct stub_context *ctx = context_new();
	unsigned int seed = 42, dead = 0;
	u64 *regs = (u64 *)&ctx->regs;
	enum stub_exit exit;
	int i, engine, round;
	u64 at;

	kicks_start(stub, 200);
	for (round = 0; round < 6; round++) {
		for (at = 0; at < 0x1000; at++) {
			static const u64 nice[] = {
				15, 202, 18, 9, 10, 11, 3, 4, 0x500000, 0x1000,
				7, 0x11, ENGINE_BASE + ENGINE_ORDER,
				ENGINE_BASE + ENGINE_SHARED,
				ENGINE_BASE + ENGINE_PROOF, DATA,
			};
			for (i = 0; i < 15; i++)
				regs[i] = rand_r(&seed) & 1 ? random64(&seed) :
					  nice[rand_r(&seed) % 16];
			ctx->regs.r12 = G(nop_syscall);
			ctx->regs.cs = 0x33;
			ctx->regs.sp = rand_r(&seed) & 31 ? STACK + 0x2000 :
				       ENGINE_BASE + ENGINE_STACK + 0x3000;
			ctx->regs.flags = 0x202 | (rand_r(&seed) % 8 ? 0 : 0x100);
			ctx->regs.ip = ENGINE_BASE + at;
			exit = run_for(stub, ctx, 3);
			if (exit == STUB_DEAD) {
				dead++;
				stub_context_drop(ctx);
				stub_put(stub);
				stub = stub_new();
				stub_xstate_init(ctx);
				__atomic_store_n(&kick_target, stub,
						 __ATOMIC_SEQ_CST);
			}
		}
	}
	kicks_stop();
	printf("# %u of %u stubs were killed\n", dead, 6 * 0x1000);
	i = count_maps(stub, &engine);
	check(i >= 0 && i <= 3, "%d user mappings", i);
	context_free(ctx);
	stub_put(stub);
}

static void test_scribble(void)
{
	struct stub *stub = stub_new();
	struct stub_context *ctx = context_new();
	unsigned int seed = 7, dead = 0, other = 0;
	enum stub_exit exit;
	int round;

	kicks_start(stub, 1000);
	for (round = 0; round < 300; round++) {
		ctx->regs.ip = G(fill);
		ctx->regs.di = ENGINE_BASE + ENGINE_SHARED;
		ctx->regs.cx = (ENGINE_SIZE - ENGINE_SHARED) / 8;
		ctx->regs.ax = round % 3 ? random64(&seed) : (u64)round;
		if (round % 5 == 0) {
			/* only the words, so as to pretend an exit */
			ctx->regs.cx = 8;
			ctx->regs.ax = (u64)(round + 10) << 2;
		}
		exit = run_for(stub, ctx, 5);
		if (exit == STUB_DEAD) {
			dead++;
			stub_context_drop(ctx);
			stub_put(stub);
			stub = stub_new();
			stub_xstate_init(ctx);
			__atomic_store_n(&kick_target, stub, __ATOMIC_SEQ_CST);
		} else if (exit != STUB_SYSCALL) {
			other++;
		}
		/* read-only pages must be that */
		ctx->regs.ip = G(write_rdi);
		ctx->regs.di = ENGINE_BASE + ENGINE_ORDER + 8;
		exit = run_for(stub, ctx, 5);
		check(exit != STUB_SYSCALL, "order page written");
	}
	kicks_stop();
	printf("# %u dead, %u odd\n", dead, other);
	context_free(ctx);
	stub_put(stub);
}

/*
 * Pretend an exit: while user code runs on, the kernel must not change
 * mappings without proof, and must get rid of the stub.
 */
static void test_pretender(void)
{
	static const u8 code[] = {
		/* rbx: order page, rbp: shared page, r14: frame */
		0x8b, 0x03,			/* mov (%rbx), %eax */
		0x4c, 0x89, 0x75, 0x10,		/* mov %r14, 16(%rbp) */
		0xc7, 0x45, 0x08, 31, 0, 0, 0,	/* movl $31, 8(%rbp) */
		0x87, 0x45, 0x00,		/* xchg %eax, (%rbp) */
		0xeb, 0xee,			/* jmp start */
	};
	struct stub *stub = stub_new();
	struct stub_context *ctx = context_new();
	u64 start = now_ns();
	int i;

	memcpy(physmem + 0x50000, code, sizeof(code));
	stub_map(stub, 0xa00000, 0x1000, 0x50000, 5);
	ctx->regs.ip = G(nop_syscall);
	stub_run(stub, ctx);
	ctx->regs.bx = ENGINE_BASE + ENGINE_ORDER;
	ctx->regs.bp = ENGINE_BASE + ENGINE_SHARED;
	ctx->regs.r14 = *(volatile u64 *)(((u8 **)stub)[3] + 16);
	ctx->regs.ip = 0xa00000;
	/* There is no system call in it: this exit is pretended. */
	for (i = 0; i < 10; i++)
		check(stub_run(stub, ctx) == STUB_SYSCALL, "not pretended");
	stub_unmap(stub, DATA, 0x1000);
	check(stub_sync(stub) == -EIO, "changed without proof");
	check(stub_run(stub, ctx) == STUB_DEAD, "not killed");
	printf("# over after %lu ms\n", (now_ns() - start) / 1000000);
	context_free(ctx);
	stub_put(stub);
}

/* ---- */

static void test_kernel_window(void)
{
	void *window;
	u8 *at;

	check(!stub_kernel_reserve(16 << 20, &window), "reserve");
	at = (u8 *)window + 0x5000;
	check(!stub_kernel_map(at, 0x1000, 0x123000, 3), "map");
	at[1] = 0x5a;
	check(physmem[0x123001] == 0x5a, "not the same page");
	check(!stub_kernel_unmap(at, 0x1000), "unmap");
	check(syscall(SYS_write, 1, at, 0) == 0, "x");
	int fds[2];

	check(!pipe(fds) && write(fds[1], at, 1) == -1 && errno == EFAULT,
	      "still readable");
	check(stub_kernel_map(at, 0x1000, PHYSMEM, 3) == -EINVAL, "past the end");
	close(fds[0]);
	close(fds[1]);
}

static void test_many(void)
{
	struct stub *stub[100];
	struct stub_context *ctx = context_new();
	int i;

	for (i = 0; i < 100; i++) {
		stub[i] = stub_new();
		check(run_at(stub[i], ctx, G(nop_syscall)) == STUB_SYSCALL,
		      "stub %d", i);
	}
	for (i = 0; i < 100; i++)
		stub_put(stub[i]);
	context_free(ctx);
}

static void test_init_errors(void)
{
	void *unused;
	pid_t pid = fork();
	int status;

	if (!pid) {
		bool good = stub_init(1ULL << 45, &unused) == -ENOMEM &&
			    *stub_error() &&
			    stub_init(4095, &unused) == -EINVAL;
		_exit(good ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	check(status == 0, "too large: status %x", status);
}

static void test_sigkill(void)
{
	char cmd[64], line[64] = "";
	int fds[2], i, n, strays = 1;
	int pids[4];
	pid_t pid;
	FILE *f;

	check(!pipe(fds), "pipe");
	pid = fork();
	if (!pid) {
		dup2(fds[1], 1);
		execl("/proc/self/exe", "engine_test", "-s", NULL);
		_exit(1);
	}
	close(fds[1]);
	f = fdopen(fds[0], "r");
	n = 0;
	while (n < 4 && fgets(line, sizeof(line), f))
		pids[n++] = atoi(line);
	check(n == 4 && !kill(pids[0], 0), "stubs do not run");
	usleep(100000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (i = 0; i < 100 && strays; i++) {
		usleep(10000);
		for (strays = 0, n = 0; n < 4; n++) {
			snprintf(cmd, sizeof(cmd), "/proc/%d/fd/3", pids[n]);
			strays += !access(cmd, F_OK);
		}
	}
	check(!strays, "%d strays", strays);
	fclose(f);
}

/* Ten starts and stops: nothing is left. */
static void test_restart(void)
{
	void *p;
	int i;

	stub_shutdown();
	for (i = 0; i < 10; i++) {
		check(!stub_init(64 << 20, &p), "start %d: %s", i, stub_error());
		stub_prefill(3);
		stub_shutdown();
	}
	check(!stub_init(PHYSMEM, (void **)&physmem), "again");
	memcpy(physmem + PHYS_GUEST, guest_start, 0x1000);
}

/* ---- */

static double seconds_of(u64 start, u64 n)
{
	return (double)(now_ns() - start) / (double)n / 1000.0;
}

static void pin(int pid, int cpu)
{
	u64 mask = 1ULL << cpu;

	syscall(SYS_sched_setaffinity, pid, 8, &mask);
}

static void bench(void)
{
	struct stub *stub = stub_new(), *other = stub_new();
	struct stub_context *ctx = context_new(), *ctx2 = context_new();
	u64 start, i, n = 200000;

	if (getenv("PIN")) {
		pin(0, 0);
		pin(stub_pid(stub), 1);
		pin(stub_pid(other), 1);
	}
	for (i = 0; i < 1000; i++)
		stub_run(stub, ctx);
	start = now_ns();
	for (i = 0; i < n; i++)
		stub_run(stub, ctx);
	printf("null system call\t%.2f us\n", seconds_of(start, n));

	ctx->regs.ip = G(touch);
	ctx->regs.di = 0x100000000;
	ctx->regs.si = 0x2000;
	ctx->regs.cx = 20000;
	stub_sync(stub);
	start = now_ns();
	for (i = 0; stub_run(stub, ctx) == STUB_FAULT; i++)
		stub_map(stub, ctx->cr2 & ~0xfffULL, 0x1000,
			 0x1000000 + ((ctx->cr2 & 0xfffffff) >> 1 & ~0xfffULL), 3);
	printf("fault, map, return\t%.2f us\t(%lu)\n", seconds_of(start, i), i);

	start = now_ns();
	for (i = 0; i < 20000; i++) {
		stub_protect(stub, DATA, 0x1000, i & 1 ? 1 : 3);
		stub_sync(stub);
	}
	printf("protect, sync\t\t%.2f us\n", seconds_of(start, i));

	ctx->regs.ip = G(syscall_loop);
	start = now_ns();
	for (i = 0; i < 20000; i++) {
		stub_run(stub, ctx);
		stub_protect(stub, DATA, 0x1000, i & 1 ? 1 : 3);
		stub_sync(stub);
	}
	printf("system call, protect, sync\t%.2f us\n", seconds_of(start, i));

	stub_run(other, ctx2);
	start = now_ns();
	for (i = 0; i < 50000; i++) {
		stub_run(stub, ctx);
		stub_run(other, ctx2);
	}
	printf("system call and switch of stubs\t%.2f us\n",
	       seconds_of(start, 2 * i));

	stub_put(other);
	start = now_ns();
	for (i = 0; i < 10000; i++)
		stub_put(stub_get());
	printf("get, put, recycled\t%.2f us\n", seconds_of(start, i));

	struct stub *many[200];

	start = now_ns();
	for (i = 0; i < 200; i++)
		many[i] = stub_get();
	printf("get, fresh\t\t%.2f us\n", seconds_of(start, i));
	start = now_ns();
	for (i = 0; i < 200; i++)
		stub_put(many[i]);
	printf("put, mostly killed\t%.2f us\n", seconds_of(start, i));
	context_free(ctx2);
	context_free(ctx);
	stub_put(stub);
}

static void serve_forever(void)
{
	struct stub_context *ctx = context_new();
	struct stub *stub = stub_new();
	int i;

	printf("%d\n", stub_pid(stub));
	for (i = 0; i < 3; i++)
		printf("%d\n", stub_pid(stub_get()));
	fflush(stdout);
	ctx->regs.ip = G(spin);
	stub_run(stub, ctx);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "syscall", test_syscall },
	{ "faults", test_faults },
	{ "fp", test_fp },
	{ "hostile xstate", test_hostile_xstate },
	{ "bases", test_bases_used },
	{ "bases of FSGSBASE", test_bases },
	{ "kick", test_kick },
	{ "kick storm", test_kick_storm },
	{ "map", test_map },
	{ "recycle", test_recycle },
	{ "descriptors", test_descriptors },
	{ "budget", test_budget },
	{ "death", test_death },
	{ "kernel window", test_kernel_window },
	{ "many", test_many },
	{ "every syscall", test_every_syscall },
	{ "compat", test_compat },
	{ "forged frames", test_forged_frames },
	{ "random jumps", test_random_jumps },
	{ "scribble", test_scribble },
	{ "pretender", test_pretender },
	{ "init errors", test_init_errors },
	{ "sigkill", test_sigkill },
	{ "restart", test_restart },
};

static bool wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strstr(name, argv[i]))
			return true;
	}
	return argc < 2;
}

int main(int argc, char **argv)
{
	bool special = argc > 1 && argv[1][0] == '-';
	u32 i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (stub_init(PHYSMEM, (void **)&physmem)) {
		printf("Bail out! %s\n", stub_error());
		return 1;
	}
	memcpy(physmem + PHYS_GUEST, guest_start, 0x1000);
	if (special && argv[1][1] == 'b')
		bench();
	if (special && argv[1][1] == 's')
		serve_forever();
	for (i = 0; i < ARRAY_SIZE(tests) && !special; i++) {
		if (!wanted(tests[i].name, argc, argv))
			continue;
		test_bad = false;
		tests[i].run();
		failures += test_bad;
		printf("%sok %d - %s\n", test_bad ? "not " : "", ++test_nr,
		       tests[i].name);
	}
	if (!special)
		printf("1..%d\n", test_nr);
	stub_shutdown();
	return failures ? 1 : 0;
}
