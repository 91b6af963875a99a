// SPDX-License-Identifier: GPL-2.0
/*
 * The start: a multiboot image for QEMU that plays a small, strict NT. Modules
 * ("FILE KIND NAME" each):
 *
 *	driver		the driver
 *	disk, rodisk	a file of that name, as C:\linux\root.img
 *	registry	the service's parameters, see registry.c
 *	script		what to do, see script.c
 *
 * Words on the image's command line: tick=US, cpus=N, smep, smap, umip,
 * fsgsbase, trim, lax-irql, lax-x87, old (an NT before Windows 10),
 * hide=ROUTINE,... (not found by MmGetSystemRoutineAddress).
 */
#include "smallnt.h"

struct module modules[16];
u32 nr_modules;

static char command_line[512];
static char module_text[16][160];

void work_init(void);

const char *option(const char *name)
{
	const char *p = command_line;
	u32 n = strlen(name);

	for (; *p; p++) {
		if ((p != command_line && p[-1] != ' ') || !begins(p, name))
			continue;
		if (p[n] == '=')
			return p + n + 1;
		if (p[n] == ' ' || !p[n])
			return p + n;
	}
	return NULL;
}

bool option_set(const char *name)
{
	return !!option(name);
}

struct module *module_find(const char *kind)
{
	u32 i;

	for (i = 0; i < nr_modules; i++)
		if (equal(modules[i].kind, kind))
			return &modules[i];
	return NULL;
}

/* "FILE KIND NAME" */
static void parse_module(struct module *m, char *text, const char *from)
{
	u32 i;

	for (i = 0; from[i] && i < 159; i++)
		text[i] = from[i];
	while (*text && *text != ' ')
		text++;
	while (*text == ' ')
		text++;
	m->kind = text;
	while (*text && *text != ' ')
		text++;
	if (*text)
		*text++ = 0;
	m->name = text;
}

static void read_multiboot(u32 *mb)
{
	u32 *m = phys(mb[6]), i;
	const char *text;

	if (mb[0] & 4) {
		text = phys(mb[4]);
		for (i = 0; text[i] && i < sizeof(command_line) - 1; i++)
			command_line[i] = text[i];
	}
	for (i = 0; i < mb[5] && i < COUNT(modules); i++, m += 4) {
		modules[i].data = phys(m[0]);
		modules[i].bytes = m[1] - m[0];
		parse_module(&modules[i], module_text[i], phys(m[2]));
		nr_modules++;
	}
}

static void read_options(void)
{
	const char *text = option("tick");

	if (text)
		tick_us = parse_number(&text);
	if (tick_us < 100 || tick_us > 100000)
		bugcheck("tick=%u makes no sense", tick_us);
}

/* Takes paged pool away, so that code that must not touch it is found out. */
static void trim_thread(void *context)
{
	u64 flags;

	for (;;) {
		sleep_ms(50);
		flags = irq_save();
		paged_trim();
		irq_restore(flags);
	}
}

void nt_main(u32 multiboot)
{
	struct thread *t;

	serial_init();
	print("smallnt: starting\n");
	read_multiboot(phys(multiboot));
	frames_init(phys(multiboot));
	map_init();
	cpu_init(&cpus[0]);
	apic_init();
	clock_calibrate();
	read_options();
	print("smallnt: %llu MiB, options: %s\n", nr_frames >> 8, command_line);
	registry_init();
	sched_init();
	files_init();
	work_init();
	apic_start_clock();
	smp_start();
	check_sums();
	if (option_set("trim") && nr_cpus == 1) {
		t = thread_make(trim_thread, NULL, 16, 1);
		t->system = true;
	}
	t = thread_make(script_thread, NULL, 8, ANY_CPU);
	t->system = true;
	sched_idle();
}
