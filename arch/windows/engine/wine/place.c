// SPDX-License-Identifier: GPL-2.0
/*
 * Which of the host's processors stubs run on: another than the kernel's
 * thread, if there is another. Both spin for a moment before they sleep, which
 * is worth much on two processors and nothing on one; and the host's
 * scheduler, which sees them wake each other, likes to keep them on one. Where
 * the host is busy a stub may run anywhere.
 */
#include "internal.h"

/* So many exits in a row on the kernel's processor are no accident. */
#define TOGETHER_MAX	4

/* How often to see whether the host is busy: orders, and time between. */
#define OBSERVE_ORDERS	64
#define OBSERVE_NS	50000000

/**
 * place_init() - learn which processors this process may use
 */
void place_init(void)
{
	struct place *place = &stub_host.place;
	long bytes = host_syscall3(HOST_NR_sched_getaffinity, 0,
				   sizeof(place->mask), (long)place->mask);
	u64 word;
	u32 i;

	place->nr = 0;
	if (host_failed(bytes))
		return;
	for (i = 0; i < PLACE_WORDS; i++) {
		for (word = place->mask[i]; word; word &= word - 1)
			place->nr++;
	}
}

/*
 * How long, in ns, a thread has waited for a processor in its life; 0 where
 * the host does not say.
 */
static u64 waited(const char *path)
{
	char text[96];
	u64 value = 0;
	long got, i;

	got = stub_read_file(path, text, sizeof(text));
	/* "on the processor, waiting for it, times" */
	for (i = 0; i < got && text[i] != ' '; i++)
		;
	for (i++; i < got && text[i] >= '0' && text[i] <= '9'; i++)
		value = value * 10 + (u64)(text[i] - '0');
	return value;
}

/*
 * Looks at the clock each time, and elsewhere rarely. Where others want the
 * processors too, it is the host's scheduler that knows best.
 */
static void observe(void)
{
	struct place *place = &stub_host.place;
	u64 now = host_clock(HOST_CLOCK_MONOTONIC);
	u64 delay;

	if (now - place->observed < OBSERVE_NS)
		return;
	delay = waited("/proc/thread-self/schedstat");
	place->busy = delay - place->delay > (now - place->observed) / 8;
	place->delay = delay;
	place->observed = now;
}

static void set_mask(struct stub *stub, const u64 *mask)
{
	host_syscall3(HOST_NR_sched_setaffinity, stub->pid,
		      PLACE_WORDS * sizeof(*mask), (long)mask);
}

static void move_from(struct stub *stub, u32 cpu)
{
	u64 mask[PLACE_WORDS];

	if (cpu >= PLACE_WORDS * 64)
		return;
	memcpy(mask, stub_host.place.mask, sizeof(mask));
	mask[cpu / 64] &= ~(1ULL << (cpu % 64));
	set_mask(stub, mask);
	stub->apart = true;
}

/**
 * place_apart() - see to it that a stub runs elsewhere than this thread
 * @stub: the stub, waiting for an order
 *
 * Cheap unless it has to move the stub.
 */
void place_apart(struct stub *stub)
{
	struct place *place = &stub_host.place;
	u32 cpu = stub_cpu();

	if (place->nr > 1 && ++place->orders % OBSERVE_ORDERS == 0)
		observe();
	if (place->busy && stub->apart) {
		set_mask(stub, place->mask);
		stub->apart = false;
	}
	if (place->nr < 2 || place->busy ||
	    READ_ONCE(stub->shared->cpu) != cpu) {
		stub->together = 0;
		return;
	}
	if (++stub->together < TOGETHER_MAX)
		return;
	stub->together = 0;
	move_from(stub, cpu & HOST_CPU_MASK);
}
