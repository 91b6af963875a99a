// SPDX-License-Identifier: GPL-2.0
/*
 * A program's debug registers, for a debugger's hardware watchpoints.
 *
 * No engine loads them: a program that has some in use runs instruction by
 * instruction, and after each one it is seen whether a watched value is another
 * or a watched address is reached. So a write of the value that is there
 * already goes unseen. A read would as well; a watchpoint for reads is refused.
 */
#include <linux/hashtable.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include <asm/user_abi.h>
#include <asm/watch.h>
#include <uapi/asm/debugreg.h>

#define NR_WATCHES	4

/**
 * struct watch - a task's debug registers
 * @node: in the table
 * @task: whose
 * @address: DR0 to DR3
 * @status: DR6, without its bits that are always set
 * @control: DR7
 * @seen: what was at each address when it was looked at last
 * @ours: the trap flag of the running instruction is ours alone
 */
struct watch {
	struct hlist_node node;
	struct task_struct *task;
	unsigned long address[NR_WATCHES];
	unsigned long status;
	unsigned long control;
	u64 seen[NR_WATCHES];
	bool ours;
};

static DEFINE_HASHTABLE(watches, 4);
static DEFINE_SPINLOCK(watches_lock);

static struct watch *watch_find(struct task_struct *task)
{
	struct watch *watch, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&watches_lock, flags);
	hash_for_each_possible(watches, watch, node, (unsigned long)task) {
		if (watch->task == task)
			found = watch;
	}
	spin_unlock_irqrestore(&watches_lock, flags);
	return found;
}

static struct watch *watch_make(struct task_struct *task)
{
	struct watch *watch = watch_find(task);
	unsigned long flags;

	if (watch)
		return watch;
	watch = kzalloc(sizeof(*watch), GFP_KERNEL);
	if (!watch)
		return NULL;
	watch->task = task;
	spin_lock_irqsave(&watches_lock, flags);
	hash_add(watches, &watch->node, (unsigned long)task);
	spin_unlock_irqrestore(&watches_lock, flags);
	return watch;
}

/**
 * watch_release() - forget a task's debug registers
 * @task: it ends, or becomes another program
 */
void watch_release(struct task_struct *task)
{
	struct watch *watch;
	unsigned long flags;

	if (!test_and_clear_tsk_thread_flag(task, TIF_WATCH))
		return;
	watch = watch_find(task);
	if (!watch)
		return;		/* a fork's copy of the flag */
	spin_lock_irqsave(&watches_lock, flags);
	hash_del(&watch->node);
	spin_unlock_irqrestore(&watches_lock, flags);
	kfree(watch);
}

static bool is_enabled(unsigned long control, int i)
{
	return control >> (i * DR_ENABLE_SIZE) & (BIT(DR_ENABLE_SIZE) - 1);
}

static unsigned int type_of(unsigned long control, int i)
{
	return control >> (DR_CONTROL_SHIFT + i * DR_CONTROL_SIZE) & 3;
}

static unsigned int bytes_of(unsigned long control, int i)
{
	static const u8 bytes[] = { 1, 2, 8, 4 };

	return bytes[control >> (DR_CONTROL_SHIFT + 2 + i * DR_CONTROL_SIZE) & 3];
}

static bool is_valid(const struct watch *watch, unsigned long control, int i)
{
	unsigned int bytes = bytes_of(control, i);
	unsigned long address = watch->address[i];

	if (!is_enabled(control, i))
		return true;
	if (address >= TASK_SIZE_MAX - bytes || address % bytes)
		return false;
	switch (type_of(control, i)) {
	case DR_RW_EXECUTE:
		return bytes == 1;
	case DR_RW_WRITE:
		return true;
	default:
		return false;
	}
}

/* What is there; 0 where nothing can be read. */
static u64 look(struct watch *watch, int i)
{
	u64 value = 0;

	access_process_vm(watch->task, watch->address[i], &value,
			  bytes_of(watch->control, i), FOLL_FORCE);
	return value;
}

static int set_control(struct watch *watch, unsigned long control)
{
	int i;

	for (i = 0; i < NR_WATCHES; i++) {
		if (!is_valid(watch, control, i))
			return -EINVAL;
	}
	watch->control = control;
	for (i = 0; i < NR_WATCHES; i++) {
		if (is_enabled(control, i))
			watch->seen[i] = look(watch, i);
	}
	return 0;
}

static int set_address(struct watch *watch, unsigned int i, unsigned long value)
{
	unsigned long old = watch->address[i];

	if (value >= TASK_SIZE_MAX)
		return -EINVAL;
	watch->address[i] = value;
	if (!is_valid(watch, watch->control, i)) {
		watch->address[i] = old;
		return -EINVAL;
	}
	watch->seen[i] = look(watch, i);
	return 0;
}

/**
 * watch_get() - a debug register as a debugger sees it
 * @task: a stopped task
 * @nr: 0 to 7
 */
unsigned long watch_get(struct task_struct *task, unsigned int nr)
{
	struct watch *watch = watch_find(task);

	if (nr == 6)
		return (watch ? watch->status : 0) ^ DR6_RESERVED;
	if (!watch)
		return 0;
	if (nr < NR_WATCHES)
		return watch->address[nr];
	return nr == 7 ? watch->control : 0;
}

/**
 * watch_set() - set a debug register for a debugger
 * @task: a stopped task
 * @nr: 0 to 7
 * @value: its value
 *
 * Return: 0, or the error that x86 has for it.
 */
int watch_set(struct task_struct *task, unsigned int nr, unsigned long value)
{
	struct watch *watch;

	if (nr == 4 || nr == 5)
		return -EIO;
	watch = watch_make(task);
	if (!watch)
		return -ENOMEM;
	set_tsk_thread_flag(task, TIF_WATCH);
	if (nr < NR_WATCHES)
		return set_address(watch, nr, value);
	if (nr == 7)
		return set_control(watch, value);
	watch->status = value ^ DR6_RESERVED;
	return 0;
}

static bool in_use(const struct watch *watch)
{
	int i;

	for (i = 0; i < NR_WATCHES; i++) {
		if (is_enabled(watch->control, i))
			return true;
	}
	return false;
}

/**
 * watch_run() - the engine's run() for a task with debug registers
 * @regs: its registers
 *
 * Context: as the engine's run().
 */
enum engine_exit watch_run(struct pt_regs *regs)
{
	struct watch *watch = watch_find(current);
	enum engine_exit exit;

	if (!watch)
		clear_thread_flag(TIF_WATCH);
	if (!watch || !in_use(watch))
		return engine->run(regs);
	watch->ours = !(regs->flags & X86_EFLAGS_TF);
	regs->flags |= X86_EFLAGS_TF;
	exit = engine->run(regs);
	if (watch->ours)
		regs->flags &= ~X86_EFLAGS_TF;
	return exit;
}

static bool is_hit(struct watch *watch, int i, const struct pt_regs *regs)
{
	u64 value;

	if (!is_enabled(watch->control, i))
		return false;
	if (type_of(watch->control, i) == DR_RW_EXECUTE)
		return regs->ip == watch->address[i];
	value = look(watch, i);
	if (value == watch->seen[i])
		return false;
	watch->seen[i] = value;
	return true;
}

/**
 * watch_trap() - a debug trap of the current program
 * @regs: its registers
 *
 * Return: true if nothing is left to be done for it.
 */
bool watch_trap(struct pt_regs *regs)
{
	struct watch *watch;
	unsigned long hits = 0;
	int i;

	watch = test_thread_flag(TIF_WATCH) ? watch_find(current) : NULL;
	if (!watch || !in_use(watch))
		return false;
	for (i = 0; i < NR_WATCHES; i++) {
		if (is_hit(watch, i, regs))
			hits |= DR_TRAP0 << i;
	}
	watch->status = hits | (watch->ours ? 0 : DR_STEP);
	if (!hits)
		return watch->ours;
	send_sigtrap(regs, 0, watch->ours ? TRAP_HWBKPT : TRAP_TRACE);
	return true;
}
