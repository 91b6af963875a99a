// SPDX-License-Identifier: GPL-2.0
/*
 * Throws garbage, short buffers and wrong sizes at every control code of
 * \\.\wsl4 and expects an error code for each, and a service that goes on.
 * Prints TAP. usage: ioctl-fuzz.exe [ROUNDS [SEED]]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include "../../arch/windows/bridge/console/ioctl.h"

#define NR_CODES	11
#define PENDING_MS	20

static uint64_t seed;
static int tests, failures;
static uint8_t in[WSL4_MAX_TRANSFER * 2], out[WSL4_MAX_TRANSFER * 2];

static uint32_t next(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return seed >> 33;
}

static void result(int ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++tests, what);
	fflush(stdout);
	failures += !ok;
}

static HANDLE open_device(void)
{
	return CreateFileW(L"\\\\.\\wsl4", GENERIC_READ | GENERIC_WRITE,
			   FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
			   OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
}

/* Returns the Windows error; ERROR_OPERATION_ABORTED if it had to be cancelled. */
static DWORD control(HANDLE device, DWORD code, const void *from, DWORD in_bytes,
		     void *to, DWORD out_bytes, DWORD wait, DWORD *got)
{
	OVERLAPPED overlapped = { .hEvent = CreateEventW(NULL, TRUE, FALSE,
							 NULL) };
	DWORD bytes = 0, error = 0;

	if (!DeviceIoControl(device, code, (void *)from, in_bytes, to, out_bytes,
			     &bytes, &overlapped))
		error = GetLastError();
	if (error == ERROR_IO_PENDING) {
		if (WaitForSingleObject(overlapped.hEvent, wait) == WAIT_TIMEOUT)
			CancelIoEx(device, &overlapped);
		error = 0;
		if (!GetOverlappedResult(device, &overlapped, &bytes, TRUE))
			error = GetLastError();
	}
	CloseHandle(overlapped.hEvent);
	if (got)
		*got = bytes;
	return error;
}

static int alive(void)
{
	uint32_t version = WSL4_CONSOLE_VERSION;
	struct wsl4_status status;
	HANDLE device = open_device();
	DWORD got, error;

	if (device == INVALID_HANDLE_VALUE)
		return 0;
	error = control(device, WSL4_IOCTL_STATUS, &version, sizeof(version),
			&status, sizeof(status), 10000, &got);
	CloseHandle(device);
	return !error && got == sizeof(status) &&
	       (status.state == WSL4_STATE_RUNNING ||
		status.state == WSL4_STATE_STARTING);
}

static void fill(uint8_t *to, DWORD bytes)
{
	DWORD i;

	for (i = 0; i < bytes; i++)
		to[i] = next();
}

static const struct {
	const char *name;
	DWORD code, in, out;
} codes[NR_CODES] = {
	{ "STATUS", WSL4_IOCTL_STATUS, 4, sizeof(struct wsl4_status) },
	{ "LOG", WSL4_IOCTL_LOG, sizeof(struct wsl4_log_read),
	  sizeof(struct wsl4_log_data) + 1 },
	{ "SHUTDOWN", WSL4_IOCTL_SHUTDOWN, 4, 0 },
	{ "START", WSL4_IOCTL_START, sizeof(struct wsl4_start),
	  sizeof(struct wsl4_start_result) },
	{ "WRITE", WSL4_IOCTL_WRITE, sizeof(struct wsl4_stream), 0 },
	{ "READ", WSL4_IOCTL_READ, sizeof(struct wsl4_stream), 1 },
	{ "CLOSE", WSL4_IOCTL_CLOSE, sizeof(struct wsl4_stream), 0 },
	{ "WINSIZE", WSL4_IOCTL_WINSIZE, sizeof(struct wsl4_winsize), 0 },
	{ "SIGNAL", WSL4_IOCTL_SIGNAL, sizeof(struct wsl4_signal), 0 },
	{ "WAIT", WSL4_IOCTL_WAIT, 4, sizeof(struct wsl4_exit) },
	{ "ATTACH", WSL4_IOCTL_ATTACH, sizeof(struct wsl4_attach),
	  sizeof(struct wsl4_attach_result) },
};

static DWORD put_start(uint8_t *to, uint32_t flags, const char *strings,
		       DWORD bytes, uint32_t argc)
{
	struct wsl4_start *start = (void *)to;

	memset(start, 0, sizeof(*start));
	start->version = WSL4_CONSOLE_VERSION;
	start->bytes = sizeof(*start) + bytes;
	start->flags = flags;
	start->argc = argc;
	memcpy(start + 1, strings, bytes);
	return start->bytes;
}

/* A handle with a program that ends when it is hung up. */
static HANDLE open_session(uint32_t flags)
{
	static const char words[] = "\0\0sleep\0" "1000";
	struct wsl4_start_result answer = { 0 };
	HANDLE device = open_device();
	DWORD bytes = put_start(in, flags, words, sizeof(words), 2);

	control(device, WSL4_IOCTL_START, in, bytes, &answer, sizeof(answer),
		30000, NULL);
	return device;
}

/* Shorter than it must be: every length, both buffers. */
static void short_buffers(int nr)
{
	char name[80];
	HANDLE device = open_session(0);
	DWORD i, error;
	int ok = 1;

	memset(in, 0, sizeof(in));
	*(uint32_t *)in = WSL4_CONSOLE_VERSION;
	for (i = 0; i < codes[nr].in; i++) {
		error = control(device, codes[nr].code, in, i, out,
				codes[nr].out, PENDING_MS, NULL);
		ok &= error == ERROR_INSUFFICIENT_BUFFER;
	}
	for (i = 0; i < codes[nr].out; i++) {
		error = control(device, codes[nr].code, in, codes[nr].in, out, i,
				PENDING_MS, NULL);
		ok &= error != 0;
	}
	CloseHandle(device);
	sprintf(name, "%s: short buffers", codes[nr].name);
	result(ok && alive(), name);
}

static void wrong_version(int nr)
{
	HANDLE device = open_session(0);
	char name[80];
	DWORD error;

	memset(in, 0, sizeof(in));
	*(uint32_t *)in = WSL4_CONSOLE_VERSION + 1;
	error = control(device, codes[nr].code, in, codes[nr].in + 64, out,
			codes[nr].out + 64, PENDING_MS, NULL);
	CloseHandle(device);
	sprintf(name, "%s: wrong version", codes[nr].name);
	result(error == ERROR_REVISION_MISMATCH && alive(), name);
}

/* Random sizes and bytes, with and without a session. */
static void garbage(int nr, int rounds, int with_version)
{
	DWORD in_bytes, out_bytes, limit;
	char name[80];
	HANDLE device;
	int i;

	device = open_session(next() & WSL4_START_TTY);
	for (i = 0; i < rounds; i++) {
		if (!(i % 16)) {
			CloseHandle(device);
			device = next() & 1 ? open_device() :
				 open_session(next() & WSL4_START_TTY);
		}
		limit = i % 32 ? 512 : WSL4_MAX_TRANSFER + 4096;
		in_bytes = next() % limit;
		out_bytes = next() % limit;
		fill(in, in_bytes < 4096 ? in_bytes : 4096);
		if (with_version)
			*(uint32_t *)in = WSL4_CONSOLE_VERSION;
		if (with_version && next() & 1)	/* small numbers behind it */
			for (DWORD n = 4; n < 32; n++)
				in[n] = n % 4 ? 0 : next() % 5;
		if (with_version && codes[nr].code == WSL4_IOCTL_START &&
		    next() & 1)
			((struct wsl4_start *)in)->bytes = in_bytes;
		if (with_version && codes[nr].code == WSL4_IOCTL_ATTACH &&
		    in_bytes > sizeof(struct wsl4_attach))
			*(struct wsl4_attach *)in = (struct wsl4_attach){
				.version = WSL4_CONSOLE_VERSION,
				.path_bytes = in_bytes -
					      sizeof(struct wsl4_attach),
			};
		control(device, codes[nr].code, in, in_bytes, out, out_bytes, 1,
			NULL);
	}
	CloseHandle(device);
	sprintf(name, "%s: garbage%s", codes[nr].name,
		with_version ? " behind the right version" : "");
	result(alive(), name);
}

static void unknown_codes(int rounds)
{
	HANDLE device = open_session(0);
	int i, ok = 1, known, nr;
	DWORD code;

	for (i = 0; i < rounds; i++) {
		code = i % 2 ? next() : WSL4_IOCTL(next() % 0x800) | next() % 4;
		for (known = nr = 0; nr < NR_CODES; nr++)
			known |= code == codes[nr].code;
		if (known)
			continue;
		fill(in, 64);
		ok &= control(device, code, in, 64, out, 64, PENDING_MS,
			      NULL) != 0;
	}
	CloseHandle(device);
	result(ok && alive(), "unknown control codes");
}

static void read_write_flush(void)
{
	HANDLE device = open_session(0);
	OVERLAPPED overlapped = { .hEvent = CreateEventW(NULL, TRUE, FALSE,
							 NULL) };
	DWORD got;
	int ok = 1;

	if (!WriteFile(device, in, 4096, NULL, &overlapped) &&
	    GetLastError() == ERROR_IO_PENDING)
		ok &= !GetOverlappedResult(device, &overlapped, &got, TRUE);
	if (!ReadFile(device, out, 4096, NULL, &overlapped) &&
	    GetLastError() == ERROR_IO_PENDING)
		ok &= !GetOverlappedResult(device, &overlapped, &got, TRUE);
	FlushFileBuffers(device);
	CloseHandle(overlapped.hEvent);
	CloseHandle(device);
	result(ok && alive(), "plain reads, writes and flushes");
}

static DWORD start_error(const char *strings, DWORD bytes, uint32_t argc,
			 int32_t change_bytes, uint32_t flags)
{
	struct wsl4_start_result answer;
	HANDLE device = open_device();
	DWORD error, size = put_start(in, flags, strings, bytes, argc);

	((struct wsl4_start *)in)->bytes += change_bytes;
	error = control(device, WSL4_IOCTL_START, in, size, &answer,
			sizeof(answer), 5000, NULL);
	CloseHandle(device);
	return error;
}

static void bad_starts(void)
{
	const DWORD wrong = ERROR_INVALID_PARAMETER;

	result(start_error("\0\0x", 4, 1, 1, 0) == wrong,
	       "START: says it is longer than it is");
	result(start_error("\0\0x", 4, 1, -1, 0) == wrong,
	       "START: says it is shorter than it is");
	result(start_error("\0\0x", 3, 1, 0, 0) == wrong,
	       "START: last string not ended");
	result(start_error("\0\0x", 4, 2, 0, 0) == wrong,
	       "START: an argument too few");
	result(start_error("\0\0x\0y", 6, 1, 0, 0) == wrong,
	       "START: an argument too many");
	result(start_error("\0\0x", 4, 0xffffffff, 0, 0) == wrong,
	       "START: 4294967295 arguments");
	result(start_error("\0\0", 2, 0, 0, 0) == wrong,
	       "START: no command and no login");
	result(start_error("\0\0x", 4, 1, 0, WSL4_START_LOGIN) == wrong,
	       "START: a command and a login");
	result(start_error("\0\0x", 4, 1, 0, 0x80000000) == wrong,
	       "START: an unknown flag");
	result(start_error("", 0, 1, 0, 0) == wrong, "START: no strings");
	result(alive(), "START: Linux goes on");
}

static void start_twice(void)
{
	static const char words[] = "\0\0sleep\0" "1000";
	struct wsl4_start_result answer;
	HANDLE device = open_session(0);
	DWORD bytes = put_start(in, 0, words, sizeof(words), 2);
	DWORD error = control(device, WSL4_IOCTL_START, in, bytes, &answer,
			      sizeof(answer), 5000, NULL);

	CloseHandle(device);
	result(error && alive(), "START: a second time on one handle");
}

static void too_many(void)
{
	HANDLE devices[WSL4_MAX_SESSIONS + 8];
	struct wsl4_start_result answer;
	DWORD error, bytes, i, refused = 0;
	static const char words[] = "\0\0sleep\0" "1000";
	struct wsl4_winsize size = { .version = WSL4_CONSOLE_VERSION };

	for (i = 0; i < WSL4_MAX_SESSIONS + 8; i++) {
		devices[i] = open_device();
		bytes = put_start(in, WSL4_START_PLAIN, words, sizeof(words), 2);
		error = control(devices[i], WSL4_IOCTL_START, in, bytes,
				&answer, sizeof(answer), 30000, NULL);
		refused += error == ERROR_TOO_MANY_SESS;
	}
	for (i = 0; i < WSL4_MAX_SESSIONS + 8; i++)
		CloseHandle(devices[i]);
	Sleep(500);
	result(refused >= 8 && alive(), "more sessions than there may be");
	devices[0] = open_session(0);
	bytes = control(devices[0], WSL4_IOCTL_WINSIZE, &size, sizeof(size),
			NULL, 0, 1000, NULL);
	CloseHandle(devices[0]);
	result(!bytes, "a session after them");
}

struct pending {
	HANDLE device;
	DWORD code;
	uint32_t stream;
};

static DWORD WINAPI pend(void *context)
{
	struct pending *p = context;
	struct wsl4_stream head = {
		.version = WSL4_CONSOLE_VERSION,
		.stream = p->stream,
	};
	uint8_t bytes[100];

	control(p->device, p->code, &head, sizeof(head), bytes, sizeof(bytes),
		60000, NULL);
	return 0;
}

/* Requests in flight when the handle is closed. */
static void close_with_pending(int rounds)
{
	struct pending p[3];
	HANDLE threads[3];
	int i, n;

	for (i = 0; i < rounds; i++) {
		p[0].device = open_session(0);
		for (n = 0; n < 3; n++) {
			p[n].device = p[0].device;
			p[n].code = n ? WSL4_IOCTL_READ : WSL4_IOCTL_WAIT;
			p[n].stream = n;
			threads[n] = CreateThread(NULL, 0, pend, &p[n], 0, NULL);
		}
		Sleep(next() % 10);
		CancelIoEx(p[0].device, NULL);
		CloseHandle(p[0].device);
		WaitForMultipleObjects(3, threads, TRUE, 5000);
		for (n = 0; n < 3; n++)
			CloseHandle(threads[n]);
	}
	result(alive(), "closing a handle with requests in flight");
}

static DWORD WINAPI storm(void *context)
{
	HANDLE device = open_session((uintptr_t)context & WSL4_START_TTY);
	uint8_t bytes[512], answer[512];
	uint64_t state = (uintptr_t)context * 0x9e3779b97f4a7c15ull + 1;
	int i, n, nr;

	for (i = 0; i < 300; i++) {
		for (n = 0; n < 512; n++) {
			state = state * 6364136223846793005ull + 1;
			bytes[n] = state >> 56;
		}
		*(uint32_t *)bytes = WSL4_CONSOLE_VERSION;
		bytes[4] %= 5;
		bytes[5] = bytes[6] = bytes[7] = 0;
		nr = bytes[100] % NR_CODES;
		if (codes[nr].code == WSL4_IOCTL_SHUTDOWN)
			continue;
		control(device, codes[nr].code, bytes, bytes[101], answer,
			bytes[102], bytes[103] % 4, NULL);
		if (bytes[104] < 16) {
			CloseHandle(device);
			device = open_session(bytes[105] & WSL4_START_TTY);
		}
	}
	CloseHandle(device);
	return 0;
}

static void many_at_once(void)
{
	HANDLE threads[8];
	uintptr_t i;

	/* open_session() uses one buffer: its contents are the same for all. */
	for (i = 0; i < 8; i++)
		threads[i] = CreateThread(NULL, 0, storm, (void *)(i + 1), 0,
					  NULL);
	WaitForMultipleObjects(8, threads, TRUE, 120000);
	result(alive(), "eight threads at once");
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 300;
	int nr;

	seed = argc > 2 ? strtoull(argv[2], NULL, 0) : GetTickCount();
	printf("# seed %llu\n", (unsigned long long)seed);
	if (!alive()) {
		printf("Bail out! the linux service is not running\n");
		return 1;
	}
	for (nr = 0; nr < NR_CODES; nr++) {
		short_buffers(nr);
		wrong_version(nr);
		garbage(nr, rounds, 0);
		if (codes[nr].code != WSL4_IOCTL_SHUTDOWN)
			garbage(nr, rounds, 1);
	}
	unknown_codes(rounds);
	read_write_flush();
	bad_starts();
	start_twice();
	too_many();
	close_with_pending(rounds / 10);
	many_at_once();
	printf("1..%d\n", tests);
	return !!failures;
}
