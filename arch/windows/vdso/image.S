/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The finished shared object as data; programs get copies, see vdso.c.
 */
#include <linux/linkage.h>

	.section .rodata, "a"
	.balign 16
	.globl vdso_image_start, vdso_image_end
	.hidden vdso_image_start, vdso_image_end
vdso_image_start:
	.incbin "arch/windows/vdso/vdso.so"
vdso_image_end:
