/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the block bridge's Linux end share.
 */
#ifndef _WSL4_BLOCK_LINUX_H
#define _WSL4_BLOCK_LINUX_H

#include <linux/blk-mq.h>
#include <wsl4/block.h>

/**
 * struct ntblk - one disk
 * @index: its number at the NT end, and in its name
 * @leaving: it is being detached; under the disk's open_mutex
 * @tags: requests of this disk
 * @disk: as the block layer knows it
 * @info: what the NT end said
 */
struct ntblk {
	unsigned int index;
	bool leaving;
	struct blk_mq_tag_set tags;
	struct gendisk *disk;
	struct wsl4_disk_info info;
};

/**
 * struct ntblk_command - a request's private data
 * @wire: the description that NT reads
 */
struct ntblk_command {
	struct wsl4_block_request *wire;
};

/* block_linux.c */

extern const struct blk_mq_ops ntblk_mq_ops;

/** ntblk_requests_init() - completions can come from now on */
int ntblk_requests_init(void);

/* disks_linux.c */

/** ntblk_disk() - the disk of a number, or NULL; any context */
struct ntblk *ntblk_disk(unsigned int index);

#endif /* _WSL4_BLOCK_LINUX_H */
