// SPDX-License-Identifier: GPL-2.0
/*
 * The assertions of CONFIG_WSL4_DEBUG. Under Wine there are no IRQLs.
 */
#include "core.h"

#ifdef CONFIG_WSL4_DEBUG

typedef VOID (NTAPI *stack_limits_t)(PULONG_PTR low, PULONG_PTR high);

static stack_limits_t stack_limits;

void debug_init(void)
{
	if (!nt_under_wine)
		stack_limits = nt_routine(L"IoGetStackLimits");
}

static void __attribute__((noreturn)) failed(const char *where, const char *what,
					     u64 value)
{
	DbgPrint("linux.sys: assertion failed in %s: %s %llx\n", where, what, value);
	for (;;)
		asm volatile("int3");
}

void debug_irql(KIRQL lowest, KIRQL highest, const char *where)
{
	KIRQL irql;

	if (nt_under_wine)
		return;
	irql = KeGetCurrentIrql();
	if (irql < lowest || irql > highest)
		failed(where, "IRQL", irql);
}

void debug_thread(const char *where)
{
	ULONG_PTR low, high, here = (ULONG_PTR)__builtin_frame_address(0);

	debug_irql(PASSIVE_LEVEL, PASSIVE_LEVEL, where);
	if (nt_under_wine || !stack_limits)
		return;
	stack_limits(&low, &high);
	if (here < low || here >= high)
		failed(where, "stack pointer", here);
}

#endif
