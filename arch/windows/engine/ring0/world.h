/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ring-0 engine: Linux has a world of its own beside NT's on the same
 * processor: page tables, descriptor tables, system call registers. NT's is
 * entered for a host call and for a hardware interrupt only (passage.S).
 */
#ifndef _RING0_WORLD_H
#define _RING0_WORLD_H

#include <linux/compiler_attributes.h>
#include <linux/sched.h>
#include <linux/types.h>
#include "selectors.h"

struct mm_struct;
struct pt_regs;
struct task_struct;

#define WORLD_GDT_ENTRIES	20
#define WORLD_NR_IST		7
#define WORLD_IST_SIZE		8192

struct table_register {
	u16 limit;
	u64 base;
} __packed;

/* The part of a world that both have, as NT's and as Linux's. */
struct world_state {
	u64 sp;
	u64 cr3;
	u64 fs_base;
	u64 gs_base;
	u64 kernel_gs_base;
	u64 lstar;
	u64 cstar;
	u64 sfmask;
	u16 ds, es, fs, gs, ss, tr;
	u16 pad[2];
	struct table_register gdtr __aligned(16);
	struct table_register idtr __aligned(16);
};

struct world_tss {
	u32 reserved0;
	u64 sp0;
	u64 sp1;
	u64 sp2;
	u64 reserved1;
	u64 ist[WORLD_NR_IST];
	u64 reserved2;
	u16 reserved3;
	u16 io_bitmap;
} __packed;

/**
 * struct ring0_world - one vCPU's world, and NT's state while Linux runs
 * @self: its address; GS leads here in Linux's kernel mode
 * @kernel_sp: where the current program's registers end on its kernel stack
 * @user_sp: scratch of the system call entry
 * @run_sp: kernel stack pointer inside ring0_enter_user()
 * @reason: WORLD_*, why NT is entered
 * @vector: the interrupt to hand on
 * @call: number of a host call, @args: its arguments, @result: its result
 * @vcpu: for the host call, @dispatch: NT's dispatcher
 * @late: bit mask of NMIs (2) and machine checks (18) that came in a passage
 * @late_ip: scratch of their resumption, @late_sp: the same
 * @nmi_stack: where @tss says what stack an NMI gets
 * @nt: NT's registers, caught anew at each entry
 * @own: Linux's
 * @nt_mxcsr: what NT wants in MXCSR, @nt_fcw: in the x87 control word
 * @taken: interrupts that the hardware raised while Linux ran, by vector
 * @handed_on: those that NT has handled since, counted on its side
 * @gdt: Linux's descriptors; NT's task register is loaded from here, too
 * @tss: Linux's task state segment
 * @idt: Linux's interrupt gates
 * @ist: stacks for NMI, machine check, double fault, debug exceptions, and for
 *	hardware interrupts
 */
struct ring0_world {
	struct ring0_world *self;
	u64 kernel_sp;
	u64 user_sp;
	u64 run_sp;
	u64 reason;
	u64 vector;
	u64 call;
	u64 args[6];
	u64 result;
	u64 vcpu;
	u64 dispatch;
	u64 late;
	u64 late_ip;
	u64 late_sp;
	u64 nmi_stack;
	struct world_state nt;
	struct world_state own;
	u32 nt_mxcsr;
	u16 nt_fcw;
	u32 taken[256];
	u32 handed_on[256];
	u64 gdt[WORLD_GDT_ENTRIES] __aligned(64);
	struct world_tss tss __aligned(64);
	u64 idt[512] __aligned(64);
	u8 ist[WORLD_NR_IST][WORLD_IST_SIZE] __aligned(64);
};

struct seq_file;

extern struct ring0_world *ring0_world;

/* passage.S */
void ring0_enter(struct ring0_world *world);
void ring0_to_nt(struct ring0_world *world);

/* entry.S */
extern char ring0_vectors[], ring0_syscall[], ring0_compat_syscall[];
int ring0_enter_user(struct pt_regs *regs, bool by_sysret);

/* head.S and vmlinux.lds.S */
void linux_begin(void);
extern char __image_text_end[];

/* tables.c */
int tables_build(void);
void *tables_alloc(unsigned long bytes);
unsigned long tables_mfn(const void *at);
unsigned long tables_vmalloc_slot(void);

/* world.c */
extern const char *ring0_error;
int world_build(void);
void world_to_nt(unsigned int reason);
void world_show_interrupts(struct seq_file *p, int prec);
void world_hand_on(unsigned int vector);
bool vector_is_interrupt(unsigned int vector);
void __noreturn ring0_leave(void);

/* trap.c */
void ring0_kernel_entry(unsigned int vector, struct pt_regs *regs);
struct pt_regs *ring0_kernel_interrupt(unsigned int vector,
				       struct pt_regs *regs);
void ring0_virtual_interrupt(void);
struct pt_regs *ring0_double_fault(const struct pt_regs *regs);
void __noreturn ring0_lost_stack(struct pt_regs *regs);
void ring0_check_given_up(void);

/* xstate.c */
struct ring0_task {
	void *xstate;
	bool xstate_dirty;
	u16 ds, es, fs, gs;
};

extern struct task_struct *xstate_owner;

void xstate_load_image(struct task_struct *task);
void xstate_save(struct task_struct *task);
void xstate_forget(struct task_struct *task);
/**
 * xstate_load() - see to it that a program's registers are in the processor
 * @task: current
 *
 * Context: the processor's interrupts are off.
 */
static inline void xstate_load(struct task_struct *task)
{
	struct ring0_task *state = task->thread.user;

	if (xstate_owner != task || state->xstate_dirty)
		xstate_load_image(task);
}

void xstate_leave(void);
void xstate_return(void);
void xstate_for_kernel(void);

static inline unsigned long read_cr2(void)
{
	unsigned long value;

	asm volatile("movq %%cr2, %0" : "=r" (value));
	return value;
}

static inline unsigned long read_cr3(void)
{
	unsigned long value;

	asm volatile("movq %%cr3, %0" : "=r" (value) : : "memory");
	return value;
}

static inline void write_cr3(unsigned long value)
{
	asm volatile("movq %0, %%cr3" : : "r" (value) : "memory");
}

static inline unsigned long read_cr4(void)
{
	unsigned long value;

	asm volatile("movq %%cr4, %0" : "=r" (value));
	return value;
}

static inline void invalidate_page(unsigned long addr)
{
	asm volatile("invlpg (%0)" : : "r" (addr) : "memory");
}

static inline u64 read_msr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a" (low), "=d" (high) : "c" (msr));
	return low | (u64)high << 32;
}

static inline void write_msr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c" (msr), "a" ((u32)value),
		     "d" ((u32)(value >> 32)) : "memory");
}

/* The processor's interrupt flag; Linux's own is asm/irqflags.h's. */
static inline unsigned long hard_irq_save(void)
{
	unsigned long flags;

	asm volatile("pushfq; popq %0; cli" : "=r" (flags) : : "memory");
	return flags;
}

static inline void hard_irq_restore(unsigned long flags)
{
	asm volatile("pushq %0; popfq" : : "r" (flags) : "memory", "cc");
}

static inline void hard_irq_enable(void)
{
	asm volatile("sti" : : : "memory");
}

static inline void hard_irq_disable(void)
{
	asm volatile("cli" : : : "memory");
}

#endif /* _RING0_WORLD_H */
