// SPDX-License-Identifier: GPL-2.0
/*
 * Linux's world: its descriptor tables and registers, and calls out of it.
 */
#include <linux/linkage.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/seq_file.h>
#include <asm/cpufeature.h>
#include <asm/host.h>
#include <asm/segment.h>
#include <asm/trapnr.h>
#include <asm/user_abi.h>
#include <uapi/asm/processor-flags.h>
#include "world.h"

#define MSR_KERNEL_CET		0x6a2
#define MSR_STAR		0xc0000081
#define MSR_LSTAR		0xc0000082
#define MSR_CSTAR		0xc0000083
#define MSR_SFMASK		0xc0000084

#define MSR_ARCH_CAPABILITIES	0x10a
#define CAPABILITY_RDCL_NO	BIT(0)
#define CPUID_7_EDX_CAPABILITIES BIT(29)
#define CPUID_INTEL_EBX		0x756e6547	/* "Genu" */
#define CPUID_INTEL_EDX		0x49656e69	/* "ineI" */
#define CPUID_INTEL_ECX		0x6c65746e	/* "ntel" */

/* STAR's upper half: the selectors that syscall and sysret load. */
#define STAR_SELECTORS		((__USER32_CS << 16) | __KERNEL_CS)

#define GATE_INTERRUPT		0x8e
#define GATE_DPL3		0x60
#define GDT_KERNEL_CODE		0x00af9b000000ffffULL
#define GDT_KERNEL_DATA		0x00cf93000000ffffULL
#define GDT_USER32_CODE		0x00cffb000000ffffULL
#define GDT_USER_DATA		0x00cff3000000ffffULL
#define GDT_USER_CODE		0x00affb000000ffffULL
#define GDT_TSS			0x89

#define EARLY_STACK_SIZE	(2 * PAGE_SIZE)

struct ring0_world *ring0_world;
bool ring0_live;
const char *ring0_error;

static int refuse(const char *why)
{
	ring0_error = why;
	return -ENODEV;
}

/*
 * Programs run with the kernel's page table. A processor that lets them read
 * through it by speculation (Meltdown) would need a second one for them.
 */
static bool leaks_kernel_memory(void)
{
	struct cpuid_answer vendor = cpuid_ask(0, 0);

	if (vendor.ebx != CPUID_INTEL_EBX || vendor.edx != CPUID_INTEL_EDX ||
	    vendor.ecx != CPUID_INTEL_ECX)
		return false;
	if (strstr(wsl4_boot->command_line, "mitigations=off"))
		return false;
	if (vendor.eax < 7 || !(cpuid_ask(7, 0).edx & CPUID_7_EDX_CAPABILITIES))
		return true;
	return !(read_msr(MSR_ARCH_CAPABILITIES) & CAPABILITY_RDCL_NO);
}

/* What an NT may have switched on that this engine does not know how to keep. */
static int check_processor(void)
{
	unsigned long cr4 = read_cr4();

	if (cr4 & X86_CR4_LA57)
		return refuse("This Windows uses five-level page tables, which Linux in ring 0 does not support yet.");
	if (cr4 & X86_CR4_CET && read_msr(MSR_KERNEL_CET))
		return refuse("Kernel shadow stacks are on; turn off hardware-enforced stack protection in Windows Security.");
	if (leaks_kernel_memory())
		return refuse("This processor lets programs read the kernel's memory (Meltdown), and Linux in ring 0 has no defence yet; mitigations=off on Linux's command line accepts that.");
	if (!(cr4 & X86_CR4_OSFXSR))
		return refuse("Windows has not enabled SSE on this processor.");
	if (read_msr(MSR_STAR) >> 32 != STAR_SELECTORS)
		return refuse("This Windows has other code segments than Linux in ring 0 expects.");
	return 0;
}

static void set_gate(struct ring0_world *world, unsigned int vector,
		     unsigned int ist, unsigned int type)
{
	u64 addr = (u64)ring0_vectors + 16 * vector;

	world->idt[2 * vector] = (addr & 0xffff) | (u64)__KERNEL_CS << 16 |
				 (u64)ist << 32 | (u64)type << 40 |
				 ((addr >> 16) & 0xffff) << 48;
	world->idt[2 * vector + 1] = addr >> 32;
}

/*
 * The stack number of NT's own gate: in a passage our gates may meet NT's task
 * state segment. It is 1 to 7; NT has one for each of these vectors.
 */
static unsigned int set_own_stack(struct ring0_world *world, unsigned int vector,
				  unsigned int otherwise)
{
	struct table_register nt;
	unsigned int ist;

	asm volatile("sidt %0" : "=m" (nt));
	ist = (((const u64 *)nt.base)[2 * vector] >> 32) & 7;
	if (!ist)
		ist = otherwise;
	set_gate(world, vector, ist, GATE_INTERRUPT);
	return ist;
}

/* Hardware interrupts: ours alone, so any that none of the others has. */
static unsigned int interrupt_ist(unsigned int taken)
{
	unsigned int ist = WORLD_NR_IST;

	while (taken & BIT(ist))
		ist--;
	return ist;
}

static void set_stacks(struct ring0_world *world)
{
	unsigned int i;

	for (i = 0; i < WORLD_NR_IST; i++) {
		u64 top = (u64)world->ist[i] + WORLD_IST_SIZE - 16;

		*(u64 *)top = (u64)world;
		world->tss.ist[i] = top;
	}
}

static void set_idt(struct ring0_world *world)
{
	unsigned int vector, ist, nmi, taken;

	for (vector = 0; vector < FIRST_INTERRUPT; vector++)
		set_gate(world, vector, 0, GATE_INTERRUPT);
	/* A program's own: breakpoint and overflow. */
	set_gate(world, X86_TRAP_BP, 0, GATE_INTERRUPT | GATE_DPL3);
	set_gate(world, X86_TRAP_OF, 0, GATE_INTERRUPT | GATE_DPL3);
	nmi = set_own_stack(world, X86_TRAP_NMI, 3);
	taken = BIT(nmi) | BIT(set_own_stack(world, X86_TRAP_MC, 2)) |
		BIT(set_own_stack(world, X86_TRAP_DF, 1)) |
		BIT(set_own_stack(world, X86_TRAP_DB, 4));
	ist = interrupt_ist(taken);
	set_gate(world, NT_APC_VECTOR, ist, GATE_INTERRUPT);
	for (vector = FIRST_INTERRUPT; vector < 256; vector++)
		set_gate(world, vector, ist, GATE_INTERRUPT);
	world->nmi_stack = (u64)&world->tss.ist[nmi - 1];
	world->own.idtr.limit = sizeof(world->idt) - 1;
	world->own.idtr.base = (u64)world->idt;
}

static void set_gdt(struct ring0_world *world)
{
	u64 tss = (u64)&world->tss;
	u64 *at = &world->gdt[WORLD_TSS_SELECTOR / 8];

	world->gdt[__KERNEL_CS / 8] = GDT_KERNEL_CODE;
	world->gdt[__KERNEL_DS / 8] = GDT_KERNEL_DATA;
	world->gdt[__USER32_CS / 8] = GDT_USER32_CODE;
	world->gdt[__USER_DS / 8] = GDT_USER_DATA;
	world->gdt[__USER_CS / 8] = GDT_USER_CODE;
	at[0] = (sizeof(world->tss) - 1) | (tss & 0xffffff) << 16 |
		(u64)GDT_TSS << 40 | ((tss >> 24) & 0xff) << 56;
	at[1] = tss >> 32;
	world->tss.io_bitmap = sizeof(world->tss);
	world->own.gdtr.limit = sizeof(world->gdt) - 1;
	world->own.gdtr.base = (u64)world->gdt;
}

/* NT's task register is loaded from our table on the way back. */
static int check_nt_tables(void)
{
	struct table_register gdtr;
	u16 tr;

	asm volatile("sgdt %0" : "=m" (gdtr));
	asm volatile("str %0" : "=r" (tr));
	if (tr + 15 > gdtr.limit || tr + 16 > WORLD_TSS_SELECTOR ||
	    (tr & ~7) <= __USER_CS)
		return refuse("This Windows has its task state segment where Linux in ring 0 does not expect it.");
	return 0;
}

static void set_registers(struct ring0_world *world)
{
	struct world_state *own = &world->own;

	own->cr3 = tables_mfn(swapper_pg_dir) << PAGE_SHIFT;
	own->gs_base = (u64)world;
	own->lstar = (u64)ring0_syscall;
	own->cstar = (u64)ring0_compat_syscall;
	own->sfmask = X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF |
		      X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_TF |
		      X86_EFLAGS_IF | X86_EFLAGS_DF | X86_EFLAGS_OF |
		      X86_EFLAGS_IOPL | X86_EFLAGS_NT | X86_EFLAGS_RF |
		      X86_EFLAGS_AC | X86_EFLAGS_ID;
	asm volatile("stmxcsr %0" : "=m" (world->nt_mxcsr));
	asm volatile("fnstcw %0" : "=m" (world->nt_fcw));
}

/* What the end of ring0_enter() pops: six registers, the flags, an address. */
struct first_frame {
	u64 r15, r14, r13, r12, bx, flags, bp, ip;
};

static int set_first_stack(struct ring0_world *world)
{
	struct first_frame *frame;
	void *stack = tables_alloc(EARLY_STACK_SIZE);

	if (!stack)
		return -ENOMEM;
	frame = stack + EARLY_STACK_SIZE - 64 - sizeof(*frame);
	frame->flags = X86_EFLAGS_FIXED | X86_EFLAGS_IF;
	frame->ip = (u64)linux_begin;
	world->own.sp = (u64)frame;
	return 0;
}

/**
 * world_build() - build Linux's world, which ring0_enter() enters
 *
 * Context: NT's world, on the vCPU's NT thread.
 * Return: 0, or an error with ring0_error set.
 */
int world_build(void)
{
	struct ring0_world *world;
	int err;

	err = check_processor() ?: check_nt_tables();
	if (err)
		return err;
	err = tables_build();
	if (err == -ENOSPC)
		return refuse("Windows leaves no part of the kernel's address space to Linux.");
	if (err)
		return refuse("Windows gave too little memory for Linux's page tables.");
	world = tables_alloc(sizeof(*world));
	if (!world || set_first_stack(world))
		return refuse("Windows gave too little memory for Linux's page tables.");
	world->self = world;
	world->vcpu = (u64)boot_vcpu;
	world->dispatch = boot_vcpu->dispatch;
	set_stacks(world);
	set_idt(world);
	set_gdt(world);
	set_registers(world);
	ring0_world = world;
	ring0_live = true;
	return 0;
}

/**
 * vector_is_interrupt() - is it NT's, and not an exception of ours?
 * @vector: of the interrupt descriptor table
 */
bool vector_is_interrupt(unsigned int vector)
{
	return vector >= FIRST_INTERRUPT || vector == NT_APC_VECTOR ||
	       vector == X86_TRAP_NMI || vector == X86_TRAP_MC;
}

/**
 * world_to_nt() - enter NT's world and come back
 * @reason: WORLD_CALL or WORLD_INTERRUPT; what belongs to it is set in the world
 *
 * Context: the processor's interrupts are off from before that was set.
 */
void world_to_nt(unsigned int reason)
{
	xstate_leave();
	ring0_world->reason = reason;
	ring0_to_nt(ring0_world);
	xstate_return();
}

/**
 * world_hand_on() - give NT an interrupt that came while Linux had the processor
 * @vector: its number
 *
 * Context: the processor's interrupts are off.
 */
void world_hand_on(unsigned int vector)
{
	ring0_world->taken[vector]++;
	ring0_world->vector = vector;
	world_to_nt(WORLD_INTERRUPT);
}

/**
 * world_show_interrupts() - NT's interrupts, for /proc/interrupts
 * @p: where to
 * @prec: width of the first column
 *
 * By vector: how many came while Linux had the processor, and how many of them
 * NT has handled.
 */
void world_show_interrupts(struct seq_file *p, int prec)
{
	unsigned int vector;

	for (vector = 0; vector < 256; vector++) {
		if (!ring0_world->taken[vector])
			continue;
		seq_printf(p, "%*s%02x: %10u %10u   NT's, taken and handed on\n",
			   prec - 2, "NT", vector, ring0_world->taken[vector],
			   ring0_world->handed_on[vector]);
	}
}

/**
 * ring0_host_call() - call the NT half
 * @call: HOST_*
 * @args: six arguments
 *
 * Context: Linux's interrupts are off.
 * Return: the call's result.
 */
s64 ring0_host_call(unsigned int call, const u64 *args)
{
	unsigned long flags = hard_irq_save();
	s64 result;

	ring0_world->call = call;
	memcpy(ring0_world->args, args, sizeof(ring0_world->args));
	world_to_nt(WORLD_CALL);
	result = ring0_world->result;
	hard_irq_restore(flags);
	return result;
}

/**
 * ring0_leave() - leave Linux's world for good
 *
 * From any Linux stack back to ring0_enter()'s caller.
 */
void __noreturn ring0_leave(void)
{
	hard_irq_disable();
	world_to_nt(WORLD_LEAVE);
	for (;;)	/* NT has not come back here yet */
		cpu_relax_insn();
}
