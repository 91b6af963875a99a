// SPDX-License-Identifier: GPL-2.0
/*
 * Orders to a stub: what it is to do next, and how the kernel knows that it
 * was done. Changes of mappings are queued and made in batches.
 */
#include "internal.h"

#define SEQUENCE_MASK	0x1fffffff

/**
 * order_give() - tell the stub what to do
 * @stub: the stub; its thread waits, or pretends to
 * @kind: ORDER_GO, ORDER_PROVE or ORDER_MAP
 *
 * Returns the order word, which the answer will name.
 */
u32 order_give(struct stub *stub, u32 kind)
{
	struct order_page *order = stub->order;
	u32 word;

	place_apart(stub);
	stub->sequence = (stub->sequence + 1) & SEQUENCE_MASK;
	word = (stub->sequence << 2) | kind;
	WRITE_ONCE(order->done, word | ORDER_KIND);
	WRITE_ONCE(order->fail, word | ORDER_KIND | ORDER_FAILED);
	WRITE_ONCE(order->rest, 0);
	WRITE_ONCE(order->cpu, stub_cpu());
	stub->strikes = 0;
	stub->cpu_mark = 0;
	barrier();
	WRITE_ONCE(order->word, word);
	stub_mb();
	if (READ_ONCE(stub->shared->asleep))
		host_futex_wake(&order->word);
	return word;
}

static bool answered(struct stub *stub, enum wait_for what, u32 value)
{
	switch (what) {
	case WAIT_START:
	case WAIT_EXIT:
		return READ_ONCE(stub->shared->exit) == value ||
		       READ_ONCE(stub->proof->word) == value ||
		       READ_ONCE(stub->proof->done) ==
		       (value | ORDER_KIND | ORDER_FAILED);
	case WAIT_PROOF:
		return READ_ONCE(stub->proof->word) == value;
	default:
		return (READ_ONCE(stub->proof->done) & ~ORDER_FAILED) ==
		       (value | ORDER_KIND);
	}
}

/* The state letter of the stub's process: S asleep, R running, Z dead... */
static char process_state(int pid)
{
	char path[32] = "/proc/", text[128];
	int at = 6, digits = 1, fd, i;
	long got;

	for (i = pid; i >= 10; i /= 10)
		digits++;
	for (i = digits - 1; i >= 0; i--, pid /= 10)
		path[at + i] = (char)('0' + pid % 10);
	memcpy(path + at + digits, "/stat", 6);

	fd = (int)host_syscall3(HOST_NR_open, (long)path, 02000000, 0);
	if (fd < 0)
		return '?';
	got = host_syscall3(HOST_NR_read, fd, (long)text, sizeof(text));
	host_close(fd);
	/* "pid (name) S": the name is ours and has no parenthesis. */
	for (i = 0; i + 2 < got; i++) {
		if (text[i] == ')')
			return text[i + 2];
	}
	return '?';
}

static bool process_gone(int pid)
{
	u32 info[32];

	info[0] = 0;		/* si_signo: stays 0 while it lives */
	if (host_syscall6(HOST_NR_waitid, HOST_P_PID, pid, (long)info,
			  HOST_WEXITED | HOST_WNOHANG | HOST_WNOWAIT |
			  HOST_WALL, 0, 0) < 0)
		return true;
	return info[0] != 0;
}

/*
 * Asked, has the stub had the time to answer? Only what it did counts, never
 * the clock: a busy or frozen host must not kill anybody. Asleep although
 * woken, or running for long, means that user code only pretends. Look before
 * it is woken again: just woken it runs, however often it did not obey.
 */
static bool disobeys(struct stub *stub, enum wait_for what)
{
	/* The clock of another process's consumed time. */
	int clock = (int)((~(u32)stub->pid << 3) | 2);
	u64 cpu, limit = OBEY_CPU_NS;

	if (process_state(stub->pid) == 'S')
		return ++stub->strikes >= OBEY_STRIKES;
	/* Proved to be engine code: unmapping much may take its time. */
	if (what == WAIT_DONE)
		limit = UNMAP_CPU_NS;
	cpu = host_clock(clock);
	if (!stub->cpu_mark) {
		stub->cpu_mark = cpu + 1;
		return false;
	}
	/* It may have got no time at all since: the mark is one ahead. */
	return cpu + 1 - stub->cpu_mark > limit;
}

static void send_kick(const struct stub *stub)
{
	host_syscall3(HOST_NR_tgkill, stub->pid, stub->pid, STUB_KICK_SIGNAL);
}

/* From now on who kicks sends the signal; who has kicked before did not. */
static void spin_ends(struct stub *stub)
{
	WRITE_ONCE(stub->running, RUN_SLEEPS);
	stub_mb();
	if (READ_ONCE(stub->kicked))
		send_kick(stub);
}

/*
 * A tick without an answer: is there still somebody to wait for? NULL if there
 * is, else why not.
 */
static const char *hopeless(struct stub *stub, enum wait_for what)
{
	bool bad;

	if (process_gone(stub->pid))
		return "the host ended it";
	if (what == WAIT_START)
		return NULL;
	if (what == WAIT_EXIT && !READ_ONCE(stub->kicked))
		return NULL;
	bad = disobeys(stub, what);
	if (what == WAIT_EXIT)
		send_kick(stub);
	host_futex_wake(&stub->order->word);
	if (!bad)
		return NULL;
	return what == WAIT_EXIT ? "it ignored a kick" :
	       what == WAIT_PROOF ? "it did not prove itself" :
	       "it did not change its mappings";
}

/**
 * order_wait() - wait for the stub's answer
 * @stub: the stub
 * @what: which kind of answer
 * @value: the order word that it answers
 *
 * Returns 0, or -EIO when the stub died or did not obey; it is dead then.
 */
int order_wait(struct stub *stub, enum wait_for what, u32 value)
{
	static const struct host_timespec tick = { 0, WAIT_TICK_NS };
	struct order_page *order = stub->order;
	const char *why;
	long ret;
	u32 i, seen;

	/* On one processor the stub cannot answer while this thread spins. */
	i = READ_ONCE(stub->shared->cpu) == stub_cpu() ? 0 : stub_host.spin;
	for (; i; i--) {
		if (answered(stub, what, value))
			return 0;
		stub_pause();
	}
	if (what == WAIT_EXIT)
		spin_ends(stub);
	for (;;) {
		WRITE_ONCE(order->sleeping, 1);
		stub_mb();
		seen = READ_ONCE(stub->shared->exit);
		ret = 0;
		if (!answered(stub, what, value))
			ret = host_futex_wait(&stub->shared->exit, seen, &tick);
		WRITE_ONCE(order->sleeping, 0);
		if (answered(stub, what, value))
			return 0;
		why = ret == -ETIMEDOUT ? hopeless(stub, what) : NULL;
		if (why) {
			pool_kill(stub, why);
			return -EIO;
		}
	}
}

/**
 * order_prove() - make sure that the stub's thread runs engine code
 * @stub: the stub, after an exit
 *
 * An exit may be pretended by user code. Before its mappings are changed the
 * thread must show, by a host call that passes at one engine instruction only,
 * that it has left user code.
 */
int order_prove(struct stub *stub)
{
	u32 word;

	if (stub->proven)
		return 0;
	word = order_give(stub, ORDER_PROVE);
	if (order_wait(stub, WAIT_PROOF, word))
		return -EIO;
	stub->proven = true;
	return 0;
}

/* Make the host calls that lie in the order page. */
static int make_calls(struct stub *stub)
{
	struct order_page *order = stub->order;
	u32 word;
	int ret;

	WRITE_ONCE(order->then_go, 0);
	WRITE_ONCE(order->selector, SELECTOR_ALLOW);
	word = order_give(stub, ORDER_MAP);
	ret = order_wait(stub, WAIT_DONE, word);
	if (ret)
		return ret;
	WRITE_ONCE(order->selector, SELECTOR_BLOCK);
	if (READ_ONCE(stub->proof->done) & ORDER_FAILED)
		return -ENOMEM;
	return 0;
}

static void set_call(struct order_op *op, u64 nr, u64 addr, u64 bytes)
{
	memset(op, 0, sizeof(*op));
	op->nr = nr;
	op->arg[0] = addr;
	op->arg[1] = bytes;
}

/**
 * order_unmap_all() - drop the whole user address space
 * @stub: the stub
 *
 * Returns 0 when it is known to be gone.
 */
int order_unmap_all(struct stub *stub)
{
	int ret;

	stub->nr_queue = 0;
	ret = order_prove(stub);
	if (ret)
		return ret;
	set_call(&stub->order->op[0], HOST_NR_munmap, 0, STUB_TASK_SIZE);
	stub->order->nr_ops = 1;
	ret = make_calls(stub);
	if (!ret) {
		stub->mappings = 0;
		stub->drops++;
	}
	return ret;
}

static void set_entry(struct order_op *op, const struct queue_entry *entry)
{
	switch (entry->kind) {
	case QUEUE_MAP:
		set_call(op, HOST_NR_mmap, entry->addr, entry->bytes);
		op->arg[2] = entry->prot;
		op->arg[3] = HOST_MAP_SHARED | HOST_MAP_FIXED |
			     HOST_MAP_POPULATE;
		op->arg[4] = STUB_FD_PHYSMEM;
		op->arg[5] = entry->offset;
		break;
	case QUEUE_PROTECT:
		set_call(op, HOST_NR_mprotect, entry->addr, entry->bytes);
		op->arg[2] = entry->prot;
		break;
	default:
		set_call(op, HOST_NR_munmap, entry->addr, entry->bytes);
	}
}

/* Lay the queue into the order page. */
static void set_queue(struct stub *stub)
{
	u32 i, nr = stub->nr_queue;

	for (i = 0; i < nr; i++)
		set_entry(&stub->order->op[i], &stub->queue[i]);
	stub->order->nr_ops = nr;
	stub->nr_queue = 0;
	/* One change splits at most one mapping into three. */
	stub->mappings += 2 * nr;
}

static bool over_budget(const struct stub *stub)
{
	return stub->mappings + 2 * stub->nr_queue > stub_host.max_mappings;
}

/*
 * Before queued changes are made. When the host has no room for more mappings,
 * all are dropped, the queue with them: faults bring back what is needed.
 */
static int prepare(struct stub *stub)
{
	if (stub->dead)
		return -EIO;
	if (!stub->nr_queue)
		return 0;
	return over_budget(stub) ? order_unmap_all(stub) : order_prove(stub);
}

/**
 * order_flush() - make all queued changes
 * @stub: the stub, stopped
 *
 * Returns 0, or -EIO when the stub is dead.
 */
int order_flush(struct stub *stub)
{
	int ret = prepare(stub);

	if (ret || !stub->nr_queue)
		return ret;
	set_queue(stub);
	ret = make_calls(stub);
	if (ret == -ENOMEM)
		ret = order_unmap_all(stub);
	if (ret && !stub->dead)
		pool_kill(stub, "its mappings could not be changed");
	return ret;
}

/**
 * order_go() - make all queued changes, then return to user code
 * @stub: the stub, stopped, its frame written
 * @word: the order word that the next exit will name
 *
 * Nobody waits for the changes: the stub closes its gate itself. Returns 0, or
 * -EIO when the stub is dead.
 */
int order_go(struct stub *stub, u32 *word)
{
	int ret = prepare(stub);
	u32 kind = ORDER_GO;

	if (ret)
		return ret;
	if (stub->nr_queue) {
		set_queue(stub);
		WRITE_ONCE(stub->order->then_go, 1);
		WRITE_ONCE(stub->order->selector, SELECTOR_ALLOW);
		kind = ORDER_MAP;
	}
	stub->proven = false;
	*word = order_give(stub, kind);
	return 0;
}

/**
 * order_went() - has the stub been in user code since order_go()?
 * @stub: the stub after its answer
 * @word: the order word
 *
 * It has not when a host call failed: all is dropped then. Returns 1 if it
 * has, 0 if it has not, and -EIO when the stub is dead.
 */
int order_went(struct stub *stub, u32 word)
{
	if (READ_ONCE(stub->proof->done) !=
	    (word | ORDER_KIND | ORDER_FAILED))
		return 1;
	stub->proven = true;
	return order_unmap_all(stub);
}

static bool range_bad(u64 addr, u64 bytes)
{
	return (addr | bytes) % PAGE_SIZE || !bytes || addr >= STUB_TASK_SIZE ||
	       bytes > STUB_TASK_SIZE - addr;
}

static int enqueue(struct stub *stub, const struct queue_entry *new)
{
	struct queue_entry *last;
	int ret;

	if (stub->dead)
		return -EIO;
	if (stub->nr_queue) {
		last = &stub->queue[stub->nr_queue - 1];
		if (last->kind == new->kind && last->prot == new->prot &&
		    last->addr + last->bytes == new->addr &&
		    (new->kind != QUEUE_MAP ||
		     last->offset + last->bytes == new->offset)) {
			last->bytes += new->bytes;
			return 0;
		}
	}
	if (stub->nr_queue == QUEUE_SIZE) {
		ret = order_flush(stub);
		if (ret)
			return ret;
	}
	stub->queue[stub->nr_queue++] = *new;
	return 0;
}

/**
 * stub_map() - show a piece of physmem in the user address space
 * @stub: the stub
 * @uaddr: page-aligned user address
 * @bytes: multiple of the page size
 * @physmem_offset: page-aligned offset in physmem
 * @prot: STUB_PROT_*
 *
 * It is done at the latest when user code next runs. Returns 0, -EINVAL for a
 * range that no stub has, or -EIO when the stub is dead.
 */
int stub_map(struct stub *stub, u64 uaddr, u64 bytes, u64 physmem_offset,
	     int prot)
{
	struct queue_entry entry = {
		.addr = uaddr,
		.bytes = bytes,
		.offset = physmem_offset,
		.kind = QUEUE_MAP,
		.prot = (u32)prot & 7,
	};

	if (range_bad(uaddr, bytes) || physmem_offset % PAGE_SIZE ||
	    physmem_offset > stub_host.physmem_bytes ||
	    bytes > stub_host.physmem_bytes - physmem_offset)
		return -EINVAL;
	return enqueue(stub, &entry);
}

/**
 * stub_unmap() - take a range out of the user address space
 * @stub: the stub
 * @uaddr: page-aligned user address
 * @bytes: multiple of the page size
 *
 * Queued like stub_map(): the pages may be used for something else only after
 * stub_sync().
 */
int stub_unmap(struct stub *stub, u64 uaddr, u64 bytes)
{
	struct queue_entry entry = {
		.addr = uaddr,
		.bytes = bytes,
		.kind = QUEUE_UNMAP,
	};

	if (range_bad(uaddr, bytes))
		return -EINVAL;
	return enqueue(stub, &entry);
}

/**
 * stub_protect() - change the protection of a range
 * @stub: the stub
 * @uaddr: page-aligned user address
 * @bytes: multiple of the page size
 * @prot: STUB_PROT_*
 *
 * Queued like stub_map(). The whole range should be mapped: where the host
 * finds a hole, the engine drops everything and lets faults bring it back.
 */
int stub_protect(struct stub *stub, u64 uaddr, u64 bytes, int prot)
{
	struct queue_entry entry = {
		.addr = uaddr,
		.bytes = bytes,
		.kind = QUEUE_PROTECT,
		.prot = (u32)prot & 7,
	};

	if (range_bad(uaddr, bytes))
		return -EINVAL;
	return enqueue(stub, &entry);
}

/**
 * stub_sync() - make all queued changes now
 * @stub: the stub, not running
 *
 * Returns 0, or -EIO when the stub is dead; the changes hold then as well,
 * for nothing can reach its memory any more.
 */
int stub_sync(struct stub *stub)
{
	return order_flush(stub);
}

/**
 * stub_private() - where the caller keeps a pointer of its own
 * @stub: the stub
 */
void **stub_private(struct stub *stub)
{
	return &stub->private;
}

/**
 * stub_drops() - how often a stub's mappings were all dropped
 * @stub: the stub
 *
 * The engine does that by itself where the host is short of mappings.
 */
u32 stub_drops(const struct stub *stub)
{
	return stub->drops;
}

/**
 * stub_mappings() - upper bound of the host mappings a stub has
 * @stub: the stub
 */
u32 stub_mappings(const struct stub *stub)
{
	return stub->mappings;
}
