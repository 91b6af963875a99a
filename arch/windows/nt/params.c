// SPDX-License-Identifier: GPL-2.0
/*
 * The parameters: values of the key Parameters below the service's key.
 *
 *	CommandLine	REG_SZ		Linux's command line
 *	MemoryMB	REG_DWORD	Linux's memory (REG_SZ: decimal)
 *	Disks		REG_MULTI_SZ	disks or files for /dev/ntblk0 and up, as
 *					DOS or NT paths; ",ro" behind one of them
 *					makes it read-only
 *	LogFile		REG_SZ		the file that has the log
 */
#include "core.h"

#define DEFAULT_MEMORY_MB	1024
#define MIN_MEMORY_MB		32
#define MAX_MEMORY_MB		(4u << 20)
#define VALUE_SIZE		32768

struct nt_params nt_params;

static union {
	KEY_VALUE_PARTIAL_INFORMATION info;
	u8 bytes[VALUE_SIZE];
} value;

/* A value's text: @bytes of it lie in value.info.Data. */
static size_t text_bytes(void)
{
	const WCHAR *text = (const WCHAR *)value.info.Data;
	size_t count = value.info.DataLength / sizeof(WCHAR), i;

	for (i = 0; i < count && text[i]; i++)
		;
	return i * sizeof(WCHAR);
}

static u32 next_char(const WCHAR *text, size_t count, size_t *at)
{
	u32 c = text[(*at)++];

	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c > 0xdbff || *at == count ||
	    text[*at] < 0xdc00 || text[*at] > 0xdfff)
		return 0xfffd;	/* half a surrogate pair */
	return 0x10000 + ((c - 0xd800) << 10) + (text[(*at)++] - 0xdc00);
}

static size_t put_char(char *out, u32 c)
{
	if (c < 0x80) {
		out[0] = c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = 0xc0 | c >> 6;
		out[1] = 0x80 | (c & 0x3f);
		return 2;
	}
	if (c < 0x10000) {
		out[0] = 0xe0 | c >> 12;
		out[1] = 0x80 | (c >> 6 & 0x3f);
		out[2] = 0x80 | (c & 0x3f);
		return 3;
	}
	out[0] = 0xf0 | c >> 18;
	out[1] = 0x80 | (c >> 12 & 0x3f);
	out[2] = 0x80 | (c >> 6 & 0x3f);
	out[3] = 0x80 | (c & 0x3f);
	return 4;
}

size_t utf8_from_wide(char *out, size_t size, const WCHAR *text, size_t bytes)
{
	size_t count = bytes / sizeof(WCHAR), at = 0, length = 0, kept = 0, n;
	char c[4];

	while (at < count) {
		n = put_char(c, next_char(text, count, &at));
		if (kept == length && length + n < size) {
			memcpy(out + length, c, n);
			kept += n;
		}
		length += n;
	}
	if (size)
		out[kept] = '\0';
	return length;
}

/* Read a value. Return: STATUS_OBJECT_NAME_NOT_FOUND when there is none. */
static NTSTATUS read_value(HANDLE key, const WCHAR *name)
{
	UNICODE_STRING string;
	NTSTATUS status;
	ULONG got;

	RtlInitUnicodeString(&string, name);
	status = ZwQueryValueKey(key, &string, KeyValuePartialInformation,
				 &value, sizeof(value), &got);
	if (status == STATUS_BUFFER_OVERFLOW ||
	    status == STATUS_BUFFER_TOO_SMALL) {
		nt_log("parameter %ls is too long", name);
		return STATUS_INVALID_PARAMETER;
	}
	return status;
}

static NTSTATUS wrong(const WCHAR *name, const char *what)
{
	nt_log("parameter %ls %s", name, what);
	return STATUS_INVALID_PARAMETER;
}

static NTSTATUS copy_string(UNICODE_STRING *to, const WCHAR *head,
			    const WCHAR *tail, size_t tail_bytes)
{
	size_t head_bytes = 0;

	while (head[head_bytes / sizeof(WCHAR)])
		head_bytes += sizeof(WCHAR);
	if (head_bytes + tail_bytes > 0xfff0)
		return STATUS_NAME_TOO_LONG;
	to->Buffer = ExAllocatePoolWithTag(PagedPool, head_bytes + tail_bytes +
					   sizeof(WCHAR), NT_TAG);
	if (!to->Buffer)
		return STATUS_NO_MEMORY;
	memcpy(to->Buffer, head, head_bytes);
	memcpy((u8 *)to->Buffer + head_bytes, tail, tail_bytes);
	to->Length = head_bytes + tail_bytes;
	to->MaximumLength = to->Length + sizeof(WCHAR);
	to->Buffer[to->Length / sizeof(WCHAR)] = 0;
	return STATUS_SUCCESS;
}

static BOOLEAN is_letter(WCHAR c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* A path as people write it, DOS or NT, to an NT path. */
static NTSTATUS nt_path(UNICODE_STRING *to, const WCHAR *path, size_t bytes)
{
	size_t count = bytes / sizeof(WCHAR);

	if (count >= 4 && is_letter(path[0]) && path[1] == ':' &&
	    path[2] == '\\')
		return copy_string(to, L"\\??\\", path, bytes);
	if (count < 2 || path[0] != '\\')
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	if (path[1] != '\\')	/* an NT path */
		return copy_string(to, L"", path, bytes);
	if (count > 4 && (path[2] == '?' || path[2] == '.') && path[3] == '\\')
		return copy_string(to, L"\\??\\", path + 4,
				   bytes - 4 * sizeof(WCHAR));
	return copy_string(to, L"\\??\\UNC\\", path + 2,
			   bytes - 2 * sizeof(WCHAR));
}

static NTSTATUS bad_path(const WCHAR *name, const WCHAR *path, size_t bytes)
{
	char text[200];

	utf8_from_wide(text, sizeof(text), path, bytes);
	nt_log("parameter %ls: \"%s\" is no path (as C:\\linux\\root.img)",
	       name, text);
	return STATUS_INVALID_PARAMETER;
}

static NTSTATUS default_log_file(void)
{
	static const WCHAR *const names[] = {
		L"\\SystemRoot\\linux.log", L"\\??\\C:\\windows\\linux.log",
	};
	UNICODE_STRING path;
	unsigned int i;

	for (i = 0; i < ARRAYSIZE(names); i++) {
		RtlInitUnicodeString(&path, names[i]);
		if (NT_SUCCESS(log_open_file(&path)))
			return STATUS_SUCCESS;
	}
	nt_log("no log file: cannot make \\SystemRoot\\linux.log");
	return STATUS_SUCCESS;
}

static NTSTATUS read_log_file(HANDLE key)
{
	const WCHAR *text = (const WCHAR *)value.info.Data;
	NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
	char name[200];

	if (key)
		status = read_value(key, L"LogFile");
	if (status == STATUS_OBJECT_NAME_NOT_FOUND)
		return default_log_file();
	if (!NT_SUCCESS(status))
		return status;
	if (value.info.Type != REG_SZ)
		return wrong(L"LogFile", "is not of type REG_SZ");
	status = nt_path(&nt_params.log_file, text, text_bytes());
	if (!NT_SUCCESS(status))
		return bad_path(L"LogFile", text, text_bytes());
	status = log_open_file(&nt_params.log_file);
	if (NT_SUCCESS(status))
		return status;
	utf8_from_wide(name, sizeof(name), text, text_bytes());
	nt_log("parameter LogFile: cannot make %s (status %08x)", name,
	       (unsigned int)status);
	return STATUS_INVALID_PARAMETER;
}

static NTSTATUS read_command_line(HANDLE key)
{
	const WCHAR *text = (const WCHAR *)value.info.Data;
	NTSTATUS status = read_value(key, L"CommandLine");
	size_t length, i;

	if (status == STATUS_OBJECT_NAME_NOT_FOUND)
		return STATUS_SUCCESS;
	if (!NT_SUCCESS(status))
		return status;
	if (value.info.Type != REG_SZ)
		return wrong(L"CommandLine", "is not of type REG_SZ");
	length = utf8_from_wide(nt_params.command_line,
				sizeof(nt_params.command_line), text,
				text_bytes());
	if (length >= sizeof(nt_params.command_line))
		return wrong(L"CommandLine", "is longer than 2047 bytes");
	for (i = 0; i < length; i++) {
		u8 c = nt_params.command_line[i];

		if (c < ' ' && c != '\t')
			return wrong(L"CommandLine", "has control characters");
	}
	return STATUS_SUCCESS;
}

static NTSTATUS parse_memory(u64 *megabytes)
{
	const WCHAR *text = (const WCHAR *)value.info.Data;
	size_t count = text_bytes() / sizeof(WCHAR), i;
	ULONG dword;

	*megabytes = 0;
	if (value.info.Type == REG_DWORD && value.info.DataLength == 4) {
		memcpy(&dword, value.info.Data, 4);
		*megabytes = dword;
		return STATUS_SUCCESS;
	}
	if (value.info.Type != REG_SZ || !count || count > 9)
		return STATUS_INVALID_PARAMETER;
	for (i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return STATUS_INVALID_PARAMETER;
		*megabytes = *megabytes * 10 + (text[i] - '0');
	}
	return STATUS_SUCCESS;
}

static NTSTATUS read_memory(HANDLE key)
{
	NTSTATUS status = read_value(key, L"MemoryMB");
	u64 megabytes;

	if (status == STATUS_OBJECT_NAME_NOT_FOUND)
		return STATUS_SUCCESS;
	if (!NT_SUCCESS(status))
		return status;
	if (!NT_SUCCESS(parse_memory(&megabytes)))
		return wrong(L"MemoryMB", "is not a number (REG_DWORD, or decimal REG_SZ)");
	if (megabytes < MIN_MEMORY_MB || megabytes > MAX_MEMORY_MB) {
		nt_log("parameter MemoryMB is %I64u, not in %u..%u", megabytes,
		       MIN_MEMORY_MB, MAX_MEMORY_MB);
		return STATUS_INVALID_PARAMETER;
	}
	nt_params.memory_bytes = megabytes << 20;
	return STATUS_SUCCESS;
}

static BOOLEAN cut_suffix(const WCHAR *text, size_t *bytes)
{
	size_t n = *bytes / sizeof(WCHAR);

	if (n < 3 || text[n - 3] != ',' || (text[n - 2] | 32) != 'r' ||
	    (text[n - 1] | 32) != 'o')
		return FALSE;
	*bytes -= 3 * sizeof(WCHAR);
	return TRUE;
}

static NTSTATUS add_disk(const WCHAR *text, size_t bytes)
{
	struct nt_disk_param *disk;
	size_t path_bytes = bytes;

	if (nt_params.nr_disks == WSL4_MAX_DISKS)
		return wrong(L"Disks", "has more than 16 disks");
	disk = &nt_params.disk[nt_params.nr_disks];
	disk->read_only = cut_suffix(text, &path_bytes);
	if (!NT_SUCCESS(nt_path(&disk->path, text, path_bytes)))
		return bad_path(L"Disks", text, bytes);
	nt_params.nr_disks++;
	return STATUS_SUCCESS;
}

static NTSTATUS read_disks(HANDLE key)
{
	const WCHAR *text = (const WCHAR *)value.info.Data;
	NTSTATUS status = read_value(key, L"Disks");
	size_t count, at, end;

	if (status == STATUS_OBJECT_NAME_NOT_FOUND)
		return STATUS_SUCCESS;
	if (!NT_SUCCESS(status))
		return status;
	if (value.info.Type != REG_MULTI_SZ && value.info.Type != REG_SZ)
		return wrong(L"Disks", "is not of type REG_MULTI_SZ");
	count = value.info.DataLength / sizeof(WCHAR);
	for (at = 0; at < count && text[at]; at = end + 1) {
		for (end = at; end < count && text[end]; end++)
			;
		status = add_disk(text + at, (end - at) * sizeof(WCHAR));
		if (!NT_SUCCESS(status))
			return status;
	}
	return STATUS_SUCCESS;
}

static NTSTATUS open_key(PUNICODE_STRING service, HANDLE *key)
{
	OBJECT_ATTRIBUTES attributes;
	UNICODE_STRING path;
	NTSTATUS status;
	WCHAR *buffer;

	/* The service's path need not end in a NUL. */
	status = copy_string(&path, L"", service->Buffer, service->Length);
	if (!NT_SUCCESS(status))
		return status;
	buffer = path.Buffer;
	status = copy_string(&path, buffer, L"\\Parameters",
			     sizeof(L"\\Parameters") - sizeof(WCHAR));
	ExFreePoolWithTag(buffer, NT_TAG);
	if (!NT_SUCCESS(status))
		return status;
	InitializeObjectAttributes(&attributes, &path,
				   OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
				   NULL, NULL);
	status = ZwOpenKey(key, KEY_READ, &attributes);
	ExFreePoolWithTag(path.Buffer, NT_TAG);
	return status;
}

NTSTATUS params_read(PUNICODE_STRING service)
{
	HANDLE key = NULL;
	NTSTATUS status;

	memset(&nt_params, 0, sizeof(nt_params));
	nt_params.memory_bytes = (u64)DEFAULT_MEMORY_MB << 20;
	status = open_key(service, &key);
	if (!NT_SUCCESS(status))
		key = NULL;
	status = read_log_file(key);
	if (!key)
		return status;
	if (NT_SUCCESS(status))
		status = read_command_line(key);
	if (NT_SUCCESS(status))
		status = read_memory(key);
	if (NT_SUCCESS(status))
		status = read_disks(key);
	ZwClose(key);
	return status;
}

void params_free(void)
{
	unsigned int i;

	for (i = 0; i < WSL4_MAX_DISKS; i++)
		if (nt_params.disk[i].path.Buffer)
			ExFreePoolWithTag(nt_params.disk[i].path.Buffer, NT_TAG);
	if (nt_params.log_file.Buffer)
		ExFreePoolWithTag(nt_params.log_file.Buffer, NT_TAG);
	memset(&nt_params, 0, sizeof(nt_params));
}
