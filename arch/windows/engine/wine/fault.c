// SPDX-License-Identifier: GPL-2.0
/*
 * A bad pointer in kernel code under Wine: the host's signal becomes an oops.
 *
 * Wine has signal handlers of its own for the NT half. Ours come first, take
 * what happened in the Linux half's code on a Linux stack, and hand everything
 * else on. They run on the alternate stack that Wine gave the thread.
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <asm/page.h>
#include <asm/ptrace.h>
#include <asm/thread_size.h>
#include <asm/traps.h>
#include <asm/trapnr.h>
#include <uapi/asm/sigcontext.h>
#include "fault.h"
#include "host_syscall.h"

#define HOST_SIGILL	4
#define HOST_SIGTRAP	5
#define HOST_SIGBUS	7
#define HOST_SIGFPE	8
#define HOST_SIGSEGV	11
#define HOST_SA_SIGINFO	0x00000004
#define HOST_SA_RESTORER 0x04000000
#define HOST_SA_ONSTACK	0x08000000
#define HOST_SA_NODEFER	0x40000000

struct host_sigaction {
	void *handler;
	unsigned long flags;
	void *restorer;
	unsigned long mask;
};

/* The host's struct ucontext, as far as it is used here. */
struct host_ucontext {
	unsigned long flags;
	void *link;
	struct {
		void *sp;
		int flags;
		unsigned long size;
	} stack;
	struct sigcontext_64 mc;
};

static struct host_sigaction chained[32];

asmlinkage void wine_fault_return(void);
asmlinkage void wine_fault_entry(void);

#define NT_STACK	0x100000UL	/* no thread of NT's has a larger one */

/*
 * NT's code never runs on a Linux stack, so the stack tells, wherever a bad
 * pointer has led. Where the stack pointer is the bad one the code tells: at
 * its start and end Linux runs on the NT thread's stack, elsewhere never.
 */
static bool is_linux_fault(const struct sigcontext_64 *mc)
{
	unsigned long sp = mc->sp, nt = boot_vcpu->nt_rsp;

	if (on_linux_stack(sp))
		return true;
	return core_kernel_text(mc->ip) && sp - (nt - NT_STACK) > 2 * NT_STACK;
}

static void save_context(struct pt_regs *regs, const struct sigcontext_64 *mc)
{
	*regs = (struct pt_regs) {
		.r15 = mc->r15, .r14 = mc->r14, .r13 = mc->r13, .r12 = mc->r12,
		.bp = mc->bp, .bx = mc->bx, .r11 = mc->r11, .r10 = mc->r10,
		.r9 = mc->r9, .r8 = mc->r8, .ax = mc->ax, .cx = mc->cx,
		.dx = mc->dx, .si = mc->si, .di = mc->di,
		.orig_ax = mc->trapno | (mc->cr2 << 8),
		.ip = mc->ip, .cs = __KERNEL_CS, .flags = mc->flags,
		.sp = mc->sp, .ss = __KERNEL_DS,
	};
}

/*
 * The frame is built below the faulting stack pointer (no red zone), and the
 * handler returns into wine_fault_entry there: the oops runs as a call from
 * the faulting instruction, on the task's own stack, with signals as before.
 */
static void divert(struct sigcontext_64 *mc)
{
	unsigned long sp = (mc->sp - 128 - sizeof(struct pt_regs)) & ~15UL;
	struct pt_regs *regs = (struct pt_regs *)sp;

	save_context(regs, mc);
	mc->cx = mc->cr2;
	mc->dx = mc->trapno;
	mc->di = sp;
	mc->sp = sp - 8;
	mc->ip = (unsigned long)wine_fault_entry;
	mc->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_TF);
}

#define MAX_OPEN	3	/* a fault in an oops in an oops */
#define NT_FRAMES	4096	/* kept of what lies on the NT thread's stack */

/* Linux cannot tell of its own fault any more: NT does. */
static void give_up(struct sigcontext_64 *mc, const char *message)
{
	mc->di = (unsigned long)message;
	mc->sp = ((boot_vcpu->nt_rsp - NT_FRAMES) & ~15UL) - 8;
	mc->ip = (unsigned long)host_give_up;
	mc->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_TF);
}

/* There is no room for it on the task's stack: it is told of on another. */
static void lost_stack(struct sigcontext_64 *mc)
{
	struct pt_regs regs, *copy;

	save_context(&regs, mc);
	copy = spare_stack_take(&regs);
	if (!copy) {
		give_up(mc, "a fault on a kernel stack that is no memory");
		return;
	}
	mc->di = (unsigned long)copy;
	mc->bp = 0;
	mc->sp = (unsigned long)copy - 8;
	mc->ip = (unsigned long)kernel_lost_stack;
	mc->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_TF);
}

static void on_host_signal(int sig, void *info, struct host_ucontext *uc)
{
	typedef void (*handler_t)(int sig, void *info, void *uc);
	handler_t next = chained[sig].handler;
	static bool diverting;

	if (diverting) {
		/* divert() itself could not use the task's stack. */
		diverting = false;
		give_up(&uc->mc, "a fault on a kernel stack that is no memory");
		return;
	}
	if (!is_linux_fault(&uc->mc)) {
		next(sig, info, uc);
		return;
	}
	if (sig == HOST_SIGBUS && uc->mc.trapno == X86_TRAP_PF) {
		give_up(&uc->mc, "the host took Linux's memory away");
		return;
	}
	if (++kernel_traps_open > MAX_OPEN) {
		give_up(&uc->mc, "a fault while telling of a fault");
		return;
	}
	if (stack_room(uc->mc.sp) < TRAP_STACK_ROOM) {
		lost_stack(&uc->mc);
		return;
	}
	diverting = true;
	barrier();
	divert(&uc->mc);
	barrier();
	diverting = false;
}

/* Restores everything from @regs, which kernel_trap() may have changed. */
asm(".pushsection .text\n"
    "wine_fault_entry:\n"
    "	movq	%rdi, %rbx\n"
    "	movq	%rdx, %rsi\n"
    "	movq	%rcx, %rdx\n"
    "	movq	%rdi, %rsp\n"
    "	call	kernel_trap\n"
    "	decl	kernel_traps_open(%rip)\n"
    "	movq	%rbx, %rdi\n"
    "	movq	152(%rdi), %rsp\n"
    "	pushq	128(%rdi)\n"
    "	pushq	144(%rdi)\n"
    "	pushq	112(%rdi)\n"
    "	movq	0(%rdi), %r15\n"
    "	movq	8(%rdi), %r14\n"
    "	movq	16(%rdi), %r13\n"
    "	movq	24(%rdi), %r12\n"
    "	movq	32(%rdi), %rbp\n"
    "	movq	40(%rdi), %rbx\n"
    "	movq	48(%rdi), %r11\n"
    "	movq	56(%rdi), %r10\n"
    "	movq	64(%rdi), %r9\n"
    "	movq	72(%rdi), %r8\n"
    "	movq	80(%rdi), %rax\n"
    "	movq	88(%rdi), %rcx\n"
    "	movq	96(%rdi), %rdx\n"
    "	movq	104(%rdi), %rsi\n"
    "	popq	%rdi\n"
    "	popfq\n"
    "	ret\n"
    "wine_fault_return:\n"
    "	movl	$15, %eax\n"
    "	syscall\n"
    ".popsection\n");

static void chain(int sig)
{
	struct host_sigaction action = {
		.handler	= on_host_signal,
		.flags		= HOST_SA_SIGINFO | HOST_SA_ONSTACK |
				  HOST_SA_NODEFER | HOST_SA_RESTORER,
		.restorer	= wine_fault_return,
	};

	host_syscall4(HOST_NR_rt_sigaction, sig, 0, (u64)&chained[sig], 8);
	action.mask = chained[sig].mask;
	host_syscall4(HOST_NR_rt_sigaction, sig, (u64)&action, 0, 8);
}

/* Called once, on the vCPU's thread: from here on a WARN is more than text. */
void wine_fault_init(void)
{
	static const int signals[] = {
		HOST_SIGILL, HOST_SIGTRAP, HOST_SIGBUS, HOST_SIGFPE, HOST_SIGSEGV,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		chain(signals[i]);
}

/* Before linux.sys goes away its handlers must. */
void wine_fault_exit(void)
{
	int sig;

	for (sig = 0; sig < ARRAY_SIZE(chained); sig++)
		if (chained[sig].handler)
			host_syscall4(HOST_NR_rt_sigaction, sig,
				      (u64)&chained[sig], 0, 8);
}
