/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_SETUP_H
#define _ASM_WINDOWS_SETUP_H

#define COMMAND_LINE_SIZE 2048

#ifndef __ASSEMBLY__
extern char boot_cpu_flags[];
void early_console_init(void);
void power_init(void);
void cpu_detect(void);
void nt_log_write(const char *text, unsigned int count);
#endif

#endif
