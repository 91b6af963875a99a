// SPDX-License-Identifier: GPL-2.0
/*
 * linux.sys as NT sees it: its start and its end.
 */
#include "core.h"
#include "device.h"
#include "irp.h"

#define UP_SECONDS	2	/* how long a refusal may take */

BOOLEAN nt_under_wine;

static KSPIN_LOCK state_lock;
static volatile enum linux_state state;
static char state_message[NT_MESSAGE_SIZE];

enum linux_state nt_linux_state(void)
{
	return state;
}

void nt_linux_message(char *buffer, size_t size)
{
	KIRQL irql;
	size_t i;

	if (!size)
		return;
	KeAcquireSpinLock(&state_lock, &irql);
	for (i = 0; i + 1 < size && state_message[i]; i++)
		buffer[i] = state_message[i];
	KeReleaseSpinLock(&state_lock, irql);
	buffer[i] = '\0';
}

/* An end is final, but for a restart; a shutdown asked for stays asked for. */
static BOOLEAN may_change(enum linux_state to)
{
	if (to == LINUX_RUNNING)
		return state == LINUX_STARTING;
	if (to == LINUX_STOPPING)
		return state <= LINUX_STOPPING;
	return TRUE;
}

void nt_set_state(enum linux_state to, const char *message, size_t bytes)
{
	size_t i = 0;
	KIRQL irql;

	KeAcquireSpinLock(&state_lock, &irql);
	if (may_change(to)) {
		state = to;
		if (message) {
			for (; i < bytes && i + 1 < NT_MESSAGE_SIZE; i++) {
				if (!message[i] || message[i] == '\n')
					break;
				state_message[i] = message[i];
			}
			state_message[i] = '\0';
		}
	}
	KeReleaseSpinLock(&state_lock, irql);
}

void *nt_routine(const WCHAR *name)
{
	UNICODE_STRING string;

	RtlInitUnicodeString(&string, name);
	return MmGetSystemRoutineAddress(&string);
}

static BOOLEAN in_user_mode(void)
{
	u16 cs;

	asm volatile("mov %%cs, %0" : "=r" (cs));
	return (cs & 3) != 0;
}

static VOID NTAPI driver_unload(PDRIVER_OBJECT driver)
{
	(void)driver;
	nt_assert_thread();
	power_nt_exit();
	sleep_nt_exit();
	nt_request_shutdown();
	vcpu_join();
	export_nt_unload();
	console_nt_unload();
	irp_exit();
	block_nt_exit();
	log_exit();
	params_free();
}

/* Start everything behind the parameters; undo it where one step fails. */
static NTSTATUS start(PDRIVER_OBJECT driver)
{
	NTSTATUS status;

	status = block_nt_init();
	if (!NT_SUCCESS(status))
		return status;
	irp_init();
	device_init(driver);
	status = console_nt_init();
	if (!NT_SUCCESS(status)) {
		nt_log("no control device (status %08x)", (unsigned int)status);
		goto no_console;
	}
	sleep_nt_init();
	status = vcpu_start();
	if (!NT_SUCCESS(status))
		goto no_vcpu;
	vcpu_wait_up(UP_SECONDS);
	if (state != LINUX_REFUSED) {
		power_nt_init(driver);
		return STATUS_SUCCESS;
	}
	vcpu_join();
	status = STATUS_UNSUCCESSFUL;
no_vcpu:
	sleep_nt_exit();
	console_nt_unload();
no_console:
	irp_exit();
	block_nt_exit();
	return status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING service);

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING service)
{
	NTSTATUS status;

	nt_under_wine = in_user_mode();
	KeInitializeSpinLock(&state_lock);
	debug_init();
	clock_init();
	log_init();
	status = params_read(service);
	if (NT_SUCCESS(status))
		status = vcpu_find_linux();
	if (NT_SUCCESS(status))
		status = start(driver);
	if (!NT_SUCCESS(status)) {
		log_exit();
		params_free();
		return status;
	}
	driver->DriverUnload = driver_unload;
	return STATUS_SUCCESS;
}
