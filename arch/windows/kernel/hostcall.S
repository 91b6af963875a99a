/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one trampoline for host calls: from a Linux stack to the NT thread's own.
 */
#include <linux/linkage.h>
#include <asm/asm-offsets.h>

/*
 * host_call_raw(vcpu, call, args) - rdi, rsi, rdx by SysV, then rcx, rdx, r8 by
 * Microsoft's convention, which keeps rbx, rbp, rdi, rsi, r12-r15 (and the
 * vector registers that the kernel does not use).
 */
SYM_FUNC_START(host_call_raw)
	pushq	%rbp
	movq	%rsp, %rbp
	movq	%rdi, %rcx
	movq	%rdx, %r8
	movq	%rsi, %rdx
	movq	VCPU_NT_RSP(%rdi), %rsp
	andq	$~15, %rsp
	/* The 32 bytes that the callee may use for its register arguments. */
	subq	$32, %rsp
	call	*VCPU_DISPATCH(%rdi)
	movq	%rbp, %rsp
	popq	%rbp
	ret
SYM_FUNC_END(host_call_raw)
