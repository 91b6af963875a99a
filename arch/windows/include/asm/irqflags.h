/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_IRQFLAGS_H
#define _ASM_WINDOWS_IRQFLAGS_H

#ifndef __ASSEMBLY__

#include <linux/types.h>
#include <wsl4/vcpu.h>

/*
 * Interrupts are virtual. NT sets bits in the vCPU's pending word; they are
 * handled on the vCPU's own thread where Linux enables interrupts, idles,
 * relaxes in a loop, or returns to a program. "Disabled" is a flag.
 */
extern bool irq_enabled_flag;
extern struct wsl4_vcpu *boot_vcpu;

void irq_handle_pending(void);

static inline struct wsl4_vcpu *wsl4_this_vcpu(void)
{
	return boot_vcpu;
}

static __always_inline unsigned long arch_local_save_flags(void)
{
	return READ_ONCE(irq_enabled_flag);
}

static __always_inline void arch_local_irq_disable(void)
{
	WRITE_ONCE(irq_enabled_flag, false);
	barrier();
}

static __always_inline void arch_local_irq_enable(void)
{
	barrier();
	WRITE_ONCE(irq_enabled_flag, true);
	if (unlikely(READ_ONCE(boot_vcpu->pending)))
		irq_handle_pending();
}

static __always_inline unsigned long arch_local_irq_save(void)
{
	unsigned long flags = arch_local_save_flags();

	arch_local_irq_disable();
	return flags;
}

static __always_inline void arch_local_irq_restore(unsigned long flags)
{
	if (flags)
		arch_local_irq_enable();
	else
		arch_local_irq_disable();
}

static __always_inline bool arch_irqs_disabled_flags(unsigned long flags)
{
	return !flags;
}

static __always_inline bool arch_irqs_disabled(void)
{
	return !arch_local_save_flags();
}

#endif

#endif /* _ASM_WINDOWS_IRQFLAGS_H */
