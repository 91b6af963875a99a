/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_FUTEX_H
#define _ASM_WINDOWS_FUTEX_H

#include <linux/types.h>
#include <linux/uaccess.h>
#include <uapi/linux/futex.h>

int arch_futex_atomic_op_inuser(int op, int oparg, int *oval, u32 __user *uaddr);
int futex_atomic_cmpxchg_inatomic(u32 *uval, u32 __user *uaddr, u32 oldval,
				  u32 newval);

#endif /* _ASM_WINDOWS_FUTEX_H */
