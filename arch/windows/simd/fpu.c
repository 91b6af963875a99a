// SPDX-License-Identifier: GPL-2.0
/*
 * Sections of kernel code that use vector registers.
 */
#include <linux/bug.h>
#include <linux/export.h>
#include <linux/preempt.h>
#include <asm/cpufeature.h>
#include <asm/engine.h>
#include <asm/fpu_state.h>
#include <asm/fpu/api.h>

#define MXCSR_DEFAULT	0x1f80

/* A section is open. */
bool kernel_fpu_active;

/**
 * irq_fpu_usable() - may this context use vector registers?
 *
 * Not inside another such section, which a softirq may have interrupted.
 */
bool irq_fpu_usable(void)
{
	return !READ_ONCE(kernel_fpu_active) && !in_nmi();
}
EXPORT_SYMBOL_GPL(irq_fpu_usable);

/**
 * kernel_fpu_begin() - start to use vector registers
 *
 * Context: irq_fpu_usable(). No sleep before kernel_fpu_end().
 */
void kernel_fpu_begin(void)
{
	const u32 mxcsr = MXCSR_DEFAULT;

	preempt_disable();
	WARN_ON_ONCE(kernel_fpu_active);
	if (engine->xstate_kernel)
		engine->xstate_kernel();
	WRITE_ONCE(kernel_fpu_active, true);
	asm volatile("ldmxcsr %0" : : "m" (mxcsr));
}
EXPORT_SYMBOL_GPL(kernel_fpu_begin);

/**
 * kernel_fpu_end() - end of kernel_fpu_begin()'s section
 */
void kernel_fpu_end(void)
{
	WARN_ON_ONCE(!kernel_fpu_active);
	/* NT's code and the host's expect clean upper halves. */
	if (boot_cpu_has(X86_FEATURE_AVX))
		asm volatile("vzeroupper");
	WRITE_ONCE(kernel_fpu_active, false);
	preempt_enable();
}
EXPORT_SYMBOL_GPL(kernel_fpu_end);
