/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_XOR_H
#define _ASM_WINDOWS_XOR_H

/* Upstream's for x86, by SSE2 and AVX, and not the generic one. */
#include "../../../x86/include/asm/xor.h"

#endif /* _ASM_WINDOWS_XOR_H */
