// SPDX-License-Identifier: GPL-2.0
/*
 * The export bridge's NT end: which exports there are. Each is a device that
 * programs open as \\.\NAME.
 */
#include "export_nt.h"
#include "text.h"

static struct export exports[WSL4_MAX_EXPORTS];
static unsigned int devices_made;	/* for their names */

struct export *export_get(u64 index)
{
	struct export *export;

	if (index >= WSL4_MAX_EXPORTS)
		return NULL;
	export = &exports[index];
	return export->state == EXPORT_LIVE || export->state == EXPORT_LEAVING ?
	       export : NULL;
}

unsigned int export_number(const struct export *export)
{
	return export - exports;
}

static struct export *export_of(PDEVICE_OBJECT device)
{
	struct {
		const struct device_class *class;
		struct export *export;
	} *extension = device->DeviceExtension;

	return extension->export;
}

/* ----------------------------------------------------------- dispatch -- */

static NTSTATUS export_create(PDEVICE_OBJECT device, PIRP irp,
			      PIO_STACK_LOCATION stack, ULONG_PTR *bytes)
{
	struct export *export = export_of(device);
	NTSTATUS status = STATUS_SUCCESS;
	KIRQL irql;

	(void)irp;
	(void)bytes;
	if (stack->FileObject->FileName.Length)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	/* Wine tells of it here only. */
	stack->FileObject->FsContext = NULL;
	stack->FileObject->FsContext2 = NULL;
	if (stack->Parameters.Create.Options & FILE_WRITE_THROUGH)
		stack->FileObject->FsContext = export;
	KeAcquireSpinLock(&irp_lock, &irql);
	if (export->state == EXPORT_LIVE) {
		export->handles++;
		stack->FileObject->FsContext2 = export;
	} else {
		status = STATUS_NO_SUCH_DEVICE;
	}
	KeReleaseSpinLock(&irp_lock, irql);
	return status;
}

static NTSTATUS export_close(PDEVICE_OBJECT device, PIRP irp,
			     PIO_STACK_LOCATION stack, ULONG_PTR *bytes)
{
	struct export *export = export_of(device);
	KIRQL irql;

	(void)irp;
	(void)bytes;
	/* Wine closes what was not opened, too. */
	if (!stack->FileObject->FsContext2)
		return STATUS_SUCCESS;
	KeAcquireSpinLock(&irp_lock, &irql);
	export->handles--;
	KeReleaseSpinLock(&irp_lock, irql);
	return STATUS_SUCCESS;
}

static NTSTATUS export_cleanup(PDEVICE_OBJECT device, PIRP irp,
			       PIO_STACK_LOCATION stack, ULONG_PTR *bytes)
{
	(void)device;
	(void)irp;
	(void)stack;
	(void)bytes;
	return STATUS_SUCCESS;
}

static NTSTATUS export_control(PDEVICE_OBJECT device, PIRP irp,
			       PIO_STACK_LOCATION stack, ULONG_PTR *bytes)
{
	(void)stack;
	return ioctl_answer(export_of(device), irp, bytes);
}

static NTSTATUS export_transfer(PDEVICE_OBJECT device, PIRP irp,
				PIO_STACK_LOCATION stack, ULONG_PTR *bytes)
{
	(void)stack;
	(void)bytes;
	return request_submit(export_of(device), irp);
}

/* No FILE_DEVICE_DISK: on opening one NT looks for a file system on it. */
static struct device_class export_class = {
	.type		= FILE_DEVICE_MASS_STORAGE,
	.create		= export_create,
	.cleanup	= export_cleanup,
	.close		= export_close,
	.control	= export_control,
	.transfer	= export_transfer,
};

/* --------------------------------------------------------------- names -- */

static BOOLEAN is_name_character(char c)
{
	c = text_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '_' || c == '.';
}

/* Names that programs would take for something of Windows's own. */
static BOOLEAN is_reserved(const char *name)
{
	static const char *const words[] = {
		"physicaldrive", "harddisk", "cdrom", "volume", "scsi", "tape",
		"com", "lpt", "con", "prn", "aux", "nul", "pipe", "mailslot",
		"unc", "global", "wsl4",
	};
	size_t i;

	for (i = 0; i < ARRAYSIZE(words); i++)
		if (text_behind(name, words[i]))
			return TRUE;
	return FALSE;
}

static BOOLEAN is_name(const char *name)
{
	size_t i;

	for (i = 0; i < WSL4_EXPORT_NAME && name[i]; i++)
		if (!is_name_character(name[i]))
			return FALSE;
	return i && i < WSL4_EXPORT_NAME && name[0] != '.' && name[0] != '-' &&
	       !is_reserved(name);
}

/* ---------------------------------------------------------- host calls -- */

static BOOLEAN is_power_of_two(u32 n)
{
	return n && !(n & (n - 1));
}

static BOOLEAN is_size(u64 bytes, u32 block)
{
	return bytes && bytes % block == 0 && bytes <= 1ull << 62;
}

static s64 check_info(const struct wsl4_export_info *info)
{
	u32 block = info->logical_block;
	unsigned int i;

	if (!is_name(info->name) || !is_power_of_two(block) || block < 512 ||
	    block > 4096 || !is_size(info->bytes, block))
		return -LINUX_EINVAL;
	for (i = 0; i < WSL4_MAX_EXPORTS; i++)
		if (exports[i].state == EXPORT_LIVE &&
		    text_same(exports[i].info.name, info->name))
			return -LINUX_EEXIST;
	return 0;
}

static void set_state(struct export *export, int state)
{
	KIRQL irql;

	KeAcquireSpinLock(&irp_lock, &irql);
	export->state = state;
	KeReleaseSpinLock(&irp_lock, irql);
}

static void bury(struct export *export)
{
	if (export->device)
		IoDeleteDevice(export->device);
	export->device = NULL;
	set_state(export, EXPORT_FREE);
}

/* Those that are gone and that no program has open any more. */
static void bury_gone(void)
{
	unsigned int i;

	for (i = 0; i < WSL4_MAX_EXPORTS; i++)
		if (exports[i].state == EXPORT_GONE && !exports[i].handles)
			bury(&exports[i]);
}

static struct export *take_place(void)
{
	struct export *export = NULL;
	unsigned int i;
	KIRQL irql;

	bury_gone();
	KeAcquireSpinLock(&irp_lock, &irql);
	for (i = 0; i < WSL4_MAX_EXPORTS && !export; i++)
		if (exports[i].state == EXPORT_FREE)
			export = &exports[i];
	if (export)
		export->state = EXPORT_MAKING;
	KeReleaseSpinLock(&irp_lock, irql);
	return export;
}

static NTSTATUS make_device(struct export *export)
{
	WCHAR name[32];
	void **extension;
	NTSTATUS status;

	/* Wine hands over a buffer of its own. */
	export_class.flags = nt_under_wine ? DO_BUFFERED_IO : DO_DIRECT_IO;
	text_append(text_append(export->link, "\\DosDevices\\"), export->info.name);
	text_append_number(text_append(name, "\\Device\\wsl4disk"), devices_made++);
	status = device_make(&export_class, name, export->link, 2 * sizeof(void *),
			     &export->device);
	if (!NT_SUCCESS(status))
		return status;
	extension = export->device->DeviceExtension;
	extension[1] = export;
	return STATUS_SUCCESS;
}

/* A disk of NT's disk driver's where that can be, a device of our own elsewhere. */
static NTSTATUS make_disk(struct export *export)
{
	NTSTATUS status;

	export->device = NULL;
	export->disk = NULL;
	/* Its requests come before it is back. */
	set_state(export, EXPORT_LIVE);
	status = bus_attach(export);
	if (status != STATUS_NOT_SUPPORTED)
		return status;
	set_state(export, EXPORT_MAKING);
	return make_device(export);
}

static s64 add(u64 offset)
{
	struct wsl4_export_info info;
	struct export *export;
	NTSTATUS status;
	s64 result;

	if (!nt_physmem_read(offset, &info, sizeof(info)))
		return -LINUX_EFAULT;
	result = check_info(&info);
	if (result)
		return result;
	export = take_place();
	if (!export)
		return -LINUX_ENFILE;
	export->info = info;
	export->resized = FALSE;
	export->handles = 0;
	export->current = NULL;
	InitializeListHead(&export->queue);
	RtlZeroMemory(export->slot, sizeof(export->slot));
	status = make_disk(export);
	if (!NT_SUCCESS(status)) {
		set_state(export, EXPORT_FREE);
		nt_log("export %s: no device (status %08x)", info.name,
		       (unsigned int)status);
		return status == STATUS_OBJECT_NAME_COLLISION ? -LINUX_EEXIST :
								-LINUX_ENOMEM;
	}
	set_state(export, EXPORT_LIVE);
	nt_log("export %s: %I64u MiB%s", info.name, info.bytes >> 20,
	       info.flags & WSL4_EXPORT_READ_ONLY ? ", read-only" : "");
	return export_number(export);
}

/* From here on nothing new is asked. Return: FALSE if it is open, unless @force. */
static BOOLEAN leave(struct export *export, BOOLEAN force)
{
	BOOLEAN may;
	KIRQL irql;

	KeAcquireSpinLock(&irp_lock, &irql);
	may = force || !export->handles;
	if (may)
		export->state = EXPORT_LEAVING;
	KeReleaseSpinLock(&irp_lock, irql);
	return may;
}

static s64 release(struct export *export, BOOLEAN force)
{
	NTSTATUS status = STATUS_SUCCESS;

	if (export->disk)
		status = bus_release(export, force);
	if (status == STATUS_PENDING)
		return -LINUX_EAGAIN;
	if (!NT_SUCCESS(status) && !force)
		return -LINUX_EBUSY;
	return leave(export, force) ? 0 : -LINUX_EBUSY;
}

static s64 resize(struct export *export, u64 bytes)
{
	KIRQL irql;

	if (!is_size(bytes, export->info.logical_block))
		return -LINUX_EINVAL;
	KeAcquireSpinLock(&irp_lock, &irql);
	export->info.bytes = bytes;
	KeReleaseSpinLock(&irp_lock, irql);
	if (export->disk)
		bus_resize(export);
	InterlockedExchange(&export->resized, TRUE);
	nt_log("export %s: %I64u MiB now", export->info.name, bytes >> 20);
	return 0;
}

static s64 end_export(struct export *export)
{
	if (export->disk)
		bus_detach(export);
	else
		device_unlink(export->link);
	set_state(export, EXPORT_GONE);
	request_fail_all(export);
	nt_log("export %s: ended", export->info.name);
	bury_gone();
	return 0;
}

s64 export_nt_call(struct wsl4_vcpu *vcpu, u64 call, const u64 *args)
{
	struct export *export;

	if (call == HOST_EXPORT_ADD)
		return add(args[0]);
	export = export_get(args[0]);
	if (!export)
		return -LINUX_ENODEV;
	switch (call) {
	case HOST_EXPORT_RELEASE:
		return release(export, args[1] == 1);
	case HOST_EXPORT_REMOVE:
		return end_export(export);
	case HOST_EXPORT_RESIZE:
		return resize(export, args[1]);
	case HOST_EXPORT_NEXT:
		return request_next(vcpu, export, args[1]);
	case HOST_EXPORT_DONE:
		return request_done(export, args[1], args[2], args[3]);
	}
	return -LINUX_ENOSYS;
}

/* ------------------------------------------------------- start and end -- */

void export_nt_linux_stopped(void)
{
	struct export *export;
	unsigned int i;

	for (i = 0; i < WSL4_MAX_EXPORTS; i++) {
		export = export_get(i);
		if (export)
			end_export(export);
	}
}

void export_nt_unload(void)
{
	unsigned int i;

	export_nt_linux_stopped();
	/* Wine unloads a driver whose devices are open. */
	for (i = 0; i < WSL4_MAX_EXPORTS; i++)
		if (exports[i].state == EXPORT_GONE)
			bury(&exports[i]);
	bus_exit();
}

/* @path without what may stand before a name in it. */
static const char *bare_name(const char *path)
{
	static const char *const words[] = {
		"\\??\\", "global\\", "globalroot", "\\device\\",
	};
	const char *behind;
	size_t i;

	for (i = 0; i < ARRAYSIZE(words); i++) {
		behind = text_behind(path, words[i]);
		if (behind)
			path = behind;
	}
	return path;
}

BOOLEAN export_nt_owns(const char *path)
{
	const char *name = bare_name(path);
	unsigned int i;

	/* The control device, and the exports' own names. */
	if (text_behind(name, "wsl4"))
		return TRUE;
	for (i = 0; i < WSL4_MAX_EXPORTS; i++)
		if (exports[i].state == EXPORT_LIVE &&
		    text_same(exports[i].info.name, name))
			return TRUE;
	return FALSE;
}
