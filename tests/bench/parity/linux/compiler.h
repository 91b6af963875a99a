/* SPDX-License-Identifier: GPL-2.0 */
/* For xor.c: a program needs nothing of it. */
