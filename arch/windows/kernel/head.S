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
	testq	%rax, %rax
	jz	1f
	movq	%rax, %rsp
	xorl	%ebp, %ebp
	call	start_kernel
	ud2
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

/* linux_leave(): from any Linux stack back to linux_entry()'s caller. */
SYM_CODE_START(linux_leave)
	jmp	1b
SYM_CODE_END(linux_leave)
