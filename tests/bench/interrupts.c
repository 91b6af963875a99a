// SPDX-License-Identifier: GPL-2.0
/*
 * What an interrupt costs a program: for "make bench-nt".
 *
 * usage: interrupts [SECONDS]
 *
 * Reads the time stamp counter in a loop. As many of the longest pauses as
 * /proc/interrupts counts meanwhile are taken for interrupts; prints
 * "interrupt<TAB>us<TAB>VALUE", the median of them, and how many there were.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_PAUSES	(1 << 20)

static uint64_t pauses[MAX_PAUSES];

static inline uint64_t counter(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return (uint64_t)high << 32 | low;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

/* The first processor's: the local timer, devices but not those NT plays, NT's own. */
static long interrupts(void)
{
	FILE *file = fopen("/proc/interrupts", "r");
	char line[4096], name[32];
	long sum = 0, count;

	if (!file) {
		perror("/proc/interrupts");
		exit(1);
	}
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %31[^:]: %ld", name, &count) != 2)
			continue;
		if (strstr(line, "handed on") || !strcmp(name, "LOC") ||
		    (isdigit(name[0]) && !strstr(line, " NT ")))
			sum += count;
	}
	fclose(file);
	return sum;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y) - (x > y);
}

/* The shortest time round the loop: what is not a pause. */
static uint64_t shortest(void)
{
	uint64_t last = counter(), this, best = ~0ull;

	for (int i = 0; i < 100000; i++) {
		this = counter();
		if (this - last < best)
			best = this - last;
		last = this;
	}
	return best;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 5, start, us;
	uint64_t last, this, first, limit = shortest() * 4 + 1;
	long before, count, seen = 0;

	before = interrupts();
	start = now();
	first = last = counter();
	do {
		for (int i = 0; i < 10000 && seen < MAX_PAUSES; i++) {
			this = counter();
			if (this - last > limit)
				pauses[seen++] = this - last;
			last = this;
		}
		us = now() - start;
		last = counter();
	} while (us < seconds * 1e6 && seen < MAX_PAUSES);
	us /= last - first;
	count = interrupts() - before;
	qsort(pauses, seen, sizeof(pauses[0]), compare);
	if (count > seen)
		count = seen;
	if (count < 1) {
		fprintf(stderr, "interrupts: there were none\n");
		return 1;
	}
	printf("interrupt\tus\t%.3f\n", pauses[count / 2] * us);
	printf("interrupts\tcount\t%ld\n", count);
	return 0;
}
