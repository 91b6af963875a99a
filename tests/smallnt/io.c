// SPDX-License-Identifier: GPL-2.0
/*
 * The I/O manager: devices, links, IRPs, and a way for this kernel's own
 * programs to use a device.
 */
#include "smallnt.h"

#define IO_TAG		0x20206f49	/* "Io  " */
#define MAX_DEVICES	16

struct name_entry {
	WCHAR buffer[128];
	UNICODE_STRING name;
	DEVICE_OBJECT *device;
	WCHAR target_buffer[128];
	UNICODE_STRING target;		/* a link's */
	bool used;
};

static struct name_entry names[MAX_DEVICES];
static KSPIN_LOCK cancel_lock;
static u32 irps_alive;

/* What the I/O manager keeps about an IRP of its own. */
struct own_irp {
	KEVENT done;
	IO_STATUS_BLOCK result;
};

static void copy_name(UNICODE_STRING *to, WCHAR *buffer,
		      const UNICODE_STRING *from)
{
	if (from->Length > 126 * 2)
		bugcheck("a name of %u bytes", from->Length);
	memcpy(buffer, from->Buffer, from->Length);
	buffer[from->Length / 2] = 0;
	to->Buffer = buffer;
	to->Length = from->Length;
	to->MaximumLength = from->Length + 2;
}

static bool same(const UNICODE_STRING *a, const UNICODE_STRING *b)
{
	char text[130];
	u32 i;

	for (i = 0; i < b->Length / 2u && i < 128; i++)
		text[i] = b->Buffer[i];
	text[i] = 0;
	return wide_equal(a, text);
}

/* \DosDevices\ and \??\ are one directory. */
static void canonical(UNICODE_STRING *out, WCHAR *buffer,
		      const UNICODE_STRING *name)
{
	static const char prefix[] = "\\DosDevices\\";
	UNICODE_STRING head = *name;
	u32 n = sizeof(prefix) - 1;

	copy_name(out, buffer, name);
	head.Length = n * 2;
	if (name->Length < n * 2 || !wide_equal(&head, prefix))
		return;
	memcpy(buffer, L"\\??\\", 8);
	memmove(buffer + 4, buffer + n, name->Length - n * 2 + 2);
	out->Length = name->Length - (n - 4) * 2;
}

static struct name_entry *find_name(const UNICODE_STRING *name)
{
	UNICODE_STRING wanted;
	WCHAR buffer[128];
	u32 i;

	canonical(&wanted, buffer, name);
	for (i = 0; i < MAX_DEVICES; i++)
		if (names[i].used && same(&names[i].name, &wanted))
			return &names[i];
	return NULL;
}

static struct name_entry *add_name(const UNICODE_STRING *name)
{
	u32 i;

	for (i = 0; i < MAX_DEVICES; i++) {
		if (names[i].used)
			continue;
		canonical(&names[i].name, names[i].buffer, name);
		names[i].used = true;
		names[i].device = NULL;
		return &names[i];
	}
	bugcheck("more than %u devices and links", MAX_DEVICES);
}

DEVICE_OBJECT *device_find(const UNICODE_STRING *name)
{
	struct name_entry *e = find_name(name);

	if (e && !e->device)
		e = find_name(&e->target);
	return e ? e->device : NULL;
}

NTSTATUS IoCreateDevice(PDRIVER_OBJECT driver, ULONG extension,
			PUNICODE_STRING name, DEVICE_TYPE type,
			ULONG characteristics, BOOLEAN exclusive,
			PDEVICE_OBJECT *device)
{
	DEVICE_OBJECT *d;

	if (name && find_name(name))
		return STATUS_OBJECT_NAME_COLLISION;
	d = object_make(OBJECT_DEVICE, sizeof(*d) + extension, NULL);
	if (!d)
		return STATUS_INSUFFICIENT_RESOURCES;
	d->Type = 3;
	d->Size = sizeof(*d) + extension;
	d->DriverObject = driver;
	d->DeviceExtension = extension ? d + 1 : NULL;
	d->DeviceType = type;
	d->Characteristics = characteristics;
	d->StackSize = 1;
	d->Flags = DO_DEVICE_INITIALIZING | (exclusive ? DO_EXCLUSIVE : 0);
	d->NextDevice = driver->DeviceObject;
	driver->DeviceObject = d;
	if (name)
		add_name(name)->device = d;
	*device = d;
	return STATUS_SUCCESS;
}

VOID IoDeleteDevice(PDEVICE_OBJECT device)
{
	DEVICE_OBJECT **p = &device->DriverObject->DeviceObject;
	u32 i;

	while (*p && *p != device)
		p = &(*p)->NextDevice;
	if (!*p)
		bugcheck("IoDeleteDevice of %p, which is no device", device);
	*p = device->NextDevice;
	for (i = 0; i < MAX_DEVICES; i++)
		if (names[i].used && names[i].device == device)
			names[i].used = false;
	object_put(device);
}

NTSTATUS IoCreateSymbolicLink(PUNICODE_STRING link, PUNICODE_STRING target)
{
	struct name_entry *e;

	if (find_name(link))
		return STATUS_OBJECT_NAME_COLLISION;
	e = add_name(link);
	canonical(&e->target, e->target_buffer, target);
	return STATUS_SUCCESS;
}

NTSTATUS IoDeleteSymbolicLink(PUNICODE_STRING link)
{
	struct name_entry *e = find_name(link);

	if (!e || e->device)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	e->used = false;
	return STATUS_SUCCESS;
}

/* --------------------------------------------------------- NT's shutdown -- */

static DEVICE_OBJECT *to_tell[MAX_DEVICES];

NTSTATUS IoRegisterShutdownNotification(PDEVICE_OBJECT device)
{
	u32 i;

	for (i = 0; i < MAX_DEVICES; i++) {
		if (to_tell[i])
			continue;
		to_tell[i] = device;
		return STATUS_SUCCESS;
	}
	return STATUS_INSUFFICIENT_RESOURCES;
}

VOID IoUnregisterShutdownNotification(PDEVICE_OBJECT device)
{
	u32 i;

	for (i = 0; i < MAX_DEVICES; i++)
		if (to_tell[i] == device)
			to_tell[i] = NULL;
}

/* After the driver has gone. */
void io_report(void)
{
	u32 i;

	for (i = 0; i < MAX_DEVICES; i++)
		if (to_tell[i])
			bugcheck("the driver wants to be told of a shutdown yet");
	for (i = 0; i < MAX_DEVICES; i++)
		if (names[i].used)
			bugcheck("the driver left the name %ls behind",
				 names[i].buffer);
	if (irps_alive)
		bugcheck("the driver left %u IRPs behind", irps_alive);
}

/* --------------------------------------------------------------- IRPs -- */

PIRP IoAllocateIrp(CCHAR stack, BOOLEAN quota)
{
	u64 bytes = sizeof(IRP) + stack * sizeof(IO_STACK_LOCATION);
	IRP *irp = pool_get(false, bytes, IO_TAG);

	if (!irp)
		return NULL;
	memset(irp, 0, bytes);
	irp->Type = IO_TYPE_IRP;
	irp->Size = bytes;
	irp->StackCount = stack;
	irp->CurrentLocation = stack + 1;
	irp->Tail.Overlay.CurrentStackLocation =
		(IO_STACK_LOCATION *)(irp + 1) + stack;
	InitializeListHead(&irp->ThreadListEntry);
	InterlockedIncrement((LONG *)&irps_alive);
	return irp;
}

VOID IoFreeIrp(PIRP irp)
{
	if (irp->Type != IO_TYPE_IRP)
		bugcheck("IoFreeIrp of %p, which is no IRP", irp);
	irp->Type = 0;
	InterlockedDecrement((LONG *)&irps_alive);
	pool_put(irp);
}

NTSTATUS IofCallDriver(PDEVICE_OBJECT device, PIRP irp)
{
	PDRIVER_DISPATCH routine;
	IO_STACK_LOCATION *s;
	KIRQL before = irql();
	NTSTATUS status;
	u8 major;

	if (irp->Type != IO_TYPE_IRP || irp->CurrentLocation <= 1)
		bugcheck("IoCallDriver: no IRP, or no stack location left");
	irp->CurrentLocation--;
	s = --irp->Tail.Overlay.CurrentStackLocation;
	s->DeviceObject = device;
	major = s->MajorFunction;
	if (major > IRP_MJ_MAXIMUM_FUNCTION)
		bugcheck("IoCallDriver: function %u", major);
	routine = device->DriverObject->MajorFunction[major];
	status = routine(device, irp);
	if (irql() != before)
		bugcheck("a dispatch routine (%u) has changed the IRQL to %u",
			 major, irql());
	check_state(NULL, "a dispatch routine's return");
	return status;
}

static bool wanted(IO_STACK_LOCATION *s, IRP *irp)
{
	if (irp->Cancel && (s->Control & SL_INVOKE_ON_CANCEL))
		return true;
	return s->Control & (NT_SUCCESS(irp->IoStatus.Status) ?
			     SL_INVOKE_ON_SUCCESS : SL_INVOKE_ON_ERROR);
}

static void finish_own(IRP *irp)
{
	struct own_irp *own = irp->Overlay.AsynchronousParameters.UserApcContext;

	if (!own) {
		if (irp->UserIosb)
			*irp->UserIosb = irp->IoStatus;
		if (irp->UserEvent)
			KeSetEvent(irp->UserEvent, 0, FALSE);
		return;
	}
	own->result = irp->IoStatus;
	KeSetEvent(&own->done, 0, FALSE);
}

VOID IofCompleteRequest(PIRP irp, CCHAR boost)
{
	IO_STACK_LOCATION *s;
	DEVICE_OBJECT *above;
	NTSTATUS status;

	if (irp->Type != IO_TYPE_IRP)
		bugcheck("IoCompleteRequest of %p, which is no IRP", irp);
	if (irp->CurrentLocation > irp->StackCount + 1)
		bugcheck("IRP %p is completed twice", irp);
	if (irp->IoStatus.Status == STATUS_PENDING)
		bugcheck("IRP %p is completed with STATUS_PENDING", irp);
	if (irp->CancelRoutine)
		bugcheck("IRP %p is completed with a cancel routine", irp);
	while (irp->CurrentLocation <= irp->StackCount) {
		s = irp->Tail.Overlay.CurrentStackLocation++;
		irp->CurrentLocation++;
		irp->PendingReturned = s->Control & SL_PENDING_RETURNED;
		if (!wanted(s, irp) || !s->CompletionRoutine)
			continue;
		above = irp->CurrentLocation <= irp->StackCount ?
			irp->Tail.Overlay.CurrentStackLocation->DeviceObject :
			NULL;
		status = s->CompletionRoutine(above, irp, s->Context);
		if (status == STATUS_MORE_PROCESSING_REQUIRED)
			return;
	}
	irp->CurrentLocation = irp->StackCount + 2;
	finish_own(irp);
}

VOID IoAcquireCancelSpinLock(PKIRQL old)
{
	*old = KeAcquireSpinLockRaiseToDpc(&cancel_lock);
}

VOID IoReleaseCancelSpinLock(KIRQL old)
{
	KeReleaseSpinLock(&cancel_lock, old);
}

BOOLEAN IoCancelIrp(PIRP irp)
{
	PDRIVER_CANCEL routine;
	IO_STACK_LOCATION *s;
	KIRQL old;

	IoAcquireCancelSpinLock(&old);
	irp->Cancel = TRUE;
	routine = __atomic_exchange_n(&irp->CancelRoutine, NULL,
				      __ATOMIC_SEQ_CST);
	if (!routine) {
		IoReleaseCancelSpinLock(old);
		return FALSE;
	}
	irp->CancelIrql = old;
	s = irp->Tail.Overlay.CurrentStackLocation;
	routine(s->DeviceObject, irp);	/* drops the lock */
	if (irql() != old)
		bugcheck("a cancel routine has left IRQL %u", irql());
	return TRUE;
}

/* ------------------------------------------------- using a device oneself -- */

static struct own_irp *own_make(void)
{
	struct own_irp *own = pool_get(false, sizeof(*own), IO_TAG);

	if (!own)
		bugcheck("no pool for an IRP");
	KeInitializeEvent(&own->done, NotificationEvent, FALSE);
	return own;
}

/* Send an IRP and wait for its end. */
static NTSTATUS send(FILE_OBJECT *file, IRP *irp, ULONG_PTR *information)
{
	struct own_irp *own = own_make();
	NTSTATUS status;
	u8 pending;

	irp->Overlay.AsynchronousParameters.UserApcContext = own;
	status = IofCallDriver(file->DeviceObject, irp);
	if (status == STATUS_PENDING) {
		KeWaitForSingleObject(&own->done, Executive, KernelMode, FALSE,
				      NULL);
		pending = ((IO_STACK_LOCATION *)(irp + 1))->Control &
			  SL_PENDING_RETURNED;
		if (!pending)
			bugcheck("STATUS_PENDING for an IRP that was not marked");
		status = own->result.Status;
	} else if (!KeReadStateEvent(&own->done)) {
		bugcheck("a dispatch routine returned %08x for an IRP that is not completed",
			 status);
	} else if (status != own->result.Status) {
		bugcheck("a dispatch routine returned %08x, the IRP says %08x",
			 status, own->result.Status);
	}
	if (information)
		*information = own->result.Information;
	pool_put(own);
	return status;
}

static NTSTATUS simple(FILE_OBJECT *file, u8 major)
{
	IRP *irp = IoAllocateIrp(file->DeviceObject->StackSize, FALSE);
	IO_STACK_LOCATION *s = irp->Tail.Overlay.CurrentStackLocation - 1;
	NTSTATUS status;

	s->MajorFunction = major;
	s->FileObject = file;
	irp->RequestorMode = UserMode;
	irp->Tail.Overlay.Thread = (PETHREAD)this_thread();
	if (major == IRP_MJ_CREATE) {
		s->Parameters.Create.ShareAccess = 7;
		s->Parameters.Create.Options = FILE_OPEN << 24;
	}
	status = send(file, irp, NULL);
	IoFreeIrp(irp);
	return status;
}

/* NT shuts down: who wants to know is told. */
NTSTATUS io_shutdown(void)
{
	NTSTATUS status = STATUS_NOT_FOUND;
	FILE_OBJECT file;
	u32 i;

	for (i = 0; i < MAX_DEVICES; i++) {
		if (!to_tell[i])
			continue;
		memset(&file, 0, sizeof(file));
		file.DeviceObject = to_tell[i];
		status = simple(&file, IRP_MJ_SHUTDOWN);
	}
	return status;
}

NTSTATUS io_open(const WCHAR *path, FILE_OBJECT **result)
{
	DEVICE_OBJECT *device;
	UNICODE_STRING name;
	FILE_OBJECT *file;
	NTSTATUS status;

	RtlInitUnicodeString(&name, path);
	device = device_find(&name);
	if (!device)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	if (device->Flags & DO_DEVICE_INITIALIZING)
		return STATUS_NO_SUCH_DEVICE;
	file = object_make(OBJECT_FILE, sizeof(*file), NULL);
	file->Type = IO_TYPE_FILE;
	file->Size = sizeof(*file);
	file->DeviceObject = device;
	KeInitializeEvent(&file->Event, NotificationEvent, FALSE);
	status = simple(file, IRP_MJ_CREATE);
	if (!NT_SUCCESS(status)) {
		object_put(file);
		return status;
	}
	InterlockedIncrement(&device->ReferenceCount);
	*result = file;
	return status;
}

void io_close(FILE_OBJECT *file)
{
	simple(file, IRP_MJ_CLEANUP);
	simple(file, IRP_MJ_CLOSE);
	InterlockedDecrement(&file->DeviceObject->ReferenceCount);
	object_put(file);
}

static void copy_pages(MDL *mdl, void *buffer, u32 bytes, bool to_pages)
{
	void *mapped = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL,
						    FALSE, NormalPagePriority);

	if (!mapped)
		bugcheck("no mapping for a transfer of %u bytes", bytes);
	if (to_pages)
		memcpy(mapped, buffer, bytes);
	else
		memcpy(buffer, mapped, bytes);
	MmUnmapLockedPages(mapped, mdl);
}

static MDL *lock_pages(u32 bytes)
{
	PHYSICAL_ADDRESS none = { .QuadPart = 0 }, all = { .QuadPart = -1 };
	MDL *mdl = MmAllocatePagesForMdlEx(none, all, none, bytes, MmCached, 0);

	if (!mdl || mdl->ByteCount != bytes)
		bugcheck("no pages for a transfer of %u bytes", bytes);
	return mdl;
}

/* As ReadFile() and the like make it for a device with DO_DIRECT_IO. */
NTSTATUS io_transfer(FILE_OBJECT *file, u8 major, u64 position, void *buffer,
		     u32 bytes, u64 *got)
{
	IRP *irp = IoAllocateIrp(file->DeviceObject->StackSize, FALSE);
	IO_STACK_LOCATION *s = irp->Tail.Overlay.CurrentStackLocation - 1;
	MDL *mdl = bytes ? lock_pages(bytes) : NULL;
	ULONG_PTR information = 0;
	NTSTATUS status;

	if (bytes && !(file->DeviceObject->Flags & DO_DIRECT_IO))
		bugcheck("a transfer: only direct I/O is done here");
	if (mdl && major == IRP_MJ_WRITE)
		copy_pages(mdl, buffer, bytes, true);
	s->MajorFunction = major;
	s->FileObject = file;
	s->Parameters.Read.Length = bytes;
	s->Parameters.Read.ByteOffset.QuadPart = position;
	irp->MdlAddress = mdl;
	irp->RequestorMode = UserMode;
	irp->Tail.Overlay.Thread = (PETHREAD)this_thread();
	status = send(file, irp, &information);
	if (information > bytes)
		bugcheck("a transfer of %u bytes returns %llu", bytes,
			 (u64)information);
	/* What the driver has mapped NT unmaps. */
	if (mdl && (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA))
		MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
	if (mdl && major == IRP_MJ_READ && NT_SUCCESS(status))
		copy_pages(mdl, buffer, bytes, false);
	if (mdl) {
		MmFreePagesFromMdl(mdl);
		pool_put(mdl);
	}
	if (got)
		*got = information;
	IoFreeIrp(irp);
	return status;
}

/* A METHOD_BUFFERED control, as DeviceIoControl() makes it. */
NTSTATUS io_control(FILE_OBJECT *file, u32 code, const void *in, u32 in_bytes,
		    void *out, u32 out_bytes, u32 *got)
{
	IRP *irp = IoAllocateIrp(file->DeviceObject->StackSize, FALSE);
	IO_STACK_LOCATION *s = irp->Tail.Overlay.CurrentStackLocation - 1;
	u32 room = max(in_bytes, out_bytes);
	ULONG_PTR information = 0;
	void *buffer = NULL;
	NTSTATUS status;

	if (room) {
		buffer = pool_get(false, room, IO_TAG);
		if (!buffer)
			bugcheck("no pool for a control of %u bytes", room);
		memcpy(buffer, in, in_bytes);
	}
	s->MajorFunction = IRP_MJ_DEVICE_CONTROL;
	s->FileObject = file;
	s->Parameters.DeviceIoControl.IoControlCode = code;
	s->Parameters.DeviceIoControl.InputBufferLength = in_bytes;
	s->Parameters.DeviceIoControl.OutputBufferLength = out_bytes;
	irp->AssociatedIrp.SystemBuffer = buffer;
	irp->RequestorMode = UserMode;
	irp->Tail.Overlay.Thread = (PETHREAD)this_thread();
	status = send(file, irp, &information);
	if (information > out_bytes)
		bugcheck("control %x returns %llu bytes of %u", code,
			 (u64)information, out_bytes);
	if (!NT_ERROR(status) && information)
		memcpy(out, buffer, information);
	if (got)
		*got = information;
	if (buffer)
		pool_put(buffer);
	IoFreeIrp(irp);
	return status;
}
