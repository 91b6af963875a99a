// SPDX-License-Identifier: GPL-2.0
/*
 * The control device.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wsl4.h"

static HANDLE device = INVALID_HANDLE_VALUE;

static DWORD open_device(void)
{
	device = CreateFileW(L"\\\\.\\wsl4", GENERIC_READ | GENERIC_WRITE,
			     FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
			     OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
	return device == INVALID_HANDLE_VALUE ? GetLastError() : 0;
}

static bool opened(DWORD error)
{
	switch (error) {
	case 0:
		return true;
	case ERROR_FILE_NOT_FOUND:
	case ERROR_PATH_NOT_FOUND:
	case ERROR_DEV_NOT_EXIST:
		return false;
	case ERROR_ACCESS_DENIED:
		die(EXIT_ACCESS,
		    "You may not use Linux. Run wsl4 as administrator.");
	}
	die(EXIT_OTHER, "Cannot open \\\\.\\wsl4 (Windows error %lu). Try to restart the service: sc stop linux, sc start linux",
	    error);
}

bool device_try_open(void)
{
	return opened(open_device());
}

void device_open(void)
{
	if (!device_try_open())
		die(EXIT_NO_SERVICE, "The linux service is not running. Start it with: sc start linux");
}

void device_close(void)
{
	CloseHandle(device);
	device = INVALID_HANDLE_VALUE;
}

/* One event for each thread, made at its first call. */
static HANDLE own_event(void)
{
	static __thread HANDLE event;

	if (!event)
		event = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!event)
		die(EXIT_BUSY, "Windows has no resources left for wsl4.");
	return event;
}

DWORD device_call(DWORD code, const void *in, DWORD in_bytes, void *out,
		  DWORD out_bytes, DWORD *got)
{
	OVERLAPPED overlapped = { .hEvent = own_event() };
	DWORD bytes = 0, error = 0;

	if (!DeviceIoControl(device, code, (void *)in, in_bytes, out, out_bytes,
			     &bytes, &overlapped))
		error = GetLastError();
	if (error == ERROR_IO_PENDING) {
		error = 0;
		if (!GetOverlappedResult(device, &overlapped, &bytes, TRUE))
			error = GetLastError();
	}
	if (got)
		*got = bytes;
	return error;
}

void device_status(struct wsl4_status *status)
{
	uint32_t version = WSL4_CONSOLE_VERSION;
	DWORD error;

	error = device_call(WSL4_IOCTL_STATUS, &version, sizeof(version),
			    status, sizeof(*status), NULL);
	if (error == ERROR_REVISION_MISMATCH)
		die(EXIT_OTHER, "The linux service is of another version than wsl4. Install both from one build.");
	if (error)
		die(EXIT_OTHER, "The linux service does not answer (Windows error %lu). Restart it: sc stop linux, sc start linux",
		    error);
	status->message[sizeof(status->message) - 1] = 0;
	status->linux_version[sizeof(status->linux_version) - 1] = 0;
}

static bool no_root(const char *message)
{
	static const char *const signs[] = {
		"VFS: Unable to mount root fs", "No working init found",
		"No init found", "Requested init",
	};
	size_t i;

	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strstr(message, signs[i]))
			return true;
	return false;
}

void device_explain_end(void)
{
	struct wsl4_status status;

	device_status(&status);
	switch (status.state) {
	case WSL4_STATE_PANICKED:
		if (no_root(status.message))
			die(EXIT_NO_ROOT, "Linux found no root disk to start from (%s). Check Disks and CommandLine of the linux service, see wsl4 --dmesg, then restart it: sc stop linux, sc start linux",
			    status.message);
		die(EXIT_PANIC, "Linux panicked (%s). See wsl4 --dmesg, then restart it: sc stop linux, sc start linux",
		    status.message);
	case WSL4_STATE_REFUSED:
		die(EXIT_OTHER, "Linux cannot run here: %s", status.message);
	case WSL4_STATE_STOPPING:
		die(EXIT_STOPPED, "Linux is shutting down. Start it again when it has stopped: sc start linux");
	}
	die(EXIT_STOPPED, "Linux was shut down. Start it again with: sc stop linux, sc start linux");
}
