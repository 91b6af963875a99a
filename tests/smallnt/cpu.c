// SPDX-License-Identifier: GPL-2.0
/*
 * A processor as NT sets it up: descriptor tables, control registers, MSRs.
 */
#include "smallnt.h"

#define MSR_EFER	0xc0000080
#define MSR_STAR	0xc0000081
#define MSR_LSTAR	0xc0000082
#define MSR_CSTAR	0xc0000083
#define MSR_SFMASK	0xc0000084
#define MSR_FS_BASE	0xc0000100
#define MSR_GS_BASE	0xc0000101
#define MSR_KERNEL_GS	0xc0000102

#define CR4_UMIP	(1u << 11)
#define CR4_FSGSBASE	(1u << 16)
#define CR4_OSXSAVE	(1u << 18)
#define CR4_SMEP	(1u << 20)
#define CR4_SMAP	(1u << 21)

#define IST_BYTES	16384

extern u8 vector_stubs[], nt_syscall64[], nt_syscall32[];
void load_selectors(void);

struct cpu cpus[MAX_CPUS] __attribute__((aligned(4096)));
u32 nr_cpus = 1;
u64 syscall_flag_mask = 0x4700;		/* TF, IF, DF, NT */
bool have_avx;
u32 xsave_bytes = 512;

static u64 idt[512] __attribute__((aligned(4096)));
static u8 ist_memory[MAX_CPUS][3][IST_BYTES] __attribute__((aligned(4096)));
static u8 dpc_memory[MAX_CPUS][STACK_BYTES] __attribute__((aligned(4096)));

static u8 ist_of(u32 vector)
{
	switch (vector) {
	case 8:
		return 1;
	case 18:
		return 2;
	case 2:
		return 3;
	}
	return 0;
}

static void make_idt(void)
{
	u64 handler, i, dpl;

	for (i = 0; i < 256; i++) {
		handler = (u64)vector_stubs + i * 16;
		dpl = i == 3 || i == 4 ? 3 : 0;
		idt[2 * i] = (handler & 0xffff) | (u64)SYS_CODE << 16 |
			     (u64)ist_of(i) << 32 | (0x8eull | dpl << 5) << 40 |
			     (handler >> 16 & 0xffff) << 48;
		idt[2 * i + 1] = handler >> 32;
	}
}

static void make_gdt(struct cpu *cpu)
{
	u64 tss = (u64)&cpu->tss;

	memset(cpu->gdt, 0, sizeof(cpu->gdt));
	cpu->gdt[SYS_CODE / 8] = 0x00209b0000000000;
	cpu->gdt[SYS_DATA / 8] = 0x00cf93000000ffff;
	cpu->gdt[4] = 0x00cffb000000ffff;	/* 0x20: 32-bit programs */
	cpu->gdt[5] = 0x00cff3000000ffff;	/* 0x28: data */
	cpu->gdt[6] = 0x0020fb0000000000;	/* 0x30: 64-bit programs */
	cpu->gdt[SYS_TSS / 8] = 0x67 | (tss & 0xffffff) << 16 | 0x89ull << 40 |
				(tss >> 24 & 0xff) << 56;
	cpu->gdt[SYS_TSS / 8 + 1] = tss >> 32;
	cpu->gdt[10] = 0x0040f30000003c00;	/* 0x50: 32-bit TEB */
}

static void make_tss(struct cpu *cpu)
{
	u32 i;

	cpu->tss.io_map = 0x68;
	for (i = 0; i < 3; i++) {
		cpu->ist_stack[i] = ist_memory[cpu->index][i] + IST_BYTES;
		cpu->tss.ist[i] = (u64)cpu->ist_stack[i];
	}
	cpu->dpc_stack = dpc_memory[cpu->index] + STACK_BYTES;
}

static void load_tables(struct cpu *cpu)
{
	cpu->gdtr = (struct descriptor){ GDT_BYTES - 1, (u64)cpu->gdt };
	cpu->idtr = (struct descriptor){ sizeof(idt) - 1, (u64)idt };
	asm volatile("lgdt %0; lidt %1" : : "m" (cpu->gdtr), "m" (cpu->idtr));
	load_selectors();
	asm volatile("ltr %w0; lldt %w1" : : "r" (SYS_TSS), "r" (0));
}

static void set_registers(void)
{
	write_msr(MSR_EFER, read_msr(MSR_EFER) | 0x901);
	write_msr(MSR_STAR, 0x0023001000000000);
	write_msr(MSR_LSTAR, (u64)nt_syscall64);
	write_msr(MSR_CSTAR, (u64)nt_syscall32);
	write_msr(MSR_SFMASK, syscall_flag_mask);
	write_msr(MSR_FS_BASE, 0);
	write_msr(MSR_KERNEL_GS, 0x7ffdf000);	/* as if there were a TEB */
	write_msr(0x174, 0);
	write_msr(0x175, 0);
	write_msr(0x176, 0);
}

static void set_extended(void)
{
	u32 r[4];

	get_cpuid(1, 0, r);
	if (!(r[2] & (1u << 26)))	/* XSAVE */
		return;
	write_cr4(read_cr(4) | CR4_OSXSAVE);
	have_avx = r[2] & (1u << 28);
	asm volatile("xsetbv" : : "a" (have_avx ? 7 : 3), "d" (0), "c" (0));
	get_cpuid(13, 0, r);
	xsave_bytes = r[1];
}

/* What the processor offers and the image's command line asks for. */
static void set_options(void)
{
	u32 r[4], r1[4];
	u64 cr4 = read_cr(4);

	get_cpuid(7, 0, r);
	get_cpuid(1, 0, r1);
	if (option_set("smep") && (r[1] & (1u << 7)))
		cr4 |= CR4_SMEP;
	if (option_set("smap") && (r[1] & (1u << 20)))
		cr4 |= CR4_SMAP;
	if (option_set("umip") && (r[2] & (1u << 2)))
		cr4 |= CR4_UMIP;
	if (option_set("fsgsbase") && (r[1] & 1))
		cr4 |= CR4_FSGSBASE;
	write_cr4(cr4);
}

/**
 * cpu_init() - make this processor one of NT's
 * @cpu: its block
 */
void cpu_init(struct cpu *cpu)
{
	cpu->index = cpu - cpus;
	cpu->self = cpu;
	cpu->prcb = (u64)cpu + 0x180;
	cpu->gdt_base = (u64)cpu->gdt;
	cpu->tss_base = (u64)&cpu->tss;
	cpu->idt_base = (u64)idt;
	cpu->mxcsr = NT_MXCSR;
	InitializeListHead(&cpu->dpcs);
	if (!cpu->index)
		make_idt();
	make_gdt(cpu);
	make_tss(cpu);
	load_tables(cpu);
	write_msr(MSR_GS_BASE, (u64)cpu);
	set_registers();
	set_extended();
	set_options();
	cpu->cr0 = read_cr(0);
	cpu->cr4 = read_cr(4);
	cpu->efer = read_msr(MSR_EFER);
	cpu->table_sum = table_sum(cpu);
	asm volatile("fninit; ldmxcsr %0; fldcw %1" : :
		     "m" ((u32){ NT_MXCSR }), "m" ((u16){ NT_X87_CONTROL }));
	set_irql(HIGH_LEVEL);
}
