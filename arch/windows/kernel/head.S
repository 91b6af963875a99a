/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Into Linux and out of it again.
 */
#include <linux/init.h>
#include <linux/linkage.h>
#include <asm/asm-offsets.h>

	__HEAD

/*
 * linux_entry(boot, vcpu) - the NT half calls this on its thread's stack
 *
 * Everything that the Microsoft convention wants kept and the caller's
 * compiler does not know to be lost is kept here; the stack pointer goes into
 * the vCPU, where host calls and linux_leave() find it.
 */
SYM_CODE_START(linux_entry)
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rsi
	movq	%rsp, VCPU_NT_RSP(%rsi)
	/* The first C code runs here still: Linux has no stack yet. */
	andq	$~15, %rsp
	call	arch_early_start
	testb	%al, %al
	jz	1f
	movq	ring0_world(%rip), %rdi
	testq	%rdi, %rdi
	jz	linux_begin
	/* To linux_begin in the other world; back when Linux leaves. */
	call	ring0_enter
	/* Physmem, Linux's stacks with it, goes away while NT's stack is used. */
1:	movq	boot_vcpu(%rip), %rbx
	movq	VCPU_NT_RSP(%rbx), %rsp
	andq	$~15, %rsp
	call	engine_stop
	movq	VCPU_NT_RSP(%rbx), %rsp
	popq	%rsi
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
SYM_CODE_END(linux_entry)

/* On a stack that lasts no longer than this: the initial task's is next. */
SYM_CODE_START(linux_begin)
	call	arch_init_stack
	movq	%rax, %rsp
	xorl	%ebp, %ebp
	call	start_kernel
	ud2
SYM_CODE_END(linux_begin)

/* linux_leave(): from any Linux stack back to linux_entry()'s caller. */
SYM_CODE_START(linux_leave)
	cmpq	$0, ring0_world(%rip)
	je	1b
	call	ring0_leave
	ud2
SYM_CODE_END(linux_leave)
