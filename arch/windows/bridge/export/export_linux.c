// SPDX-License-Identifier: GPL-2.0
/*
 * Linux end of the export bridge: which block devices are disks of Windows's.
 *
 * /sys/class/ntdisk has a device for each, and two attributes: "export" takes
 * "rw|ro NAME PATH", "unexport" takes NAME. The device is opened as a mount opens
 * it, so that nobody else in Linux writes to it meanwhile. Whoever has changed its size
 * writes to "rescan" of the export, as with a SCSI disk: udev does.
 */
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/host.h>
#include "export_linux.h"

#define RELEASE_SECONDS	60
#define RELEASE_POLL_MS	20

static struct ntdisk *ntdisks[WSL4_MAX_EXPORTS];
static DEFINE_MUTEX(ntdisks_lock);	/* of adding and removing */
static bool ntdisks_closed;		/* Linux shuts down */

#define dev_to_ntdisk(d)	container_of(d, struct ntdisk, dev)

static ssize_t source_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%s\n", dev_to_ntdisk(dev)->path);
}

static DEVICE_ATTR_RO(source);

static ssize_t block_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%pg\n", file_bdev(dev_to_ntdisk(dev)->file));
}

static DEVICE_ATTR_RO(block);

static ssize_t size_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  dev_to_ntdisk(dev)->info.bytes >> SECTOR_SHIFT);
}

static DEVICE_ATTR_RO(size);

static ssize_t ro_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", !!(dev_to_ntdisk(dev)->info.flags &
					  WSL4_EXPORT_READ_ONLY));
}

static DEVICE_ATTR_RO(ro);

/*
 * Windows is told of the size that the device has by now. No lock: while this runs the
 * export's number stays its own, since who removes it waits for its attributes.
 */
static ssize_t rescan_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	struct ntdisk *ntdisk = dev_to_ntdisk(dev);
	u64 bytes = bdev_nr_bytes(file_bdev(ntdisk->file));
	s64 err;

	if (bytes == READ_ONCE(ntdisk->info.bytes))
		return count;
	err = host_call2(HOST_EXPORT_RESIZE, ntdisk->index, bytes);
	if (err)
		return err;
	WRITE_ONCE(ntdisk->info.bytes, bytes);
	pr_info("ntdisk: %s has %llu MiB now\n", ntdisk->path, bytes >> 20);
	return count;
}

static DEVICE_ATTR_WO(rescan);

static struct attribute *ntdisk_attrs[] = {
	&dev_attr_source.attr,
	&dev_attr_block.attr,
	&dev_attr_size.attr,
	&dev_attr_ro.attr,
	&dev_attr_rescan.attr,
	NULL,
};
ATTRIBUTE_GROUPS(ntdisk);

static void ntdisk_release(struct device *dev)
{
	struct ntdisk *ntdisk = dev_to_ntdisk(dev);

	ntdisk_requests_exit(ntdisk);
	if (ntdisk->file)
		bdev_fput(ntdisk->file);
	kfree(ntdisk->path);
	kfree(ntdisk);
}

static ssize_t export_store(const struct class *class,
			    const struct class_attribute *attr, const char *buf,
			    size_t count);
static ssize_t unexport_store(const struct class *class,
			      const struct class_attribute *attr, const char *buf,
			      size_t count);

static CLASS_ATTR_WO(export);
static CLASS_ATTR_WO(unexport);

static struct attribute *ntdisk_class_attrs[] = {
	&class_attr_export.attr,
	&class_attr_unexport.attr,
	NULL,
};
ATTRIBUTE_GROUPS(ntdisk_class);

static const struct class ntdisk_class = {
	.name		= "ntdisk",
	.class_groups	= ntdisk_class_groups,
	.dev_groups	= ntdisk_groups,
	.dev_release	= ntdisk_release,
};

static int ntdisk_open(struct ntdisk *ntdisk)
{
	bool read_only = ntdisk->info.flags & WSL4_EXPORT_READ_ONLY;
	blk_mode_t mode = BLK_OPEN_READ | (read_only ? 0 : BLK_OPEN_WRITE);
	struct block_device *bdev;
	struct file *file;

	file = bdev_file_open_by_path(ntdisk->path, mode, ntdisk, NULL);
	if (IS_ERR(file))
		return PTR_ERR(file);
	ntdisk->file = file;
	bdev = file_bdev(file);
	if (!read_only && bdev_read_only(bdev))
		return -EROFS;
	ntdisk->info.bytes = bdev_nr_bytes(bdev);
	ntdisk->info.logical_block = bdev_logical_block_size(bdev);
	ntdisk->info.physical_block = bdev_physical_block_size(bdev);
	if (bdev_max_discard_sectors(bdev))
		ntdisk->info.flags |= WSL4_EXPORT_DISCARD;
	return ntdisk->info.bytes ? 0 : -ENXIO;
}

/* NT gets to know it. */
static int ntdisk_announce(struct ntdisk *ntdisk)
{
	struct wsl4_export_info *info;
	s64 index;

	/* Where NT finds it: the linear map, and no page's end in it. */
	info = kmemdup(&ntdisk->info, sizeof(*info), GFP_KERNEL);
	if (!info)
		return -ENOMEM;
	index = host_call1(HOST_EXPORT_ADD, wsl4_physmem_offset(info));
	kfree(info);
	if (index < 0)
		return index;
	ntdisk->index = index;
	ntdisk->live = true;
	ntdisks[index] = ntdisk;
	/* Windows may have asked, and interrupted, before it had a place here. */
	ntdisk_requests_start(ntdisk);
	return 0;
}

static int ntdisk_setup(struct ntdisk *ntdisk)
{
	int err;

	err = ntdisk_open(ntdisk);
	if (err)
		return err;
	err = ntdisk_requests_init(ntdisk);
	if (err)
		return err;
	err = dev_set_name(&ntdisk->dev, "%s", ntdisk->info.name);
	if (err)
		return err;
	err = ntdisk_announce(ntdisk);
	if (err)
		return err;
	err = device_add(&ntdisk->dev);
	if (!err)
		return 0;
	ntdisks[ntdisk->index] = NULL;
	ntdisk_requests_end(ntdisk);
	host_call1(HOST_EXPORT_REMOVE, ntdisk->index);
	return err;
}

static int ntdisk_add(const char *name, const char *path, bool read_only)
{
	struct ntdisk *ntdisk;
	int err;

	ntdisk = kzalloc(sizeof(*ntdisk), GFP_KERNEL);
	if (!ntdisk)
		return -ENOMEM;
	ntdisk->dev.class = &ntdisk_class;
	device_initialize(&ntdisk->dev);
	strscpy(ntdisk->info.name, name);
	if (read_only)
		ntdisk->info.flags = WSL4_EXPORT_READ_ONLY;
	ntdisk->path = kstrdup(path, GFP_KERNEL);
	err = ntdisk->path ? ntdisk_setup(ntdisk) : -ENOMEM;
	if (err) {
		put_device(&ntdisk->dev);
		return err;
	}
	pr_info("ntdisk: %s is \\\\.\\%s of Windows\n", path, name);
	return 0;
}

/* Windows writes out what it has for it. */
static int ntdisk_release_nt(struct ntdisk *ntdisk, bool force)
{
	unsigned long end = jiffies + RELEASE_SECONDS * HZ;
	s64 err;

	for (;;) {
		err = host_call2(HOST_EXPORT_RELEASE, ntdisk->index, force);
		if (err != -EAGAIN)
			return err;
		if (time_after(jiffies, end))
			return force ? 0 : -EBUSY;
		msleep(RELEASE_POLL_MS);
	}
}

/* @force: even if Windows uses it. */
static int ntdisk_remove(struct ntdisk *ntdisk, bool force)
{
	int err;

	err = ntdisk_release_nt(ntdisk, force);
	if (err)
		return err;
	ntdisk_requests_end(ntdisk);
	host_call1(HOST_EXPORT_REMOVE, ntdisk->index);
	ntdisks[ntdisk->index] = NULL;
	/* What Windows wrote without a flush shall not depend on what comes now. */
	if (!(ntdisk->info.flags & WSL4_EXPORT_READ_ONLY))
		blkdev_issue_flush(file_bdev(ntdisk->file));
	pr_info("ntdisk: %s is no disk of Windows any more\n", ntdisk->path);
	device_unregister(&ntdisk->dev);
	return 0;
}

/* The next word of a line; the rest with @rest. */
static char *next_word(char **line, bool rest)
{
	char *word = skip_spaces(*line);

	if (rest) {
		*line = word + strlen(word);
		return strim(word);
	}
	*line = word;
	return strsep(line, " ") ?: word;
}

static int export_line(char *line)
{
	char *mode, *name, *path;
	bool read_only;

	mode = next_word(&line, false);
	if (!line)
		return -EINVAL;
	name = next_word(&line, false);
	if (!line)
		return -EINVAL;
	path = next_word(&line, true);
	read_only = !strcmp(mode, "ro");
	if ((!read_only && strcmp(mode, "rw")) || !*path ||
	    strlen(name) >= WSL4_EXPORT_NAME)
		return -EINVAL;
	if (ntdisks_closed)
		return -ESHUTDOWN;
	return ntdisk_add(name, path, read_only);
}

static ssize_t export_store(const struct class *class,
			    const struct class_attribute *attr, const char *buf,
			    size_t count)
{
	char *line = kstrndup(buf, count, GFP_KERNEL);
	int err;

	if (!line)
		return -ENOMEM;
	mutex_lock(&ntdisks_lock);
	err = export_line(line);
	mutex_unlock(&ntdisks_lock);
	kfree(line);
	return err ?: count;
}

static ssize_t unexport_store(const struct class *class,
			      const struct class_attribute *attr, const char *buf,
			      size_t count)
{
	int i, err = -ENOENT;

	mutex_lock(&ntdisks_lock);
	for (i = 0; i < WSL4_MAX_EXPORTS; i++) {
		if (!ntdisks[i] || !sysfs_streq(buf, ntdisks[i]->info.name))
			continue;
		err = ntdisk_remove(ntdisks[i], false);
		break;
	}
	mutex_unlock(&ntdisks_lock);
	return err ?: count;
}

static irqreturn_t ntdisk_interrupt(int irq, void *data)
{
	struct ntdisk *ntdisk;
	unsigned int i;

	for (i = 0; i < WSL4_MAX_EXPORTS; i++) {
		ntdisk = READ_ONCE(ntdisks[i]);
		if (ntdisk)
			ntdisk_requests_start(ntdisk);
	}
	return IRQ_HANDLED;
}

/* Everything that is written to is, before the devices below go. */
static int ntdisk_reboot(struct notifier_block *block, unsigned long action,
			 void *data)
{
	unsigned int i;

	mutex_lock(&ntdisks_lock);
	ntdisks_closed = true;
	for (i = 0; i < WSL4_MAX_EXPORTS; i++)
		if (ntdisks[i])
			ntdisk_remove(ntdisks[i], true);
	mutex_unlock(&ntdisks_lock);
	return NOTIFY_DONE;
}

static struct notifier_block reboot_block = {
	.notifier_call	= ntdisk_reboot,
	.priority	= INT_MAX,
};

static int __init ntdisk_init(void)
{
	int err;

	err = class_register(&ntdisk_class);
	if (err)
		return err;
	err = register_reboot_notifier(&reboot_block);
	if (err)
		return err;
	return request_irq(WSL4_IRQ_EXPORT, ntdisk_interrupt, 0, "ntdisk", NULL);
}
device_initcall(ntdisk_init);
