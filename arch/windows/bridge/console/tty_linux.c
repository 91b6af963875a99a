// SPDX-License-Identifier: GPL-2.0
/*
 * Terminals: /dev/ttyNT0 and up, one for each session that has one.
 */
#define pr_fmt(fmt) "wsl4: " fmt

#include <linux/circ_buf.h>
#include <linux/init.h>
#include <linux/serial.h>
#include <linux/slab.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>
#include "console_linux.h"

#define OUT_BYTES	8192	/* a power of two */
#define IN_BYTES	2048
#define RETRY_MS	10

/**
 * struct nt_tty - a terminal
 * @port: the tty layer's half of it
 * @index: number of the device
 * @registered: the device exists
 * @session: number of the session at the border; 0: none
 * @lock: of what follows
 * @out: output that NT has no room for
 * @buffer: its bytes
 * @input: moves input to the tty layer
 * @bytes: input on its way
 */
struct nt_tty {
	struct tty_port port;
	unsigned int index;
	bool registered;
	u32 session;
	spinlock_t lock;		/* out */
	struct circ_buf out;
	char *buffer;
	struct delayed_work input;
	u8 *bytes;
};

static struct nt_tty ttys[WSL4_MAX_SESSIONS];
static struct tty_driver *tty_driver;

/* Give NT what it takes; drop what nobody will read. Under @lock. */
static void send_out(struct nt_tty *tty)
{
	unsigned int count;
	s64 sent;

	for (;;) {
		count = CIRC_CNT_TO_END(tty->out.head, tty->out.tail,
					OUT_BYTES);
		if (!count)
			return;
		sent = nt_host_write(tty->session, WSL4_TTY,
				     tty->buffer + tty->out.tail, count);
		if (sent == -EAGAIN)
			return;
		if (sent <= 0)
			sent = count;
		tty->out.tail = (tty->out.tail + sent) & (OUT_BYTES - 1);
	}
}

static unsigned int room(struct nt_tty *tty)
{
	return CIRC_SPACE(tty->out.head, tty->out.tail, OUT_BYTES);
}

static unsigned int take_some(struct nt_tty *tty, const u8 *from,
			      unsigned int count)
{
	unsigned int part;

	part = min_t(unsigned int, count,
		     CIRC_SPACE_TO_END(tty->out.head, tty->out.tail,
				       OUT_BYTES));
	memcpy(tty->buffer + tty->out.head, from, part);
	tty->out.head = (tty->out.head + part) & (OUT_BYTES - 1);
	return part;
}

static ssize_t op_write(struct tty_struct *file, const u8 *from, size_t count)
{
	struct nt_tty *tty = file->driver_data;
	size_t done = 0;
	unsigned long flags;
	unsigned int part;

	if (file->flow.stopped)
		return 0;
	spin_lock_irqsave(&tty->lock, flags);
	if (!tty->session)
		done = count;	/* nobody is there */
	while (done < count) {
		part = take_some(tty, from + done, count - done);
		done += part;
		send_out(tty);
		if (!part)
			break;
	}
	spin_unlock_irqrestore(&tty->lock, flags);
	return done;
}

static unsigned int op_write_room(struct tty_struct *file)
{
	struct nt_tty *tty = file->driver_data;

	return file->flow.stopped ? 0 : room(tty);
}

static unsigned int op_chars_in_buffer(struct tty_struct *file)
{
	struct nt_tty *tty = file->driver_data;

	return CIRC_CNT(tty->out.head, tty->out.tail, OUT_BYTES);
}

static void op_flush_buffer(struct tty_struct *file)
{
	struct nt_tty *tty = file->driver_data;
	unsigned long flags;

	/* The last words of a session are for its user. */
	if (test_bit(TTY_HUPPING, &file->flags))
		return;
	spin_lock_irqsave(&tty->lock, flags);
	tty->out.tail = tty->out.head;
	if (tty->session)
		nt_host_tell(tty->session, WSL4_SESSION_FLUSH, WSL4_TTY, 0);
	spin_unlock_irqrestore(&tty->lock, flags);
	tty_wakeup(file);
}

static void op_unthrottle(struct tty_struct *file)
{
	struct nt_tty *tty = file->driver_data;

	mod_delayed_work(nt_console_queue, &tty->input, 0);
}

static void op_throttle(struct tty_struct *file)
{
	/* The input work looks at the flag. */
}

static int op_install(struct tty_driver *driver, struct tty_struct *file)
{
	struct nt_tty *tty = &ttys[file->index];

	file->driver_data = tty;
	return tty_port_install(&tty->port, driver, file);
}

static int op_open(struct tty_struct *file, struct file *filp)
{
	struct nt_tty *tty = file->driver_data;

	if (!READ_ONCE(tty->session))
		return -ENXIO;
	return tty_port_open(&tty->port, file, filp);
}

static void op_close(struct tty_struct *file, struct file *filp)
{
	struct nt_tty *tty = file->driver_data;

	tty_port_close(&tty->port, file, filp);
}

static void op_hangup(struct tty_struct *file)
{
	struct nt_tty *tty = file->driver_data;

	tty_port_hangup(&tty->port);
}

static const struct tty_operations tty_ops = {
	.install	= op_install,
	.open		= op_open,
	.close		= op_close,
	.hangup		= op_hangup,
	.write		= op_write,
	.write_room	= op_write_room,
	.chars_in_buffer = op_chars_in_buffer,
	.flush_buffer	= op_flush_buffer,
	.throttle	= op_throttle,
	.unthrottle	= op_unthrottle,
};

static const struct tty_port_operations port_ops = {
};

/* Returns false when there is nothing to fetch, or no room for it. */
static bool fetch_input(struct nt_tty *tty, struct tty_struct *file)
{
	unsigned int count;
	s64 got;

	if (tty_throttled(file))
		return false;
	count = min_t(unsigned int, IN_BYTES,
		      tty_buffer_space_avail(&tty->port));
	if (count < IN_BYTES / 2) {
		/* Nobody tells when the tty layer has room again. */
		mod_delayed_work(nt_console_queue, &tty->input,
				 msecs_to_jiffies(RETRY_MS));
		return false;
	}
	got = nt_host_read(tty->session, WSL4_TTY, tty->bytes, count, 0);
	if (got <= 0)
		return false;
	tty_insert_flip_string(&tty->port, tty->bytes, got);
	tty_flip_buffer_push(&tty->port);
	return true;
}

static void input_work(struct work_struct *work)
{
	struct nt_tty *tty = container_of(to_delayed_work(work), struct nt_tty,
					  input);
	struct tty_struct *file;

	file = tty_port_tty_get(&tty->port);
	if (!file) {
		/* Typed ahead: the program has not opened it yet. */
		if (READ_ONCE(tty->session))
			mod_delayed_work(nt_console_queue, &tty->input,
					 msecs_to_jiffies(RETRY_MS));
		return;
	}
	while (READ_ONCE(tty->session) && fetch_input(tty, file))
		;
	tty_kref_put(file);
}

/**
 * nt_tty_event() - NT has something for a terminal
 * @tty: the terminal
 * @event: what
 */
void nt_tty_event(struct nt_tty *tty, const struct wsl4_console_event *event)
{
	unsigned long flags;

	if (event->events & WSL4_EVENT_WINSIZE)
		nt_tty_resize(tty, event->rows, event->columns, event->xpixel,
			      event->ypixel);
	if (event->events & (WSL4_EVENT_ROOM | WSL4_EVENT_CLOSED |
			     WSL4_EVENT_HANGUP)) {
		spin_lock_irqsave(&tty->lock, flags);
		send_out(tty);
		spin_unlock_irqrestore(&tty->lock, flags);
		tty_port_tty_wakeup(&tty->port);
	}
	if (event->events & WSL4_EVENT_INPUT)
		mod_delayed_work(nt_console_queue, &tty->input, 0);
}

/**
 * nt_tty_drained() - is all that was written to a terminal on NT's side?
 * @tty: the terminal
 */
bool nt_tty_drained(struct nt_tty *tty)
{
	return !CIRC_CNT(tty->out.head, tty->out.tail, OUT_BYTES);
}

/**
 * nt_tty_resize() - set a terminal's window size
 * @tty: the terminal
 * @rows: its height
 * @columns: its width
 * @xpixel: its width in pixels
 * @ypixel: its height in pixels
 */
void nt_tty_resize(struct nt_tty *tty, u16 rows, u16 columns, u16 xpixel,
		   u16 ypixel)
{
	struct tty_struct *file = tty_port_tty_get(&tty->port);
	struct winsize size = {
		.ws_row = rows,
		.ws_col = columns,
		.ws_xpixel = xpixel,
		.ws_ypixel = ypixel,
	};

	if (!file)
		return;
	tty_do_resize(file, &size);
	tty_kref_put(file);
}

/**
 * nt_tty_hangup() - hang a terminal up
 * @tty: the terminal
 */
void nt_tty_hangup(struct nt_tty *tty)
{
	tty_port_tty_hangup(&tty->port, false);
}

/**
 * nt_tty_signal() - send a signal to the terminal's foreground programs
 * @tty: the terminal
 * @signal: which
 */
void nt_tty_signal(struct nt_tty *tty, int signal)
{
	struct tty_struct *file = tty_port_tty_get(&tty->port);
	struct pid *group;

	if (!file)
		return;
	group = tty_get_pgrp(file);
	if (group)
		kill_pgrp(group, signal, 1);
	put_pid(group);
	tty_kref_put(file);
}

/**
 * nt_tty_name() - name of a terminal's device
 * @tty: the terminal
 * @name: gets it
 * @size: of @name
 */
void nt_tty_name(struct nt_tty *tty, char *name, size_t size)
{
	snprintf(name, size, "ttyNT%u", tty->index);
}

static int make_device(struct nt_tty *tty)
{
	struct device *device;

	if (tty->registered)
		return 0;
	device = tty_port_register_device(&tty->port, tty_driver, tty->index,
					  NULL);
	if (IS_ERR(device))
		return PTR_ERR(device);
	tty->registered = true;
	return 0;
}

static int make_buffers(struct nt_tty *tty)
{
	if (!tty->buffer)
		tty->buffer = kmalloc(OUT_BYTES, GFP_KERNEL);
	if (!tty->bytes)
		tty->bytes = kmalloc(IN_BYTES, GFP_KERNEL);
	return tty->buffer && tty->bytes ? 0 : -ENOMEM;
}

/**
 * nt_tty_get() - a terminal for a session
 * @session: the session; its slot's number is the terminal's
 *
 * Devices and buffers are made when first needed, and stay.
 *
 * Return: NULL when there is no memory.
 */
struct nt_tty *nt_tty_get(struct nt_session *session)
{
	struct nt_tty *tty = &ttys[session->id & 0xff];

	if (!tty_driver || make_buffers(tty) || make_device(tty))
		return NULL;
	tty->out.head = 0;
	tty->out.tail = 0;
	WRITE_ONCE(tty->session, session->id);
	return tty;
}

/**
 * nt_tty_put() - a session has ended: its terminal is nobody's
 * @tty: the terminal, or NULL
 */
void nt_tty_put(struct nt_tty *tty)
{
	struct tty_struct *file;
	unsigned long flags;

	if (!tty)
		return;
	spin_lock_irqsave(&tty->lock, flags);
	tty->session = 0;
	spin_unlock_irqrestore(&tty->lock, flags);
	cancel_delayed_work_sync(&tty->input);
	file = tty_port_tty_get(&tty->port);
	if (file) {
		tty_vhangup(file);
		tty_kref_put(file);
	}
}

static void __init init_tty(unsigned int index)
{
	struct nt_tty *tty = &ttys[index];

	tty_port_init(&tty->port);
	tty->port.ops = &port_ops;
	/* What is not sent is the session's to send, not the closer's. */
	tty->port.closing_wait = ASYNC_CLOSING_WAIT_NONE;
	tty->index = index;
	spin_lock_init(&tty->lock);
	INIT_DELAYED_WORK(&tty->input, input_work);
}

static int __init tty_bridge_init(void)
{
	struct tty_driver *driver;
	unsigned int i;
	int error;

	driver = tty_alloc_driver(WSL4_MAX_SESSIONS, TTY_DRIVER_REAL_RAW |
				  TTY_DRIVER_DYNAMIC_DEV |
				  TTY_DRIVER_RESET_TERMIOS);
	if (IS_ERR(driver))
		return PTR_ERR(driver);
	driver->driver_name = "wsl4";
	driver->name = "ttyNT";
	driver->type = TTY_DRIVER_TYPE_SERIAL;
	driver->subtype = SERIAL_TYPE_NORMAL;
	driver->init_termios = tty_std_termios;
	driver->init_termios.c_cflag = B38400 | CS8 | CREAD | CLOCAL;
	driver->init_termios.c_iflag |= IUTF8;
	tty_set_operations(driver, &tty_ops);
	for (i = 0; i < WSL4_MAX_SESSIONS; i++)
		init_tty(i);
	error = tty_register_driver(driver);
	if (error) {
		pr_err("cannot register terminals: %d\n", error);
		tty_driver_kref_put(driver);
		return error;
	}
	tty_driver = driver;
	return 0;
}
device_initcall(tty_bridge_init);
