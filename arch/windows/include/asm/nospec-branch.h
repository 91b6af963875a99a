/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_NOSPEC_BRANCH_H
#define _ASM_WINDOWS_NOSPEC_BRANCH_H

/*
 * For borrowed assembler code. There is no text patching, so no retpolines that
 * could be chosen at run time.
 */
#include <asm/ibt.h>

#ifdef __ASSEMBLY__
.macro JMP_NOSPEC reg:req
	jmp	*%\reg
.endm

.macro CALL_NOSPEC reg:req
	call	*%\reg
.endm
#endif

#endif /* _ASM_WINDOWS_NOSPEC_BRANCH_H */
