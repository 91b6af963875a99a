// SPDX-License-Identifier: GPL-2.0
/*
 * The registry: one key, the driver's Parameters, from lines of text.
 *
 *	sz NAME TEXT
 *	dword NAME NUMBER
 *	multi NAME TEXT|TEXT...
 */
#include "smallnt.h"

#define KEY_PATH "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\linux\\Parameters"
#define MAX_VALUES	32
#define VALUE_CHARS	2200

struct value {
	char name[32];
	u32 type, bytes;
	WCHAR data[VALUE_CHARS];
};

static struct value values[MAX_VALUES];
static u32 nr_values;

static struct value *value_of(const char *name)
{
	u32 i;

	for (i = 0; i < nr_values; i++)
		if (equal(values[i].name, name))
			return &values[i];
	if (nr_values == MAX_VALUES)
		bugcheck("more than %u registry values", MAX_VALUES);
	return &values[nr_values++];
}

static void set_text(struct value *v, const char *text, bool multi)
{
	u32 n = 0;

	for (; *text && n < VALUE_CHARS - 2; text++)
		v->data[n++] = multi && *text == '|' ? 0 : (u8)*text;
	v->data[n++] = 0;
	if (multi)
		v->data[n++] = 0;
	v->bytes = n * 2;
}

void registry_set(const char *line)
{
	char kind[16] = "", name[32] = "";
	struct value *v;
	const char *number;
	u32 i;

	for (i = 0; *line && *line != ' ' && i < 15; i++)
		kind[i] = *line++;
	while (*line == ' ')
		line++;
	for (i = 0; *line && *line != ' ' && i < 31; i++)
		name[i] = *line++;
	if (*line == ' ')
		line++;
	v = value_of(name);
	memcpy(v->name, name, sizeof(name));
	if (equal(kind, "sz")) {
		v->type = REG_SZ;
		set_text(v, line, false);
	} else if (equal(kind, "multi")) {
		v->type = REG_MULTI_SZ;
		set_text(v, line, true);
	} else if (equal(kind, "dword")) {
		v->type = REG_DWORD;
		v->bytes = 4;
		number = line;
		*(u32 *)v->data = parse_number(&number);
	} else {
		bugcheck("registry: \"%s\" is no type", kind);
	}
}

void registry_init(void)
{
	struct module *m = module_find("registry");
	char line[VALUE_CHARS];
	u64 at = 0, n;

	while (m && at < m->bytes) {
		for (n = 0; at < m->bytes && m->data[at] != '\n'; at++)
			if (n + 1 < sizeof(line))
				line[n++] = m->data[at];
		at++;
		line[n] = 0;
		if (n && line[0] != '#')
			registry_set(line);
	}
}

NTSTATUS ZwOpenKey(PHANDLE handle, ACCESS_MASK access,
		   POBJECT_ATTRIBUTES attributes)
{
	NTSTATUS status;
	void *key;

	if (!(attributes->Attributes & OBJ_KERNEL_HANDLE))
		bugcheck("ZwOpenKey without OBJ_KERNEL_HANDLE");
	if (!wide_equal(attributes->ObjectName, KEY_PATH))
		return STATUS_OBJECT_NAME_NOT_FOUND;
	key = object_make(OBJECT_KEY, 8, NULL);
	if (!key)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = handle_make(key, handle);
	object_put(key);
	return status;
}

NTSTATUS ZwQueryValueKey(HANDLE handle, PUNICODE_STRING name,
			 KEY_VALUE_INFORMATION_CLASS class, PVOID out,
			 ULONG bytes, PULONG needed)
{
	KEY_VALUE_PARTIAL_INFORMATION *info = out;
	const u32 head = offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data);
	void *key = handle_body(handle, OBJECT_KEY);
	struct value *v = NULL;
	u32 i;

	if (!key)
		return STATUS_OBJECT_TYPE_MISMATCH;
	object_put(key);
	if (class != KeyValuePartialInformation)
		bugcheck("ZwQueryValueKey of class %d: not implemented", class);
	for (i = 0; i < nr_values; i++)
		if (wide_equal(name, values[i].name))
			v = &values[i];
	if (!v)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	*needed = head + v->bytes;
	if (bytes < head)
		return STATUS_BUFFER_TOO_SMALL;
	info->TitleIndex = 0;
	info->Type = v->type;
	info->DataLength = v->bytes;
	memcpy(info->Data, v->data, min(v->bytes, bytes - head));
	return bytes < *needed ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}
