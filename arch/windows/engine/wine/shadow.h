/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _WINE_SHADOW_H
#define _WINE_SHADOW_H

#include <linux/types.h>

struct mm_struct;
struct stub;

void shadow_map(struct stub *stub, unsigned long addr, unsigned long bytes,
		bool writable);
bool shadow_clear(struct stub *stub, unsigned long *addr, unsigned long *end);
int shadow_wrprotect(struct stub *stub, struct mm_struct *mm);
void shadow_free(struct stub *stub);

#endif /* _WINE_SHADOW_H */
