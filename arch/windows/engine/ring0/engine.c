// SPDX-License-Identifier: GPL-2.0
/*
 * The ring-0 engine as the kernel sees it (asm/engine.h): programs run on this
 * processor, in Linux's own world.
 */
#include <linux/init.h>
#include <linux/log2.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgalloc.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <asm/engine.h>
#include <asm/fpu_image.h>
#include <asm/host.h>
#include <asm/segment.h>
#include <asm/trapnr.h>
#include <asm/user_loop.h>
#include <uapi/asm/processor-flags.h>
#include "../int80.h"
#include "world.h"

#define MSR_FS_BASE		0xc0000100
#define MSR_KERNEL_GS_BASE	0xc0000102

/* What a program may set, and what it always has. */
#define FLAGS_PROGRAM	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | \
			 X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_TF | \
			 X86_EFLAGS_DF | X86_EFLAGS_OF | X86_EFLAGS_RF | \
			 X86_EFLAGS_AC | X86_EFLAGS_ID)
#define FLAGS_ALWAYS	(X86_EFLAGS_FIXED | X86_EFLAGS_IF)

#define FEW_PAGES	32	/* to invalidate one by one */

/* Whose segment bases are in the processor. */
static struct task_struct *bases_owner;
/* The page table in use. */
static pgd_t *loaded_pgd = swapper_pg_dir;

static struct ring0_task *state_of(struct task_struct *task)
{
	return task->thread.user;
}

static int ring0_init(unsigned long bytes, void **physmem)
{
	int err = world_build();

	*physmem = (void *)(linear_offset + physmem_phys);
	return err;
}

static const char *ring0_why(void)
{
	return ring0_error;
}

static void ring0_start(void)
{
}

/* In NT's world again; NT's half frees what it gave. */
static void ring0_stop(void)
{
	ring0_live = false;
	ring0_world = NULL;
}

/*
 * Tasks
 */

static void fresh_xstate(struct ring0_task *state)
{
	fpu_init_image(state->xstate);
	state->xstate_dirty = true;
}

static int ring0_task_create(struct task_struct *task)
{
	struct ring0_task *state;

	if (task->thread.user)
		return 0;
	state = kzalloc(sizeof(*state), GFP_KERNEL);
	if (!state)
		return -ENOMEM;
	/* A power of two is aligned to itself; XSAVE wants 64. */
	state->xstate = kzalloc(roundup_pow_of_two(fpu_image_size()),
				GFP_KERNEL);
	if (!state->xstate) {
		kfree(state);
		return -ENOMEM;
	}
	fresh_xstate(state);
	task->thread.user = state;
	return 0;
}

static void get_selectors(struct ring0_task *state)
{
	asm volatile("movw %%ds, %0" : "=m" (state->ds));
	asm volatile("movw %%es, %0" : "=m" (state->es));
	asm volatile("movw %%fs, %0" : "=m" (state->fs));
	asm volatile("movw %%gs, %0" : "=m" (state->gs));
}

/* They came out of the same registers. FS and GS lose their bases. */
static void set_selectors(const struct ring0_task *state)
{
	asm volatile("movw %0, %%ds" : : "m" (state->ds));
	asm volatile("movw %0, %%es" : : "m" (state->es));
	asm volatile("movw %0, %%fs" : : "m" (state->fs));
	asm volatile("swapgs; movw %0, %%gs; swapgs" : : "m" (state->gs));
}

static void bases_save(struct task_struct *task)
{
	unsigned long flags = hard_irq_save();

	task->thread.fsbase = read_msr(MSR_FS_BASE);
	task->thread.gsbase = read_msr(MSR_KERNEL_GS_BASE);
	get_selectors(state_of(task));
	hard_irq_restore(flags);
}

/* Context: the processor's interrupts are off. */
static void bases_load(struct task_struct *task)
{
	set_selectors(state_of(task));
	write_msr(MSR_FS_BASE, task->thread.fsbase);
	write_msr(MSR_KERNEL_GS_BASE, task->thread.gsbase);
	bases_owner = task;
}

static void ring0_bases_get(void)
{
	if (bases_owner == current)
		bases_save(current);
}

static void ring0_bases_set(void)
{
	if (bases_owner == current)
		bases_owner = NULL;
}

static void ring0_task_copy(struct task_struct *to, struct task_struct *from)
{
	struct ring0_task *source = state_of(from), *target = state_of(to);

	xstate_save(from);
	memcpy(target->xstate, source->xstate, fpu_image_size());
	target->xstate_dirty = true;
	target->ds = source->ds;
	target->es = source->es;
	target->fs = source->fs;
	target->gs = source->gs;
}

static void ring0_task_flush(struct task_struct *task)
{
	struct ring0_task *state = state_of(task);

	if (!state)
		return;
	xstate_forget(task);
	fresh_xstate(state);
	if (bases_owner == task)
		bases_owner = NULL;
	state->ds = 0;
	state->es = 0;
	state->fs = 0;
	state->gs = 0;
}

static void ring0_task_destroy(struct task_struct *task)
{
	struct ring0_task *state = state_of(task);

	if (!state)
		return;
	xstate_forget(task);
	if (bases_owner == task)
		bases_owner = NULL;
	kfree(state->xstate);
	kfree(state);
	task->thread.user = NULL;
}

static void ring0_task_switch(struct task_struct *prev, struct task_struct *next)
{
	if (bases_owner == prev && bases_owner != next)
		bases_save(prev);
}

static bool ring0_fsgsbase(void)
{
	return read_cr4() & X86_CR4_FSGSBASE;
}

/*
 * Memory. The processor walks the page tables; a flush is all it needs.
 */

static void load_pgd(pgd_t *pgd)
{
	loaded_pgd = pgd;
	write_cr3(pfn_to_mfn(virt_to_pfn(pgd)) << PAGE_SHIFT);
}

/* Between threads of one program, and to a kernel thread and back: as it is. */
static void ring0_mm_switch(struct mm_struct *next)
{
	if (next->pgd != loaded_pgd)
		load_pgd(next->pgd);
}

static void ring0_mm_exit(struct mm_struct *mm)
{
}

static void flush_range(unsigned long addr, unsigned long bytes)
{
	if (bytes > FEW_PAGES * PAGE_SIZE) {
		load_pgd(loaded_pgd);
		return;
	}
	for (; bytes; addr += PAGE_SIZE, bytes -= PAGE_SIZE)
		invalidate_page(addr);
}

/* Loading a page table drops the last one's entries: no other is cached. */
static void ring0_unmap(struct mm_struct *mm, unsigned long addr,
			unsigned long bytes)
{
	if (mm->pgd == loaded_pgd)
		flush_range(addr, bytes);
}

static bool ring0_fork(struct mm_struct *mm)
{
	return false;
}

/* All page tables share what lies below this one top-level entry. At boot. */
static int __ref ring0_kernel_window(unsigned long bytes, void **start)
{
	unsigned long slot = tables_vmalloc_slot();
	pud_t *pud = memblock_alloc(PAGE_SIZE, PAGE_SIZE);

	if (!pud || bytes > PGDIR_SIZE)
		return -ENOMEM;
	p4d_populate(&init_mm, p4d_offset(pgd_offset_k(slot), slot), pud);
	*start = (void *)slot;
	return 0;
}

static void ring0_kernel_unmap(unsigned long addr, unsigned long bytes)
{
	flush_range(addr, bytes);
}

/*
 * Programs
 */

static enum engine_exit fault(unsigned int vector, unsigned long error,
			      unsigned long addr)
{
	struct thread_struct *thread = &current->thread;

	thread->trap_nr = vector;
	thread->error_code = error;
	thread->cr2 = addr;
	return ENGINE_FAULT;
}

/* iretq would refuse what a debugger or a signal frame has left there. */
static bool ip_is_bad(const struct pt_regs *regs)
{
	if (regs->cs == __USER32_CS)
		return regs->ip >> 32;
	return (long)(regs->ip << 16) >> 16 != (long)regs->ip;
}

static bool fits_sysret(const struct pt_regs *regs)
{
	return regs->cx == regs->ip && regs->r11 == regs->flags &&
	       regs->cs == __USER_CS && regs->ip < TASK_SIZE_MAX &&
	       !(regs->flags & (X86_EFLAGS_TF | X86_EFLAGS_RF));
}

static void prepare(struct pt_regs *regs)
{
	struct ring0_world *world = ring0_world;

	if (regs->cs != __USER32_CS)
		regs->cs = __USER_CS;
	regs->ss = __USER_DS;
	regs->flags = (regs->flags & FLAGS_PROGRAM) | FLAGS_ALWAYS;
	world->kernel_sp = (u64)(regs + 1);
	world->tss.sp0 = (u64)(regs + 1);
	xstate_load(current);
	if (bases_owner != current)
		bases_load(current);
}

static enum engine_exit stopped(struct pt_regs *regs, int code,
				unsigned long addr)
{
	unsigned long error = regs->orig_ax;

	if (vector_is_interrupt(code))
		return ENGINE_INTERRUPT;
	if (code == X86_TRAP_GP && error == INT80_ERROR) {
		regs->ip += INT80_BYTES;
		return ENGINE_COMPAT_SYSCALL;
	}
	return fault(code, error, addr);
}

static bool is_wanted(void)
{
	return READ_ONCE(boot_vcpu->pending) || need_resched();
}

/**
 * ring0_run() - run the current program until it stops
 * @regs: its registers, in and out; where they are on its kernel stack
 *
 * Context: Linux's interrupts are off. No sleep.
 */
static enum engine_exit ring0_run(struct pt_regs *regs)
{
	unsigned long addr;
	int code;

	if (ip_is_bad(regs))
		return fault(X86_TRAP_GP, 0, 0);
	hard_irq_disable();
	do {
		if (READ_ONCE(boot_vcpu->pending)) {
			hard_irq_enable();
			return ENGINE_INTERRUPT;
		}
		prepare(regs);
		code = ring0_enter_user(regs, fits_sysret(regs));
		if (code >= RING0_SYSCALL) {
			hard_irq_enable();
			return code == RING0_SYSCALL ? ENGINE_SYSCALL :
						       ENGINE_COMPAT_SYSCALL;
		}
		if (!vector_is_interrupt(code))
			break;
		world_hand_on(code);
		ring0_check_given_up();
	} while (!is_wanted());
	addr = code == X86_TRAP_PF ? read_cr2() : 0;
	hard_irq_enable();
	return stopped(regs, code, addr);
}

/*
 * Extended state
 */

static u32 ring0_xstate_size(void)
{
	return fpu_image_size();
}

static void *ring0_xstate_sync(struct task_struct *task)
{
	xstate_save(task);
	return state_of(task)->xstate;
}

static void ring0_xstate_dirty(struct task_struct *task)
{
	state_of(task)->xstate_dirty = true;
}

const struct engine_ops ring0_engine = {
	.init		= ring0_init,
	.error		= ring0_why,
	.start		= ring0_start,
	.stop		= ring0_stop,
	.task_create	= ring0_task_create,
	.task_copy	= ring0_task_copy,
	.task_flush	= ring0_task_flush,
	.task_destroy	= ring0_task_destroy,
	.task_switch	= ring0_task_switch,
	.bases_get	= ring0_bases_get,
	.bases_set	= ring0_bases_set,
	.mm_switch	= ring0_mm_switch,
	.mm_exit	= ring0_mm_exit,
	.unmap		= ring0_unmap,
	.fork		= ring0_fork,
	.run		= ring0_run,
	.kernel_window	= ring0_kernel_window,
	.kernel_unmap	= ring0_kernel_unmap,
	.xstate_size	= ring0_xstate_size,
	.xstate_sync	= ring0_xstate_sync,
	.xstate_dirty	= ring0_xstate_dirty,
	.xstate_kernel	= xstate_for_kernel,
	.fsgsbase	= ring0_fsgsbase,
	.show_interrupts = world_show_interrupts,
};
