/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The passage between the two worlds. It lies in the driver's image, which both
 * map at the same address, as do the world's structure and stacks.
 *
 * Interrupts are off from end to end. An NMI or a machine check in it is noted
 * (entry.S) and raised in NT; rbx holds the world all the way, since no other
 * register says where it is. Our IDT is loaded first and dropped last: while it
 * is live, and NT's task register with it, both task state segments have stacks
 * for these two.
 */
#include <linux/linkage.h>
#include <asm/asm-offsets.h>
#include "selectors.h"

#define MSR_LSTAR		0xc0000082
#define MSR_CSTAR		0xc0000083
#define MSR_SFMASK		0xc0000084
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101
#define MSR_KERNEL_GS_BASE	0xc0000102

#define DESCRIPTOR_BUSY		41	/* of a task state segment */

.macro GET_MSR msr, to
	movl	$\msr, %ecx
	rdmsr
	movl	%eax, \to(%rbx)
	movl	%edx, \to + 4(%rbx)
.endm

.macro SET_MSR msr, from
	movl	$\msr, %ecx
	movl	\from(%rbx), %eax
	movl	\from + 4(%rbx), %edx
	wrmsr
.endm

/* Most of them are the same in both worlds, and writing one is slow. */
.macro CHANGE_MSR msr, from, to
	movq	\from(%rbx), %rax
	cmpq	\to(%rbx), %rax
	je	.Lsame_\@
	SET_MSR	\msr, \to
.Lsame_\@:
.endm

.macro GET_SELECTORS to
	movw	%ds, \to + STATE_DS(%rbx)
	movw	%es, \to + STATE_ES(%rbx)
	movw	%fs, \to + STATE_FS(%rbx)
	movw	%gs, \to + STATE_GS(%rbx)
.endm

/* Changes the bases of FS and GS: before these are set. */
.macro SET_SELECTORS from
	movw	\from + STATE_DS(%rbx), %ds
	movw	\from + STATE_ES(%rbx), %es
	movw	\from + STATE_FS(%rbx), %fs
	movw	\from + STATE_GS(%rbx), %gs
.endm

/*
 * void ring0_to_nt(world): into NT for world->reason, and back. The caller has
 * interrupts off, and no extended state that must be kept.
 */
SYM_FUNC_START(ring0_to_nt)
	pushq	%rbp
	movq	%rsp, %rbp
	pushfq
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	cli
	movq	%rdi, %rbx
SYM_INNER_LABEL(ring0_passage_begin, SYM_L_LOCAL)
.Lto_nt:
	movq	%rsp, WORLD_OWN + STATE_SP(%rbx)
	GET_SELECTORS WORLD_OWN
	GET_MSR	MSR_FS_BASE, WORLD_OWN + STATE_FS_BASE
	GET_MSR	MSR_KERNEL_GS_BASE, WORLD_OWN + STATE_KERNEL_GS_BASE
	movq	%cr3, %rax
	movq	%rax, WORLD_OWN + STATE_CR3(%rbx)

	movq	WORLD_NT + STATE_CR3(%rbx), %rax
	movq	%rax, %cr3
	movq	WORLD_NT + STATE_SP(%rbx), %rsp
	/* From our copy of its descriptor: NT's own stays busy. */
	ltrw	WORLD_NT + STATE_TR(%rbx)
	lgdt	WORLD_NT + STATE_GDTR(%rbx)
	movw	WORLD_NT + STATE_SS(%rbx), %ss
	SET_SELECTORS WORLD_NT
	SET_MSR	MSR_FS_BASE, WORLD_NT + STATE_FS_BASE
	SET_MSR	MSR_GS_BASE, WORLD_NT + STATE_GS_BASE
	SET_MSR	MSR_KERNEL_GS_BASE, WORLD_NT + STATE_KERNEL_GS_BASE
	CHANGE_MSR MSR_LSTAR, WORLD_OWN + STATE_LSTAR, WORLD_NT + STATE_LSTAR
	CHANGE_MSR MSR_CSTAR, WORLD_OWN + STATE_CSTAR, WORLD_NT + STATE_CSTAR
	CHANGE_MSR MSR_SFMASK, WORLD_OWN + STATE_SFMASK, WORLD_NT + STATE_SFMASK
	lidt	WORLD_NT + STATE_IDTR(%rbx)

	/* NT's world. A program's flags (AC) are not NT's. */
	pushq	$2
	popfq
	xorl	%eax, %eax
	xchgq	%rax, WORLD_LATE(%rbx)
	btq	$2, %rax
	jnc	1f
	int	$2
1:	btq	$18, %rax
	jnc	2f
	int	$18
2:	movq	WORLD_REASON(%rbx), %rax
	movq	$WORLD_NOTHING, WORLD_REASON(%rbx)
	cmpq	$WORLD_CALL, %rax
	je	.Lcall
	cmpq	$WORLD_INTERRUPT, %rax
	je	.Linterrupt
	cmpq	$WORLD_LEAVE, %rax
	jne	.Lto_linux

	sti
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret

.Lcall:
	sti
	movq	%rsp, %rbp
	andq	$~15, %rsp
	subq	$32, %rsp
	movq	WORLD_VCPU(%rbx), %rcx
	movq	WORLD_CALL_NR(%rbx), %rdx
	leaq	WORLD_ARGS(%rbx), %r8
	call	*WORLD_DISPATCH(%rbx)
	movq	%rbp, %rsp
	movq	%rax, WORLD_RESULT(%rbx)
	jmp	.Lto_linux

	/*
	 * As if it came now, with interrupts on: NT builds its own frame. The
	 * instruction behind it lets in what NT's handler asked for: its APC
	 * and DPC interrupts.
	 */
.Linterrupt:
	movq	WORLD_VECTOR(%rbx), %rax
	leaq	ring0_raise(%rip), %rcx
	leaq	(%rcx, %rax, 4), %rcx
	call	*%rcx
	incl	WORLD_HANDED_ON(%rbx, %rax, 4)
	jmp	.Lto_linux
SYM_FUNC_END(ring0_to_nt)

/*
 * void ring0_enter(world): from NT, on the vCPU's thread, into Linux for the
 * first time; returns when Linux leaves.
 */
SYM_FUNC_START(ring0_enter)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rdi, %rbx
.Lto_linux:
	cli
	cld
	/* NT may have moved the thread to another processor. */
	movq	%rsp, WORLD_NT + STATE_SP(%rbx)
	sgdt	WORLD_NT + STATE_GDTR(%rbx)
	sidt	WORLD_NT + STATE_IDTR(%rbx)
	str	%ax
	movw	%ax, WORLD_NT + STATE_TR(%rbx)
	movw	%ss, WORLD_NT + STATE_SS(%rbx)
	GET_SELECTORS WORLD_NT
	movq	%cr3, %rax
	movq	%rax, WORLD_NT + STATE_CR3(%rbx)
	GET_MSR	MSR_FS_BASE, WORLD_NT + STATE_FS_BASE
	GET_MSR	MSR_GS_BASE, WORLD_NT + STATE_GS_BASE
	GET_MSR	MSR_KERNEL_GS_BASE, WORLD_NT + STATE_KERNEL_GS_BASE
	GET_MSR	MSR_LSTAR, WORLD_NT + STATE_LSTAR
	GET_MSR	MSR_CSTAR, WORLD_NT + STATE_CSTAR
	GET_MSR	MSR_SFMASK, WORLD_NT + STATE_SFMASK

	/* For the way back: NT's task state segment, not busy, in our table. */
	movzwl	WORLD_NT + STATE_TR(%rbx), %eax
	andl	$~7, %eax
	movq	WORLD_NT + STATE_GDTR + 2(%rbx), %rcx
	movq	(%rcx, %rax), %rdx
	btrq	$DESCRIPTOR_BUSY, %rdx
	movq	%rdx, WORLD_GDT(%rbx, %rax)
	movq	8(%rcx, %rax), %rdx
	movq	%rdx, WORLD_GDT + 8(%rbx, %rax)
	btrq	$DESCRIPTOR_BUSY, WORLD_GDT + WORLD_TSS_SELECTOR(%rbx)

	lidt	WORLD_OWN + STATE_IDTR(%rbx)
	lgdt	WORLD_OWN + STATE_GDTR(%rbx)
	movl	$WORLD_TSS_SELECTOR, %eax
	ltr	%ax
	movq	WORLD_OWN + STATE_CR3(%rbx), %rax
	movq	%rax, %cr3
	movq	WORLD_OWN + STATE_SP(%rbx), %rsp
	SET_SELECTORS WORLD_OWN
	SET_MSR	MSR_FS_BASE, WORLD_OWN + STATE_FS_BASE
	SET_MSR	MSR_GS_BASE, WORLD_SELF
	SET_MSR	MSR_KERNEL_GS_BASE, WORLD_OWN + STATE_KERNEL_GS_BASE
	CHANGE_MSR MSR_LSTAR, WORLD_NT + STATE_LSTAR, WORLD_OWN + STATE_LSTAR
	CHANGE_MSR MSR_CSTAR, WORLD_NT + STATE_CSTAR, WORLD_OWN + STATE_CSTAR
	CHANGE_MSR MSR_SFMASK, WORLD_NT + STATE_SFMASK, WORLD_OWN + STATE_SFMASK

	/* What came late is NT's first; one that comes here begins it again. */
SYM_INNER_LABEL(ring0_check_begin, SYM_L_LOCAL)
	cmpq	$0, WORLD_LATE(%rbx)
	jne	.Lto_nt
SYM_INNER_LABEL(ring0_passage_end, SYM_L_LOCAL)
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popfq
	popq	%rbp
	ret
SYM_FUNC_END(ring0_enter)

/* One stub of four bytes for each vector: raise it as an interrupt. */
	.balign	4
SYM_CODE_START_LOCAL(ring0_raise)
	vector = 0
	.rept	256
	sti
	.byte	0xcd, vector
	ret
	vector = vector + 1
	.endr
SYM_CODE_END(ring0_raise)

/*
 * NMIs, machine checks, double faults and debug exceptions, on stacks of their
 * own, with the world above the frame:
 * vector, error code, ip, cs, flags, sp, ss, world
 */
#define P_RCX		0
#define P_RAX		8
#define P_VECTOR	16
#define P_ERROR		24
#define P_IP		32
#define P_CS		40
#define P_FLAGS		48
#define P_SP		56
#define P_SS		64
#define P_WORLD		72

SYM_CODE_START(ring0_paranoid)
	pushq	%rax
	pushq	%rcx
	cld
	testb	$3, P_CS(%rsp)
	jnz	.Lfrom_user
	movq	P_IP(%rsp), %rcx
	leaq	ring0_passage_begin(%rip), %rax
	cmpq	%rax, %rcx
	jb	.Lfrom_kernel
	leaq	ring0_passage_end(%rip), %rax
	cmpq	%rax, %rcx
	jb	.Lin_passage
.Lfrom_kernel:
	cmpq	$1, P_VECTOR(%rsp)
	je	.Ldebug
	cmpq	$8, P_VECTOR(%rsp)
	je	.Ldouble_fault

	/* Hand it on at once; GS may be the program's here. */
	pushq	%rdx
	pushq	%rbx
	pushq	%rbp
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	13 * 8 + P_WORLD(%rsp), %rbx
	movl	$MSR_GS_BASE, %ecx
	rdmsr
	pushq	%rax
	pushq	%rdx
	SET_MSR	MSR_GS_BASE, WORLD_SELF
	pushq	WORLD_REASON(%rbx)
	pushq	WORLD_VECTOR(%rbx)
	/*
	 * As one that came late, with NT's interrupts off: the extended state
	 * is whose it was, and nobody else may come to run.
	 */
	movq	17 * 8 + P_VECTOR(%rsp), %rax
	btsq	%rax, WORLD_LATE(%rbx)
	movq	$WORLD_NOTHING, WORLD_REASON(%rbx)
	/* The next one must not overwrite this frame. */
	movq	WORLD_NMI_STACK(%rbx), %rcx
	subq	$WORLD_IST_STEP, (%rcx)
	movq	(%rcx), %rcx
	movq	%rbx, (%rcx)
	movq	%rbx, %rdi
	call	ring0_to_nt
	movq	WORLD_NMI_STACK(%rbx), %rcx
	addq	$WORLD_IST_STEP, (%rcx)
	popq	WORLD_VECTOR(%rbx)
	popq	WORLD_REASON(%rbx)
	popq	%rdx
	popq	%rax
	movl	$MSR_GS_BASE, %ecx
	wrmsr
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rbp
	popq	%rbx
	popq	%rdx
	popq	%rcx
	popq	%rax
	addq	$16, %rsp
	iretq

	/* A program stepped into us; it goes on stepping where we return. */
.Ldebug:
	andq	$~0x100, P_FLAGS(%rsp)
	popq	%rcx
	popq	%rax
	addq	$16, %rsp
	iretq

.Ldouble_fault:
	popq	%rcx
	popq	%rax
	jmp	ring0_kernel_double_fault

	/*
	 * Note it and go on, but not by iretq, which would let the next one in
	 * before NT has seen this one.
	 */
.Lin_passage:
	movq	P_VECTOR(%rsp), %rax
	btsq	%rax, WORLD_LATE(%rbx)
	leaq	ring0_check_begin(%rip), %rax
	cmpq	%rax, %rcx
	cmova	%rax, %rcx
	movq	%rcx, WORLD_LATE_IP(%rbx)
	movq	P_SP(%rsp), %rax
	movq	%rax, WORLD_LATE_SP(%rbx)
	pushq	P_FLAGS(%rsp)
	popfq
	popq	%rcx
	popq	%rax
	movq	WORLD_LATE_SP(%rbx), %rsp
	jmp	*WORLD_LATE_IP(%rbx)

	/* To the program's kernel stack, and on like any other vector. */
.Lfrom_user:
SYM_INNER_LABEL(ring0_move_from_user, SYM_L_GLOBAL)
	swapgs
	movq	%gs:WORLD_KERNEL_SP, %rax
	movq	P_SS(%rsp), %rcx
	movq	%rcx, -8(%rax)
	movq	P_SP(%rsp), %rcx
	movq	%rcx, -16(%rax)
	movq	P_FLAGS(%rsp), %rcx
	movq	%rcx, -24(%rax)
	movq	P_CS(%rsp), %rcx
	movq	%rcx, -32(%rax)
	movq	P_IP(%rsp), %rcx
	movq	%rcx, -40(%rax)
	movq	P_ERROR(%rsp), %rcx
	movq	%rcx, -48(%rax)
	movq	P_VECTOR(%rsp), %rcx
	movq	%rcx, -56(%rax)
	movq	P_RAX(%rsp), %rcx
	movq	%rcx, -64(%rax)
	movq	P_RCX(%rsp), %rcx
	leaq	-64(%rax), %rsp
	popq	%rax
	jmp	ring0_from_user
SYM_CODE_END(ring0_paranoid)
