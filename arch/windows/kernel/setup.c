// SPDX-License-Identifier: GPL-2.0
/*
 * From linux_entry() to start_kernel(), and setup_arch().
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/seq_file.h>
#include <asm/engine.h>
#include <asm/host.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/thread_size.h>
#include <asm/traps.h>

struct wsl4_boot *wsl4_boot;
struct wsl4_vcpu *boot_vcpu;

unsigned long image_start;
unsigned long image_bytes;
unsigned long physmem_phys;
unsigned long physmem_bytes;
unsigned long linear_offset;

static char command_line[COMMAND_LINE_SIZE];

#define MEMORY_MINIMUM	(64UL << 20)
#define MEMORY_MAXIMUM	(1UL << 40)

bool arch_early_start(struct wsl4_boot *boot, struct wsl4_vcpu *vcpu);
unsigned long arch_init_stack(void);

/**
 * arch_init_stack() - move the initial task's stack into physmem
 *
 * Its alignment is above a page, so the image cannot hold it. Nothing is mapped
 * below physmem, so it has to lie at its start. There is no current yet.
 *
 * Return: Linux's first stack pointer.
 */
unsigned long __init arch_init_stack(void)
{
	unsigned long stack = ALIGN(PAGE_OFFSET, THREAD_SIZE);
	unsigned long *top = (unsigned long *)(stack + THREAD_SIZE);

	init_task.stack = (void *)stack;
	top[-1] = (unsigned long)&init_task;
	set_task_stack_end_magic(&init_task);
	return (unsigned long)task_pt_regs(&init_task);
}

/**
 * arch_early_start() - first C code of Linux, on the NT thread's stack
 * @boot: what the NT half tells
 * @vcpu: this thread's vCPU
 *
 * There is no current yet: nothing here may use it.
 *
 * Return: false when Linux cannot run here (the reason was given to the NT
 * half).
 */
bool __init arch_early_start(struct wsl4_boot *boot, struct wsl4_vcpu *vcpu)
{
	void *physmem;
	int err;

	wsl4_boot = boot;
	boot_vcpu = vcpu;
	if (boot->abi_version != WSL4_ABI_VERSION) {
		host_refuse("The two halves of linux.sys do not belong together; build it again.");
		return false;
	}
	if (boot->memory_bytes < MEMORY_MINIMUM ||
	    boot->memory_bytes > MEMORY_MAXIMUM) {
		host_refuse("MemoryMB is out of range: give Linux from 64 MB to 1 TB.");
		return false;
	}
	physmem_bytes = boot->memory_bytes & ~(PMD_SIZE - 1);
	image_start = (unsigned long)__image_start;
	image_bytes = (unsigned long)__image_end - image_start;
	physmem_phys = ALIGN(image_bytes, PMD_SIZE);
	engine_choose(boot->flags & WSL4_BOOT_WINE);
	err = engine->init(physmem_bytes, &physmem);
	if (err) {
		host_refuse(engine->error());
		return false;
	}
	boot->physmem = (unsigned long)physmem;
	linear_offset = (unsigned long)physmem - physmem_phys;
	return true;
}

/**
 * setup_arch() - what start_kernel() asks of the architecture first
 * @cmdline_p: gets the command line
 */
void __init setup_arch(char **cmdline_p)
{
	setup_initial_init_mm(_stext, _etext, _edata, _end);
	strscpy(boot_command_line, wsl4_boot->command_line, COMMAND_LINE_SIZE);
	strscpy(command_line, boot_command_line, COMMAND_LINE_SIZE);
	*cmdline_p = command_line;
	power_init();
	cpu_detect();
	early_console_init();
	parse_early_param();

	memblock_add(0, image_bytes);
	memblock_reserve(0, image_bytes);
	memblock_add(physmem_phys, physmem_bytes);
	memblock_reserve(__pa(init_task.stack), THREAD_SIZE);
	paging_init();
	pr_info("linux.sys at %px, %lu MiB of memory\n", (void *)image_start,
		physmem_bytes >> 20);
}

/* Entropy from NT, before anybody asks for random numbers. */
static void __init seed_random(void)
{
	struct wsl4_vcpu *vcpu = wsl4_this_vcpu();
	unsigned long flags;
	s64 got;

	local_irq_save(flags);
	got = host_call1(HOST_RANDOM, 64);
	if (got > 0)
		add_bootloader_randomness(vcpu->mailbox, got);
	memset(vcpu->mailbox, 0, 64);
	local_irq_restore(flags);
}

void __init arch_cpu_finalize_init(void)
{
	seed_random();
	spare_stack_init();
	engine->start();
}

/* Nothing of the image may become user memory: it is not physmem. */
void free_initmem(void)
{
}

static int show_cpuinfo(struct seq_file *m, void *v)
{
	seq_puts(m, "processor\t: 0\n");
	seq_printf(m, "model name\t: %s\n", boot_cpu_name);
	seq_printf(m, "flags\t\t: %s\n", boot_cpu_flags);
	seq_printf(m, "bogomips\t: %lu.%02lu\n\n", loops_per_jiffy / (500000 / HZ),
		   (loops_per_jiffy / (5000 / HZ)) % 100);
	return 0;
}

static void *c_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? NULL : (void *)1;
}

static void *c_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void c_stop(struct seq_file *m, void *v)
{
}

const struct seq_operations cpuinfo_op = {
	.start	= c_start,
	.next	= c_next,
	.stop	= c_stop,
	.show	= show_cpuinfo,
};
