/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_USER_H
#define _ASM_WINDOWS_USER_H

#include "../../../x86/include/asm/user_64.h"

#endif /* _ASM_WINDOWS_USER_H */
