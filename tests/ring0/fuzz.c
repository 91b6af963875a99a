// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz: random bytes as code, in a program of Linux's.
 *
 * usage: fuzz ROUNDS [SEED]
 *
 * Each round fills a buffer with random bytes and with instructions that a
 * program must not get away with, sets all registers and flags at random and
 * jumps there. Whatever happens to the program, Linux and its host must go on;
 * those who run this look at them. Prints how the rounds ended.
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
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

#define CODE_SIZE	96
#define ENDLESS_US	1500	/* of a round that does not end by itself */
#define WORKER_ROUNDS	200	/* before a fresh one: little is left of it */
#define STALL_MS	500	/* of a worker that gets no further */

/* What the workers and their parent share. */
struct shared {
	volatile uint32_t round;
	volatile uint32_t ended[65];	/* by signal */
};

static struct shared *shared;
/* Named in jump(). */
uint8_t *code;
uint64_t registers[16];
static uint64_t flags;
static uint64_t fs_base;
static sigjmp_buf back;
static uint64_t seed;

static uint64_t random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dull;
}

/* Length, then bytes: privileged, odd, or on the border. */
static const char *const instructions[] = {
	"\2\x0f\x05",			/* syscall */
	"\2\x0f\x34",			/* sysenter */
	"\2\xcd\x80", "\2\xcd\x02", "\2\xcd\x1f", "\2\xcd\x2f", "\2\xcd\xd1",
	"\2\xcd\x0e", "\2\xcd\x08", "\2\xcd\x03", "\1\xf1", "\1\xcc",
	"\1\xfa", "\1\xfb", "\1\xf4",	/* cli, sti, hlt */
	"\2\x0f\x30", "\2\x0f\x32", "\2\x0f\x33",	/* wrmsr, rdmsr, rdpmc */
	"\3\x0f\x01\xf8",		/* swapgs */
	"\3\x0f\x01\xd1",		/* xsetbv */
	"\3\x0f\x01\x10",		/* lgdt [rax] */
	"\3\x0f\x01\x18",		/* lidt [rax] */
	"\3\x0f\x01\x00", "\3\x0f\x01\x08",	/* sgdt, sidt */
	"\3\x0f\x00\xd8", "\3\x0f\x00\xd0",	/* ltr, lldt */
	"\3\x0f\x00\xc8",		/* str eax */
	"\3\x0f\x01\x38",		/* invlpg [rax] */
	"\3\x0f\x22\xc0", "\3\x0f\x22\xd8", "\3\x0f\x22\xe0",	/* mov cr */
	"\3\x0f\x20\xd8", "\3\x0f\x23\xf8", "\3\x0f\x21\xf8",	/* and dr */
	"\3\x48\x0f\x07", "\2\x0f\x07", "\2\x0f\x35",	/* sysret, sysexit */
	"\2\x48\xcb", "\1\xcb",		/* far returns */
	"\2\x8e\xd8", "\2\x8e\xc0", "\2\x8e\xe0", "\2\x8e\xe8", "\2\x8e\xd0",
	"\3\x48\xff\x28", "\3\x48\xff\x18",	/* far jump, call [rax] */
	"\1\x9d", "\1\x9c",		/* popf, pushf */
	"\5\xf3\x48\x0f\xae\xd0", "\5\xf3\x48\x0f\xae\xd8",	/* wr?sbase */
	"\1\xe4", "\1\xe6", "\1\xec", "\1\xee",	/* in, out */
	"\3\x0f\x01\xc8", "\3\x0f\x01\xc1", "\3\x0f\x01\xd9",	/* monitor, vm */
	"\3\x0f\xae\x28", "\3\x0f\xae\x10", "\3\x0f\xae\x08",	/* xrstor, mxcsr */
	"\2\xd9\x28", "\2\xdb\xe3", "\2\xd9\xf6",	/* x87 */
	"\2\x0f\x09", "\2\x0f\x06",	/* wbinvd, clts */
	"\2\x0f\x0b", "\1\x5c", "\1\xc9", "\1\xc3",
	"\3\x0f\x02\xc0", "\3\x0f\x03\xc0",	/* lar, lsl */
	"\2\xeb\xfe",			/* for ever */
};

static void fill_code(void)
{
	const char *one;
	size_t at = 0, i;

	while (at < CODE_SIZE - 16) {
		one = instructions[random64() % (sizeof(instructions) /
						 sizeof(instructions[0]))];
		if (random64() & 3) {
			code[at++] = (uint8_t)random64();
			continue;
		}
		memcpy(code + at, one + 1, (size_t)one[0]);
		at += (size_t)one[0];
	}
	/*
	 * QEMU's iret takes a program into virtual 8086 mode, where it has any
	 * privilege; no processor does that in 64-bit mode.
	 */
	for (i = 0; i < at; i++)
		if (code[i] == 0xcf)
			code[i] = 0x90;
	for (; at < CODE_SIZE; at++)
		code[at] = at & 1 ? 0x0b : 0x0f;
}

/* Memory, selectors, model-specific registers, ends of address ranges. */
static uint64_t odd_value(void)
{
	static uint8_t area[65536] __attribute__((aligned(4096)));
	static const uint64_t list[] = {
		0, 1, 0x10, 0x18, 0x23, 0x2b, 0x33, 0x40, 0x53, 0x80, 0x83,
		0xc0000080, 0xc0000082, 0xc0000101, 0xc0000102,
		0x7ffffffff000, 0x7fffffffffff, 0x800000000000,
		0xffff800000000000, 0xfffff80000000000, 0xffffffffffffffff,
		39, 15, 57, 231, 0x40000000,
	};

	if (random64() & 1)
		return (uint64_t)(area + 32768 + random64() % 16384);
	return list[random64() % (sizeof(list) / sizeof(list[0]))];
}

static void fill_registers(void)
{
	int i;

	for (i = 0; i < 16; i++)
		registers[i] = random64() % 3 ? odd_value() : random64();
	flags = random64() & 0x244dd5;
	if (random64() % 8)
		flags &= ~0x100ull;	/* single steps are slow */
}

/* No TLS before this: the round may have changed FS. */
static void on_signal(int sig)
{
	long ret;

	asm volatile("syscall" : "=a" (ret)
		     : "0" (SYS_arch_prctl), "D" (ARCH_SET_FS), "S" (fs_base)
		     : "rcx", "r11", "memory");
	asm volatile("cld; fninit");
	shared->ended[sig]++;
	siglongjmp(back, 1);
}

static void catch_signals(void)
{
	static const int signals[] = {
		SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, SIGALRM,
	};
	static uint8_t stack[65536];
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

static void jump(void)
{
	asm volatile("pushq %0; popfq\n"
		     "movq registers(%%rip), %%rsp\n"
		     "movq 8+registers(%%rip), %%rbp\n"
		     "movq 16+registers(%%rip), %%rbx\n"
		     "movq 24+registers(%%rip), %%rcx\n"
		     "movq 32+registers(%%rip), %%rdx\n"
		     "movq 40+registers(%%rip), %%rsi\n"
		     "movq 48+registers(%%rip), %%rdi\n"
		     "movq 56+registers(%%rip), %%r8\n"
		     "movq 64+registers(%%rip), %%r9\n"
		     "movq 72+registers(%%rip), %%r10\n"
		     "movq 80+registers(%%rip), %%r11\n"
		     "movq 88+registers(%%rip), %%r12\n"
		     "movq 96+registers(%%rip), %%r13\n"
		     "movq 104+registers(%%rip), %%r14\n"
		     "movq 112+registers(%%rip), %%r15\n"
		     "movq 120+registers(%%rip), %%rax\n"
		     "jmp *code(%%rip)\n"
		     : : "r" (flags) : "memory");
	__builtin_unreachable();
}

static void worker(uint32_t rounds, uint64_t first_seed)
{
	struct itimerval timer = { .it_value.tv_usec = ENDLESS_US };
	static uint32_t last;

	syscall(SYS_arch_prctl, ARCH_GET_FS, &fs_base);
	code = mmap((void *)0x30000000, 4096,
		    PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	catch_signals();
	last = shared->round + WORKER_ROUNDS;
	if (last > rounds)
		last = rounds;
	for (;;) {
		sigsetjmp(back, 1);
		if (shared->round >= last)
			_exit(0);
		seed = (first_seed + ++shared->round) * 0x9e3779b97f4a7c15ull;
		fill_code();
		fill_registers();
		setitimer(ITIMER_REAL, &timer, NULL);
		jump();
	}
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A worker that exits, sleeps or destroys itself is replaced by the next. */
static void watch(pid_t pid)
{
	uint64_t moved = now_ms();
	uint32_t at = shared->round;
	int status;

	while (!waitpid(pid, &status, WNOHANG)) {
		if (shared->round != at)
			moved = now_ms();
		at = shared->round;
		if (now_ms() - moved > STALL_MS)
			kill(pid, SIGKILL);
		usleep(2000);
	}
}

static void all_rounds(uint32_t rounds, uint64_t first_seed)
{
	uint32_t workers = 0, at;
	pid_t pid;
	int i;

	while (shared->round < rounds) {
		at = shared->round;
		pid = fork();
		if (!pid)
			worker(rounds, first_seed);
		if (pid < 0) {
			usleep(10000);
			continue;
		}
		watch(pid);
		workers++;
		/* A wild write may have hit the counter. */
		if (shared->round < at || shared->round > at + rounds)
			shared->round = at + 1;
		if (shared->round == at)
			shared->round++;
	}
	printf("rounds %u workers %u", rounds, workers);
	for (i = 1; i < 65; i++)
		if (shared->ended[i])
			printf(" signal%d %u", i, shared->ended[i]);
	printf("\n");
}

/* Random system calls may be anything: nobody does them, among few. */
static int cage(uint32_t rounds, uint64_t first_seed)
{
	struct rlimit few = { 40, 40 }, some = { 1 << 28, 1 << 28 }, none = { 0, 0 };
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS |
		    CLONE_NEWNET))
		fprintf(stderr, "fuzz: no namespaces of its own\n");
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setrlimit(RLIMIT_CORE, &none);
		setrlimit(RLIMIT_FSIZE, &none);
		setrlimit(RLIMIT_AS, &some);
		if (setresgid(65534, 65534, 65534) ||
		    setresuid(65534, 65534, 65534))
			_exit(1);
		setrlimit(RLIMIT_NPROC, &few);
		all_rounds(rounds, first_seed);
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 1;
	return status ? 1 : 0;
}

int main(int argc, char **argv)
{
	uint32_t rounds = argc > 1 ? (uint32_t)atoi(argv[1]) : 1000;
	uint64_t first_seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 2;
	return cage(rounds, first_seed);
}
