/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_SEGMENT_H
#define _ASM_WINDOWS_SEGMENT_H

/* Selectors that programs see; the values are part of x86-64's user ABI. */
#define __KERNEL_CS	0x10
#define __KERNEL_DS	0x18
#define __USER32_CS	0x23
#define __USER_DS	0x2b
#define __USER_CS	0x33

#endif /* _ASM_WINDOWS_SEGMENT_H */
