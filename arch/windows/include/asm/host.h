/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_HOST_H
#define _ASM_WINDOWS_HOST_H

/*
 * Host calls and the state that came with linux_entry().
 */
#include <linux/types.h>
#include <wsl4/host.h>
#include <asm/page.h>
#include <asm/irqflags.h>

extern struct wsl4_boot *wsl4_boot;

/**
 * host_call() - call the NT half
 * @call: HOST_*
 * @a0: first argument; their meaning is the call's, see wsl4/host.h
 * @a1: second argument
 * @a2: third argument
 * @a3: fourth argument
 * @a4: fifth argument
 * @a5: sixth argument
 *
 * Runs on the NT stack of this vCPU's thread. Interrupts are off meanwhile,
 * since there is one mailbox a vCPU; a caller that uses it brackets filling it,
 * the call and reading it with local_irq_save(). Does not schedule; only
 * HOST_IDLE waits.
 *
 * Return: what the call returns; negative: -errno.
 */
s64 host_call(unsigned int call, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);

#define host_call0(call)	host_call(call, 0, 0, 0, 0, 0, 0)
#define host_call1(call, a)	host_call(call, a, 0, 0, 0, 0, 0)
#define host_call2(call, a, b)	host_call(call, a, b, 0, 0, 0, 0)

/* Ends Linux on this vCPU: back into the NT thread. Never returns. */
void __noreturn host_stop(unsigned int reason, const char *message);
void __noreturn linux_leave(void);
void host_refuse(const char *message);

/* Ring 0: Linux's world is there, and host calls leave it (engine/ring0). */
extern bool ring0_live;
s64 ring0_host_call(unsigned int call, const u64 *args);

/* The offset by which the ABI names memory of the linear map. */
static inline u64 wsl4_physmem_offset(const void *addr)
{
	return (unsigned long)addr - PAGE_OFFSET;
}

#endif /* _ASM_WINDOWS_HOST_H */
