/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All code that the engine has in a stub: its setup, the signal handler, and
 * the host calls that the kernel orders. One page, copied into the image file.
 *
 * User code can see it and can jump anywhere in it with any registers and any
 * signal state. What keeps that harmless:
 *
 * - The seccomp filter lets each host call pass at one instruction only, with
 *   its arguments pinned (filter.c).
 * - The host calls at stub_ip_op, which change mappings, are blocked besides
 *   by syscall user dispatch, whose selector lies in the order page: the
 *   kernel opens it only while it knows that the thread runs engine code.
 * - The kernel knows that from the proof page alone, which only pwrite64() at
 *   stub_ip_prove and stub_ip_done can write. Behind these two instructions no
 *   register, no stack and no writable memory decides anything until the
 *   kernel has answered; the answer it gives (ORDER_GO) is the only way back
 *   to user code.
 */
#include "host_syscall.h"
#include "layout.h"

	.section .rodata, "a", @progbits
	.balign	64
	.globl	stub_image_start
	.hidden	stub_image_start
stub_image_start:
.Lcode:

	.set	order, .Lcode + ENGINE_ORDER
	.set	proof, .Lcode + ENGINE_PROOF
	.set	shared, .Lcode + ENGINE_SHARED

/* A label that C sees as an offset from stub_image_start. */
	.macro	MARK name
	.globl	\name
	.hidden	\name
\name:
	.endm

/*
 * Setup. A failing step ends the process with its number as exit status. The
 * first part runs at IMAGE_BASE, so it names nothing relative to itself.
 */
	.macro	STEP number nr
	movl	$\number, %r15d
	movl	$\nr, %eax
	syscall
	testq	%rax, %rax
	js	.Lfailed
	.endm

MARK stub_image_boot
	movabsq	$(ENGINE_BASE + ENGINE_CODE), %rdi
	movl	$0x1000, %esi
	movl	$(HOST_PROT_READ | HOST_PROT_EXEC), %edx
	movl	$(HOST_MAP_PRIVATE | HOST_MAP_FIXED), %r10d
	movl	$STUB_FD_IMAGE, %r8d
	movl	$IMAGE_CODE, %r9d
	STEP	1 HOST_NR_mmap
	movabsq	$(ENGINE_BASE + ENGINE_DATA), %rdi
	movl	$0x1000, %esi
	movl	$HOST_PROT_READ, %edx
	movl	$IMAGE_DATA, %r9d
	STEP	2 HOST_NR_mmap
	movabsq	$(ENGINE_BASE + ENGINE_ORDER), %rdi
	movl	$(ENGINE_SHARED - ENGINE_ORDER), %esi
	movl	$(HOST_MAP_SHARED | HOST_MAP_FIXED), %r10d
	movl	$STUB_FD_CONTROL, %r8d
	movl	$CONTROL_ORDER, %r9d
	STEP	3 HOST_NR_mmap
	movabsq	$(ENGINE_BASE + ENGINE_SHARED), %rdi
	movl	$(ENGINE_SIZE - ENGINE_SHARED), %esi
	movl	$(HOST_PROT_READ | HOST_PROT_WRITE), %edx
	movl	$CONTROL_SHARED, %r9d
	STEP	4 HOST_NR_mmap
	movabsq	$(ENGINE_BASE + ENGINE_CODE), %rax
	addq	$(.Lboot_engine - .Lcode), %rax
	jmp	*%rax

.Lfailed:
	movl	%r15d, %edi
	movl	$HOST_NR_exit_group, %eax
	syscall
	ud2

.Lboot_engine:
	/* Everything but the engine's pages goes, the host's vDSO too. */
	xorl	%edi, %edi
	leaq	.Lcode(%rip), %rsi
	STEP	5 HOST_NR_munmap
	leaq	.Lcode + ENGINE_SIZE(%rip), %rdi
	movabsq	$ENGINE_LIMIT, %rsi
	subq	%rdi, %rsi
	STEP	6 HOST_NR_munmap
	xorl	%esp, %esp
	movl	$STUB_FD_IMAGE, %edi
	STEP	7 HOST_NR_close

	/* Nothing of a stub outlives the thread that made it. */
	movl	$HOST_PR_SET_PDEATHSIG, %edi
	movl	$HOST_SIGKILL, %esi
	STEP	8 HOST_NR_prctl
	STEP	9 HOST_NR_getppid
	cmpl	order + ORDER_PARENT(%rip), %eax
	jne	.Lfailed
	movl	$HOST_PR_SET_DUMPABLE, %edi
	xorl	%esi, %esi
	STEP	10 HOST_NR_prctl
	movl	$HOST_PR_SET_NAME, %edi
	leaq	.Lcode + ENGINE_DATA + DATA_NAME(%rip), %rsi
	STEP	11 HOST_NR_prctl
	movl	$HOST_PR_SET_NO_NEW_PRIVS, %edi
	movl	$1, %esi
	xorl	%edx, %edx
	xorl	%r10d, %r10d
	xorl	%r8d, %r8d
	STEP	12 HOST_NR_prctl

	/* Signals: the handled ones, all others stay blocked. */
	leaq	.Lcode + ENGINE_DATA + DATA_SIGALTSTACK(%rip), %rdi
	xorl	%esi, %esi
	STEP	13 HOST_NR_sigaltstack
	leaq	.Lsignals(%rip), %rbx
.Lboot_signal:
	movzbl	(%rbx), %edi
	testl	%edi, %edi
	jz	.Lboot_mask
	leaq	.Lcode + ENGINE_DATA + DATA_SIGACTION(%rip), %rsi
	xorl	%edx, %edx
	movl	$8, %r10d
	STEP	14 HOST_NR_rt_sigaction
	incq	%rbx
	jmp	.Lboot_signal
.Lboot_mask:
	movl	$HOST_SIG_SETMASK, %edi
	leaq	.Lcode + ENGINE_DATA + DATA_SIGMASK(%rip), %rsi
	xorl	%edx, %edx
	movl	$8, %r10d
	STEP	15 HOST_NR_rt_sigprocmask

	/* The two gates; the selector still says "allow". */
	movl	$HOST_PR_SYSCALL_USER_DISPATCH, %edi
	movl	$1, %esi
	leaq	.Lopen_start(%rip), %rdx
	movl	$(.Lopen_end - .Lopen_start), %r10d
	leaq	order + ORDER_SELECTOR(%rip), %r8
	STEP	16 HOST_NR_prctl
	movl	$1, %edi			/* SECCOMP_SET_MODE_FILTER */
	movl	$4, %esi			/* .._FLAG_SPEC_ALLOW */
	leaq	.Lcode + ENGINE_DATA + DATA_FPROG(%rip), %rdx
	STEP	17 HOST_NR_seccomp

	/* Report by the ordinary way, with registers that are all zero. */
	xorl	%eax, %eax
	xorl	%ebx, %ebx
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	xorl	%esi, %esi
	xorl	%edi, %edi
	xorl	%ebp, %ebp
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r15d, %r15d
	ud2

.Lsignals:
	.byte	31, 11, 7, 4, 8, 5, STUB_KICK_SIGNAL, 0
	.balign	16

/*
 * ecx: how often to look before sleeping. Where the kernel's thread wants
 * this very processor, waiting only keeps it from answering.
 */
	.macro	SPIN
	movl	order + ORDER_CPU(%rip), %eax
	xorl	%ecx, %ecx
	cmpl	%eax, shared + SHARED_CPU(%rip)
	je	9f
	movl	order + ORDER_SPIN(%rip), %ecx
9:
	.endm

/*
 * The handler of every signal, on the signal stack with all signals blocked:
 * edi is the signal, rsp the frame. A fault reports by proof, since the kernel
 * is likely to change mappings before it goes on; all else by the exit word.
 */
MARK stub_image_handler
	testl	$BASES_DIRECT, order + ORDER_BASES(%rip)
	jz	1f
	rdfsbase %rax
	rdgsbase %rcx
	movq	%rax, shared + SHARED_FS_BASE(%rip)
	movq	%rcx, shared + SHARED_GS_BASE(%rip)
1:	movq	%rsp, shared + SHARED_FRAME(%rip)
	movl	%edi, shared + SHARED_SIGNAL(%rip)
	movl	$HOST_CPU_SELECTOR, %ecx
	lsll	%ecx, %ecx
	movl	%ecx, shared + SHARED_CPU(%rip)
	cmpl	$11, %edi			/* SIGSEGV */
	je	.Lprove
	movl	order + ORDER_WORD(%rip), %ebx
	movl	%ebx, %eax
	xchgl	%eax, shared + SHARED_EXIT(%rip)
	cmpl	$0, order + ORDER_SLEEPING(%rip)
	je	.Lwait
	leaq	.Lwait(%rip), %r12
	jmp	.Lwake

.Lwait:
	SPIN
1:	cmpl	%ebx, order + ORDER_WORD(%rip)
	jne	.Ldispatch
	cmpl	$0, order + ORDER_REST(%rip)
	jne	2f
	pause
	decl	%ecx
	jg	1b
2:	leaq	.Lwait(%rip), %r12
	movl	%ebx, %edx
	jmp	.Lsleep

.Ldispatch:
	movl	order + ORDER_WORD(%rip), %eax
	andl	$ORDER_KIND, %eax
	jz	.Lgo
	cmpl	$ORDER_MAP, %eax
	je	.Lops
	/* ORDER_PROVE: fall through */

.Lprove:
	movl	$STUB_FD_CONTROL, %edi
	leaq	order + ORDER_WORD(%rip), %rsi
	movl	$4, %edx
	movl	$(CONTROL_PROOF + PROOF_WORD), %r10d
	movl	$HOST_NR_pwrite64, %eax
.Lopen_start:
	syscall
MARK stub_ip_prove
	/* From here on nothing the user could have set is looked at. */
	movl	proof + PROOF_WORD(%rip), %eax
	xchgl	%eax, shared + SHARED_EXIT(%rip)
	leaq	.Lproven(%rip), %r12
	cmpl	$0, order + ORDER_SLEEPING(%rip)
	jne	.Lwake
.Lproven:
	SPIN
	movl	proof + PROOF_WORD(%rip), %edx
1:	cmpl	%edx, order + ORDER_WORD(%rip)
	jne	.Ldispatch
	cmpl	$0, order + ORDER_REST(%rip)
	jne	2f
	pause
	decl	%ecx
	jg	1b
2:	leaq	.Lproven(%rip), %r12
	jmp	.Lsleep

/* The host calls in the order page, one after the other. */
.Lops:
	leaq	order + ORDER_OPS(%rip), %rbx
	movl	order + ORDER_NR_OPS(%rip), %ebp
1:	movq	0x00(%rbx), %rax
	movq	0x08(%rbx), %rdi
	movq	0x10(%rbx), %rsi
	movq	0x18(%rbx), %rdx
	movq	0x20(%rbx), %r10
	movq	0x28(%rbx), %r8
	movq	0x30(%rbx), %r9
	jmp	.Lop
.Lop_done:
	leaq	order + ORDER_FAIL(%rip), %rsi
	cmpq	$-4095, %rax
	jae	2f
	addq	$ORDER_OP_SIZE, %rbx
	decl	%ebp
	jnz	1b
	cmpl	$0, order + ORDER_THEN_GO(%rip)
	jne	.Lclose
	leaq	order + ORDER_DONE(%rip), %rsi
2:	movl	$STUB_FD_CONTROL, %edi
	movl	$4, %edx
	movl	$(CONTROL_PROOF + PROOF_DONE), %r10d
	movl	$HOST_NR_pwrite64, %eax
	syscall
MARK stub_ip_done
	movl	proof + PROOF_DONE(%rip), %eax
	xchgl	%eax, shared + SHARED_EXIT(%rip)
	leaq	.Ldone(%rip), %r12
	cmpl	$0, order + ORDER_SLEEPING(%rip)
	jne	.Lwake
.Ldone:
	SPIN
1:	movl	order + ORDER_WORD(%rip), %edx
	movl	%edx, %eax
	orl	$ORDER_KIND, %eax
	xorl	proof + PROOF_DONE(%rip), %eax
	andl	$~ORDER_FAILED, %eax
	jnz	.Ldispatch
	cmpl	$0, order + ORDER_REST(%rip)
	jne	2f
	pause
	decl	%ecx
	jg	1b
2:	leaq	.Ldone(%rip), %r12
	/* fall through */

/* Sleep until the order word is not edx, then go to r12 to look. */
.Lsleep:
	movl	$1, %eax
	xchgl	%eax, shared + SHARED_ASLEEP(%rip)
	leaq	order + ORDER_WORD(%rip), %rdi
	xorl	%esi, %esi			/* FUTEX_WAIT */
	xorl	%r10d, %r10d
	movl	$HOST_NR_futex, %eax
	syscall
MARK stub_ip_wait
	movl	$0, shared + SHARED_ASLEEP(%rip)
	jmp	*%r12

.Lwake:
	leaq	shared + SHARED_EXIT(%rip), %rdi
	movl	$HOST_FUTEX_WAKE, %esi
	movl	$1, %edx
	movl	$HOST_NR_futex, %eax
	syscall
MARK stub_ip_wake
	jmp	*%r12

/*
 * The calls are made, and the kernel waits for the next exit only: close its
 * gate before user code runs.
 */
.Lclose:
	movl	$STUB_FD_CONTROL, %edi
	leaq	.Lcode + ENGINE_DATA + DATA_CLOSED(%rip), %rsi
	movl	$1, %edx
	movl	$(CONTROL_ORDER + ORDER_SELECTOR), %r10d
	movl	$HOST_NR_pwrite64, %eax
	syscall
MARK stub_ip_close
	cmpl	$1, %eax
	jne	.Lclose
	/* fall through */

.Lgo:
	movq	order + ORDER_FS_BASE(%rip), %rsi
	movq	order + ORDER_GS_BASE(%rip), %rcx
	testl	$BASES_DIRECT, order + ORDER_BASES(%rip)
	jz	.Lset_fs
	wrfsbase %rsi
	wrgsbase %rcx
.Lreturn:
	movq	order + ORDER_FRAME(%rip), %rsp
	movl	$HOST_NR_rt_sigreturn, %eax
	syscall
MARK stub_ip_sigreturn
	ud2

/* Without FSGSBASE: only what the thread does not have yet. */
.Lset_fs:
	testl	$BASES_SET_FS, order + ORDER_BASES(%rip)
	jz	.Lset_gs
	movl	$HOST_ARCH_SET_FS, %edi
	movl	$HOST_NR_arch_prctl, %eax
	syscall
MARK stub_ip_set_fs
.Lset_gs:
	testl	$BASES_SET_GS, order + ORDER_BASES(%rip)
	jz	.Lreturn
	movl	$HOST_ARCH_SET_GS, %edi
	movq	order + ORDER_GS_BASE(%rip), %rsi
	movl	$HOST_NR_arch_prctl, %eax
	syscall
MARK stub_ip_set_gs
	jmp	.Lreturn
.Lopen_end:

.Lop:
	syscall
MARK stub_ip_op
	jmp	.Lop_done

	/* Exactly one page; the assembler stops when it is longer. */
	.org	.Lcode + 0x1000
MARK stub_image_end

	.section .note.GNU-stack, "", @progbits
