// SPDX-License-Identifier: GPL-2.0
/*
 * peload: checks a driver's headers and loads it where NT might
 *
 *	peload [--check] DRIVER [COMMAND LINE]
 *
 * Loads the driver at a base that is page aligned and no more, relocates it,
 * sets its sections' protections, and runs its Linux half with a little of a
 * host: the log goes to standard output. For the payload, which makes do with
 * that. Says on standard error what is wrong with the file, exit status 1.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <wsl4/host.h>

#define PAGE	4096u
#define BASE	0x2345001000ull		/* no multiple of 8192 */

static uint8_t *file;
static size_t file_size;
static uint8_t *image;

static uint16_t get16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static __attribute__((noreturn, format(printf, 1, 2)))
void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void read_file(const char *name)
{
	FILE *f = fopen(name, "rb");

	if (!f)
		die("%s: cannot open", name);
	fseek(f, 0, SEEK_END);
	file_size = ftell(f);
	rewind(f);
	file = malloc(file_size);
	if (!file || fread(file, 1, file_size, f) != file_size)
		die("%s: cannot read", name);
	fclose(f);
}

/* The checksum as it is defined: 16-bit words with the carry added in. */
static uint32_t checksum(uint32_t at)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < file_size; i += 2) {
		if (i == at || i == at + 2)
			continue;
		sum += get16(file + i);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum + file_size;
}

static void check_sections(const uint8_t *table, unsigned int n,
			   uint32_t image_size)
{
	uint32_t next = get32(table + 12);
	unsigned int i;

	for (i = 0; i < n; i++, table += 40) {
		uint32_t size = get32(table + 8), rva = get32(table + 12);
		uint32_t raw_size = get32(table + 16), raw = get32(table + 20);
		uint32_t flags = get32(table + 36);

		if (rva % PAGE || rva != next)
			die("section %.8s at %#x, not at %#x", table, rva, next);
		if (raw % 512 || raw_size % 512 || raw + raw_size > file_size)
			die("section %.8s: odd place in the file", table);
		if ((flags & 0x80000000) && (flags & 0x20000000))
			die("section %.8s: writable and executable", table);
		next = (rva + size + PAGE - 1) & ~(PAGE - 1);
	}
	if (next != image_size)
		die("SizeOfImage is %#x, not %#x", image_size, next);
}

static void map_sections(const uint8_t *table, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++, table += 40) {
		uint32_t size = get32(table + 8), raw_size = get32(table + 16);

		if (raw_size > ((size + PAGE - 1) & ~(PAGE - 1)))
			die("section %.8s: more in the file than in memory",
			    table);
		memcpy(image + get32(table + 12), file + get32(table + 20),
		       raw_size);
	}
}

static unsigned int relocate(uint32_t rva, uint32_t size, uint64_t delta,
			     uint32_t image_size)
{
	uint32_t at, i, block, page, last = 0;
	unsigned int count = 0;
	uint64_t value;

	for (at = 0; at < size; at += block) {
		page = get32(image + rva + at);
		block = get32(image + rva + at + 4);
		if (block < 10 || block % 4 || block > size - at ||
		    page % PAGE || (at && page <= last))
			die("relocation block at %#x: odd", at);
		last = page;
		for (i = 8; i < block; i += 2) {
			uint16_t e = get16(image + rva + at + i);

			if (!(e >> 12))
				continue;
			if (e >> 12 != 10 || page + (e & 4095) + 8 > image_size)
				die("relocation %#x in page %#x", e, page);
			value = get64(image + page + (e & 4095)) + delta;
			memcpy(image + page + (e & 4095), &value, 8);
			count++;
		}
	}
	return count;
}

static void protect(const uint8_t *table, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++, table += 40) {
		uint32_t flags = get32(table + 36);
		int prot = PROT_READ;

		if (flags & 0x80000000)
			prot |= PROT_WRITE;
		if (flags & 0x20000000)
			prot |= PROT_EXEC;
		if (mprotect(image + get32(table + 12), get32(table + 8), prot))
			die("section %.8s: mprotect", table);
	}
}

static wsl4_s64 __attribute__((ms_abi))
dispatch(struct wsl4_vcpu *vcpu, wsl4_u64 call, const wsl4_u64 *args)
{
	if (call == HOST_LOG) {
		fwrite(vcpu->mailbox, 1, args[0], stdout);
		return 0;
	}
	return call == HOST_STOP ? 0 : -38;
}

static void run(const struct wsl4_image *half, const char *command_line)
{
	static struct wsl4_boot boot;
	static struct wsl4_vcpu vcpu;
	void (*entry)(struct wsl4_boot *boot, struct wsl4_vcpu *vcpu);

	boot.abi_version = WSL4_ABI_VERSION;
	boot.flags = WSL4_BOOT_WINE;
	boot.image_start = (uint64_t)image + half->linux_start;
	boot.image_end = (uint64_t)image + half->linux_end;
	snprintf(boot.command_line, sizeof(boot.command_line), "%s",
		 command_line);
	vcpu.dispatch = (uint64_t)dispatch;
	entry = (void *)(image + half->linux_entry);
	entry(&boot, &vcpu);
	fflush(stdout);
}

static struct wsl4_image find_half(const uint8_t *table, unsigned int n)
{
	struct wsl4_image half;

	for (; n; n--, table += 40) {
		if (memcmp(table, ".linux\0", 8))
			continue;
		memcpy(&half, image + get32(table + 12), sizeof(half));
		return half;
	}
	die("no section .linux");
}

int main(int argc, char **argv)
{
	const uint8_t *pe, *opt, *table;
	struct wsl4_image half;
	uint32_t size, count;
	unsigned int n;
	int check = argc > 1 && !strcmp(argv[1], "--check");

	argc -= check;
	argv += check;
	if (argc < 2)
		die("usage: peload [--check] DRIVER [COMMAND LINE]");
	read_file(argv[1]);
	pe = file + get32(file + 0x3c);
	opt = pe + 24;
	n = get16(pe + 6);
	table = opt + get16(pe + 20);
	size = get32(opt + 56);
	if (get16(opt + 68) != 1)
		die("not a native driver");
	if (get32(opt + 64) != checksum(opt + 64 - file))
		die("wrong checksum");
	check_sections(table, n, size);
	image = mmap((void *)BASE, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (image != (void *)BASE)
		die("no memory at %#llx", BASE);
	map_sections(table, n);
	count = relocate(get32(opt + 112 + 5 * 8), get32(opt + 112 + 5 * 8 + 4),
			 BASE - get64(opt + 24), size);
	half = find_half(table, n);
	if (half.magic != WSL4_IMAGE_MAGIC || half.linux_start % PAGE ||
	    half.linux_end % PAGE || half.linux_start >= half.linux_end ||
	    half.linux_end > size || half.linux_entry < half.linux_start ||
	    half.linux_entry >= half.linux_end)
		die("struct wsl4_image makes no sense");
	if (check) {
		printf("%u sections, %u relocations\n", n, count);
		return 0;
	}
	protect(table, n);
	run(&half, argc > 2 ? argv[2] : "");
	return 0;
}
