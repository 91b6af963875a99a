// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel stacks that are full. Below each lies a page that is not there: tasks
 * have theirs from vmalloc, the initial one's is the first memory of physmem.
 * Whoever runs into it cannot be told of on its own stack, so that one more is
 * kept.
 */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/vmalloc.h>
#include <asm/ptrace.h>
#include <asm/traps.h>
#include <asm/user_loop.h>

static unsigned long spare_stack;	/* its low end; 0: there is none yet */
static bool spare_in_use;

/* Whose stack it is, wherever the stack pointer has got to. */
static struct task_struct *running_task(void)
{
	return READ_ONCE(vcpu_task) ?: &init_task;
}

static bool is_between(unsigned long addr, unsigned long start,
		       unsigned long end)
{
	return addr >= start && addr < end;
}

/**
 * on_linux_stack() - is it Linux's stack pointer, and not one of NT's?
 * @sp: any stack pointer
 *
 * One that has just left a stack by its low end is Linux's, too.
 */
bool on_linux_stack(unsigned long sp)
{
	return is_between(sp, PAGE_OFFSET - THREAD_SIZE,
			  PAGE_OFFSET + physmem_bytes) ||
	       is_between(sp, VMALLOC_START - THREAD_SIZE, VMALLOC_END);
}

/**
 * stack_room() - how many bytes are left on the kernel stack in use
 * @sp: the stack pointer
 *
 * Return: 0, too, when the stack pointer has left that stack.
 */
unsigned long stack_room(unsigned long sp)
{
	unsigned long start = (unsigned long)task_stack_page(running_task());

	if (is_between(sp, start, start + THREAD_SIZE))
		return sp - start;
	if (spare_in_use && is_between(sp, spare_stack, spare_stack + THREAD_SIZE))
		return sp - spare_stack;
	return 0;
}

/**
 * spare_stack_take() - begin to use the spare stack
 * @regs: of the code that has lost its own
 *
 * Return: a copy of the registers, below which the spare stack is free and
 * current is the task that runs; NULL if there is no spare stack, or if it is
 * just this one that was lost.
 */
struct pt_regs *spare_stack_take(const struct pt_regs *regs)
{
	unsigned long *top = (unsigned long *)(spare_stack + THREAD_SIZE);
	struct pt_regs *copy = (void *)top - TOP_OF_KERNEL_STACK_PADDING;

	if (!spare_stack || spare_in_use)
		return NULL;
	spare_in_use = true;
	top[-1] = (unsigned long)running_task();
	*--copy = *regs;
	return copy;
}

/**
 * spare_stack_give() - the spare stack is not used any more
 */
void spare_stack_give(void)
{
	spare_in_use = false;
}

/**
 * spare_stack_init() - make the spare stack, as soon as there is memory
 */
void __init spare_stack_init(void)
{
	spare_stack = (unsigned long)__vmalloc_node(THREAD_SIZE, THREAD_ALIGN,
						    GFP_KERNEL | __GFP_ZERO,
						    NUMA_NO_NODE,
						    __builtin_return_address(0));
}
