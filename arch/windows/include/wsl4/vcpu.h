/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What one vCPU shares with NT. Apart from the rest of the border, since all of
 * Linux sees it: its interrupt flag is in here.
 */
#ifndef _WSL4_VCPU_H
#define _WSL4_VCPU_H

#ifdef __KERNEL__
#include <linux/types.h>
typedef u8 wsl4_u8;
typedef u32 wsl4_u32;
typedef s32 wsl4_s32;
typedef u64 wsl4_u64;
typedef s64 wsl4_s64;
#else
#include <stdint.h>
typedef uint8_t wsl4_u8;
typedef uint32_t wsl4_u32;
typedef int32_t wsl4_s32;
typedef uint64_t wsl4_u64;
typedef int64_t wsl4_s64;
#endif

/* wsl4_vcpu.state: what the vCPU's NT thread is doing. */
#define WSL4_VCPU_KERNEL	0	/* Linux kernel code, or a host call */
#define WSL4_VCPU_USER		1	/* in the user engine: needs a kick */
#define WSL4_VCPU_IDLE		2	/* in HOST_IDLE: needs its event set */

#define WSL4_MAILBOX_SIZE	4096

/**
 * struct wsl4_vcpu - what one vCPU shares with NT; it lies in the driver image
 * @nt_rsp: NT stack pointer, kept by the trampoline while Linux code runs
 * @dispatch: the NT half's host call dispatcher, see wsl4_dispatch_t
 * @kick: the Linux half's kick routine, see wsl4_kick_t; 0 until an engine runs
 * @pending: bit mask of interrupt lines; NT ors bits in with an interlocked
 *	operation and then looks at @state
 * @state: WSL4_VCPU_*; Linux writes it with a full barrier before it looks at
 *	@pending a last time
 * @index: number of this vCPU, from 0
 * @given_up: set by NT when Linux did not shut down: end at once
 * @engine: for the user engine's own use (what @kick needs)
 * @mailbox: buffer for the small data of host calls (log text, host names)
 */
struct wsl4_vcpu {
	wsl4_u64 nt_rsp;
	wsl4_u64 dispatch;
	wsl4_u64 kick;
	volatile wsl4_u32 pending;
	volatile wsl4_u32 state;
	wsl4_u32 index;
	volatile wsl4_u32 given_up;
	wsl4_u64 engine;
	wsl4_u8 mailbox[WSL4_MAILBOX_SIZE];
};

#endif /* _WSL4_VCPU_H */
