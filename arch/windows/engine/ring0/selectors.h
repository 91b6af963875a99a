/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers of the ring-0 engine that C and assembly share.
 */
#ifndef _RING0_SELECTORS_H
#define _RING0_SELECTORS_H

/* world.reason: why NT is entered */
#define WORLD_NOTHING		0	/* only for what came late */
#define WORLD_CALL		1
#define WORLD_INTERRUPT		2
#define WORLD_LEAVE		3

/* What ring0_enter_user() returns beside the vectors 0 to 255. */
#define RING0_SYSCALL		256
#define RING0_COMPAT_SYSCALL	257

/* NT's vectors: its APC interrupt, among the exceptions, and all from 0x20 on */
#define NT_APC_VECTOR		0x1f
#define FIRST_INTERRUPT		0x20

/* The selector of Linux's task state segment; NT's is another one. */
#define WORLD_TSS_SELECTOR	0x80

/* How far the stack moves for an NMI that comes while one is handed on. */
#define WORLD_IST_STEP		2048

#endif /* _RING0_SELECTORS_H */
