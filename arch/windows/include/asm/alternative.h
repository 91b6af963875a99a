/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_ALTERNATIVE_H
#define _ASM_WINDOWS_ALTERNATIVE_H

/*
 * No text patching: the driver image stays as NT loaded it (W^X, HVCI), so
 * borrowed x86 headers get no alternatives, only the lock prefix. It is always
 * there: NT threads share words with us even while there is one vCPU.
 */
#include <linux/stringify.h>
#include <asm/asm.h>

#ifdef __ASSEMBLY__
.macro LOCK_PREFIX
	lock
.endm
#else
#define LOCK_PREFIX_HERE ""
#define LOCK_PREFIX "\n\tlock "
#endif

#endif /* _ASM_WINDOWS_ALTERNATIVE_H */
