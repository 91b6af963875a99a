// SPDX-License-Identifier: GPL-2.0
/*
 * NT goes to sleep or hibernates: Linux is suspended as on a machine of its own.
 * Disks are synced, programs frozen, clocks stopped; then Linux waits in a host
 * call until NT is awake. That the clocks are right afterwards is the kernel's own
 * resume, which asks read_persistent_clock64().
 */
#define pr_fmt(fmt) "wsl4: " fmt

#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/suspend.h>
#include <linux/workqueue.h>
#include <asm/host.h>

static bool asked;	/* NT waits for us */

static int nt_sleep_valid(suspend_state_t state)
{
	return state == PM_SUSPEND_MEM;
}

/* Only NT wakes us, so only NT puts us to sleep. */
static int nt_sleep_begin(suspend_state_t state)
{
	return READ_ONCE(asked) ? 0 : -EPERM;
}

static int nt_sleep_enter(suspend_state_t state)
{
	host_call1(HOST_SLEEP, true);
	return 0;
}

static const struct platform_suspend_ops nt_sleep_ops = {
	.valid	= nt_sleep_valid,
	.begin	= nt_sleep_begin,
	.enter	= nt_sleep_enter,
};

static void go_to_sleep(struct work_struct *work)
{
	int error = pm_suspend(PM_SUSPEND_MEM);

	WRITE_ONCE(asked, false);
	if (!error)
		return;
	pr_err("not suspended (error %d); Windows sleeps nevertheless\n", error);
	host_call1(HOST_SLEEP, false);
}

static DECLARE_WORK(sleep_work, go_to_sleep);

static irqreturn_t sleep_interrupt(int irq, void *data)
{
	WRITE_ONCE(asked, true);
	schedule_work(&sleep_work);
	return IRQ_HANDLED;
}

static int __init sleep_bridge_init(void)
{
	int error = request_irq(WSL4_IRQ_SLEEP, sleep_interrupt, 0, "nt_sleep",
				&sleep_work);

	if (error)
		return error;
	suspend_set_ops(&nt_sleep_ops);
	return 0;
}
late_initcall(sleep_bridge_init);
