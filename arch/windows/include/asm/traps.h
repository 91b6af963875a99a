/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_TRAPS_H
#define _ASM_WINDOWS_TRAPS_H

#include <asm/extable.h>
#include <asm/ptrace.h>

void kernel_trap(struct pt_regs *regs, unsigned int trap, unsigned long addr);
void show_stack_from(struct pt_regs *regs, const char *level);
int user_fpe_code(int trap);
void __noreturn host_give_up(const char *message);

/* Faults of the kernel's own that are being dealt with. */
extern int kernel_traps_open;

static inline unsigned long extable_fixup(const struct exception_table_entry *e)
{
	return e->fixup;
}

#endif
