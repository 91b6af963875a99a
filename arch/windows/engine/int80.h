/* SPDX-License-Identifier: GPL-2.0 */
/*
 * int $0x80 where the processor's vector 0x80 is not open to programs: in ring
 * 0 it may be NT's, and Wine's host may lack the 32-bit system calls. It faults
 * then, and both engines take that for the call which it is.
 */
#ifndef _ENGINE_INT80_H
#define _ENGINE_INT80_H

/* The general protection fault's error code: vector 0x80 of the IDT. */
#define INT80_ERROR	(0x80 << 3 | 2)
#define INT80_BYTES	2

#endif /* _ENGINE_INT80_H */
