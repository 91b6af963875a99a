// SPDX-License-Identifier: GPL-2.0
/*
 * The early console: printk to the NT half's log and DbgPrint.
 */
#include <linux/console.h>
#include <linux/init.h>
#include <asm/host.h>
#include <asm/setup.h>

/**
 * nt_log_write() - append text to the NT half's log
 * @text: bytes
 * @count: how many
 *
 * Context: any.
 */
void nt_log_write(const char *text, unsigned int count)
{
	struct wsl4_vcpu *vcpu = wsl4_this_vcpu();
	unsigned long flags;
	unsigned int n;

	while (count) {
		n = min_t(unsigned int, count, WSL4_MAILBOX_SIZE);
		raw_local_irq_save(flags);
		memcpy(vcpu->mailbox, text, n);
		host_call1(HOST_LOG, n);
		raw_local_irq_restore(flags);
		text += n;
		count -= n;
	}
}

static void early_write(struct console *con, const char *text, unsigned int n)
{
	nt_log_write(text, n);
}

static struct console early_nt = {
	.name	= "earlynt",
	.write	= early_write,
	.flags	= CON_PRINTBUFFER | CON_BOOT | CON_ANYTIME,
	.index	= -1,
};

void __init early_console_init(void)
{
	register_console(&early_nt);
}
