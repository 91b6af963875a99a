// SPDX-License-Identifier: GPL-2.0
/*
 * The end: power off, restart, panic; and host calls themselves.
 */
#include <linux/console.h>
#include <linux/init.h>
#include <linux/kmsg_dump.h>
#include <linux/panic_notifier.h>
#include <linux/pm.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <asm/host.h>
#include <asm/setup.h>
#include <asm/traps.h>

void (*pm_power_off)(void);
EXPORT_SYMBOL(pm_power_off);

s64 host_call_raw(struct wsl4_vcpu *vcpu, u64 call, const u64 *args);

s64 host_call(unsigned int call, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const u64 args[6] = { a0, a1, a2, a3, a4, a5 };
	unsigned long flags;
	s64 result;

	raw_local_irq_save(flags);
	if (ring0_live)
		result = ring0_host_call(call, args);
	else
		result = host_call_raw(wsl4_this_vcpu(), call, args);
	raw_local_irq_restore(flags);
	return result;
}

static u64 fill_mailbox(const char *message)
{
	return strscpy(wsl4_this_vcpu()->mailbox, message, WSL4_MAILBOX_SIZE - 1);
}

/* On the NT thread's own stack, where a host call begins below ourselves. */
static void stop_on_nt_stack(unsigned int reason, const char *message)
{
	const u64 args[6] = { reason, fill_mailbox(message) };
	struct wsl4_vcpu *vcpu = boot_vcpu;
	u64 top = vcpu->nt_rsp;

	if (ring0_live) {
		ring0_host_call(HOST_STOP, args);
		return;
	}
	vcpu->nt_rsp = current_stack_pointer - 256;
	host_call_raw(vcpu, HOST_STOP, args);
	vcpu->nt_rsp = top;
}

/**
 * host_refuse() - tell NT that Linux cannot start here
 * @message: a sentence that says what to change
 *
 * Early: there may be no current, and this still runs on the NT thread's own
 * stack.
 */
void host_refuse(const char *message)
{
	stop_on_nt_stack(WSL4_STOP_REFUSED, message);
}

/**
 * host_give_up() - a panic without the help of Linux's memory
 * @message: what went wrong
 *
 * Context: the NT thread's own stack, below everything that lies there; in ring
 * 0 any stack. Uses nothing but the driver's image.
 */
void __noreturn host_give_up(const char *message)
{
	stop_on_nt_stack(WSL4_STOP_PANIC, message);
	linux_leave();
}

void __noreturn host_stop(unsigned int reason, const char *message)
{
	raw_local_irq_disable();
	host_call2(HOST_STOP, reason, fill_mailbox(message));
	linux_leave();
}

void machine_power_off(void)
{
	host_stop(WSL4_STOP_POWEROFF, "");
}

void machine_halt(void)
{
	host_stop(WSL4_STOP_POWEROFF, "");
}

void machine_restart(char *command)
{
	host_stop(WSL4_STOP_RESTART, "");
}

static int stop_at_panic(struct notifier_block *nb, unsigned long event, void *text)
{
	kmsg_dump(KMSG_DUMP_PANIC);
	console_flush_on_panic(CONSOLE_FLUSH_PENDING);
	host_stop(WSL4_STOP_PANIC, text);
}

static struct notifier_block panic_block = {
	.notifier_call	= stop_at_panic,
	.priority	= INT_MIN,
};

/* Early, so that no panic is left spinning on NT's thread. */
void __init power_init(void)
{
	pm_power_off = machine_power_off;
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
}
