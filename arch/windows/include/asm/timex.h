/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_TIMEX_H
#define _ASM_WINDOWS_TIMEX_H

#include <asm/tsc_read.h>

typedef unsigned long cycles_t;

#define get_cycles get_cycles
static inline cycles_t get_cycles(void)
{
	return tsc_read();
}

#define random_get_entropy() ((unsigned long)get_cycles())

#endif /* _ASM_WINDOWS_TIMEX_H */
