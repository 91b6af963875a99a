/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_SWITCH_TO_H
#define _ASM_WINDOWS_SWITCH_TO_H

#include <asm/engine.h>

struct task_struct;

struct task_struct *__switch_to(struct task_struct *prev,
				struct task_struct *next);

#define switch_to(prev, next, last)			\
do {							\
	if (engine->task_switch)			\
		engine->task_switch((prev), (next));	\
	((last) = __switch_to((prev), (next)));		\
} while (0)

#endif /* _ASM_WINDOWS_SWITCH_TO_H */
