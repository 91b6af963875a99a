/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PARITY_H
#define PARITY_H

/**
 * xor_two() - by AVX, which the processor must have
 * @bytes: how many; a multiple of 512
 * @to: changed; aligned to 32 bytes
 * @from: the other; aligned to 32 bytes
 */
void xor_two(unsigned long bytes, void *to, const void *from);

#endif /* PARITY_H */
