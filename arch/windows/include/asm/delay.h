/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_DELAY_H
#define _ASM_WINDOWS_DELAY_H

#include <asm-generic/delay.h>

#endif /* _ASM_WINDOWS_DELAY_H */
