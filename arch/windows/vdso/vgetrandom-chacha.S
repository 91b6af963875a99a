/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Upstream's ChaCha20 that leaves no secrets on the stack.
 */
#include "../../x86/entry/vdso/vgetrandom-chacha.S"
