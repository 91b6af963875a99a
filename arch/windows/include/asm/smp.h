/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_SMP_H
#define _ASM_WINDOWS_SMP_H


#endif /* _ASM_WINDOWS_SMP_H */
