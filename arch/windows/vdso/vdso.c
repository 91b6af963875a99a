// SPDX-License-Identifier: GPL-2.0
/*
 * The vDSO: its pages, and mapping them into programs.
 *
 * Code and data come into the kernel with the driver image, of which nothing is
 * ever mapped into a program; pages of physmem take their place at boot.
 */
#include <linux/binfmts.h>
#include <linux/elf.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/time_namespace.h>
#include <vdso/datapage.h>
#include <vdso/vsyscall.h>

#include <asm/vdso.h>
#include <asm/vdso/vsyscall.h>

enum vvar_page {
	VVAR_CLOCK,
	VVAR_TIMENS,
};

#define VVAR_BYTES	(VDSO_DATA_PAGES * PAGE_SIZE)

/* What programs see of the first page. */
union vvar_clock {
	struct vdso_data clock[CS_BASES];
	struct {
		u8 before[VDSO_RNG_OFFSET];
		struct vdso_rng_data rng;
	};
};

/* Timekeeping and random numbers start before vdso_init(). */
static union vvar_clock early_vdso_data;
struct vdso_data *vdso_data __ro_after_init = early_vdso_data.clock;

static struct page **vdso_pages __ro_after_init;
static unsigned long vdso_bytes __ro_after_init;
static bool vdso_enabled __ro_after_init = true;

static int __init vdso_setup(char *arg)
{
	return kstrtobool(arg, &vdso_enabled) == 0;
}
__setup("vdso=", vdso_setup);

static int vdso_mremap(const struct vm_special_mapping *mapping,
		       struct vm_area_struct *vma)
{
	vma->vm_mm->context.vdso = (void __user *)vma->vm_start;
	return 0;
}

static struct vm_special_mapping vdso_mapping __ro_after_init = {
	.name = "[vdso]",
	.mremap = vdso_mremap,
};

/*
 * A program in a time namespace finds that namespace's offsets where others
 * find the clock, and the clock one page above.
 */
static vm_fault_t vvar_fault(const struct vm_special_mapping *mapping,
			     struct vm_area_struct *vma, struct vm_fault *vmf)
{
	struct page *clock = virt_to_page(vdso_data);
	struct page *timens = find_timens_vvar_page(vma);
	struct page *page = NULL;

	if (vmf->pgoff == VVAR_CLOCK)
		page = timens ?: clock;
	else if (vmf->pgoff == VVAR_TIMENS && timens)
		page = clock;
	if (!page)
		return VM_FAULT_SIGBUS;
	return vmf_insert_pfn(vma, vmf->address, page_to_pfn(page));
}

static const struct vm_special_mapping vvar_mapping = {
	.name = "[vvar]",
	.fault = vvar_fault,
};

#ifdef CONFIG_TIME_NS
struct vdso_data *arch_get_vdso_data(void *vvar_page)
{
	return vvar_page;
}

/* The next access of the program finds its new namespace's pages. */
int vdso_join_timens(struct task_struct *task, struct time_namespace *ns)
{
	struct mm_struct *mm = task->mm;
	struct vm_area_struct *vma;
	VMA_ITERATOR(vmi, mm, 0);

	mmap_read_lock(mm);
	for_each_vma(vmi, vma) {
		if (vma_is_special_mapping(vma, &vvar_mapping))
			zap_vma_pages(vma);
	}
	mmap_read_unlock(mm);
	return 0;
}
#endif

/* To be called with mmap_lock held for writing. */
static int map_pages(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;
	unsigned long code;

	addr = get_unmapped_area(NULL, addr, VVAR_BYTES + vdso_bytes, 0, 0);
	if (IS_ERR_VALUE(addr))
		return addr;
	code = addr + VVAR_BYTES;

	/* A debugger may write breakpoints, into a copy. */
	vma = _install_special_mapping(mm, code, vdso_bytes,
				       VM_READ | VM_EXEC | VM_MAYREAD |
				       VM_MAYWRITE | VM_MAYEXEC,
				       &vdso_mapping);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	vma = _install_special_mapping(mm, addr, VVAR_BYTES,
				       VM_READ | VM_MAYREAD | VM_IO |
				       VM_DONTDUMP | VM_PFNMAP,
				       &vvar_mapping);
	if (IS_ERR(vma)) {
		do_munmap(mm, code, vdso_bytes, NULL);
		return PTR_ERR(vma);
	}
	mm->context.vdso = (void __user *)code;
	return 0;
}

int arch_setup_additional_pages(struct linux_binprm *bprm, int uses_interp)
{
	struct mm_struct *mm = current->mm;
	int error;

	if (!vdso_pages)
		return 0;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	error = map_pages(mm, 0);
	mmap_write_unlock(mm);
	return error;
}

static bool is_mapped(struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	VMA_ITERATOR(vmi, mm, 0);

	for_each_vma(vmi, vma) {
		if (vma_is_special_mapping(vma, &vdso_mapping) ||
		    vma_is_special_mapping(vma, &vvar_mapping))
			return true;
	}
	return false;
}

/**
 * vdso_map_once() - map the vDSO into current, which has lost it
 * @addr: where, if that place is free
 *
 * Return: its size, or a negative error number.
 */
int vdso_map_once(unsigned long addr)
{
	struct mm_struct *mm = current->mm;
	int error;

	if (!vdso_pages)
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	error = is_mapped(mm) ? -EEXIST : map_pages(mm, addr);
	mmap_write_unlock(mm);
	return error ?: vdso_bytes;
}

static int __init data_init(void)
{
	struct vdso_data *page = (void *)get_zeroed_page(GFP_KERNEL);
	unsigned long flags;

	if (!page)
		return -ENOMEM;
	/* Begun in the old place, ended in the new one: readers see no gap. */
	flags = vdso_update_begin();
	memcpy(page, vdso_data, sizeof(early_vdso_data));
	vdso_data = page;
	vdso_update_end(flags);
	return 0;
}

static struct page **__init code_init(unsigned long nr)
{
	const char *from = vdso_image_start;
	size_t left = vdso_image_end - vdso_image_start;
	struct page **pages;
	unsigned long i;

	/* NULL ends the list. */
	pages = kcalloc(nr + 1, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;
	for (i = 0; i < nr; i++) {
		size_t bytes = min(left, PAGE_SIZE);

		pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!pages[i])
			goto fail;
		memcpy(page_address(pages[i]), from, bytes);
		from += bytes;
		left -= bytes;
	}
	return pages;
fail:
	while (i--)
		__free_page(pages[i]);
	kfree(pages);
	return NULL;
}

static int __init vdso_init(void)
{
	size_t bytes = vdso_image_end - vdso_image_start;

	BUILD_BUG_ON(sizeof(early_vdso_data) > PAGE_SIZE);
	BUILD_BUG_ON(sizeof(early_vdso_data.clock) > VDSO_RNG_OFFSET);

	if (!vdso_enabled)
		return 0;
	if (data_init())
		return -ENOMEM;
	vdso_bytes = PAGE_ALIGN(bytes);
	vdso_mapping.pages = code_init(vdso_bytes >> PAGE_SHIFT);
	vdso_pages = vdso_mapping.pages;
	return vdso_pages ? 0 : -ENOMEM;
}
arch_initcall(vdso_init);
