/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_SIGFRAME_H
#define _ASM_WINDOWS_SIGFRAME_H

#include <linux/types.h>
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/ucontext.h>

/**
 * struct rt_sigframe - what a signal handler finds on its stack
 * @pretcode: its return address, the program's sa_restorer
 * @uc: registers and signal state to go back to
 * @info: what is told about the signal, if the handler asked for it
 *
 * The extended state lies above, at a multiple of 64; @uc points to it.
 */
struct rt_sigframe {
	char __user *pretcode;
	struct ucontext uc;
	struct siginfo info;
};

#endif /* _ASM_WINDOWS_SIGFRAME_H */
