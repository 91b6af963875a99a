/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_ELF_H
#define _ASM_WINDOWS_ELF_H

/*
 * Programs are x86-64's: what execve() tells them and what core files hold.
 */
#include <linux/sched.h>
#include <linux/personality.h>
#include <asm/auxvec.h>
#include <asm/hwcap2.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/user.h>
#include <asm/user_abi.h>

typedef unsigned long elf_greg_t;

#define ELF_NGREG (sizeof(struct user_regs_struct) / sizeof(elf_greg_t))
typedef elf_greg_t elf_gregset_t[ELF_NGREG];

typedef struct user_i387_struct elf_fpregset_t;

#define ELF_CLASS	ELFCLASS64
#define ELF_DATA	ELFDATA2LSB
#define ELF_ARCH	EM_X86_64

#define elf_check_arch(x)	((x)->e_machine == EM_X86_64)

#define CORE_DUMP_USE_REGSET
#define ELF_EXEC_PAGESIZE	4096

/* Above 4 GiB, clear of the heap below and of mmap() above. */
#define ELF_ET_DYN_BASE		(TASK_SIZE_MAX / 3 * 2)

#define ELF_PLATFORM		("x86_64")
#define ELF_HWCAP		(elf_hwcap)
#define ELF_HWCAP2		(elf_hwcap2)
extern u32 elf_hwcap;
extern u32 elf_hwcap2;

/* A stack moves within 16 GiB. */
#define STACK_RND_MASK		(0x3fffff)

#define SET_PERSONALITY(ex)						\
	(current->personality &= ~READ_IMPLIES_EXEC)

/* A new program finds its stack pointer alone; ax is execve()'s result. */
static inline void elf_plat_init(struct pt_regs *regs)
{
	struct pt_regs fresh = {
		.ax = regs->ax,
		.orig_ax = regs->orig_ax,
		.cs = __USER_CS,
		.ss = __USER_DS,
	};

	*regs = fresh;
}

#define ELF_PLAT_INIT(regs, load_addr)	elf_plat_init(regs)

#ifdef CONFIG_WSL4_VDSO
struct linux_binprm;

#define ARCH_HAS_SETUP_ADDITIONAL_PAGES 1
int arch_setup_additional_pages(struct linux_binprm *bprm, int uses_interp);
#endif

/* AT_VECTOR_SIZE_ARCH counts these. */
#define ARCH_DLINFO							\
do {									\
	if (current->mm->context.vdso)					\
		NEW_AUX_ENT(AT_SYSINFO_EHDR,				\
			    (unsigned long)current->mm->context.vdso);	\
	NEW_AUX_ENT(AT_MINSIGSTKSZ, get_sigframe_size());		\
} while (0)

#endif /* _ASM_WINDOWS_ELF_H */
