// SPDX-License-Identifier: GPL-2.0
/*
 * A hostile program, for inside Linux: does all it can think of to make a host
 * call, or to keep its engine's process from the kernel. Prints TAP.
 *
 * usage: escape PART...
 *
 * Whatever happens to its children is right, as long as they end; that the
 * kernel goes on, and that no host call passed, is seen from outside
 * (tests/escape.t).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "../../arch/windows/engine/wine/layout.h"

#define LOW		0x10000000UL	/* code that 32-bit segments reach */
#define TEMPTING	0x500000UL	/* nothing is mapped here */
#define ENDLESS_MS	2		/* of a child's endless loop */
#define CHILD_MS	20000		/* of a child that does not end */
#define STALL_MS	200			/* of a jump that comes back no more */
#define KILLED_MS	120000		/* of one that was killed: no hurry */

static int tests, failures;
static sigjmp_buf back;
static volatile int caught;

static void result(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
	fflush(stdout);
	failures += !good;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ---- children ---- */

static void on_signal(int sig)
{
	caught = sig;
	siglongjmp(back, 1);
}

/* Every signal that hostile code may bring about comes back to "back". */
static void catch_all(void)
{
	static const int signals[] = {
		SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, SIGALRM,
	};
	static char stack[65536];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = SA_ONSTACK | SA_NODEFER,
	};
	size_t i;

	sigaltstack(&alternate, NULL);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

static void alarm_ms(int ms)
{
	struct itimerval timer = { .it_value.tv_usec = ms * 1000 };

	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Wait for a child, for some time; it must be possible to kill it. */
static int finish(pid_t pid, int ms)
{
	uint64_t end = now_ms() + (uint64_t)ms;
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (now_ms() > end) {
			kill(pid, SIGKILL);
			end = now_ms() + KILLED_MS;
			while (waitpid(pid, &status, WNOHANG) == 0) {
				if (now_ms() > end)
					return -1;
				usleep(1000);
			}
			break;
		}
		usleep(500);
	}
	return status;
}

/*
 * Random system calls may be anything, fork and kill included, so all of this
 * is done by nobody, with few processes, in a PID namespace of its own.
 */
static int in_cage(void (*part)(void))
{
	struct rlimit few = { 60, 60 }, none = { 0, 0 }, some = { 1 << 28, 1 << 28 };
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS |
		    CLONE_NEWNET))
		return -1;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setrlimit(RLIMIT_CORE, &none);
		setrlimit(RLIMIT_AS, &some);
		setrlimit(RLIMIT_FSIZE, &none);
		if (setresgid(65534, 65534, 65534) ||
		    setresuid(65534, 65534, 65534))
			_exit(1);
		setrlimit(RLIMIT_NPROC, &few);
		part();
		fflush(stdout);
		_exit(failures);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

/* ---- the engine's code, as every program sees it ---- */

static const uint8_t *engine = (const uint8_t *)(ENGINE_BASE + ENGINE_CODE);

/* Its system call instruction behind "movl $number, %eax". */
static uint64_t engine_syscall(uint32_t number)
{
	uint8_t code[7] = { 0xb8, 0, 0, 0, 0, 0x0f, 0x05 };
	const uint8_t *at;

	memcpy(code + 1, &number, 4);
	at = memmem(engine, 0x1000, code, sizeof(code));
	return at ? (uint64_t)at + 5 : 0;
}

/* ---- parts ---- */

static long call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d;
	register long r8 asm("r8") = e;
	register long r9 asm("r9") = f;
	long ret;

	asm volatile("syscall" : "=a" (ret)
		     : "0" (nr), "D" (a), "S" (b), "d" (c), "r" (r10), "r" (r8),
		       "r" (r9)
		     : "rcx", "r11", "memory");
	return ret;
}

/* Every number, in a child each; once with what mmap would like. */
static void every_number(void)
{
	int nr, way, ended = 0, wanted = 0;
	pid_t pid;

	for (way = 0; way < 2; way++) {
		for (nr = 0; nr < 500; nr++) {
			wanted++;
			pid = fork();
			if (!pid) {
				alarm_ms(ENDLESS_MS);
				if (way)
					call6(nr, TEMPTING, 0x1000, 7, 0x11, 3,
					      0);
				else
					call6(nr, 0, 0, 0, 0, 0, 0);
				_exit(0);
			}
			ended += finish(pid, 500) != -1;
		}
	}
	result(ended == wanted, "every system call number: the child ends");
	/* The call that must not be one: x32, and numbers far out */
	for (nr = 0, wanted = 0, ended = 0; nr < 600; nr++) {
		wanted++;
		ended += call6(nr | 0x40000000, 0, 0, 0, 0, 0, 0) == -ENOSYS;
	}
	for (nr = 10; nr < 32; nr++) {
		wanted++;
		ended += call6((long)(1UL << nr), 0, 0, 0, 0, 0, 0) == -ENOSYS;
	}
	result(ended == wanted, "x32 numbers and numbers far out: ENOSYS");
	/* The upper half of the register is not looked at: this is read() */
	for (nr = 32, wanted = 0, ended = 0; nr < 64; nr++) {
		wanted++;
		ended += call6((long)(1UL << nr), 0, 0, 0, 0, 0, 0) == 0;
	}
	result(ended == wanted, "a number is an int");
}

/* 32-bit code at LOW + 64 n: way n */
static const uint8_t ways[3][4] = {
	{ 0x0f, 0x05, 0x0f, 0x0b },	/* syscall; ud2 */
	{ 0xcd, 0x80, 0x0f, 0x0b },	/* int $0x80; ud2 */
	{ 0x0f, 0x34, 0x0f, 0x0b },	/* sysenter; ud2 */
};

static void far_jump(int way, long nr)
{
	asm volatile("pushq $0x23\n\t"
		     "pushq %0\n\t"
		     "lretq"
		     : : "r" (LOW + 64UL * (unsigned long)way), "a" (nr),
			 "b" (TEMPTING), "c" (0x1000), "d" (7), "S" (0x11),
			 "D" (3)
		     : "memory");
}

static void compat(void)
{
	uint8_t *low = mmap((void *)LOW, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	static volatile int way, nr, returned, wanted;
	long ret;

	if (low != (void *)LOW) {
		result(0, "compat: no memory");
		return;
	}
	for (way = 0; way < 3; way++)
		memcpy(low + 64 * way, ways[way], 4);
	catch_all();
	for (nr = 0; nr < 600; nr++) {
		wanted++;
		if (!sigsetjmp(back, 1)) {
			asm volatile("int $0x80" : "=a" (ret)
				     : "0" ((long)nr), "b" (TEMPTING),
				       "c" (0x1000), "d" (7), "S" (0x11), "D" (3)
				     : "r8", "r9", "r10", "r11", "memory");
			returned += ret == -ENOSYS;
		} else {
			returned += caught == SIGSEGV;
		}
		for (way = 0; way < 3; way++) {
			wanted++;
			if (!sigsetjmp(back, 1))
				far_jump(way, nr);
			else
				returned++;
		}
	}
	result(returned == wanted,
	       "int $0x80 and a far jump to 32 bit: ENOSYS or a signal");
}

struct shared {
	volatile uint32_t at;
	volatile uint32_t not_at;
};

static uint64_t seed;

static uint64_t random64(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return seed ^ seed >> 29;
}

/* Named by the assembler code below. */
uint64_t jump_regs[16], jump_to;

/* All registers from jump_regs, and off. */
asm(".pushsection .text\n"
    "jump_away:\n"
    "	movq	jump_regs+8*0(%rip), %rax\n"
    "	movq	jump_regs+8*1(%rip), %rbx\n"
    "	movq	jump_regs+8*2(%rip), %rcx\n"
    "	movq	jump_regs+8*3(%rip), %rdx\n"
    "	movq	jump_regs+8*4(%rip), %rsi\n"
    "	movq	jump_regs+8*5(%rip), %rdi\n"
    "	movq	jump_regs+8*6(%rip), %rbp\n"
    "	movq	jump_regs+8*7(%rip), %r8\n"
    "	movq	jump_regs+8*8(%rip), %r9\n"
    "	movq	jump_regs+8*9(%rip), %r10\n"
    "	movq	jump_regs+8*10(%rip), %r11\n"
    "	movq	jump_regs+8*11(%rip), %r12\n"
    "	movq	jump_regs+8*12(%rip), %r13\n"
    "	movq	jump_regs+8*13(%rip), %r14\n"
    "	movq	jump_regs+8*14(%rip), %r15\n"
    "	movq	jump_regs+8*15(%rip), %rsp\n"
    "	jmp	*jump_to(%rip)\n"
    ".popsection\n");

__attribute__((noreturn)) void jump_away(void);

static void landing(void)
{
	raise(SIGTRAP);
}

static void random_regs(void)
{
	static uint64_t stack[1024];
	const uint64_t nice[] = {
		15, 202, 18, 9, 10, 11, 3, 4, TEMPTING, 0x1000, 7, 0x11,
		ENGINE_BASE + ENGINE_ORDER, ENGINE_BASE + ENGINE_SHARED,
		ENGINE_BASE + ENGINE_PROOF, (uint64_t)stack,
	};
	int i;

	for (i = 0; i < 15; i++)
		jump_regs[i] = random64() & 1 ? random64() :
			       nice[random64() % 16];
	jump_regs[11] = (uint64_t)landing;		/* r12 */
	jump_regs[15] = random64() & 31 ? (uint64_t)(stack + 768) :
			ENGINE_BASE + ENGINE_STACK + 0x3000;
}

/* Behind the last instruction there are zeroes: some of those are enough. */
static uint32_t step(uint32_t at)
{
	static uint32_t end;

	if (!end)
		for (end = 0x1000; end && !engine[end - 1]; end--)
			;
	return at % 0x1000 < end ? 1 : 64;
}

static int mapped_by_host(uint64_t at)
{
	char line[256];
	unsigned long from, to;
	FILE *maps;
	volatile int known = 0;

	catch_all();
	if (sigsetjmp(back, 1))
		return 0;
	*(volatile char *)at;
	maps = fopen("/proc/self/maps", "r");
	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx", &from, &to) == 2)
			known |= at >= from && at < to;
	return !known;
}

static void jumper(struct shared *s, uint32_t end)
{
	catch_all();
	for (;;) {
		sigsetjmp(back, 1);
		if (s->at >= end || s->at != ~s->not_at)
			_exit(mapped_by_host(TEMPTING) ? 77 : 0);
		seed = 0x9e3779b97f4a7c15ull * (s->at + 1);
		jump_to = ENGINE_BASE + ENGINE_CODE + s->at % 0x1000;
		s->at += step(s->at);
		s->not_at = ~s->at;
		random_regs();
		alarm_ms(ENDLESS_MS);
		jump_away();
	}
}

/* All of them take some seconds; one that gets no further must go. */
static int finish_jumper(pid_t pid, const struct shared *s)
{
	uint64_t moved = now_ms();
	uint32_t at = s->at;
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) ||
		    info.si_pid)
			return finish(pid, CHILD_MS);
		if (s->at != at)
			moved = now_ms();
		at = s->at;
		if (now_ms() - moved > STALL_MS)
			return finish(pid, 0);
		usleep(500);
	}
}

static void jumps(void)
{
	struct shared *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint32_t end = 0x1000, at;
	int lives = 0, stuck = 0, escaped = 0, status;
	pid_t pid;

	s->not_at = ~s->at;
	while (s->at < end) {
		at = s->at;
		pid = fork();
		if (!pid)
			jumper(s, end);
		status = finish_jumper(pid, s);
		stuck += status == -1;
		escaped += WIFEXITED(status) && WEXITSTATUS(status) == 77;
		lives++;
		/* A wild write may have hit the counter. */
		if (s->at != ~s->not_at || s->at < at)
			s->at = at;
		if (s->at == at)
			s->at += step(at);
		s->not_at = ~s->at;
	}
	printf("# %d processes for %u bytes\n", lives, end);
	result(!stuck, "jumps into every byte of the engine's code: all end");
	result(!escaped, "and none has mapped what Linux does not know");
}

/* A child for each forged frame. */
static uint64_t forge_area[2048] __attribute__((aligned(64)));

static void spin(void)
{
	for (;;)
		asm volatile("");
}

static void forge(uint64_t ip, uint64_t mask, uint64_t cs, uint64_t ss,
		  uint64_t stack_sp, uint64_t stack_flags, uint64_t stack_size,
		  uint64_t fpstate)
{
	static uint64_t stack[1024] __attribute__((aligned(16)));
	uint64_t *f = forge_area + 512;

	f[0] = 6;
	f[2] = stack_sp;
	f[3] = stack_flags;
	f[4] = stack_size;
	f[12] = (uint64_t)landing;
	f[13] = ENGINE_BASE + ENGINE_ORDER;	/* rdi, as for its futex call */
	f[17] = *(volatile uint32_t *)(ENGINE_BASE + ENGINE_ORDER) + 4;
	f[18] = 202;
	f[20] = (uint64_t)(stack + 768);
	f[21] = ip;
	f[22] = 0x202;
	f[23] = cs | ss << 48;
	f[28] = fpstate;
	f[37] = mask;
	jump_regs[0] = 15;
	jump_regs[15] = (uint64_t)f;
	jump_to = engine_syscall(15);
	alarm_ms(200);
	jump_away();
}

static void frames(void)
{
	const uint64_t stack = ENGINE_BASE + ENGINE_STACK;
	const uint64_t size = ENGINE_STACK_SIZE;
	const uint64_t wait = engine_syscall(202);
	uint64_t own = (uint64_t)forge_area;
	const struct {
		const char *what;
		uint64_t ip, mask, cs, ss, sp, flags, size, fpstate;
	} list[] = {
		{ "all signals blocked", (uint64_t)spin, ~0ULL, 0x33, 0x2b,
		  stack, 0, size, 0 },
		{ "blocked and asleep", wait, ~0ULL, 0x33, 0x2b, stack, 0, size,
		  0 },
		{ "blocked, stack moved", (uint64_t)spin, ~0x40000000ULL, 0x33,
		  0x2b, own, 0, 0x2000, 0 },
		{ "stack moved", (uint64_t)landing, 0, 0x33, 0x2b, own, 0,
		  0x3000, 0 },
		{ "stack disabled", (uint64_t)landing, 0, 0x33, 0x2b, 0, 2, 0,
		  0 },
		{ "stack nowhere", (uint64_t)landing, 0, 0x33, 0x2b, 0xdead0000,
		  0, 0x10000, 0 },
		{ "32-bit code", (uint64_t)landing, 0, 0x23, 0x2b, stack, 0,
		  size, 0 },
		{ "kernel selectors", (uint64_t)landing, 0, 0x10, 0x18, stack, 0,
		  size, 0 },
		{ "odd selectors", (uint64_t)landing, 0, 0xffff, 0xffff, stack,
		  0, size, 0 },
		{ "no selectors", (uint64_t)landing, 0, 0, 0, stack, 0, size,
		  0 },
		{ "non-canonical ip", 0x8000000000000000, 0, 0x33, 0x2b, stack,
		  0, size, 0 },
		{ "odd fpstate", (uint64_t)landing, 0, 0x33, 0x2b, stack, 0,
		  size, own + 0x1001 },
	};
	char text[80];
	size_t i;
	pid_t pid;

	if (!wait || !engine_syscall(15)) {
		result(0, "the engine's instructions are found");
		return;
	}
	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		pid = fork();
		if (!pid)
			forge(list[i].ip, list[i].mask, list[i].cs, list[i].ss,
			      list[i].sp, list[i].flags, list[i].size,
			      list[i].fpstate);
		snprintf(text, sizeof(text), "forged frame: %s: it ends",
			 list[i].what);
		result(finish(pid, 3000) != -1, text);
	}
}

/* ---- the shared page, written to by somebody else in the address space ---- */

static char thread_stack[65536] __attribute__((aligned(64)));

static int scribbler(void *pattern)
{
	volatile uint64_t *page = (void *)(ENGINE_BASE + ENGINE_SHARED);
	uint64_t words = (ENGINE_SIZE - ENGINE_SHARED) / 8, i;

	seed = (uintptr_t)pattern;
	for (;;) {
		/* Words alone, one after the other; all of it; pretended exits */
		switch ((uintptr_t)pattern % 4) {
		case 0:
			page[random64() % 8] = random64();
			break;
		case 1:
			for (i = 0; i < words; i++)
				page[i] = random64();
			break;
		case 2:
			page[random64() % words] = random64() & 1 ? 0 : ~0ULL;
			break;
		default:
			*(volatile uint32_t *)page =
				*(volatile uint32_t *)(ENGINE_BASE +
						       ENGINE_ORDER);
			*((volatile uint32_t *)page + 1) = random64() & 1;
			*((volatile uint32_t *)page + 2) = random64() % 33;
		}
	}
	return 0;
}

static void scribble(void)
{
	int round, ended = 0, i;
	void *at;
	pid_t pid;

	for (round = 0; round < 16; round++) {
		pid = fork();
		if (!pid) {
			/* A thread, and a process with the same memory */
			clone(scribbler, thread_stack + sizeof(thread_stack),
			      CLONE_VM | (round & 4 ? SIGCHLD : CLONE_THREAD |
					  CLONE_SIGHAND), (void *)(uintptr_t)round);
			alarm(2);
			for (i = 0;; i++) {
				getppid();
				at = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
				if (at == MAP_FAILED)
					_exit(0);
				*(volatile int *)at = i;
				munmap(at, 65536);
			}
		}
		ended += finish(pid, 500) != -1;
	}
	result(ended == round, "the shared page scribbled on: all end");
}

/*
 * Pretend an exit while running on: the kernel changes no mapping without a
 * proof, and gets rid of the process.
 */
static void pretend(void)
{
	volatile uint32_t *order = (void *)(ENGINE_BASE + ENGINE_ORDER);
	volatile uint8_t *page = (void *)(ENGINE_BASE + ENGINE_SHARED);
	uint64_t frame;
	pid_t pid = fork();

	if (!pid) {
		frame = *(volatile uint64_t *)(page + SHARED_FRAME);
		for (;;) {
			*(volatile uint64_t *)(page + SHARED_FRAME) = frame;
			*(volatile uint32_t *)(page + SHARED_SIGNAL) = 31;
			*(volatile uint32_t *)(page + SHARED_EXIT) = *order;
		}
	}
	result(finish(pid, 2000) != -1, "a pretended exit: it ends");
}

/* The pages that are said to be read-only are that. */
static void read_only(void)
{
	static const uint64_t pages[] = {
		ENGINE_CODE, ENGINE_DATA, ENGINE_ORDER, ENGINE_PROOF,
	};
	static volatile size_t i;
	static volatile int refused;

	catch_all();
	for (i = 0; i < 4; i++) {
		if (!sigsetjmp(back, 1))
			*(volatile uint64_t *)(ENGINE_BASE + pages[i] + 8) = 1;
		else
			refused += caught == SIGSEGV;
	}
	result(refused == 4, "the engine's read-only pages cannot be written");
	result(munmap((void *)ENGINE_BASE, ENGINE_SIZE) && errno == EINVAL,
	       "nor unmapped");
	result(mmap((void *)ENGINE_BASE, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED,
	       "nor mapped over");
	result(!mapped_by_host(TEMPTING), "nothing is mapped that Linux does not know");
}

static const struct {
	const char *name;
	void (*run)(void);
} parts[] = {
	{ "numbers", every_number },
	{ "compat", compat },
	{ "jumps", jumps },
	{ "frames", frames },
	{ "scribble", scribble },
	{ "pretend", pretend },
	{ "read-only", read_only },
};

int main(int argc, char **argv)
{
	size_t i;
	int status;

	if (argc != 2)
		return 2;
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strcmp(argv[1], parts[i].name))
			continue;
		status = in_cage(parts[i].run);
		if (!WIFEXITED(status)) {
			printf("not ok - %s: ended by %d\n", argv[1], status);
			return 1;
		}
		return WEXITSTATUS(status);
	}
	return 2;
}
