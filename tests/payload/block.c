// SPDX-License-Identifier: GPL-2.0
/* The payload's tests of the block bridge, NT's end. */
#include "payload.h"

#define REQUESTS	0		/* physmem offset of the requests */
#define REQUEST_ROOM	4096
#define DATA		(1u << 20)	/* physmem offset of the data */
#define COUNTER_SECTOR	7
#define MAX_DEPTH	128

#define BLOCK_BIT	(1u << WSL4_IRQ_BLOCK)

static struct wsl4_block_request *request(u32 slot)
{
	return (void *)(boot->physmem + REQUESTS + slot * REQUEST_ROOM);
}

static u8 *data(u64 offset)
{
	return (u8 *)boot->physmem + DATA + offset;
}

static struct wsl4_block_request *prepare(u32 slot, u32 disk, u32 op,
					  u64 position, u64 bytes)
{
	struct wsl4_block_request *r = request(slot);

	memset(r, 0, sizeof(*r));
	r->disk = disk;
	r->op = op;
	r->tag = 0xabcd0000 + slot;
	r->position = position;
	r->bytes = bytes;
	if (op == WSL4_BLOCK_READ || op == WSL4_BLOCK_WRITE) {
		r->nr_segments = 1;
		r->segment[0].offset = DATA;
		r->segment[0].bytes = bytes;
	}
	return r;
}

static s64 submit(u32 slot)
{
	return host_call(HOST_BLOCK_SUBMIT, REQUESTS + slot * REQUEST_ROOM, 0);
}

/* Wait for completions. Return: how many, their tags and results in mailbox. */
static s64 wait_reap(void)
{
	s64 n;

	for (;;) {
		n = host_call(HOST_BLOCK_REAP, 0, 0);
		if (n)
			return n;
		host_call(HOST_IDLE, 0, 0);
		take_pending(~BLOCK_BIT);
	}
}

/* Submit the request of slot 0 and wait for it. */
static s64 run(void)
{
	struct wsl4_block_completion *c = (void *)vcpu->mailbox;
	s64 result = submit(0);

	if (result)
		return result;
	if (wait_reap() != 1 || c->tag != 0xabcd0000)
		return -9999;
	return c->result;
}

static s64 simple(u32 op, u64 position, u64 bytes)
{
	prepare(0, 0, op, position, bytes);
	return run();
}

static void fill(u64 offset, u64 bytes, u32 seed)
{
	u64 i;

	for (i = 0; i < bytes; i++)
		data(offset)[i] = (i * 2654435761u >> 13) + seed;
}

static int filled(u64 offset, u64 bytes, u32 seed)
{
	u64 i;

	for (i = 0; i < bytes; i++)
		if (data(offset)[i] != (u8)((i * 2654435761u >> 13) + seed))
			return 0;
	return 1;
}

static u64 test_info(void)
{
	struct wsl4_disk_info info;
	u32 disks = 0;
	s64 result = host_call(HOST_BLOCK_INFO, 0, 0);

	memcpy(&info, vcpu->mailbox, sizeof(info));
	ok(result == 0, "disk 0 is there");
	ok(info.bytes && info.bytes % 512 == 0 && info.logical_block == 512 &&
	   (info.flags & WSL4_DISK_FLUSH) && info.queue_depth &&
	   info.queue_depth <= MAX_DEPTH && info.serial[0] && info.path[0],
	   "what disk 0 is");
	say_number("# its bytes: ", info.bytes);
	while (!host_call(HOST_BLOCK_INFO, disks, 0))
		disks++;
	ok(disks == 2, "two disks");
	ok(host_call(HOST_BLOCK_INFO, disks, 0) == -19 &&
	   host_call(HOST_BLOCK_INFO, ~0ull, 0) == -19, "no disk past the last");
	host_call(HOST_BLOCK_INFO, 1, 0);
	ok(((struct wsl4_disk_info *)vcpu->mailbox)->flags ==
	   WSL4_DISK_READ_ONLY, "disk 1 is read-only");
	return info.bytes;
}

static void test_data(u64 size)
{
	struct wsl4_block_request *r;
	u32 i;

	fill(0, 65536, 1);
	ok(simple(WSL4_BLOCK_WRITE, 1 << 20, 65536) == 0, "write");
	memset(data(0), 0, 65536);
	ok(simple(WSL4_BLOCK_READ, 1 << 20, 65536) == 0 && filled(0, 65536, 1),
	   "read back");

	/* Segments backwards, and some that follow each other. */
	r = prepare(0, 0, WSL4_BLOCK_READ, 1 << 20, 65536);
	r->nr_segments = 16;
	for (i = 0; i < 16; i++) {
		r->segment[i].offset = DATA + (1 << 20) +
				       (i < 8 ? 15 - i : i - 8) * 4096;
		r->segment[i].bytes = 4096;
	}
	fill(0, 65536, 1);
	ok(run() == 0 && !memcmp(data((1 << 20) + 15 * 4096), data(0), 4096) &&
	   !memcmp(data((1 << 20) + 8 * 4096), data(7 * 4096), 4096) &&
	   !memcmp(data(1 << 20), data(8 * 4096), 32768), "scattered segments");

	fill(0, 4096, 3);
	r = prepare(0, 0, WSL4_BLOCK_WRITE, size - 4096, 4096);
	r->flags = WSL4_BLOCK_FUA;
	ok(run() == 0, "write with FUA at the end of the disk");
	memset(data(0), 0, 4096);
	ok(simple(WSL4_BLOCK_READ, size - 4096, 4096) == 0 &&
	   filled(0, 4096, 3), "and read back");
	ok(simple(WSL4_BLOCK_FLUSH, 0, 0) == 0, "flush");
	ok(simple(WSL4_BLOCK_ZEROES, (1 << 20) + 4096, 40960) == 0, "zeroes");
	simple(WSL4_BLOCK_READ, 1 << 20, 65536);
	fill(1 << 20, 65536, 1);
	memset(data((1 << 20) + 4096), 0, 40960);
	ok(!memcmp(data(0), data(1 << 20), 65536), "zeroes where they belong");
}

static void test_bad(u64 size)
{
	struct wsl4_block_request *r;

	ok(simple(WSL4_BLOCK_READ, size, 512) == -22, "past the end");
	ok(simple(WSL4_BLOCK_READ, size - 512, 1024) == -22, "over the end");
	ok(simple(WSL4_BLOCK_READ, ~511ull, 1024) == -22, "position overflow");
	ok(simple(WSL4_BLOCK_READ, 1, 512) == -22, "odd position");
	ok(simple(WSL4_BLOCK_READ, 0, 100) == -22, "odd length");
	ok(simple(WSL4_BLOCK_READ, 0, 0) == -22, "no bytes");
	ok(simple(77, 0, 512) == -22, "no such operation");
	r = prepare(0, 0, WSL4_BLOCK_READ, 0, 512);
	r->flags = 0x80;
	ok(run() == -22, "unknown flag");
	prepare(0, 9, WSL4_BLOCK_READ, 0, 512);
	ok(run() == -19, "no such disk");
	r = prepare(0, 0, WSL4_BLOCK_READ, 0, 512);
	r->nr_segments = WSL4_BLOCK_MAX_SEGMENTS + 1;
	ok(run() == -22, "too many segments");
	r->nr_segments = 0;
	ok(run() == -22, "no segments");
	r = prepare(0, 0, WSL4_BLOCK_READ, 0, 1024);
	r->segment[0].bytes = 512;
	ok(run() == -22, "segments too short");
	r->segment[0].bytes = 2048;
	ok(run() == -22, "segments too long");
	r->segment[0].bytes = 1024;
	r->segment[0].offset = boot->memory_bytes - 512;
	ok(run() == -14, "segment over physmem's end");
	r->segment[0].offset = ~511ull;
	ok(run() == -14, "segment nowhere");
	r = prepare(0, 0, WSL4_BLOCK_READ, 0, 1024);
	r->nr_segments = 2;
	r->segment[1].offset = DATA;
	r->segment[1].bytes = ~0ull - 511;
	ok(run() == -22, "segments' sum overflows");
	prepare(0, 1, WSL4_BLOCK_WRITE, 0, 512);
	ok(run() == -30, "write to a read-only disk");
	ok(simple(WSL4_BLOCK_DISCARD, 0, 4096) == -95, "discard without it");
	ok(host_call(HOST_BLOCK_SUBMIT, boot->memory_bytes - 8, 0) == -14 &&
	   host_call(HOST_BLOCK_SUBMIT, ~0ull, 0) == -14,
	   "request outside physmem");
}

static void test_many(void)
{
	struct wsl4_block_completion *c = (void *)vcpu->mailbox;
	u32 depth, i, done = 0, bad = 0;
	u8 seen[MAX_DEPTH] = { 0 };
	s64 n;

	host_call(HOST_BLOCK_INFO, 0, 0);
	depth = ((struct wsl4_disk_info *)vcpu->mailbox)->queue_depth;
	for (i = 0; i < depth; i++) {
		struct wsl4_block_request *r;

		r = prepare(i, 0, WSL4_BLOCK_WRITE, (2 << 20) + i * 4096, 4096);
		r->segment[0].offset = DATA + i * 4096;
		fill(i * 4096, 4096, i);
		bad += submit(i) != 0;
	}
	while (done < depth - bad) {
		n = done ? wait_reap() : host_call(HOST_BLOCK_REAP, 3, 0);
		bad += !done && n > 3;
		for (i = 0; i < n; i++) {
			u32 tag = c[i].tag - 0xabcd0000;

			if (tag >= depth || seen[tag]++ || c[i].result)
				bad++;
		}
		done += n;
	}
	ok(!bad && done == depth, "a full queue");
	memset(data(0), 0, depth * 4096);
	simple(WSL4_BLOCK_READ, 2 << 20, depth * 4096);
	for (i = 0; i < depth; i++)
		bad += !filled(i * 4096, 4096, i);
	ok(!bad, "all of it is on the disk");
	ok(host_call(HOST_BLOCK_REAP, 0, 0) == 0, "nothing more to reap");
}

static void measure(void)
{
	u64 start = now();
	u32 i;

	for (i = 0; i < 2000; i++)
		simple(WSL4_BLOCK_READ, 2 << 20, 4096);
	say_number("# read of 4 KiB, one at a time, ns: ",
		   (now() - start) / 2000);
	start = now();
	for (i = 0; i < 64; i++)
		simple(WSL4_BLOCK_READ, 0, 1 << 20);
	say_number("# reads of 1 MiB, MB/s: ",
		   (64ull << 20) * 1000 / (now() - start));
}

void test_block(void)
{
	u64 size = test_info();

	test_data(size);
	test_bad(size);
	test_many();
	measure();
}

/* A counter on disk 0 that outlives a restart. */
u64 count_boot(void)
{
	u64 *counter = (u64 *)data(0);

	simple(WSL4_BLOCK_READ, COUNTER_SECTOR * 512, 512);
	++*counter;
	simple(WSL4_BLOCK_WRITE, COUNTER_SECTOR * 512, 512);
	return *counter;
}
