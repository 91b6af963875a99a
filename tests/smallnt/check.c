// SPDX-License-Identifier: GPL-2.0
/*
 * Is everything still as NT has it? Asked whenever a driver's code comes back:
 * by a call, an interrupt, a return.
 */
#include "smallnt.h"

#define FLAGS_TF	0x100
#define FLAGS_DF	0x400
#define FLAGS_NT	0x4000
#define FLAGS_AC	0x40000

extern u8 nt_start[], nt_rodata_end[], nt_syscall64[], nt_syscall32[];

static u64 sum(u64 sum, const u64 *p, u64 bytes)
{
	for (; bytes >= 8; bytes -= 8)
		sum = (sum ^ *p++) * 0x100000001b3ull;
	return sum;
}

/* Of the GDT (but the busy bit), the IDT and the TSS (but RSP0). */
u64 table_sum(struct cpu *cpu)
{
	u64 s = 1, gdt[GDT_BYTES / 8];

	memcpy(gdt, cpu->gdt, sizeof(gdt));
	gdt[SYS_TSS / 8] &= ~(1ull << 41);
	s = sum(s, gdt, sizeof(gdt));
	s = sum(s, (u64 *)cpu->idt_base, 4096);
	s = (s ^ cpu->tss.reserved0 ^ cpu->tss.io_map) * 31;
	return sum(s, (u64 *)((u8 *)&cpu->tss + 12), 88);	/* up to io_map */
}

u64 text_sum(void)
{
	return sum(7, (u64 *)nt_start, nt_rodata_end - nt_start);
}

static noreturn void breach(struct frame *frame, const char *where,
			    const char *what, u64 is, u64 wanted)
{
	if (frame)
		bugcheck_frame(frame, "%s: %s is %llx, not %llx", where, what,
			       is, wanted);
	bugcheck("%s: %s is %llx, not %llx", where, what, is, wanted);
}

#define MUST(what, is, wanted) do {					\
	u64 is_ = (is), wanted_ = (wanted);				\
	if (is_ != wanted_)						\
		breach(frame, where, what, is_, wanted_);		\
} while (0)

static void check_selectors(struct frame *frame, const char *where)
{
	u16 cs, ss, ds, es, fs, gs, tr, ldt;

	asm volatile("mov %%cs, %0" : "=r" (cs));
	asm volatile("mov %%ss, %0" : "=r" (ss));
	asm volatile("mov %%ds, %0" : "=r" (ds));
	asm volatile("mov %%es, %0" : "=r" (es));
	asm volatile("mov %%fs, %0" : "=r" (fs));
	asm volatile("mov %%gs, %0" : "=r" (gs));
	asm volatile("str %0" : "=r" (tr));
	asm volatile("sldt %0" : "=r" (ldt));
	MUST("CS", cs, SYS_CODE);
	if (ss)		/* an interrupt of ring 3 clears it, on NT, too */
		MUST("SS", ss, SYS_DATA);
	MUST("DS", ds, USER_DATA);
	MUST("ES", es, USER_DATA);
	MUST("FS", fs, USER_TEB);
	MUST("GS", gs, USER_DATA);
	MUST("TR", tr, SYS_TSS);
	MUST("LDTR", ldt, 0);
}

static void check_tables(struct frame *frame, const char *where,
			 struct cpu *cpu)
{
	struct descriptor gdtr, idtr;

	asm volatile("sgdt %0" : "=m" (gdtr));
	asm volatile("sidt %0" : "=m" (idtr));
	MUST("GDTR's base", gdtr.base, cpu->gdtr.base);
	MUST("GDTR's limit", gdtr.limit, cpu->gdtr.limit);
	MUST("IDTR's base", idtr.base, cpu->idtr.base);
	MUST("IDTR's limit", idtr.limit, cpu->idtr.limit);
	MUST("the sum of GDT, IDT and TSS", table_sum(cpu), cpu->table_sum);
	if (!(cpu->gdt[SYS_TSS / 8] >> 41 & 1))
		breach(frame, where, "the TSS's busy bit", 0, 1);
	if (cpu->thread)
		MUST("the TSS's RSP0", cpu->tss.rsp[0],
		     (u64)cpu->thread->stack_end);
}

static void check_msrs(struct frame *frame, const char *where, struct cpu *cpu)
{
	MUST("EFER", read_msr(0xc0000080), cpu->efer);
	MUST("STAR", read_msr(0xc0000081), 0x0023001000000000);
	MUST("LSTAR", read_msr(0xc0000082), (u64)nt_syscall64);
	MUST("CSTAR", read_msr(0xc0000083), (u64)nt_syscall32);
	MUST("SFMASK", read_msr(0xc0000084), syscall_flag_mask);
	MUST("FS base", read_msr(0xc0000100), 0);
	MUST("GS base", read_msr(0xc0000101), (u64)cpu);
	MUST("KERNEL_GS_BASE", read_msr(0xc0000102), 0x7ffdf000);
	MUST("SYSENTER_CS", read_msr(0x174), 0);
	MUST("SYSENTER_ESP", read_msr(0x175), 0);
	MUST("SYSENTER_EIP", read_msr(0x176), 0);
}

static void check_float(struct frame *frame, const char *where)
{
	u32 mxcsr;
	u16 control, status;

	asm volatile("stmxcsr %0" : "=m" (mxcsr));
	asm volatile("fnstcw %0" : "=m" (control));
	asm volatile("fnstsw %0" : "=m" (status));
	MUST("MXCSR", mxcsr & ~0x3f, NT_MXCSR);
	if (control != 0x37f || !option_set("lax-x87"))	/* FNINIT's */
		MUST("the x87 control word", control, NT_X87_CONTROL);
	MUST("the x87 stack's top", status >> 11 & 7, 0);
	if (this_cpu()->cr4 & (1u << 18)) {
		u32 low, high;

		asm volatile("xgetbv" : "=a" (low), "=d" (high) : "c" (0));
		MUST("XCR0", low, have_avx ? 7 : 3);
	}
}

static void check_debug(struct frame *frame, const char *where)
{
	u64 dr7;

	asm volatile("mov %%dr7, %0" : "=r" (dr7));
	MUST("DR7", dr7 & ~0x400ull, 0);
}

/* GS is right, or nothing here would work; whoever calls has looked. */
void check_state(struct frame *frame, const char *where)
{
	u64 flags = irq_save();		/* on one processor */
	struct cpu *cpu = this_cpu();

	MUST("CR3", read_cr(3), nt_cr3);
	MUST("CR0", read_cr(0), cpu->cr0);
	MUST("CR4", read_cr(4), cpu->cr4);
	check_selectors(frame, where);
	check_tables(frame, where, cpu);
	check_msrs(frame, where, cpu);
	check_float(frame, where);
	check_debug(frame, where);
	irq_restore(flags);
}

static bool on_thread_stack(u64 rsp)
{
	struct thread *t = this_thread();

	return t && (u64)t->stack_end - rsp < t->stack_bytes;
}

static bool on_good_stack(u64 rsp)
{
	struct cpu *cpu = this_cpu();

	if (cpu->in_nmi)
		return (u64)cpu->ist_stack[2] - rsp < 16384;
	if (cpu->in_dpc)
		return (u64)cpu->dpc_stack - rsp < STACK_BYTES;
	return on_thread_stack(rsp);
}

/* With "lax-irql", PASSIVE_LEVEL routines at APC_LEVEL are only told of. */
static void check_level(struct export *export, KIRQL level)
{
	if (level >= export->lowest && level <= export->highest)
		return;
	if (level > APC_LEVEL || !option_set("lax-irql"))
		bugcheck("%s is called at IRQL %u, not %u to %u", export->name,
			 level, export->lowest, export->highest);
	print("smallnt: BREACH: %s is called at IRQL %u, not %u to %u\n",
	      export->name, level, export->lowest, export->highest);
	export->highest = level;	/* once is enough */
}

/* A driver calls NT. */
void check_call(struct export *export, struct call *call)
{
	struct cpu *cpu;
	KIRQL level = irql();
	u64 flags = irq_save();		/* on one processor */
	u32 vector;

	if (read_msr(0xc0000101) != (u64)&cpus[0] &&
	    read_msr(0xc0000101) != (u64)&cpus[1])
		bugcheck("%s: GS base is %llx, not NT's", export->name,
			 read_msr(0xc0000101));
	cpu = this_cpu();
	export->calls++;
	if (call->flags & (FLAGS_DF | FLAGS_NT | FLAGS_AC | FLAGS_TF))
		bugcheck("%s is called with flags %llx", export->name,
			 call->flags);
	if (!(call->flags & FLAGS_IF) && level < HIGH_LEVEL && !cpu->in_isr &&
	    !cpu->in_nmi)
		bugcheck("%s is called with interrupts off", export->name);
	if ((u64)(call + 1) & 15)
		bugcheck("%s is called with a stack that is not aligned",
			 export->name);
	if (!on_good_stack((u64)call))
		bugcheck("%s is called on a stack that is not NT's",
			 export->name);
	check_level(export, level);
	check_state(NULL, export->name);
	if (!cpu->in_isr && !cpu->in_nmi && level <= DISPATCH_LEVEL &&
	    apic_any_in_service(&vector))
		bugcheck("%s is called, and vector %x was not ended",
			 export->name, vector);
	irq_restore(flags);
}

static bool is_int(u64 at, u64 vector)
{
	u8 *code = (u8 *)at;

	return MmIsAddressValid(code) && MmIsAddressValid(code + 1) &&
	       code[0] == 0xcd && code[1] == vector;
}

/* Raised by software: int n in the passage, often with interrupts off. */
static bool is_int_n(struct frame *frame)
{
	return is_int(frame->rip - 2, frame->vector);
}

/*
 * The passage is about to raise another. A sti before it keeps interrupts out
 * for that instruction, unless an NMI comes between the two.
 */
static bool is_before_int_n(struct frame *frame, u32 vector)
{
	return in_driver(frame->rip) && is_int(frame->rip, vector);
}

/* A hardware interrupt has come, directly or handed on. */
void check_interrupt(struct frame *frame)
{
	struct cpu *cpu = this_cpu();
	static char where[MAX_CPUS][16];
	u32 nested;

	memcpy(where[cpu->index], "an interrupt", 13);
	if (frame->flags & (FLAGS_DF | FLAGS_NT | FLAGS_AC | FLAGS_TF))
		/* Strange flags are a driver's own affair while it runs. */
		if (!in_driver(frame->rip))
			bugcheck_frame(frame, "an interrupt with flags %llx",
				       frame->flags);
	if (frame->cs != SYS_CODE)
		bugcheck_frame(frame, "an interrupt of a strange CS");
	if (is_int_n(frame))
		cpu->injected[frame->vector]++;
	else if (!(frame->flags & FLAGS_IF))
		bugcheck_frame(frame, "an interrupt with interrupts off, and no int n");
	if (in_driver(frame->rip))
		cpu->in_driver[frame->vector]++;
	/* Either, just before and behind the DPCs. */
	if (!on_good_stack(frame->rsp) && !on_thread_stack(frame->rsp))
		bugcheck_frame(frame, "an interrupt on a stack that is not NT's");
	check_state(frame, where[cpu->index]);
	/* Handed on twice, or never taken from the APIC? */
	if (!apic_in_service(frame->vector))
		bugcheck_frame(frame, "vector %llx is not in service",
			       frame->vector);
	if (apic_any_in_service(&nested) && nested != frame->vector &&
	    !is_before_int_n(frame, nested))
		bugcheck_frame(frame, "vector %llx, while %x was not ended",
			       frame->vector, nested);
}

/* What takes longer: NT's text, all pools. */
void check_sums(void)
{
	static u64 text;

	if (!text)
		text = text_sum();
	if (text != text_sum())
		bugcheck("NT's text has changed");
	pool_check();
}
