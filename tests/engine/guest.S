/* SPDX-License-Identifier: GPL-2.0 */
/* User code for the engine's tests; position independent, one page. */
	.section .rodata, "a", @progbits
	.balign	64
	.globl	guest_start, guest_end
guest_start:

	.macro	GUEST name
	.globl	guest_\name
guest_\name:
	.endm

/* A system call with the registers it was given, again and again. */
GUEST syscall_loop
	syscall
	jmp	guest_syscall_loop

GUEST nop_syscall
	nop
	syscall
	ud2

GUEST read_rdi
	movq	(%rdi), %rax
	syscall

GUEST write_rdi
	movq	%rax, (%rdi)
	syscall

GUEST jump_rdi
	jmp	*%rdi

GUEST ud2
	ud2

GUEST int3
	int3
	syscall

GUEST divide
	xorl	%edx, %edx
	movl	$1, %eax
	xorl	%ecx, %ecx
	divl	%ecx

GUEST hlt
	hlt

GUEST noncanonical
	movabsq	$0x8000000000000000, %rax
	movq	(%rax), %rax

GUEST step
	pushfq
	orq	$0x100, (%rsp)
	popfq
	nop
GUEST step_after_nop
	nop
	syscall

GUEST vsyscall
	movq	$0xffffffffff600000, %rax
	xorl	%edi, %edi
	xorl	%esi, %esi
	call	*%rax
	syscall

/* ymm0..15 <- rdi-th byte pattern from memory at rsi */
GUEST load_ymm
	vmovdqu	0x00(%rsi), %ymm0
	vmovdqu	0x20(%rsi), %ymm1
	vmovdqu	0x40(%rsi), %ymm7
	vmovdqu	0x60(%rsi), %ymm15
	fldpi
	syscall
GUEST store_ymm
	vmovdqu	%ymm0, 0x00(%rsi)
	vmovdqu	%ymm1, 0x20(%rsi)
	vmovdqu	%ymm7, 0x40(%rsi)
	vmovdqu	%ymm15, 0x60(%rsi)
	fstpt	0x80(%rsi)
	syscall

GUEST bases
	wrfsbase %rdi
	wrgsbase %rsi
	syscall
	rdfsbase %rdi
	rdgsbase %rsi
	syscall

GUEST bases_used
	movq	%fs:0, %rdi
	movq	%gs:8, %rsi
	syscall

GUEST spin
	incq	%rax
	jmp	guest_spin

/* ecx system calls by the shortest way, for the clock */
GUEST int80
	int	$0x80
	syscall

/* 32-bit mode, then int $0x80, or syscall where bl is 1 */
GUEST far
	pushq	$0x23
	leaq	far32(%rip), %rcx
	pushq	%rcx
	lretq
	.code32
far32:
	cmpb	$1, %bl
	je	1f
	cmpb	$2, %bl
	je	2f
	int	$0x80
	ud2
1:	syscall
	ud2
2:	sysenter
	ud2
	.code64

/* Fill rdi..rdi+rcx with rax, in 8 byte steps; then a system call. */
GUEST fill
	rep stosq
	syscall

/* jump to rax with rsp as given: forged frames */
GUEST jump_rax
	jmp	*%rax

/* a thread that touches page after page: rdi from, rsi step, rcx how many */
GUEST touch
	movq	(%rdi), %rax
	addq	%rsi, %rdi
	decq	%rcx
	jnz	guest_touch
	syscall

	.org	guest_start + 0x1000
guest_end:
	.section .note.GNU-stack, "", @progbits
