// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual interrupts: bits that NT sets in the vCPU's pending word.
 */
#include <linux/entry-common.h>
#include <linux/hardirq.h>
#include <linux/init.h>
#include <linux/irq.h>
#include <linux/interrupt.h>
#include <linux/irqdesc.h>
#include <asm/engine.h>
#include <asm/host.h>
#include <asm/irq_regs.h>
#include <asm/time.h>
#include <asm/user_loop.h>

bool irq_enabled_flag;

void ack_bad_irq(unsigned int irq)
{
	pr_err("unexpected interrupt %u\n", irq);
}

int arch_show_interrupts(struct seq_file *p, int prec)
{
	if (engine->show_interrupts)
		engine->show_interrupts(p, prec);
	return 0;
}

static void handle_line(unsigned int line)
{
	generic_handle_irq(line);
}

static void handle_pending(struct wsl4_vcpu *vcpu)
{
	u32 pending = xchg(&vcpu->pending, 0);

	irq_enter_rcu();
	while (pending) {
		handle_line(__ffs(pending));
		pending &= pending - 1;
	}
	irq_exit_rcu();
}

/**
 * irq_handle_pending() - handle what NT has raised
 *
 * Called with interrupts just enabled, on the vCPU's thread; comes back with
 * interrupts enabled. Each round is what an interrupt of the kernel's own code
 * is on a processor, and lockdep, RCU and the tick are told so. Not nested:
 * handlers run with interrupts off, and what softirqs enable is handled by the
 * same loop's next round.
 */
noinline void irq_handle_pending(void)
{
	struct wsl4_vcpu *vcpu = wsl4_this_vcpu();
	struct pt_regs regs = {
		.cs = __KERNEL_CS,
		.flags = X86_EFLAGS_IF | X86_EFLAGS_FIXED,
		.ip = (unsigned long)__builtin_return_address(0),
		.sp = (unsigned long)__builtin_frame_address(0),
		.bp = (unsigned long)__builtin_frame_address(0),
	};
	irqentry_state_t state;
	struct pt_regs *old;

	while (READ_ONCE(vcpu->pending)) {
		WRITE_ONCE(irq_enabled_flag, false);
		state = irqentry_enter(&regs);
		old = set_irq_regs(&regs);
		handle_pending(vcpu);
		set_irq_regs(old);
		irqentry_exit(&regs, state);
		WRITE_ONCE(irq_enabled_flag, true);
	}
}

/**
 * irq_handle_user() - the same when a program was interrupted
 * @regs: the program's registers
 *
 * Called with interrupts off, after irqentry_enter_from_user_mode(); they stay
 * off.
 */
void irq_handle_user(struct pt_regs *regs)
{
	struct pt_regs *old = set_irq_regs(regs);

	handle_pending(wsl4_this_vcpu());
	set_irq_regs(old);
}

static void line_nop(struct irq_data *data)
{
}

/* After a suspend: what came meanwhile. */
static int line_retrigger(struct irq_data *data)
{
	__sync_fetch_and_or(&wsl4_this_vcpu()->pending, BIT(data->irq));
	return 1;
}

static struct irq_chip nt_chip = {
	.name		= "NT",
	.irq_mask	= line_nop,
	.irq_unmask	= line_nop,
	.irq_ack	= line_nop,
	.irq_retrigger	= line_retrigger,
	.flags		= IRQCHIP_SKIP_SET_WAKE,
};

void __init init_IRQ(void)
{
	unsigned int line;

	irq_alloc_descs(0, 0, WSL4_NR_IRQS, 0);
	for (line = 0; line < WSL4_NR_IRQS; line++)
		irq_set_chip_and_handler(line, &nt_chip, handle_simple_irq);
}

void cpu_relax(void)
{
	cpu_relax_insn();
	if (irq_enabled_flag && unlikely(READ_ONCE(boot_vcpu->pending)))
		irq_handle_pending();
}
