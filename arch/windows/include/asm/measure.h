/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_MEASURE_H
#define _ASM_WINDOWS_MEASURE_H

#include <linux/types.h>

/**
 * measure_wanted() - is wsl4.measure on the command line?
 *
 * For initcalls of level 7: they say in the log what something costs.
 */
bool measure_wanted(void);

#endif /* _ASM_WINDOWS_MEASURE_H */
