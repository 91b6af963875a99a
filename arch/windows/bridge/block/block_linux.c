// SPDX-License-Identifier: GPL-2.0
/*
 * Linux end of the block bridge: the requests of /dev/ntblkN.
 *
 * A blk-mq driver. A request is described in physmem (wsl4/block.h) and handed
 * over by HOST_BLOCK_SUBMIT; the NT end's own threads do the I/O, and
 * WSL4_IRQ_BLOCK says that completions can be reaped.
 */
#include <linux/blkdev.h>
#include <linux/interrupt.h>
#include <asm/host.h>
#include "block_linux.h"

static unsigned int wire_op(struct request *rq)
{
	switch (req_op(rq)) {
	case REQ_OP_READ:
		return WSL4_BLOCK_READ;
	case REQ_OP_WRITE:
		return WSL4_BLOCK_WRITE;
	case REQ_OP_FLUSH:
		return WSL4_BLOCK_FLUSH;
	case REQ_OP_DISCARD:
		return WSL4_BLOCK_DISCARD;
	case REQ_OP_WRITE_ZEROES:
		return WSL4_BLOCK_ZEROES;
	default:
		return UINT_MAX;
	}
}

static void fill_segments(struct request *rq, struct wsl4_block_request *wire)
{
	struct wsl4_block_segment *segment = wire->segment;
	struct req_iterator iter;
	struct bio_vec bv;
	u64 offset;

	rq_for_each_bvec(bv, rq, iter) {
		offset = wsl4_physmem_offset(bvec_virt(&bv));
		if (wire->nr_segments &&
		    segment[-1].offset + segment[-1].bytes == offset) {
			segment[-1].bytes += bv.bv_len;
			continue;
		}
		segment->offset = offset;
		segment->bytes = bv.bv_len;
		segment++;
		wire->nr_segments++;
	}
}

static blk_status_t ntblk_queue_rq(struct blk_mq_hw_ctx *hctx,
				   const struct blk_mq_queue_data *bd)
{
	struct request *rq = bd->rq;
	struct ntblk_command *cmd = blk_mq_rq_to_pdu(rq);
	struct wsl4_block_request *wire = cmd->wire;
	struct ntblk *ntblk = hctx->queue->queuedata;
	unsigned int op = wire_op(rq);
	s64 err;

	if (op == UINT_MAX)
		return BLK_STS_NOTSUPP;
	blk_mq_start_request(rq);
	wire->disk = ntblk->index;
	wire->op = op;
	wire->flags = rq->cmd_flags & REQ_FUA ? WSL4_BLOCK_FUA : 0;
	wire->nr_segments = 0;
	wire->tag = (u64)ntblk->index << 32 | blk_mq_unique_tag(rq);
	wire->position = (u64)blk_rq_pos(rq) << SECTOR_SHIFT;
	wire->bytes = blk_rq_bytes(rq);
	if (op == WSL4_BLOCK_READ || op == WSL4_BLOCK_WRITE)
		fill_segments(rq, wire);
	err = host_call2(HOST_BLOCK_SUBMIT, wsl4_physmem_offset(wire), !bd->last);
	/* All disks together have more in flight than NT has room for. */
	if (err == -EAGAIN)
		return BLK_STS_RESOURCE;
	return errno_to_blk_status(err);
}

/* The last of several did not come. */
static void ntblk_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	host_call0(HOST_BLOCK_COMMIT);
}

static int ntblk_init_request(struct blk_mq_tag_set *set, struct request *rq,
			      unsigned int hctx, unsigned int node)
{
	struct ntblk_command *cmd = blk_mq_rq_to_pdu(rq);

	cmd->wire = kmalloc(sizeof(*cmd->wire), GFP_KERNEL);
	return cmd->wire ? 0 : -ENOMEM;
}

static void ntblk_exit_request(struct blk_mq_tag_set *set, struct request *rq,
			       unsigned int hctx)
{
	struct ntblk_command *cmd = blk_mq_rq_to_pdu(rq);

	kfree(cmd->wire);
}

const struct blk_mq_ops ntblk_mq_ops = {
	.queue_rq	= ntblk_queue_rq,
	.commit_rqs	= ntblk_commit_rqs,
	.init_request	= ntblk_init_request,
	.exit_request	= ntblk_exit_request,
};

static void complete_one(const struct wsl4_block_completion *done)
{
	struct ntblk *ntblk = ntblk_disk(done->tag >> 32);
	u32 tag = done->tag;
	struct request *rq;

	if (!ntblk)
		return;
	rq = blk_mq_tag_to_rq(ntblk->tags.tags[0],
			      blk_mq_unique_tag_to_tag(tag));
	if (!rq)
		return;
	blk_mq_end_request(rq, errno_to_blk_status(done->result));
}

#define REAP_BATCH	32

static irqreturn_t ntblk_interrupt(int irq, void *data)
{
	struct wsl4_block_completion done[REAP_BATCH];
	unsigned long flags;
	s64 i, n;

	do {
		local_irq_save(flags);
		n = host_call1(HOST_BLOCK_REAP, REAP_BATCH);
		if (n > 0)
			memcpy(done, wsl4_this_vcpu()->mailbox,
			       min_t(s64, n, REAP_BATCH) * sizeof(*done));
		local_irq_restore(flags);
		for (i = 0; i < n; i++)
			complete_one(&done[i]);
	} while (n == REAP_BATCH);
	return IRQ_HANDLED;
}

int __init ntblk_requests_init(void)
{
	return request_irq(WSL4_IRQ_BLOCK, ntblk_interrupt, 0, "ntblk", NULL);
}
