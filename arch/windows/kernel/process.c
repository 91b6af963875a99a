// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks: creation, idle, end.
 */
#include <linux/cpu.h>
#include <linux/cpuidle.h>
#include <linux/entry-common.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/stat.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/stacktrace.h>
#include <asm/engine.h>
#include <asm/host.h>
#include <asm/user_loop.h>
#include <asm/watch.h>

asmlinkage void ret_from_fork_asm(void);

/* What __switch_to() pops on a new task's stack. */
struct fork_frame {
	unsigned long r15, r14, r13, r12, bx, bp, ip;
};

int arch_dup_task_struct(struct task_struct *dst, struct task_struct *src)
{
	if (engine->max_tasks && nr_threads >= engine->max_tasks())
		return -EAGAIN;
	*dst = *src;
	dst->thread.user = NULL;
	return 0;
}

/* Which task the vCPU runs, as __switch_to() says. */
struct task_struct *vcpu_task;

/* How many NT threads are inside resched_kick(): the task must not go away. */
static u32 kickers;

void arch_release_task_struct(struct task_struct *task)
{
	/* Pairs with the increment of kickers: who comes later sees another task. */
	smp_mb();
	while (READ_ONCE(kickers))
		cpu_relax_insn();
	watch_release(task);
	engine->task_destroy(task);
}

/**
 * resched_kick() - an interrupt was raised while kernel code runs
 *
 * A loop in the kernel may do nothing that looks for interrupts but
 * cond_resched(), and wait there for a task that only a tick's preemption lets
 * run. So cond_resched() is made to schedule, which enables interrupts.
 *
 * Context: any NT thread. Leaf code.
 */
void resched_kick(void)
{
	struct task_struct *task;

	__atomic_add_fetch(&kickers, 1, __ATOMIC_SEQ_CST);
	task = READ_ONCE(vcpu_task);
	if (task)
		set_bit(TIF_NEED_RESCHED, &task->thread_info.flags);
	__atomic_sub_fetch(&kickers, 1, __ATOMIC_SEQ_CST);
}

static void set_task_pointer(struct task_struct *task)
{
	unsigned long *top = task_stack_page(task) + THREAD_SIZE;

	top[-1] = (unsigned long)task;
}

int copy_thread(struct task_struct *p, const struct kernel_clone_args *args)
{
	struct pt_regs *regs = task_pt_regs(p);
	struct fork_frame *frame = (struct fork_frame *)regs - 1;
	int err;

	set_task_pointer(p);
	memset(frame, 0, sizeof(*frame));
	frame->ip = (unsigned long)ret_from_fork_asm;
	p->thread.sp = (unsigned long)frame;
	err = engine->task_create(p);
	if (err)
		return err;
	if (args->fn) {
		memset(regs, 0, sizeof(*regs));
		frame->bx = (unsigned long)args->fn;
		frame->r12 = (unsigned long)args->fn_arg;
		p->thread.fsbase = 0;
		p->thread.gsbase = 0;
		return 0;
	}
	if (engine->bases_get) {
		engine->bases_get();
		p->thread.fsbase = current->thread.fsbase;
		p->thread.gsbase = current->thread.gsbase;
	}
	*regs = *current_pt_regs();
	regs->ax = 0;
	if (args->stack)
		regs->sp = args->stack;
	if (args->flags & CLONE_SETTLS)
		p->thread.fsbase = args->tls;
	engine->task_copy(p, current);
	return 0;
}

/**
 * ret_from_fork() - first C code of a new task
 * @prev: the task that ran before
 * @fn: kernel thread's function, or NULL
 * @arg: its argument
 *
 * A kernel thread's function comes back only when it has become a program.
 */
void __noreturn ret_from_fork(struct task_struct *prev, int (*fn)(void *),
			      void *arg)
{
	schedule_tail(prev);
	if (fn) {
		fn(arg);
		current_pt_regs()->ax = 0;
	}
	syscall_exit_to_user_mode(current_pt_regs());
	user_loop();
}

void exit_thread(struct task_struct *task)
{
}

void flush_thread(void)
{
	current->thread.fsbase = 0;
	current->thread.gsbase = 0;
	watch_release(current);
	engine->task_flush(current);
}

static bool wchan_entry(void *cookie, unsigned long addr)
{
	if (in_sched_functions(addr))
		return true;
	*(unsigned long *)cookie = addr;
	return false;
}

unsigned long __get_wchan(struct task_struct *task)
{
	unsigned long addr = 0;

	arch_stack_walk(wchan_entry, &addr, task, NULL);
	return addr;
}

void arch_cpu_idle(void)
{
	if (!READ_ONCE(boot_vcpu->pending))
		host_call0(HOST_IDLE);
	raw_local_irq_enable();
	raw_local_irq_disable();
}
