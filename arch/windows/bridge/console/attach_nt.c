// SPDX-License-Identifier: GPL-2.0
/*
 * A program asks for a file to become a disk of Linux's. It detaches that in
 * Linux, by the disk's attribute "detach" in sysfs.
 */
#include "console_nt.h"

static NTSTATUS check_attach(const struct request *request)
{
	const struct wsl4_attach *attach = request->buffer;
	enum linux_state state = nt_linux_state();

	if (request->in < sizeof(*attach) ||
	    request->out < sizeof(struct wsl4_attach_result))
		return STATUS_BUFFER_TOO_SMALL;
	if (attach->version != WSL4_CONSOLE_VERSION)
		return STATUS_REVISION_MISMATCH;
	if (attach->flags & ~WSL4_ATTACH_READ_ONLY || attach->reserved ||
	    !attach->path_bytes || attach->path_bytes % sizeof(WCHAR) ||
	    attach->path_bytes > WSL4_ATTACH_MAX_PATH)
		return STATUS_INVALID_PARAMETER;
	if (attach->path_bytes != request->in - sizeof(*attach))
		return STATUS_BUFFER_TOO_SMALL;
	if (state != LINUX_STARTING && state != LINUX_RUNNING)
		return STATUS_DEVICE_NOT_READY;
	return STATUS_SUCCESS;
}

static void copy_text(char *to, size_t size, const char *text)
{
	while (--size && *text)
		*to++ = *text++;
	*to = 0;
}

NTSTATUS control_attach(struct request *request, u32 *bytes)
{
	struct wsl4_attach_result *result = request->buffer;
	struct wsl4_attach *attach = request->buffer;
	unsigned int index = 0;
	UNICODE_STRING path;
	const char *why = "";
	NTSTATUS status;

	status = check_attach(request);
	if (!NT_SUCCESS(status))
		return status;
	path.Buffer = (WCHAR *)(attach + 1);
	path.Length = attach->path_bytes;
	path.MaximumLength = attach->path_bytes;
	status = block_nt_attach(&path, attach->flags & WSL4_ATTACH_READ_ONLY,
				 &index, &why);
	/* The answer lies where the question lay. */
	RtlZeroMemory(result, sizeof(*result));
	result->result = WSL4_ATTACHED;
	if (!NT_SUCCESS(status))
		result->result = WSL4_ATTACH_REFUSED;
	else if (status == STATUS_OBJECT_NAME_EXISTS)
		result->result = WSL4_ATTACH_THERE;
	result->index = index;
	if (result->result == WSL4_ATTACH_REFUSED)
		copy_text(result->message, sizeof(result->message), why);
	*bytes = sizeof(*result);
	return STATUS_SUCCESS;
}
