/* SPDX-License-Identifier: GPL-2.0 */
/* The routines of exports.h: a struct export and a way in for each. */

	.macro	entry name, symbol, low, high
	.data
	.balign	8
export_\name:
	.quad	\symbol, string_\name
	.byte	\low, \high, 0, 0
	.long	0
	.section .rodata
string_\name:
	.asciz	"\name"
	.text
	.balign	16
way_\name:
	lea	export_\name(%rip), %rax
	jmp	export_common
	.section .rodata.exports, "a"
	.quad	string_\name, way_\name, export_\name
	.endm

	.macro	raw_entry name, symbol
	.section .rodata
string_\name:
	.asciz	"\name"
	.section .rodata.exports, "a"
	.quad	string_\name, \symbol, 0
	.endm

	.section .rodata.exports, "a"
	.balign	8
	.globl	export_table, export_table_end
export_table:
#define RAW(name, symbol)		raw_entry name, symbol
#define X(name, symbol, low, high)	entry name, symbol, low, high
#include "exports.h"
	.section .rodata.exports, "a"
export_table_end:

/* Routines that are not there: %rax is which. */
	.text
	.balign	16
	.globl	missing_ways
missing_ways:
	.set	n, 0
	.rept	64
	.balign	16
	mov	$n, %ecx
	jmp	export_is_missing
	.set	n, n + 1
	.endr

	.section .note.GNU-stack, "", @progbits
