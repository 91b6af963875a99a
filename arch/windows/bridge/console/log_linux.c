// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/console: what the kernel and init write to it goes to the NT half's
 * log; nothing ever comes in.
 */
#define pr_fmt(fmt) "wsl4: " fmt

#include <linux/console.h>
#include <linux/init.h>
#include <linux/spinlock.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <asm/setup.h>
#include "console_linux.h"

static struct tty_driver *log_driver;
static struct tty_port log_port;

static ssize_t op_write(struct tty_struct *file, const u8 *from, size_t count)
{
	size_t i, start = 0;

	/* A terminal wants \r\n, a log does not. */
	for (i = 0; i < count; i++) {
		if (from[i] != '\r')
			continue;
		nt_log_write(from + start, i - start);
		start = i + 1;
	}
	nt_log_write(from + start, count - start);
	return count;
}

static unsigned int op_write_room(struct tty_struct *file)
{
	return 65536;
}

static int op_install(struct tty_driver *driver, struct tty_struct *file)
{
	return tty_port_install(&log_port, driver, file);
}

static int op_open(struct tty_struct *file, struct file *filp)
{
	return tty_port_open(&log_port, file, filp);
}

static void op_close(struct tty_struct *file, struct file *filp)
{
	tty_port_close(&log_port, file, filp);
}

static void op_hangup(struct tty_struct *file)
{
	tty_port_hangup(&log_port);
}

static const struct tty_operations log_ops = {
	.install	= op_install,
	.open		= op_open,
	.close		= op_close,
	.hangup		= op_hangup,
	.write		= op_write,
	.write_room	= op_write_room,
};

static const struct tty_port_operations port_ops = {
};

static void console_write(struct console *console, const char *text,
			  unsigned int count)
{
	nt_log_write(text, count);
}

static struct tty_driver *console_driver(struct console *console, int *index)
{
	*index = 0;
	return log_driver;
}

static struct console log_console = {
	.name	= "ntlog",
	.write	= console_write,
	.device	= console_driver,
	.flags	= CON_ENABLED | CON_PRINTBUFFER | CON_ANYTIME,
	.index	= -1,
};

static int __init log_init(void)
{
	struct tty_driver *driver;
	int error;

	/* No node of its own, or systemd would start a getty on it. */
	driver = tty_alloc_driver(1, TTY_DRIVER_REAL_RAW |
				  TTY_DRIVER_DYNAMIC_DEV |
				  TTY_DRIVER_UNNUMBERED_NODE);
	if (IS_ERR(driver))
		return PTR_ERR(driver);
	driver->driver_name = "wsl4_log";
	driver->name = "ntlog";
	driver->type = TTY_DRIVER_TYPE_CONSOLE;
	driver->subtype = 0;
	driver->init_termios = tty_std_termios;
	driver->init_termios.c_cflag = B38400 | CS8 | CREAD | CLOCAL;
	tty_set_operations(driver, &log_ops);
	tty_port_init(&log_port);
	log_port.ops = &port_ops;
	tty_port_link_device(&log_port, driver, 0);
	error = tty_register_driver(driver);
	if (error) {
		pr_err("cannot register /dev/console: %d\n", error);
		tty_driver_kref_put(driver);
		return error;
	}
	log_driver = driver;
	register_console(&log_console);
	return 0;
}
device_initcall(log_init);
