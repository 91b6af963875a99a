/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_THREAD_INFO_H
#define _ASM_WINDOWS_THREAD_INFO_H

#include <asm/page.h>
#include <asm/thread_size.h>

#ifndef __ASSEMBLY__

/**
 * struct thread_info - the low-level part of a task
 * @flags: TIF_*
 * @syscall_work: SYSCALL_WORK_* of the generic entry code
 * @cpu: vCPU number
 * @preempt_count: as everywhere
 */
struct thread_info {
	unsigned long flags;
	unsigned long syscall_work;
	u32 cpu;
	int preempt_count;
};

#define INIT_THREAD_INFO(tsk)	{ .preempt_count = INIT_PREEMPT_COUNT }

#endif

#define TIF_NOTIFY_RESUME	0
#define TIF_SIGPENDING		1
#define TIF_NEED_RESCHED	2
#define TIF_SINGLESTEP		3
#define TIF_NOTIFY_SIGNAL	4
#define TIF_UPROBE		5
#define TIF_MEMDIE		6
#define TIF_RESTORE_SIGMASK	7
#define TIF_POLLING_NRFLAG	8
#define TIF_FORCED_TF		9	/* TF was set by us, not by the program */
#define TIF_PATCH_PENDING	10

#define _TIF_NOTIFY_RESUME	(1 << TIF_NOTIFY_RESUME)
#define _TIF_SIGPENDING		(1 << TIF_SIGPENDING)
#define _TIF_NEED_RESCHED	(1 << TIF_NEED_RESCHED)
#define _TIF_SINGLESTEP		(1 << TIF_SINGLESTEP)
#define _TIF_NOTIFY_SIGNAL	(1 << TIF_NOTIFY_SIGNAL)
#define _TIF_UPROBE		(1 << TIF_UPROBE)
#define _TIF_PATCH_PENDING	(1 << TIF_PATCH_PENDING)

#endif /* _ASM_WINDOWS_THREAD_INFO_H */
