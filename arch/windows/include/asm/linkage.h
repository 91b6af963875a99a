/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_LINKAGE_H
#define _ASM_WINDOWS_LINKAGE_H

#define __ALIGN		.p2align 4
#define __ALIGN_STR	".p2align 4"

#ifdef __ASSEMBLY__
#define RET		ret
#endif

#endif /* _ASM_WINDOWS_LINKAGE_H */
