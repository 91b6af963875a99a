// SPDX-License-Identifier: GPL-2.0
/*
 * Stack traces by frame pointers.
 */
#include <linux/kallsyms.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/task_stack.h>
#include <linux/stacktrace.h>
#include <asm/traps.h>

struct stack_frame {
	struct stack_frame *next;
	unsigned long ip;
};

/* A frame must lie on the task's stack, below the registers. */
static bool frame_ok(struct task_struct *task, struct stack_frame *frame)
{
	unsigned long low = (unsigned long)task_stack_page(task);
	unsigned long high = (unsigned long)task_pt_regs(task);
	unsigned long addr = (unsigned long)frame;

	return !(addr & 7) && addr >= low && addr + sizeof(*frame) <= high;
}

static void walk_frames(stack_trace_consume_fn consume, void *cookie,
			struct task_struct *task, struct stack_frame *frame)
{
	while (frame_ok(task, frame)) {
		if (!__kernel_text_address(frame->ip))
			return;
		if (!consume(cookie, frame->ip))
			return;
		if (frame->next <= frame)
			return;
		frame = frame->next;
	}
}

/* The frame that __switch_to() left: six registers, then the return address. */
static struct stack_frame *sleeping_frame(struct task_struct *task)
{
	unsigned long *sp = (unsigned long *)READ_ONCE(task->thread.sp);

	return (struct stack_frame *)(sp + 5);
}

noinline noinstr void arch_stack_walk(stack_trace_consume_fn consume, void *cookie,
				      struct task_struct *task,
				      struct pt_regs *regs)
{
	if (!task)
		task = current;
	if (regs) {
		if (user_mode(regs) || !consume(cookie, regs->ip))
			return;
		walk_frames(consume, cookie, task, (void *)regs->bp);
		return;
	}
	if (task == current)
		walk_frames(consume, cookie, task, __builtin_frame_address(0));
	else
		walk_frames(consume, cookie, task, sleeping_frame(task));
}

static bool print_entry(void *level, unsigned long ip)
{
	printk("%s %pS\n", (char *)level, (void *)ip);
	return true;
}

void show_stack(struct task_struct *task, unsigned long *sp, const char *level)
{
	printk("%sCall Trace:\n", level);
	arch_stack_walk(print_entry, (void *)level, task, NULL);
}

/*
 * Where a function has no frame of its own (yet), or a bad pointer was called,
 * the caller stands on top of the stack. It is a guess, hence the "?".
 */
static void print_guess(struct pt_regs *regs, const char *level)
{
	struct stack_frame *frame = (struct stack_frame *)(regs->sp - 8);

	if (!frame_ok(current, frame) || !__kernel_text_address(frame->ip))
		return;
	printk("%s ? %pS\n", level, (void *)frame->ip);
}

/**
 * show_stack_from() - print the calls that led to where the kernel was stopped
 * @regs: its registers there
 * @level: KERN_*
 */
void show_stack_from(struct pt_regs *regs, const char *level)
{
	printk("%sCall Trace:\n", level);
	print_guess(regs, level);
	arch_stack_walk(print_entry, (void *)level, current, regs);
}
