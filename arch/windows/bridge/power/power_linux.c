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
#include <linux/suspend.h>
#include <linux/syscalls.h>
#include <linux/workqueue.h>
#include <asm/host.h>

/* systemd counts from the C library's SIGRTMIN, which is 34. */
#define SYSTEMD_POWEROFF	(34 + 4)
#define BUSYBOX_POWEROFF	SIGUSR2

#define SYSTEMD_SECONDS		90
#define OTHER_SECONDS		10
#define TERM_SECONDS		3
#define KILL_SECONDS		3
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

/* Would init notice a signal? What it blocks it waits for in another way. */
static bool listens_to(struct task_struct *init, int signal)
{
	unsigned long flags;
	bool listens;

	if (!lock_task_sighand(init, &flags))
		return false;
	listens = sigismember(&init->blocked, signal) ||
		  init->sighand->action[signal - 1].sa.sa_handler != SIG_DFL;
	unlock_task_sighand(init, &flags);
	return listens;
}

/* The signal by which init powers off; 0: it knows none. */
static int poweroff_signal(struct task_struct *init)
{
	if (init->flags & PF_KTHREAD)
		return 0;
	if (is_executable(init, "systemd"))
		return SYSTEMD_POWEROFF;
	if (is_executable(init, "busybox") &&
	    listens_to(init, BUSYBOX_POWEROFF))
		return BUSYBOX_POWEROFF;
	return listens_to(init, SIGPWR) ? SIGPWR : 0;
}

/* Ask init to power off. Returns how many seconds it may take for that. */
static unsigned int ask_init(void)
{
	struct task_struct *init = get_init();
	int signal;

	if (!init)
		return 0;
	signal = poweroff_signal(init);
	put_task_struct(init);
	if (!signal)
		return 0;
	kill_cad_pid(signal, 1);
	return signal == SYSTEMD_POWEROFF ? SYSTEMD_SECONDS : OTHER_SECONDS;
}

/* Returns how many programs there are beside init. */
static unsigned int signal_all(int signal)
{
	struct task_struct *task;
	unsigned int count = 0;

	read_lock(&tasklist_lock);
	for_each_process(task) {
		if (task->flags & (PF_KTHREAD | PF_EXITING) ||
		    is_global_init(task))
			continue;
		count++;
		if (signal)
			do_send_sig_info(signal, SEND_SIG_PRIV, task,
					 PIDTYPE_TGID);
	}
	read_unlock(&tasklist_lock);
	return count;
}

/* An init that loses its children might end, which would be a panic. */
static void freeze_init(void)
{
	struct task_struct *init = get_init();

	if (!init)
		return;
	do_send_sig_info(SIGSTOP, SEND_SIG_PRIV, init, PIDTYPE_TGID);
	put_task_struct(init);
}

static void end_programs(void)
{
	unsigned int i;

	freeze_init();
	signal_all(SIGTERM);
	signal_all(SIGCONT);
	for (i = 0; i < TERM_SECONDS * 20 && signal_all(0); i++)
		msleep(50);
	for (i = 0; i < KILL_SECONDS * 20 && signal_all(SIGKILL); i++)
		msleep(50);
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

	pr_info("init does not shut down; ending all programs\n");
	end_programs();
	ksys_sync();
	emergency_remount();
	for (i = 0; i < REMOUNT_SECONDS * 20 && !root_is_read_only(); i++)
		msleep(50);
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

	/* Somebody may have suspended this Linux to idle. */
	pm_system_wakeup();
	if (!test_and_set_bit(0, &asked))
		schedule_work(&power_work);
	return IRQ_HANDLED;
}

static int __init power_bridge_init(void)
{
	int error;

	INIT_WORK(&power_work, power_off);
	error = request_irq(WSL4_IRQ_POWER, power_interrupt, IRQF_NO_SUSPEND,
			    "nt_power", &power_work);
	if (error)
		pr_err("no interrupt for a shutdown: %d\n", error);
	return error;
}
late_initcall(power_bridge_init);
