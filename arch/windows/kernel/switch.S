/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Task switch: Linux tasks of a vCPU share its NT thread and swap stacks.
 */
#include <linux/linkage.h>
#include <asm/asm-offsets.h>

/* struct task_struct *__switch_to(prev, next): returns prev, on next's stack */
SYM_FUNC_START(__switch_to)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsi, vcpu_task(%rip)
	movq	%rsp, TASK_SP(%rdi)
	movq	TASK_SP(%rsi), %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	movq	%rdi, %rax
	ret
SYM_FUNC_END(__switch_to)

/*
 * A new task's first instruction, made by copy_thread(): rax is the task that
 * ran before; rbx the kernel thread's function or NULL, r12 its argument.
 */
SYM_CODE_START(ret_from_fork_asm)
	movq	%rax, %rdi
	movq	%rbx, %rsi
	movq	%r12, %rdx
	xorl	%ebp, %ebp
	call	ret_from_fork
	ud2
SYM_CODE_END(ret_from_fork_asm)

/* continue_on(sp, next, arg): next(arg) on another stack of the same task. */
SYM_CODE_START(continue_on)
	movq	%rdi, %rsp
	movq	%rdx, %rdi
	xorl	%ebp, %ebp
	call	*%rsi
	ud2
SYM_CODE_END(continue_on)
