/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_TIME_H
#define _ASM_WINDOWS_TIME_H

#include <linux/types.h>

extern u64 tsc_hz;

void time_set_rate(u64 hz);

#endif
