/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _WINE_INTERNAL_H
#define _WINE_INTERNAL_H

#ifdef __KERNEL__
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/page.h>
#endif

#include "stub.h"
#include "host_syscall.h"
#include "layout.h"

/* Order pages: written here, read by the stub. */
struct order_op {
	u64 nr;
	u64 arg[6];
	u64 unused;
};

struct order_page {
	u32 word;
	u32 sleeping;		/* the kernel sleeps on shared->exit */
	u32 selector;
	u32 rest;		/* do not spin: others need the processor */
	u32 spin;
	u32 nr_ops;
	u32 done;
	u32 fail;
	u64 frame;
	u64 fs_base;
	u64 gs_base;
	u32 parent;
	u32 cpu;		/* the kernel's thread runs here */
	u32 then_go;		/* behind the calls, return to user code */
	u32 bases;		/* BASES_* */
	u8 pad[ORDER_OPS - ORDER_BASES - 4];
	struct order_op op[ORDER_MAX_OPS];
};

/* Proof page: written by the stub's two pwrite64() alone. */
struct proof_page {
	u32 word;
	u8 pad[PROOF_DONE - 4];
	u32 done;
};

/* Shared page: hostile, may change at any time. */
struct shared_page {
	u32 exit;
	u32 asleep;
	u32 signal;
	u32 pad;
	u64 frame;
	u64 fs_base;
	u64 gs_base;
	u32 cpu;
};

enum queue_kind { QUEUE_MAP, QUEUE_UNMAP, QUEUE_PROTECT };

struct queue_entry {
	u64 addr;
	u64 bytes;
	u64 offset;
	u32 kind;
	u32 prot;
};

#define QUEUE_SIZE	120

enum running {
	RUN_NOT,
	RUN_SPINS,	/* the kernel looks at kicks itself before it sleeps */
	RUN_SLEEPS,	/* who kicks has to send the signal */
};

/**
 * struct stub - one host process with one thread
 * @next: in the list of idle stubs, or of unused structures
 * @pid: host process, 0: none
 * @kickers: how many threads are inside stub_kick(); the process is not
 *	reaped, its number not freed, before they have left
 * @running: RUN_*: does the kernel wait for user code, and how?
 * @kicked: a kick came since user code was last left
 * @dead: killed and reaped, or about to be
 * @proven: since the last ORDER_GO the stub has proved that engine code runs
 * @together: exits in a row on the processor of the kernel's thread
 * @apart: it may not run on every processor
 * @strikes: how often in a row the stub was found asleep instead of obeying
 * @cpu_mark: its processor time when it was first asked, 0: not asked
 * @sequence: of the order word
 * @fs_base: what a host call has set its FS base to, or BASE_UNKNOWN
 * @gs_base: the same for GS
 * @mappings: upper bound of the host mappings it has
 * @why: what it was ended for
 * @drops: how often everything was unmapped
 * @private: the caller's
 * @owner: the context whose extended state lies in the signal frame
 */
struct stub {
	struct stub *next;
	struct order_page *order;
	struct proof_page *proof;
	struct shared_page *shared;
	u8 *stack;
	int pid;
	u32 kickers;
	enum running running;
	u32 kicked;
	bool dead;
	bool proven;
	u32 together;
	bool apart;
	u32 strikes;
	u64 cpu_mark;
	u32 sequence;
	u64 fs_base;
	u64 gs_base;
	u32 mappings;
	u32 drops;
	const char *why;
	void *private;
	struct stub_context *owner;
	u32 nr_queue;
	struct queue_entry queue[QUEUE_SIZE];
};

#define BASE_UNKNOWN	0x8000000000000000ULL	/* no base is like that */

#define PLACE_WORDS	16

/* What stays empty below physmem, and physmem's alignment. */
#define PHYSMEM_GUARD	65536

/**
 * struct place - the host's processors
 * @mask: those this process may use, as the host takes it
 * @nr: how many they are
 * @orders: given so far
 * @observed: when it was last seen whether the host is busy, ns
 * @delay: how long the kernel's thread had waited for a processor then, ns
 * @busy: others want the processors too
 */
struct place {
	u64 mask[PLACE_WORDS];
	u32 nr;
	u32 orders;
	u64 observed;
	u64 delay;
	bool busy;
};

/**
 * struct stub_host - what is known of the host, and the engine's descriptors
 * @frame: address of every stub's signal frame in the stub
 * @fpstate: address of the extended state in it
 * @spin: pauses to spend before sleeping
 * @fsgsbase: user code may read and set its segment bases, and so does the
 *	engine; else host calls set them, and nobody reads them
 * @max_mappings: budget of host mappings per stub
 */
struct stub_host {
	int physmem_fd;
	int image_fd;
	int pid;
	u64 physmem_bytes;
	u8 *physmem;
	unsigned long reserved;	/* for it, and what stays empty around it */
	unsigned long window;	/* the kernel's own range */
	u64 window_bytes;
	u64 frame;
	u64 fpstate;
	u32 spin;
	bool fsgsbase;
	u32 max_mappings;
	u32 nr_idle;
	struct stub *idle;
	struct stub *unused;
	struct stub *last;
	struct place place;
};

extern struct stub_host stub_host;

#define MAX_IDLE_STUBS	32

/* Ticks of a wait after which the stub is looked at. */
#define WAIT_TICK_NS	20000000
#define OBEY_CPU_NS	100000000
#define UNMAP_CPU_NS	2000000000ULL	/* for a change of its mappings */
#define OBEY_STRIKES	4

extern const u8 stub_image_start[] __attribute__((visibility("hidden")));
extern const u8 stub_image_end[] __attribute__((visibility("hidden")));
extern const u8 stub_image_boot[] __attribute__((visibility("hidden")));
extern const u8 stub_image_handler[] __attribute__((visibility("hidden")));
extern const u8 stub_ip_prove[] __attribute__((visibility("hidden")));
extern const u8 stub_ip_done[] __attribute__((visibility("hidden")));
extern const u8 stub_ip_close[] __attribute__((visibility("hidden")));
extern const u8 stub_ip_wait[] __attribute__((visibility("hidden")));
extern const u8 stub_ip_wake[] __attribute__((visibility("hidden")));
extern const u8 stub_ip_set_fs[] __attribute__((visibility("hidden")));
extern const u8 stub_ip_set_gs[] __attribute__((visibility("hidden")));
extern const u8 stub_ip_sigreturn[] __attribute__((visibility("hidden")));
extern const u8 stub_ip_op[] __attribute__((visibility("hidden")));

static inline u64 engine_address(const u8 *mark)
{
	return ENGINE_BASE + ENGINE_CODE + (u64)(mark - stub_image_start);
}

static inline void stub_pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* The processor this thread is on, or was just now. */
static inline u32 stub_cpu(void)
{
	u32 cpu;

	__asm__ volatile("lsl %1, %0" : "=r" (cpu) : "r" (HOST_CPU_SELECTOR) : "cc");
	return cpu;
}

static inline void stub_mb(void)
{
	__asm__ volatile("lock; addl $0,-4(%%rsp)" : : : "memory", "cc");
}

/* stub.c */
long stub_read_file(const char *path, void *to, u64 bytes);
int stub_fail(int error, const char *message);

/* filter.c */
u32 filter_build(void *buffer, u32 size);

/* pool.c */
struct stub *pool_create(void);
void pool_kill(struct stub *stub, const char *why);
int pool_memfd(const char *name, u64 bytes);
int pool_image(void);
void pool_shutdown(void);

/* order.c */
enum wait_for { WAIT_START, WAIT_EXIT, WAIT_PROOF, WAIT_DONE };
int order_wait(struct stub *stub, enum wait_for what, u32 value);
u32 order_give(struct stub *stub, u32 kind);
int order_prove(struct stub *stub);
int order_flush(struct stub *stub);
int order_go(struct stub *stub, u32 *word);
int order_went(struct stub *stub, u32 word);
int order_unmap_all(struct stub *stub);

/* place.c */
void place_init(void);
void place_apart(struct stub *stub);

/* frame.c */
int frame_calibrate(struct stub *stub);
bool frame_is_ours(struct stub *stub);
enum stub_exit frame_read(struct stub *stub, struct stub_context *ctx);
void frame_write(struct stub *stub, const struct stub_context *ctx);
void frame_load_xstate(struct stub *stub, struct stub_context *ctx);

#endif /* _WINE_INTERNAL_H */
