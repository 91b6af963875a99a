// SPDX-License-Identifier: GPL-2.0
/*
 * NT asks Linux to shut down. Init is asked in its own way; if it does not
 * manage, programs are ended and file systems made read-only here, since
 * nothing but a power off may end a Linux whose service is being stopped.
 */
#define pr_fmt(fmt) "wsl4: " fmt

#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/pid_namespace.h>
#include <linux/reboot.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/syscalls.h>
#include <linux/workqueue.h>
#include <asm/host.h>

#define SYSTEMD_POWEROFF	(SIGRTMIN + 4)
#define BUSYBOX_POWEROFF	SIGUSR2

#define SYSTEMD_SECONDS		90
#define OTHER_SECONDS		10
#define TERM_SECONDS		3
#define REMOUNT_SECONDS		10

static struct work_struct power_work;

static struct task_struct *get_init(void)
{
	struct task_struct *init;

	rcu_read_lock();
	init = find_task_by_pid_ns(1, &init_pid_ns);
	if (init)
		get_task_struct(init);
	rcu_read_unlock();
	return init;
}

static bool is_executable(struct task_struct *task, const char *name)
{
	char text[32] = "";
	struct file *file;

	if (task->flags & PF_KTHREAD)
		return false;
	file = get_task_exe_file(task);
	if (!file)
		return false;
	snprintf(text, sizeof(text), "%pD", file);
	fput(file);
	return !strcmp(text, name);
}

/* Ask init to power off. Returns how many seconds it may take for that. */
static unsigned int ask_init(void)
{
	struct task_struct *init = get_init();
	unsigned int seconds = 0;

	if (!init)
		return 0;
	if (is_executable(init, "systemd")) {
		kill_cad_pid(SYSTEMD_POWEROFF, 1);
		seconds = SYSTEMD_SECONDS;
	} else if (!(init->flags & PF_KTHREAD)) {
		/* busybox' init, or one that has a handler for a UPS */
		kill_cad_pid(is_executable(init, "busybox") ?
			     BUSYBOX_POWEROFF : SIGPWR, 1);
		seconds = OTHER_SECONDS;
	}
	put_task_struct(init);
	return seconds;
}

static void signal_all(int signal)
{
	struct task_struct *task;

	read_lock(&tasklist_lock);
	for_each_process(task)
		if (!(task->flags & PF_KTHREAD) && !is_global_init(task))
			do_send_sig_info(signal, SEND_SIG_PRIV, task,
					 PIDTYPE_TGID);
	read_unlock(&tasklist_lock);
}

static bool root_is_read_only(void)
{
	struct path root;
	bool result;

	get_fs_root(current->fs, &root);
	result = sb_rdonly(root.mnt->mnt_sb);
	path_put(&root);
	return result;
}

static void stop_by_force(void)
{
	unsigned int i;

	pr_warn("init does not shut down; ending all programs\n");
	signal_all(SIGTERM);
	ssleep(TERM_SECONDS);
	signal_all(SIGKILL);
	ssleep(1);
	ksys_sync();
	emergency_remount();
	for (i = 0; i < REMOUNT_SECONDS * 10 && !root_is_read_only(); i++)
		msleep(100);
	kernel_power_off();
}

static int power_thread(void *data)
{
	unsigned int seconds = ask_init();

	/* Whoever powers off ends this thread with everything else. */
	ssleep(seconds);
	stop_by_force();
	return 0;
}

static void power_off(struct work_struct *work)
{
	struct task_struct *thread;

	pr_info("shutting down on Windows's request\n");
	thread = kthread_run(power_thread, NULL, "nt_power");
	if (IS_ERR(thread))
		stop_by_force();
}

static irqreturn_t power_interrupt(int irq, void *data)
{
	static unsigned long asked;

	if (!test_and_set_bit(0, &asked))
		schedule_work(&power_work);
	return IRQ_HANDLED;
}

static int __init power_bridge_init(void)
{
	int error;

	INIT_WORK(&power_work, power_off);
	error = request_irq(WSL4_IRQ_POWER, power_interrupt, 0, "nt_power",
			    &power_work);
	if (error)
		pr_err("no interrupt for a shutdown: %d\n", error);
	return error;
}
late_initcall(power_bridge_init);
