// SPDX-License-Identifier: GPL-2.0
/*
 * NT goes to sleep or hibernates: Linux is told before and after, by the callback
 * object \Callback\PowerState, while disks still work. Wine has none.
 */
#include "core.h"

#define REST_SECONDS	30	/* programs may take 20 of them to freeze */
#define STATE_LOCK	3	/* PO_CB_SYSTEM_STATE_LOCK */

typedef NTSTATUS (NTAPI *create_t)(PCALLBACK_OBJECT *object,
				   POBJECT_ATTRIBUTES attributes, BOOLEAN create,
				   BOOLEAN several);
typedef PVOID (NTAPI *register_t)(PCALLBACK_OBJECT object,
				  PCALLBACK_FUNCTION routine, PVOID context);
typedef VOID (NTAPI *unregister_t)(PVOID registration);

static PCALLBACK_OBJECT object;
static PVOID registration;
static KEVENT at_rest;		/* Linux is, or will not be */
static KEVENT awake;		/* NT is */

static void before_sleep(void)
{
	LARGE_INTEGER timeout;

	if (nt_linux_state() != LINUX_RUNNING)
		return;
	KeClearEvent(&at_rest);
	KeClearEvent(&awake);
	nt_raise_irq(WSL4_IRQ_SLEEP);
	/* The documentation only says that it is not above DISPATCH_LEVEL. */
	if (KeGetCurrentIrql() != PASSIVE_LEVEL)
		return;
	nt_log("Windows goes to sleep");
	timeout.QuadPart = -10000000ll * REST_SECONDS;
	if (KeWaitForSingleObject(&at_rest, Executive, KernelMode, FALSE,
				  &timeout) == STATUS_TIMEOUT)
		nt_log("Linux was not at rest after %u seconds", REST_SECONDS);
}

static VOID NTAPI power_state(PVOID context, PVOID what, PVOID how)
{
	(void)context;
	nt_assert_irql(PASSIVE_LEVEL, DISPATCH_LEVEL);
	if ((ULONG_PTR)what != STATE_LOCK)
		return;
	if (how)	/* working again */
		KeSetEvent(&awake, IO_NO_INCREMENT, FALSE);
	else
		before_sleep();
}

s64 sleep_nt_call(struct wsl4_vcpu *vcpu, u64 rests)
{
	LARGE_INTEGER timeout;

	KeSetEvent(&at_rest, IO_NO_INCREMENT, FALSE);
	if (!rests)
		return 0;
	/* A sleep that NT has called off may have no end: a shutdown is one. */
	timeout.QuadPart = -10000000ll;
	while (!vcpu->given_up && nt_linux_state() == LINUX_RUNNING &&
	       KeWaitForSingleObject(&awake, Executive, KernelMode, FALSE,
				     &timeout) == STATUS_TIMEOUT)
		;
	return 0;
}

static NTSTATUS register_callback(void)
{
	create_t create = nt_routine(L"ExCreateCallback");
	register_t ask = nt_routine(L"ExRegisterCallback");
	OBJECT_ATTRIBUTES attributes;
	UNICODE_STRING name;
	NTSTATUS status;

	if (!create || !ask)
		return STATUS_NOT_SUPPORTED;
	RtlInitUnicodeString(&name, L"\\Callback\\PowerState");
	InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE,
				   NULL, NULL);
	status = create(&object, &attributes, FALSE, TRUE);
	if (!NT_SUCCESS(status)) {
		object = NULL;
		return status;
	}
	registration = ask(object, power_state, NULL);
	return registration ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

void sleep_nt_init(void)
{
	NTSTATUS status;

	KeInitializeEvent(&at_rest, NotificationEvent, FALSE);
	KeInitializeEvent(&awake, NotificationEvent, TRUE);
	if (nt_under_wine)
		return;
	status = register_callback();
	if (!NT_SUCCESS(status))
		nt_log("Windows does not tell when it sleeps (status %08x): sync the disks before",
		       (unsigned int)status);
}

void sleep_nt_exit(void)
{
	unregister_t forget = nt_routine(L"ExUnregisterCallback");

	if (registration && forget)
		forget(registration);
	if (object)
		ObDereferenceObject(object);
	registration = NULL;
	object = NULL;
}
