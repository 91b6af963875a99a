/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What C cannot say: the ways into NT (interrupts, calls of its routines) and
 * from one thread to another. NT's calling convention throughout.
 */
	.text

/* 256 stubs of 16 bytes each. */
	.balign	16
	.globl	vector_stubs
vector_stubs:
	.set	v, 0
	.rept	256
	.balign	16
	.if (v == 8) || ((v >= 10) && (v <= 14)) || (v == 17) || (v == 21) || (v == 29) || (v == 30)
	.else
	push	$0
	.endif
	.byte	0x68			/* push imm32: always five bytes */
	.long	v
	jmp	common
	.set	v, v + 1
	.endr

common:
	push	%rax
	push	%rcx
	push	%rdx
	push	%rbx
	push	%rbp
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	cld
	mov	%rsp, %rcx
	mov	%rsp, %rbp
	and	$-16, %rsp
	sub	$32, %rsp
	call	interrupt
	mov	%rbp, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rbp
	pop	%rbx
	pop	%rdx
	pop	%rcx
	pop	%rax
	add	$16, %rsp
	iretq

/*
 * A driver calls a routine of NT's: %rax has its struct export. What the driver
 * left behind is looked at first, flags and all.
 */
	.globl	export_common
export_common:
	pushfq
	cld
	push	%rax
	push	%rcx
	push	%rdx
	push	%r8
	push	%r9
	sub	$40, %rsp		/* aligned: 7 pushes with the return address */
	mov	%rax, %rcx
	lea	40(%rsp), %rdx		/* struct call */
	call	check_call
	add	$40, %rsp
	pop	%r9
	pop	%r8
	pop	%rdx
	pop	%rcx
	pop	%rax
	add	$8, %rsp
	jmp	*(%rax)

/* void swap_stacks(u64 *from_rsp, u64 *to_rsp) */
	.globl	swap_stacks
swap_stacks:
	push	%rbx
	push	%rbp
	push	%rsi
	push	%rdi
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rcx)
	mov	(%rdx), %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rdi
	pop	%rsi
	pop	%rbp
	pop	%rbx
	ret

/* A thread's first instruction: %rbx is the thread. */
	.globl	thread_entry
thread_entry:
	mov	%rbx, %rcx
	sub	$32, %rsp
	call	thread_begin
	ud2

/* void on_stack(void (*routine)(void), void *stack) */
	.globl	on_stack
on_stack:
	push	%rbp
	mov	%rsp, %rbp
	mov	%rdx, %rsp
	sub	$32, %rsp
	call	*%rcx
	mov	%rbp, %rsp
	pop	%rbp
	ret

/* void load_selectors(void): CS and SS of NT's own table */
	.globl	load_selectors
load_selectors:
	pop	%rax
	push	$0x10
	push	%rax
	mov	$0x18, %eax
	mov	%eax, %ss
	mov	$0x2b, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	$0x53, %eax
	mov	%eax, %fs
	mov	$0x2b, %eax
	mov	%eax, %gs
	lretq

/* Where LSTAR and CSTAR point: NT here has no programs. */
	.globl	nt_syscall64, nt_syscall32
nt_syscall64:
nt_syscall32:
	ud2

/* void poison_upper(void): what a thread's YMM registers hold after a switch */
	.globl	poison_upper
poison_upper:
	.set	r, 0
	.irp	r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vcmpps	$15, %ymm\r, %ymm\r, %ymm\r
	.endr
	ret

	.section .note.GNU-stack, "", @progbits
