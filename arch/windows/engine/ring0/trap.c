// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts and exceptions while Linux's kernel code runs.
 */
#include <linux/hardirq.h>
#include <linux/kernel.h>
#include <linux/linkage.h>
#include <linux/sched.h>
#include <asm/host.h>
#include <asm/ptrace.h>
#include <asm/thread_size.h>
#include <asm/trapnr.h>
#include <asm/traps.h>
#include <asm/user_loop.h>
#include <uapi/asm/processor-flags.h>
#include "world.h"

#define MAX_OPEN	3	/* a fault in an oops in an oops */

/* The fault that all others came after. */
static struct {
	unsigned int vector;
	unsigned long ip;
	unsigned long addr;
} first;

static void __noreturn give_up(const char *message)
{
	static char text[200];

	/* Nothing of Linux is asked any more, and nothing may stop it. */
	xstate_owner = NULL;
	snprintf(text, sizeof(text), "%s (trap %u at image+%#lx, address %#lx)",
		 message, first.vector, first.ip - image_start, first.addr);
	host_give_up(text);
}

/**
 * ring0_check_given_up() - has NT given up waiting for Linux's end?
 *
 * Context: behind an interrupt. Does not come back when it has.
 */
void ring0_check_given_up(void)
{
	if (unlikely(READ_ONCE(boot_vcpu->given_up)))
		give_up("Linux did not shut down and was given up");
}

/* A virtual interrupt on a stack that is nearly full waits for the next look. */
static bool may_interrupt(const struct pt_regs *regs)
{
	return READ_ONCE(boot_vcpu->pending) && READ_ONCE(irq_enabled_flag) &&
	       stack_room(regs->sp) >= TRAP_STACK_ROOM;
}

/**
 * ring0_kernel_interrupt() - NT's hardware interrupted the kernel's own code
 * @vector: of the interrupt descriptor table
 * @regs: the registers
 *
 * NT may have raised a virtual interrupt meanwhile. It is handled like a
 * processor's: right now if Linux has interrupts enabled, and else when it
 * enables them. That is Linux's work, on Linux's stack, and the next hardware
 * interrupt may come meanwhile.
 *
 * Context: the stack that the processor has for hardware interrupts, where
 * nothing is current. Its interrupts are off, so that there is one at a time.
 * Return: the registers' copy on the interrupted stack, for
 * ring0_virtual_interrupt() to run below it; NULL: back at once.
 */
struct pt_regs *ring0_kernel_interrupt(unsigned int vector,
				       struct pt_regs *regs)
{
	struct pt_regs *copy = (struct pt_regs *)regs->sp - 1;

	world_hand_on(vector);
	ring0_check_given_up();
	if (!may_interrupt(regs))
		return NULL;
	*copy = *regs;
	return copy;
}

/**
 * ring0_virtual_interrupt() - handle what NT has raised
 *
 * Context: the processor's interrupts are off.
 */
void ring0_virtual_interrupt(void)
{
	hard_irq_enable();
	irq_handle_pending();
	hard_irq_disable();
}

static void open_trap(unsigned int vector, const struct pt_regs *regs,
		      unsigned long addr)
{
	if (!kernel_traps_open) {
		first.vector = vector;
		first.ip = regs->ip;
		first.addr = addr;
	}
	if (++kernel_traps_open > MAX_OPEN)
		give_up("a fault while telling of a fault");
}

static struct pt_regs *spare_stack_or_give_up(const struct pt_regs *regs)
{
	struct pt_regs *copy = spare_stack_take(regs);

	if (!copy)
		give_up("a fault on a kernel stack that is no memory");
	return copy;
}

static void lost_stack(unsigned long regs)
{
	ring0_lost_stack((struct pt_regs *)regs);
}

/**
 * ring0_kernel_entry() - an exception of the kernel's own code
 * @vector: of the interrupt descriptor table
 * @regs: the registers, on the stack that was in use
 *
 * Context: the processor's interrupts are off.
 */
void ring0_kernel_entry(unsigned int vector, struct pt_regs *regs)
{
	unsigned long addr = vector == X86_TRAP_PF ? read_cr2() : 0;

	open_trap(vector, regs, addr);
	/* The frame found room, be it somewhere else; nothing else may. */
	if (stack_room((unsigned long)regs) < TRAP_STACK_ROOM) {
		regs = spare_stack_or_give_up(regs);
		continue_on(regs, lost_stack, (unsigned long)regs);
	}
	if (regs->flags & X86_EFLAGS_IF)
		hard_irq_enable();
	kernel_trap(regs, vector, addr);
	hard_irq_disable();
	kernel_traps_open--;
}

/**
 * ring0_double_fault() - the kernel's stack pointer leads nowhere
 * @regs: the registers
 *
 * An exception found no room for its frame. Most often it is a page fault on
 * the page below the stack, where the processor wanted to put that very fault.
 *
 * Context: a stack of its own, where nothing is current. The processor's
 * interrupts are off.
 * Return: the registers' copy on a stack on which Linux can tell of it.
 */
struct pt_regs *ring0_double_fault(const struct pt_regs *regs)
{
	open_trap(X86_TRAP_DF, regs, regs->sp);
	return spare_stack_or_give_up(regs);
}

/**
 * ring0_lost_stack() - tell of that
 * @regs: the registers
 *
 * Context: the spare stack.
 */
void __noreturn ring0_lost_stack(struct pt_regs *regs)
{
	hard_irq_enable();
	kernel_lost_stack(regs);
}
