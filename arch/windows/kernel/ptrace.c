// SPDX-License-Identifier: GPL-2.0
/*
 * What debuggers and core files see of a program: x86-64's register sets.
 *
 * A debugger's values are checked when they come, so that the registers of a
 * stopped program can always be loaded. An instruction pointer is the exception:
 * any is taken, and a bad one is the program's fault when it goes on.
 */
#include <linux/elf.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/user.h>

#include <asm/engine.h>
#include <asm/fpu_image.h>
#include <asm/fpu_state.h>
#include <asm/user_abi.h>
#include <asm/watch.h>

#define FLAGS_DEBUGGER							\
	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF |	\
	 X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF |	\
	 X86_EFLAGS_RF | X86_EFLAGS_AC | X86_EFLAGS_NT)

#define NR_DEBUG_REGISTERS	8

enum {
	REGSET_GENERAL,
	REGSET_FP,
	REGSET_XSTATE,
};

struct register_name {
	const char *name;
	unsigned int offset;
};

#define REGISTER(r) { .name = #r, .offset = offsetof(struct pt_regs, r) }

static const struct register_name register_names[] = {
	REGISTER(r15), REGISTER(r14), REGISTER(r13), REGISTER(r12),
	REGISTER(bp), REGISTER(bx), REGISTER(r11), REGISTER(r10),
	REGISTER(r9), REGISTER(r8), REGISTER(ax), REGISTER(cx),
	REGISTER(dx), REGISTER(si), REGISTER(di), REGISTER(orig_ax),
	REGISTER(ip), REGISTER(cs), REGISTER(flags), REGISTER(sp),
	REGISTER(ss),
};

/**
 * regs_query_register_offset() - where a register lies in struct pt_regs
 * @name: its name
 *
 * Return: the offset, or -EINVAL if there is no such register.
 */
int regs_query_register_offset(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(register_names); i++) {
		if (!strcmp(register_names[i].name, name))
			return register_names[i].offset;
	}
	return -EINVAL;
}

/**
 * regs_query_register_name() - which register lies at an offset
 * @offset: in struct pt_regs
 *
 * Return: its name, or NULL.
 */
const char *regs_query_register_name(unsigned int offset)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(register_names); i++) {
		if (register_names[i].offset == offset)
			return register_names[i].name;
	}
	return NULL;
}

/* The registers that both structures have are the first, in the same order. */
static unsigned long *saved_register(struct task_struct *task,
				     unsigned int offset)
{
	static_assert(offsetof(struct user_regs_struct, ss) ==
		      offsetof(struct pt_regs, ss));

	return (unsigned long *)((void *)task_pt_regs(task) + offset);
}

/* A trap flag that the debugger set is not the program's. */
static unsigned long get_flags(struct task_struct *task)
{
	unsigned long flags = task_pt_regs(task)->flags;

	if (test_tsk_thread_flag(task, TIF_FORCED_TF))
		flags &= ~X86_EFLAGS_TF;
	return flags;
}

static void set_flags(struct task_struct *task, unsigned long value)
{
	struct pt_regs *regs = task_pt_regs(task);

	if (value & X86_EFLAGS_TF)
		clear_tsk_thread_flag(task, TIF_FORCED_TF);
	else if (test_tsk_thread_flag(task, TIF_FORCED_TF))
		value |= X86_EFLAGS_TF;
	regs->flags &= ~FLAGS_DEBUGGER;
	regs->flags |= value & FLAGS_DEBUGGER;
}

static unsigned long get_register(struct task_struct *task, unsigned int offset)
{
	switch (offset) {
	case offsetof(struct user_regs_struct, flags):
		return get_flags(task);
	case offsetof(struct user_regs_struct, fs_base):
		return task->thread.fsbase;
	case offsetof(struct user_regs_struct, gs_base):
		return task->thread.gsbase;
	case offsetof(struct user_regs_struct, ds):
	case offsetof(struct user_regs_struct, es):
	case offsetof(struct user_regs_struct, fs):
	case offsetof(struct user_regs_struct, gs):
		return 0;
	default:
		return *saved_register(task, offset);
	}
}

static int set_base(unsigned long *base, unsigned long value)
{
	if (value >= TASK_SIZE_MAX)
		return -EIO;
	*base = value;
	return 0;
}

static int set_register(struct task_struct *task, unsigned int offset,
			unsigned long value)
{
	switch (offset) {
	case offsetof(struct user_regs_struct, flags):
		set_flags(task, value);
		return 0;
	case offsetof(struct user_regs_struct, fs_base):
		return set_base(&task->thread.fsbase, value);
	case offsetof(struct user_regs_struct, gs_base):
		return set_base(&task->thread.gsbase, value);
	case offsetof(struct user_regs_struct, cs):
		if (!user_cs_valid((u16)value))
			return -EIO;
		value = (u16)value;
		break;
	case offsetof(struct user_regs_struct, ss):
		if ((u16)value != __USER_DS)
			return -EIO;
		value = (u16)value;
		break;
	case offsetof(struct user_regs_struct, ds):
	case offsetof(struct user_regs_struct, es):
	case offsetof(struct user_regs_struct, fs):
	case offsetof(struct user_regs_struct, gs):
		/* There are no segments to select. */
		return (u16)value ? -EIO : 0;
	}
	*saved_register(task, offset) = value;
	return 0;
}

static int general_get(struct task_struct *task,
		       const struct user_regset *regset, struct membuf to)
{
	unsigned int offset;

	if (task == current && engine->bases_get)
		engine->bases_get();
	for (offset = 0; to.left; offset += sizeof(long))
		membuf_store(&to, get_register(task, offset));
	return 0;
}

static int general_set(struct task_struct *task,
		       const struct user_regset *regset,
		       unsigned int pos, unsigned int count,
		       const void *kbuf, const void __user *ubuf)
{
	unsigned long value;
	int error;

	while (count >= sizeof(value)) {
		unsigned int offset = pos;

		error = user_regset_copyin(&pos, &count, &kbuf, &ubuf, &value,
					   offset, offset + sizeof(value));
		if (!error)
			error = set_register(task, offset, value);
		if (error)
			return error;
	}
	return 0;
}

static int fp_get(struct task_struct *task, const struct user_regset *regset,
		  struct membuf to)
{
	struct _xstate *image = fpu_sync(task);

	fpu_settle(image);
	membuf_write(&to, image, offsetof(struct _fpstate_64, sw_reserved));
	return membuf_zero(&to, to.left);
}

static int fp_set(struct task_struct *task, const struct user_regset *regset,
		  unsigned int pos, unsigned int count,
		  const void *kbuf, const void __user *ubuf)
{
	struct _xstate *image;
	struct _fpstate_64 new;
	int error;

	if (pos || count != sizeof(new))
		return -EINVAL;
	error = user_regset_copyin(&pos, &count, &kbuf, &ubuf, &new, 0, -1);
	if (error)
		return error;

	image = fpu_sync(task);
	fpu_settle(image);
	swap(image->fpstate, new);
	error = fpu_sanitize(image);
	if (error)
		image->fpstate = new;
	fpu_mark_dirty(task);
	return error;
}

/* As in a signal frame, but the software bytes hold the components alone. */
static int xstate_get(struct task_struct *task,
		      const struct user_regset *regset, struct membuf to)
{
	struct _xstate *image = fpu_sync(task);
	u64 software[sizeof(struct _fpx_sw_bytes) / sizeof(u64)] = {
		fpu_image_features(),
	};
	u32 rest = fpu_user_size() - FP_XSTATE_MAGIC2_SIZE -
		   sizeof(image->fpstate);

	fpu_settle(image);
	membuf_write(&to, image, offsetof(struct _fpstate_64, sw_reserved));
	membuf_write(&to, software, sizeof(software));
	return membuf_write(&to, &image->xstate_hdr, rest);
}

static int xstate_check(struct _xstate *image)
{
	struct _header *header = &image->xstate_hdr;

	if (memchr_inv(header->reserved2, 0, sizeof(header->reserved2)))
		return -EINVAL;
	if (!(header->xfeatures & (FPU_LEGACY | FPU_AVX)))
		image->fpstate.mxcsr = FPU_MXCSR_INIT;
	return fpu_sanitize(image);
}

static int xstate_set(struct task_struct *task,
		      const struct user_regset *regset,
		      unsigned int pos, unsigned int count,
		      const void *kbuf, const void __user *ubuf)
{
	u32 size = fpu_user_size();
	void *new;
	int error;

	if (pos || count != size - FP_XSTATE_MAGIC2_SIZE)
		return -EFAULT;
	new = kvzalloc(size, GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	error = user_regset_copyin(&pos, &count, &kbuf, &ubuf, new, 0, -1);
	if (!error)
		error = xstate_check(new);
	if (!error) {
		fpu_settle(new);
		memcpy(fpu_sync(task), new, size);
		fpu_mark_dirty(task);
	}
	kvfree(new);
	return error;
}

/* The size of the last is the processor's. */
static struct user_regset regsets[] __ro_after_init = {
	[REGSET_GENERAL] = {
		.core_note_type = NT_PRSTATUS,
		.n = ELF_NGREG,
		.size = sizeof(long),
		.align = sizeof(long),
		.regset_get = general_get,
		.set = general_set,
	},
	[REGSET_FP] = {
		.core_note_type = NT_PRFPREG,
		.n = sizeof(struct user_i387_struct) / sizeof(long),
		.size = sizeof(long),
		.align = sizeof(long),
		.regset_get = fp_get,
		.set = fp_set,
	},
	[REGSET_XSTATE] = {
		.core_note_type = NT_X86_XSTATE,
		.size = sizeof(u64),
		.align = sizeof(u64),
		.regset_get = xstate_get,
		.set = xstate_set,
	},
};

static const struct user_regset_view user_view = {
	.name = "x86_64",
	.e_machine = EM_X86_64,
	.regsets = regsets,
	.n = ARRAY_SIZE(regsets),
};

static int __init regsets_init(void)
{
	regsets[REGSET_XSTATE].n =
		(fpu_user_size() - FP_XSTATE_MAGIC2_SIZE) / sizeof(u64);
	return 0;
}
arch_initcall(regsets_init);

const struct user_regset_view *task_user_regset_view(struct task_struct *task)
{
	return &user_view;
}

static bool is_debug_register(unsigned long addr)
{
	return addr - offsetof(struct user, u_debugreg) <
		NR_DEBUG_REGISTERS * sizeof(long);
}

static unsigned int debug_register(unsigned long addr)
{
	return (addr - offsetof(struct user, u_debugreg)) / sizeof(long);
}

static int user_area_read(struct task_struct *task, unsigned long addr,
			  unsigned long __user *to)
{
	unsigned long value = 0;

	if (addr % sizeof(value) || addr >= sizeof(struct user))
		return -EIO;
	if (addr < sizeof(struct user_regs_struct))
		value = get_register(task, addr);
	else if (is_debug_register(addr))
		value = watch_get(task, debug_register(addr));
	return put_user(value, to);
}

static int user_area_write(struct task_struct *task, unsigned long addr,
			   unsigned long value)
{
	if (addr % sizeof(value) || addr >= sizeof(struct user))
		return -EIO;
	if (addr < sizeof(struct user_regs_struct))
		return set_register(task, addr, value);
	if (is_debug_register(addr))
		return watch_set(task, debug_register(addr), value);
	return -EIO;
}

long arch_ptrace(struct task_struct *child, long request,
		 unsigned long addr, unsigned long data)
{
	void __user *at = (void __user *)data;

	switch (request) {
	case PTRACE_PEEKUSR:
		return user_area_read(child, addr, at);
	case PTRACE_POKEUSR:
		return user_area_write(child, addr, data);
	case PTRACE_GETREGS:
		return copy_regset_to_user(child, &user_view, REGSET_GENERAL, 0,
					   sizeof(struct user_regs_struct), at);
	case PTRACE_SETREGS:
		return copy_regset_from_user(child, &user_view, REGSET_GENERAL,
					     0, sizeof(struct user_regs_struct),
					     at);
	case PTRACE_GETFPREGS:
		return copy_regset_to_user(child, &user_view, REGSET_FP, 0,
					   sizeof(struct user_i387_struct), at);
	case PTRACE_SETFPREGS:
		return copy_regset_from_user(child, &user_view, REGSET_FP, 0,
					     sizeof(struct user_i387_struct),
					     at);
	case PTRACE_ARCH_PRCTL:
		/* As the system call, with the arguments the other way round. */
		return do_arch_prctl(child, data, addr);
	default:
		return ptrace_request(child, request, addr, data);
	}
}

void ptrace_disable(struct task_struct *child)
{
	user_disable_single_step(child);
}

/*
 * Will the next instruction of a stopped program load the trap flag itself?
 * Then it is the program's from there on, whatever it was before.
 */
static bool next_insn_sets_flags(struct task_struct *task)
{
	u8 insn[15];
	int i, bytes;

	bytes = access_process_vm(task, task_pt_regs(task)->ip, insn,
				  sizeof(insn), FOLL_FORCE);
	for (i = 0; i < bytes; i++) {
		switch (insn[i]) {
		case 0x9d:		/* popf */
		case 0xcf:		/* iret */
			return true;
		case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65:
		case 0x66: case 0x67: case 0xf0: case 0xf2: case 0xf3:
			break;		/* prefixes */
		case 0x40 ... 0x4f:	/* REX, in 64-bit code */
			if (task_pt_regs(task)->cs == __USER_CS)
				break;
			return false;
		default:
			return false;
		}
	}
	return false;
}

void user_enable_single_step(struct task_struct *task)
{
	struct pt_regs *regs = task_pt_regs(task);
	unsigned long old;

	/* TF is the debugger's already, or was lost on the way into a call. */
	if (test_tsk_thread_flag(task, TIF_SINGLESTEP))
		regs->flags |= X86_EFLAGS_TF;
	set_tsk_thread_flag(task, TIF_SINGLESTEP);
	/* A step over a system call ends behind it. */
	set_task_syscall_work(task, SYSCALL_EXIT_TRAP);

	old = regs->flags;
	regs->flags |= X86_EFLAGS_TF;
	if (next_insn_sets_flags(task))
		clear_tsk_thread_flag(task, TIF_FORCED_TF);
	else if (!(old & X86_EFLAGS_TF))
		set_tsk_thread_flag(task, TIF_FORCED_TF);
}

void user_disable_single_step(struct task_struct *task)
{
	clear_tsk_thread_flag(task, TIF_SINGLESTEP);
	clear_task_syscall_work(task, SYSCALL_EXIT_TRAP);
	if (test_and_clear_tsk_thread_flag(task, TIF_FORCED_TF))
		task_pt_regs(task)->flags &= ~X86_EFLAGS_TF;
}

/**
 * send_sigtrap() - tell current of a debug trap
 * @regs: its registers
 * @error_code: for the signal frame
 * @si_code: TRAP_TRACE after a step, TRAP_BRKPT after a breakpoint
 */
void send_sigtrap(struct pt_regs *regs, int error_code, int si_code)
{
	current->thread.trap_nr = TRAP_NR_DEBUG;
	current->thread.error_code = error_code;
	force_sig_fault(SIGTRAP, si_code, (void __user *)regs->ip);
}

#ifdef ARCH_HAS_USER_SINGLE_STEP_REPORT
void user_single_step_report(struct pt_regs *regs)
{
	send_sigtrap(regs, 0, TRAP_BRKPT);
}
#endif
