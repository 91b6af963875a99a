// SPDX-License-Identifier: GPL-2.0
/*
 * The loop at the bottom of every program's kernel stack: run the program,
 * serve what it stopped for.
 */
#include <linux/entry-common.h>
#include <linux/instruction_pointer.h>
#include <linux/irqflags.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <asm/engine.h>
#include <asm/irqflags.h>
#include <asm/syscall.h>
#include <asm/user_loop.h>
#include <asm/watch.h>

/* As on x86, the number is an int: the upper half of the register is ignored. */
static void do_syscall(struct pt_regs *regs)
{
	int nr = regs->orig_ax;

	regs->ax = -ENOSYS;
	nr = syscall_enter_from_user_mode(regs, nr);
	if ((unsigned int)nr < NR_syscalls) {
		nr = array_index_nospec(nr, NR_syscalls);
		regs->ax = sys_call_table[nr](regs->di, regs->si, regs->dx,
					      regs->r10, regs->r8, regs->r9);
	} else if (nr != -1) {
		/* -1: a debugger or a filter has given the result. */
		regs->ax = -ENOSYS;
	}
	syscall_exit_to_user_mode(regs);
}

static void do_compat_syscall(struct pt_regs *regs)
{
	irqentry_enter_from_user_mode(regs);
	local_irq_enable();
	regs->ax = -ENOSYS;
	regs->orig_ax = -1;
	local_irq_disable();
	irqentry_exit_to_user_mode(regs);
}

static void do_fault(struct pt_regs *regs)
{
	regs->orig_ax = -1;
	irqentry_enter_from_user_mode(regs);
	local_irq_enable();
	user_trap(regs);
	/* Signal frames tell of faults that became signals, of no others. */
	if (!signal_pending(current)) {
		current->thread.trap_nr = 0;
		current->thread.error_code = 0;
		current->thread.cr2 = 0;
	}
	local_irq_disable();
	irqentry_exit_to_user_mode(regs);
}

static void do_interrupt(struct pt_regs *regs)
{
	regs->orig_ax = -1;
	irqentry_enter_from_user_mode(regs);
	irq_handle_user(regs);
	irqentry_exit_to_user_mode(regs);
}

/* Not by a signal: init would ignore it, and come back here for ever. */
static void do_dead(struct pt_regs *regs)
{
	irqentry_enter_from_user_mode(regs);
	local_irq_enable();
	pr_info_ratelimited("%s[%d]: did not obey its engine, killed\n",
			    current->comm, task_pid_nr(current));
	do_group_exit(SIGKILL);
}

static enum engine_exit run(struct pt_regs *regs)
{
	if (unlikely(test_thread_flag(TIF_WATCH)))
		return watch_run(regs);
	return engine->run(regs);
}

/**
 * user_loop() - run the current program until it ends
 *
 * Called with interrupts off, on the task's own kernel stack, after the work
 * that the generic entry code does before a return to a program.
 */
void __noreturn user_loop(void)
{
	struct pt_regs *regs = current_pt_regs();

	for (;;) {
		/*
		 * The entry code has told lockdep that the program runs, with
		 * interrupts on. The engine is kernel code yet, they are off,
		 * and it takes locks.
		 */
		lockdep_hardirqs_off(_THIS_IP_);
		switch (run(regs)) {
		case ENGINE_SYSCALL:
			do_syscall(regs);
			break;
		case ENGINE_COMPAT_SYSCALL:
			do_compat_syscall(regs);
			break;
		case ENGINE_FAULT:
			do_fault(regs);
			break;
		case ENGINE_INTERRUPT:
			do_interrupt(regs);
			break;
		case ENGINE_DEAD:
			do_dead(regs);
			break;
		}
	}
}
