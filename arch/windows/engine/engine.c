// SPDX-License-Identifier: GPL-2.0
/*
 * One linux.sys has both user engines; which one runs is known at its start.
 */
#include <asm/engine.h>
#include <asm/fpu_state.h>

const struct engine_ops *engine;

/**
 * engine_choose() - choose the engine
 * @under_wine: this is a process, not ring 0
 *
 * Context: the NT thread's stack, before anything else of Linux runs.
 */
void engine_choose(bool under_wine)
{
	engine = under_wine ? &wine_engine : &ring0_engine;
}

/**
 * engine_stop() - give everything back to the host
 *
 * The last that runs of Linux, on the NT thread's stack: physmem goes away.
 */
void engine_stop(void)
{
	/* None was chosen yet when Linux was refused at once. */
	if (engine)
		engine->stop();
}

u32 fpu_user_size(void)
{
	return engine->xstate_size();
}

void *fpu_sync(struct task_struct *task)
{
	return engine->xstate_sync(task);
}

void fpu_mark_dirty(struct task_struct *task)
{
	engine->xstate_dirty(task);
}
