// SPDX-License-Identifier: GPL-2.0
/*
 * The end: what was wrong, where, and the registers and stack to it.
 */
#include "smallnt.h"

static volatile u32 stopping;

noreturn void power_off(int status)
{
	asm volatile("cli");
	for (;;) {
		/* isa-debug-exit: QEMU's status is 2 * value + 1 */
		asm volatile("outl %0, %1" : : "a" (status), "Nd" ((u16)0xf4));
		asm volatile("hlt");
	}
}

extern u8 nt_start[], nt_text_end[], nt_end[];

/* An address as one can look it up: smallnt by addr2line, a driver by RVA. */
static void print_address(u64 address)
{
	if (in_driver(address))
		print("%s+0x%llx", the_driver.name,
		      address - (u64)the_driver.base);
	else if (address >= (u64)nt_start && address < (u64)nt_end)
		print("smallnt:%llx", address);
	else
		print("%llx", address);
}

static bool readable(u64 address)
{
	u64 *pte = map_pte(address, false);

	return pte && (*pte & PTE_P);
}

static bool is_code(u64 address)
{
	return in_driver(address) || (address >= (u64)nt_start &&
				      address < (u64)nt_text_end);
}

static void dump_stack(u64 rsp)
{
	u32 i, found = 0;
	u64 *p;

	rsp &= ~7ull;
	print("stack:\n");
	for (i = 0; i < 32; i++) {
		p = (u64 *)rsp + i;
		if (!readable((u64)p))
			break;
		print("%s%016llx", i % 4 ? " " : "  ", *p);
		if (i % 4 == 3)
			print("\n");
	}
	print("code addresses on it:\n");
	for (i = 0; i < 3072 && found < 40; i++) {
		p = (u64 *)rsp + i;
		if (!readable((u64)p))
			break;
		if (!is_code(*p))
			continue;
		print("  [+%x] ", i * 8);
		print_address(*p);
		print("\n");
		found++;
	}
}

static void dump_frame(struct frame *f)
{
	print("rip ");
	print_address(f->rip);
	print(" vector %llx error %llx cr2 %llx\n", f->vector, f->error,
	      read_cr(2));
	print("rax %016llx rbx %016llx rcx %016llx rdx %016llx\n", f->rax,
	      f->rbx, f->rcx, f->rdx);
	print("rsi %016llx rdi %016llx rbp %016llx rsp %016llx\n", f->rsi,
	      f->rdi, f->rbp, f->rsp);
	print("r8  %016llx r9  %016llx r10 %016llx r11 %016llx\n", f->r8, f->r9,
	      f->r10, f->r11);
	print("r12 %016llx r13 %016llx r14 %016llx r15 %016llx\n", f->r12,
	      f->r13, f->r14, f->r15);
	print("cs %llx ss %llx flags %llx\n", f->cs, f->ss, f->flags);
}

static void dump_system(void)
{
	struct cpu *cpu = this_cpu();
	struct thread *t = this_thread();

	print("cr0 %llx cr3 %llx cr4 %llx irql %u\n", read_cr(0), read_cr(3),
	      read_cr(4), irql());
	print("cpu %u thread %u stack %p-%p priority %d%s%s%s\n", cpu->index,
	      t ? t->id : 0, t ? t->stack_end - t->stack_bytes : NULL,
	      t ? t->stack_end : NULL, t ? t->priority : 0,
	      cpu->in_dpc ? " in a DPC" : "", cpu->in_isr ? " in an ISR" : "",
	      cpu->in_nmi ? " in an NMI" : "");
	if (the_driver.base)
		print("driver %s at %p, %llx bytes\n", the_driver.name,
		      the_driver.base, the_driver.bytes);
}

static void noreturn end(const char *format, va_list args, struct frame *frame)
{
	char text[512];

	asm volatile("cli");
	if (__atomic_exchange_n(&stopping, 1, __ATOMIC_SEQ_CST)) {
		print("BUGCHECK again, while stopping: %s\n", format);
		power_off(0x12);
	}
	/* GS may be what is wrong. */
	if (read_msr(0xc0000101) != (u64)&cpus[0] &&
	    read_msr(0xc0000101) != (u64)&cpus[1])
		write_msr(0xc0000101, (u64)&cpus[0]);
	format_text(text, sizeof(text), format, args);
	print("\nBUGCHECK %s\n", text);
	if (frame)
		dump_frame(frame);
	dump_system();
	dump_stack(frame ? frame->rsp : (u64)__builtin_frame_address(0));
	print("smallnt: stopped by a bugcheck\n");
	power_off(0x11);
}

noreturn void bugcheck(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	end(format, args, NULL);
}

noreturn void bugcheck_frame(struct frame *frame, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	end(format, args, frame);
}

VOID KeBugCheckEx(ULONG code, ULONG_PTR a, ULONG_PTR b, ULONG_PTR c, ULONG_PTR d)
{
	bugcheck("by the driver: %x (%llx, %llx, %llx, %llx)", code, a, b, c, d);
}

VOID KeBugCheck(ULONG code)
{
	bugcheck("by the driver: %x", code);
}
