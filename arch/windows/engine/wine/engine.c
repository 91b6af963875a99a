// SPDX-License-Identifier: GPL-2.0
/*
 * The wine engine as the kernel sees it (asm/engine.h), on top of stubs.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <asm/engine.h>
#include <asm/host.h>
#include <asm/mm_fault.h>
#include <asm/user_loop.h>
#include <asm/mmu_context.h>
#include <asm/thread_size.h>
#include "fault.h"
#include "shadow.h"
#include "stub.h"

static u64 physmem_at(unsigned long phys)
{
	return phys - physmem_phys;
}

static int wine_init(unsigned long bytes, void **physmem)
{
	int err = stub_init(bytes, physmem);

	if (!err)
		wine_fault_init();
	return err;
}

static const char *wine_error(void)
{
	return stub_error();
}

static void wine_start(void)
{
	wsl4_this_vcpu()->kick = (unsigned long)wine_kick;
}

/**
 * wine_stop() - give everything back to the host
 *
 * The last that runs of Linux, on the NT thread's stack: physmem goes away.
 */
static void wine_stop(void)
{
	wsl4_this_vcpu()->kick = 0;
	wsl4_this_vcpu()->engine = 0;
	wine_fault_exit();
	stub_shutdown();
}

/**
 * wine_kick() - make the vCPU leave user mode, or look for interrupts, soon
 * @vcpu: the vCPU
 *
 * Context: any NT thread. Leaf code.
 */
void wine_kick(struct wsl4_vcpu *vcpu)
{
	struct stub *stub = (struct stub *)READ_ONCE(vcpu->engine);

	if (READ_ONCE(vcpu->state) != WSL4_VCPU_USER)
		resched_kick();
	else if (stub)
		stub_kick(stub);
}

/*
 * The host limits how many mappings this process has, and a kernel stack may
 * take one for each page and one for the page below. Freed stacks keep theirs
 * for a while, and there is the rest of vmalloc: so many are not for stacks.
 */
#define MAPPINGS_PER_STACK	(THREAD_SIZE / PAGE_SIZE + 1)
#define MAPPINGS_KEPT		16384
#define TASKS_AT_LEAST		128

static unsigned int wine_max_tasks(void)
{
	unsigned int budget = stub_max_mappings();

	if (budget < MAPPINGS_KEPT)
		return TASKS_AT_LEAST;
	return max((budget - MAPPINGS_KEPT) / MAPPINGS_PER_STACK,
		   TASKS_AT_LEAST);
}

static int wine_task_create(struct task_struct *task)
{
	struct stub_context *ctx;

	if (task->thread.user)
		return 0;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	/* A power of two is aligned to itself; XSAVE wants 64. */
	ctx->xstate = kzalloc(roundup_pow_of_two(stub_xstate_size()), GFP_KERNEL);
	if (!ctx->xstate) {
		kfree(ctx);
		return -ENOMEM;
	}
	stub_xstate_init(ctx);
	task->thread.user = ctx;
	return 0;
}

/* Init's task begins as a kernel thread without a context. */
static struct stub_context *task_context(struct task_struct *task)
{
	return task->thread.user;
}

static void wine_task_copy(struct task_struct *to, struct task_struct *from)
{
	struct stub_context *source = task_context(from);
	struct stub_context *target = task_context(to);

	stub_context_save(source);
	memcpy(target->xstate, source->xstate, stub_xstate_size());
	target->xstate_dirty = true;
}

static void wine_task_flush(struct task_struct *task)
{
	struct stub_context *ctx = task_context(task);

	if (!ctx)
		return;
	stub_context_drop(ctx);
	stub_xstate_init(ctx);
}

static void wine_task_destroy(struct task_struct *task)
{
	struct stub_context *ctx = task_context(task);

	if (!ctx)
		return;
	stub_context_drop(ctx);
	kfree(ctx->xstate);
	kfree(ctx);
	task->thread.user = NULL;
}

static u32 wine_xstate_size(void)
{
	return stub_xstate_size();
}

static void *wine_xstate_sync(struct task_struct *task)
{
	stub_context_save(task_context(task));
	return task_context(task)->xstate;
}

static void wine_xstate_dirty(struct task_struct *task)
{
	task_context(task)->xstate_dirty = true;
}

/* Before the pages go: nothing may reach them any more. */
static void wine_mm_exit(struct mm_struct *mm)
{
	struct stub *stub = mm->context.stub;

	if (!stub)
		return;
	mm->context.stub = NULL;
	if (READ_ONCE(boot_vcpu->engine) == (unsigned long)stub)
		WRITE_ONCE(boot_vcpu->engine, 0);
	shadow_free(stub);
	stub_put(stub);
}

static int stub_prot(int prot)
{
	return (prot & ENGINE_READ ? STUB_PROT_READ : 0) |
	       (prot & ENGINE_WRITE ? STUB_PROT_WRITE : 0) |
	       (prot & ENGINE_EXEC ? STUB_PROT_EXEC : 0);
}

/* A stub that failed is dead: nothing reaches its memory; its program ends. */
static void give_up(struct mm_struct *mm, int err)
{
	if (!err)
		return;
	if (!mm->context.unusable)
		pr_warn("engine: %s[%d] has lost its address space (%d): %s\n",
			current->comm, task_pid_nr(current), err,
			mm->context.stub ? stub_why(mm->context.stub) :
			"no process of the host to be had");
	mm->context.unusable = true;
}

static void wine_map(struct mm_struct *mm, unsigned long addr,
		     unsigned long bytes, unsigned long phys, int prot)
{
	struct stub *stub = mm->context.stub;

	if (!stub || mm->context.unusable)
		return;
	shadow_map(stub, addr, bytes, prot & ENGINE_WRITE);
	give_up(mm, stub_map(stub, addr, bytes, physmem_at(phys),
			     stub_prot(prot)));
}

static void wine_unmap(struct mm_struct *mm, unsigned long addr,
		       unsigned long bytes)
{
	struct stub *stub = mm->context.stub;
	unsigned long end = addr + bytes;

	if (!stub || !bytes || !shadow_clear(stub, &addr, &end))
		return;
	give_up(mm, stub_unmap(stub, addr, end - addr) ?: stub_sync(stub));
}

/**
 * wine_fork() - a fork has made private pages read-only
 * @mm: the parent's address space
 *
 * Context: process context, mmap lock held for writing.
 * Return: false if the caller must flush the whole address space.
 */
static bool wine_fork(struct mm_struct *mm)
{
	struct stub *stub = mm->context.stub;
	int ret;

	if (!stub)
		return true;
	ret = shadow_wrprotect(stub, mm);
	if (ret == -EAGAIN)
		return false;
	give_up(mm, ret);
	return true;
}

static void load_regs(struct stub_regs *to, const struct pt_regs *from)
{
	memcpy(to, from, sizeof(*from));
	to->fs_base = current->thread.fsbase;
	to->gs_base = current->thread.gsbase;
}

static void save_regs(struct pt_regs *to, const struct stub_regs *from)
{
	memcpy(to, from, sizeof(*to));
	to->cs = __USER_CS;
	to->ss = __USER_DS;
	current->thread.fsbase = from->fs_base;
	current->thread.gsbase = from->gs_base;
}

static enum engine_exit translate(enum stub_exit exit, struct stub_context *ctx)
{
	struct thread_struct *thread = &current->thread;

	switch (exit) {
	case STUB_SYSCALL:
		if (ctx->exit_flags & STUB_SYSCALL_COMPAT)
			return ENGINE_COMPAT_SYSCALL;
		return ENGINE_SYSCALL;
	case STUB_FAULT:
		thread->trap_nr = ctx->trap;
		thread->error_code = ctx->error_code;
		thread->cr2 = ctx->cr2;
		return ENGINE_FAULT;
	case STUB_INTERRUPT:
		return ENGINE_INTERRUPT;
	default:
		return ENGINE_DEAD;
	}
}

/* The pages that the program touches first save it a fault each. */
static void map_first(struct mm_struct *mm, const struct pt_regs *regs)
{
	map_near(mm, regs->ip);
	map_near(mm, regs->sp);
}

static struct stub *mm_stub(struct mm_struct *mm, const struct pt_regs *regs)
{
	if (!mm->context.stub && !mm->context.unusable) {
		mm->context.stub = stub_get();
		if (mm->context.stub)
			map_first(mm, regs);
		else
			give_up(mm, -ENOMEM);
	}
	return mm->context.stub;
}

/**
 * wine_run() - run the current program until it stops
 * @regs: its registers, in and out
 *
 * Context: interrupts off. No sleep; waits in the host while the program runs.
 */
static enum engine_exit wine_run(struct pt_regs *regs)
{
	struct stub_context *ctx = task_context(current);
	struct wsl4_vcpu *vcpu = wsl4_this_vcpu();
	struct stub *stub = mm_stub(current->mm, regs);
	enum stub_exit exit;

	if (!stub || current->mm->context.unusable)
		return ENGINE_DEAD;
	load_regs(&ctx->regs, regs);
	WRITE_ONCE(vcpu->engine, (unsigned long)stub);
	xchg(&vcpu->state, WSL4_VCPU_USER);
	if (READ_ONCE(vcpu->pending)) {
		WRITE_ONCE(vcpu->state, WSL4_VCPU_KERNEL);
		return ENGINE_INTERRUPT;
	}
	exit = stub_run(stub, ctx);
	WRITE_ONCE(vcpu->state, WSL4_VCPU_KERNEL);
	save_regs(regs, &ctx->regs);
	if (exit == STUB_DEAD)
		give_up(current->mm, -EIO);
	return translate(exit, ctx);
}

static int wine_kernel_window(unsigned long bytes, void **start)
{
	return stub_kernel_reserve(bytes, start);
}

static void wine_kernel_map(unsigned long addr, unsigned long bytes,
			    unsigned long phys, bool writable)
{
	int prot = STUB_PROT_READ | (writable ? STUB_PROT_WRITE : 0);

	if (stub_kernel_map((void *)addr, bytes, physmem_at(phys), prot))
		panic("the host has no mapping left for vmalloc");
}

static void wine_kernel_unmap(unsigned long addr, unsigned long bytes)
{
	stub_kernel_unmap((void *)addr, bytes);
}

const struct engine_ops wine_engine = {
	.init		= wine_init,
	.error		= wine_error,
	.start		= wine_start,
	.stop		= wine_stop,
	.max_tasks	= wine_max_tasks,
	.task_create	= wine_task_create,
	.task_copy	= wine_task_copy,
	.task_flush	= wine_task_flush,
	.task_destroy	= wine_task_destroy,
	.mm_exit	= wine_mm_exit,
	.map		= wine_map,
	.unmap		= wine_unmap,
	.fork		= wine_fork,
	.run		= wine_run,
	.kernel_window	= wine_kernel_window,
	.kernel_map	= wine_kernel_map,
	.kernel_unmap	= wine_kernel_unmap,
	.xstate_size	= wine_xstate_size,
	.xstate_sync	= wine_xstate_sync,
	.xstate_dirty	= wine_xstate_dirty,
	.fsgsbase	= stub_fsgsbase,
};
