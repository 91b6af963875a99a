/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_STACKTRACE_H
#define _ASM_WINDOWS_STACKTRACE_H

#include <asm/entry-common.h>

#endif /* _ASM_WINDOWS_STACKTRACE_H */
