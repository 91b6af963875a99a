/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_ENTRY_COMMON_H
#define _ASM_WINDOWS_ENTRY_COMMON_H

#include <linux/sched.h>
#include <asm/syscall.h>

static __always_inline bool on_thread_stack(void)
{
	return !(((unsigned long)current->stack ^ current_stack_pointer) &
		 ~(THREAD_SIZE - 1));
}

#endif /* _ASM_WINDOWS_ENTRY_COMMON_H */
