// SPDX-License-Identifier: GPL-2.0
/*
 * Stub processes: made, recycled, ended.
 */
#include "internal.h"

#define CHILD_STACK	1984

/* Elf64_Ehdr and two Elf64_Phdr: the whole of a program that can be run. */
struct image_header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
	struct {
		u32 type, flags;
		u64 offset, vaddr, paddr, filesz, memsz, align;
	} segment[2];
};

/* struct sigaction, stack_t and struct sock_fprog as the host takes them. */
struct image_data {
	u64 handler, flags, restorer, mask;
	u64 stack_sp, stack_flags, stack_size, pad;
	u64 filter_len, filter;
	u64 sigmask, pad2;
	char name[16];
	u8 closed;
};

#define SA_FLAGS	0x0c000004	/* SIGINFO, ONSTACK, RESTORER */
#define PT_LOAD		1
#define PT_GNU_STACK	0x6474e551

static int write_all(int fd, const void *from, u64 bytes, u64 offset)
{
	long ret = host_syscall4(HOST_NR_pwrite64, fd, (long)from, (long)bytes,
				 (long)offset);

	return ret == (long)bytes ? 0 : -EIO;
}

static void fill_header(struct image_header *header)
{
	static const u8 ident[16] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };

	memset(header, 0, sizeof(*header));
	memcpy(header->ident, ident, sizeof(ident));
	header->type = 2;		/* ET_EXEC */
	header->machine = 62;		/* EM_X86_64 */
	header->version = 1;
	header->entry = IMAGE_BASE + IMAGE_CODE +
			(u64)(stub_image_boot - stub_image_start);
	header->phoff = offsetof(struct image_header, segment);
	header->ehsize = offsetof(struct image_header, segment);
	header->phentsize = sizeof(header->segment[0]);
	header->phnum = 2;
	header->segment[0].type = PT_LOAD;
	header->segment[0].flags = 5;
	header->segment[0].offset = IMAGE_CODE;
	header->segment[0].vaddr = IMAGE_BASE + IMAGE_CODE;
	header->segment[0].paddr = IMAGE_BASE + IMAGE_CODE;
	header->segment[0].filesz = PAGE_SIZE;
	header->segment[0].memsz = PAGE_SIZE;
	header->segment[0].align = PAGE_SIZE;
	header->segment[1].type = PT_GNU_STACK;
	header->segment[1].flags = 6;
}

static void fill_data(struct image_data *data, u32 filter_len)
{
	memset(data, 0, sizeof(*data));
	data->handler = engine_address(stub_image_handler);
	data->flags = SA_FLAGS;
	data->restorer = data->handler;
	data->mask = ~0ULL;
	data->stack_sp = ENGINE_BASE + ENGINE_STACK;
	data->stack_size = ENGINE_STACK_SIZE;
	data->filter_len = filter_len;
	data->filter = ENGINE_BASE + ENGINE_DATA + DATA_FILTER;
	data->sigmask = STUB_SIGMASK;
	memcpy(data->name, "wsl4-stub", 10);
	data->closed = SELECTOR_BLOCK;
}

static int make_memfd(const char *name, u64 bytes)
{
	long fd, high;

	/* Newer hosts want to hear that mappings may be executable. */
	fd = host_syscall3(HOST_NR_memfd_create, (long)name, HOST_MFD_CLOEXEC |
			   HOST_MFD_ALLOW_SEALING | HOST_MFD_EXEC, 0);
	if (fd == -EINVAL)
		fd = host_syscall3(HOST_NR_memfd_create, (long)name,
				   HOST_MFD_CLOEXEC | HOST_MFD_ALLOW_SEALING,
				   0);
	if (host_failed(fd))
		return (int)fd;
	/* Out of the way of the numbers that a new stub's files get. */
	high = host_syscall3(HOST_NR_fcntl, fd, HOST_F_DUPFD_CLOEXEC, 16);
	host_close((int)fd);
	if (host_failed(high))
		return (int)high;
	fd = host_syscall3(HOST_NR_ftruncate, high, (long)bytes, 0);
	if (host_failed(fd)) {
		host_close((int)high);
		return (int)fd;
	}
	return (int)high;
}

/**
 * pool_memfd() - make a memfd of a fixed size
 * @name: its name in /proc
 * @bytes: its size, which nobody can change afterwards
 *
 * Returns a descriptor that no stub inherits, or a negative error number.
 */
int pool_memfd(const char *name, u64 bytes)
{
	int fd = make_memfd(name, bytes);

	if (fd >= 0)
		host_syscall3(HOST_NR_fcntl, fd, HOST_F_ADD_SEALS,
			      HOST_SEAL_SHRINK | HOST_SEAL_GROW);
	return fd;
}

/**
 * pool_image() - make the program that every stub runs
 *
 * Returns its descriptor or a negative error number.
 */
int pool_image(void)
{
	struct image_header header;
	struct image_data data;
	struct {
		u64 insn[(PAGE_SIZE - DATA_FILTER) / 8];
	} *filter;
	long scratch;
	u32 len;
	int fd, ret;

	scratch = host_mmap(0, PAGE_SIZE, HOST_PROT_READ | HOST_PROT_WRITE,
			    HOST_MAP_PRIVATE | HOST_MAP_ANONYMOUS, -1, 0);
	if (host_failed(scratch))
		return (int)scratch;
	filter = (void *)scratch;
	len = filter_build(filter, sizeof(*filter));
	fd = len ? pool_memfd("wsl4-stub", IMAGE_SIZE) : -E2BIG;
	if (fd < 0)
		goto out;

	fill_header(&header);
	fill_data(&data, len);
	ret = write_all(fd, &header, sizeof(header), 0);
	if (!ret)
		ret = write_all(fd, stub_image_start,
				(u64)(stub_image_end - stub_image_start),
				IMAGE_CODE);
	if (!ret)
		ret = write_all(fd, &data, sizeof(data), IMAGE_DATA);
	if (!ret)
		ret = write_all(fd, filter, len * 8, IMAGE_DATA + DATA_FILTER);
	if (ret) {
		host_close(fd);
		fd = ret;
	} else {
		host_syscall3(HOST_NR_fcntl, fd, HOST_F_ADD_SEALS,
			      HOST_SEAL_WRITE | HOST_SEAL_SEAL);
	}
out:
	host_munmap((unsigned long)scratch, PAGE_SIZE);
	return fd;
}

struct child {
	int control_fd;
};

/* In the child, on a stack of its own, in the parent's memory. */
static noinline __noreturn void child_main(struct child *child)
{
	static const u64 no_core[2] = { 0, 0 };
	const char *argv[2] = { "wsl4-stub", NULL };
	long fd;

	host_syscall3(HOST_NR_prctl, HOST_PR_SET_PDEATHSIG, HOST_SIGKILL, 0);
	if (host_syscall3(HOST_NR_getppid, 0, 0, 0) != stub_host.pid)
		goto out;
	host_syscall3(HOST_NR_setsid, 0, 0, 0);
	host_syscall3(HOST_NR_chdir, (long)"/", 0, 0);
	host_syscall4(HOST_NR_prlimit64, 0, HOST_RLIMIT_CORE, (long)no_core, 0);
	/* When the host runs out of memory, rather one program than Linux. */
	fd = host_syscall3(HOST_NR_open, (long)"/proc/self/oom_score_adj", 1,
			   0);
	if (!host_failed(fd))
		host_syscall3(HOST_NR_write, fd, (long)"1000", 4);

	if (host_syscall3(HOST_NR_dup2, stub_host.physmem_fd, STUB_FD_PHYSMEM,
			  0) < 0 ||
	    host_syscall3(HOST_NR_dup2, child->control_fd, STUB_FD_CONTROL,
			  0) < 0 ||
	    host_syscall3(HOST_NR_dup2, stub_host.image_fd, STUB_FD_IMAGE,
			  0) < 0)
		goto out;
	/* This descriptor table is the child's own copy. */
	if (host_syscall3(HOST_NR_close_range, 0, STUB_FD_PHYSMEM - 1, 0) ||
	    host_syscall3(HOST_NR_close_range, STUB_FD_IMAGE + 1, ~0U, 0))
		goto out;
	host_syscall6(HOST_NR_execveat, STUB_FD_IMAGE, (long)"", (long)argv,
		      (long)&argv[1], HOST_AT_EMPTY_PATH, 0);
out:
	for (;;)
		host_syscall3(HOST_NR_exit_group, 100, 0, 0);
}

/*
 * clone() into child_main(): the caller sleeps until the child has another
 * memory. No signal handler of this process may run in the child.
 */
static int spawn(struct child *child)
{
	register struct child *arg __asm__("r8") = child;
	register void *entry __asm__("r9") = child_main;
	u8 stack[CHILD_STACK] __aligned(16);
	u64 all = ~0ULL, old = 0;
	long ret = HOST_NR_clone;

	host_syscall4(HOST_NR_rt_sigprocmask, HOST_SIG_SETMASK, (long)&all,
		      (long)&old, 8);
	arg = child;
	entry = child_main;
	__asm__ volatile("syscall\n\t"
			 "testq %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xorl %%ebp, %%ebp\n\t"
			 "movq %%r8, %%rdi\n\t"
			 "call *%%r9\n\t"
			 "1:"
			 : "+a" (ret)
			 : "D" ((long)(HOST_CLONE_VM | HOST_CLONE_VFORK)),
			   "S" (stack + sizeof(stack)), "r" (arg), "r" (entry)
			 : "rcx", "rdx", "r10", "r11", "memory", "cc");
	host_syscall4(HOST_NR_rt_sigprocmask, HOST_SIG_SETMASK, (long)&old, 0,
		      8);
	return (int)ret;
}

/* Reap the process; returns its exit status, or -1 if a signal ended it. */
static int reap(struct stub *stub)
{
	u32 info[32] = { 0 };
	int pid = stub->pid;
	long ret;

	WRITE_ONCE(stub->pid, 0);
	stub_mb();
	/* A kick under way still names the process. */
	while (READ_ONCE(stub->kickers))
		host_syscall3(HOST_NR_sched_yield, 0, 0, 0);
	do {
		ret = host_syscall6(HOST_NR_waitid, HOST_P_PID, pid, (long)info,
				    HOST_WEXITED | HOST_WALL, 0, 0);
	} while (ret == -EINTR);
	/* si_code is CLD_EXITED, si_status the status. */
	return info[2] == 1 ? (int)info[6] : -1;
}

static void forget(struct stub *stub)
{
	if (stub_host.last == stub)
		stub_host.last = NULL;
	if (stub->owner)
		stub->owner->live = NULL;
	stub->owner = NULL;
	stub->nr_queue = 0;
	stub->running = RUN_NOT;
	/* User code may have set others than the kernel knows. */
	stub->fs_base = BASE_UNKNOWN;
	stub->gs_base = BASE_UNKNOWN;
}

/**
 * pool_kill() - end a stub's process; the structure stays until stub_put()
 * @stub: the stub
 * @why: what for: the first reason is kept
 *
 * After it returned nothing of that address space exists any more.
 */
void pool_kill(struct stub *stub, const char *why)
{
	if (stub->dead)
		return;
	stub->why = why;
	/* The last known state is worth keeping, a core file has it. */
	if (stub->owner)
		stub_context_save(stub->owner);
	stub->dead = true;
	host_syscall3(HOST_NR_kill, stub->pid, HOST_SIGKILL, 0);
	reap(stub);
	forget(stub);
}

#define STUBS_PER_CHUNK	16

static struct stub *new_struct(void)
{
	struct stub *stub = stub_host.unused;
	long chunk;
	int i;

	if (!stub) {
		/* Never given back: stub_kick() may hold an old pointer. */
		chunk = host_mmap(0, STUBS_PER_CHUNK * sizeof(*stub),
				  HOST_PROT_READ | HOST_PROT_WRITE,
				  HOST_MAP_PRIVATE | HOST_MAP_ANONYMOUS, -1, 0);
		if (host_failed(chunk))
			return NULL;
		stub = (struct stub *)chunk;
		for (i = 0; i < STUBS_PER_CHUNK; i++, stub++) {
			stub->next = stub_host.unused;
			stub_host.unused = stub;
		}
		stub = stub_host.unused;
	}
	stub_host.unused = stub->next;
	stub->next = NULL;
	return stub;
}

static void free_struct(struct stub *stub)
{
	if (stub->order)
		host_munmap((unsigned long)stub->order, CONTROL_SIZE);
	stub->order = NULL;
	stub->next = stub_host.unused;
	stub_host.unused = stub;
}

static int map_control(struct stub *stub, int fd)
{
	long base = host_mmap(0, CONTROL_SIZE,
			      HOST_PROT_READ | HOST_PROT_WRITE,
			      HOST_MAP_SHARED | HOST_MAP_POPULATE, fd, 0);

	if (host_failed(base))
		return (int)base;
	stub->order = (void *)base;
	stub->proof = (void *)(base + CONTROL_PROOF);
	stub->shared = (void *)(base + CONTROL_SHARED);
	stub->stack = (u8 *)base + (ENGINE_STACK - ENGINE_ORDER);
	stub->order->selector = SELECTOR_ALLOW;
	stub->order->spin = stub_host.spin;
	stub->order->bases = stub_host.fsgsbase ? BASES_DIRECT : 0;
	stub->order->parent = (u32)stub_host.pid;
	/* The first exit answers this word. */
	stub->sequence = 1;
	stub->order->word = (1 << 2) | ORDER_GO;
	return 0;
}

static int start(struct stub *stub)
{
	struct child child;
	int pid, ret;

	child.control_fd = pool_memfd("wsl4-control", CONTROL_SIZE);
	if (child.control_fd < 0)
		return child.control_fd;
	/* Out of memory must be an error now and not SIGBUS later. */
	ret = (int)host_syscall4(HOST_NR_fallocate, child.control_fd, 0, 0,
				 CONTROL_SIZE);
	if (!ret)
		ret = map_control(stub, child.control_fd);
	if (!ret) {
		pid = spawn(&child);
		ret = pid < 0 ? pid : 0;
		stub->pid = pid < 0 ? 0 : pid;
	}
	host_close(child.control_fd);
	return ret;
}

/**
 * pool_create() - make a stub process and wait until it is ready
 *
 * Returns the stub, or NULL.
 */
struct stub *pool_create(void)
{
	struct stub *stub = new_struct();
	u32 word;
	int ret;

	if (!stub)
		return NULL;
	stub->dead = false;
	stub->proven = false;
	stub->mappings = 0;
	stub->kicked = 0;
	forget(stub);
	ret = start(stub);
	if (ret) {
		free_struct(stub);
		return NULL;
	}
	word = stub->order->word;
	if (order_wait(stub, WAIT_START, word)) {
		free_struct(stub);
		return NULL;
	}
	WRITE_ONCE(stub->order->selector, SELECTOR_BLOCK);
	if (stub->shared->signal != 4 ||
	    (stub_host.frame && !frame_is_ours(stub))) {
		pool_kill(stub, "it started in an odd way");
		free_struct(stub);
		return NULL;
	}
	return stub;
}

/**
 * stub_get() - a stub with an empty user address space
 *
 * Returns NULL when the host has no room for one more process.
 */
struct stub *stub_get(void)
{
	struct stub *stub = stub_host.idle;

	if (!stub)
		return pool_create();
	stub_host.idle = stub->next;
	stub_host.nr_idle--;
	stub->next = NULL;
	return stub;
}

/**
 * stub_prefill() - have some idle stubs ready
 * @nr: how many
 *
 * Returns 0 or -EAGAIN.
 */
int stub_prefill(unsigned int nr)
{
	struct stub *stub;

	while (stub_host.nr_idle < nr && nr <= MAX_IDLE_STUBS) {
		stub = pool_create();
		if (!stub)
			return -EAGAIN;
		stub->next = stub_host.idle;
		stub_host.idle = stub;
		stub_host.nr_idle++;
	}
	return 0;
}

/* Empty and without a trace of its last user; false: not to be used again. */
static bool recycle(struct stub *stub)
{
	if (stub->dead || stub_host.nr_idle >= MAX_IDLE_STUBS)
		return false;
	forget(stub);
	if (order_unmap_all(stub))
		return false;
	/*
	 * The thread waits behind ORDER_MAP and looks at nothing here but its
	 * own note that it sleeps.
	 */
	memset(&stub->shared->signal, 0,
	       PAGE_SIZE - offsetof(struct shared_page, signal));
	memset(stub->stack, 0, ENGINE_STACK_SIZE);
	stub->kicked = 0;
	WRITE_ONCE(stub->order->rest, 1);
	return true;
}

/**
 * stub_put() - the address space is gone
 * @stub: the stub, not running
 *
 * On return no page of physmem can be reached from it.
 */
void stub_put(struct stub *stub)
{
	if (recycle(stub)) {
		stub->next = stub_host.idle;
		stub_host.idle = stub;
		stub_host.nr_idle++;
		return;
	}
	pool_kill(stub, "it is not needed");
	free_struct(stub);
}

/**
 * pool_shutdown() - end all idle stubs
 */
void pool_shutdown(void)
{
	struct stub *stub;

	while (stub_host.idle) {
		stub = stub_host.idle;
		stub_host.idle = stub->next;
		pool_kill(stub, "it is not needed");
		free_struct(stub);
	}
	stub_host.nr_idle = 0;
}

/**
 * stub_why() - what a dead stub was ended for
 * @stub: the stub
 */
const char *stub_why(const struct stub *stub)
{
	return stub->dead && stub->why ? stub->why : "it lives";
}

/**
 * stub_pid() - the host's process number of a stub
 * @stub: the stub
 */
int stub_pid(const struct stub *stub)
{
	return stub->pid;
}
