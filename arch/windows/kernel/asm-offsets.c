// SPDX-License-Identifier: GPL-2.0
/* Offsets of structure members for the assembly files. */
#define COMPILE_OFFSETS
#include <linux/kbuild.h>
#include <linux/sched.h>
#include <linux/stddef.h>
#include <asm/ptrace.h>
#include <wsl4/host.h>

int main(void)
{
	OFFSET(TASK_SP, task_struct, thread.sp);
	OFFSET(VCPU_NT_RSP, wsl4_vcpu, nt_rsp);
	OFFSET(VCPU_DISPATCH, wsl4_vcpu, dispatch);
	DEFINE(PT_REGS_SIZE, sizeof(struct pt_regs));
	return 0;
}
