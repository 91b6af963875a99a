/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_SIGNAL_H
#define _ASM_WINDOWS_SIGNAL_H

#define _NSIG		64
#define _NSIG_BPW	64
#define _NSIG_WORDS	(_NSIG / _NSIG_BPW)

#ifndef __ASSEMBLY__

typedef unsigned long old_sigset_t;

typedef struct {
	unsigned long sig[_NSIG_WORDS];
} sigset_t;

#endif

/* x86-64 has no signal trampoline of the kernel's: programs bring theirs. */
#define __ARCH_HAS_SA_RESTORER

#include <uapi/asm/signal.h>
#include <uapi/asm/sigcontext.h>

#endif /* _ASM_WINDOWS_SIGNAL_H */
