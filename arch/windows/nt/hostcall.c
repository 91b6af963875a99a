// SPDX-License-Identifier: GPL-2.0
/*
 * Host calls: what the Linux half asks of NT.
 */
#include "core.h"

static s64 call_log(struct wsl4_vcpu *vcpu, u64 bytes)
{
	if (bytes > WSL4_MAILBOX_SIZE)
		return -LINUX_EINVAL;
	log_write((const char *)vcpu->mailbox, bytes);
	return 0;
}

static s64 call_random(struct wsl4_vcpu *vcpu, u64 bytes)
{
	if (bytes > WSL4_MAILBOX_SIZE)
		return -LINUX_EINVAL;
	return random_fill(vcpu->mailbox, bytes) ? 0 : -LINUX_EIO;
}

wsl4_s64 hostcall_dispatch(struct wsl4_vcpu *vcpu, wsl4_u64 call,
			   const wsl4_u64 *args)
{
	nt_assert_thread();
	vcpu_check_killed();
	switch (call) {
	case HOST_LOG:
		return call_log(vcpu, args[0]);
	case HOST_TIMER:
		block_nt_look();
		timer_arm(args[0]);
		return 0;
	case HOST_IDLE:
		vcpu_idle(vcpu);
		return 0;
	case HOST_CLOCK:
		return clock_wall();
	case HOST_MONOTONIC:
		return clock_now();
	case HOST_RANDOM:
		return call_random(vcpu, args[0]);
	case HOST_STOP:
		return vcpu_stop(vcpu, args[0], args[1]);
	case HOST_SLEEP:
		return sleep_nt_call(vcpu, args[0]);
	case HOST_BLOCK_INFO:
	case HOST_BLOCK_SUBMIT:
	case HOST_BLOCK_REAP:
	case HOST_BLOCK_DETACH:
	case HOST_BLOCK_COMMIT:
		return block_nt_call(vcpu, call, args);
	case HOST_EXPORT_ADD:
	case HOST_EXPORT_RELEASE:
	case HOST_EXPORT_REMOVE:
	case HOST_EXPORT_NEXT:
	case HOST_EXPORT_DONE:
	case HOST_EXPORT_RESIZE:
		return export_nt_call(vcpu, call, args);
	}
	if (call >= HOST_CONSOLE_EVENT)
		return console_nt_call(vcpu, call, args);
	return -LINUX_ENOSYS;
}
