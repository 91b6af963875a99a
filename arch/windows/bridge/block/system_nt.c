// SPDX-License-Identifier: GPL-2.0
/*
 * The volumes that Windows cannot do without: those of its system root, of what boots
 * it, of page files and of dumps. The hibernation file lies on the first of them.
 */
#include "block_nt.h"
#include "text.h"

#define PAGE_FILE_CLASS		18	/* SystemPageFileInformation */
#define VALUE_BYTES		1024
#define VOLUME_CHARS		64

typedef NTSTATUS (NTAPI *query_system_t)(ULONG class, PVOID buffer, ULONG bytes,
					 PULONG got);

/* SYSTEM_PAGEFILE_INFORMATION */
struct page_file {
	ULONG next;		/* bytes from this one; 0: the last */
	ULONG sizes[3];
	UNICODE_STRING name;
};

static BOOLEAN is_volume(struct worker *worker, const struct disk *disk,
			 const WCHAR *name)
{
	char text[3 * VOLUME_CHARS];
	struct extents extents;
	UNICODE_STRING string;
	HANDLE file;
	BOOLEAN known;

	RtlInitUnicodeString(&string, name);
	utf8_from_wide(text, sizeof(text), string.Buffer, string.Length);
	if (text_same(text, disk->path))
		return TRUE;
	if (!NT_SUCCESS(device_open(&string, &file)))
		return FALSE;
	known = extents_read(worker, file, &extents);
	ZwClose(file);
	return known && extents_overlap(&extents, &disk->extents);
}

/* C:\FILE, \??\C:\FILE or \Device\VOLUME\FILE, as long as @bytes says at most. */
static BOOLEAN has_file(struct worker *worker, const struct disk *disk,
			const WCHAR *text, size_t bytes)
{
	WCHAR name[VOLUME_CHARS] = L"\\??\\";
	size_t count = bytes / sizeof(WCHAR), i, end, at = 0;

	if (count > 4 && text[0] == '\\' && text[1] == '?')
		at = 4;
	if (count > at + 1 && text[at + 1] == ':') {
		name[4] = text[at];
		name[5] = ':';
		name[6] = '\0';
		return is_volume(worker, disk, name);
	}
	for (end = 0, i = 0; i < count && text[i]; i++)
		if (text[i] == '\\')
			end = i;
	if (!end || end >= VOLUME_CHARS)
		return FALSE;
	RtlCopyMemory(name, text, end * sizeof(WCHAR));
	name[end] = '\0';
	return is_volume(worker, disk, name);
}

/* Return: the value's text, with a NUL, or NULL. */
static const WCHAR *read_text(const WCHAR *path, const WCHAR *name, size_t *bytes)
{
	static union {
		KEY_VALUE_PARTIAL_INFORMATION info;
		u8 bytes[VALUE_BYTES + sizeof(WCHAR)];
	} value;
	OBJECT_ATTRIBUTES attributes;
	UNICODE_STRING string;
	NTSTATUS status;
	HANDLE key;
	ULONG got;

	RtlInitUnicodeString(&string, path);
	InitializeObjectAttributes(&attributes, &string, OBJ_CASE_INSENSITIVE |
				   OBJ_KERNEL_HANDLE, NULL, NULL);
	if (!NT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes)))
		return NULL;
	RtlInitUnicodeString(&string, name);
	RtlZeroMemory(&value, sizeof(value));
	status = ZwQueryValueKey(key, &string, KeyValuePartialInformation, &value,
				 VALUE_BYTES, &got);
	ZwClose(key);
	if (!NT_SUCCESS(status) ||
	    (value.info.Type != REG_SZ && value.info.Type != REG_EXPAND_SZ))
		return NULL;
	*bytes = value.info.DataLength;
	return (const WCHAR *)value.info.Data;
}

static BOOLEAN has_system(struct worker *worker, const struct disk *disk)
{
	const WCHAR *text;
	size_t bytes;

	text = read_text(L"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
			 L"SystemRoot", &bytes);
	if (text && has_file(worker, disk, text, bytes))
		return TRUE;
	text = read_text(L"\\Registry\\Machine\\System\\Setup", L"SystemPartition",
			 &bytes);
	return text && bytes < VOLUME_CHARS * sizeof(WCHAR) &&
	       is_volume(worker, disk, text);
}

static BOOLEAN has_dump(struct worker *worker, const struct disk *disk)
{
	const WCHAR *text;
	size_t bytes;

	text = read_text(L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\CrashControl",
			 L"DedicatedDumpFile", &bytes);
	return text && has_file(worker, disk, text, bytes);
}

/* Wine has none, and no list of them. */
static BOOLEAN has_page_file(struct worker *worker, const struct disk *disk)
{
	static u64 buffer[512];
	query_system_t query = nt_routine(L"ZwQuerySystemInformation");
	const struct page_file *file = (const void *)buffer;
	ULONG got = 0, at = 0;

	if (!query || !NT_SUCCESS(query(PAGE_FILE_CLASS, buffer, sizeof(buffer), &got)))
		return FALSE;
	while (at + sizeof(*file) <= min(got, (ULONG)sizeof(buffer))) {
		file = (const void *)((const u8 *)buffer + at);
		if (has_file(worker, disk, file->name.Buffer, file->name.Length))
			return TRUE;
		if (!file->next)
			break;
		at += file->next;
	}
	return FALSE;
}

const char *system_owns(struct worker *worker, const struct disk *disk)
{
	if (has_system(worker, disk))
		return "Windows itself is on it. With the option ro it can be read";
	if (has_page_file(worker, disk))
		return "a page file of Windows's is on it";
	if (has_dump(worker, disk))
		return "Windows's dump file is on it";
	return NULL;
}
