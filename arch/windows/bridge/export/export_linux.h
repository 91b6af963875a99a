/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the export bridge's Linux end share.
 */
#ifndef _WSL4_EXPORT_LINUX_H
#define _WSL4_EXPORT_LINUX_H

#include <linux/bio.h>
#include <linux/device.h>
#include <linux/llist.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <wsl4/export.h>

struct ntdisk;

/**
 * struct ntdisk_piece - a buffer, and what is done with it
 * @node: on the list of free ones
 * @ntdisk: whose it is
 * @tag: NT's, of the piece that is being done
 * @data: WSL4_EXPORT_PIECE bytes
 * @bio: does it
 * @vec: its data
 */
struct ntdisk_piece {
	struct llist_node node;
	struct ntdisk *ntdisk;
	u64 tag;
	void *data;
	struct bio bio;
	struct bio_vec vec;
};

/**
 * struct ntdisk - a block device that is a disk of Windows's
 * @dev: in the class ntdisk
 * @index: its number at the NT end
 * @live: NT knows it
 * @ended: nothing more is asked for
 * @file: the device, opened for nobody else
 * @path: as it was called
 * @info: what NT is told
 * @queue: does @work, and allocates nothing
 * @work: asks NT for pieces
 * @free: pieces that nobody uses
 * @busy: pieces that are being done
 * @idle: woken when @busy comes to 0
 * @pieces: all of them
 */
struct ntdisk {
	struct device dev;
	unsigned int index;
	bool live;
	bool ended;
	struct file *file;
	char *path;
	struct wsl4_export_info info;
	struct workqueue_struct *queue;
	struct work_struct work;
	struct llist_head free;
	atomic_t busy;
	wait_queue_head_t idle;
	struct ntdisk_piece pieces[WSL4_EXPORT_PIECES];
};

/* request_linux.c */

/**
 * ntdisk_requests_init() - make what an export's requests need
 * @ntdisk: the export; its device is open
 *
 * May sleep. Return: 0 or -ENOMEM; ntdisk_requests_exit() is due in any case.
 */
int ntdisk_requests_init(struct ntdisk *ntdisk);

/** ntdisk_requests_exit() - free it; nothing is being done */
void ntdisk_requests_exit(struct ntdisk *ntdisk);

/** ntdisk_requests_start() - NT may have something to do; any context */
void ntdisk_requests_start(struct ntdisk *ntdisk);

/** ntdisk_requests_end() - ask for nothing more, and wait for what is being done */
void ntdisk_requests_end(struct ntdisk *ntdisk);

#endif /* _WSL4_EXPORT_LINUX_H */
