/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_CPUFEATURE_H
#define _ASM_WINDOWS_CPUFEATURE_H

#include <asm/cpufeatures.h>

#ifndef __ASSEMBLY__
#include <linux/types.h>

/*
 * Upstream's own SIMD code asks by these names. Features come from CPUID, and
 * only those that programs may use too.
 */
bool cpu_feature(unsigned int feature);

#define boot_cpu_has(feature)		cpu_feature(feature)
#define static_cpu_has(feature)		cpu_feature(feature)
#define cpu_feature_enabled(feature)	cpu_feature(feature)
#define cpu_has_xfeatures(mask, name)	cpu_xfeatures(mask)

bool cpu_xfeatures(u64 mask);
#endif

#endif /* _ASM_WINDOWS_CPUFEATURE_H */
