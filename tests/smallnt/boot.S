/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the boot loader (32 bit, no paging) to the upper half. The tables made
 * here map the first 4 GiB twice; map.c makes the ones that stay. A second
 * processor comes the same way, from real mode.
 */
#define MAGIC		0x1badb002
#define FLAGS		0x00010003	/* aligned modules, memory map, addresses */
#define BASE		0xffffffff80000000

#define CR4_BITS	0x620		/* PAE, OSFXSR, OSXMMEXCPT */
#define EFER_BITS	0x901		/* NXE, LME, SCE */
#define CR0_BITS	0x80050033	/* PG, AM, WP, NE, ET, MP, PE */

	.section .boot, "awx"
	.code32
	.balign	8
header:
	.long	MAGIC, FLAGS, -(MAGIC + FLAGS)
	.long	header, 0x100000, boot_load_end, boot_bss_end, boot_start

	.globl	boot_start
boot_start:
	cli
	cld
	mov	%ebx, boot_info
	mov	$boot_pml4, %eax
	movl	$boot_pdpt_low + 3, (%eax)
	movl	$boot_pdpt_low + 3, 502 * 8(%eax)	/* PHYS_BASE */
	movl	$boot_pdpt_high + 3, 511 * 8(%eax)
	mov	$boot_pd, %ecx
	lea	3(%ecx), %edx
	mov	$boot_pdpt_low, %eax
	mov	%edx, boot_pdpt_high + 510 * 8
	add	$0x1000, %edx
	mov	%edx, boot_pdpt_high + 511 * 8
	sub	$0x1000, %edx
	mov	$4, %esi
1:	mov	%edx, (%eax)
	add	$0x1000, %edx
	add	$8, %eax
	dec	%esi
	jnz	1b
	mov	$0x83, %eax		/* present, writable, 2 MiB */
	mov	$2048, %esi
1:	mov	%eax, (%ecx)
	add	$0x200000, %eax
	add	$8, %ecx
	dec	%esi
	jnz	1b
	xor	%edi, %edi		/* the first processor */

/* Into long mode; %edi: what to hand on. */
to_long:
	mov	$CR4_BITS, %eax
	mov	%eax, %cr4
	mov	$boot_pml4, %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx
	mov	$EFER_BITS, %eax
	xor	%edx, %edx
	wrmsr
	mov	$CR0_BITS, %eax
	mov	%eax, %cr0
	lgdt	boot_gdtr
	ljmp	$0x10, $in_long

	.code64
in_long:
	mov	$0x18, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	test	%edi, %edi
	jnz	1f
	movabs	$boot_stack_end, %rsp
	mov	boot_info, %ecx
	sub	$32, %rsp
	movabs	$nt_main, %rax
	call	*%rax
1:	movabs	$ap_stack, %rax
	mov	(%rax), %rsp
	sub	$32, %rsp
	movabs	$ap_main, %rax
	call	*%rax

	.balign	8
boot_gdt:
	.quad	0, 0
	.quad	0x00209b0000000000	/* 0x10: 64-bit code */
	.quad	0x00cf93000000ffff	/* 0x18: data */
	.quad	0x00cf9b000000ffff	/* 0x20: 32-bit code */
boot_gdtr:
	.word	0x27
	.quad	boot_gdt
boot_info:
	.long	0

/* Copied to 0x8000; where a second processor begins. */
	.globl	ap_start, ap_start_end
	.code16
ap_start:
	cli
	cld
	xor	%ax, %ax
	mov	%ax, %ds
	lgdtl	ap_gdtr - ap_start + 0x8000
	mov	$1, %eax
	mov	%eax, %cr0
	ljmpl	$0x20, $ap_32
	.balign	8
ap_gdtr:
	.word	0x27
	.long	boot_gdt
ap_start_end:
	.code32
ap_32:
	mov	$0x18, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$1, %edi
	jmp	to_long

	.balign	4096
boot_pml4:	.skip	4096
boot_pdpt_low:	.skip	4096
boot_pdpt_high:	.skip	4096
boot_pd:	.skip	4 * 4096

	.bss
	.balign	4096
	.skip	16384
	.globl	boot_stack_end, ap_stack
boot_stack_end:
	.skip	16
ap_stack:
	.skip	8

	.section .note.GNU-stack, "", @progbits
