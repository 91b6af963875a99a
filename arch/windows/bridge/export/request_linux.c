// SPDX-License-Identifier: GPL-2.0
/*
 * Linux end of the export bridge: Windows's requests become bios.
 *
 * Windows may be writing out its memory, and Linux's own disks may lie on Windows's
 * files: nothing here waits for memory. An export has its buffers, bios and a work
 * queue with a thread in reserve from the start, and asks NT for more only with a
 * free buffer in hand.
 */
#include <linux/blkdev.h>
#include <linux/gfp.h>
#include <asm/host.h>
#include "export_linux.h"

#define PIECE_ORDER	get_order(WSL4_EXPORT_PIECE)

static void ntdisk_piece_done(struct ntdisk_piece *piece, s64 result)
{
	struct ntdisk *ntdisk = piece->ntdisk;

	host_call(HOST_EXPORT_DONE, ntdisk->index, piece->tag, result,
		  wsl4_physmem_offset(piece->data), 0, 0);
	llist_add(&piece->node, &ntdisk->free);
	/* The one that waits for it frees all of this. */
	if (atomic_dec_and_test(&ntdisk->busy) && READ_ONCE(ntdisk->ended))
		wake_up(&ntdisk->idle);
	else
		ntdisk_requests_start(ntdisk);
}

static void ntdisk_end_io(struct bio *bio)
{
	struct ntdisk_piece *piece = bio->bi_private;
	s64 result = blk_status_to_errno(bio->bi_status);

	bio_uninit(bio);
	ntdisk_piece_done(piece, result);
}

static blk_opf_t ntdisk_opf(const struct wsl4_export_piece *asked)
{
	switch (asked->op) {
	case WSL4_EXPORT_READ:
		return REQ_OP_READ;
	case WSL4_EXPORT_WRITE:
		return REQ_OP_WRITE | REQ_SYNC | REQ_IDLE |
		       (asked->flags & WSL4_EXPORT_FUA ? REQ_FUA : 0);
	}
	return REQ_OP_WRITE | REQ_PREFLUSH | REQ_SYNC;
}

static void ntdisk_submit(struct ntdisk_piece *piece,
			  const struct wsl4_export_piece *asked)
{
	struct block_device *bdev = file_bdev(piece->ntdisk->file);
	struct bio *bio = &piece->bio;

	bio_init(bio, bdev, &piece->vec, 1, ntdisk_opf(asked));
	bio->bi_iter.bi_sector = asked->position >> SECTOR_SHIFT;
	bio->bi_private = piece;
	bio->bi_end_io = ntdisk_end_io;
	if (asked->bytes)
		__bio_add_page(bio, virt_to_page(piece->data), asked->bytes, 0);
	submit_bio(bio);
}

/* This one allocates; nobody needs a trim to get memory back. */
static void ntdisk_trim(struct ntdisk_piece *piece,
			const struct wsl4_export_piece *asked)
{
	int err = blkdev_issue_discard(file_bdev(piece->ntdisk->file),
				       asked->position >> SECTOR_SHIFT,
				       asked->bytes >> SECTOR_SHIFT, GFP_NOIO);

	ntdisk_piece_done(piece, err);
}

static s64 ntdisk_next(struct ntdisk_piece *piece, struct wsl4_export_piece *asked)
{
	unsigned long flags;
	s64 got;

	local_irq_save(flags);
	got = host_call2(HOST_EXPORT_NEXT, piece->ntdisk->index,
			 wsl4_physmem_offset(piece->data));
	if (got > 0)
		memcpy(asked, wsl4_this_vcpu()->mailbox, sizeof(*asked));
	local_irq_restore(flags);
	return got;
}

/* One at a time takes from the list: this is the work's alone. */
static struct ntdisk_piece *ntdisk_take(struct ntdisk *ntdisk)
{
	struct llist_node *node = llist_del_first(&ntdisk->free);

	return node ? llist_entry(node, struct ntdisk_piece, node) : NULL;
}

static void ntdisk_work(struct work_struct *work)
{
	struct ntdisk *ntdisk = container_of(work, struct ntdisk, work);
	struct wsl4_export_piece asked;
	struct ntdisk_piece *piece;
	struct blk_plug plug;

	blk_start_plug(&plug);
	while (!READ_ONCE(ntdisk->ended)) {
		piece = ntdisk_take(ntdisk);
		if (!piece)
			break;
		if (ntdisk_next(piece, &asked) <= 0) {
			llist_add(&piece->node, &ntdisk->free);
			break;
		}
		piece->tag = asked.tag;
		atomic_inc(&ntdisk->busy);
		if (asked.op == WSL4_EXPORT_TRIM)
			ntdisk_trim(piece, &asked);
		else
			ntdisk_submit(piece, &asked);
	}
	blk_finish_plug(&plug);
}

void ntdisk_requests_start(struct ntdisk *ntdisk)
{
	queue_work(ntdisk->queue, &ntdisk->work);
}

void ntdisk_requests_end(struct ntdisk *ntdisk)
{
	WRITE_ONCE(ntdisk->ended, true);
	cancel_work_sync(&ntdisk->work);
	wait_event(ntdisk->idle, !atomic_read(&ntdisk->busy));
	/* The last piece may have asked for another round. */
	cancel_work_sync(&ntdisk->work);
}

int ntdisk_requests_init(struct ntdisk *ntdisk)
{
	struct ntdisk_piece *piece;
	unsigned long data;
	unsigned int i;

	init_llist_head(&ntdisk->free);
	init_waitqueue_head(&ntdisk->idle);
	INIT_WORK(&ntdisk->work, ntdisk_work);
	for (i = 0; i < WSL4_EXPORT_PIECES; i++) {
		piece = &ntdisk->pieces[i];
		data = __get_free_pages(GFP_KERNEL, PIECE_ORDER);
		if (!data)
			return -ENOMEM;
		piece->data = (void *)data;
		piece->ntdisk = ntdisk;
		llist_add(&piece->node, &ntdisk->free);
	}
	ntdisk->queue = alloc_workqueue("ntdisk/%s", WQ_MEM_RECLAIM | WQ_HIGHPRI,
					1, ntdisk->info.name);
	return ntdisk->queue ? 0 : -ENOMEM;
}

void ntdisk_requests_exit(struct ntdisk *ntdisk)
{
	unsigned int i;

	if (ntdisk->queue)
		destroy_workqueue(ntdisk->queue);
	for (i = 0; i < WSL4_EXPORT_PIECES; i++)
		free_pages((unsigned long)ntdisk->pieces[i].data, PIECE_ORDER);
}
