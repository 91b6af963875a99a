// SPDX-License-Identifier: GPL-2.0
/*
 * The host's signal frame in a stub: where user registers are between exit
 * and return. All of it is hostile when it is read, and it is written anew,
 * but for the extended state, before the stub returns through it.
 */
#include "../int80.h"
#include "internal.h"

/* What x86-64 Linux lays on the signal stack; its user ABI. */
struct host_frame {
	u64 pretcode;
	u64 uc_flags;
	u64 uc_link;
	u64 stack_sp;
	u32 stack_flags;
	u32 stack_pad;
	u64 stack_size;
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
	u64 di, si, bp, bx, dx, ax, cx, sp, ip, flags;
	u16 cs, gs, fs, ss;
	u64 err, trapno, oldmask, cr2;
	u64 fpstate;
	u64 reserved[8];
	u64 sigmask;
	/* siginfo */
	u32 si_signo;
	u32 si_errno;
	s32 si_code;
	u32 si_pad;
	u64 si_call_addr;
	s32 si_syscall;
	u32 si_arch;
};

#define UC_FLAGS	7	/* XSTATE, SIGCONTEXT_SS, STRICT_RESTORE_SS */
#define CS_64		0x33
#define CS_32		0x23
#define SS_USER		0x2b
#define ARCH_X86_64	0xc000003e

/* CF PF AF ZF SF TF DF OF RF AC ID; NT goes on as well as it does in Linux */
#define FLAGS_USER	0x254dd5
#define FLAGS_FIXED	0x202

/* Page fault error code: what can be true of user code. */
#define FAULT_MASK	0x37
#define FAULT_USER	0x04

/* The legacy area, the host's mark in it, and the header of XSAVE. */
#define XSTATE_FCW		0
#define XSTATE_MXCSR		24
#define XSTATE_MXCSR_MASK	28
#define XSTATE_MAGIC1		464
#define XSTATE_EXTENDED_SIZE	468
#define XSTATE_FEATURES		472
#define XSTATE_SIZE		480
#define XSTATE_BV		512
#define XSTATE_COMP_BV		520
#define XSTATE_RESERVED		528
#define XSTATE_BODY		576
#define MAGIC1			0x46505853
#define MAGIC2			0x46505845
#define MXCSR_INIT		0x1f80
#define MXCSR_MASK_OLD		0xffbf

#define XSTATE_MAX		16384

struct xstate_layout {
	u64 features;
	u32 size;		/* with the second magic number */
	u32 mxcsr_mask;
	u8 mark[48];		/* bytes 464..511 */
};

static struct xstate_layout xstate_layout;

static u32 get32(const u8 *at)
{
	u32 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void put32(u8 *at, u32 value)
{
	memcpy(at, &value, sizeof(value));
}

static u64 get64(const u8 *at)
{
	u64 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void put64(u8 *at, u64 value)
{
	memcpy(at, &value, sizeof(value));
}

static bool on_stack(u64 address, u64 bytes)
{
	u64 stack = ENGINE_BASE + ENGINE_STACK;

	return address >= stack && bytes <= ENGINE_STACK_SIZE &&
	       address - stack <= ENGINE_STACK_SIZE - bytes;
}

static void *at_stack(struct stub *stub, u64 address)
{
	return stub->stack + (address - (ENGINE_BASE + ENGINE_STACK));
}

static struct host_frame *frame_of(struct stub *stub)
{
	return at_stack(stub, stub_host.frame);
}

static u8 *fpstate_of(struct stub *stub)
{
	return at_stack(stub, stub_host.fpstate);
}

/**
 * frame_calibrate() - learn from the first stub's first frame
 * @stub: a stub that has just made its first, trusted exit
 *
 * Frame and extended state lie at the same places in every stub. Returns 0,
 * or a negative error number.
 */
int frame_calibrate(struct stub *stub)
{
	const struct host_frame *frame;
	const u8 *xstate;
	u64 address = stub->shared->frame;

	if (!on_stack(address, sizeof(*frame)))
		return stub_fail(-ENXIO,
				 "the host's signal frame is too large");
	frame = at_stack(stub, address);
	if (!on_stack(frame->fpstate, XSTATE_BODY) || frame->fpstate % 64)
		return stub_fail(-ENXIO,
				 "the host gives no extended state in a signal frame");
	xstate = at_stack(stub, frame->fpstate);
	if (get32(xstate + XSTATE_MAGIC1) != MAGIC1)
		return stub_fail(-ENXIO, "the host's processor has no XSAVE");

	xstate_layout.size = get32(xstate + XSTATE_EXTENDED_SIZE);
	if (xstate_layout.size < XSTATE_BODY + 4 ||
	    !on_stack(frame->fpstate, xstate_layout.size) ||
	    get32(xstate + XSTATE_SIZE) + 4 != xstate_layout.size)
		return stub_fail(-ENXIO,
				 "the host's extended state has an unknown layout");
	xstate_layout.features = get64(xstate + XSTATE_FEATURES);
	xstate_layout.mxcsr_mask = get32(xstate + XSTATE_MXCSR_MASK);
	if (!xstate_layout.mxcsr_mask)
		xstate_layout.mxcsr_mask = MXCSR_MASK_OLD;
	memcpy(xstate_layout.mark, xstate + XSTATE_MAGIC1,
	       sizeof(xstate_layout.mark));
	stub_host.frame = address;
	stub_host.fpstate = frame->fpstate;
	return 0;
}

/**
 * frame_is_ours() - does the frame lie where every frame lies
 * @stub: the stub after an exit
 */
bool frame_is_ours(struct stub *stub)
{
	return READ_ONCE(stub->shared->frame) == stub_host.frame;
}

/* A base that wrfsbase takes without a fault; user code can set any of them. */
static u64 canonical(u64 base)
{
	return (u64)((s64)(base << 16) >> 16) == base ? base : 0;
}

static void read_bases(struct stub *stub, struct stub_regs *regs)
{
	if (stub_host.fsgsbase) {
		regs->fs_base = canonical(READ_ONCE(stub->shared->fs_base));
		regs->gs_base = canonical(READ_ONCE(stub->shared->gs_base));
		return;
	}
	/* Only system calls change them; user code has run with the order's. */
	stub->fs_base = stub->order->fs_base;
	stub->gs_base = stub->order->gs_base;
	regs->fs_base = stub->fs_base;
	regs->gs_base = stub->gs_base;
}

static u32 bases_to_set(const struct stub *stub)
{
	if (stub_host.fsgsbase)
		return BASES_DIRECT;
	return (stub->order->fs_base == stub->fs_base ? 0 : BASES_SET_FS) |
	       (stub->order->gs_base == stub->gs_base ? 0 : BASES_SET_GS);
}

static void read_regs(struct stub *stub, struct stub_regs *regs,
		      const struct host_frame *frame)
{
	regs->r15 = READ_ONCE(frame->r15);
	regs->r14 = READ_ONCE(frame->r14);
	regs->r13 = READ_ONCE(frame->r13);
	regs->r12 = READ_ONCE(frame->r12);
	regs->bp = READ_ONCE(frame->bp);
	regs->bx = READ_ONCE(frame->bx);
	regs->r11 = READ_ONCE(frame->r11);
	regs->r10 = READ_ONCE(frame->r10);
	regs->r9 = READ_ONCE(frame->r9);
	regs->r8 = READ_ONCE(frame->r8);
	regs->ax = READ_ONCE(frame->ax);
	regs->cx = READ_ONCE(frame->cx);
	regs->dx = READ_ONCE(frame->dx);
	regs->si = READ_ONCE(frame->si);
	regs->di = READ_ONCE(frame->di);
	regs->orig_ax = (u64)-1;
	regs->ip = READ_ONCE(frame->ip);
	regs->cs = READ_ONCE(frame->cs) == CS_32 ? CS_32 : CS_64;
	regs->flags = (READ_ONCE(frame->flags) & FLAGS_USER) | FLAGS_FIXED;
	regs->sp = READ_ONCE(frame->sp);
	regs->ss = SS_USER;
	read_bases(stub, regs);
}

static enum stub_exit system_call(struct stub_context *ctx, bool compat)
{
	ctx->regs.orig_ax = ctx->regs.ax;
	if (compat)
		ctx->exit_flags = STUB_SYSCALL_COMPAT;
	return STUB_SYSCALL;
}

static enum stub_exit read_fault(const struct stub *stub,
				 struct stub_context *ctx,
				 const struct host_frame *frame)
{
	u64 trap = READ_ONCE(frame->trapno);

	/* Sent by somebody, not raised by the processor. */
	if (READ_ONCE(frame->si_code) <= 0)
		return STUB_INTERRUPT;
	ctx->trap = trap < 32 ? (u32)trap : 13;
	/* The page table has the page, but the host has not: a bad memory. */
	if (ctx->trap == 14 && READ_ONCE(stub->shared->signal) == 7)
		ctx->trap = 18;
	ctx->error_code = READ_ONCE(frame->err);
	if (ctx->trap == 13 && (u32)ctx->error_code == INT80_ERROR) {
		ctx->regs.ip += INT80_BYTES;
		return system_call(ctx, true);
	}
	ctx->cr2 = READ_ONCE(frame->cr2);
	if (ctx->trap == 14)
		ctx->error_code = (ctx->error_code & FAULT_MASK) | FAULT_USER;
	else
		ctx->error_code &= 0xffff;
	return STUB_FAULT;
}

static enum stub_exit read_syscall(struct stub_context *ctx,
				   const struct host_frame *frame)
{
	u64 from = READ_ONCE(frame->si_call_addr);

	/*
	 * The host's vsyscall page, which no stub can get rid of: the host
	 * has already returned from it. Linux without vsyscall sees a call
	 * to a page that is not there.
	 */
	if ((s64)from < 0) {
		ctx->regs.sp -= 8;
		ctx->regs.ip = from;
		ctx->trap = 14;
		ctx->error_code = 0x15;
		ctx->cr2 = from;
		return STUB_FAULT;
	}
	return system_call(ctx, READ_ONCE(frame->si_arch) != ARCH_X86_64);
}

/**
 * frame_read() - take an exit's registers and reason
 * @stub: the stub after an exit
 * @ctx: where they go
 */
enum stub_exit frame_read(struct stub *stub, struct stub_context *ctx)
{
	const struct host_frame *frame = frame_of(stub);

	ctx->exit_flags = 0;
	read_regs(stub, &ctx->regs, frame);
	switch (READ_ONCE(stub->shared->signal)) {
	case 31:			/* SIGSYS */
		return read_syscall(ctx, frame);
	case STUB_KICK_SIGNAL:
		return STUB_INTERRUPT;
	default:
		return read_fault(stub, ctx, frame);
	}
}

/**
 * frame_write() - write the frame through which the stub goes to user code
 * @stub: the stub
 * @ctx: the registers
 */
void frame_write(struct stub *stub, const struct stub_context *ctx)
{
	const struct stub_regs *regs = &ctx->regs;
	struct host_frame *frame = frame_of(stub);

	frame->uc_flags = UC_FLAGS;
	frame->uc_link = 0;
	frame->stack_sp = ENGINE_BASE + ENGINE_STACK;
	frame->stack_flags = 0;
	frame->stack_size = ENGINE_STACK_SIZE;
	frame->r8 = regs->r8;
	frame->r9 = regs->r9;
	frame->r10 = regs->r10;
	frame->r11 = regs->r11;
	frame->r12 = regs->r12;
	frame->r13 = regs->r13;
	frame->r14 = regs->r14;
	frame->r15 = regs->r15;
	frame->di = regs->di;
	frame->si = regs->si;
	frame->bp = regs->bp;
	frame->bx = regs->bx;
	frame->dx = regs->dx;
	frame->ax = regs->ax;
	frame->cx = regs->cx;
	frame->sp = regs->sp;
	frame->ip = regs->ip;
	frame->flags = (regs->flags & FLAGS_USER) | FLAGS_FIXED;
	frame->cs = regs->cs == CS_32 ? CS_32 : CS_64;
	frame->gs = 0;
	frame->fs = 0;
	frame->ss = SS_USER;
	frame->fpstate = stub_host.fpstate;
	frame->sigmask = STUB_SIGMASK;

	stub->order->frame = stub_host.frame + 8;
	stub->order->fs_base = canonical(regs->fs_base);
	stub->order->gs_base = canonical(regs->gs_base);
	stub->order->bases = bases_to_set(stub);
}

/* Whatever ptrace or a signal frame put there, the host must accept it. */
static void sanitise(u8 *xstate)
{
	put32(xstate + XSTATE_MXCSR,
	      get32(xstate + XSTATE_MXCSR) & xstate_layout.mxcsr_mask);
	put32(xstate + XSTATE_MXCSR_MASK, xstate_layout.mxcsr_mask);
	memcpy(xstate + XSTATE_MAGIC1, xstate_layout.mark,
	       sizeof(xstate_layout.mark));
	put64(xstate + XSTATE_BV,
	      get64(xstate + XSTATE_BV) & xstate_layout.features);
	put64(xstate + XSTATE_COMP_BV, 0);
	memset(xstate + XSTATE_RESERVED, 0, XSTATE_BODY - XSTATE_RESERVED);
	put32(xstate + xstate_layout.size - 4, MAGIC2);
}

/**
 * frame_load_xstate() - put a context's extended state into the frame
 * @stub: the stub
 * @ctx: the context
 */
void frame_load_xstate(struct stub *stub, struct stub_context *ctx)
{
	u8 *to = fpstate_of(stub);

	memcpy(to, ctx->xstate, xstate_layout.size);
	sanitise(to);
	ctx->xstate_dirty = false;
}

/**
 * stub_xstate_size() - bytes of extended state in a context
 */
u32 stub_xstate_size(void)
{
	return xstate_layout.size;
}

/**
 * stub_xstate_init() - give a context the state of a fresh program
 * @ctx: the context; it must not be live in a stub
 */
void stub_xstate_init(struct stub_context *ctx)
{
	memset(ctx->xstate, 0, xstate_layout.size);
	ctx->xstate[XSTATE_FCW] = 0x7f;
	ctx->xstate[XSTATE_FCW + 1] = 0x03;
	put32(ctx->xstate + XSTATE_MXCSR, MXCSR_INIT);
	put64(ctx->xstate + XSTATE_BV, xstate_layout.features & 3);
	sanitise(ctx->xstate);
	ctx->xstate_dirty = true;
}

/**
 * stub_context_save() - bring a context's extended state up to date
 * @ctx: the context, not running
 *
 * The stub keeps its copy, so going on with the same context costs nothing.
 */
void stub_context_save(struct stub_context *ctx)
{
	if (!ctx->live || ctx->xstate_dirty)
		return;
	memcpy(ctx->xstate, fpstate_of(ctx->live), xstate_layout.size);
	/* User code may have forged it; hand on nothing odd. */
	sanitise(ctx->xstate);
}

/**
 * stub_context_drop() - forget a context that goes away
 * @ctx: the context
 */
void stub_context_drop(struct stub_context *ctx)
{
	if (!ctx->live)
		return;
	ctx->live->owner = NULL;
	ctx->live = NULL;
}
