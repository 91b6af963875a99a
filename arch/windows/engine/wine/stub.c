// SPDX-License-Identifier: GPL-2.0
/*
 * Start and end of the wine user engine, and the kernel's own mappings.
 */
#include "internal.h"

struct stub_host stub_host;

static const char *error_text = "";

/**
 * stub_fail() - note why something failed
 * @error: negative error number
 * @message: a sentence that says what to do
 *
 * Returns @error.
 */
int stub_fail(int error, const char *message)
{
	error_text = message;
	return error;
}

/**
 * stub_error() - the sentence that belongs to the last failed stub_init()
 */
const char *stub_error(void)
{
	return error_text;
}

/**
 * stub_read_file() - read the start of one of the host's files
 * @path: its name
 * @to: where to
 * @bytes: how many at most
 *
 * Returns the bytes read, or a negative error number.
 */
long stub_read_file(const char *path, void *to, u64 bytes)
{
	long fd, ret;

	fd = host_syscall3(HOST_NR_open, (long)path, 02000000, 0);
	if (host_failed(fd))
		return fd;
	ret = host_syscall3(HOST_NR_read, fd, (long)to, (long)bytes);
	host_close((int)fd);
	return ret;
}

/* The number behind @key in a file of the host's /proc, or @missing. */
static u64 proc_number(const char *path, const char *key, u64 missing)
{
	char text[1984];
	u64 value = 0;
	long got, i, len = (long)strlen(key);

	got = stub_read_file(path, text, sizeof(text) - 1);
	if (got <= 0)
		return missing;
	text[got] = 0;
	for (i = 0; i + len < got; i++) {
		if (!memcmp(text + i, key, (size_t)len))
			break;
	}
	if (i + len >= got)
		return missing;
	for (i += len; text[i] == ' '; i++)
		;
	if (text[i] < '0' || text[i] > '9')
		return missing;
	for (; text[i] >= '0' && text[i] <= '9'; i++)
		value = value * 10 + (u64)(text[i] - '0');
	return value;
}

#define AT_HWCAP2	26
#define HWCAP2_FSGSBASE	2

static bool has_fsgsbase(void)
{
	u64 auxv[64];
	long i, got;

	got = stub_read_file("/proc/self/auxv", auxv, sizeof(auxv));
	for (i = 0; i + 1 < got / 8; i += 2) {
		if (auxv[i] == AT_HWCAP2)
			return auxv[i + 1] & HWCAP2_FSGSBASE;
	}
	return false;
}

#define SPIN_NS		30000
#define SPIN_SAMPLE	20000

/* How many pauses are SPIN_NS: from 10 to 150 cycles each. */
static u32 measure_spin(void)
{
	u64 start = host_clock(HOST_CLOCK_MONOTONIC), ns;
	u32 i;

	for (i = 0; i < SPIN_SAMPLE; i++)
		stub_pause();
	ns = host_clock(HOST_CLOCK_MONOTONIC) - start;
	if (!ns)
		return 1000;
	ns = (u64)SPIN_SAMPLE * SPIN_NS / ns;
	return ns < 50 ? 50 : ns > 10000 ? 10000 : (u32)ns;
}

#define FILL_CHUNK	(64ULL << 20)
/* The host must be left something: 1/16 of the memory asked for, and this. */
#define HOST_RESERVE	(64ULL << 20)

/*
 * Have every page now. An interrupted fallocate() gives back what it has got,
 * hence the chunks.
 */
static int fill_physmem(int fd, u64 bytes)
{
	u64 at, part;
	long ret;

	for (at = 0; at < bytes; at += part) {
		part = bytes - at < FILL_CHUNK ? bytes - at : FILL_CHUNK;
		do {
			ret = host_syscall4(HOST_NR_fallocate, fd, 0, (long)at,
					    (long)part);
		} while (ret == -EINTR);
		if (ret)
			return (int)ret;
	}
	return 0;
}

/* Addresses where nothing is. */
static long reserve(u64 bytes)
{
	return host_mmap(0, bytes, 0, HOST_MAP_PRIVATE | HOST_MAP_ANONYMOUS |
			 HOST_MAP_NORESERVE, -1, 0);
}

/* Below it nothing is mapped: there a kernel stack ends. */
static long map_physmem(u64 bytes)
{
	u64 guard = PHYSMEM_GUARD;
	long reserved, at, ret;

	reserved = reserve(bytes + 2 * guard);
	if (host_failed(reserved))
		return reserved;
	at = (reserved + (long)guard + (long)guard - 1) & -(long)guard;
	ret = host_mmap((unsigned long)at, bytes,
			HOST_PROT_READ | HOST_PROT_WRITE,
			HOST_MAP_SHARED | HOST_MAP_FIXED, stub_host.physmem_fd,
			0);
	if (host_failed(ret)) {
		host_munmap((unsigned long)reserved, bytes + 2 * guard);
		return ret;
	}
	stub_host.reserved = (unsigned long)reserved;
	return at;
}

static int make_physmem(u64 bytes)
{
	u64 free = proc_number("/proc/meminfo", "MemAvailable:", ~0ULL >> 11);
	long map;
	int ret;

	if (!bytes || bytes % PAGE_SIZE)
		return stub_fail(-EINVAL,
				 "the memory size is not a multiple of 4096");
	if (bytes >= 1ULL << 46 ||
	    bytes + bytes / 16 + HOST_RESERVE > free * 1024)
		return stub_fail(-ENOMEM,
				 "more memory than the host has free; set a smaller size");

	stub_host.physmem_fd = pool_memfd("wsl4-physmem", bytes);
	if (stub_host.physmem_fd < 0)
		return stub_fail(stub_host.physmem_fd,
				 "the host does not give a memfd");
	ret = fill_physmem(stub_host.physmem_fd, bytes);
	if (ret)
		return stub_fail(ret,
				 "the host refuses that much memory; set a smaller size");
	map = map_physmem(bytes);
	if (host_failed(map))
		return stub_fail((int)map,
				 "so much memory does not fit the address space");
	stub_host.physmem = (u8 *)map;
	stub_host.physmem_bytes = bytes;
	return 0;
}

#define MAPPINGS_SLACK	64

static int make_first_stub(void)
{
	struct stub *stub;
	int ret;

	stub_host.image_fd = pool_image();
	if (stub_host.image_fd < 0)
		return stub_fail(stub_host.image_fd,
				 "the engine's program cannot be made on this host");
	stub = pool_create();
	if (!stub)
		return stub_fail(-EIO,
				 "no stub starts: the host must be Linux 5.11 or newer, allow seccomp, and run memfds");
	ret = frame_calibrate(stub);
	if (ret) {
		pool_kill(stub, "its signal frame is odd");
		return ret;
	}
	stub_put(stub);
	return 0;
}

/**
 * stub_init() - start the engine
 * @physmem_bytes: size of physmem
 * @physmem: where its linear mapping is put
 *
 * Returns 0, or a negative error number; stub_error() has a sentence then.
 */
int stub_init(u64 physmem_bytes, void **physmem)
{
	u64 max;
	int ret;

	memset(&stub_host, 0, sizeof(stub_host));
	stub_host.physmem_fd = -1;
	stub_host.image_fd = -1;
	stub_host.pid = (int)host_syscall3(HOST_NR_getpid, 0, 0, 0);
	stub_host.fsgsbase = has_fsgsbase();
	max = proc_number("/proc/sys/vm/max_map_count", "", 65530);
	if (max < 1024)
		return stub_fail(-ENXIO,
				 "the host's vm.max_map_count is below 1024");
	stub_host.max_mappings = (u32)(max < 1U << 24 ? max : 1U << 24) -
				 MAPPINGS_SLACK;
	stub_host.spin = measure_spin();
	place_init();

	ret = make_physmem(physmem_bytes);
	if (!ret)
		ret = make_first_stub();
	if (ret) {
		stub_shutdown();
		return ret;
	}
	*physmem = stub_host.physmem;
	return 0;
}

/**
 * stub_fsgsbase() - may user code set its segment bases itself?
 */
bool stub_fsgsbase(void)
{
	return stub_host.fsgsbase;
}

/**
 * stub_max_mappings() - how many mappings the host gives a process
 */
unsigned int stub_max_mappings(void)
{
	return stub_host.max_mappings;
}

/**
 * stub_shutdown() - end the engine: idle stubs, physmem, descriptors
 *
 * Every stub must have been put. physmem is gone from this process too.
 */
void stub_shutdown(void)
{
	pool_shutdown();
	if (stub_host.image_fd >= 0)
		host_close(stub_host.image_fd);
	if (stub_host.physmem)
		host_munmap(stub_host.reserved, stub_host.physmem_bytes +
			    2 * PHYSMEM_GUARD);
	/* As long as a piece of physmem is mapped the host keeps all of it. */
	if (stub_host.window)
		host_munmap(stub_host.window, stub_host.window_bytes);
	if (stub_host.physmem_fd >= 0)
		host_close(stub_host.physmem_fd);
	stub_host.physmem = NULL;
	stub_host.window = 0;
	stub_host.physmem_fd = -1;
	stub_host.image_fd = -1;
}

/**
 * stub_kernel_reserve() - take a range of this process's addresses, once
 * @bytes: its size
 * @addr: where it starts
 *
 * Nothing can be read there before stub_kernel_map(). stub_shutdown() gives it
 * back.
 */
int stub_kernel_reserve(u64 bytes, void **addr)
{
	long ret = reserve(bytes);

	if (host_failed(ret))
		return (int)ret;
	stub_host.window = (unsigned long)ret;
	stub_host.window_bytes = bytes;
	*addr = (void *)ret;
	return 0;
}

/**
 * stub_kernel_map() - show a piece of physmem in a reserved range
 * @addr: page-aligned address in the range
 * @bytes: multiple of the page size
 * @physmem_offset: page-aligned offset in physmem
 * @prot: STUB_PROT_*
 */
int stub_kernel_map(void *addr, u64 bytes, u64 physmem_offset, int prot)
{
	long ret;

	if (physmem_offset > stub_host.physmem_bytes ||
	    bytes > stub_host.physmem_bytes - physmem_offset)
		return -EINVAL;
	ret = host_mmap((unsigned long)addr, bytes, prot & 7, HOST_MAP_SHARED |
			HOST_MAP_FIXED | HOST_MAP_POPULATE,
			stub_host.physmem_fd, physmem_offset);
	return host_failed(ret) ? (int)ret : 0;
}

/**
 * stub_kernel_unmap() - make a piece of a reserved range unreadable again
 * @addr: page-aligned address in the range
 * @bytes: multiple of the page size
 */
int stub_kernel_unmap(void *addr, u64 bytes)
{
	long ret = host_mmap((unsigned long)addr, bytes, 0, HOST_MAP_PRIVATE |
			     HOST_MAP_ANONYMOUS | HOST_MAP_NORESERVE |
			     HOST_MAP_FIXED, -1, 0);

	return host_failed(ret) ? (int)ret : 0;
}
