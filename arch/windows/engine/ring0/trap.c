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

/*
 * NT may have raised a virtual interrupt meanwhile. It is handled like a
 * processor's: right here if Linux has interrupts enabled, and else when it
 * enables them.
 */
static void after_interrupt(struct pt_regs *regs)
{
	if (!READ_ONCE(boot_vcpu->pending) || !READ_ONCE(irq_enabled_flag))
		return;
	hard_irq_enable();
	irq_handle_pending();
	hard_irq_disable();
}

static bool on_linux_stack(unsigned long sp)
{
	return sp - PAGE_OFFSET < physmem_bytes;
}

/**
 * ring0_kernel_entry() - the kernel's own code was interrupted
 * @vector: of the interrupt descriptor table
 * @regs: the registers, on the stack that was in use
 *
 * Context: the processor's interrupts are off.
 */
void ring0_kernel_entry(unsigned int vector, struct pt_regs *regs)
{
	unsigned long addr = vector == X86_TRAP_PF ? read_cr2() : 0;

	if (vector_is_interrupt(vector)) {
		world_hand_on(vector);
		ring0_check_given_up();
		after_interrupt(regs);
		return;
	}
	if (!kernel_traps_open) {
		first.vector = vector;
		first.ip = regs->ip;
		first.addr = addr;
	}
	if (!on_linux_stack((unsigned long)regs))
		give_up("a fault before Linux had a stack");
	if (++kernel_traps_open > MAX_OPEN)
		give_up("a fault while telling of a fault");
	if (regs->flags & X86_EFLAGS_IF)
		hard_irq_enable();
	kernel_trap(regs, vector, addr);
	hard_irq_disable();
	kernel_traps_open--;
}

/**
 * ring0_double_fault() - the kernel's stack pointer led nowhere
 *
 * Context: a stack of its own.
 */
void __noreturn ring0_double_fault(void)
{
	give_up("a fault on a kernel stack that is no memory");
}
