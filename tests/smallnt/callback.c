// SPDX-License-Identifier: GPL-2.0
/*
 * NT's callback objects, as far as there is one: \Callback\PowerState. NT's sleep.
 */
#include "smallnt.h"

#define STATE_LOCK	3	/* PO_CB_SYSTEM_STATE_LOCK */

static void *power_state;
static PCALLBACK_FUNCTION routine;
static PVOID routine_context;

NTSTATUS ExCreateCallback(PCALLBACK_OBJECT *object, POBJECT_ATTRIBUTES attributes,
			  BOOLEAN create, BOOLEAN several)
{
	static const WCHAR name[] = L"\\Callback\\PowerState";
	UNICODE_STRING *wanted = attributes->ObjectName;

	if (wanted->Length != sizeof(name) - sizeof(WCHAR) ||
	    memcmp(wanted->Buffer, name, wanted->Length))
		return STATUS_OBJECT_NAME_NOT_FOUND;
	if (!power_state)
		power_state = object_make(OBJECT_CALLBACK, 0, NULL);
	if (!power_state)
		return STATUS_INSUFFICIENT_RESOURCES;
	object_get(power_state);
	*object = power_state;
	return STATUS_SUCCESS;
}

PVOID ExRegisterCallback(PCALLBACK_OBJECT object, PCALLBACK_FUNCTION function,
			 PVOID context)
{
	if (!object || (void *)object != power_state)
		bugcheck("ExRegisterCallback of %p, which is no callback object",
			 object);
	if (routine)
		bugcheck("ExRegisterCallback: one at a time here");
	routine_context = context;
	routine = function;
	return &routine;
}

VOID ExUnregisterCallback(PVOID registration)
{
	if (registration != &routine || !routine)
		bugcheck("ExUnregisterCallback of %p", registration);
	routine = NULL;
}

/* After the driver has gone. */
void callback_report(void)
{
	if (routine)
		bugcheck("the driver wants to be told of a sleep yet");
	if (!power_state)
		return;
	if (object_of(power_state)->references != 1)
		bugcheck("the driver left a callback object behind");
	object_put(power_state);
	power_state = NULL;
}

/* NT sleeps: no tick of its clock, but the time of day goes on. */
bool nt_sleep(u64 seconds)
{
	if (!routine)
		return false;
	routine(routine_context, (PVOID)STATE_LOCK, (PVOID)0);
	clock_slept(seconds);
	routine(routine_context, (PVOID)STATE_LOCK, (PVOID)1);
	return true;
}
