/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the block bridge's NT end share.
 */
#ifndef _WSL4_BLOCK_NT_H
#define _WSL4_BLOCK_NT_H

#include "core.h"

/* flush_nt.c */

/**
 * flush_nt_init() - find out how this NT flushes files
 *
 * Return: STATUS_NOT_SUPPORTED when it has no way that is known.
 */
NTSTATUS flush_nt_init(void);

/**
 * flush_nt() - wait until what was written to a file is on its medium
 * @handle: the file's
 *
 * PASSIVE_LEVEL, on a thread that may wait.
 */
NTSTATUS flush_nt(HANDLE handle);

#endif /* _WSL4_BLOCK_NT_H */
