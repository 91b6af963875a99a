// SPDX-License-Identifier: GPL-2.0
/*
 * The local APIC (xAPIC). Its task priority is NT's IRQL, by CR8.
 */
#include "smallnt.h"

#define APIC_ADDRESS	0xfee00000
#define REG_ID		0x20
#define REG_EOI		0xb0
#define REG_SPURIOUS	0xf0
#define REG_ISR		0x100
#define REG_ICR_LOW	0x300
#define REG_ICR_HIGH	0x310
#define REG_LVT_TIMER	0x320
#define REG_LVT_LINT0	0x350
#define REG_LVT_LINT1	0x360
#define REG_INITIAL	0x380
#define REG_CURRENT	0x390
#define REG_DIVIDE	0x3e0

#define ICR_PENDING	0x1000
#define ICR_SELF	0x40000
#define LVT_MASKED	0x10000
#define LVT_NMI		0x400
#define LVT_PERIODIC	0x20000

static volatile u8 *apic;
static u32 count_per_tick;

static void apic_write(u32 reg, u32 value)
{
	*(volatile u32 *)(apic + reg) = value;
}

u32 apic_read(u32 reg)
{
	return *(volatile u32 *)(apic + reg);
}

/* The old interrupt controllers are not used: everything masked. */
static void mask_pics(void)
{
	out8(0x20, 0x11);
	out8(0xa0, 0x11);
	out8(0x21, 0x60);
	out8(0xa1, 0x68);
	out8(0x21, 4);
	out8(0xa1, 2);
	out8(0x21, 1);
	out8(0xa1, 1);
	out8(0x21, 0xff);
	out8(0xa1, 0xff);
}

void apic_init(void)
{
	if (!apic) {
		mask_pics();
		apic = map_device(APIC_ADDRESS);
	}
	apic_write(REG_SPURIOUS, 0x100 | VECTOR_SPURIOUS);
	apic_write(REG_LVT_LINT0, LVT_MASKED);
	apic_write(REG_LVT_LINT1, LVT_NMI);	/* the monitor's "nmi" */
	apic_write(REG_LVT_TIMER, LVT_MASKED);
	apic_write(REG_DIVIDE, 0xb);		/* by 1 */
	this_cpu()->apic_id = apic_read(REG_ID) >> 24;
}

void apic_start_clock(void)
{
	u64 start;

	if (!count_per_tick) {
		apic_write(REG_INITIAL, 0xffffffff);
		start = clock_100ns();
		while (clock_100ns() - start < 200000)
			;
		count_per_tick = (u64)(0xffffffff - apic_read(REG_CURRENT)) *
				 tick_us / 20000;
	}
	apic_write(REG_LVT_TIMER, LVT_PERIODIC | VECTOR_CLOCK);
	apic_write(REG_INITIAL, count_per_tick);
}

/* How often this processor's clock interrupt comes, in microseconds. */
void apic_clock_rate(u32 us)
{
	apic_write(REG_INITIAL, (u64)count_per_tick * us / tick_us);
}

void apic_eoi(void)
{
	apic_write(REG_EOI, 0);
}

void apic_self(u8 vector)
{
	u64 flags = irq_save();

	while (apic_read(REG_ICR_LOW) & ICR_PENDING)
		;
	apic_write(REG_ICR_LOW, ICR_SELF | vector);
	irq_restore(flags);
}

void apic_send(u32 apic_id, u32 command)
{
	u64 flags = irq_save();

	while (apic_read(REG_ICR_LOW) & ICR_PENDING)
		;
	apic_write(REG_ICR_HIGH, apic_id << 24);
	apic_write(REG_ICR_LOW, command);
	irq_restore(flags);
}

bool apic_in_service(u8 vector)
{
	return apic_read(REG_ISR + (vector >> 5) * 0x10) >> (vector & 31) & 1;
}

/* Any vector that was taken and not ended? */
bool apic_any_in_service(u32 *which)
{
	u32 i, word;

	for (i = 0; i < 8; i++) {
		word = apic_read(REG_ISR + i * 0x10);
		if (!word)
			continue;
		*which = i * 32 + 31 - __builtin_clz(word);
		return true;
	}
	return false;
}
