// SPDX-License-Identifier: GPL-2.0
/*
 * Linux end of the block bridge: which disks there are. NT says by an interrupt
 * that there is one more; Linux lets one go when its attribute "detach" is written
 * to and nobody has it open.
 */
#include <linux/blkdev.h>
#include <linux/hdreg.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <asm/host.h>
#include "block_linux.h"

static struct ntblk *ntblk_disks[WSL4_MAX_DISKS];
static DEFINE_MUTEX(ntblk_lock);	/* of the table, but for reading it */

struct ntblk *ntblk_disk(unsigned int index)
{
	return index < WSL4_MAX_DISKS ? ntblk_disks[index] : NULL;
}

/* From here on nobody opens it. Not while somebody has it open. */
static int ntblk_leave(struct ntblk *ntblk)
{
	struct gendisk *disk = ntblk->disk;
	int err = 0;

	mutex_lock(&disk->open_mutex);
	if (ntblk->leaving || disk_openers(disk))
		err = -EBUSY;
	else
		ntblk->leaving = true;
	mutex_unlock(&disk->open_mutex);
	return err;
}

/* Nobody uses it: Linux forgets it, then NT closes it. */
static void ntblk_remove(struct ntblk *ntblk)
{
	unsigned int index = ntblk->index;
	s64 err;

	mutex_lock(&ntblk_lock);
	del_gendisk(ntblk->disk);
	ntblk_disks[index] = NULL;
	blk_mq_free_tag_set(&ntblk->tags);
	put_disk(ntblk->disk);
	err = host_call1(HOST_BLOCK_DETACH, index);
	mutex_unlock(&ntblk_lock);
	if (err)
		pr_err("ntblk%u: Windows does not close it (%lld)\n", index, err);
	else
		pr_info("ntblk%u: detached\n", index);
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

static ssize_t model_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct ntblk *ntblk = dev_to_disk(dev)->private_data;

	return sysfs_emit(buf, "%s\n", ntblk->info.model);
}

static DEVICE_ATTR_RO(model);

static ssize_t nt_path_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	struct ntblk *ntblk = dev_to_disk(dev)->private_data;

	return sysfs_emit(buf, "%s\n", ntblk->info.path);
}

static DEVICE_ATTR_RO(nt_path);

static ssize_t detach_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	struct ntblk *ntblk = dev_to_disk(dev)->private_data;
	bool detach;
	int err;

	err = kstrtobool(buf, &detach);
	if (err)
		return err;
	if (!detach)
		return count;
	err = ntblk_leave(ntblk);
	if (err)
		return err;
	/* The disk's removal waits for users of its attributes but us. */
	device_remove_file_self(dev, attr);
	ntblk_remove(ntblk);
	return count;
}

static DEVICE_ATTR_WO(detach);

static struct attribute *ntblk_attrs[] = {
	&dev_attr_serial.attr,
	&dev_attr_model.attr,
	&dev_attr_nt_path.attr,
	&dev_attr_detach.attr,
	NULL,
};
ATTRIBUTE_GROUPS(ntblk);

static int ntblk_open(struct gendisk *disk, blk_mode_t mode)
{
	struct ntblk *ntblk = disk->private_data;

	return ntblk->leaving ? -ENXIO : 0;
}

static void ntblk_free_disk(struct gendisk *disk)
{
	kfree(disk->private_data);
}

static const struct block_device_operations ntblk_fops = {
	.owner		= THIS_MODULE,
	.open		= ntblk_open,
	.getgeo		= ntblk_getgeo,
	.free_disk	= ntblk_free_disk,
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
	info->model[sizeof(info->model) - 1] = '\0';
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
	/* No major number of its own: LVM uses only those whose names it knows. */
	disk->fops = &ntblk_fops;
	disk->private_data = ntblk;
	snprintf(disk->disk_name, DISK_NAME_LEN, "ntblk%u", ntblk->index);
	set_capacity(disk, ntblk->info.bytes >> SECTOR_SHIFT);
	set_disk_ro(disk, ntblk->info.flags & WSL4_DISK_READ_ONLY);
	ntblk_disks[ntblk->index] = ntblk;
	err = device_add_disk(NULL, disk, ntblk_groups);
	if (err) {
		ntblk_disks[ntblk->index] = NULL;
		blk_mq_free_tag_set(&ntblk->tags);
		put_disk(disk);
	}
	return err;
}

static int ntblk_probe(unsigned int index)
{
	struct wsl4_disk_info info;
	struct ntblk *ntblk;
	int err;

	err = read_info(index, &info);
	if (err)
		return err;
	ntblk = kzalloc(sizeof(*ntblk), GFP_KERNEL);
	if (!ntblk)
		return -ENOMEM;
	ntblk->index = index;
	ntblk->info = info;
	err = ntblk_add(ntblk);
	if (err) {
		/* .free_disk is for disks that were added. */
		kfree(ntblk);
		return err;
	}
	pr_info("ntblk%u: %s, %llu bytes\n", index, info.path, info.bytes);
	return 0;
}

/* Those that Linux does not know yet. */
static void ntblk_scan(struct work_struct *work)
{
	unsigned int i;
	int err;

	mutex_lock(&ntblk_lock);
	for (i = 0; i < WSL4_MAX_DISKS; i++) {
		if (ntblk_disks[i])
			continue;
		err = ntblk_probe(i);
		if (err && err != -ENODEV)
			pr_err("ntblk%u: cannot be used (%d)\n", i, err);
	}
	mutex_unlock(&ntblk_lock);
}

static DECLARE_WORK(scan_work, ntblk_scan);

static irqreturn_t disks_interrupt(int irq, void *data)
{
	schedule_work(&scan_work);
	return IRQ_HANDLED;
}

static int __init ntblk_init(void)
{
	int err = ntblk_requests_init();

	if (err)
		return err;
	ntblk_scan(&scan_work);
	return request_irq(WSL4_IRQ_DISKS, disks_interrupt, 0, "ntblk_disks",
			   NULL);
}
device_initcall(ntblk_init);
