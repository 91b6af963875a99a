/* SPDX-License-Identifier: GPL-2.0 */
/* For xor.c: vector registers are a program's own. */
#define kernel_fpu_begin()	do { } while (0)
#define kernel_fpu_end()	do { } while (0)
