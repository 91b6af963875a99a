/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The border between the two halves of linux.sys.
 *
 * The Linux half is vmlinux (ELF, LP64, SysV calling convention); the NT half
 * is compiled by mingw-w64 (LLP64, Microsoft calling convention). This header
 * is all that both of them see, so it uses fixed-width types only, and no
 * Linux pointer crosses it: memory is named by its offset in physmem, or lies
 * in the driver image, which both halves map at the same address.
 */
#ifndef _WSL4_HOST_H
#define _WSL4_HOST_H

#include <wsl4/vcpu.h>

#define WSL4_ABI_VERSION	2

/*
 * mkdriver finds this structure in the NT half's section ".linux" and fills it
 * in when it lays vmlinux behind the NT half. All addresses are RVAs.
 */
#define WSL4_IMAGE_MAGIC	0x343450564c585557ULL

struct wsl4_image {
	wsl4_u64 magic;			/* WSL4_IMAGE_MAGIC */
	wsl4_u32 abi_version;		/* WSL4_ABI_VERSION of the NT half */
	wsl4_u32 linux_start;		/* first byte of the Linux half */
	wsl4_u32 linux_end;		/* first byte after it, page aligned */
	wsl4_u32 linux_entry;		/* symbol linux_entry, see below */
};

/* Interrupt lines: bits of wsl4_vcpu.pending. Set by NT, cleared by Linux. */
#define WSL4_IRQ_TIMER		0	/* the deadline of HOST_TIMER has passed */
#define WSL4_IRQ_BLOCK		1	/* a block completion ring is not empty */
#define WSL4_IRQ_CONSOLE	2	/* a console session wants attention */
#define WSL4_IRQ_POWER		3	/* NT asks for an orderly shutdown */
#define WSL4_IRQ_SLEEP		4	/* NT is about to sleep: rest, see HOST_SLEEP */
#define WSL4_IRQ_DISKS		5	/* there is a disk more, see HOST_BLOCK_INFO */
#define WSL4_IRQ_EXPORT		6	/* Windows asks something of an export */
#define WSL4_NR_IRQS		32

/* Host calls: number, arguments a0..a5, result (negative: -errno of Linux). */
enum wsl4_host_call {
	/* a0 = bytes in the mailbox: printk text for DbgPrint and the log. */
	HOST_LOG = 1,
	/* a0 = ns from now, 0 = cancel: then WSL4_IRQ_TIMER is raised. */
	HOST_TIMER,
	/* Sleep until pending != 0. Sets state to IDLE and back to KERNEL. */
	HOST_IDLE,
	/* Returns the wall clock: ns since 1970-01-01 UTC. */
	HOST_CLOCK,
	/* Returns ns since some moment, on a clock that nobody sets. */
	HOST_MONOTONIC,
	/* a0 = bytes (at most the mailbox): fills the mailbox with entropy. */
	HOST_RANDOM,
	/*
	 * a0 = WSL4_STOP_*, a1 = bytes of a message in the mailbox. Linux's
	 * last host call: after it the Linux half returns from linux_entry()
	 * and the vCPU's NT thread ends. The log stays readable.
	 */
	HOST_STOP,
	/* a0 = disk, mailbox <- struct wsl4_disk_info; -ENODEV if there is none. */
	HOST_BLOCK_INFO,
	/*
	 * a0 = address of a struct wsl4_block_request in physmem (offset), a1 = 1:
	 * more come, or HOST_BLOCK_COMMIT; nobody needs to begin before.
	 */
	HOST_BLOCK_SUBMIT,
	/*
	 * mailbox <- up to (4096 / 16) struct wsl4_block_completion; returns
	 * how many. Lowers WSL4_IRQ_BLOCK when it returns the last.
	 */
	HOST_BLOCK_REAP,
	/* a0 = is Linux at rest? Then it returns when NT has slept, else at once. */
	HOST_SLEEP,
	/* a0 = disk: Linux knows it no more, NT closes it. */
	HOST_BLOCK_DETACH,
	/* Exports, see wsl4/export.h. */
	HOST_EXPORT_ADD,
	HOST_EXPORT_RELEASE,
	HOST_EXPORT_REMOVE,
	HOST_EXPORT_NEXT,
	HOST_EXPORT_DONE,
	/* No more requests come for now. */
	HOST_BLOCK_COMMIT,
	HOST_EXPORT_RESIZE,
	/* Console bridge: see bridge/console/abi.h. */
	HOST_CONSOLE_EVENT = 32,
	HOST_CONSOLE_READ,
	HOST_CONSOLE_WRITE,
	HOST_CONSOLE_EXIT,
};

#define WSL4_STOP_POWEROFF	0	/* orderly: the service ends */
#define WSL4_STOP_RESTART	1	/* orderly: the NT half starts Linux again */
#define WSL4_STOP_PANIC		2	/* panic; mailbox has its first line */
#define WSL4_STOP_REFUSED	3	/* could not start; mailbox says why */

#define WSL4_BOOT_WINE		(1u << 0)	/* CPL 3: a process under Wine */
#define WSL4_BOOT_SLOTS		(1u << 1)	/* used_slots is known */

#define WSL4_CMDLINE_SIZE	2048
#define WSL4_NO_FRAME		(~0ull)

/**
 * struct wsl4_boot - what the NT half tells the Linux half at linux_entry()
 * @abi_version: WSL4_ABI_VERSION
 * @flags: WSL4_BOOT_*
 * @image_start: address of the Linux half in memory (the first byte)
 * @image_end: first byte after it
 * @memory_bytes: size of physmem that the registry asks for
 * @physmem: address at which the NT half reaches physmem offset 0. Under Wine
 *	the Linux half makes physmem and writes this field before its first
 *	host call that names physmem; in ring 0 the NT half has made it.
 * @counter_hz: frequency of the time stamp counter as NT knows it, 0: unknown
 * @driver_start: address of the driver, NT half included; ring 0 only, as all
 *	that follows but the command line
 * @driver_frames: machine frame of each page of the driver from @driver_start
 *	to @image_end, WSL4_NO_FRAME where NT has discarded the page
 * @physmem_frames: machine frame of each page of physmem
 * @world: memory for Linux's own page and descriptor tables, zeroed, page
 *	aligned, never paged out; the three arrays of frames lie at its start
 * @world_frames: machine frame of each page of @world
 * @world_bytes: size of @world
 * @world_used: bytes at its start that the arrays take, page aligned
 * @used_slots: bit mask of top-level page table entries that NT uses
 * @command_line: NUL-terminated kernel command line
 *
 * It lies in the driver image and stays there. Addresses of arrays are NT's;
 * Linux maps them at the same ones.
 */
struct wsl4_boot {
	wsl4_u32 abi_version;
	wsl4_u32 flags;
	wsl4_u64 image_start;
	wsl4_u64 image_end;
	wsl4_u64 memory_bytes;
	wsl4_u64 physmem;
	wsl4_u64 counter_hz;
	wsl4_u64 driver_start;
	wsl4_u64 driver_frames;
	wsl4_u64 physmem_frames;
	wsl4_u64 world;
	wsl4_u64 world_frames;
	wsl4_u64 world_bytes;
	wsl4_u64 world_used;
	wsl4_u64 used_slots[8];
	char command_line[WSL4_CMDLINE_SIZE];
};

/*
 * The three functions that cross the border.
 *
 * linux_entry: NT half -> Linux half, once per vCPU thread, on that thread's
 * NT stack. It returns when Linux has stopped, after HOST_STOP.
 *
 * dispatch: Linux half -> NT half, on the NT stack, by the trampoline. IRQL
 * PASSIVE_LEVEL.
 *
 * kick: NT half -> Linux half, at any IRQL up to DISPATCH_LEVEL, on any NT
 * thread: makes the vCPU leave user mode soon. Called after a bit of pending
 * was set while state was WSL4_VCPU_USER. Leaf code, never waits.
 */
#ifdef __KERNEL__
#define WSL4_MS_ABI	__attribute__((ms_abi))
#define WSL4_SYSV_ABI
#else
#define WSL4_MS_ABI
#define WSL4_SYSV_ABI	__attribute__((sysv_abi))
#endif

typedef void (WSL4_SYSV_ABI *wsl4_entry_t)(struct wsl4_boot *boot,
					   struct wsl4_vcpu *vcpu);
typedef wsl4_s64 (WSL4_MS_ABI *wsl4_dispatch_t)(struct wsl4_vcpu *vcpu,
						wsl4_u64 call,
						const wsl4_u64 *args);
typedef void (WSL4_SYSV_ABI *wsl4_kick_t)(struct wsl4_vcpu *vcpu);

#endif /* _WSL4_HOST_H */
