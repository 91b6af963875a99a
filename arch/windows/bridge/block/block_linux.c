// SPDX-License-Identifier: GPL-2.0
/*
 * Linux end of the block bridge: Windows files and disks as /dev/ntblkN.
 *
 * A blk-mq driver. A request is described in physmem (wsl4/block.h) and handed
 * over by HOST_BLOCK_SUBMIT; the NT end's own threads do the I/O, and
 * WSL4_IRQ_BLOCK says that completions can be reaped.
 */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/hdreg.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <asm/host.h>
#include <wsl4/block.h>

#define NTBLK_MINORS	16
#define NTBLK_MAX_DISKS	64

/**
 * struct ntblk - one disk
 * @index: its number at the NT end, and in its name
 * @tags: requests of this disk
 * @disk: as the block layer knows it
 * @info: what the NT end said
 */
struct ntblk {
	unsigned int index;
	struct blk_mq_tag_set tags;
	struct gendisk *disk;
	struct wsl4_disk_info info;
};

/* One page of a request's private data: the description that NT reads. */
struct ntblk_command {
	struct wsl4_block_request *wire;
};

static int ntblk_major;
static struct ntblk *ntblk_disks[NTBLK_MAX_DISKS];

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
	if (host_call1(HOST_BLOCK_SUBMIT, wsl4_physmem_offset(wire)))
		return BLK_STS_IOERR;
	return BLK_STS_OK;
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

static const struct blk_mq_ops ntblk_mq_ops = {
	.queue_rq	= ntblk_queue_rq,
	.init_request	= ntblk_init_request,
	.exit_request	= ntblk_exit_request,
};

static void complete_one(const struct wsl4_block_completion *done)
{
	unsigned int index = done->tag >> 32;
	u32 tag = done->tag;
	struct request *rq;

	if (index >= NTBLK_MAX_DISKS || !ntblk_disks[index])
		return;
	rq = blk_mq_tag_to_rq(ntblk_disks[index]->tags.tags[0],
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

static int ntblk_getgeo(struct block_device *bdev, struct hd_geometry *geo)
{
	geo->heads = 255;
	geo->sectors = 63;
	geo->cylinders = min_t(sector_t, 65535,
			       get_capacity(bdev->bd_disk) / (255 * 63));
	return 0;
}

static ssize_t serial_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct ntblk *ntblk = dev_to_disk(dev)->private_data;

	return sysfs_emit(buf, "%s\n", ntblk->info.serial);
}

static DEVICE_ATTR_RO(serial);

static struct attribute *ntblk_attrs[] = {
	&dev_attr_serial.attr,
	NULL,
};
ATTRIBUTE_GROUPS(ntblk);

static const struct block_device_operations ntblk_fops = {
	.owner	= THIS_MODULE,
	.getgeo	= ntblk_getgeo,
};

static s64 read_info(unsigned int index, struct wsl4_disk_info *info)
{
	unsigned long flags;
	s64 err;

	local_irq_save(flags);
	err = host_call1(HOST_BLOCK_INFO, index);
	if (!err)
		memcpy(info, wsl4_this_vcpu()->mailbox, sizeof(*info));
	local_irq_restore(flags);
	info->serial[sizeof(info->serial) - 1] = '\0';
	info->path[sizeof(info->path) - 1] = '\0';
	return err;
}

static struct queue_limits ntblk_limits(const struct wsl4_disk_info *info)
{
	struct queue_limits limits = {
		.logical_block_size	= info->logical_block,
		.physical_block_size	= info->physical_block,
		.max_segments		= WSL4_BLOCK_MAX_SEGMENTS,
		.max_segment_size	= UINT_MAX,
		.max_hw_sectors		= 2048,
		.dma_alignment		= 511,
	};

	if (info->flags & WSL4_DISK_FLUSH)
		limits.features |= BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA;
	if (info->flags & WSL4_DISK_DISCARD) {
		limits.max_hw_discard_sectors = UINT_MAX >> SECTOR_SHIFT;
		limits.max_write_zeroes_sectors = UINT_MAX >> SECTOR_SHIFT;
		limits.discard_granularity = info->physical_block;
	}
	return limits;
}

static int ntblk_add(struct ntblk *ntblk)
{
	struct queue_limits limits = ntblk_limits(&ntblk->info);
	struct gendisk *disk;
	int err;

	ntblk->tags.ops = &ntblk_mq_ops;
	ntblk->tags.nr_hw_queues = 1;
	ntblk->tags.queue_depth = clamp(ntblk->info.queue_depth, 1U, 128U);
	ntblk->tags.numa_node = NUMA_NO_NODE;
	ntblk->tags.cmd_size = sizeof(struct ntblk_command);
	err = blk_mq_alloc_tag_set(&ntblk->tags);
	if (err)
		return err;
	disk = blk_mq_alloc_disk(&ntblk->tags, &limits, ntblk);
	if (IS_ERR(disk)) {
		blk_mq_free_tag_set(&ntblk->tags);
		return PTR_ERR(disk);
	}
	ntblk->disk = disk;
	disk->major = ntblk_major;
	disk->first_minor = ntblk->index * NTBLK_MINORS;
	disk->minors = NTBLK_MINORS;
	disk->fops = &ntblk_fops;
	disk->private_data = ntblk;
	snprintf(disk->disk_name, DISK_NAME_LEN, "ntblk%u", ntblk->index);
	set_capacity(disk, ntblk->info.bytes >> SECTOR_SHIFT);
	set_disk_ro(disk, ntblk->info.flags & WSL4_DISK_READ_ONLY);
	ntblk_disks[ntblk->index] = ntblk;
	err = device_add_disk(NULL, disk, ntblk_groups);
	if (err) {
		ntblk_disks[ntblk->index] = NULL;
		put_disk(disk);
		blk_mq_free_tag_set(&ntblk->tags);
	}
	return err;
}

static int ntblk_probe(unsigned int index)
{
	struct ntblk *ntblk = kzalloc(sizeof(*ntblk), GFP_KERNEL);
	int err;

	if (!ntblk)
		return -ENOMEM;
	ntblk->index = index;
	err = read_info(index, &ntblk->info);
	if (!err)
		err = ntblk_add(ntblk);
	if (err) {
		kfree(ntblk);
		return err;
	}
	pr_info("ntblk%u: %s, %llu bytes\n", index, ntblk->info.path,
		ntblk->info.bytes);
	return 0;
}

static int __init ntblk_init(void)
{
	unsigned int i;
	int err;

	ntblk_major = register_blkdev(0, "ntblk");
	if (ntblk_major < 0)
		return ntblk_major;
	err = request_irq(WSL4_IRQ_BLOCK, ntblk_interrupt, 0, "ntblk", NULL);
	if (err)
		return err;
	for (i = 0; i < NTBLK_MAX_DISKS; i++) {
		err = ntblk_probe(i);
		if (err == -ENODEV)
			break;
		if (err)
			pr_err("ntblk%u: cannot be used (%d)\n", i, err);
	}
	return 0;
}
device_initcall(ntblk_init);
