/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_VDSO_CLOCKSOURCE_H
#define _ASM_WINDOWS_VDSO_CLOCKSOURCE_H

/* A clocksource whose value is the time stamp counter, as it is read. */
#define VDSO_ARCH_CLOCKMODES	VDSO_CLOCKMODE_TSC

#endif /* _ASM_WINDOWS_VDSO_CLOCKSOURCE_H */
