/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One segment that a program may read and execute, the data pages below it.
 */
#include <asm/page.h>
#include <asm/vdso.h>

SECTIONS
{
	PROVIDE_HIDDEN(_vdso_data = . - VDSO_DATA_PAGES * PAGE_SIZE);
	PROVIDE_HIDDEN(_timens_data = _vdso_data + PAGE_SIZE);
	PROVIDE_HIDDEN(_vdso_rng_data = _vdso_data + VDSO_RNG_OFFSET);
	. = SIZEOF_HEADERS;

	.hash		: { *(.hash) }			:text
	.gnu.hash	: { *(.gnu.hash) }
	.dynsym		: { *(.dynsym) }
	.dynstr		: { *(.dynstr) }
	.gnu.version	: { *(.gnu.version) }
	.gnu.version_d	: { *(.gnu.version_d) }
	.gnu.version_r	: { *(.gnu.version_r) }

	.dynamic	: { *(.dynamic) }		:text	:dynamic

	.rodata		: { *(.rodata .rodata.*) }	:text

	/* Aligned to 8, the other notes to 4. */
	/DISCARD/	: { *(.note.gnu.property) }
	.note		: { *(.note .note.*) }		:text	:note

	.eh_frame_hdr	: { *(.eh_frame_hdr) }		:text	:eh_frame_hdr
	.eh_frame	: { KEEP(*(.eh_frame)) }	:text

	.text		: ALIGN(16) { *(.text .text.*) }	:text	=0x90909090

	/* Nobody would relocate or clear data. */
	.data		: { *(.data .data.* .bss .bss.* .got .got.plt) }
	ASSERT(SIZEOF(.data) == 0 || SIZEOF(.data) == 0x18,
	       "the vDSO must have no data")

	/DISCARD/	: {
		*(.discard .discard.*)
		*(__bug_table)
		*(.modinfo)
	}
}

PHDRS
{
	text		PT_LOAD		FLAGS(5) FILEHDR PHDRS;
	dynamic		PT_DYNAMIC	FLAGS(4);
	note		PT_NOTE		FLAGS(4);
	eh_frame_hdr	PT_GNU_EH_FRAME;
}

/* The names and the version that C libraries look for. */
VERSION
{
	LINUX_2.6 {
	global:
		clock_getres;
		clock_gettime;
		getcpu;
		getrandom;
		gettimeofday;
		time;
		__vdso_clock_getres;
		__vdso_clock_gettime;
		__vdso_getcpu;
		__vdso_getrandom;
		__vdso_gettimeofday;
		__vdso_time;
	local: *;
	};
}
