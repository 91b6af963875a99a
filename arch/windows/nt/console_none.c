// SPDX-License-Identifier: GPL-2.0
/*
 * Stands in for the console bridge in a driver that is built without it.
 */
#include "nt.h"

NTSTATUS console_nt_init(void)
{
	return STATUS_SUCCESS;
}

void console_nt_unload(void)
{
}

wsl4_s64 console_nt_call(struct wsl4_vcpu *vcpu, wsl4_u64 call,
			 const wsl4_u64 *args)
{
	(void)vcpu;
	(void)call;
	(void)args;
	return -LINUX_ENOSYS;
}

void console_nt_linux_stopped(void)
{
}
