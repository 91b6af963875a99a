// SPDX-License-Identifier: GPL-2.0
/*
 * mmap() as x86-64's programs call it.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/syscalls.h>

/* The offset counts bytes. */
SYSCALL_DEFINE6(mmap, unsigned long, addr, unsigned long, len,
		unsigned long, prot, unsigned long, flags,
		unsigned long, fd, unsigned long, offset)
{
	if (offset_in_page(offset))
		return -EINVAL;
	return ksys_mmap_pgoff(addr, len, prot, flags, fd,
			       offset >> PAGE_SHIFT);
}

#ifdef HAVE_ARCH_UNMAPPED_AREA

/* MAP_32BIT: addresses whose top bit of 32 is clear, above the programs. */
static unsigned long low_area(unsigned long addr, unsigned long len)
{
	struct vm_unmapped_area_info info = {
		.length = len,
		.low_limit = SZ_1G,
		.high_limit = SZ_2G,
	};
	struct vm_area_struct *vma, *prev;

	if (len > SZ_2G - SZ_1G)
		return -ENOMEM;
	addr = PAGE_ALIGN(addr);
	if (addr >= mmap_min_addr && addr <= SZ_2G - len) {
		vma = find_vma_prev(current->mm, addr, &prev);
		if ((!vma || addr + len <= vm_start_gap(vma)) &&
		    (!prev || addr >= vm_end_gap(prev)))
			return addr;
	}
	return vm_unmapped_area(&info);
}

unsigned long arch_get_unmapped_area(struct file *file, unsigned long addr,
				     unsigned long len, unsigned long pgoff,
				     unsigned long flags, vm_flags_t vm_flags)
{
	if ((flags & (MAP_32BIT | MAP_FIXED)) == MAP_32BIT)
		return low_area(addr, len);
	return generic_get_unmapped_area(file, addr, len, pgoff, flags,
					 vm_flags);
}

unsigned long
arch_get_unmapped_area_topdown(struct file *file, unsigned long addr,
			       unsigned long len, unsigned long pgoff,
			       unsigned long flags, vm_flags_t vm_flags)
{
	if ((flags & (MAP_32BIT | MAP_FIXED)) == MAP_32BIT)
		return low_area(addr, len);
	return generic_get_unmapped_area_topdown(file, addr, len, pgoff, flags,
						 vm_flags);
}

#endif /* HAVE_ARCH_UNMAPPED_AREA */
