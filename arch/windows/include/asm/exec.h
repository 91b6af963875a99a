/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_EXEC_H
#define _ASM_WINDOWS_EXEC_H

unsigned long arch_align_stack(unsigned long sp);

#endif /* _ASM_WINDOWS_EXEC_H */
