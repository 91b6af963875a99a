// SPDX-License-Identifier: GPL-2.0
/* Offsets of structure members for the assembly files. */
#define COMPILE_OFFSETS
#include <linux/kbuild.h>
#include <linux/sched.h>
#include <linux/stddef.h>
#include <asm/ptrace.h>
#include <wsl4/host.h>
#include "../engine/ring0/world.h"

int main(void)
{
	OFFSET(TASK_SP, task_struct, thread.sp);
	OFFSET(VCPU_NT_RSP, wsl4_vcpu, nt_rsp);
	OFFSET(VCPU_DISPATCH, wsl4_vcpu, dispatch);
	DEFINE(PT_REGS_SIZE, sizeof(struct pt_regs));

	OFFSET(WORLD_SELF, ring0_world, self);
	OFFSET(WORLD_KERNEL_SP, ring0_world, kernel_sp);
	OFFSET(WORLD_USER_SP, ring0_world, user_sp);
	OFFSET(WORLD_RUN_SP, ring0_world, run_sp);
	OFFSET(WORLD_REASON, ring0_world, reason);
	OFFSET(WORLD_VECTOR, ring0_world, vector);
	OFFSET(WORLD_CALL_NR, ring0_world, call);
	OFFSET(WORLD_ARGS, ring0_world, args);
	OFFSET(WORLD_RESULT, ring0_world, result);
	OFFSET(WORLD_VCPU, ring0_world, vcpu);
	OFFSET(WORLD_DISPATCH, ring0_world, dispatch);
	OFFSET(WORLD_LATE, ring0_world, late);
	OFFSET(WORLD_LATE_IP, ring0_world, late_ip);
	OFFSET(WORLD_LATE_SP, ring0_world, late_sp);
	OFFSET(WORLD_NMI_STACK, ring0_world, nmi_stack);
	OFFSET(WORLD_NT, ring0_world, nt);
	OFFSET(WORLD_OWN, ring0_world, own);
	OFFSET(WORLD_HANDED_ON, ring0_world, handed_on);
	OFFSET(WORLD_GDT, ring0_world, gdt);
	OFFSET(STATE_SP, world_state, sp);
	OFFSET(STATE_CR3, world_state, cr3);
	OFFSET(STATE_FS_BASE, world_state, fs_base);
	OFFSET(STATE_GS_BASE, world_state, gs_base);
	OFFSET(STATE_KERNEL_GS_BASE, world_state, kernel_gs_base);
	OFFSET(STATE_LSTAR, world_state, lstar);
	OFFSET(STATE_CSTAR, world_state, cstar);
	OFFSET(STATE_SFMASK, world_state, sfmask);
	OFFSET(STATE_DS, world_state, ds);
	OFFSET(STATE_ES, world_state, es);
	OFFSET(STATE_FS, world_state, fs);
	OFFSET(STATE_GS, world_state, gs);
	OFFSET(STATE_SS, world_state, ss);
	OFFSET(STATE_TR, world_state, tr);
	OFFSET(STATE_GDTR, world_state, gdtr);
	OFFSET(STATE_IDTR, world_state, idtr);
	return 0;
}
