// SPDX-License-Identifier: GPL-2.0
/*
 * wsl4 --status, --shutdown and --dmesg.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wsl4.h"

#define SHUTDOWN_SECONDS	180
#define STOP_SECONDS		60

static void print(const char *text)
{
	write_all(GetStdHandle(STD_OUTPUT_HANDLE), text, strlen(text));
}

static const char *state_name(uint32_t state)
{
	static const char *const names[] = {
		[WSL4_STATE_STARTING] = "starting",
		[WSL4_STATE_RUNNING] = "running",
		[WSL4_STATE_STOPPING] = "shutting down",
		[WSL4_STATE_STOPPED] = "stopped",
		[WSL4_STATE_PANICKED] = "panicked",
		[WSL4_STATE_REFUSED] = "refused to run here",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] :
							   "unknown";
}

int control_status(void)
{
	struct wsl4_status status;
	unsigned long long s;
	char text[1024];

	device_open();
	device_status(&status);
	s = status.uptime_ms / 1000;
	snprintf(text, sizeof(text),
		 "State:    %s\n"
		 "Uptime:   %llu:%02llu:%02llu\n"
		 "Memory:   %llu MiB\n"
		 "Sessions: %u\n"
		 "Kernel:   %s\n"
		 "%s%s%s",
		 state_name(status.state), s / 3600, s / 60 % 60, s % 60,
		 (unsigned long long)status.memory_bytes >> 20,
		 (unsigned int)status.sessions,
		 *status.linux_version ? status.linux_version : "not known yet",
		 *status.message ? "Message:  " : "", status.message,
		 *status.message ? "\n" : "");
	print(text);
	switch (status.state) {
	case WSL4_STATE_PANICKED:
		return EXIT_PANIC;
	case WSL4_STATE_STOPPED:
		return EXIT_STOPPED;
	case WSL4_STATE_REFUSED:
		return EXIT_OTHER;
	}
	return 0;
}

/* Service control, looked up here alone: wsl4 starts faster without advapi32. */
struct services {
	SC_HANDLE (WINAPI *open_manager)(LPCWSTR, LPCWSTR, DWORD);
	SC_HANDLE (WINAPI *open_service)(SC_HANDLE, LPCWSTR, DWORD);
	BOOL (WINAPI *control)(SC_HANDLE, DWORD, SERVICE_STATUS *);
	BOOL (WINAPI *query)(SC_HANDLE, SERVICE_STATUS *);
	LSTATUS (WINAPI *value)(HKEY, LPCWSTR, LPCWSTR, DWORD, LPDWORD, PVOID,
				LPDWORD);
};

static void load_services(struct services *services)
{
	HMODULE library = LoadLibraryW(L"advapi32.dll");

	services->open_manager = (void *)GetProcAddress(library,
							"OpenSCManagerW");
	services->open_service = (void *)GetProcAddress(library,
							"OpenServiceW");
	services->control = (void *)GetProcAddress(library, "ControlService");
	services->query = (void *)GetProcAddress(library, "QueryServiceStatus");
	services->value = (void *)GetProcAddress(library, "RegGetValueW");
}

/* Linux has stopped; take its driver away, too, so that it can start anew. */
static bool stop_service(void)
{
	struct services services;
	SERVICE_STATUS status;
	SC_HANDLE manager, service;
	int i;

	load_services(&services);
	manager = services.open_manager(NULL, NULL, SC_MANAGER_CONNECT);
	if (!manager)
		return false;
	service = services.open_service(manager, L"linux", SERVICE_STOP |
					SERVICE_QUERY_STATUS);
	if (!service)
		return false;
	services.control(service, SERVICE_CONTROL_STOP, &status);
	for (i = 0; i < STOP_SECONDS * 20; i++) {
		if (!services.query(service, &status))
			return false;
		if (status.dwCurrentState == SERVICE_STOPPED)
			return true;
		Sleep(50);
	}
	return false;
}

int control_shutdown(void)
{
	uint32_t version = WSL4_CONSOLE_VERSION;
	struct wsl4_status status;
	int i;

	device_open();
	device_call(WSL4_IOCTL_SHUTDOWN, &version, sizeof(version), NULL, 0,
		    NULL);
	for (i = 0; i < SHUTDOWN_SECONDS * 20; i++) {
		device_status(&status);
		if (status.state >= WSL4_STATE_STOPPED)
			break;
		Sleep(50);
	}
	if (status.state < WSL4_STATE_STOPPED)
		die(EXIT_OTHER, "Linux does not shut down. See what it waits for with: wsl4 --dmesg; end it by force with: sc stop linux");
	device_close();
	if (!stop_service())
		complain("Linux has stopped, its service has not. Stop it with: sc stop linux");
	if (status.state != WSL4_STATE_PANICKED)
		return 0;
	complain("Linux panicked while it was shutting down (%s). See wsl4 --dmesg",
		 status.message);
	return EXIT_PANIC;
}

static HANDLE open_log_file(void)
{
	struct services services;
	WCHAR path[MAX_PATH];
	DWORD bytes = sizeof(path);

	load_services(&services);
	if (services.value(HKEY_LOCAL_MACHINE,
			   L"SYSTEM\\CurrentControlSet\\Services\\linux\\Parameters",
			   L"LogFile", RRF_RT_REG_SZ, NULL, path, &bytes)) {
		bytes = GetWindowsDirectoryW(path, MAX_PATH - 20);
		if (!bytes || bytes > MAX_PATH - 20)
			return INVALID_HANDLE_VALUE;
		lstrcatW(path, L"\\linux.log");
	} else if (!wcsncmp(path, L"\\??\\", 4)) {
		path[1] = '\\';		/* Win32's way to say that */
	}
	return CreateFileW(path, GENERIC_READ, FILE_SHARE_READ |
			   FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
			   OPEN_EXISTING, 0, NULL);
}

/* The driver is gone; what it wrote into its file is left. */
static int dmesg_from_file(void)
{
	HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
	HANDLE file = open_log_file();
	static char buffer[TRANSFER];
	DWORD got;

	if (file == INVALID_HANDLE_VALUE)
		die(EXIT_NO_SERVICE, "The linux service is not running, and it has left no log. Start it with: sc start linux");
	while (ReadFile(file, buffer, sizeof(buffer), &got, NULL) && got)
		if (!write_all(out, buffer, got))
			break;
	CloseHandle(file);
	return 0;
}

int control_dmesg(bool follow)
{
	HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
	struct wsl4_log_read ask = { .version = WSL4_CONSOLE_VERSION };
	static struct {
		struct wsl4_log_data data;
		char text[TRANSFER];
	} answer;
	DWORD error;

	if (!device_try_open())
		return dmesg_from_file();
	if (follow)
		ask.flags = WSL4_LOG_WAIT;
	for (;;) {
		error = device_call(WSL4_IOCTL_LOG, &ask, sizeof(ask), &answer,
				    sizeof(answer), NULL);
		if (error == ERROR_DELETE_PENDING || error == ERROR_OPERATION_ABORTED)
			return 0;	/* the driver is being unloaded */
		if (error)
			die(EXIT_OTHER, "The linux service does not tell its log (Windows error %lu).",
			    error);
		if (!answer.data.bytes)
			return 0;
		ask.cursor = answer.data.cursor;
		if (!write_all(out, answer.text, answer.data.bytes))
			return 0;
	}
}
