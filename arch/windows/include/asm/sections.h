/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_SECTIONS_H
#define _ASM_WINDOWS_SECTIONS_H

#include <asm-generic/sections.h>

extern char __image_start[], __image_end[];

#endif /* _ASM_WINDOWS_SECTIONS_H */
