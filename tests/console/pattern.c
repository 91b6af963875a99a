// SPDX-License-Identifier: GPL-2.0
/*
 * Writes as many bytes of a pattern as its argument says.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	uint64_t i, count = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;

	for (i = 0; i < count; i++)
		if (putchar(i * 0x9e3779b97f4a7c15ull >> 56) < 0)
			return 1;
	return fflush(stdout) != 0;
}
