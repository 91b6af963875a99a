/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory copies by the processor's string instructions: fast on every machine
 * with ERMS, and small. Same contract as lib/string.c.
 */
#include <linux/linkage.h>

	.text

SYM_FUNC_START(memcpy)
	movq	%rdi, %rax
	movq	%rdx, %rcx
	rep movsb
	ret
SYM_FUNC_END(memcpy)

SYM_FUNC_START(memset)
	movq	%rdi, %r9
	movl	%esi, %eax
	movq	%rdx, %rcx
	rep stosb
	movq	%r9, %rax
	ret
SYM_FUNC_END(memset)

SYM_FUNC_START(memmove)
	movq	%rdi, %rax
	movq	%rdx, %rcx
	movq	%rdi, %r8
	subq	%rsi, %r8
	cmpq	%rdx, %r8
	jb	1f
	rep movsb
	ret
	/* The target starts inside the source: copy from the end. */
1:	leaq	-1(%rdi,%rdx), %rdi
	leaq	-1(%rsi,%rdx), %rsi
	std
	rep movsb
	cld
	ret
SYM_FUNC_END(memmove)

SYM_FUNC_ALIAS(__memcpy, memcpy)
SYM_FUNC_ALIAS(__memset, memset)
SYM_FUNC_ALIAS(__memmove, memmove)
