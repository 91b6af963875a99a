// SPDX-License-Identifier: GPL-2.0
/*
 * Access to a program's memory: by its page tables and the linear map.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/uaccess.h>
#include <asm/futex.h>
#include <uapi/linux/futex.h>
#include <asm/mm_fault.h>

/**
 * user_page() - the kernel's address of a byte of a program
 * @addr: user address, already checked by access_ok()
 * @write: it will be written
 *
 * Context: may sleep unless page faults are disabled. The result is good until
 * the caller sleeps: one vCPU, no preemption.
 * Return: address in the linear map, or NULL.
 */
static void *user_page(unsigned long addr, bool write)
{
	struct mm_struct *mm = current->mm;
	unsigned int flags = write ? FAULT_FLAG_WRITE : 0;
	int tries;
	pte_t *ptep, pte;

	if (unlikely(!mm || addr >= TASK_SIZE_MAX))
		return NULL;
	for (tries = 0; tries < 16; tries++) {
		ptep = user_pte(mm, addr);
		if (ptep) {
			pte = ptep_get(ptep);
			if (pte_allows(pte, write, false)) {
				pte = pte_mkyoung(pte);
				if (write)
					pte = pte_mkdirty(pte);
				set_pte(ptep, pte);
				return pfn_to_virt(pte_pfn(pte)) +
				       (addr & ~PAGE_MASK);
			}
		}
		if (faulthandler_disabled())
			return NULL;
		if (user_fault(NULL, addr, flags))
			return NULL;
	}
	return NULL;
}

/* Copies page by page; returns the bytes that were not copied. */
#define for_each_user_page(addr, n, part, kernel, write)		\
	for (; (n) && (part = min_t(unsigned long, (n),			\
				    PAGE_SIZE - ((addr) & ~PAGE_MASK)),	\
		       kernel = user_page((addr), (write)));		\
	     (addr) += part, (n) -= part)

unsigned long raw_copy_from_user(void *to, const void __user *from,
				 unsigned long n)
{
	unsigned long addr = (unsigned long)from, part;
	void *kernel;

	for_each_user_page(addr, n, part, kernel, false) {
		memcpy(to, kernel, part);
		to += part;
	}
	return n;
}
EXPORT_SYMBOL(raw_copy_from_user);

unsigned long raw_copy_to_user(void __user *to, const void *from,
			       unsigned long n)
{
	unsigned long addr = (unsigned long)to, part;
	void *kernel;

	for_each_user_page(addr, n, part, kernel, true) {
		memcpy(kernel, from, part);
		from += part;
	}
	return n;
}
EXPORT_SYMBOL(raw_copy_to_user);

unsigned long __clear_user(void __user *to, unsigned long n)
{
	unsigned long addr = (unsigned long)to, part;
	void *kernel;

	for_each_user_page(addr, n, part, kernel, true)
		memset(kernel, 0, part);
	return n;
}
EXPORT_SYMBOL(__clear_user);

long strncpy_from_user(char *dst, const char __user *src, long count)
{
	unsigned long addr = (unsigned long)src, part, n = count;
	long done = 0;
	void *kernel, *end;

	might_fault();
	if (count <= 0)
		return 0;
	for_each_user_page(addr, n, part, kernel, false) {
		end = memchr(kernel, 0, part);
		if (end) {
			memcpy(dst + done, kernel, end - kernel + 1);
			return done + (end - kernel);
		}
		memcpy(dst + done, kernel, part);
		done += part;
	}
	return n ? -EFAULT : done;
}
EXPORT_SYMBOL(strncpy_from_user);

long strnlen_user(const char __user *src, long count)
{
	unsigned long addr = (unsigned long)src, part, n = count;
	long done = 0;
	void *kernel, *end;

	might_fault();
	if (count <= 0)
		return 0;
	for_each_user_page(addr, n, part, kernel, false) {
		end = memchr(kernel, 0, part);
		if (end)
			return done + (end - kernel) + 1;
		done += part;
	}
	return n ? 0 : count + 1;
}
EXPORT_SYMBOL(strnlen_user);

int arch_futex_atomic_op_inuser(int op, int oparg, int *oval, u32 __user *uaddr)
{
	u32 old, new, *kernel;

	if (!access_ok(uaddr, sizeof(u32)))
		return -EFAULT;
	kernel = user_page((unsigned long)uaddr, true);
	if (!kernel)
		return -EFAULT;
	old = READ_ONCE(*kernel);
	do {
		switch (op) {
		case FUTEX_OP_SET:
			new = oparg;
			break;
		case FUTEX_OP_ADD:
			new = old + oparg;
			break;
		case FUTEX_OP_OR:
			new = old | oparg;
			break;
		case FUTEX_OP_ANDN:
			new = old & ~oparg;
			break;
		case FUTEX_OP_XOR:
			new = old ^ oparg;
			break;
		default:
			return -ENOSYS;
		}
	} while (!try_cmpxchg(kernel, &old, new));
	*oval = old;
	return 0;
}

int futex_atomic_cmpxchg_inatomic(u32 *uval, u32 __user *uaddr, u32 oldval,
				  u32 newval)
{
	u32 *kernel;

	if (!access_ok(uaddr, sizeof(u32)))
		return -EFAULT;
	kernel = user_page((unsigned long)uaddr, true);
	if (!kernel)
		return -EFAULT;
	*uval = cmpxchg(kernel, oldval, newval);
	return 0;
}

/**
 * kernel_access_ok() - can kernel code touch this address?
 * @addr: any address
 * @size: bytes; at most a page
 */
bool kernel_access_ok(const void *addr, unsigned long size)
{
	unsigned long start = (unsigned long)addr;
	unsigned long end = start + size - 1;
	pte_t *ptep;

	if (end < start)
		return false;
	if (virt_addr_valid(start) && virt_addr_valid(end))
		return true;
	if (start < VMALLOC_START || end >= VMALLOC_END)
		return false;
	ptep = user_pte(&init_mm, start);
	if (!ptep || !pte_present(ptep_get(ptep)))
		return false;
	ptep = user_pte(&init_mm, end);
	return ptep && pte_present(ptep_get(ptep));
}

bool copy_from_kernel_nofault_allowed(const void *src, size_t size)
{
	return kernel_access_ok(src, min_t(size_t, size, PAGE_SIZE));
}
