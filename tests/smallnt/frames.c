// SPDX-License-Identifier: GPL-2.0
/*
 * Page frames. They are handed out in a shuffled order, so that nobody gets
 * neighbours by luck; a part of memory is kept for contiguous requests.
 */
#include "smallnt.h"

#define MAX_FRAMES	(1u << 20)	/* 4 GiB */
#define CONTIGUOUS_BYTES (48u << 20)
#define MULTIBOOT_MMAP	0x40

struct packed multiboot_map {
	u32 size;
	u64 base, bytes;
	u32 type;
};

struct multiboot {
	u32 flags, mem_lower, mem_upper, boot_device, command_line;
	u32 nr_modules, modules;
	u32 symbols[4];
	u32 map_bytes, map;
};

static u8 use_of[MAX_FRAMES];
static u32 free_list[MAX_FRAMES];
static u32 nr_free;
static u64 used[NR_USES];
static u64 contiguous_start, contiguous_frames;
static u16 run_length[CONTIGUOUS_BYTES / PAGE];	/* at a run's first frame */
static struct lock frames_lock;

u64 nr_frames;

bool frame_is_memory(u64 frame)
{
	return frame < MAX_FRAMES && use_of[frame] != USE_NONE;
}

enum use frame_use(u64 frame)
{
	return frame < MAX_FRAMES ? use_of[frame] : USE_NONE;
}

u64 frames_used(enum use use)
{
	return used[use];
}

static u64 random_state = 88172645463325252ull;

static u64 next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void shuffle(void)
{
	u32 i, j, t;

	for (i = nr_free - 1; i > 0; i--) {
		j = next_random() % (i + 1);
		t = free_list[i];
		free_list[i] = free_list[j];
		free_list[j] = t;
	}
}

static void add_range(u64 start, u64 end)
{
	u64 i;

	start = ROUND_UP(start) / PAGE;
	end = min(end / PAGE, (u64)MAX_FRAMES);
	for (i = start; i < end; i++)
		use_of[i] = USE_FREE;
	if (end > nr_frames)
		nr_frames = end;
}

static void take_range(u64 start, u64 end)
{
	u64 i;

	for (i = start / PAGE; i < PAGES(end); i++)
		use_of[i] = USE_NT;
}

static u64 max_of(u64 a, u64 b)
{
	return a > b ? a : b;
}

/* The largest address at which everything that the loader left ends. */
static u64 loader_end(struct multiboot *mb)
{
	u32 *module = phys(mb->modules), i;
	u64 end = 0;

	for (i = 0; i < mb->nr_modules; i++)
		end = max_of(end, module[i * 4 + 1]);
	return end;
}

void frames_init(void *multiboot)
{
	extern u8 nt_end[];
	struct multiboot *mb = multiboot;
	struct multiboot_map *m;
	u32 at = 0;
	u64 i, end;

	while (at < mb->map_bytes) {
		m = phys(mb->map + at);
		if (m->type == 1)
			add_range(m->base, m->base + m->bytes);
		at += m->size + 4;
	}
	/* What lies below the modules' end is the loader's or this kernel's. */
	end = ROUND_UP(max(loader_end(mb), (u64)nt_end - BASE));
	take_range(0, end);
	contiguous_start = end / PAGE;
	contiguous_frames = CONTIGUOUS_BYTES / PAGE;
	for (i = 0; i < nr_frames; i++)
		if (use_of[i] == USE_FREE &&
		    i - contiguous_start >= contiguous_frames)
			free_list[nr_free++] = i;
	if (!nr_free)
		bugcheck("not enough memory: give QEMU more (-m)");
	shuffle();
}

u64 frame_get(enum use use)
{
	u64 flags = lock_take(&frames_lock), frame = NO_FRAME;

	if (nr_free) {
		frame = free_list[--nr_free];
		use_of[frame] = use;
		used[use]++;
	}
	lock_drop(&frames_lock, flags);
	return frame;
}

void frame_put(u64 frame, enum use use)
{
	u64 flags = lock_take(&frames_lock), at;

	if (frame >= MAX_FRAMES || use_of[frame] != use)
		bugcheck("frame %llx is freed as use %u, but it is %u", frame,
			 use, frame_use(frame));
	/* Not on top: the next request shall not get it. */
	at = next_random() % (nr_free + 1);
	free_list[nr_free++] = free_list[at];
	free_list[at] = frame;
	if (at == nr_free - 1)
		free_list[at] = frame;
	use_of[frame] = USE_FREE;
	used[use]--;
	lock_drop(&frames_lock, flags);
}

static bool run_is_free(u64 first, u64 count)
{
	u64 i;

	for (i = 0; i < count; i++)
		if (use_of[first + i] != USE_FREE)
			return false;
	return true;
}

u64 frames_contiguous(u64 count, u64 highest)
{
	u64 flags = lock_take(&frames_lock), i, j, found = NO_FRAME;

	for (i = 0; i + count <= contiguous_frames; i++) {
		if ((contiguous_start + i + count) * PAGE - 1 > highest)
			break;
		if (!run_is_free(contiguous_start + i, count))
			continue;
		found = contiguous_start + i;
		for (j = 0; j < count; j++)
			use_of[found + j] = USE_CONTIGUOUS;
		run_length[i] = count;
		used[USE_CONTIGUOUS] += count;
		break;
	}
	lock_drop(&frames_lock, flags);
	return found;
}

void frames_put_contiguous(u64 frame)
{
	u64 flags = lock_take(&frames_lock), i = frame - contiguous_start, j;

	if (i >= contiguous_frames || !run_length[i])
		bugcheck("frame %llx is not the start of contiguous memory",
			 frame);
	for (j = 0; j < run_length[i]; j++)
		use_of[frame + j] = USE_FREE;
	used[USE_CONTIGUOUS] -= run_length[i];
	run_length[i] = 0;
	lock_drop(&frames_lock, flags);
}
