/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the NT half's core, and its block bridge, share. The
 * console bridge needs nt.h alone.
 */
#ifndef _WSL4_NT_CORE_H
#define _WSL4_NT_CORE_H

#include <wsl4/block.h>

#include "nt.h"
#include "debug.h"

#define NS_PER_SECOND	1000000000ull
#define NS_FOREVER	(~0ull)

/* More than Linux gives init, programs and disks (bridge/power/power_linux.c). */
#define SHUTDOWN_SECONDS	120

/* driver.c */

extern BOOLEAN nt_under_wine;	/* CPL 3: a process under Wine */

/**
 * nt_set_state() - note what became of Linux
 * @state: the new state
 * @message: its last words, UTF-8, or NULL to leave them as they are
 * @bytes: bytes in @message
 */
void nt_set_state(enum linux_state state, const char *message, size_t bytes);

/**
 * nt_routine() - look up a routine that not every NT has
 * @name: its name
 *
 * Return: its address or NULL.
 */
void *nt_routine(const WCHAR *name);

/* params.c */

struct nt_disk_param {
	UNICODE_STRING path;	/* an NT path */
	BOOLEAN read_only;
};

struct nt_params {
	char command_line[WSL4_CMDLINE_SIZE];
	u64 memory_bytes;
	UNICODE_STRING log_file;	/* an NT path; empty: the default */
	unsigned int nr_disks;
	struct nt_disk_param disk[WSL4_MAX_DISKS];
};

extern struct nt_params nt_params;

/**
 * params_read() - read the service's key Parameters into nt_params
 * @service: the service's key, as DriverEntry gets it
 *
 * Opens the log file on the way, and says in the log what is wrong.
 *
 * Return: STATUS_INVALID_PARAMETER when something makes no sense.
 */
NTSTATUS params_read(PUNICODE_STRING service);

/** params_free() - free what params_read() has allocated */
void params_free(void);

/**
 * utf8_from_wide() - convert UTF-16 to UTF-8
 * @out: gets the text, NUL-terminated, cut at a character if it does not fit
 * @size: bytes in @out
 * @text: the UTF-16 text
 * @bytes: bytes in @text
 *
 * Return: bytes of the whole text in UTF-8, without the NUL.
 */
size_t utf8_from_wide(char *out, size_t size, const WCHAR *text, size_t bytes);

/* log.c */

/** log_init() - make the log usable; the file comes later */
void log_init(void);

/**
 * log_open_file() - keep the log in a file, too; truncates it
 * @path: an NT path
 */
NTSTATUS log_open_file(PUNICODE_STRING path);

/** log_exit() - write what is missing to the file and close it */
void log_exit(void);

/**
 * log_write() - add text to the log
 * @text: any bytes
 * @bytes: how many
 *
 * PASSIVE_LEVEL.
 */
void log_write(const char *text, u32 bytes);

/* event.c */

/**
 * struct nt_event - an event that is reset by the wait that it ends
 * @word: under Wine: as event.c says; threads sleep on it
 * @event: in ring 0
 *
 * Under Wine a KEVENT costs several messages to the wine server for each wait,
 * so there the threads sleep on a word, by the host's own means.
 */
struct nt_event {
	volatile LONG word;
	KEVENT event;
};

/** event_init() - make an event, not set */
void event_init(struct nt_event *event);

/** event_set() - wake one thread, now or when it waits next; any IRQL <= 2 */
void event_set(struct nt_event *event);

/**
 * event_wait() - wait for an event and reset it
 * @event: the event
 * @deadline: when to stop waiting, on the clock of clock_now(), or NS_FOREVER
 *
 * Return: FALSE when the deadline has passed.
 */
BOOLEAN event_wait(struct nt_event *event, u64 deadline);

/**
 * struct nt_lock - a lock whose holder may do I/O and wait
 * @users: holder and waiters
 * @turn: set for the next of them
 *
 * NT's fast mutex raises the IRQL, at which files must not be touched.
 */
struct nt_lock {
	volatile LONG users;
	struct nt_event turn;
};

/** lock_init() - make a lock, free */
void lock_init(struct nt_lock *lock);

/** lock_take() - wait until it is free and take it; PASSIVE_LEVEL */
void lock_take(struct nt_lock *lock);

/** lock_drop() - let the next one have it */
void lock_drop(struct nt_lock *lock);

/* clock.c */

/** clock_init() - look up what the clocks need */
void clock_init(void);

/** clock_now() - monotonic time, ns; any IRQL */
u64 clock_now(void);

/** clock_wall() - wall clock, ns since 1970 UTC; any IRQL */
u64 clock_wall(void);

/**
 * clock_counter_hz() - measure the time stamp counter
 *
 * Context: a thread. Takes 10 ms, and where NT's clock only moves with its ticks, so
 * that the result is a guess that Linux refines, a quarter of a second.
 */
u64 clock_counter_hz(void);

/* random.c */

/**
 * random_fill() - fill a buffer with entropy
 * @buffer: the buffer
 * @bytes: its size
 *
 * PASSIVE_LEVEL. Return: FALSE when this machine has no source worth the name.
 */
BOOLEAN random_fill(u8 *buffer, u32 bytes);

/* timer.c */

/** timer_init() - start what watches the vCPU's deadline */
NTSTATUS timer_init(void);

/** timer_exit() - end it; Linux has ended */
void timer_exit(void);

/**
 * timer_arm() - set the vCPU's one deadline
 * @ns: from now; 0 for none
 */
void timer_arm(u64 ns);

/** timer_deadline() - the deadline, or NS_FOREVER */
u64 timer_deadline(void);

/** timer_check() - raise WSL4_IRQ_TIMER if the deadline has passed */
void timer_check(void);

/* vcpu.c */

extern struct wsl4_vcpu nt_vcpu;
extern struct wsl4_boot nt_boot;

/** vcpu_find_linux() - find the Linux half behind the NT half and check it */
NTSTATUS vcpu_find_linux(void);

/** vcpu_start() - boot Linux on a thread of its own */
NTSTATUS vcpu_start(void);

/**
 * vcpu_wait_up() - wait until Linux is up or has ended
 * @seconds: at most
 */
void vcpu_wait_up(u32 seconds);

/** vcpu_join() - wait until the threads have ended, by force if need be */
void vcpu_join(void);

/** vcpu_idle() - HOST_IDLE */
void vcpu_idle(struct wsl4_vcpu *vcpu);

/** vcpu_stop() - HOST_STOP */
s64 vcpu_stop(struct wsl4_vcpu *vcpu, u64 how, u64 bytes);

/** vcpu_check_killed() - does not return on a vCPU that was given up */
void vcpu_check_killed(void);

/* hostcall.c */

wsl4_s64 hostcall_dispatch(struct wsl4_vcpu *vcpu, wsl4_u64 call,
			   const wsl4_u64 *args);

/* thread.c */

/**
 * thread_start() - start a system thread
 * @routine: what it runs
 * @context: its argument
 * @thread: gets a reference to the thread object
 */
NTSTATUS thread_start(PKSTART_ROUTINE routine, void *context, PVOID *thread);

/**
 * thread_join() - wait until a thread has left the driver
 * @thread: from thread_start(); NULL is none
 * @seconds: at most, 0 for ever
 *
 * Return: FALSE on timeout; the reference is dropped otherwise.
 */
BOOLEAN thread_join(PVOID *thread, u32 seconds);

/** thread_sleep() - sleep; PASSIVE_LEVEL */
void thread_sleep(u32 milliseconds);

/* bridge/block/block_nt.c */

/** block_nt_init() - open the disks and start the workers */
NTSTATUS block_nt_init(void);

/** block_nt_drain() - wait for requests in flight, forget their completions */
void block_nt_drain(void);

/** block_nt_exit() - end the workers, close the disks */
void block_nt_exit(void);

/**
 * block_nt_deadline() - when a vCPU that sleeps has to do block_nt_look()
 *
 * Return: on the clock of clock_now(), or NS_FOREVER.
 */
u64 block_nt_deadline(void);

/**
 * block_nt_look() - see that no request waits while a worker is free
 *
 * For the vCPU's thread, at its ticks and before it sleeps; any IRQL <= 2.
 */
void block_nt_look(void);

/** block_nt_call() - host calls HOST_BLOCK_* */
s64 block_nt_call(struct wsl4_vcpu *vcpu, u64 call, const u64 *args);

/* The export bridge, bridge/export/export_nt.c */

#define EXPORT_VENDOR	"Linux"	/* of a disk that is an export */

/** export_nt_call() - host calls HOST_EXPORT_* */
s64 export_nt_call(struct wsl4_vcpu *vcpu, u64 call, const u64 *args);

/** export_nt_linux_stopped() - Linux has ended: its exports have, too */
void export_nt_linux_stopped(void);

/** export_nt_unload() - delete what is left; the driver is unloaded */
void export_nt_unload(void);

/**
 * export_nt_owns() - is this NT path (UTF-8) that of a device of ours?
 *
 * Whoever opens one of these on a thread that serves them waits for itself, under Wine.
 */
BOOLEAN export_nt_owns(const char *path);

/* The power bridge, bridge/power/power_nt.c */

/**
 * power_nt_init() - see to it that Linux shuts down before NT does
 * @driver: the driver object
 *
 * What fails is in the log.
 */
void power_nt_init(PDRIVER_OBJECT driver);

/** power_nt_exit() - undo power_nt_init(), when the driver is unloaded */
void power_nt_exit(void);

/* bridge/power/sleep_nt.c */

/**
 * sleep_nt_init() - see to it that Linux rests while NT sleeps
 *
 * Before Linux runs. What fails is in the log.
 */
void sleep_nt_init(void);

/** sleep_nt_exit() - undo sleep_nt_init() */
void sleep_nt_exit(void);

/**
 * sleep_nt_call() - host call HOST_SLEEP
 * @vcpu: the caller
 * @rests: Linux is at rest: wait until NT is awake
 */
s64 sleep_nt_call(struct wsl4_vcpu *vcpu, u64 rests);

#endif /* _WSL4_NT_CORE_H */
