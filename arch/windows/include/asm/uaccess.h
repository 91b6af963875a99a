/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_UACCESS_H
#define _ASM_WINDOWS_UACCESS_H

#include <linux/sched.h>
#include <asm/processor.h>

/*
 * The kernel reaches a program's memory by its page tables and the linear map;
 * see mm/uaccess.c. It does not fault.
 */
static inline int __access_ok(const void __user *ptr, unsigned long size)
{
	unsigned long addr = (unsigned long)ptr;

	return likely(size <= TASK_SIZE_MAX && addr <= TASK_SIZE_MAX - size);
}
#define __access_ok __access_ok

unsigned long raw_copy_from_user(void *to, const void __user *from,
				 unsigned long n);
unsigned long raw_copy_to_user(void __user *to, const void *from,
			       unsigned long n);
unsigned long __clear_user(void __user *to, unsigned long n);
#define __clear_user __clear_user

static inline int __put_user_fn(size_t size, void __user *ptr, void *x)
{
	return unlikely(raw_copy_to_user(ptr, x, size)) ? -EFAULT : 0;
}
#define __put_user_fn __put_user_fn

static inline int __get_user_fn(size_t size, const void __user *ptr, void *x)
{
	return unlikely(raw_copy_from_user(x, ptr, size)) ? -EFAULT : 0;
}
#define __get_user_fn __get_user_fn

/* Kernel memory that may be unmapped: asked of the kernel's page table. */
bool kernel_access_ok(const void *addr, unsigned long size);

#define __get_kernel_nofault(dst, src, type, label)			\
do {									\
	if (!kernel_access_ok(src, sizeof(type)))			\
		goto label;						\
	*(type *)(dst) = *(const type *)(src);				\
} while (0)

#define __put_kernel_nofault(dst, src, type, label)			\
do {									\
	if (!kernel_access_ok(dst, sizeof(type)))			\
		goto label;						\
	*(type *)(dst) = *(const type *)(src);				\
} while (0)

#include <asm-generic/uaccess.h>

long strncpy_from_user(char *dst, const char __user *src, long count);
long strnlen_user(const char __user *src, long n);

#endif /* _ASM_WINDOWS_UACCESS_H */
