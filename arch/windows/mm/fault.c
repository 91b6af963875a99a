// SPDX-License-Identifier: GPL-2.0
/*
 * Page faults of programs, and of the kernel on their behalf.
 */
#include <linux/mm.h>
#include <linux/perf_event.h>
#include <linux/pgtable.h>
#include <linux/sched/signal.h>
#include <asm/engine.h>
#include <asm/mm_fault.h>
#include <asm/trap_pf.h>
#include <asm/user_loop.h>

/*
 * The page tables allow it already: the engine only has not seen it yet, or the
 * processor has an older entry.
 */
static bool tlb_miss(struct mm_struct *mm, unsigned long addr, bool write,
		     bool exec)
{
	bool hit = false;
	pte_t *ptep, pte;

	ptep = user_pte(mm, addr);
	if (!ptep)
		return false;
	pte = ptep_get(ptep);
	if (pte_allows(pte, write, exec)) {
		pte = pte_mkyoung(pte);
		if (write)
			pte = pte_mkdirty(pte);
		set_pte(ptep, pte);
		if (engine->map)
			map_around(mm, addr, ptep);
		else
			engine->unmap(mm, addr & PAGE_MASK, PAGE_SIZE);
		hit = true;
	}
	return hit;
}

static bool access_error(struct vm_area_struct *vma, unsigned int flags)
{
	if (flags & FAULT_FLAG_WRITE)
		return !(vma->vm_flags & VM_WRITE);
	if (flags & FAULT_FLAG_INSTRUCTION)
		return !(vma->vm_flags & VM_EXEC);
	return !vma_is_accessible(vma);
}

static void fault_signal(struct pt_regs *regs, int sig, int code,
			 unsigned long addr)
{
	force_sig_fault(sig, code, (void __user *)addr);
}

/* The lock is dropped, and a signal says not to try again. */
static bool interrupted(vm_fault_t fault, struct pt_regs *regs)
{
	if (regs)
		return fault_signal_pending(fault, regs);
	return (fault & VM_FAULT_RETRY) && fatal_signal_pending(current);
}

/**
 * user_fault() - bring a user page in
 * @regs: the program's registers when the program itself faulted, else NULL
 * @addr: where
 * @flags: FAULT_FLAG_USER, _WRITE, _INSTRUCTION
 *
 * Context: process context, may sleep, mmap lock not held.
 * Return: 0; or -EFAULT, after a signal was sent when @regs is given.
 */
int user_fault(struct pt_regs *regs, unsigned long addr, unsigned int flags)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	vm_fault_t fault;
	int code = SEGV_MAPERR;

	flags |= FAULT_FLAG_DEFAULT;
	perf_sw_event(PERF_COUNT_SW_PAGE_FAULTS, 1, regs, addr);
retry:
	vma = lock_mm_and_find_vma(mm, addr, regs ?: current_pt_regs());
	if (!vma)
		goto segv;
	if (access_error(vma, flags)) {
		mmap_read_unlock(mm);
		code = SEGV_ACCERR;
		goto segv;
	}
	fault = handle_mm_fault(vma, addr, flags, regs);
	if (interrupted(fault, regs))
		return -EFAULT;
	if (fault & VM_FAULT_COMPLETED)
		return 0;
	if (fault & VM_FAULT_RETRY) {
		flags |= FAULT_FLAG_TRIED;
		goto retry;
	}
	mmap_read_unlock(mm);
	if (likely(!(fault & VM_FAULT_ERROR)))
		return 0;
	if (fault & VM_FAULT_OOM) {
		if (regs)
			pagefault_out_of_memory();
		return -EFAULT;
	}
	if (regs && (fault & (VM_FAULT_SIGBUS | VM_FAULT_HWPOISON |
			      VM_FAULT_HWPOISON_LARGE)))
		fault_signal(regs, SIGBUS, BUS_ADRERR, addr);
	else if (regs)
		fault_signal(regs, SIGSEGV, SEGV_MAPERR, addr);
	return -EFAULT;
segv:
	if (regs)
		fault_signal(regs, SIGSEGV, code, addr);
	return -EFAULT;
}

void do_user_page_fault(struct pt_regs *regs, unsigned long error,
			unsigned long addr)
{
	unsigned int flags = FAULT_FLAG_USER;
	bool write = error & X86_PF_WRITE;
	bool exec = error & X86_PF_INSTR;

	if (addr >= TASK_SIZE_MAX) {
		fault_signal(regs, SIGSEGV, SEGV_MAPERR, addr);
		return;
	}
	if (tlb_miss(current->mm, addr, write, exec))
		return;
	if (write)
		flags |= FAULT_FLAG_WRITE;
	if (exec)
		flags |= FAULT_FLAG_INSTRUCTION;
	user_fault(regs, addr, flags);
}
