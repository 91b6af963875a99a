// SPDX-License-Identifier: GPL-2.0
/*
 * Extended state: vector and x87 registers. A program's stay in the processor
 * while its system calls run; before NT's code, another program's or the
 * kernel's own use they go into the task's image.
 */
#include <linux/cache.h>
#include <linux/sched.h>
#include <asm/fpu_image.h>
#include <asm/fpu_state.h>
#include "world.h"

#define X86_CR4_OSXSAVE_BIT	18

struct task_struct *xstate_owner;

/* Something else than NT left is in the registers, whoever needs it. */
static bool registers_used;

/* The kernel's own, while NT runs inside kernel_fpu_begin(). */
static u8 kernel_image[16384] __aligned(64);
static bool kernel_saved;

static bool has_xsave(void)
{
	return read_cr4() & BIT(X86_CR4_OSXSAVE_BIT);
}

static void save(void *image)
{
	u64 mask = fpu_image_features();

	if (has_xsave())
		asm volatile("xsave64 (%0)" : : "r" (image), "a" ((u32)mask),
			     "d" ((u32)(mask >> 32)) : "memory");
	else
		asm volatile("fxsave64 (%0)" : : "r" (image) : "memory");
}

static void restore(const void *image)
{
	u64 mask = fpu_image_features();

	if (has_xsave())
		asm volatile("xrstor64 (%0)" : : "r" (image), "a" ((u32)mask),
			     "d" ((u32)(mask >> 32)) : "memory");
	else
		asm volatile("fxrstor64 (%0)" : : "r" (image) : "memory");
}

/* Nothing of a program's is left in the registers. */
static void restore_nt(void)
{
	static u8 fresh[16384] __aligned(64);
	static bool made;

	if (!made) {
		fpu_init_image(fresh);
		made = true;
	}
	restore(fresh);
	asm volatile("ldmxcsr %0" : : "m" (ring0_world->nt_mxcsr));
	asm volatile("fldcw %0" : : "m" (ring0_world->nt_fcw));
}

static struct ring0_task *state_of(struct task_struct *task)
{
	return task->thread.user;
}

/**
 * xstate_save() - bring a task's image up to date
 * @task: any task
 */
void xstate_save(struct task_struct *task)
{
	unsigned long flags;

	if (xstate_owner != task)
		return;
	/* An interrupt would leave NT's values behind. */
	flags = hard_irq_save();
	if (xstate_owner == task && !state_of(task)->xstate_dirty)
		save(state_of(task)->xstate);
	hard_irq_restore(flags);
}

/**
 * xstate_forget() - a task's registers are of no use any more
 * @task: any task
 */
void xstate_forget(struct task_struct *task)
{
	if (xstate_owner == task)
		xstate_owner = NULL;
}

static void put_away(void)
{
	if (!xstate_owner)
		return;
	xstate_save(xstate_owner);
	xstate_owner = NULL;
}

/**
 * xstate_load_image() - load a program's registers
 * @task: current
 *
 * Context: the processor's interrupts are off.
 */
void xstate_load_image(struct task_struct *task)
{
	struct ring0_task *state = state_of(task);

	if (xstate_owner != task)
		put_away();
	if (state->xstate_dirty)
		fpu_sanitize(state->xstate);
	restore(state->xstate);
	registers_used = true;
	state->xstate_dirty = false;
	xstate_owner = task;
}

/**
 * xstate_leave() - before NT's code runs
 */
void xstate_leave(void)
{
	if (kernel_fpu_active) {
		save(kernel_image);
		kernel_saved = true;
	}
	put_away();
	if (registers_used)
		restore_nt();
	registers_used = false;
}

/**
 * xstate_return() - after it
 */
void xstate_return(void)
{
	if (!kernel_saved)
		return;
	kernel_saved = false;
	registers_used = true;
	restore(kernel_image);
}

/**
 * xstate_for_kernel() - before the kernel's own use
 */
void xstate_for_kernel(void)
{
	unsigned long flags = hard_irq_save();

	put_away();
	registers_used = true;
	hard_irq_restore(flags);
}
