/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_IRQ_H
#define _ASM_WINDOWS_IRQ_H

#define NR_IRQS		64

#define irq_canonicalize(irq)	(irq)

#endif /* _ASM_WINDOWS_IRQ_H */
