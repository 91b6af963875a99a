/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a driver with CONFIG_WSL4_DEBUG asserts of itself in ring 0: that a routine
 * runs at the IRQL it is written for, and on the stack of an NT thread. A breach is
 * named to NT's debugger, and stops the machine there.
 */
#ifndef _WSL4_NT_DEBUG_H
#define _WSL4_NT_DEBUG_H

#include "nt.h"

#ifdef CONFIG_WSL4_DEBUG

/* debug.c */

/** debug_init() - look up what the assertions need; PASSIVE_LEVEL */
void debug_init(void);

/**
 * debug_irql() - see nt_assert_irql()
 * @lowest: IRQL
 * @highest: IRQL
 * @where: the routine's name
 */
void debug_irql(KIRQL lowest, KIRQL highest, const char *where);

/** debug_thread() - see nt_assert_thread() */
void debug_thread(const char *where);

#else

static inline void debug_init(void)
{
}

static inline void debug_irql(KIRQL lowest, KIRQL highest, const char *where)
{
	(void)lowest;
	(void)highest;
	(void)where;
}

static inline void debug_thread(const char *where)
{
	(void)where;
}

#endif

/* This routine runs at one of these IRQLs. */
#define nt_assert_irql(lowest, highest) debug_irql(lowest, highest, __func__)

/* This routine may wait: PASSIVE_LEVEL, on the stack of an NT thread. */
#define nt_assert_thread() debug_thread(__func__)

#endif /* _WSL4_NT_DEBUG_H */
