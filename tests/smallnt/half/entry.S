/* SPDX-License-Identifier: GPL-2.0 */
/* linux_entry(boot, vcpu), on NT's stack, by the SysV convention. */

	.text
	.globl	linux_entry
linux_entry:
	push	%rbp
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	half_main
	mov	%rbp, %rsp
	pop	%rbp
	ret

	.data
	.quad	half_main		/* something to relocate */

	.section .note.GNU-stack, "", @progbits
