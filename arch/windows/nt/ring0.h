/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the NT half does for Linux in ring 0 only: memory and a place.
 */
#ifndef _WSL4_NT_RING0_H
#define _WSL4_NT_RING0_H

#include "core.h"

/* physmem.c */

/**
 * physmem_allocate() - take pages from NT
 * @bytes: how much, whole pages
 *
 * PASSIVE_LEVEL. Says in the log what is wrong.
 */
NTSTATUS physmem_allocate(u64 bytes);

/** physmem_free() - give them back; nobody uses them any more */
void physmem_free(void);

/**
 * physmem_frames() - the machine frame of each page
 * @frames: an array for all of them
 */
void physmem_frames(u64 *frames);

/* world.c */

/**
 * world_prepare() - have ready what Linux needs to build its world
 *
 * Fills nt_boot. PASSIVE_LEVEL, not in DriverEntry's own thread: pages that NT
 * discards behind it must be gone. Says in the log what is wrong.
 */
NTSTATUS world_prepare(void);

/** world_release() - give it back; Linux has ended */
void world_release(void);

/**
 * world_kick() - have the vCPU's processor take an interrupt
 *
 * Linux looks for what is pending behind each. IRQL <= DISPATCH_LEVEL.
 */
void world_kick(void);

#endif /* _WSL4_NT_RING0_H */
