/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_CACHEFLUSH_H
#define _ASM_WINDOWS_CACHEFLUSH_H

/* x86 caches are coherent; these hooks keep the vmalloc window in step. */
void flush_cache_vmap(unsigned long start, unsigned long end);
#define flush_cache_vmap flush_cache_vmap
#define flush_cache_vmap_early(start, end)	flush_cache_vmap(start, end)
#define flush_cache_vunmap(start, end)		do { } while (0)

#include <asm-generic/cacheflush.h>

#endif /* _ASM_WINDOWS_CACHEFLUSH_H */
