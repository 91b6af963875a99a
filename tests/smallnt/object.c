// SPDX-License-Identifier: GPL-2.0
/*
 * Objects and handles.
 */
#include "smallnt.h"

#define MAGIC		0x6a626f21
#define OBJECT_TAG	0x204a424f	/* "OBJ " */
#define MAX_HANDLES	1024
#define HANDLE_BITS	0xffffffff80000000ull

static void *handles[MAX_HANDLES];
static struct lock handles_lock;
static u32 open_handles;

void *object_make(enum object_kind kind, u64 bytes, void (*destroy)(void *))
{
	/* 64: a thread's FPU state keeps its alignment. */
	u8 *p = pool_get(false, 64 + sizeof(struct object) + bytes + 64,
			 OBJECT_TAG);
	struct object *o;
	u8 *body;

	if (!p)
		return NULL;
	memset(p, 0, 64 + sizeof(struct object) + bytes + 64);
	body = (u8 *)(((u64)p + sizeof(u64) + sizeof(*o) + 63) & ~63ull);
	o = (struct object *)body - 1;
	((void **)o)[-1] = p;
	o->magic = MAGIC;
	o->kind = kind;
	o->references = 1;
	o->destroy = destroy;
	return body;
}

struct object *object_of(void *body)
{
	struct object *o = (struct object *)body - 1;

	if (!body || !MmIsAddressValid(o) || o->magic != MAGIC)
		bugcheck("%p is no object", body);
	return o;
}

void object_get(void *body)
{
	InterlockedIncrement(&object_of(body)->references);
}

void object_put(void *body)
{
	struct object *o = object_of(body);
	LONG left = InterlockedDecrement(&o->references);

	if (left < 0)
		bugcheck("object %p is dereferenced too often", body);
	if (left)
		return;
	if (o->destroy)
		o->destroy(body);
	o->magic = 0;
	pool_put(((void **)o)[-1]);
}

NTSTATUS handle_make(void *body, HANDLE *handle)
{
	u64 flags = lock_take(&handles_lock);
	static u32 next;
	u32 i, at;

	for (i = 0; i < MAX_HANDLES; i++) {
		at = next++ % MAX_HANDLES;
		if (handles[at])
			continue;
		handles[at] = body;
		open_handles++;
		lock_drop(&handles_lock, flags);
		object_get(body);
		InterlockedIncrement(&object_of(body)->handles);
		*handle = (HANDLE)(HANDLE_BITS | (at + 1) * 4);
		return STATUS_SUCCESS;
	}
	bugcheck("more than %u handles", MAX_HANDLES);
}

static u32 handle_index(HANDLE handle)
{
	u64 h = (u64)handle;

	if ((h & HANDLE_BITS) != HANDLE_BITS || h & 3 ||
	    (h & ~HANDLE_BITS) / 4 - 1 >= MAX_HANDLES)
		return MAX_HANDLES;
	return (h & ~HANDLE_BITS) / 4 - 1;
}

/* NT stops at a bad kernel handle, too (in ZwClose at the latest). */
void *handle_body(HANDLE handle, enum object_kind kind)
{
	u32 i = handle_index(handle);
	u64 flags = lock_take(&handles_lock);
	void *body = i < MAX_HANDLES ? handles[i] : NULL;

	lock_drop(&handles_lock, flags);
	if (!body)
		bugcheck("handle %p is not open", handle);
	if (kind && object_of(body)->kind != kind)
		return NULL;
	object_get(body);
	return body;
}

u32 handles_open(void)
{
	return open_handles;
}

/* -------------------------------------------------------------- routines -- */

NTSTATUS ZwClose(HANDLE handle)
{
	u32 i = handle_index(handle);
	u64 flags = lock_take(&handles_lock);
	struct object *o;
	void *body = NULL;

	if (i < MAX_HANDLES) {
		body = handles[i];
		handles[i] = NULL;
	}
	lock_drop(&handles_lock, flags);
	if (!body)
		bugcheck("ZwClose of handle %p, which is not open", handle);
	open_handles--;
	o = object_of(body);
	if (!InterlockedDecrement(&o->handles) && o->closed)
		o->closed(body);
	object_put(body);
	return STATUS_SUCCESS;
}

static bool type_fits(void *body, POBJECT_TYPE type);

/* The types that drivers know, by the addresses of these. */
static u64 type_objects[NR_OBJECT_KINDS];
u64 nt_PsThreadType = (u64)&type_objects[OBJECT_THREAD];
u64 nt_ExEventObjectType = (u64)&type_objects[OBJECT_EVENT];
u64 nt_IoFileObjectType = (u64)&type_objects[OBJECT_FILE];

static bool type_fits(void *body, POBJECT_TYPE type)
{
	return !type || (u64)type == (u64)&type_objects[object_of(body)->kind];
}

NTSTATUS ObReferenceObjectByHandle(HANDLE handle, ACCESS_MASK access,
				   POBJECT_TYPE type, KPROCESSOR_MODE mode,
				   PVOID *object,
				   POBJECT_HANDLE_INFORMATION information)
{
	void *body;

	if (handle == (HANDLE)-2) {
		body = this_thread();
		object_get(body);
	} else {
		body = handle_body(handle, 0);
	}
	if (!type_fits(body, type)) {
		object_put(body);
		return STATUS_OBJECT_TYPE_MISMATCH;
	}
	*object = body;
	return STATUS_SUCCESS;
}

NTSTATUS ObOpenObjectByPointer(PVOID object, ULONG attributes,
			       PACCESS_STATE state, ACCESS_MASK access,
			       POBJECT_TYPE type, KPROCESSOR_MODE mode,
			       PHANDLE handle)
{
	if (!type_fits(object, type))
		return STATUS_OBJECT_TYPE_MISMATCH;
	return handle_make(object, handle);
}

LONG_PTR ObfReferenceObject(PVOID object)
{
	object_get(object);
	return object_of(object)->references;
}

LONG_PTR ObfDereferenceObject(PVOID object)
{
	LONG left = object_of(object)->references - 1;

	object_put(object);
	return left;
}

NTSTATUS ZwCreateEvent(PHANDLE handle, ACCESS_MASK access,
		       POBJECT_ATTRIBUTES attributes, EVENT_TYPE type,
		       BOOLEAN state)
{
	KEVENT *event;
	NTSTATUS status;

	if (attributes && attributes->ObjectName)
		bugcheck("ZwCreateEvent with a name: not implemented");
	event = object_make(OBJECT_EVENT, sizeof(*event), NULL);
	if (!event)
		return STATUS_INSUFFICIENT_RESOURCES;
	KeInitializeEvent(event, type, state);
	status = handle_make(event, handle);
	object_put(event);
	return status;
}

NTSTATUS ZwSetEvent(HANDLE handle, PLONG before)
{
	KEVENT *event = handle_body(handle, OBJECT_EVENT);
	LONG was;

	if (!event)
		return STATUS_OBJECT_TYPE_MISMATCH;
	was = KeSetEvent(event, 0, FALSE);
	if (before)
		*before = was;
	object_put(event);
	return STATUS_SUCCESS;
}

NTSTATUS ZwWaitForSingleObject(HANDLE handle, BOOLEAN alertable,
			       PLARGE_INTEGER timeout)
{
	void *body = handle_body(handle, 0), *object = body;
	NTSTATUS status;

	if (object_of(body)->kind == OBJECT_FILE)
		object = &((FILE_OBJECT *)body)->Event;
	status = KeWaitForSingleObject(object, UserRequest, KernelMode,
				       alertable, timeout);
	object_put(body);
	return status;
}

/* Checked for sense, not kept: nobody here is not an administrator. */
NTSTATUS ZwSetSecurityObject(HANDLE handle, SECURITY_INFORMATION what,
			     PSECURITY_DESCRIPTOR descriptor)
{
	SECURITY_DESCRIPTOR *d = descriptor;
	void *body = handle_body(handle, 0);

	object_put(body);
	if (d->Revision != SECURITY_DESCRIPTOR_REVISION)
		return STATUS_UNKNOWN_REVISION;
	return STATUS_SUCCESS;
}
