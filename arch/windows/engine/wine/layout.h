/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The engine's pages at the top of every stub, for C and assembler.
 *
 *	code	read, execute	stub_entry.S
 *	data	read		constants for the stub's setup, the filter
 *	order	read		written by the kernel: words, host calls to make
 *	proof	read		written by the kernel of the host alone, when
 *				the stub reports by pwrite64()
 *	shared	read, write	exit word, bases; then the signal stack
 *
 * order, proof and shared are one memfd per stub, the control file.
 */
#ifndef _WINE_LAYOUT_H
#define _WINE_LAYOUT_H

#define ENGINE_BASE		0x7fffffe00000
#define ENGINE_LIMIT		0x7ffffffff000	/* end of user addresses */

#define ENGINE_CODE		0x0000
#define ENGINE_DATA		0x1000
#define ENGINE_ORDER		0x2000
#define ENGINE_PROOF		0x6000
#define ENGINE_SHARED		0x7000
#define ENGINE_STACK		0x8000
#define ENGINE_SIZE		0xe000
#define ENGINE_STACK_SIZE	(ENGINE_SIZE - ENGINE_STACK)

/* The same places in the control file. */
#define CONTROL_ORDER		0x0000
#define CONTROL_PROOF		(ENGINE_PROOF - ENGINE_ORDER)
#define CONTROL_SHARED		(ENGINE_SHARED - ENGINE_ORDER)
#define CONTROL_SIZE		(ENGINE_SIZE - ENGINE_ORDER)

/* The image file: ELF header, code, data; the first code runs from here. */
#define IMAGE_CODE		0x1000
#define IMAGE_DATA		0x2000
#define IMAGE_SIZE		0x3000
#define IMAGE_BASE		0x400000

/* Descriptors of a stub. The last is closed before user code runs. */
#define STUB_FD_PHYSMEM		3
#define STUB_FD_CONTROL		4
#define STUB_FD_IMAGE		5

/* Data page. */
#define DATA_SIGACTION		0x00
#define DATA_SIGALTSTACK	0x20
#define DATA_FPROG		0x40
#define DATA_SIGMASK		0x50
#define DATA_NAME		0x60
#define DATA_CLOSED		0x70
#define DATA_FILTER		0x100

/* Order page. */
#define ORDER_WORD		0x00
#define ORDER_SLEEPING		0x04
#define ORDER_SELECTOR		0x08
#define ORDER_REST		0x0c
#define ORDER_SPIN		0x10
#define ORDER_NR_OPS		0x14
#define ORDER_DONE		0x18
#define ORDER_FAIL		0x1c
#define ORDER_FRAME		0x20
#define ORDER_FS_BASE		0x28
#define ORDER_GS_BASE		0x30
#define ORDER_PARENT		0x38
#define ORDER_CPU		0x3c
#define ORDER_THEN_GO		0x40
#define ORDER_BASES		0x44
#define ORDER_OPS		0x100
#define ORDER_OP_SIZE		0x40
#define ORDER_MAX_OPS		((CONTROL_PROOF - ORDER_OPS) / ORDER_OP_SIZE)

/* The order word: a sequence number above, one of these below. */
#define ORDER_GO		0	/* return to user code */
#define ORDER_PROVE		1	/* prove that engine code runs */
#define ORDER_MAP		2	/* make the host calls listed; then go? */
#define ORDER_KIND		3	/* mask; and the mark of a done token */
#define ORDER_FAILED		0x80000000	/* in a done token */

/* How user code gets its segment bases: by FSGSBASE, or by host calls. */
#define BASES_DIRECT		1
#define BASES_SET_FS		2
#define BASES_SET_GS		4

/* Order selector: the host's SYSCALL_DISPATCH_FILTER_*. */
#define SELECTOR_ALLOW		0
#define SELECTOR_BLOCK		1

/* Proof page. */
#define PROOF_WORD		0x00
#define PROOF_DONE		0x40

/* Shared page. */
#define SHARED_EXIT		0x00
#define SHARED_ASLEEP		0x04
#define SHARED_SIGNAL		0x08
#define SHARED_FRAME		0x10
#define SHARED_FS_BASE		0x18
#define SHARED_GS_BASE		0x20
#define SHARED_CPU		0x28

/* Its limit is the number of the host's processor; node above these bits. */
#define HOST_CPU_SELECTOR	0x7b
#define HOST_CPU_MASK		0xfff

#define STUB_KICK_SIGNAL	12	/* SIGUSR2 */

/* Blocked in user code: all but ILL TRAP BUS FPE SEGV USR2 SYS. */
#define STUB_SIGMASK		0xffffffffbffff327

#endif /* _WINE_LAYOUT_H */
