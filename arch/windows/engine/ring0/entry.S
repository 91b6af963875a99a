/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ring 0's doors: interrupts, exceptions and system calls in Linux's world, and
 * the way into a program. All of a program's stops come back as the return
 * value of ring0_enter_user(), with its registers where task_pt_regs() is.
 */
#include <linux/linkage.h>
#include <asm/asm-offsets.h>
#include <asm/segment.h>
#include "selectors.h"

#define MSR_GS_BASE		0xc0000101

/* Below di, which lies there already: struct pt_regs. */
.macro SAVE_REGS
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

.macro RESTORE_REGS
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
.endm

/* Vectors with an error code: 8, 10-14, 17, 21, 29, 30 */
#define HAS_ERROR_CODE	0x60227d00
/* On a stack of their own: 1, 2, 8, 18 */
#define IS_PARANOID	0x00040106

	.balign	16
SYM_CODE_START(ring0_vectors)
	vector = 0
	.rept	256
	.balign	16
	.if	vector < 32
	.if	!((HAS_ERROR_CODE >> vector) & 1)
	pushq	$0
	.endif
	pushq	$vector
	.if	(IS_PARANOID >> vector) & 1
	jmp	ring0_paranoid
	.elseif	vector == NT_APC_VECTOR
	jmp	ring0_interrupt
	.else
	jmp	ring0_common
	.endif
	.else
	pushq	$0
	pushq	$vector
	jmp	ring0_interrupt
	.endif
	vector = vector + 1
	.endr
SYM_CODE_END(ring0_vectors)

/* vector, error code, ip, cs, flags, sp, ss */
SYM_CODE_START_LOCAL(ring0_common)
	cld
	testb	$3, 24(%rsp)
	jz	1f
	swapgs
SYM_INNER_LABEL(ring0_from_user, SYM_L_GLOBAL)
	xchgq	%rdi, (%rsp)
	SAVE_REGS
	movl	%edi, %eax
	jmp	ring0_stopped
1:	xchgq	%rdi, (%rsp)
	SAVE_REGS
	movq	%rsp, %rsi
	call	ring0_kernel_entry
	RESTORE_REGS
	addq	$8, %rsp
	iretq
SYM_CODE_END(ring0_common)

/*
 * A hardware interrupt: the same frame, on a stack that is for these alone. The
 * kernel's own may be full, and what the processor cannot note there is lost
 * to NT. It is left again before the processor's interrupts are on.
 */
SYM_CODE_START_LOCAL(ring0_interrupt)
	cld
	testb	$3, 24(%rsp)
	jnz	2f
	xchgq	%rdi, (%rsp)
	SAVE_REGS
	movq	%rsp, %rsi
	call	ring0_kernel_interrupt
	testq	%rax, %rax
	jz	1f
	movq	%rax, %rsp
	call	ring0_virtual_interrupt
1:	RESTORE_REGS
	addq	$8, %rsp
	iretq
2:	pushq	%rax
	pushq	%rcx
	jmp	ring0_move_from_user
SYM_CODE_END(ring0_interrupt)

/* A double fault of the kernel's: the same frame, the world above it. */
SYM_CODE_START(ring0_kernel_double_fault)
	xchgq	%rdi, (%rsp)
	SAVE_REGS
	movq	PT_REGS_SIZE(%rsp), %rax
	movq	%rax, %rdx
	shrq	$32, %rdx
	movl	$MSR_GS_BASE, %ecx
	wrmsr
	movq	%rsp, %rdi
	call	ring0_double_fault
	movq	%rax, %rsp
	movq	%rax, %rdi
	xorl	%ebp, %ebp
	call	ring0_lost_stack
	ud2
SYM_CODE_END(ring0_kernel_double_fault)

.macro SYSCALL_ENTRY code, cs
	swapgs
	movq	%rsp, %gs:WORLD_USER_SP
	movq	%gs:WORLD_KERNEL_SP, %rsp
	pushq	$__USER_DS
	pushq	%gs:WORLD_USER_SP
	pushq	%r11
	pushq	$\cs
	pushq	%rcx
	pushq	%rax
	pushq	%rdi
	SAVE_REGS
	movl	$\code, %eax
	jmp	ring0_stopped
.endm

SYM_CODE_START(ring0_syscall)
	SYSCALL_ENTRY RING0_SYSCALL, __USER_CS
SYM_CODE_END(ring0_syscall)

/* AMD's processors come here from 32-bit code. */
SYM_CODE_START(ring0_compat_syscall)
	SYSCALL_ENTRY RING0_COMPAT_SYSCALL, __USER32_CS
SYM_CODE_END(ring0_compat_syscall)

/*
 * int ring0_enter_user(regs, by_sysret): run the program until it stops, with
 * the processor's interrupts off here and there. Returns a vector or RING0_*.
 */
SYM_FUNC_START(ring0_enter_user)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, %gs:WORLD_RUN_SP
	movq	%rdi, %rsp
	testl	%esi, %esi
	jnz	1f
	RESTORE_REGS
	addq	$8, %rsp
	swapgs
	iretq
1:	RESTORE_REGS
	movq	32(%rsp), %rsp
	swapgs
	sysretq
SYM_INNER_LABEL(ring0_stopped, SYM_L_LOCAL)
	movq	%gs:WORLD_RUN_SP, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
SYM_FUNC_END(ring0_enter_user)
