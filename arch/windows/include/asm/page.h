/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_PAGE_H
#define _ASM_WINDOWS_PAGE_H

#define PAGE_SHIFT	CONFIG_PAGE_SHIFT
#ifdef __ASSEMBLY__
#define PAGE_SIZE	(1 << PAGE_SHIFT)
#else
#include <linux/const.h>
#include <linux/types.h>
#define PAGE_SIZE	(_AC(1, UL) << PAGE_SHIFT)
#endif
#define PAGE_MASK	(~(PAGE_SIZE - 1))

#ifndef __ASSEMBLY__

#define clear_page(page)	memset((page), 0, PAGE_SIZE)
#define copy_page(to, from)	memcpy((to), (from), PAGE_SIZE)
#define clear_user_page(page, vaddr, pg)	clear_page(page)
#define copy_user_page(to, from, vaddr, pg)	copy_page(to, from)

typedef struct { unsigned long pte; } pte_t;
typedef struct { unsigned long pmd; } pmd_t;
typedef struct { unsigned long pud; } pud_t;
typedef struct { unsigned long pgd; } pgd_t;
typedef struct { unsigned long pgprot; } pgprot_t;
typedef struct page *pgtable_t;

#define pte_val(x)	((x).pte)
#define pmd_val(x)	((x).pmd)
#define pud_val(x)	((x).pud)
#define pgd_val(x)	((x).pgd)
#define pgprot_val(x)	((x).pgprot)
#define __pte(x)	((pte_t) { (x) })
#define __pmd(x)	((pmd_t) { (x) })
#define __pud(x)	((pud_t) { (x) })
#define __pgd(x)	((pgd_t) { (x) })
#define __pgprot(x)	((pgprot_t) { (x) })

/*
 * Two ranges of physical addresses, as on arm64: the driver image at 0, where
 * static data lies, and physmem behind it. Only physmem is ever mapped into a
 * program; pages of the image have a struct page because static data is passed
 * to virt_to_page() (crypto, scatterlists).
 */
extern unsigned long image_start;	/* address of the Linux half */
extern unsigned long image_bytes;	/* its size, page aligned */
extern unsigned long physmem_phys;	/* physical address of physmem */
extern unsigned long physmem_bytes;	/* its size */
extern unsigned long linear_offset;	/* linear map: address - physical address */

#define PAGE_OFFSET	(linear_offset + physmem_phys)

static inline unsigned long __phys_addr(unsigned long addr)
{
	unsigned long offset = addr - image_start;

	return offset < image_bytes ? offset : addr - linear_offset;
}

static inline void *__virt_addr(unsigned long phys)
{
	return (void *)(phys < image_bytes ? phys + image_start :
					     phys + linear_offset);
}

#define __pa(x)			__phys_addr((unsigned long)(x))
#define __pa_symbol(x)		__phys_addr((unsigned long)(x))
#define __va(x)			__virt_addr((unsigned long)(x))

#define virt_to_pfn(addr)	(__pa(addr) >> PAGE_SHIFT)
#define pfn_to_virt(pfn)	__va((unsigned long)(pfn) << PAGE_SHIFT)
#define virt_to_page(addr)	pfn_to_page(virt_to_pfn(addr))
#define page_to_virt(page)	pfn_to_virt(page_to_pfn(page))
#define page_to_phys(page)	((phys_addr_t)page_to_pfn(page) << PAGE_SHIFT)
#define phys_to_page(phys)	pfn_to_page((phys) >> PAGE_SHIFT)

static inline bool __virt_addr_valid(unsigned long addr)
{
	return addr - image_start < image_bytes ||
	       addr - PAGE_OFFSET < physmem_bytes;
}

#define virt_addr_valid(addr)	__virt_addr_valid((unsigned long)(addr))

#define VM_DATA_DEFAULT_FLAGS	VM_DATA_FLAGS_TSK_EXEC

#include <linux/pfn.h>
#include <asm-generic/memory_model.h>

#endif /* __ASSEMBLY__ */

#include <asm-generic/getorder.h>

#endif /* _ASM_WINDOWS_PAGE_H */
