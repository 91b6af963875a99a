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

/* s64 host_enter(vcpu, call, args) */
	.globl	host_enter
host_enter:
	push	%rbp
	mov	%rsp, %rbp
	and	$-16, %rsp
	sub	$32, %rsp
	mov	%rdi, %rcx
	mov	%rdx, %r8
	mov	%rsi, %rdx
	call	*8(%rcx)		/* vcpu->dispatch */
	mov	%rbp, %rsp
	pop	%rbp
	ret

	.data
	.quad	half_main		/* something to relocate */

	.section .note.GNU-stack, "", @progbits
