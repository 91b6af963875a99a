/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_BUG_H
#define _ASM_WINDOWS_BUG_H

/*
 * An instruction that traps, and an entry about it in a table (lib/bug.c): a
 * BUG ends its task by an oops, a WARN goes on behind the instruction. Entries
 * hold distances: nothing in them changes where NT puts the driver.
 */
#define BUG_INSN	0x0b0f		/* ud2, as a word in memory */
#define BUG_INSN_BYTES	2

#ifdef CONFIG_BUG

#ifdef CONFIG_DEBUG_BUGVERBOSE
#define BUG_ENTRY_PLACE	"	.long	%c0 - .\n	.word	%c1\n"
#else
#define BUG_ENTRY_PLACE
#endif

#define BUG_TRAP(bug_flags)						\
	asm_inline volatile("1:	ud2\n"					\
			    "	.pushsection __bug_table, \"aw\"\n"	\
			    "2:	.long	1b - .\n"			\
			    BUG_ENTRY_PLACE				\
			    "	.word	%c2\n"				\
			    "	.org	2b + %c3\n"			\
			    "	.popsection\n"				\
			    : : "i" (__FILE__), "i" (__LINE__),		\
			    "i" (bug_flags), "i" (sizeof(struct bug_entry)))

#define HAVE_ARCH_BUG
#define BUG()								\
do {									\
	instrumentation_begin();					\
	BUG_TRAP(0);							\
	unreachable();							\
} while (0)

#define __WARN_FLAGS(bug_flags)						\
do {									\
	instrumentation_begin();					\
	BUG_TRAP(BUGFLAG_WARNING | (bug_flags));			\
	instrumentation_end();						\
} while (0)

#endif /* CONFIG_BUG */

#include <asm-generic/bug.h>

#endif /* _ASM_WINDOWS_BUG_H */
