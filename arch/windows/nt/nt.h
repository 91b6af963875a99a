/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The NT half: what its core offers to the bridges, and what it asks of them.
 *
 * The core is arch/windows/nt; the NT ends of the bridges are
 * arch/windows/bridge/<name>/<name>_nt.c. Everything here is compiled by
 * mingw-w64 with the DDK's headers.
 */
#ifndef _WSL4_NT_H
#define _WSL4_NT_H

#include <stddef.h>
#include <stdint.h>
#include <ntifs.h>
#include <wsl4/host.h>

typedef wsl4_u8 u8;
typedef uint16_t u16;
typedef wsl4_u32 u32;
typedef wsl4_s32 s32;
typedef wsl4_u64 u64;
typedef wsl4_s64 s64;

#define __nt_printf(text, first) \
	__attribute__((format(printf, text, first)))

#define NT_TAG		0x344c5357	/* pool tag, "WSL4" */

/* memcmp() and RtlCompareMemory() would be imports that not every NT has. */
static inline BOOLEAN nt_same_bytes(const void *a, const void *b, size_t bytes)
{
	const u8 *x = a, *y = b;

	while (bytes && *x == *y) {
		x++;
		y++;
		bytes--;
	}
	return !bytes;
}

/* Is there a byte that belongs to both? Neither is empty. */
static inline BOOLEAN nt_ranges_overlap(u64 start_a, u64 bytes_a, u64 start_b,
					u64 bytes_b)
{
	if (start_a > start_b)
		return start_a - start_b < bytes_b;
	return start_b - start_a < bytes_a;
}

/* errno values of Linux, as host calls return them (negated). */
#define LINUX_EIO	5
#define LINUX_ENXIO	6
#define LINUX_EAGAIN	11
#define LINUX_ENOMEM	12
#define LINUX_EFAULT	14
#define LINUX_EBUSY	16
#define LINUX_EEXIST	17
#define LINUX_ENODEV	19
#define LINUX_EINVAL	22
#define LINUX_ENFILE	23
#define LINUX_ENOSPC	28
#define LINUX_EROFS	30
#define LINUX_ENOSYS	38
#define LINUX_EILSEQ	84
#define LINUX_EOPNOTSUPP 95
#define LINUX_ETIMEDOUT	110

/* What became of Linux; see nt_linux_state(). */
enum linux_state {
	LINUX_STARTING,		/* thread made, Linux not up to HOST_IDLE yet */
	LINUX_RUNNING,
	LINUX_STOPPING,		/* WSL4_IRQ_POWER was raised */
	LINUX_STOPPED,		/* orderly end */
	LINUX_PANICKED,
	LINUX_REFUSED,		/* Linux said that it cannot start here */
};

#define NT_MESSAGE_SIZE	256

/* driver.c */

/**
 * nt_linux_state() - what Linux is doing
 *
 * Any IRQL.
 */
enum linux_state nt_linux_state(void);

/**
 * nt_linux_message() - the last words of Linux (panic, refusal), UTF-8
 * @buffer: gets the message, always NUL-terminated; empty when there is none
 * @size: bytes in @buffer
 *
 * Any IRQL up to DISPATCH_LEVEL.
 */
void nt_linux_message(char *buffer, size_t size);

/**
 * nt_request_shutdown() - ask Linux to shut down orderly; does not wait
 *
 * Any IRQL up to DISPATCH_LEVEL. Asking twice is harmless.
 */
void nt_request_shutdown(void);

/**
 * nt_wait_stopped() - wait until Linux has ended
 * @seconds: how long at most
 *
 * PASSIVE_LEVEL. Return: TRUE when Linux has ended (however), FALSE on timeout.
 */
BOOLEAN nt_wait_stopped(u32 seconds);

/* vcpu.c */

/**
 * nt_raise_irq() - raise an interrupt line of vCPU 0
 * @line: WSL4_IRQ_*
 *
 * Sets the bit in the pending word, then kicks the vCPU out of user mode or
 * wakes it from idle, whichever it is in. Any IRQL up to DISPATCH_LEVEL.
 */
void nt_raise_irq(unsigned int line);

/**
 * nt_lower_irq() - take back a line whose source has run empty
 * @line: WSL4_IRQ_*
 *
 * For host calls that drain a queue. Lower the line first, then look at the
 * queue a last time and raise it again when something is there.
 */
void nt_lower_irq(unsigned int line);

/* physmem.c */

#define NT_MAX_MAPPING	(1u << 20)	/* bytes of one mapping, in ring 0 */

/**
 * struct nt_mapping - a range of Linux's RAM that NT sees for a while
 * @mdl: NULL: nothing to undo
 * @address: where
 */
struct nt_mapping {
	struct _MDL *mdl;
	void *address;
};

/**
 * nt_physmem_valid() - is a range wholly inside Linux's RAM?
 * @offset: offset in physmem
 * @bytes: length of the range
 *
 * Any IRQL. Nothing is before Linux has come so far.
 */
BOOLEAN nt_physmem_valid(u64 offset, u64 bytes);

/**
 * nt_physmem_part() - how much of a valid range can be mapped at once
 * @offset: offset in physmem
 * @bytes: length of the range
 */
u64 nt_physmem_part(u64 offset, u64 bytes);

/**
 * nt_physmem_map() - let NT see a range of Linux's RAM
 * @offset: offset in physmem
 * @bytes: not more than nt_physmem_part() says
 * @mapping: for nt_physmem_unmap()
 *
 * IRQL <= DISPATCH_LEVEL. Return: its address; NULL when the range is not
 * inside physmem or NT has no room for it.
 */
void *nt_physmem_map(u64 offset, u64 bytes, struct nt_mapping *mapping);

/**
 * nt_physmem_unmap() - undo nt_physmem_map()
 * @mapping: from there; one that failed has nothing to undo
 */
void nt_physmem_unmap(struct nt_mapping *mapping);

/**
 * nt_physmem_read() - copy from Linux's RAM
 * @offset: offset in physmem
 * @to: where to
 * @bytes: how many, at most a page's worth or so
 *
 * IRQL <= DISPATCH_LEVEL. Return: FALSE as nt_physmem_map() does.
 */
BOOLEAN nt_physmem_read(u64 offset, void *to, u64 bytes);

/* log.c */

/**
 * nt_log() - a line of the NT half's own for the log
 * @format: as printf; the core puts "linux.sys: " in front and "\n" behind
 *
 * PASSIVE_LEVEL.
 */
void nt_log(const char *format, ...) __nt_printf(1, 2);

/**
 * log_read() - read the log
 * @cursor: where to read: 0 for the oldest byte that is still kept; moved on
 *	behind the bytes that were read (bytes that the ring has lost are skipped)
 * @buffer: gets text, not NUL-terminated
 * @bytes: size of @buffer
 *
 * Any IRQL up to DISPATCH_LEVEL. Return: bytes read, 0 at the end.
 */
u32 log_read(u64 *cursor, void *buffer, u32 bytes);

/**
 * log_end() - the cursor behind the last byte of the log
 */
u64 log_end(void);

/**
 * log_wait() - wait until there is more to read than @cursor, or Linux stops
 * @cursor: as log_read() left it
 * @milliseconds: how long at most
 *
 * PASSIVE_LEVEL, on a thread that may sleep (never the vCPU's).
 * Return: TRUE when log_read() will return something.
 */
BOOLEAN log_wait(u64 cursor, u32 milliseconds);

/**
 * log_set_listener() - a routine to call whenever the log has grown
 * @listener: called at PASSIVE_LEVEL on the thread that logged, after the log's
 *	lock was released; it must not log itself nor wait. NULL: none. After a
 *	call with NULL has returned the old listener is not running any more.
 *
 * For bridges that keep reads of the log pending instead of using a thread.
 */
void log_set_listener(void (*listener)(void));

/* The block bridge, bridge/block/block_nt.c. */

/**
 * block_nt_attach() - make a file a disk of Linux's while it runs
 * @path: an NT path, of the calling program
 * @read_only: shall Linux only read it?
 * @index: gets its number: it will be /dev/ntblk<index>
 * @why: gets the reason when it is refused, UTF-8, constant
 *
 * PASSIVE_LEVEL, on a thread that may wait; the caller's rights count. Return:
 * STATUS_OBJECT_NAME_EXISTS when it is attached already, as @index.
 */
NTSTATUS block_nt_attach(UNICODE_STRING *path, BOOLEAN read_only,
			 unsigned int *index, const char **why);

/*
 * The console bridge, bridge/console/console_nt.c. console_none.c stands in for
 * it where it is not built.
 */

/**
 * console_nt_init() - make the control device; called by DriverEntry
 *
 * Called before Linux starts. A failure fails DriverEntry.
 */
NTSTATUS console_nt_init(void);

/**
 * console_nt_unload() - delete the control device; called by DriverUnload, after
 * Linux has ended, and by DriverEntry when it fails behind console_nt_init()
 */
void console_nt_unload(void);

/**
 * console_nt_call() - host calls of the console bridge
 * @vcpu: the vCPU that calls; its mailbox holds the data
 * @call: HOST_CONSOLE_EVENT or above
 * @args: a0..a5
 *
 * PASSIVE_LEVEL on the vCPU's thread; must not wait.
 * Return: the call's result, -LINUX_ENOSYS for an unknown call.
 */
wsl4_s64 console_nt_call(struct wsl4_vcpu *vcpu, wsl4_u64 call,
			 const wsl4_u64 *args);

/**
 * console_nt_linux_stopped() - Linux has ended; end all sessions
 *
 * PASSIVE_LEVEL, on a thread of the core's, while no Linux code runs;
 * nt_linux_state() says how Linux ended. Also called between an orderly end
 * and a restart; then the state is LINUX_STARTING.
 */
void console_nt_linux_stopped(void);

#endif /* _WSL4_NT_H */
