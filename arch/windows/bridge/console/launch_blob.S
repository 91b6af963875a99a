/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The launcher, as the kernel carries it.
 */
	.section .rodata, "a"
	.balign 8
	.globl nt_launch_start
	.globl nt_launch_end
nt_launch_start:
	.incbin "arch/windows/bridge/console/launch"
nt_launch_end:
	.section .note.GNU-stack, "", @progbits
