/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_TRAPS_H
#define _ASM_WINDOWS_TRAPS_H

#include <linux/types.h>
#include <asm/extable.h>
#include <asm/ptrace.h>

/* A fault of the kernel's own needs so much of its stack, at least. */
#define TRAP_STACK_ROOM	1024

/* kernel/traps.c, kernel/stacktrace.c, kernel/power.c, kernel/switch.S */
void kernel_trap(struct pt_regs *regs, unsigned int trap, unsigned long addr);
void __noreturn kernel_lost_stack(struct pt_regs *regs);
void show_stack_from(struct pt_regs *regs, const char *level);
int user_fpe_code(int trap);
void __noreturn host_give_up(const char *message);
void __noreturn continue_on(void *sp, void (*next)(unsigned long arg),
			    unsigned long arg);

/* kernel/stack.c */
bool on_linux_stack(unsigned long sp);
unsigned long stack_room(unsigned long sp);
struct pt_regs *spare_stack_take(const struct pt_regs *regs);
void spare_stack_give(void);
void spare_stack_init(void);

/* Faults of the kernel's own that are being dealt with. */
extern int kernel_traps_open;

static inline unsigned long extable_fixup(const struct exception_table_entry *e)
{
	return e->fixup;
}

#endif
