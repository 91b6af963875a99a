// SPDX-License-Identifier: GPL-2.0
/*
 * The vCPU: the NT thread that runs Linux, its interrupts and its idle sleep.
 *
 * A supervisor thread boots Linux on a vCPU thread, waits for its end, and does
 * so again, with the Linux half's data as they were loaded, if Linux wants to
 * be restarted.
 */
#include "ring0.h"
#include "winehost.h"

#include <ntimage.h>	/* wants ntddk.h before it */

#define MAX_PRISTINE		32
#define MEMORY_GRAIN		(2ull << 20)

/* Filled in by mkdriver; volatile, since the compiler knows it as zeroes. */
static volatile const struct wsl4_image nt_image
	__attribute__((section(".linux"), used)) = {
	.magic = WSL4_IMAGE_MAGIC,
	.abi_version = WSL4_ABI_VERSION,
};

extern u8 __ImageBase[];	/* by the linker: the driver in memory */

/* A writable range of the Linux half and what it was before it ran. */
struct pristine {
	u8 *start;
	size_t bytes;		/* of @copy */
	size_t zeroes;		/* behind them */
	void *copy;
};

struct wsl4_vcpu nt_vcpu;
struct wsl4_boot nt_boot;

static struct pristine pristine[MAX_PRISTINE];
static unsigned int nr_pristine;

static PVOID supervisor;
static struct nt_event wake;	/* ends HOST_IDLE */
static KEVENT up;		/* notification: see vcpu_wait_up() */
static KEVENT ended;		/* notification: no Linux runs any more */

static volatile LONG stop_how;	/* WSL4_STOP_*, -1: not yet */
static volatile LONG shutdown_asked;

void nt_raise_irq(unsigned int line)
{
	wsl4_kick_t kick;

	nt_assert_irql(PASSIVE_LEVEL, DISPATCH_LEVEL);
	if (line >= WSL4_NR_IRQS)
		return;
	/* Who set it before sees to it that Linux looks. */
	if (InterlockedOr((volatile LONG *)&nt_vcpu.pending, 1u << line) &
	    1u << line)
		return;
	switch (nt_vcpu.state) {
	case WSL4_VCPU_USER:
	case WSL4_VCPU_KERNEL:
		if (!nt_under_wine) {
			world_kick();
			break;
		}
		kick = (wsl4_kick_t)nt_vcpu.kick;
		if (kick)
			kick(&nt_vcpu);
		break;
	case WSL4_VCPU_IDLE:
		event_set(&wake);
		break;
	}
}

void nt_lower_irq(unsigned int line)
{
	if (line < WSL4_NR_IRQS)
		InterlockedAnd((volatile LONG *)&nt_vcpu.pending, ~(1u << line));
}

void nt_request_shutdown(void)
{
	if (nt_linux_state() > LINUX_STOPPING)
		return;
	InterlockedExchange(&shutdown_asked, 1);
	nt_set_state(LINUX_STOPPING, NULL, 0);
	nt_raise_irq(WSL4_IRQ_POWER);
}

BOOLEAN nt_wait_stopped(u32 seconds)
{
	LARGE_INTEGER timeout;

	timeout.QuadPart = -10000000ll * seconds;
	return KeWaitForSingleObject(&ended, Executive, KernelMode, FALSE,
				     &timeout) == STATUS_SUCCESS;
}

void vcpu_idle(struct wsl4_vcpu *vcpu)
{
	u64 timer, look;

	if (nt_linux_state() == LINUX_STARTING) {
		nt_set_state(LINUX_RUNNING, NULL, 0);
		KeSetEvent(&up, IO_NO_INCREMENT, FALSE);
	}
	InterlockedExchange((volatile LONG *)&vcpu->state, WSL4_VCPU_IDLE);
	while (!vcpu->pending) {
		timer = timer_deadline();
		look = block_nt_deadline();
		event_wait(&wake, min(timer, look));
		timer_check();
		block_nt_look();
	}
	InterlockedExchange((volatile LONG *)&vcpu->state, WSL4_VCPU_KERNEL);
}

static enum linux_state state_after(u64 how)
{
	switch (how) {
	case WSL4_STOP_POWEROFF:
		return LINUX_STOPPED;
	case WSL4_STOP_RESTART:
		return shutdown_asked ? LINUX_STOPPED : LINUX_STARTING;
	case WSL4_STOP_REFUSED:
		return LINUX_REFUSED;
	}
	return LINUX_PANICKED;
}

s64 vcpu_stop(struct wsl4_vcpu *vcpu, u64 how, u64 bytes)
{
	if (how > WSL4_STOP_REFUSED || bytes > WSL4_MAILBOX_SIZE)
		return -LINUX_EINVAL;
	/* Linux may take its memory away now. */
	block_nt_drain();
	stop_how = how;
	nt_set_state(state_after(how), (const char *)vcpu->mailbox, bytes);
	return 0;
}

void vcpu_check_killed(void)
{
	static const char message[] = "Linux did not shut down and was given up";

	if (!nt_vcpu.given_up)
		return;
	block_nt_drain();
	stop_how = WSL4_STOP_PANIC;
	nt_set_state(LINUX_PANICKED, message, sizeof(message) - 1);
	nt_log("%s", message);
	if (!nt_under_wine) {
		nt_boot.physmem = 0;
		world_release();
	}
	PsTerminateSystemThread(STATUS_SUCCESS);
}

static void no_world(void)
{
	static const char message[] =
		"Windows did not give Linux its memory; the log says why";

	stop_how = WSL4_STOP_REFUSED;
	nt_set_state(LINUX_REFUSED, message, sizeof(message) - 1);
}

static VOID NTAPI vcpu_thread(PVOID context)
{
	static const char message[] = "Linux ended without a word";
	wsl4_entry_t entry = (wsl4_entry_t)(__ImageBase + nt_image.linux_entry);

	(void)context;
	if (nt_under_wine)
		host_exact_timeouts();
	else if (!NT_SUCCESS(world_prepare()))
		no_world();
	if (stop_how < 0)
		entry(&nt_boot, &nt_vcpu);
	if (!nt_under_wine) {
		nt_boot.physmem = 0;
		world_release();
	}
	if (stop_how < 0) {
		block_nt_drain();
		stop_how = WSL4_STOP_PANIC;
		nt_set_state(LINUX_PANICKED, message, sizeof(message) - 1);
	}
	PsTerminateSystemThread(STATUS_SUCCESS);
}

static void prepare(u64 counter_hz)
{
	nt_vcpu.state = WSL4_VCPU_KERNEL;
	nt_vcpu.nt_rsp = 0;
	nt_vcpu.kick = 0;
	nt_vcpu.engine = 0;
	nt_vcpu.dispatch = (u64)hostcall_dispatch;
	/* Somebody may wait at the console for Linux to come up. */
	InterlockedAnd((volatile LONG *)&nt_vcpu.pending,
		       1u << WSL4_IRQ_CONSOLE);

	memset(&nt_boot, 0, sizeof(nt_boot));
	nt_boot.abi_version = WSL4_ABI_VERSION;
	nt_boot.flags = nt_under_wine ? WSL4_BOOT_WINE : 0;
	nt_boot.image_start = (u64)(__ImageBase + nt_image.linux_start);
	nt_boot.image_end = (u64)(__ImageBase + nt_image.linux_end);
	nt_boot.driver_start = (u64)__ImageBase;
	nt_boot.memory_bytes = nt_params.memory_bytes & ~(MEMORY_GRAIN - 1);
	nt_boot.counter_hz = counter_hz;
	memcpy(nt_boot.command_line, nt_params.command_line,
	       sizeof(nt_boot.command_line));
	stop_how = -1;
}

static void restore_pristine(void)
{
	unsigned int i;

	for (i = 0; i < nr_pristine; i++) {
		memcpy(pristine[i].start, pristine[i].copy, pristine[i].bytes);
		memset(pristine[i].start + pristine[i].bytes, 0,
		       pristine[i].zeroes);
	}
}

static void end_message(void)
{
	char message[NT_MESSAGE_SIZE];

	nt_linux_message(message, sizeof(message));
	switch (nt_linux_state()) {
	case LINUX_STOPPED:
		nt_log("Linux has stopped");
		break;
	case LINUX_REFUSED:
		nt_log("Linux cannot run here: %s", message);
		break;
	case LINUX_PANICKED:
		nt_log("Linux has panicked: %s", message);
		break;
	default:
		nt_log("Linux restarts");
	}
}

static VOID NTAPI supervisor_thread(PVOID context)
{
	static const char message[] = "no thread for Linux";
	u64 counter_hz = clock_counter_hz();
	PVOID thread = NULL;

	(void)context;
	for (;;) {
		prepare(counter_hz);
		if (shutdown_asked)
			nt_raise_irq(WSL4_IRQ_POWER);
		if (!NT_SUCCESS(thread_start(vcpu_thread, NULL, &thread))) {
			nt_set_state(LINUX_REFUSED, message,
				     sizeof(message) - 1);
			break;
		}
		thread_join(&thread, 0);
		timer_arm(0);
		nt_vcpu.state = WSL4_VCPU_KERNEL;
		end_message();
		console_nt_linux_stopped();
		export_nt_linux_stopped();
		if (nt_linux_state() != LINUX_STARTING)
			break;
		restore_pristine();
	}
	KeSetEvent(&ended, IO_NO_INCREMENT, FALSE);
	KeSetEvent(&up, IO_NO_INCREMENT, FALSE);
	PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS save_range(u8 *start, size_t bytes, size_t zeroes)
{
	struct pristine *p;

	if (nr_pristine == MAX_PRISTINE)
		return STATUS_INVALID_IMAGE_FORMAT;
	p = &pristine[nr_pristine];
	p->start = start;
	p->bytes = bytes;
	p->zeroes = zeroes;
	p->copy = ExAllocatePoolWithTag(PagedPool, bytes ? bytes : 1, NT_TAG);
	if (!p->copy)
		return STATUS_NO_MEMORY;
	memcpy(p->copy, start, bytes);
	nr_pristine++;
	return STATUS_SUCCESS;
}

static void free_pristine(void)
{
	while (nr_pristine)
		ExFreePoolWithTag(pristine[--nr_pristine].copy, NT_TAG);
}

static NTSTATUS save_pristine(void)
{
	IMAGE_DOS_HEADER *dos = (IMAGE_DOS_HEADER *)__ImageBase;
	IMAGE_NT_HEADERS64 *nt = (void *)(__ImageBase + dos->e_lfanew);
	IMAGE_SECTION_HEADER *s = IMAGE_FIRST_SECTION(nt);
	unsigned int i;

	for (i = 0; i < nt->FileHeader.NumberOfSections; i++, s++) {
		u32 size = s->Misc.VirtualSize;
		u32 raw = min(s->SizeOfRawData, size);
		NTSTATUS status;

		if (!(s->Characteristics & IMAGE_SCN_MEM_WRITE) ||
		    s->VirtualAddress < nt_image.linux_start ||
		    s->VirtualAddress >= nt_image.linux_end)
			continue;
		status = save_range(__ImageBase + s->VirtualAddress, raw,
				    size - raw);
		if (!NT_SUCCESS(status))
			return status;
	}
	return STATUS_SUCCESS;
}

NTSTATUS vcpu_find_linux(void)
{
	u32 start = nt_image.linux_start, end = nt_image.linux_end;

	KeInitializeEvent(&up, NotificationEvent, FALSE);
	KeInitializeEvent(&ended, NotificationEvent, FALSE);
	event_init(&wake);
	if (nt_image.magic == WSL4_IMAGE_MAGIC && start < end &&
	    nt_image.linux_entry >= start && nt_image.linux_entry < end)
		return STATUS_SUCCESS;
	nt_log("this driver has no Linux in it (see tools/mkdriver.c)");
	return STATUS_INVALID_IMAGE_FORMAT;
}

NTSTATUS vcpu_start(void)
{
	NTSTATUS status;

	shutdown_asked = 0;
	nt_vcpu.given_up = 0;
	status = save_pristine();
	if (NT_SUCCESS(status))
		status = timer_init();
	if (!NT_SUCCESS(status)) {
		free_pristine();
		nt_log("not enough memory to start (status %08x)",
		       (unsigned int)status);
		return status;
	}
	status = thread_start(supervisor_thread, NULL, &supervisor);
	if (!NT_SUCCESS(status)) {
		timer_exit();
		free_pristine();
	}
	return status;
}

void vcpu_wait_up(u32 seconds)
{
	LARGE_INTEGER timeout;

	timeout.QuadPart = -10000000ll * seconds;
	KeWaitForSingleObject(&up, Executive, KernelMode, FALSE, &timeout);
}

void vcpu_join(void)
{
	if (!thread_join(&supervisor, SHUTDOWN_SECONDS)) {
		nt_log("Linux did not shut down in %u seconds",
		       SHUTDOWN_SECONDS);
		/* The next host call ends the thread; provoke one. */
		nt_vcpu.given_up = 1;
		nt_raise_irq(WSL4_IRQ_TIMER);
		thread_join(&supervisor, 0);
	}
	timer_exit();
	free_pristine();
}
