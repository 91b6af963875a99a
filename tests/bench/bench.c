// SPDX-License-Identifier: GPL-2.0
/*
 * The small figures of "make bench": one static program, run in each Linux.
 *
 * usage: bench [SCALE] [NAME...]
 *
 * Prints "NAME<TAB>UNIT<TAB>VALUE", the median of several batches, in
 * microseconds for one operation. SCALE in percent makes batches longer or
 * shorter.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCHES		11
#define PAGE		4096UL
#define FAULT_PAGES	512UL

static const char *self;

static void __attribute__((noreturn)) die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

/* Each function does @count operations and returns how many it did. */
static long null_syscall(long count)
{
	for (long i = 0; i < count; i++)
		syscall(SYS_getppid);
	return count;
}

static long clock_read(long count)
{
	struct timespec ts;

	for (long i = 0; i < count; i++)
		clock_gettime(CLOCK_MONOTONIC, &ts);
	return count;
}

static void pass(int from, int to)
{
	char byte = 0;

	if (read(from, &byte, 1) != 1 || write(to, &byte, 1) != 1)
		exit(0);
}

static long pipe_round_trip(long count)
{
	int there[2], back[2];
	pid_t child;

	if (pipe(there) || pipe(back))
		die("pipe");
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		close(there[1]);
		for (;;)
			pass(there[0], back[1]);
	}
	close(there[0]);
	if (write(there[1], "", 1) != 1)
		die("write");
	for (long i = 1; i < count; i++)
		pass(back[0], there[1]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
	waitpid(child, NULL, 0);
	return count;
}

struct turn {
	uint32_t word;
	long count;
};

static void take_turns(struct turn *turn, uint32_t mine)
{
	for (long i = 0; i < turn->count; i++) {
		while (__atomic_load_n(&turn->word, __ATOMIC_ACQUIRE) != mine)
			syscall(SYS_futex, &turn->word, FUTEX_WAIT_PRIVATE,
				!mine, NULL);
		__atomic_store_n(&turn->word, !mine, __ATOMIC_RELEASE);
		syscall(SYS_futex, &turn->word, FUTEX_WAKE_PRIVATE, 1);
	}
}

static void *other_thread(void *turn)
{
	take_turns(turn, 1);
	return NULL;
}

/* Two threads hand a word to each other: two switches for each turn. */
static long thread_switch(long count)
{
	struct turn turn = { .count = count / 2 };
	pthread_t thread;

	if (pthread_create(&thread, NULL, other_thread, &turn))
		die("pthread_create");
	take_turns(&turn, 0);
	pthread_join(thread, NULL);
	return turn.count * 2;
}

static long fork_exit(long count)
{
	for (long i = 0; i < count; i++) {
		pid_t child = fork();

		if (child < 0)
			die("fork");
		if (!child)
			_exit(0);
		waitpid(child, NULL, 0);
	}
	return count;
}

static long fork_exec(long count)
{
	for (long i = 0; i < count; i++) {
		pid_t child = fork();

		if (child < 0)
			die("fork");
		if (!child) {
			execl(self, self, "-", NULL);
			_exit(127);
		}
		waitpid(child, NULL, 0);
	}
	return count;
}

static long touch(char *at)
{
	for (unsigned long i = 0; i < FAULT_PAGES; i++)
		((volatile char *)at)[i * PAGE] = 1;
	return FAULT_PAGES;
}

static long fault_memory(long count, int advice)
{
	long done = 0;
	char *at;

	while (done < count) {
		at = mmap(NULL, FAULT_PAGES * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (at == MAP_FAILED)
			die("mmap");
		/* Refused where there are no large pages. */
		madvise(at, FAULT_PAGES * PAGE, advice);
		done += touch(at);
		munmap(at, FAULT_PAGES * PAGE);
	}
	return done;
}

/* As the system likes, with pages of any size. */
static long fault_anon(long count)
{
	return fault_memory(count, MADV_NORMAL);
}

static long fault_small(long count)
{
	return fault_memory(count, MADV_NOHUGEPAGE);
}

/* Page cache pages, each of which is read for the first time. */
static long fault_file(long count)
{
	char name[] = "/tmp/bench.XXXXXX";
	int fd = mkstemp(name);
	volatile char sum = 0;
	long done = 0;
	char *at;

	if (fd < 0 || ftruncate(fd, FAULT_PAGES * PAGE))
		die(name);
	unlink(name);
	at = mmap(NULL, FAULT_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		  fd, 0);
	if (at == MAP_FAILED)
		die("mmap");
	touch(at);
	munmap(at, FAULT_PAGES * PAGE);
	while (done < count) {
		at = mmap(NULL, FAULT_PAGES * PAGE, PROT_READ, MAP_SHARED, fd,
			  0);
		if (at == MAP_FAILED)
			die("mmap");
		for (unsigned long i = 0; i < FAULT_PAGES; i++)
			sum += at[i * PAGE];
		done += FAULT_PAGES;
		munmap(at, FAULT_PAGES * PAGE);
	}
	close(fd);
	return done;
}

static long map_unmap(long count)
{
	for (long i = 0; i < count; i++) {
		char *at = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (at == MAP_FAILED)
			die("mmap");
		*(volatile char *)at = 1;
		munmap(at, 16 * PAGE);
	}
	return count;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static const struct bench {
	const char *name;
	long (*run)(long count);
	long count;
} benches[] = {
	{ "null system call", null_syscall, 20000 },
	{ "clock_gettime", clock_read, 100000 },
	{ "pipe round trip", pipe_round_trip, 2000 },
	{ "thread switch", thread_switch, 2000 },
	{ "fork+exit", fork_exit, 100 },
	{ "fork+exec", fork_exec, 50 },
	{ "page fault, anonymous", fault_anon, 4096 },
	{ "page fault, 4 KiB", fault_small, 4096 },
	{ "page fault, file", fault_file, 4096 },
	{ "mmap+touch+munmap", map_unmap, 1000 },
};

static void measure(const struct bench *bench, long scale)
{
	long count = bench->count * scale / 100;
	double batch[BATCHES], start;

	if (count < 2)
		count = 2;
	bench->run(count / 2);
	for (int i = 0; i < BATCHES; i++) {
		start = now();
		long done = bench->run(count);

		batch[i] = (now() - start) / done;
	}
	qsort(batch, BATCHES, sizeof(batch[0]), compare);
	printf("%s\tus\t%.3f\n", bench->name, batch[BATCHES / 2]);
	fflush(stdout);
}

static int wanted(const char *name, int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		if (strstr(name, argv[i]))
			return 1;
	}
	return argc <= 2;
}

/* As the first program of a Linux: says when it ran, in ns, and ends all. */
static int be_init(void)
{
	struct timespec ts;
	FILE *console;

	clock_gettime(CLOCK_REALTIME, &ts);
	console = fopen("/dev/console", "w");
	if (console) {
		fprintf(console, "bench: init at %ld%09ld\n", (long)ts.tv_sec,
			ts.tv_nsec);
		fclose(console);
	}
	sync();
	return reboot(RB_POWER_OFF);
}

int main(int argc, char **argv)
{
	long scale = argc > 1 ? atol(argv[1]) : 100;

	if (getpid() == 1)
		return be_init();
	self = argv[0];
	if (argc == 2 && !strcmp(argv[1], "-"))
		return 0;
	for (unsigned int i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
		if (wanted(benches[i].name, argc, argv))
			measure(&benches[i], scale);
	}
	return 0;
}
