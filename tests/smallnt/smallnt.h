/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small, strict NT: what its files share.
 *
 * NT's structures come from the DDK's headers of mingw-w64, whose inline
 * functions drivers are compiled with. Routines with NT's names are what drivers
 * call (exports.h lists them); all others are this kernel's own.
 */
#ifndef SMALLNT_H
#define SMALLNT_H

#define _NTSYSTEM_
#define _NTOSKRNL_
#define _NTDRIVER_
#define _NTHAL_
/* Declared twice, differently, by headers that a driver does not mix. */
#define _byteswap_ulong stdlib_byteswap_ulong
#include <stdlib.h>
#undef _byteswap_ulong
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ntifs.h>
#include <ntimage.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define PAGE		4096ull
#define ROUND_UP(n)	(((u64)(n) + PAGE - 1) & ~(PAGE - 1))
#define PAGES(n)	(ROUND_UP(n) / PAGE)
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define noreturn	__attribute__((noreturn))
#define packed		__attribute__((packed))

/* Addresses. Slots of the top-level table: 493 and up. */
#define BASE		0xffffffff80000000ull	/* this kernel */
#define TABLES_BASE	0xfffff68000000000ull	/* the tables themselves */
#define SHARED_DATA	0xfffff78000000000ull
#define IMAGE_BASE	0xfffff80012345000ull	/* first driver */
#define SYSPTE_BASE	0xfffff88000000000ull	/* system PTEs, */
#define SYSPTE_PAGES	(64u << 20 >> 12)	/* as few as on a busy NT */
#define PAGED_BASE	0xfffff8a000000000ull
#define POOL_BASE	0xfffffa8000000000ull
#define PHYS_BASE	0xfffffb0000000000ull	/* all memory, for this kernel */
#define MMIO_BASE	0xffffffffffd00000ull	/* where the HAL has its devices */

#define SYS_CODE	0x10
#define SYS_DATA	0x18
#define USER_DATA	0x2b
#define SYS_TSS		0x40
#define USER_TEB	0x53

/* Vectors: their priority is the IRQL at which they are handled. */
#define VECTOR_APC	0x1f
#define VECTOR_DPC	0x2f
#define VECTOR_DEVICE	0x81
#define VECTOR_CLOCK	0xd1
#define VECTOR_IPI	0xe1
#define VECTOR_SPURIOUS	0xff

#define NT_MXCSR	0x1f80
#define NT_X87_CONTROL	0x27f	/* NT's: 53 bits of precision */

/* ------------------------------------------------------------ processor -- */

static inline u64 read_cr(int n)
{
	u64 v;

	switch (n) {
	case 0:
		asm volatile("mov %%cr0, %0" : "=r" (v));
		return v;
	case 2:
		asm volatile("mov %%cr2, %0" : "=r" (v));
		return v;
	case 3:
		asm volatile("mov %%cr3, %0" : "=r" (v));
		return v;
	case 4:
		asm volatile("mov %%cr4, %0" : "=r" (v));
		return v;
	}
	asm volatile("mov %%cr8, %0" : "=r" (v));
	return v;
}

static inline void write_cr3(u64 v)
{
	asm volatile("mov %0, %%cr3" : : "r" (v) : "memory");
}

static inline void write_cr4(u64 v)
{
	asm volatile("mov %0, %%cr4" : : "r" (v) : "memory");
}

static inline KIRQL irql(void)
{
	return read_cr(8);
}

static inline void set_irql(KIRQL level)
{
	asm volatile("mov %0, %%cr8" : : "r" ((u64)level) : "memory");
}

static inline u64 read_msr(u32 n)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a" (low), "=d" (high) : "c" (n));
	return (u64)high << 32 | low;
}

static inline void write_msr(u32 n, u64 v)
{
	asm volatile("wrmsr" : : "a" ((u32)v), "d" ((u32)(v >> 32)), "c" (n)
		     : "memory");
}

static inline u64 read_tsc(void)
{
	u32 low, high;

	asm volatile("lfence; rdtsc" : "=a" (low), "=d" (high) : : "memory");
	return (u64)high << 32 | low;
}

static inline void get_cpuid(u32 leaf, u32 sub, u32 *r)
{
	asm volatile("cpuid" : "=a" (r[0]), "=b" (r[1]), "=c" (r[2]),
		     "=d" (r[3]) : "a" (leaf), "c" (sub));
}

static inline u8 in8(u16 port)
{
	u8 v;

	asm volatile("inb %1, %0" : "=a" (v) : "Nd" (port));
	return v;
}

static inline void out8(u16 port, u8 v)
{
	asm volatile("outb %0, %1" : : "a" (v), "Nd" (port));
}

static inline u64 read_flags(void)
{
	u64 v;

	asm volatile("pushfq; pop %0" : "=r" (v) : : "memory");
	return v;
}

#define FLAGS_IF	0x200

static inline u64 irq_save(void)
{
	u64 flags = read_flags();

	asm volatile("cli" : : : "memory");
	return flags;
}

static inline void irq_restore(u64 flags)
{
	if (flags & FLAGS_IF)
		asm volatile("sti" : : : "memory");
}

/* A lock of this kernel's own, held with interrupts off and not for long. */
struct lock {
	volatile u32 word;
};

static inline u64 lock_take(struct lock *lock)
{
	u64 flags = irq_save();

	while (__atomic_exchange_n(&lock->word, 1, __ATOMIC_ACQUIRE))
		asm volatile("pause");
	return flags;
}

static inline void lock_drop(struct lock *lock, u64 flags)
{
	__atomic_store_n(&lock->word, 0, __ATOMIC_RELEASE);
	irq_restore(flags);
}

struct frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx,
	    rax, vector, error, rip, cs, flags, rsp, ss;
};

struct packed descriptor {
	u16 limit;
	u64 base;
};

struct packed tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3;
	u16 io_map;
};

/* ------------------------------------------------------- this processor -- */

#define MAX_CPUS	2
#define STACK_BYTES	0x6000	/* a system thread's, as NT x64 has them */
#define GDT_BYTES	0x70

struct thread;

/**
 * struct cpu - a processor; GS points at it
 *
 * The head is laid out as NT's KPCR, as far as drivers know it.
 */
struct cpu {
	u64 gdt_base;			/* 0x00 */
	u64 tss_base;
	u64 user_rsp;
	struct cpu *self;
	u64 prcb;			/* 0x20 */
	u64 reserved0[2];
	u64 idt_base;			/* 0x38 */
	u64 reserved1[(0x180 - 0x40) / 8];
	u32 mxcsr;			/* 0x180 */
	u32 reserved2;
	struct thread *thread;		/* 0x188: the current one */
	struct thread *reserved3;
	struct thread *idle;		/* 0x198 */
	u64 reserved4[(0x400 - 0x1a0) / 8];

	u32 index, apic_id;
	volatile u32 online;
	volatile u32 resched;		/* another thread should run */
	volatile u32 expire;		/* timers are due */
	u32 in_dpc, in_isr, in_nmi;
	LIST_ENTRY dpcs;
	struct lock dpc_lock;
	u8 *dpc_stack, *ist_stack[3];
	u64 cr0, cr4, efer;		/* what they must be */
	u64 table_sum;			/* of GDT and IDT */
	struct descriptor gdtr, idtr;
	u64 gdt[GDT_BYTES / 8 + 1];
	struct tss tss;
	u64 count[256];			/* interrupts taken, by vector */
	u64 injected[256];		/* of them: by int n */
	u64 in_driver[256];		/* of them: of a driver's code */
	u64 dpcs_run, switches, ticks;
	u8 check_busy;
};

extern u8 ap_stack[];
extern struct cpu cpus[MAX_CPUS];
extern u32 nr_cpus;

static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	asm volatile("mov %%gs:0x18, %0" : "=r" (cpu));
	return cpu;
}

static inline struct thread *this_thread(void)
{
	struct thread *thread;

	asm volatile("mov %%gs:0x188, %0" : "=r" (thread));
	return thread;
}

/* cpu.c */
/** cpu_init() - make this processor one of NT's; all tables and registers */
void cpu_init(struct cpu *cpu);
extern u64 syscall_flag_mask;
extern bool have_avx;
extern u32 xsave_bytes;

/* apic.c */
void apic_init(void);
void apic_start_clock(void);
void apic_eoi(void);
void apic_clock_rate(u32 us);
/** apic_self() - interrupt this processor, when its IRQL allows it */
void apic_self(u8 vector);
void apic_send(u32 apic_id, u32 command);
/** apic_in_service() - was this vector taken, and not ended by an EOI? */
bool apic_in_service(u8 vector);
/** apic_any_in_service() - the same of any; @which is the most urgent */
bool apic_any_in_service(u32 *which);
u32 apic_read(u32 reg);

/* clock.c */
extern u32 tick_us;
extern u64 boot_time;		/* in NT's time */
void clock_calibrate(void);
/** clock_100ns() - time since the start, by the TSC; any IRQL */
u64 clock_100ns(void);
void clock_tick(struct frame *frame);

/** clock_slept() - the time of day is later than the time that passed */
void clock_slept(u64 seconds);

/* interrupt.c */
void interrupt(struct frame *frame);
void interrupt_set(u8 vector, void (*routine)(struct frame *frame));
/** ipi_all_others() - run a routine on the other processors; waits for them */
void ipi_all_others(void (*routine)(void *), void *context);
/** nmi_forget() - stop if an NMI callback lies in that image */
void nmi_forget(void *image, u64 bytes);
void print_counts(void);

/* bugcheck.c */
/** bugcheck() - say what was wrong, dump registers and stack, stop */
noreturn void bugcheck(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
/** bugcheck_frame() - the same, with the registers of an interrupt's frame */
noreturn void bugcheck_frame(struct frame *frame, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** power_off() - end QEMU with this status (isa-debug-exit) */
noreturn void power_off(int status);

/* serial.c */
void serial_init(void);
void put_text(const char *text, u64 bytes);
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
int format_text(char *out, u64 size, const char *format, va_list args);
/* TAP of the image's own: "smallnt: ok 1 - text" */
void verdict(bool good, const char *text);
extern u32 verdicts, failures;

/* ---------------------------------------------------------------- memory -- */

enum use {			/* what a frame is used for */
	USE_NONE,		/* not memory, or the loader's */
	USE_FREE,
	USE_NT,
	USE_TABLE,
	USE_POOL,
	USE_STACK,
	USE_IMAGE,
	USE_MDL,		/* given out by MmAllocatePagesForMdl */
	USE_CONTIGUOUS,
	NR_USES
};

#define NO_FRAME	(~0ull)

/** frames_init() - find memory in what the boot loader says, and shuffle it */
void frames_init(void *multiboot);
u64 frame_get(enum use use);			/* a frame number, or NO_FRAME */
void frame_put(u64 frame, enum use use);
/** frames_contiguous() - neighbours, from memory kept for that */
u64 frames_contiguous(u64 count, u64 highest);
void frames_put_contiguous(u64 frame);
u64 frames_used(enum use use);
extern u64 nr_frames;
bool frame_is_memory(u64 frame);
enum use frame_use(u64 frame);

static inline void *phys(u64 address)
{
	return (void *)(PHYS_BASE + address);
}

#define PTE_P		1ull
#define PTE_W		2ull
#define PTE_U		4ull
#define PTE_PWT		8ull
#define PTE_PCD		0x10ull
#define PTE_PS		0x80ull
#define PTE_G		0x100ull
#define PTE_TRIMMED	0x200ull	/* software: paged out, in a way */
#define PTE_NX		(1ull << 63)
#define PTE_FRAME	0x000ffffffffff000ull
#define PTE_RW		(PTE_P | PTE_W | PTE_G | PTE_NX)
#define PTE_RO		(PTE_P | PTE_G | PTE_NX)
#define PTE_RX		(PTE_P | PTE_G)

extern u64 nt_cr3;
void map_init(void);
/** map_pte() - the entry that maps an address; NULL: no table, none @make */
u64 *map_pte(u64 address, bool make);
void map_page(u64 address, u64 frame, u64 flags);
u64 unmap_page(u64 address);		/* returns the frame */
/** map_flush() - drop TLB entries, global ones, too, on every processor */
void map_flush(u64 address, u64 pages);
void *map_device(u64 address);
/** syspte_get() - addresses for that many pages; there are 64 MiB in all */
u64 syspte_get(u64 pages);	/* 0: none left */
void syspte_put(u64 address, u64 pages);
u64 syspte_used(void);
/** paged_trim() - take paged pool away, until it is touched */
void paged_trim(void);
/** paged_fault() - give a page of it back; false: no such, or IRQL too high */
bool paged_fault(u64 address);
u64 text_sum(void);
void *stack_make(u64 bytes);		/* returns its upper end */
void stack_free(void *end, u64 bytes);

/* pool.c */
/** pool_get() - pool with nothing mapped behind it; no need of a zeroed tag */
void *pool_get(bool paged, u64 bytes, u32 tag);
void pool_put(void *p);
void pool_report(const char *when);
u64 pool_bytes(u32 tag);
/** pool_check() - stop if the surroundings of any nonpaged pool have changed */
void pool_check(void);

/* ------------------------------------------------------- objects, threads -- */

enum object_kind {
	OBJECT_THREAD = 1, OBJECT_EVENT, OBJECT_FILE, OBJECT_KEY, OBJECT_DEVICE,
	OBJECT_DIRECTORY, OBJECT_LINK, OBJECT_CALLBACK, NR_OBJECT_KINDS
};

/* Lies before each object. */
struct object {
	u32 magic;
	enum object_kind kind;
	volatile LONG references;
	u32 reserved;
	void (*destroy)(void *body);
	void (*closed)(void *body);	/* the last handle is gone */
	volatile LONG handles;
	u32 reserved2;
	UNICODE_STRING name;
};

/** object_make() - an object with one reference; its memory is zero */
void *object_make(enum object_kind kind, u64 bytes, void (*destroy)(void *));
struct object *object_of(void *body);
void object_get(void *body);
void object_put(void *body);
NTSTATUS handle_make(void *body, HANDLE *handle);
void *handle_body(HANDLE handle, enum object_kind kind); /* referenced; or NULL */
u32 handles_open(void);

struct thread {
	DISPATCHER_HEADER header;
	u64 rsp;
	u8 *stack_end;			/* upper end */
	u64 stack_bytes;
	LIST_ENTRY ready_entry, all_entry;
	int priority, state;
	u64 affinity;
	u32 cpu;			/* where it runs or ran */
	u32 quantum;
	PKSTART_ROUTINE routine;
	void *context;
	NTSTATUS wait_status, exit_status;
	KWAIT_BLOCK wait_block[4];
	KWAIT_BLOCK *waits;
	u32 nr_waits;
	KTIMER timeout;
	u32 id;
	bool system;			/* this kernel's own */
	u32 kernel_apc_disable;
	void *xstate;			/* between KeSave/RestoreExtended... */
	u8 fx[512] __attribute__((aligned(64)));
};

enum { THREAD_READY, THREAD_RUNNING, THREAD_WAITING, THREAD_ENDED };

#define ANY_CPU		0xffffffffu

/** thread_make() - start a thread; the caller has a reference to it */
struct thread *thread_make(PKSTART_ROUTINE routine, void *context, int priority,
			   u32 affinity);
void sched_init(void);
void sched_idle(void);
/** thread_ready() - it may run; under the dispatcher's lock */
void thread_ready(struct thread *thread);

/** schedule() - run another thread; under the lock, which is kept */
void schedule(void);
void sched_preempt(void);
void sched_tick(void);
/** dispatcher_take() - DISPATCH_LEVEL and the lock of all waits. Return: old IRQL */
KIRQL dispatcher_take(void);
void dispatcher_drop(KIRQL old);
/** object_signal() - set or raise an object's signal, end the waits for it */
void object_signal(DISPATCHER_HEADER *header, LONG increment);
void wait_end(struct thread *thread, NTSTATUS status);
void timers_expire(void);
void timer_tick(void);
void timer_insert(KTIMER *timer, LARGE_INTEGER due);
bool timer_remove(KTIMER *timer);
void dpcs_run(void);
u32 threads_alive(void);
void sleep_ms(u32 ms);

/* ------------------------------------------------------------ the driver -- */

struct driver {
	DRIVER_OBJECT object;
	DRIVER_EXTENSION extension;
	const char *name;
	u8 *base;
	u64 bytes;
	bool loaded;
};

extern struct driver the_driver;
/** driver_load() - load, relocate, protect, call DriverEntry on a thread */
NTSTATUS driver_load(void);
/** driver_unload() - DriverUnload, then stop if anything was left behind */
NTSTATUS driver_unload(void);
bool in_driver(u64 address);

/* modules of the boot loader: "FILE KIND [NAME]" */
struct module {
	const char *kind, *name;
	u8 *data;
	u64 bytes;
};

extern struct module modules[16];
extern u32 nr_modules;
struct module *module_find(const char *kind);
const char *option(const char *name);	/* of the image's command line */
bool option_set(const char *name);

/* exports.c */
struct export {
	void *routine;
	const char *name;
	u8 lowest, highest;	/* IRQL */
	volatile u32 calls;
};

void *export_find(const char *name);	/* what a driver calls, or NULL */
void *export_missing(const char *name);	/* bugchecks when it is called */

/* check.c */
struct call {
	u64 r9, r8, rdx, rcx, rax, flags, return_address;
};

/** check_call() - a driver calls NT: stop if the processor is not as NT has it */
void check_call(struct export *export, struct call *call);
/** check_interrupt() - the same for an interrupt, direct or handed on */
void check_interrupt(struct frame *frame);
/** check_state() - control registers, tables, selectors, MSRs, FPU, debug */
void check_state(struct frame *frame, const char *where);
/** check_sums() - NT's text and all pools */
void check_sums(void);
u64 table_sum(struct cpu *cpu);

/* extimer.c */
void fine_tick(void);
void fine_report(void);

/* callback.c */
/** nt_sleep() - NT sleeps that long by its wall clock; false: no driver cares */
bool nt_sleep(u64 seconds);
void callback_report(void);

/* io.c, client.c, script.c, file.c, registry.c, work.c */
void io_init(void);
NTSTATUS io_open(const WCHAR *name, FILE_OBJECT **file);
void io_close(FILE_OBJECT *file);
NTSTATUS io_control(FILE_OBJECT *file, u32 code, const void *in, u32 in_bytes,
		    void *out, u32 out_bytes, u32 *got);
NTSTATUS io_shutdown(void);
void io_report(void);
DEVICE_OBJECT *device_find(const UNICODE_STRING *name);
void files_init(void);
NTSTATUS file_open(const UNICODE_STRING *name, ACCESS_MASK access, ULONG share,
		   ULONG disposition, ULONG options, HANDLE *handle,
		   ULONG_PTR *information);
void file_print(const char *name);
void registry_init(void);
void registry_set(const char *line);
/** io_transfer() - a read, write or flush; data of at most some hundred KiB */
NTSTATUS io_transfer(FILE_OBJECT *file, u8 major, u64 position, void *buffer,
		     u32 bytes, u64 *got);

/* disk.c: commands of the script; true if all went well */
bool disk_write(const char *argument);
bool disk_check(const char *argument);
bool disk_refuses(const char *argument);
bool disk_is_gone(const char *argument);

/** client_run() - what "wsl4 COMMAND" does; the program's status, or -1 */
int client_run(const char *command);
void client_status(void);
void script_thread(void *context);
void nt_main(u32 multiboot);
void smp_start(void);

/* lib.c */
bool equal(const char *a, const char *b);
bool begins(const char *text, const char *with);
bool wide_equal(const UNICODE_STRING *name, const char *text);
u64 parse_number(const char **text);
void widen(UNICODE_STRING *out, WCHAR *buffer, u64 size, const char *text);

#endif /* SMALLNT_H */
