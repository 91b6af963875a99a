// SPDX-License-Identifier: GPL-2.0
/*
 * Signals: frames as x86-64 Linux makes them.
 *
 *	extended state		multiple of 64
 *	struct rt_sigframe	8 below a multiple of 16, as after a call
 */
#include <linux/kstrtox.h>
#include <linux/ratelimit.h>
#include <linux/rseq.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <linux/entry-common.h>

#include <asm/fpu_image.h>
#include <asm/fpu_state.h>
#include <asm/sigframe.h>
#include <asm/syscall.h>
#include <asm/user_abi.h>

#define FRAME_ALIGN	16UL
#define FPU_ALIGN	64UL
#define RED_ZONE	128	/* below a program's stack pointer, its own */

#define SYSCALL_INSN	2	/* bytes */

#define FLAGS_RESTORED							\
	(X86_EFLAGS_AC | X86_EFLAGS_OF | X86_EFLAGS_DF | X86_EFLAGS_TF |	\
	 X86_EFLAGS_SF | X86_EFLAGS_ZF | X86_EFLAGS_AF | X86_EFLAGS_PF |	\
	 X86_EFLAGS_CF | X86_EFLAGS_RF)

/* Up to and with cr2; the words behind are reserved. */
#define SIGCONTEXT_READ	offsetof(struct sigcontext, reserved1)

/**
 * get_sigframe_size() - the most that a signal takes of a stack
 */
unsigned long get_sigframe_size(void)
{
	unsigned long size = sizeof(struct rt_sigframe) + FRAME_ALIGN - 1;

	size += fpu_user_size() + FPU_ALIGN - 1;
	return round_up(size, FRAME_ALIGN);
}

static bool strict_sigaltstack_size __ro_after_init =
	IS_ENABLED(CONFIG_STRICT_SIGALTSTACK_SIZE);

static int __init strict_sas_size(char *arg)
{
	return kstrtobool(arg, &strict_sigaltstack_size) == 0;
}
__setup("strict_sas_size", strict_sas_size);

/*
 * MINSIGSTKSZ is 2048 for ever, which frames have outgrown. Programs that set
 * up such a stack and never use it must go on working.
 */
bool sigaltstack_size_valid(size_t ss_size)
{
	return !strict_sigaltstack_size || ss_size > get_sigframe_size();
}

static void fill_sigcontext(struct sigcontext *sc, const struct pt_regs *regs,
			    void __user *fpstate, const sigset_t *set)
{
	struct thread_struct *thread = &current->thread;

	sc->r8 = regs->r8;
	sc->r9 = regs->r9;
	sc->r10 = regs->r10;
	sc->r11 = regs->r11;
	sc->r12 = regs->r12;
	sc->r13 = regs->r13;
	sc->r14 = regs->r14;
	sc->r15 = regs->r15;
	sc->di = regs->di;
	sc->si = regs->si;
	sc->bp = regs->bp;
	sc->bx = regs->bx;
	sc->dx = regs->dx;
	sc->ax = regs->ax;
	sc->cx = regs->cx;
	sc->sp = regs->sp;
	sc->ip = regs->ip;
	sc->flags = regs->flags;
	sc->cs = regs->cs;
	sc->ss = regs->ss;
	sc->err = thread->error_code;
	sc->trapno = thread->trap_nr;
	sc->oldmask = set->sig[0];
	sc->cr2 = thread->cr2;
	sc->fpstate = (unsigned long)fpstate;
}

static void fill_frame(struct rt_sigframe *frame, struct ksignal *ksig,
		       const struct pt_regs *regs, void __user *fpstate)
{
	sigset_t *set = sigmask_to_save();

	memset(frame, 0, sizeof(*frame));
	frame->pretcode = (char __user *)ksig->ka.sa.sa_restorer;
	frame->uc.uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS;
	if (regs->cs == __USER_CS)
		frame->uc.uc_flags |= UC_STRICT_RESTORE_SS;
	frame->uc.uc_stack.ss_sp = (void __user *)current->sas_ss_sp;
	frame->uc.uc_stack.ss_flags = current->sas_ss_flags;
	frame->uc.uc_stack.ss_size = current->sas_ss_size;
	fill_sigcontext(&frame->uc.uc_mcontext, regs, fpstate, set);
	frame->uc.uc_sigmask = *set;
	memcpy(&frame->info, &ksig->info, sizeof(ksig->info));
}

/*
 * Where a frame goes. A frame that runs over the end of the alternate stack
 * must not destroy what lies there: no address then.
 */
static struct rt_sigframe __user *place_frame(struct ksignal *ksig,
					      const struct pt_regs *regs,
					      void __user **fpstate)
{
	bool on_altstack = on_sig_stack(regs->sp);
	unsigned long sp = regs->sp - RED_ZONE;

	if (ksig->ka.sa.sa_flags & SA_ONSTACK && !sas_ss_flags(sp)) {
		sp = current->sas_ss_sp + current->sas_ss_size;
		on_altstack = true;
	}
	sp = round_down(sp - fpu_user_size(), FPU_ALIGN);
	*fpstate = (void __user *)sp;
	sp -= sizeof(struct rt_sigframe);
	sp = round_down(sp, FRAME_ALIGN) - sizeof(long);

	if (unlikely(on_altstack && !__on_sig_stack(sp))) {
		pr_info_ratelimited("%s[%d] overflowed sigaltstack\n",
				    current->comm, task_pid_nr(current));
		return NULL;
	}
	return (struct rt_sigframe __user *)sp;
}

static int setup_frame(struct ksignal *ksig, struct pt_regs *regs)
{
	struct rt_sigframe __user *to;
	struct rt_sigframe frame;
	void __user *fpstate;
	size_t size;

	if (!(ksig->ka.sa.sa_flags & SA_RESTORER))
		return -EFAULT;
	to = place_frame(ksig, regs, &fpstate);
	if (!to || fpu_frame_save(fpstate))
		return -EFAULT;
	fill_frame(&frame, ksig, regs, fpstate);
	size = ksig->ka.sa.sa_flags & SA_SIGINFO ?
		sizeof(frame) : offsetof(struct rt_sigframe, info);
	if (copy_to_user(to, &frame, size))
		return -EFAULT;

	regs->di = ksig->sig;
	/* A handler without a prototype: no vector registers hold arguments. */
	regs->ax = 0;
	regs->si = (unsigned long)&to->info;
	regs->dx = (unsigned long)&to->uc;
	regs->ip = (unsigned long)ksig->ka.sa.sa_handler;
	regs->sp = (unsigned long)to;
	regs->cs = __USER_CS;
	regs->ss = __USER_DS;
	return 0;
}

/* The system call instruction is run again, with this number. */
static void rewind_syscall(struct pt_regs *regs, unsigned long nr)
{
	regs->ax = nr;
	regs->ip -= SYSCALL_INSN;
}

/* A handler runs: an interrupted system call ends, or starts again after it. */
static void settle_syscall(struct pt_regs *regs, unsigned long sa_flags)
{
	if (syscall_get_nr(current, regs) == -1)
		return;
	switch (syscall_get_error(current, regs)) {
	case -ERESTARTSYS:
		if (!(sa_flags & SA_RESTART)) {
			regs->ax = -EINTR;
			break;
		}
		fallthrough;
	case -ERESTARTNOINTR:
		rewind_syscall(regs, regs->orig_ax);
		break;
	case -ERESTART_RESTARTBLOCK:
	case -ERESTARTNOHAND:
		regs->ax = -EINTR;
		break;
	}
}

static void handle_signal(struct ksignal *ksig, struct pt_regs *regs)
{
	bool stepping = test_thread_flag(TIF_SINGLESTEP);
	bool failed;

	settle_syscall(regs, ksig->ka.sa.sa_flags);
	/* The frame must not show a trap flag that a debugger has set. */
	if (stepping)
		user_disable_single_step(current);

	rseq_signal_deliver(ksig, regs);
	failed = setup_frame(ksig, regs) < 0;
	if (!failed) {
		regs->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
		fpu_reset();
	}
	signal_setup_done(failed, ksig, stepping);
}

void arch_do_signal_or_restart(struct pt_regs *regs)
{
	struct ksignal ksig;

	if (get_signal(&ksig)) {
		handle_signal(&ksig, regs);
		return;
	}
	if (syscall_get_nr(current, regs) != -1) {
		switch (syscall_get_error(current, regs)) {
		case -ERESTARTNOHAND:
		case -ERESTARTSYS:
		case -ERESTARTNOINTR:
			rewind_syscall(regs, regs->orig_ax);
			break;
		case -ERESTART_RESTARTBLOCK:
			rewind_syscall(regs, __NR_restart_syscall);
			break;
		}
	}
	restore_saved_sigmask();
}

/*
 * The processor has these two code segments and one for data; any other would
 * fault on the way back to the program.
 */
static bool restore_segments(struct pt_regs *regs, const struct sigcontext *sc,
			     unsigned long uc_flags)
{
	u16 cs = sc->cs | SEGMENT_USER_RPL;
	u16 ss = sc->ss | SEGMENT_USER_RPL;

	/* Programs from before ss was saved leave anything there. */
	if (!(uc_flags & UC_STRICT_RESTORE_SS) && cs == __USER_CS)
		ss = __USER_DS;
	if (!user_cs_valid(cs) || ss != __USER_DS)
		return false;
	regs->cs = cs;
	regs->ss = ss;
	return true;
}

static bool restore_sigcontext(struct pt_regs *regs,
			       const struct sigcontext *sc,
			       unsigned long uc_flags)
{
	current->restart_block.fn = do_no_restart_syscall;

	regs->r8 = sc->r8;
	regs->r9 = sc->r9;
	regs->r10 = sc->r10;
	regs->r11 = sc->r11;
	regs->r12 = sc->r12;
	regs->r13 = sc->r13;
	regs->r14 = sc->r14;
	regs->r15 = sc->r15;
	regs->di = sc->di;
	regs->si = sc->si;
	regs->bp = sc->bp;
	regs->bx = sc->bx;
	regs->dx = sc->dx;
	regs->ax = sc->ax;
	regs->cx = sc->cx;
	regs->sp = sc->sp;
	regs->ip = sc->ip;
	regs->flags &= ~FLAGS_RESTORED;
	regs->flags |= sc->flags & FLAGS_RESTORED;
	/* Not a system call that could be restarted. */
	regs->orig_ax = -1;

	if (!restore_segments(regs, sc, uc_flags))
		return false;
	return fpu_frame_restore((void __user *)sc->fpstate);
}

static bool do_sigreturn(struct pt_regs *regs,
			 struct rt_sigframe __user *from)
{
	struct ucontext uc;

	BUILD_BUG_ON(offsetof(struct ucontext, uc_mcontext) + SIGCONTEXT_READ >
		     offsetof(struct ucontext, uc_sigmask));

	if (copy_from_user(&uc, &from->uc, sizeof(uc)))
		return false;
	set_current_blocked(&uc.uc_sigmask);
	if (restore_altstack(&from->uc.uc_stack))
		return false;
	return restore_sigcontext(regs, &uc.uc_mcontext, uc.uc_flags);
}

SYSCALL_DEFINE0(rt_sigreturn)
{
	struct pt_regs *regs = current_pt_regs();
	unsigned long sp = regs->sp;

	/* The handler's return took pretcode off the stack. */
	if (do_sigreturn(regs, (void __user *)(sp - sizeof(long))))
		return regs->ax;

	pr_info_ratelimited("%s[%d] bad frame in rt_sigreturn frame:%lx ip:%lx sp:%lx\n",
			    current->comm, task_pid_nr(current),
			    sp - sizeof(long), regs->ip, sp);
	force_sig(SIGSEGV);
	return 0;
}

/*
 * The frame holds the kernel's siginfo as it is. A new si_code may bring a new
 * field: then these say where to look.
 */
static_assert(NSIGILL == 11);
static_assert(NSIGFPE == 15);
static_assert(NSIGSEGV == 10);
static_assert(NSIGBUS == 5);
static_assert(NSIGTRAP == 6);
static_assert(NSIGCHLD == 6);
static_assert(NSIGSYS == 2);

#define SIGINFO_AT(field, at)	static_assert(offsetof(siginfo_t, field) == (at))
#define SIGINFO_PART(name, size)					\
	static_assert(offsetof(siginfo_t, _sifields.name) == 0x10 &&	\
		      sizeof_field(siginfo_t, _sifields.name) == (size))

static_assert(sizeof(siginfo_t) == 128);
static_assert(__alignof__(siginfo_t) == 8);
static_assert(sizeof(struct rt_sigframe) == 440);
static_assert(sizeof(struct sigcontext) == 256);
static_assert(offsetof(struct ucontext, uc_mcontext) == 40);
SIGINFO_AT(si_signo, 0);
SIGINFO_AT(si_errno, 4);
SIGINFO_AT(si_code, 8);
SIGINFO_PART(_kill, 8);
SIGINFO_PART(_timer, 24);
SIGINFO_AT(si_tid, 0x10);
SIGINFO_AT(si_overrun, 0x14);
SIGINFO_PART(_rt, 16);
SIGINFO_AT(si_pid, 0x10);
SIGINFO_AT(si_uid, 0x14);
SIGINFO_AT(si_value, 0x18);
SIGINFO_PART(_sigchld, 32);
SIGINFO_AT(si_status, 0x18);
SIGINFO_AT(si_utime, 0x20);
SIGINFO_AT(si_stime, 0x28);
SIGINFO_PART(_sigfault, 32);
SIGINFO_AT(si_addr, 0x10);
SIGINFO_AT(si_trapno, 0x18);
SIGINFO_AT(si_addr_lsb, 0x18);
SIGINFO_AT(si_lower, 0x20);
SIGINFO_AT(si_upper, 0x28);
SIGINFO_AT(si_pkey, 0x20);
SIGINFO_AT(si_perf_data, 0x18);
SIGINFO_AT(si_perf_type, 0x20);
SIGINFO_AT(si_perf_flags, 0x24);
SIGINFO_PART(_sigpoll, 16);
SIGINFO_AT(si_band, 0x10);
SIGINFO_AT(si_fd, 0x18);
SIGINFO_PART(_sigsys, 16);
SIGINFO_AT(si_call_addr, 0x10);
SIGINFO_AT(si_syscall, 0x18);
SIGINFO_AT(si_arch, 0x1c);
