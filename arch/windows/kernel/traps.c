// SPDX-License-Identifier: GPL-2.0
/*
 * Faults: a program's become signals, the kernel's own become an oops.
 */
#include <linux/cpu.h>
#include <linux/kallsyms.h>
#include <linux/kdebug.h>
#include <linux/kernel.h>
#include <linux/bug.h>
#include <linux/extable.h>
#include <linux/reboot.h>
#include <linux/sched/debug.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/utsname.h>
#include <asm/fpu_state.h>
#include <asm/trapnr.h>
#include <asm/traps.h>
#include <asm/user_abi.h>
#include <asm/user_loop.h>
#include <asm/watch.h>

/**
 * user_trap() - a program faulted
 * @regs: its registers; thread.trap_nr, error_code and cr2 say how
 *
 * Context: the program's kernel stack, interrupts on, may sleep.
 */
void user_trap(struct pt_regs *regs)
{
	struct thread_struct *thread = &current->thread;
	void __user *ip = (void __user *)regs->ip;

	switch (thread->trap_nr) {
	case X86_TRAP_PF:
		do_user_page_fault(regs, thread->error_code, thread->cr2);
		break;
	case X86_TRAP_DE:
		force_sig_fault(SIGFPE, FPE_INTDIV, ip);
		break;
	case X86_TRAP_DB:
		if (!watch_trap(regs))
			send_sigtrap(regs, thread->error_code, TRAP_TRACE);
		break;
	case X86_TRAP_BP:
		force_sig(SIGTRAP);
		break;
	case X86_TRAP_UD:
		force_sig_fault(SIGILL, ILL_ILLOPN, ip);
		break;
	case X86_TRAP_MF:
	case X86_TRAP_XF:
		force_sig_fault(SIGFPE, user_fpe_code(thread->trap_nr), ip);
		break;
	case X86_TRAP_AC:
		force_sig_fault(SIGBUS, BUS_ADRALN, NULL);
		break;
	case X86_TRAP_MC:	/* the host cannot give a page of physmem */
	case X86_TRAP_NP:
	case X86_TRAP_SS:
		force_sig(SIGBUS);
		break;
	default:
		force_sig(SIGSEGV);
		break;
	}
}

void show_regs(struct pt_regs *regs)
{
	show_regs_print_info(KERN_DEFAULT);
	pr_info("RIP: %pS\n", (void *)regs->ip);
	pr_info("RSP: %016lx EFLAGS: %08lx ORIG_RAX: %016lx\n",
		regs->sp, regs->flags, regs->orig_ax);
	pr_info("RAX: %016lx RBX: %016lx RCX: %016lx\n",
		regs->ax, regs->bx, regs->cx);
	pr_info("RDX: %016lx RSI: %016lx RDI: %016lx\n",
		regs->dx, regs->si, regs->di);
	pr_info("RBP: %016lx R08: %016lx R09: %016lx\n",
		regs->bp, regs->r8, regs->r9);
	pr_info("R10: %016lx R11: %016lx R12: %016lx\n",
		regs->r10, regs->r11, regs->r12);
	pr_info("R13: %016lx R14: %016lx R15: %016lx\n",
		regs->r13, regs->r14, regs->r15);
	if (!user_mode(regs))
		show_stack_from(regs, KERN_DEFAULT);
}

int kernel_traps_open;

/* Comes back if it is enough that the task ends. */
static void oops(const char *what, struct pt_regs *regs)
{
	static int count;

	oops_enter();
	console_verbose();
	bust_spinlocks(1);
	pr_emerg("Oops: %s [#%d]\n", what, ++count);
	show_regs(regs);
	bust_spinlocks(0);
	add_taint(TAINT_DIE, LOCKDEP_NOW_UNRELIABLE);
	oops_exit();
	if (in_interrupt())
		panic("Fatal exception in interrupt");
	if (panic_on_oops)
		panic("Fatal exception");
	/* All of them are this task's, for none sleeps; as is a use of the FPU. */
	kernel_traps_open = 0;
	kernel_fpu_active = false;
}

static void __noreturn die(const char *what, struct pt_regs *regs)
{
	oops(what, regs);
	make_task_dead(SIGSEGV);
}

/* On the task's own stack again. */
static void end_task(unsigned long flags)
{
	spare_stack_give();
	raw_local_irq_restore(flags);
	make_task_dead(SIGSEGV);
}

/**
 * kernel_lost_stack() - the kernel's stack pointer leads nowhere
 * @regs: the registers at the faulting instruction
 *
 * Most often the stack was too small. What lies on it is of no use any more, so
 * the task ends where it began.
 *
 * Context: on the spare stack, which is nothing to sleep on: interrupts are off.
 */
void __noreturn kernel_lost_stack(struct pt_regs *regs)
{
	unsigned long stack = (unsigned long)task_stack_page(current);
	bool full = regs->sp > stack - THREAD_SIZE &&
		    regs->sp < stack + 2 * TRAP_STACK_ROOM;
	unsigned long flags;
	char what[100];

	raw_local_irq_save(flags);
	snprintf(what, sizeof(what), "%s: stack pointer %016lx, stack %016lx",
		 full ? "kernel stack overflow" : "kernel stack pointer is bad",
		 regs->sp, stack);
	oops(what, regs);
	continue_on(task_pt_regs(current), end_task, flags);
}

/* lib/bug.c asks whether an address may be a BUG's. */
int is_valid_bugaddr(unsigned long addr)
{
	return core_kernel_text(addr) && *(u16 *)addr == BUG_INSN;
}

static bool is_warning(struct pt_regs *regs)
{
	if (report_bug(regs->ip, regs) != BUG_TRAP_TYPE_WARN)
		return false;
	regs->ip += BUG_INSN_BYTES;
	return true;
}

/**
 * kernel_trap() - the kernel's own code faulted
 * @regs: the registers at the faulting instruction
 * @trap: x86 vector
 * @addr: address of the access, for a page fault
 *
 * Context: the engine calls this on the faulting task's kernel stack, as if
 * the faulting instruction had called it. Comes back when the exception table
 * or a warning had an answer; @regs then says where to go on. The engine counts
 * kernel_traps_open; a trap that does not come back takes itself off.
 */
void kernel_trap(struct pt_regs *regs, unsigned int trap, unsigned long addr)
{
	const struct exception_table_entry *fixup;
	char what[80];

	fixup = search_exception_tables(regs->ip);
	if (fixup) {
		regs->ip = extable_fixup(fixup);
		return;
	}
	switch (trap) {
	case X86_TRAP_PF:
		snprintf(what, sizeof(what),
			 "%s at address %016lx", addr < PAGE_SIZE ?
			 "kernel NULL pointer dereference" : "bad page access", addr);
		break;
	case X86_TRAP_UD:
		if (is_warning(regs))
			return;
		snprintf(what, sizeof(what), "invalid opcode");
		break;
	case X86_TRAP_DE:
		snprintf(what, sizeof(what), "divide error");
		break;
	default:
		snprintf(what, sizeof(what), "trap %u", trap);
		break;
	}
	die(what, regs);
}

void __init trap_init(void)
{
}
