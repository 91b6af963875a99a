/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The wine user engine: ring-3 code runs in stub processes of the host.
 *
 * One stub is one address space. It shows pages of physmem, a memfd, wherever
 * the kernel asks for them; its system calls, faults and signals come back as
 * the result of stub_run(). Nothing here knows the rest of the kernel, so the
 * same files serve in the kernel and in a test program.
 */
#ifndef _WINE_STUB_H
#define _WINE_STUB_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "stub_shim.h"
#endif

/* Linux's TASK_SIZE: the engine's own pages lie above it in every stub. */
#define STUB_TASK_SIZE		0x7fffffe00000ULL

#define STUB_PROT_READ		1
#define STUB_PROT_WRITE		2
#define STUB_PROT_EXEC		4

/* In the order of x86-64's struct pt_regs, then the two segment bases. */
struct stub_regs {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	u64 ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
	u64 fs_base, gs_base;
};

enum stub_exit {
	STUB_SYSCALL,		/* regs are as after the instruction */
	STUB_FAULT,		/* trap, error_code, cr2 say which */
	STUB_INTERRUPT,		/* a kick was obeyed */
	STUB_DEAD,		/* the stub is gone: so is its Linux process */
};

/* stub_context.exit_flags with STUB_SYSCALL */
#define STUB_SYSCALL_COMPAT	1	/* int $0x80, or 32-bit code */

/**
 * struct stub_context - one Linux thread's user state
 * @regs: registers; orig_ax is the system call's number, or -1
 * @trap: after STUB_FAULT the trap's number (14: page fault)
 * @error_code: after STUB_FAULT the processor's error code
 * @cr2: after STUB_FAULT 14 the address
 * @exit_flags: STUB_SYSCALL_*
 * @xstate: stub_xstate_size() bytes, 64-byte aligned: the extended state as
 *	in a signal frame of x86-64 Linux; true only after stub_context_save()
 * @xstate_dirty: set by the kernel when it has changed @xstate; the next
 *	stub_run() loads it
 * @live: the stub that holds newer extended state than @xstate, or NULL
 */
struct stub_context {
	struct stub_regs regs;
	u32 trap;
	u32 exit_flags;
	u64 error_code;
	u64 cr2;
	u8 *xstate;
	bool xstate_dirty;
	struct stub *live;
};

struct stub;

int stub_init(u64 physmem_bytes, void **physmem);
void stub_shutdown(void);
const char *stub_error(void);

bool stub_fsgsbase(void);

unsigned int stub_max_mappings(void);
int stub_kernel_reserve(u64 bytes, void **addr);
int stub_kernel_map(void *addr, u64 bytes, u64 physmem_offset, int prot);
int stub_kernel_unmap(void *addr, u64 bytes);

struct stub *stub_get(void);
void stub_put(struct stub *stub);
int stub_prefill(unsigned int nr);

int stub_map(struct stub *stub, u64 uaddr, u64 bytes, u64 physmem_offset,
	     int prot);
int stub_unmap(struct stub *stub, u64 uaddr, u64 bytes);
int stub_protect(struct stub *stub, u64 uaddr, u64 bytes, int prot);
int stub_sync(struct stub *stub);

enum stub_exit stub_run(struct stub *stub, struct stub_context *ctx);
void stub_kick(struct stub *stub);

u32 stub_xstate_size(void);
void stub_xstate_init(struct stub_context *ctx);
void stub_context_save(struct stub_context *ctx);
void stub_context_drop(struct stub_context *ctx);

const char *stub_why(const struct stub *stub);

/* For tests and statistics. */
int stub_pid(const struct stub *stub);
u32 stub_mappings(const struct stub *stub);

/* Of the caller: NULL in a stub that stub_get() returns. */
void **stub_private(struct stub *stub);
u32 stub_drops(const struct stub *stub);

#endif /* _WINE_STUB_H */
