// SPDX-License-Identifier: GPL-2.0
/*
 * User code runs: the way in, the way out, and the kick.
 */
#include "internal.h"

/* The context's extended state must be in the frame before the stub goes. */
static void switch_context(struct stub *stub, struct stub_context *ctx)
{
	if (stub->owner != ctx) {
		if (stub->owner) {
			stub_context_save(stub->owner);
			stub->owner->live = NULL;
		}
		/* It may have been live in another stub: execve does that. */
		if (ctx->live) {
			stub_context_save(ctx);
			stub_context_drop(ctx);
		}
		frame_load_xstate(stub, ctx);
		stub->owner = ctx;
		ctx->live = stub;
	} else if (ctx->xstate_dirty) {
		frame_load_xstate(stub, ctx);
	}
}

/* One stub runs at a time: the one before leaves the processor to it. */
static void rest_others(struct stub *stub)
{
	struct stub *last = stub_host.last;

	if (last == stub)
		return;
	if (last)
		WRITE_ONCE(last->order->rest, 1);
	stub_host.last = stub;
}

/*
 * From one exit to the next: 1, or 0 if user code has not run, because the host
 * refused a mapping or a program pretends so. Whoever comes again must ask the
 * kernel first: one that pretends would never let it have its turn.
 */
static int go(struct stub *stub)
{
	int went;
	u32 word;

	if (order_go(stub, &word))
		return -EIO;
	/* Behind the wake-up: its processor goes from one to the next. */
	rest_others(stub);
	if (order_wait(stub, WAIT_EXIT, word))
		return -EIO;
	went = order_went(stub, word);
	if (went <= 0)
		return went;
	stub->proven = READ_ONCE(stub->proof->word) == word;
	/* A signal stack that was moved, or an exit that is pretended. */
	return frame_is_ours(stub) ? 1 : -EIO;
}

/**
 * stub_run() - run user code until the kernel is wanted
 * @stub: the address space
 * @ctx: the thread; its registers are loaded and taken back
 *
 * Makes the queued changes of the address space first. After STUB_DEAD only
 * stub_put() may follow; the registers are those of the last exit.
 */
enum stub_exit stub_run(struct stub *stub, struct stub_context *ctx)
{
	int went;

	if (stub->dead)
		return STUB_DEAD;
	switch_context(stub, ctx);

	WRITE_ONCE(stub->running, RUN_SPINS);
	stub_mb();
	/* A kick that came earlier sent no signal. */
	if (READ_ONCE(stub->kicked)) {
		WRITE_ONCE(stub->running, RUN_NOT);
		WRITE_ONCE(stub->kicked, 0);
		return STUB_INTERRUPT;
	}
	frame_write(stub, ctx);
	went = go(stub);
	if (went < 0) {
		pool_kill(stub, "its signal frame moved");
		return STUB_DEAD;
	}
	WRITE_ONCE(stub->running, RUN_NOT);
	stub_mb();
	WRITE_ONCE(stub->kicked, 0);
	if (!went)
		return STUB_INTERRUPT;
	/*
	 * An interrupt that nobody asked for is late, or a program pretends it:
	 * the kernel must get its turn either way.
	 */
	return frame_read(stub, ctx);
}

/**
 * stub_kick() - make a stub's user code stop soon
 * @stub: the stub
 *
 * On any thread of this process, also in a signal handler; it never waits. While the
 * kernel's thread spins nobody needs a signal: most user code comes back by itself
 * before that ends, for one exit, where several kicks would have made as many.
 */
void stub_kick(struct stub *stub)
{
	int pid;

	__atomic_add_fetch(&stub->kickers, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&stub->kicked, 1, __ATOMIC_SEQ_CST);
	pid = READ_ONCE(stub->pid);
	if (pid && READ_ONCE(stub->running) == RUN_SLEEPS)
		host_syscall3(HOST_NR_tgkill, pid, pid, STUB_KICK_SIGNAL);
	__atomic_sub_fetch(&stub->kickers, 1, __ATOMIC_SEQ_CST);
}
