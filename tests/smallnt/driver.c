// SPDX-License-Identifier: GPL-2.0
/*
 * The driver: loaded from its PE file, started, unloaded; what it leaves behind
 * is looked for afterwards.
 */
#include "smallnt.h"

#define SERVICE_PATH "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\linux"

struct driver the_driver;
void timers_forget(u64 start, u64 bytes);

static u32 loads;
static WCHAR service_buffer[128], name_buffer[64];
static UNICODE_STRING service;

/* What there was before the driver. */
static u64 before_mdl, before_contiguous, before_pool, before_syspte,
	   before_stack;
static u32 before_handles, before_threads;

struct entry_call {
	KEVENT done;
	NTSTATUS status;
};

bool in_driver(u64 address)
{
	return the_driver.base && address - (u64)the_driver.base <
				  the_driver.bytes;
}

static IMAGE_NT_HEADERS64 *headers(u8 *file)
{
	IMAGE_DOS_HEADER *dos = (IMAGE_DOS_HEADER *)file;
	IMAGE_NT_HEADERS64 *nt = (void *)(file + dos->e_lfanew);

	if (dos->e_magic != IMAGE_DOS_SIGNATURE ||
	    nt->Signature != IMAGE_NT_SIGNATURE ||
	    nt->FileHeader.Machine != IMAGE_FILE_MACHINE_AMD64 ||
	    nt->OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC)
		bugcheck("the driver is no PE file for x86-64");
	if (nt->OptionalHeader.SectionAlignment != PAGE)
		bugcheck("the driver's sections are not page aligned");
	return nt;
}

static IMAGE_DATA_DIRECTORY *directory(IMAGE_NT_HEADERS64 *nt, u32 which)
{
	return &nt->OptionalHeader.DataDirectory[which];
}

static void map_image(u8 *base, u64 bytes)
{
	u64 i, frame;

	for (i = 0; i < bytes; i += PAGE) {
		frame = frame_get(USE_IMAGE);
		if (frame == NO_FRAME)
			bugcheck("no memory for the driver");
		map_page((u64)base + i, frame, PTE_RW);
		memset(base + i, 0, PAGE);
	}
}

static void copy_sections(u8 *base, struct module *m, IMAGE_NT_HEADERS64 *nt)
{
	IMAGE_SECTION_HEADER *s = IMAGE_FIRST_SECTION(nt);
	u32 i, raw;

	memcpy(base, m->data, nt->OptionalHeader.SizeOfHeaders);
	for (i = 0; i < nt->FileHeader.NumberOfSections; i++, s++) {
		raw = min(s->SizeOfRawData, s->Misc.VirtualSize);
		if (s->PointerToRawData + raw > m->bytes)
			bugcheck("section %.8s is not in the file", s->Name);
		if (s->VirtualAddress % PAGE)
			bugcheck("section %.8s is not page aligned", s->Name);
		memcpy(base + s->VirtualAddress, m->data + s->PointerToRawData,
		       raw);
	}
}

static void relocate(u8 *base, IMAGE_NT_HEADERS64 *nt)
{
	IMAGE_DATA_DIRECTORY *d = directory(nt, IMAGE_DIRECTORY_ENTRY_BASERELOC);
	u64 delta = (u64)base - nt->OptionalHeader.ImageBase;
	IMAGE_BASE_RELOCATION *block;
	u32 at, i, count = 0;
	u16 *entry;

	if (nt->FileHeader.Characteristics & IMAGE_FILE_RELOCS_STRIPPED)
		bugcheck("the driver cannot be relocated");
	for (at = 0; at < d->Size; at += block->SizeOfBlock) {
		block = (void *)(base + d->VirtualAddress + at);
		entry = (u16 *)(block + 1);
		for (i = 0; i < (block->SizeOfBlock - 8) / 2; i++) {
			if (!(entry[i] >> 12))
				continue;
			if (entry[i] >> 12 != 10)
				bugcheck("relocation %x", entry[i]);
			*(u64 *)(base + block->VirtualAddress +
				 (entry[i] & 4095)) += delta;
			count++;
		}
	}
	print("smallnt: %u relocations\n", count);
}

static void import(u8 *base, IMAGE_NT_HEADERS64 *nt)
{
	IMAGE_DATA_DIRECTORY *d = directory(nt, IMAGE_DIRECTORY_ENTRY_IMPORT);
	IMAGE_IMPORT_DESCRIPTOR *i = (void *)(base + d->VirtualAddress);
	u64 *name, *slot;
	char *text;

	if (!d->Size)
		return;
	for (; i->Name; i++) {
		name = (u64 *)(base + (i->OriginalFirstThunk ?
				       i->OriginalFirstThunk : i->FirstThunk));
		slot = (u64 *)(base + i->FirstThunk);
		for (; *name; name++, slot++) {
			if (*name >> 63)
				bugcheck("an import by number");
			text = (char *)base + *name + 2;
			*slot = (u64)export_find(text);
			if (*slot)
				continue;
			print("smallnt: there is no %s\n", text);
			*slot = (u64)export_missing(text);
		}
	}
}

static u64 section_flags(u32 characteristics)
{
	bool write = characteristics & IMAGE_SCN_MEM_WRITE;
	bool execute = characteristics & IMAGE_SCN_MEM_EXECUTE;

	if (write && execute)
		bugcheck("a section both writable and executable");
	return write ? PTE_RW : execute ? PTE_RX : PTE_RO;
}

static void protect(u8 *base, u64 bytes, u64 flags)
{
	u64 i, *pte;

	for (i = 0; i < ROUND_UP(bytes); i += PAGE) {
		pte = map_pte((u64)base + i, false);
		*pte = (*pte & PTE_FRAME) | flags;
	}
	map_flush((u64)base, PAGES(bytes));
}

static void protect_image(u8 *base, IMAGE_NT_HEADERS64 *nt)
{
	IMAGE_SECTION_HEADER *s = IMAGE_FIRST_SECTION(nt);
	u32 i;

	protect(base, nt->OptionalHeader.SizeOfHeaders, PTE_RO);
	for (i = 0; i < nt->FileHeader.NumberOfSections; i++, s++)
		protect(base + s->VirtualAddress, s->Misc.VirtualSize,
			section_flags(s->Characteristics));
}

/* After DriverEntry the pages of INIT and .reloc are gone. */
static void discard(u8 *base, IMAGE_NT_HEADERS64 *nt)
{
	IMAGE_SECTION_HEADER *s = IMAGE_FIRST_SECTION(nt);
	u32 i, j;

	for (i = 0; i < nt->FileHeader.NumberOfSections; i++, s++) {
		if (!(s->Characteristics & IMAGE_SCN_MEM_DISCARDABLE))
			continue;
		for (j = 0; j < ROUND_UP(s->Misc.VirtualSize); j += PAGE)
			frame_put(unmap_page((u64)base + s->VirtualAddress + j),
				  USE_IMAGE);
		map_flush((u64)base + s->VirtualAddress,
			  PAGES(s->Misc.VirtualSize));
	}
}

static void unmap_image(void)
{
	u64 i;

	for (i = 0; i < the_driver.bytes; i += PAGE)
		if (MmIsAddressValid(the_driver.base + i))
			frame_put(unmap_page((u64)the_driver.base + i),
				  USE_IMAGE);
	map_flush((u64)the_driver.base, the_driver.bytes / PAGE);
	the_driver.base = NULL;
}

/* ------------------------------------------------------------ start, end -- */

static NTSTATUS no_such_function(DEVICE_OBJECT *device, IRP *irp)
{
	irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
	irp->IoStatus.Information = 0;
	IofCompleteRequest(irp, 0);
	return STATUS_INVALID_DEVICE_REQUEST;
}

static void make_object(struct module *m)
{
	DRIVER_OBJECT *o = &the_driver.object;
	u32 i;

	memset(o, 0, sizeof(*o));
	o->Type = IO_TYPE_DRIVER;
	o->Size = sizeof(*o);
	o->DriverStart = the_driver.base;
	o->DriverSize = the_driver.bytes;
	o->DriverExtension = &the_driver.extension;
	the_driver.extension.DriverObject = o;
	widen(&o->DriverName, name_buffer, 64, "\\Driver\\linux");
	for (i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
		o->MajorFunction[i] = no_such_function;
}

static void entry_thread(void *context)
{
	struct entry_call *call = context;

	call->status = the_driver.object.DriverInit(&the_driver.object,
						    &service);
	if (irql() != PASSIVE_LEVEL)
		bugcheck("DriverEntry has left IRQL %u", irql());
	check_state(NULL, "DriverEntry's return");
	KeSetEvent(&call->done, 0, FALSE);
}

static void unload_thread(void *context)
{
	struct entry_call *call = context;

	the_driver.object.DriverUnload(&the_driver.object);
	if (irql() != PASSIVE_LEVEL)
		bugcheck("DriverUnload has left IRQL %u", irql());
	check_state(NULL, "DriverUnload's return");
	KeSetEvent(&call->done, 0, FALSE);
}

/* On a thread of NT's own, as the service manager's request is done. */
static NTSTATUS call_on_thread(PKSTART_ROUTINE routine)
{
	struct entry_call *call = pool_get(false, sizeof(*call), 0x76697244);
	struct thread *t;
	NTSTATUS status;

	KeInitializeEvent(&call->done, NotificationEvent, FALSE);
	call->status = STATUS_SUCCESS;
	t = thread_make(routine, call, 12, ANY_CPU);
	KeWaitForSingleObject(&call->done, Executive, KernelMode, FALSE, NULL);
	KeWaitForSingleObject(t, Executive, KernelMode, FALSE, NULL);
	status = call->status;
	object_put(t);
	pool_put(call);
	sleep_ms(20);		/* until the dead threads are buried */
	return status;
}

static void note_before(void)
{
	sleep_ms(50);		/* until dead threads are buried */
	before_mdl = frames_used(USE_MDL);
	before_contiguous = frames_used(USE_CONTIGUOUS);
	before_pool = frames_used(USE_POOL);
	before_syspte = syspte_used();
	before_stack = frames_used(USE_STACK);
	before_handles = handles_open();
	before_threads = threads_alive();
}

static bool same_as_before(const char *what, u64 before, u64 now)
{
	if (before != now)
		print("smallnt: %s: %llu before the driver, %llu after it\n",
		      what, before, now);
	return before == now;
}

static void check_leaks(void)
{
	bool good = true;

	sleep_ms(50);
	timers_forget((u64)the_driver.base, the_driver.bytes);
	nmi_forget(the_driver.base, the_driver.bytes);
	callback_report();
	fine_report();
	io_report();
	pool_report("after the driver");
	good &= same_as_before("frames of MDLs", before_mdl,
			       frames_used(USE_MDL));
	good &= same_as_before("contiguous frames", before_contiguous,
			       frames_used(USE_CONTIGUOUS));
	good &= same_as_before("frames of pools", before_pool,
			       frames_used(USE_POOL));
	good &= same_as_before("system PTEs", before_syspte, syspte_used());
	good &= same_as_before("frames of stacks", before_stack,
			       frames_used(USE_STACK));
	good &= same_as_before("handles", before_handles, handles_open());
	good &= same_as_before("threads", before_threads, threads_alive());
	if (!good)
		bugcheck("the driver has leaked");
	check_sums();
}

NTSTATUS driver_load(void)
{
	struct module *m = module_find("driver");
	IMAGE_NT_HEADERS64 *nt;
	DEVICE_OBJECT *d;
	NTSTATUS status;

	if (!m)
		bugcheck("no module of kind driver");
	if (the_driver.loaded)
		return STATUS_IMAGE_ALREADY_LOADED;
	note_before();
	nt = headers(m->data);
	the_driver.name = m->name;
	the_driver.bytes = ROUND_UP(nt->OptionalHeader.SizeOfImage);
	the_driver.base = (u8 *)IMAGE_BASE + loads++ % 7 * 0x5a37000ull;
	map_image(the_driver.base, the_driver.bytes);
	copy_sections(the_driver.base, m, nt);
	relocate(the_driver.base, nt);
	import(the_driver.base, nt);
	protect_image(the_driver.base, nt);
	make_object(m);
	the_driver.object.DriverInit = (void *)(the_driver.base +
				nt->OptionalHeader.AddressOfEntryPoint);
	widen(&service, service_buffer, 128, SERVICE_PATH);
	print("smallnt: %s at %p, %llu KiB, entry %p\n", m->name,
	      the_driver.base, the_driver.bytes >> 10,
	      the_driver.object.DriverInit);
	status = call_on_thread(entry_thread);
	if (!NT_SUCCESS(status)) {
		if (the_driver.object.DeviceObject)
			bugcheck("DriverEntry failed and left a device");
		check_leaks();
		unmap_image();
		return status;
	}
	for (d = the_driver.object.DeviceObject; d; d = d->NextDevice)
		d->Flags &= ~DO_DEVICE_INITIALIZING;
	discard(the_driver.base, nt);
	the_driver.loaded = true;
	return status;
}

NTSTATUS driver_unload(void)
{
	DEVICE_OBJECT *d;

	if (!the_driver.loaded || !the_driver.object.DriverUnload)
		return STATUS_INVALID_DEVICE_REQUEST;
	for (d = the_driver.object.DeviceObject; d; d = d->NextDevice)
		if (d->ReferenceCount)
			return STATUS_DEVICE_BUSY;
	call_on_thread(unload_thread);
	if (the_driver.object.DeviceObject)
		bugcheck("DriverUnload has left a device");
	check_leaks();
	unmap_image();
	the_driver.loaded = false;
	return STATUS_SUCCESS;
}

/* A driver may ask for its own end, from a work item. */
NTSTATUS ZwUnloadDriver(PUNICODE_STRING name)
{
	return driver_unload();
}
