// SPDX-License-Identifier: GPL-2.0
/*
 * The second processor.
 */
#include "smallnt.h"

#define START_PAGE	8	/* 0x8000 */
#define ICR_INIT	0x4500
#define ICR_STARTUP	0x4600

extern u8 ap_start[], ap_start_end[];

static u8 stacks[MAX_CPUS][STACK_BYTES] __attribute__((aligned(4096)));
static volatile u32 starting;

void ap_main(void)
{
	struct cpu *cpu = &cpus[starting];

	write_cr3(nt_cr3);
	write_cr4(read_cr(4) | 0x80);
	cpu_init(cpu);
	apic_init();
	sched_init();
	apic_start_clock();
	__atomic_store_n(&cpu->online, 1, __ATOMIC_SEQ_CST);
	while (nr_cpus <= cpu->index)
		asm volatile("pause");
	sched_idle();
}

static void start(u32 index)
{
	u64 begin = clock_100ns();

	starting = index;
	*(u64 *)ap_stack = (u64)stacks[index] + STACK_BYTES;
	memcpy(phys(START_PAGE * PAGE), phys((u64)ap_start),
	       ap_start_end - ap_start);
	apic_send(index, ICR_INIT);
	while (clock_100ns() - begin < 100000)
		;
	apic_send(index, ICR_STARTUP | START_PAGE);
	while (!cpus[index].online)
		if (clock_100ns() - begin > 50000000)
			bugcheck("processor %u does not start", index);
}

void smp_start(void)
{
	const char *text = option("cpus");
	u32 wanted = text ? parse_number(&text) : 1, i;

	if (wanted > MAX_CPUS)
		bugcheck("at most %u processors", MAX_CPUS);
	for (i = 1; i < wanted; i++) {
		start(i);
		nr_cpus = i + 1;
		print("smallnt: processor %u is up\n", i);
	}
}
