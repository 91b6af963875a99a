/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_HARDIRQ_H
#define _ASM_WINDOWS_HARDIRQ_H

#define ack_bad_irq ack_bad_irq
void ack_bad_irq(unsigned int irq);
#include <asm-generic/hardirq.h>

#endif /* _ASM_WINDOWS_HARDIRQ_H */
