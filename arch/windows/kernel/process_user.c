// SPDX-License-Identifier: GPL-2.0
/*
 * The program's side of a task: its start, and arch_prctl().
 */
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/personality.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>

#include <asm/engine.h>
#include <asm/exec.h>
#include <asm/fpu_image.h>
#include <asm/prctl.h>
#include <asm/user_abi.h>
#include <asm/vdso.h>

u32 elf_hwcap __ro_after_init;
u32 elf_hwcap2 __ro_after_init;

#define CPUID_7_EBX_FSGSBASE	BIT(0)

/*
 * CPUID does not say whether programs may use FSGSBASE: that is the choice of
 * Wine's host, or of NT.
 */
static int __init elf_hwcap_init(void)
{
	elf_hwcap = cpuid_ask(1, 0).edx;
	if (cpuid_ask(0, 0).eax >= 7 &&
	    cpuid_ask(7, 0).ebx & CPUID_7_EBX_FSGSBASE &&
	    engine->fsgsbase())
		elf_hwcap2 = HWCAP2_FSGSBASE;
	return 0;
}
arch_initcall(elf_hwcap_init);

/**
 * start_thread() - make a task's registers a fresh program's
 * @regs: they
 * @ip: where it starts
 * @sp: its stack
 */
void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp)
{
	current->thread.fsbase = 0;
	current->thread.gsbase = 0;
	if (engine->bases_set)
		engine->bases_set();
	regs->ip = ip;
	regs->sp = sp;
	regs->cs = __USER_CS;
	regs->ss = __USER_DS;
	regs->flags = X86_EFLAGS_IF | X86_EFLAGS_FIXED;
}

unsigned long arch_align_stack(unsigned long sp)
{
	if (!(current->personality & ADDR_NO_RANDOMIZE) && randomize_va_space)
		sp -= get_random_u32_below(8192);
	return sp & ~0xfUL;
}

/* No component is given on request only, see fpu_image.c. */
static int request_xstate(unsigned long feature)
{
	return feature > ARCH_XCOMP_TILEDATA ? -EINVAL : -EOPNOTSUPP;
}

static int set_base(struct task_struct *task, unsigned long *base,
		    unsigned long value)
{
	if (value >= TASK_SIZE_MAX)
		return -EPERM;
	*base = value;
	if (task == current && engine->bases_set)
		engine->bases_set();
	return 0;
}

/* What is not listed here is off in this kernel, and then x86 says EINVAL. */
static long arch_prctl_current(int option, unsigned long arg2)
{
	switch (option) {
	case ARCH_GET_CPUID:
		return 1;
	case ARCH_SET_CPUID:
		return -ENODEV;
	case ARCH_GET_XCOMP_SUPP:
	case ARCH_GET_XCOMP_PERM:
	case ARCH_GET_XCOMP_GUEST_PERM:
		return put_user(fpu_image_features(), (u64 __user *)arg2);
	case ARCH_REQ_XCOMP_PERM:
	case ARCH_REQ_XCOMP_GUEST_PERM:
		return request_xstate(arg2);
	default:
		return -EINVAL;
	}
}

/**
 * do_arch_prctl() - those requests of arch_prctl() that a debugger has too
 * @task: current, or a stopped task
 * @option: ARCH_*
 * @arg2: its argument; an address is one of current's
 *
 * Return: 0 or a negative error number.
 */
long do_arch_prctl(struct task_struct *task, int option, unsigned long arg2)
{
	if (task == current && engine->bases_get)
		engine->bases_get();
	switch (option) {
	case ARCH_SET_FS:
		return set_base(task, &task->thread.fsbase, arg2);
	case ARCH_SET_GS:
		return set_base(task, &task->thread.gsbase, arg2);
	case ARCH_GET_FS:
		return put_user(task->thread.fsbase,
				(unsigned long __user *)arg2);
	case ARCH_GET_GS:
		return put_user(task->thread.gsbase,
				(unsigned long __user *)arg2);
	case ARCH_MAP_VDSO_64:
		if (!IS_ENABLED(CONFIG_CHECKPOINT_RESTORE))
			return -EINVAL;
		return vdso_map_once(arg2);
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE2(arch_prctl, int, option, unsigned long, arg2)
{
	long ret = do_arch_prctl(current, option, arg2);

	return ret == -EINVAL ? arch_prctl_current(option, arg2) : ret;
}
