/* SPDX-License-Identifier: GPL-2.0 */
/* The passage between NT's stack and the payload's. */

	.text
	.globl	linux_entry
	.hidden	linux_entry
	.type	linux_entry, @function
linux_entry:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, %rbx
	mov	%rsp, (%rsi)		/* vcpu->nt_rsp */
	lea	stack_end(%rip), %rsp
	call	payload_main
	mov	%rbx, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
	.size	linux_entry, . - linux_entry

/* s64 host_enter(vcpu, call, args) */
	.globl	host_enter
	.hidden	host_enter
	.type	host_enter, @function
host_enter:
	push	%rbp
	mov	%rsp, %rbp
	mov	(%rdi), %rsp
	and	$-16, %rsp
	sub	$32, %rsp
	mov	%rdi, %rcx
	mov	%rdx, %r8
	mov	%rsi, %rdx
	call	*8(%rcx)
	mov	%rbp, %rsp
	pop	%rbp
	ret
	.size	host_enter, . - host_enter

	.section .init.text, "ax"
	.globl	late_code
	.hidden	late_code
late_code:
	mov	$42, %eax
	ret

	.section .init.data, "aw"
	.globl	late_word
	.hidden	late_word
late_word:
	.quad	late_code

	.data
	.balign	4096
	.globl	page_start, crossing, with_addend, absolute_word, weak_word
	.hidden	page_start, crossing, with_addend, absolute_word, weak_word
page_start:
	.skip	4096 - 5
crossing:
	.quad	payload_main		/* five bytes here, three in the next page */
with_addend:
	.quad	page_start + 0x1234
absolute_word:
	.quad	an_absolute_symbol	/* by the linker */
	.weak	nobody_has_this
	.hidden	nobody_has_this
weak_word:
	.quad	nobody_has_this

	.bss
	.balign	16
	.skip	65536
stack_end:

	.section .note.GNU-stack, "", @progbits
