/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_THREAD_SIZE_H
#define _ASM_WINDOWS_THREAD_SIZE_H

#define THREAD_SIZE_ORDER	2
#define THREAD_SIZE		(PAGE_SIZE << THREAD_SIZE_ORDER)
/* Room above the registers: the task pointer, see asm/current.h. */
#define TOP_OF_KERNEL_STACK_PADDING	16

#endif /* _ASM_WINDOWS_THREAD_SIZE_H */
