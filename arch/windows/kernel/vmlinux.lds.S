/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Layout of the Linux half. It is linked where mkdriver puts it when NT gives
 * the driver its preferred address; the three protections of a PE image (code,
 * constants, data) are three runs of sections. Nothing asks for more than a
 * page of alignment, since NT places drivers at page grain.
 */
#define RO_AFTER_INIT_DATA
#define RUNTIME_DISCARD_EXIT
#include <asm-generic/vmlinux.lds.h>
#include <asm/page.h>
#include <asm/cache.h>
#include <asm/thread_size.h>

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)
ENTRY(linux_entry)

PHDRS {
	text PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
}

jiffies = jiffies_64;

SECTIONS
{
	. = 0x10100000;
	__image_start = .;
	_text = .;
	_stext = .;
	.text : {
		HEAD_TEXT
		TEXT_TEXT
		SCHED_TEXT
		LOCK_TEXT
		KPROBES_TEXT
		ENTRY_TEXT
		IRQENTRY_TEXT
		SOFTIRQENTRY_TEXT
		*(.fixup)
	} :text
	_etext = .;
	. = ALIGN(PAGE_SIZE);
	.init.text : {
		_sinittext = .;
		INIT_TEXT
		_einittext = .;
	} :text
	.exit.text : { EXIT_TEXT } :text

	. = ALIGN(PAGE_SIZE);
	__image_text_end = .;
	/* Constants that hold pointers; NT relocates before it protects. */
	.data.rel.ro : {
		*(.data.rel.ro .data.rel.ro.*)
		LONG(0)
	} :rodata
	RO_DATA(PAGE_SIZE)
	EXCEPTION_TABLE(16)

	. = ALIGN(PAGE_SIZE);
	_sdata = .;
	.data : {
		INIT_TASK_DATA(PAGE_SIZE)
		*(.data..page_aligned)
		. = ALIGN(PAGE_SIZE);
		*(.data..cacheline_aligned)
		*(.data..read_mostly)
		*(.data..ro_after_init)
		DATA_DATA
		*(.data.rel .data.rel.local .data.rel.*)
		CONSTRUCTORS
		EXIT_DATA
	} :data
	/* References to weak symbols; mkdriver relocates the slots. */
	.got : { *(.got) *(.got.plt) *(.igot.*) } :data
	BUG_TABLE
	_edata = .;

	. = ALIGN(PAGE_SIZE);
	__init_begin = .;
	.init.data : {
		INIT_DATA
		INIT_SETUP(16)
		INIT_CALLS
		CON_INITCALL
		INIT_RAM_FS
	} :data
	PERCPU_SECTION(L1_CACHE_BYTES)
	. = ALIGN(PAGE_SIZE);
	__init_end = .;

	BSS_SECTION(0, PAGE_SIZE, PAGE_SIZE)
	. = ALIGN(PAGE_SIZE);
	_end = .;
	__image_end = .;

	STABS_DEBUG
	DWARF_DEBUG
	ELF_DETAILS
	DISCARDS
	/DISCARD/ : {
		*(.note.GNU-stack)
		*(.note.gnu.property)
		*(.eh_frame)
		*(.plt*)
		*(.rela.plt) *(.rela.dyn) *(.rela.iplt)
		*(.modinfo)
	}
}
