// SPDX-License-Identifier: GPL-2.0
/*
 * Upstream's XOR by AVX, in a program.
 */
#include <stdint.h>

#include "parity.h"

struct xor_block_template {
	const char *name;
	void (*do_2)(unsigned long bytes, unsigned long *p0, const unsigned long *p1);
	void (*do_3)(unsigned long bytes, unsigned long *p0, const unsigned long *p1,
		     const unsigned long *p2);
	void (*do_4)(unsigned long bytes, unsigned long *p0, const unsigned long *p1,
		     const unsigned long *p2, const unsigned long *p3);
	void (*do_5)(unsigned long bytes, unsigned long *p0, const unsigned long *p1,
		     const unsigned long *p2, const unsigned long *p3,
		     const unsigned long *p4);
};

#include <asm/xor_avx.h>

void xor_two(unsigned long bytes, void *to, const void *from)
{
	xor_block_avx.do_2(bytes, to, from);
}
