/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_FPU_STATE_H
#define _ASM_WINDOWS_FPU_STATE_H

#include <linux/types.h>

struct task_struct;

/* Kernel code uses vector registers: between kernel_fpu_begin() and _end(). */
extern bool kernel_fpu_active;

/* Bytes of a task's extended state image, end marker included. */
u32 fpu_user_size(void);

/**
 * fpu_sync() - bring a task's extended state into its image
 * @task: current, or a task that does not run
 *
 * Context: kernel code of the vCPU; may sleep while the engine answers.
 * Return: the image, in the format of a signal frame.
 */
void *fpu_sync(struct task_struct *task);

/* The image was changed: load it before the program goes on. */
void fpu_mark_dirty(struct task_struct *task);

#endif /* _ASM_WINDOWS_FPU_STATE_H */
