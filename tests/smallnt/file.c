// SPDX-License-Identifier: GPL-2.0
/*
 * Files: the boot loader's modules, and new ones in memory. A file that was
 * not opened for synchronous use is read and written by threads of this
 * kernel's, and the request stays pending meanwhile, as with a real disk.
 */
#include "smallnt.h"

#define MAX_FILES	24
#define MAX_NEW	8
#define MAX_NEW_PAGES	4096		/* of a new file: 16 MiB */
#define NR_IO_THREADS	2

enum file_kind { FILE_NONE, FILE_MODULE, FILE_NEW, FILE_RANDOM };

struct file {
	enum file_kind kind;
	char name[128];
	u8 *data;			/* FILE_MODULE */
	u32 *pages;			/* FILE_NEW: frames */
	u64 bytes;
	u32 opens, writers;
	ULONG share;			/* what all that have it open allow */
	bool read_only;
	u64 reads, writes, flushes;
};

/* Body of an open file's object; the FILE_OBJECT has its event. */
struct open_file {
	FILE_OBJECT object;
	struct file *file;
	ACCESS_MASK access;
	ULONG options, share;
	u64 position;
};

struct request {
	LIST_ENTRY entry;
	struct open_file *open;
	KEVENT *event;
	IO_STATUS_BLOCK *io;
	u8 *buffer;
	u64 bytes, offset;
	bool write;
};

static struct file files[MAX_FILES];
static u32 new_pages[MAX_NEW][MAX_NEW_PAGES], nr_new;
static LIST_ENTRY requests = { &requests, &requests };
static KSPIN_LOCK requests_lock;
static KSEMAPHORE requests_count;

static u8 *file_byte(struct file *f, u64 at)
{
	if (f->kind == FILE_MODULE)
		return f->data + at;
	return (u8 *)phys(f->pages[at / PAGE] * PAGE) + at % PAGE;
}

static bool grow(struct file *f, u64 bytes)
{
	u64 at = PAGES(f->bytes), frame;

	if (f->kind != FILE_NEW || PAGES(bytes) > MAX_NEW_PAGES)
		return false;
	for (; at < PAGES(bytes); at++) {
		frame = frame_get(USE_NT);
		if (frame == NO_FRAME)
			return false;
		f->pages[at] = frame;
		memset(phys(frame * PAGE), 0, PAGE);
	}
	f->bytes = bytes;
	return true;
}

static void truncate(struct file *f)
{
	u64 i;

	for (i = 0; i < PAGES(f->bytes); i++)
		frame_put(f->pages[i], USE_NT);
	f->bytes = 0;
}

static NTSTATUS transfer(struct file *f, bool write, u8 *buffer, u64 bytes,
			 u64 at, ULONG_PTR *done)
{
	u64 part;

	*done = 0;
	if (write && at + bytes > f->bytes && !grow(f, at + bytes))
		return STATUS_DISK_FULL;
	if (at >= f->bytes)
		return STATUS_END_OF_FILE;
	bytes = min(bytes, f->bytes - at);
	while (bytes) {
		part = min(bytes, PAGE - at % PAGE);
		if (write)
			memcpy(file_byte(f, at), buffer, part);
		else
			memcpy(buffer, file_byte(f, at), part);
		buffer += part;
		bytes -= part;
		at += part;
		*done += part;
	}
	return STATUS_SUCCESS;
}

static void perform(struct request *r)
{
	struct file *f = r->open->file;
	IO_STATUS_BLOCK io;

	io.Status = transfer(f, r->write, r->buffer, r->bytes, r->offset,
			     &io.Information);
	if (r->write)
		f->writes++;
	else
		f->reads++;
	*r->io = io;
	KeSetEvent(&r->open->object.Event, 0, FALSE);
	if (r->event) {
		KeSetEvent(r->event, 0, FALSE);
		object_put(r->event);
	}
	object_put(r->open);
	pool_put(r);
}

static void io_thread(void *context)
{
	struct request *r;
	KIRQL old;

	for (;;) {
		KeWaitForSingleObject(&requests_count, Executive, KernelMode,
				      FALSE, NULL);
		old = KeAcquireSpinLockRaiseToDpc(&requests_lock);
		r = CONTAINING_RECORD(RemoveHeadList(&requests), struct request,
				      entry);
		KeReleaseSpinLock(&requests_lock, old);
		perform(r);
	}
}

static void queue(struct request *r)
{
	KIRQL old = KeAcquireSpinLockRaiseToDpc(&requests_lock);

	InsertTailList(&requests, &r->entry);
	KeReleaseSpinLock(&requests_lock, old);
	KeReleaseSemaphore(&requests_count, 0, 1, FALSE);
}

/* ------------------------------------------------------------- opening -- */

static struct file *find(const UNICODE_STRING *name)
{
	u32 i;

	for (i = 0; i < MAX_FILES; i++)
		if (files[i].kind && wide_equal(name, files[i].name))
			return &files[i];
	return NULL;
}

static struct file *add(const char *name, enum file_kind kind)
{
	u32 i, j;

	for (i = 0; i < MAX_FILES; i++) {
		if (files[i].kind)
			continue;
		files[i].kind = kind;
		for (j = 0; name[j] && j + 1 < sizeof(files[i].name); j++)
			files[i].name[j] = name[j];
		return &files[i];
	}
	bugcheck("more than %u files", MAX_FILES);
}

static struct file *make(const UNICODE_STRING *name)
{
	struct file *f;
	char text[128];
	u32 i, slash = 0;

	for (i = 0; i < name->Length / 2u && i < 127; i++)
		text[i] = name->Buffer[i];
	text[i] = 0;
	for (i = 0; text[i]; i++)
		slash += text[i] == '\\';
	/* There is C:\ and \SystemRoot\, and nothing else one may write to. */
	if (!begins(text, "\\??\\C:\\") && !begins(text, "\\SystemRoot\\"))
		return NULL;
	f = add(text, FILE_NEW);
	if (nr_new == MAX_NEW)
		bugcheck("more than %u new files", MAX_NEW);
	f->pages = new_pages[nr_new++];
	return f;
}

static void file_destroy(void *body)
{
}

/* The last handle: others may have the file now. Requests end by themselves. */
static void file_closed(void *body)
{
	struct open_file *o = body;

	o->file->opens--;
	if (o->access & FILE_WRITE_DATA)
		o->file->writers--;
	if (!o->file->opens)
		o->file->share = 7;
}

static NTSTATUS check_share(struct file *f, ACCESS_MASK access, ULONG share)
{
	bool write = access & FILE_WRITE_DATA;

	if (write && f->read_only)
		return STATUS_MEDIA_WRITE_PROTECTED;
	if (!f->opens)
		return STATUS_SUCCESS;
	if (write && !(f->share & FILE_SHARE_WRITE))
		return STATUS_SHARING_VIOLATION;
	if (f->writers && !(share & FILE_SHARE_WRITE))
		return STATUS_SHARING_VIOLATION;
	if (!(f->share & FILE_SHARE_READ) || !(share & FILE_SHARE_READ))
		return STATUS_SHARING_VIOLATION;
	return STATUS_SUCCESS;
}

NTSTATUS file_open(const UNICODE_STRING *name, ACCESS_MASK access, ULONG share,
		   ULONG disposition, ULONG options, HANDLE *handle,
		   ULONG_PTR *information)
{
	struct file *f = find(name);
	struct open_file *o;
	NTSTATUS status;

	*information = f ? FILE_OPENED : FILE_CREATED;
	if (!f && (disposition == FILE_OPEN || disposition == FILE_OVERWRITE))
		return STATUS_OBJECT_NAME_NOT_FOUND;
	if (f && disposition == FILE_CREATE)
		return STATUS_OBJECT_NAME_COLLISION;
	if (!f)
		f = make(name);
	if (!f)
		return STATUS_OBJECT_PATH_NOT_FOUND;
	if (access & (GENERIC_WRITE | GENERIC_ALL))
		access |= FILE_WRITE_DATA;
	status = check_share(f, access, share);
	if (!NT_SUCCESS(status))
		return status;
	if (f->kind == FILE_NEW && (disposition == FILE_OVERWRITE_IF ||
				    disposition == FILE_OVERWRITE ||
				    disposition == FILE_SUPERSEDE))
		truncate(f);
	o = object_make(OBJECT_FILE, sizeof(*o), file_destroy);
	object_of(o)->closed = file_closed;
	o->object.Type = IO_TYPE_FILE;
	o->object.Size = sizeof(o->object);
	KeInitializeEvent(&o->object.Event, NotificationEvent, FALSE);
	o->file = f;
	o->access = access;
	o->options = options;
	f->share = f->opens ? f->share & share : share;
	f->opens++;
	if (access & FILE_WRITE_DATA)
		f->writers++;
	status = handle_make(o, handle);
	object_put(o);
	return status;
}

void files_init(void)
{
	struct thread *t;
	struct file *f;
	char name[128];
	u32 i;

	for (i = 0; i < nr_modules; i++) {
		if (!equal(modules[i].kind, "disk") &&
		    !equal(modules[i].kind, "rodisk"))
			continue;
		memcpy(name, "\\??\\", 4);
		memcpy(name + 4, modules[i].name, strlen(modules[i].name) + 1);
		f = add(modules[i].name[0] == '\\' ? modules[i].name : name,
			FILE_MODULE);
		f->data = modules[i].data;
		f->bytes = modules[i].bytes;
		f->read_only = equal(modules[i].kind, "rodisk");
		print("smallnt: file %s, %llu KiB\n", f->name, f->bytes >> 10);
	}
	add("\\Device\\KsecDD", FILE_RANDOM);
	KeInitializeSemaphore(&requests_count, 0, 1000000);
	for (i = 0; i < NR_IO_THREADS; i++) {
		t = thread_make(io_thread, NULL, 12, ANY_CPU);
		t->system = true;
	}
}

void file_print(const char *name)
{
	WCHAR buffer[128];
	UNICODE_STRING string;
	struct file *f;
	u64 i;

	widen(&string, buffer, 128, name);
	f = find(&string);
	if (!f) {
		print("smallnt: there is no file %s\n", name);
		return;
	}
	for (i = 0; i < f->bytes; i++)
		put_text((char *)file_byte(f, i), 1);
	print("\nsmallnt: file %s: %llu bytes, %llu reads, %llu writes, %llu flushes\n",
	      f->name, f->bytes, f->reads, f->writes, f->flushes);
}

/* -------------------------------------------------------------- routines -- */

NTSTATUS ZwCreateFile(PHANDLE handle, ACCESS_MASK access,
		      POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK io,
		      PLARGE_INTEGER size, ULONG file_attributes, ULONG share,
		      ULONG disposition, ULONG options, PVOID ea, ULONG ea_bytes)
{
	ULONG_PTR information = 0;
	NTSTATUS status;

	if (!(attributes->Attributes & OBJ_KERNEL_HANDLE))
		bugcheck("ZwCreateFile without OBJ_KERNEL_HANDLE");
	if (attributes->Length != sizeof(*attributes))
		return STATUS_INVALID_PARAMETER;
	if ((options & (FILE_SYNCHRONOUS_IO_ALERT |
			FILE_SYNCHRONOUS_IO_NONALERT)) &&
	    !(access & (SYNCHRONIZE | GENERIC_READ | GENERIC_WRITE)))
		return STATUS_INVALID_PARAMETER;
	status = file_open(attributes->ObjectName, access, share, disposition,
			   options, handle, &information);
	io->Status = status;
	io->Information = information;
	return status;
}

NTSTATUS ZwOpenFile(PHANDLE handle, ACCESS_MASK access,
		    POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK io,
		    ULONG share, ULONG options)
{
	return ZwCreateFile(handle, access, attributes, io, NULL, 0, share,
			    FILE_OPEN, options, NULL, 0);
}

static NTSTATUS check_transfer(struct open_file *o, bool write, void *buffer,
			       ULONG bytes, LARGE_INTEGER *offset)
{
	if (o->file->kind == FILE_RANDOM)
		return STATUS_INVALID_DEVICE_REQUEST;
	if (!(o->access & (write ? FILE_WRITE_DATA : FILE_READ_DATA)) &&
	    !(o->access & (GENERIC_READ | GENERIC_ALL)))
		return STATUS_ACCESS_DENIED;
	if ((o->options & FILE_NO_INTERMEDIATE_BUFFERING) &&
	    (bytes % 512 || offset->QuadPart % 512 || (u64)buffer % 4))
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

static NTSTATUS read_write(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc,
			   IO_STATUS_BLOCK *io, u8 *buffer, ULONG bytes,
			   LARGE_INTEGER *offset, bool write)
{
	struct open_file *o = handle_body(handle, OBJECT_FILE);
	LARGE_INTEGER at = { .QuadPart = 0 };
	struct request *r;
	KEVENT done;
	bool sync;

	NTSTATUS status;

	if (!o)
		return STATUS_OBJECT_TYPE_MISMATCH;
	if (apc)
		bugcheck("file I/O with an APC: not implemented");
	sync = o->options & (FILE_SYNCHRONOUS_IO_ALERT |
			     FILE_SYNCHRONOUS_IO_NONALERT);
	if (offset)
		at = *offset;
	else if (sync)
		at.QuadPart = o->position;
	else
		status = STATUS_INVALID_PARAMETER;
	status = check_transfer(o, write, buffer, bytes, &at);
	if (!NT_SUCCESS(status) || (!offset && !sync)) {
		object_put(o);
		return NT_SUCCESS(status) ? STATUS_INVALID_PARAMETER : status;
	}
	r = pool_get(false, sizeof(*r), 0x656c6946);
	r->open = o;
	r->event = event ? handle_body(event, OBJECT_EVENT) : NULL;
	r->io = io;
	r->buffer = buffer;
	r->bytes = bytes;
	r->offset = at.QuadPart;
	r->write = write;
	if (r->event)
		KeClearEvent(r->event);
	KeClearEvent(&o->object.Event);
	if (!sync) {
		queue(r);
		return STATUS_PENDING;
	}
	/* Somebody else's thread writes the status; this one waits for it. */
	object_get(o);
	KeInitializeEvent(&done, NotificationEvent, FALSE);
	queue(r);
	KeWaitForSingleObject(&o->object.Event, Executive, KernelMode, FALSE,
			      NULL);
	o->position = at.QuadPart + io->Information;
	object_put(o);
	return io->Status;
}

NTSTATUS ZwReadFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc,
		    PVOID context, PIO_STATUS_BLOCK io, PVOID buffer,
		    ULONG bytes, PLARGE_INTEGER offset, PULONG key)
{
	return read_write(handle, event, apc, io, buffer, bytes, offset, false);
}

NTSTATUS ZwWriteFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc,
		     PVOID context, PIO_STATUS_BLOCK io, PVOID buffer,
		     ULONG bytes, PLARGE_INTEGER offset, PULONG key)
{
	return read_write(handle, event, apc, io, buffer, bytes, offset, true);
}

NTSTATUS ZwFlushBuffersFile(HANDLE handle, PIO_STATUS_BLOCK io)
{
	struct open_file *o = handle_body(handle, OBJECT_FILE);

	if (!o)
		return STATUS_OBJECT_TYPE_MISMATCH;
	sleep_ms(1);		/* a disk takes its time */
	o->file->flushes++;
	object_put(o);
	io->Status = STATUS_SUCCESS;
	io->Information = 0;
	return STATUS_SUCCESS;
}

static NTSTATUS query(struct file *f, void *out, ULONG bytes,
		      FILE_INFORMATION_CLASS class, ULONG_PTR *got)
{
	FILE_STANDARD_INFORMATION *standard = out;
	FILE_INTERNAL_INFORMATION *internal = out;
	FILE_BASIC_INFORMATION *basic = out;

	switch (class) {
	case FileStandardInformation:
		if (bytes < sizeof(*standard))
			return STATUS_INFO_LENGTH_MISMATCH;
		memset(standard, 0, sizeof(*standard));
		standard->AllocationSize.QuadPart = ROUND_UP(f->bytes);
		standard->EndOfFile.QuadPart = f->bytes;
		standard->NumberOfLinks = 1;
		*got = sizeof(*standard);
		return STATUS_SUCCESS;
	case FileInternalInformation:
		if (bytes < sizeof(*internal))
			return STATUS_INFO_LENGTH_MISMATCH;
		internal->IndexNumber.QuadPart = 0x1000000000000 + (f - files);
		*got = sizeof(*internal);
		return STATUS_SUCCESS;
	case FileBasicInformation:
		if (bytes < sizeof(*basic))
			return STATUS_INFO_LENGTH_MISMATCH;
		memset(basic, 0, sizeof(*basic));
		basic->FileAttributes = FILE_ATTRIBUTE_NORMAL;
		*got = sizeof(*basic);
		return STATUS_SUCCESS;
	default:
		return STATUS_INVALID_INFO_CLASS;
	}
}

NTSTATUS ZwQueryInformationFile(HANDLE handle, PIO_STATUS_BLOCK io, PVOID out,
				ULONG bytes, FILE_INFORMATION_CLASS class)
{
	struct open_file *o = handle_body(handle, OBJECT_FILE);

	if (!o)
		return STATUS_OBJECT_TYPE_MISMATCH;
	io->Information = 0;
	io->Status = query(o->file, out, bytes, class, &io->Information);
	object_put(o);
	return io->Status;
}

static NTSTATUS random_bytes(u8 *out, ULONG bytes)
{
	static u64 state = 0x9e3779b97f4a7c15;
	ULONG i;

	for (i = 0; i < bytes; i++) {
		state ^= read_tsc();
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		out[i] ^= state >> 24;
	}
	return STATUS_SUCCESS;
}

NTSTATUS ZwDeviceIoControlFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc,
			       PVOID context, PIO_STATUS_BLOCK io, ULONG code,
			       PVOID in, ULONG in_bytes, PVOID out,
			       ULONG out_bytes)
{
	struct open_file *o = handle_body(handle, OBJECT_FILE);

	if (!o)
		return STATUS_OBJECT_TYPE_MISMATCH;
	io->Status = STATUS_INVALID_DEVICE_REQUEST;
	io->Information = 0;
	if (o->file->kind == FILE_RANDOM && code == 0x390008) {
		io->Status = random_bytes(out, out_bytes);
		io->Information = out_bytes;
	}
	object_put(o);
	return io->Status;
}

/* No file here may have holes. */
NTSTATUS ZwFsControlFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc,
			 PVOID context, PIO_STATUS_BLOCK io, ULONG code,
			 PVOID in, ULONG in_bytes, PVOID out, ULONG out_bytes)
{
	object_put(handle_body(handle, 0));
	io->Status = STATUS_INVALID_DEVICE_REQUEST;
	io->Information = 0;
	return io->Status;
}
