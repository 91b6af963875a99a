// SPDX-License-Identifier: GPL-2.0
/*
 * Holds values in all vector registers, and looks whether they stay.
 *
 * usage: registers SECONDS
 *
 * Whoever else uses them meanwhile, another program or the kernel, must give them
 * back. Exits 1 with the register's number when it did not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NR_REGISTERS	16

static unsigned char want[NR_REGISTERS][32], got[NR_REGISTERS][32];

#define EACH	".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n\t"

/* Long enough that an interrupt comes now and then. */
static void hold(unsigned long turns)
{
	asm volatile(EACH
		     "vmovdqu \\n*32(%1), %%ymm\\n\n\t"
		     ".endr\n"
		     "1: dec %0\n\t"
		     "jnz 1b\n\t"
		     EACH
		     "vmovdqu %%ymm\\n, \\n*32(%2)\n\t"
		     ".endr"
		     : "+r"(turns)
		     : "r"(want), "r"(got)
		     : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
		       "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
		       "xmm12", "xmm13", "xmm14", "xmm15");
}

int main(int argc, char **argv)
{
	unsigned long rounds = 0, i;
	time_t end;

	if (argc != 2) {
		fprintf(stderr, "usage: registers SECONDS\n");
		return 2;
	}
	if (!__builtin_cpu_supports("avx")) {
		printf("no AVX here\n");
		return 0;
	}
	end = time(NULL) + atoi(argv[1]);
	srand(getpid());
	while (time(NULL) < end) {
		for (i = 0; i < sizeof(want); i++)
			((unsigned char *)want)[i] = rand();
		hold(1 + rand() % 3000000);
		for (i = 0; i < NR_REGISTERS; i++) {
			if (!memcmp(want[i], got[i], sizeof(want[i])))
				continue;
			printf("register %lu has changed\n", i);
			return 1;
		}
		rounds++;
	}
	printf("%lu rounds\n", rounds);
	return 0;
}
