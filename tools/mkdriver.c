// SPDX-License-Identifier: GPL-2.0
/*
 * mkdriver: lays vmlinux behind the NT half and gives linux.sys
 *
 *	mkdriver [--image-base ADDRESS] NT.sys VMLINUX OUT.sys
 *
 * NT.sys is an ordinary PE driver with base relocations. VMLINUX is an ELF64
 * executable of position independent code, linked with --emit-relocs above the
 * NT half's addresses. Its allocated sections become sections of the driver at
 * RVA = VMA - ImageBase, each of its absolute 64-bit words becomes a base
 * relocation, and struct wsl4_image in the section ".linux" is filled in.
 * Whatever would not survive being loaded elsewhere is refused.
 *
 * With --image-base the driver is relocated to that base on the way out, which
 * makes a loader that has that range occupied relocate it once more.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <wsl4/host.h>

#define PAGE		4096u
#define MAX_COMPLAINTS	20

/* The parts of PE32+ that matter here. */
#define PE_MACHINE_AMD64	0x8664
#define PE_OPTIONAL_MAGIC	0x20b
#define PE_SUBSYSTEM_NATIVE	1
#define PE_RELOCS_STRIPPED	0x0001
#define PE_DIR_SECURITY		4
#define PE_DIR_BASERELOC	5
#define PE_DIR_DEBUG		6
#define PE_NR_DIRS		16

#define PE_SCN_CODE		0x00000020
#define PE_SCN_DATA		0x00000040
#define PE_SCN_BSS		0x00000080
#define PE_SCN_ALIGN_MASK	0x00f00000
#define PE_SCN_DISCARDABLE	0x02000000
#define PE_SCN_NOT_PAGED	0x08000000
#define PE_SCN_EXECUTE		0x20000000
#define PE_SCN_READ		0x40000000
#define PE_SCN_WRITE		0x80000000

#define PE_REL_ABSOLUTE		0
#define PE_REL_DIR64		10

struct pe_file_header {
	uint32_t signature;
	uint16_t machine;
	uint16_t nr_sections;
	uint32_t time;
	uint32_t symbols;
	uint32_t nr_symbols;
	uint16_t optional_size;
	uint16_t characteristics;
} __attribute__((packed));

struct pe_dir {
	uint32_t rva;
	uint32_t size;
} __attribute__((packed));

struct pe_optional {
	uint16_t magic;
	uint8_t linker_major, linker_minor;
	uint32_t code_size;
	uint32_t data_size;
	uint32_t bss_size;
	uint32_t entry;
	uint32_t code_base;
	uint64_t image_base;
	uint32_t section_align;
	uint32_t file_align;
	uint16_t version[6];
	uint32_t reserved;
	uint32_t image_size;
	uint32_t headers_size;
	uint32_t checksum;
	uint16_t subsystem;
	uint16_t dll_characteristics;
	uint64_t stack_reserve, stack_commit, heap_reserve, heap_commit;
	uint32_t loader_flags;
	uint32_t nr_dirs;
	struct pe_dir dir[PE_NR_DIRS];
} __attribute__((packed));

struct pe_section {
	char name[8];
	uint32_t virtual_size;
	uint32_t rva;
	uint32_t raw_size;
	uint32_t raw;
	uint32_t relocs, lines;
	uint16_t nr_relocs, nr_lines;
	uint32_t flags;
} __attribute__((packed));

/* An input file, mapped. */
struct file {
	const char *name;
	const uint8_t *data;
	size_t size;
};

/* A section of the output. */
struct section {
	char name[9];
	uint32_t flags;
	uint32_t rva;
	uint32_t end;		/* RVA behind the last byte, bss included */
	uint32_t raw_size;	/* bytes of @data */
	uint32_t raw;		/* where @data goes in the file */
	uint8_t *data;
};

/* A growing list of RVAs of 64-bit words to relocate. */
struct words {
	uint32_t *rva;
	size_t count, room;
};

static struct file nt_file, elf_file;
static struct pe_file_header pe;
static struct pe_optional opt;
static const Elf64_Shdr *shdrs;
static unsigned int nr_shdrs;
static const char *shnames;
static size_t shnames_size;

static struct section *sections;
static unsigned int nr_sections;
static struct words words;
static unsigned int complaints;
static const char *out_temp;

static __attribute__((noreturn, format(printf, 1, 2)))
void die(const char *format, ...)
{
	va_list args;

	fputs("mkdriver: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	if (out_temp)
		unlink(out_temp);
	exit(1);
}

/* An error in the input that need not hide the ones behind it. */
static __attribute__((format(printf, 1, 2)))
void complain(const char *format, ...)
{
	va_list args;

	if (++complaints > MAX_COMPLAINTS)
		return;
	fputs("mkdriver: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static void stop_on_complaints(void)
{
	if (complaints)
		die("%s: %u problem%s, no driver written", elf_file.name,
		    complaints, complaints == 1 ? "" : "s");
}

static void *xalloc(size_t size)
{
	void *memory = calloc(1, size ? size : 1);

	if (!memory)
		die("out of memory");
	return memory;
}

static uint64_t align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

static void open_file(struct file *file, const char *name)
{
	struct stat st;
	int fd;

	file->name = name;
	fd = open(name, O_RDONLY);
	if (fd < 0 || fstat(fd, &st))
		die("%s: %s", name, strerror(errno));
	if (!S_ISREG(st.st_mode) || !st.st_size)
		die("%s: empty or not a regular file", name);
	file->size = st.st_size;
	file->data = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file->data == MAP_FAILED)
		die("%s: %s", name, strerror(errno));
	close(fd);
}

/* Pointer to a range of the file that was checked to lie in it. */
static const void *part(const struct file *file, uint64_t offset,
			uint64_t size, const char *what)
{
	if (offset > file->size || size > file->size - offset)
		die("%s: truncated: %s is not all there", file->name, what);
	return file->data + offset;
}

static struct section *add_section(const char *name, uint32_t flags,
				   uint32_t rva, uint32_t end)
{
	struct section *s;

	sections = realloc(sections, (nr_sections + 1) * sizeof(*sections));
	if (!sections)
		die("out of memory");
	s = &sections[nr_sections++];
	memset(s, 0, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->flags = flags;
	s->rva = rva;
	s->end = end;
	return s;
}

static void add_word(uint32_t rva)
{
	if (words.count == words.room) {
		words.room = words.room ? words.room * 2 : 65536;
		words.rva = realloc(words.rva, words.room * sizeof(uint32_t));
		if (!words.rva)
			die("out of memory");
	}
	words.rva[words.count++] = rva;
}

/* ------------------------------------------------------------- NT half -- */

static void read_nt_relocs(const uint8_t *data, uint32_t size)
{
	uint32_t page, block, at, i;
	uint16_t entry;

	for (at = 0; at + 8 <= size; at += block) {
		memcpy(&page, data + at, 4);
		memcpy(&block, data + at + 4, 4);
		if (!block)
			return;
		if (block < 8 || block % 2 || block > size - at)
			die("%s: its .reloc is damaged", nt_file.name);
		for (i = 8; i < block; i += 2) {
			memcpy(&entry, data + at + i, 2);
			if (entry >> 12 == PE_REL_DIR64)
				add_word(page + (entry & 0xfff));
			else if (entry >> 12 != PE_REL_ABSOLUTE)
				die("%s: base relocation type %u", nt_file.name,
				    entry >> 12);
		}
	}
}

static void read_nt_section(const struct pe_section *s)
{
	uint32_t size = s->virtual_size ? s->virtual_size : s->raw_size;
	uint32_t raw = s->raw_size < size ? s->raw_size : size;
	char name[9] = "";
	struct section *out;
	const void *data;

	memcpy(name, s->name, 8);
	/* Debug information: long names are only allowed for that. */
	if (name[0] == '/' || !strncmp(name, ".debug", 6))
		return;
	if (s->flags & PE_SCN_BSS && !(s->flags & (PE_SCN_CODE | PE_SCN_DATA)))
		raw = 0;
	if ((s->flags & PE_SCN_WRITE) && (s->flags & PE_SCN_EXECUTE))
		die("%s: section %s is both writable and executable",
		    nt_file.name, name);
	if (s->rva % PAGE || !size || (uint64_t)s->rva + size > UINT32_MAX)
		die("%s: section %s has an odd address or size", nt_file.name,
		    name);
	data = part(&nt_file, s->raw, raw, name);
	if (opt.dir[PE_DIR_BASERELOC].rva == s->rva) {
		if (opt.dir[PE_DIR_BASERELOC].size > raw)
			die("%s: its .reloc is truncated", nt_file.name);
		read_nt_relocs(data, opt.dir[PE_DIR_BASERELOC].size);
		return;
	}
	if (nr_sections && s->rva < sections[nr_sections - 1].end)
		die("%s: section %s is out of order", nt_file.name, name);
	out = add_section(name, s->flags & ~PE_SCN_ALIGN_MASK, s->rva,
			  s->rva + size);
	out->raw_size = raw;
	out->data = xalloc(align_up(raw, PAGE));
	memcpy(out->data, data, raw);
}

static void read_nt(void)
{
	const struct pe_section *table;
	uint32_t lfanew;
	unsigned int i;

	if (memcmp(part(&nt_file, 0, 64, "the DOS header"), "MZ", 2))
		die("%s: not a PE file", nt_file.name);
	memcpy(&lfanew, nt_file.data + 0x3c, 4);
	memcpy(&pe, part(&nt_file, lfanew, sizeof(pe), "the PE header"),
	       sizeof(pe));
	if (pe.signature != 0x4550 || pe.machine != PE_MACHINE_AMD64)
		die("%s: not a PE file for x86-64", nt_file.name);
	if (pe.optional_size != sizeof(opt))
		die("%s: optional header of %u bytes", nt_file.name,
		    pe.optional_size);
	memcpy(&opt, part(&nt_file, lfanew + sizeof(pe), sizeof(opt),
			  "the optional header"), sizeof(opt));
	if (opt.magic != PE_OPTIONAL_MAGIC || opt.nr_dirs != PE_NR_DIRS)
		die("%s: not PE32+", nt_file.name);
	if (opt.subsystem != PE_SUBSYSTEM_NATIVE)
		die("%s: subsystem %u is not native", nt_file.name,
		    opt.subsystem);
	if (opt.section_align != PAGE)
		die("%s: section alignment %u is not %u", nt_file.name,
		    opt.section_align, PAGE);
	if (opt.image_base % PAGE)
		die("%s: odd image base", nt_file.name);
	if ((pe.characteristics & PE_RELOCS_STRIPPED) ||
	    !opt.dir[PE_DIR_BASERELOC].size)
		die("%s: has no base relocations", nt_file.name);
	table = part(&nt_file, lfanew + sizeof(pe) + sizeof(opt),
		     (uint64_t)pe.nr_sections * sizeof(*table),
		     "the section table");
	for (i = 0; i < pe.nr_sections; i++)
		read_nt_section(&table[i]);
	if (!nr_sections)
		die("%s: has no sections", nt_file.name);
}

/* ---------------------------------------------------------- Linux half -- */

static const char *section_name(const Elf64_Shdr *s)
{
	if (s->sh_name >= shnames_size)
		return "?";
	return shnames + s->sh_name;
}

static const void *section_data(const Elf64_Shdr *s)
{
	return part(&elf_file, s->sh_offset, s->sh_size, section_name(s));
}

/* A string table; its last byte must end the last string. */
static const char *string_table(unsigned int index, size_t *size)
{
	const Elf64_Shdr *s;
	const char *table;

	if (index >= nr_shdrs || shdrs[index].sh_type != SHT_STRTAB)
		die("%s: a string table is missing", elf_file.name);
	s = &shdrs[index];
	table = part(&elf_file, s->sh_offset, s->sh_size, "a string table");
	if (!s->sh_size || table[s->sh_size - 1])
		die("%s: a string table is damaged", elf_file.name);
	*size = s->sh_size;
	return table;
}

static void read_elf(void)
{
	const Elf64_Ehdr *eh = part(&elf_file, 0, sizeof(*eh), "the header");

	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) ||
	    eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh->e_machine != EM_X86_64)
		die("%s: not an ELF file for x86-64", elf_file.name);
	if (eh->e_type != ET_EXEC)
		die("%s: not linked at a fixed address (e_type %u, want ET_EXEC)",
		    elf_file.name, eh->e_type);
	if (eh->e_shentsize != sizeof(Elf64_Shdr) || !eh->e_shnum ||
	    eh->e_shoff % 8)
		die("%s: no section headers", elf_file.name);
	nr_shdrs = eh->e_shnum;
	shdrs = part(&elf_file, eh->e_shoff,
		     (uint64_t)nr_shdrs * sizeof(*shdrs), "the section table");
	shnames = string_table(eh->e_shstrndx, &shnames_size);
}

static bool is_alloc(const Elf64_Shdr *s)
{
	return (s->sh_flags & SHF_ALLOC) && s->sh_size &&
	       !((s->sh_flags & SHF_TLS) && s->sh_type == SHT_NOBITS);
}

static int by_address(const void *a, const void *b)
{
	const Elf64_Shdr *x = *(const Elf64_Shdr *const *)a;
	const Elf64_Shdr *y = *(const Elf64_Shdr *const *)b;

	return x->sh_addr < y->sh_addr ? -1 : x->sh_addr > y->sh_addr;
}

static bool is_got(const Elf64_Shdr *s)
{
	return !strcmp(section_name(s), ".got") ||
	       !strcmp(section_name(s), ".got.plt");
}

/*
 * What a section may be used for is its segment's say: constants that hold
 * pointers are marked writable by the compiler, since something must relocate
 * them, but NT relocates before it protects.
 */
static uint32_t segment_flags(const Elf64_Shdr *s)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)elf_file.data;
	const Elf64_Phdr *segment;
	unsigned int i;

	if (header->e_phentsize != sizeof(*segment) ||
	    header->e_phoff > elf_file.size ||
	    elf_file.size - header->e_phoff <
	    (uint64_t)header->e_phnum * sizeof(*segment))
		die("%s: damaged program headers", elf_file.name);
	segment = (const Elf64_Phdr *)(elf_file.data + header->e_phoff);
	for (i = 0; i < header->e_phnum; i++, segment++)
		if (segment->p_type == PT_LOAD &&
		    s->sh_addr >= segment->p_vaddr &&
		    s->sh_addr - segment->p_vaddr < segment->p_memsz)
			return segment->p_flags;
	/* An empty section at a segment's end. */
	return (s->sh_flags & SHF_EXECINSTR ? PF_X : 0) |
	       (s->sh_flags & SHF_WRITE ? PF_W : 0) | PF_R;
}

static void check_section(const Elf64_Shdr *s)
{
	uint32_t flags = segment_flags(s);
	const char *name = section_name(s);

	if (s->sh_addralign > PAGE)
		complain("%s: section %s wants an alignment of %lu bytes; a driver is only page aligned",
			 elf_file.name, name, (unsigned long)s->sh_addralign);
	if ((flags & PF_W) && (flags & PF_X))
		complain("%s: section %s is both writable and executable",
			 elf_file.name, name);
	if (s->sh_flags & SHF_TLS)
		complain("%s: section %s is thread-local", elf_file.name, name);
	if (s->sh_addr < opt.image_base ||
	    s->sh_addr - opt.image_base + s->sh_size > UINT32_MAX - 64 * PAGE)
		complain("%s: section %s at %#lx is out of reach of image base %#lx",
			 elf_file.name, name, (unsigned long)s->sh_addr,
			 (unsigned long)opt.image_base);
}

static uint32_t pe_flags(const Elf64_Shdr *s)
{
	uint32_t flags = segment_flags(s);

	if (flags & PF_X)
		return PE_SCN_CODE | PE_SCN_EXECUTE | PE_SCN_READ |
		       PE_SCN_NOT_PAGED;
	if (flags & PF_W)
		return PE_SCN_DATA | PE_SCN_WRITE | PE_SCN_READ |
		       PE_SCN_NOT_PAGED;
	return PE_SCN_DATA | PE_SCN_READ | PE_SCN_NOT_PAGED;
}

static const char *pe_name(uint32_t flags)
{
	if (flags & PE_SCN_EXECUTE)
		return ".ltext";
	return flags & PE_SCN_WRITE ? ".ldata" : ".lrodata";
}

/*
 * The Linux half is one program; each run of ELF sections with the same
 * permissions is one section of the driver. A run is also ended where data
 * follow a page or more of bss, so that the bss stays out of the file.
 */
static void add_linux_section(const Elf64_Shdr *s, bool first)
{
	uint32_t rva = s->sh_addr - opt.image_base;
	uint32_t end = rva + s->sh_size;
	uint32_t flags = pe_flags(s);
	struct section *out = &sections[nr_sections - 1];
	uint32_t page = rva & ~(PAGE - 1);
	uint32_t need;

	if (rva < out->end)
		die("%s: section %s at RVA %#x overlaps what ends at %#x%s",
		    elf_file.name, section_name(s), rva, out->end,
		    first ? " (the NT half: link vmlinux higher)" : "");
	if (first || out->flags != flags ||
	    (s->sh_type != SHT_NOBITS && page >= out->end &&
	     page - (out->rva + out->raw_size) >= PAGE)) {
		if (page < out->end)
			die("%s: section %s at RVA %#x shares a page with a section of other permissions",
			    elf_file.name, section_name(s), rva);
		out = add_section(pe_name(flags), flags, page, end);
	}
	out->end = end;
	if (s->sh_type == SHT_NOBITS)
		return;
	need = end - out->rva;
	out->data = realloc(out->data, align_up(need, PAGE));
	if (!out->data)
		die("out of memory");
	memset(out->data + out->raw_size, 0,
	       align_up(need, PAGE) - out->raw_size);
	memcpy(out->data + (rva - out->rva), section_data(s), s->sh_size);
	out->raw_size = need;
}

static void add_linux(uint32_t *start, uint32_t *end)
{
	const Elf64_Shdr **order = xalloc(nr_shdrs * sizeof(*order));
	unsigned int count = 0, i, first;

	for (i = 0; i < nr_shdrs; i++) {
		if (!is_alloc(&shdrs[i]))
			continue;
		check_section(&shdrs[i]);
		order[count++] = &shdrs[i];
	}
	stop_on_complaints();
	if (!count)
		die("%s: has no allocated sections", elf_file.name);
	qsort(order, count, sizeof(*order), by_address);
	first = nr_sections;
	for (i = 0; i < count; i++)
		add_linux_section(order[i], !i);
	*start = sections[first].rva;
	*end = align_up(sections[nr_sections - 1].end, PAGE);
	free(order);
}

/* ---------------------------------------------------------- relocations -- */

struct symbols {
	const Elf64_Sym *sym;
	size_t count;
	const char *names;
	size_t names_size;
};

static struct symbols read_symbols(unsigned int index)
{
	struct symbols t = { 0 };
	const Elf64_Shdr *s;

	if (index >= nr_shdrs || shdrs[index].sh_type != SHT_SYMTAB)
		die("%s: has no symbol table", elf_file.name);
	s = &shdrs[index];
	t.sym = section_data(s);
	t.count = s->sh_size / sizeof(Elf64_Sym);
	t.names = string_table(s->sh_link, &t.names_size);
	return t;
}

static const char *symbol_name(const struct symbols *t, const Elf64_Sym *sym)
{
	if (ELF64_ST_TYPE(sym->st_info) == STT_SECTION &&
	    sym->st_shndx < nr_shdrs)
		return section_name(&shdrs[sym->st_shndx]);
	if (sym->st_name >= t->names_size)
		return "?";
	return t->names[sym->st_name] ? t->names + sym->st_name : "(none)";
}

enum target { IN_IMAGE, ABSOLUTE, UNDEFINED, OUTSIDE };

static enum target symbol_target(const Elf64_Sym *sym)
{
	if (sym->st_shndx == SHN_UNDEF)
		return UNDEFINED;
	if (sym->st_shndx == SHN_ABS)
		return ABSOLUTE;
	if (sym->st_shndx >= nr_shdrs ||
	    !(shdrs[sym->st_shndx].sh_flags & SHF_ALLOC))
		return OUTSIDE;
	return IN_IMAGE;
}

struct reloc_context {
	const Elf64_Shdr *section;
	const struct symbols *symbols;
	uint32_t linux_start, linux_end;
};

static void bad_reloc(const struct reloc_context *c, const Elf64_Rela *r,
		      const Elf64_Sym *sym, const char *type, const char *why)
{
	complain("%s: %s+%#lx: %s against %s: %s", elf_file.name,
		 section_name(c->section),
		 (unsigned long)(r->r_offset - c->section->sh_addr), type,
		 symbol_name(c->symbols, sym), why);
}

static void absolute_word(const struct reloc_context *c, const Elf64_Rela *r,
			  const Elf64_Sym *sym)
{
	uint64_t rva = sym->st_value - opt.image_base;

	switch (symbol_target(sym)) {
	case IN_IMAGE:
		add_word(r->r_offset - opt.image_base);
		break;
	case ABSOLUTE:
		if (rva >= c->linux_start && rva < c->linux_end)
			bad_reloc(c, r, sym, "R_X86_64_64",
				  "absolute symbol with an address in the image");
		break;
	case OUTSIDE:
		bad_reloc(c, r, sym, "R_X86_64_64", "not in the image");
		break;
	case UNDEFINED:
		break;
	}
}

static void relative_word(const struct reloc_context *c, const Elf64_Rela *r,
			  const Elf64_Sym *sym, const char *type)
{
	switch (symbol_target(sym)) {
	case IN_IMAGE:
		break;
	case ABSOLUTE:
		bad_reloc(c, r, sym, type,
			  "relative to an absolute symbol, breaks when relocated");
		break;
	case UNDEFINED:
		bad_reloc(c, r, sym, type,
			  "relative to an undefined symbol, breaks when relocated");
		break;
	case OUTSIDE:
		bad_reloc(c, r, sym, type, "not in the image");
		break;
	}
}

static void short_word(const struct reloc_context *c, const Elf64_Rela *r,
		       const Elf64_Sym *sym, const char *type)
{
	enum target target = symbol_target(sym);

	if (target == IN_IMAGE || target == OUTSIDE)
		bad_reloc(c, r, sym, type,
			  "a short absolute address, cannot be relocated (compile with -fPIE)");
}

static void one_reloc(const struct reloc_context *c, const Elf64_Rela *r)
{
	static const Elf64_Sym none;
	uint32_t index = ELF64_R_SYM(r->r_info);
	uint32_t type = ELF64_R_TYPE(r->r_info);
	const Elf64_Sym *sym = &none;
	char other[40];

	if (type == R_X86_64_NONE)
		return;
	if (index >= c->symbols->count)
		die("%s: relocation with symbol %u of %zu", elf_file.name,
		    index, c->symbols->count);
	if (index)
		sym = &c->symbols->sym[index];
	if (r->r_offset < c->section->sh_addr ||
	    r->r_offset - c->section->sh_addr >= c->section->sh_size) {
		bad_reloc(c, r, sym, "relocation", "outside its section");
		return;
	}
	switch (type) {
	case R_X86_64_64:
		absolute_word(c, r, sym);
		break;
	case R_X86_64_PC32:
		relative_word(c, r, sym, "R_X86_64_PC32");
		break;
	case R_X86_64_PLT32:
		relative_word(c, r, sym, "R_X86_64_PLT32");
		break;
	case R_X86_64_PC64:
		relative_word(c, r, sym, "R_X86_64_PC64");
		break;
	case R_X86_64_PC16:
	case R_X86_64_PC8:
		relative_word(c, r, sym, "R_X86_64_PC16/8");
		break;
	case R_X86_64_32:
		short_word(c, r, sym, "R_X86_64_32");
		break;
	case R_X86_64_32S:
		short_word(c, r, sym, "R_X86_64_32S");
		break;
	case R_X86_64_16:
	case R_X86_64_8:
		short_word(c, r, sym, "R_X86_64_16/8");
		break;
	case R_X86_64_GOTPCREL:
	case R_X86_64_GOTPCRELX:
	case R_X86_64_REX_GOTPCRELX:
		/* The way to the slot is relative; got_words() sees to it. */
		break;
	case R_X86_64_SIZE32:
	case R_X86_64_SIZE64:
		break;
	default:
		snprintf(other, sizeof(other), "relocation type %u", type);
		bad_reloc(c, r, sym, other, "not understood");
	}
}

/*
 * The linker fills the slots of a GOT (references to weak symbols have one)
 * and keeps no relocation for them. A slot is zero or an address in the image.
 */
static void got_words(const Elf64_Shdr *s, uint32_t linux_start,
		      uint32_t linux_end)
{
	const uint8_t *data = section_data(s);
	uint64_t i, word;

	for (i = 0; i + 8 <= s->sh_size; i += 8) {
		memcpy(&word, data + i, 8);
		if (!word)
			continue;
		word -= opt.image_base;
		if (word < linux_start || word >= linux_end) {
			complain("%s: %s+%#lx is no address in the image",
				 elf_file.name, section_name(s),
				 (unsigned long)i);
			continue;
		}
		add_word(s->sh_addr + i - opt.image_base);
	}
}

static void read_relocs(uint32_t linux_start, uint32_t linux_end)
{
	struct reloc_context c = {
		.linux_start = linux_start, .linux_end = linux_end,
	};
	unsigned int i, found = 0;

	for (i = 0; i < nr_shdrs; i++) {
		const Elf64_Shdr *s = &shdrs[i];
		const Elf64_Rela *rela;
		struct symbols symbols;
		uint64_t n, count;

		if (is_alloc(s) && s->sh_type == SHT_PROGBITS && is_got(s))
			got_words(s, linux_start, linux_end);
		if (s->sh_type != SHT_RELA || s->sh_info >= nr_shdrs ||
		    !is_alloc(&shdrs[s->sh_info]))
			continue;
		if (shdrs[s->sh_info].sh_type == SHT_NOBITS && s->sh_size)
			die("%s: relocations for %s, which has no contents",
			    elf_file.name, section_name(&shdrs[s->sh_info]));
		symbols = read_symbols(s->sh_link);
		c.symbols = &symbols;
		c.section = &shdrs[s->sh_info];
		rela = section_data(s);
		count = s->sh_size / sizeof(*rela);
		for (n = 0; n < count; n++)
			one_reloc(&c, &rela[n]);
		found++;
	}
	if (!found)
		die("%s: has no relocations (link with --emit-relocs)",
		    elf_file.name);
	stop_on_complaints();
}

static uint32_t find_entry(uint32_t linux_start, uint32_t linux_end)
{
	unsigned int i;
	size_t n;

	for (i = 0; i < nr_shdrs; i++) {
		struct symbols t;

		if (shdrs[i].sh_type != SHT_SYMTAB)
			continue;
		t = read_symbols(i);
		for (n = 1; n < t.count; n++) {
			uint64_t rva = t.sym[n].st_value - opt.image_base;

			if (strcmp(symbol_name(&t, &t.sym[n]), "linux_entry") ||
			    symbol_target(&t.sym[n]) != IN_IMAGE)
				continue;
			if (rva < linux_start || rva >= linux_end ||
			    !(shdrs[t.sym[n].st_shndx].sh_flags & SHF_EXECINSTR))
				die("%s: linux_entry is not code of the image",
				    elf_file.name);
			return rva;
		}
	}
	die("%s: has no symbol linux_entry", elf_file.name);
}

/* --------------------------------------------------------------- output -- */

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void sort_words(void)
{
	size_t i, n = 0;

	qsort(words.rva, words.count, sizeof(uint32_t), by_value);
	for (i = 0; i < words.count; i++) {
		if (n && words.rva[i] == words.rva[n - 1])
			continue;
		if (n && words.rva[i] - words.rva[n - 1] < 8)
			die("two relocations overlap at RVA %#x", words.rva[i]);
		words.rva[n++] = words.rva[i];
	}
	words.count = n;
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, 4);
}

static void put16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, 2);
}

/* The base relocations, sorted by page; the last section of the driver. */
static void add_reloc_section(void)
{
	uint32_t rva = align_up(sections[nr_sections - 1].end, PAGE);
	size_t i, at = 0, block = 0;
	uint32_t page = UINT32_MAX;
	struct section *s;
	uint8_t *data;

	/* Worst case: each word is alone in its page. */
	data = xalloc(align_up(words.count * 12 + 8, PAGE));
	for (i = 0; i < words.count; i++) {
		if ((words.rva[i] & ~(PAGE - 1)) != page) {
			if (at % 4)
				at += 2;	/* PE_REL_ABSOLUTE, as padding */
			if (i)
				put32(data + block + 4, at - block);
			block = at;
			page = words.rva[i] & ~(PAGE - 1);
			put32(data + block, page);
			at += 8;
		}
		put16(data + at, PE_REL_DIR64 << 12 | (words.rva[i] & (PAGE - 1)));
		at += 2;
	}
	if (at % 4)
		at += 2;
	if (words.count)
		put32(data + block + 4, at - block);
	s = add_section(".reloc", PE_SCN_DATA | PE_SCN_DISCARDABLE | PE_SCN_READ,
			rva, rva + at);
	s->data = data;
	s->raw_size = at;
	opt.dir[PE_DIR_BASERELOC].rva = rva;
	opt.dir[PE_DIR_BASERELOC].size = at;
}

static void fill_image(uint32_t start, uint32_t end, uint32_t entry)
{
	struct wsl4_image image;
	unsigned int i;

	for (i = 0; i < nr_sections; i++) {
		if (strcmp(sections[i].name, ".linux"))
			continue;
		if (sections[i].raw_size < sizeof(image))
			break;
		memcpy(&image, sections[i].data, sizeof(image));
		if (image.magic != WSL4_IMAGE_MAGIC)
			break;
		if (image.abi_version != WSL4_ABI_VERSION)
			die("%s: ABI version %u, this is mkdriver for %u",
			    nt_file.name, image.abi_version, WSL4_ABI_VERSION);
		image.linux_start = start;
		image.linux_end = end;
		image.linux_entry = entry;
		memcpy(sections[i].data, &image, sizeof(image));
		return;
	}
	die("%s: has no struct wsl4_image in a section .linux", nt_file.name);
}

/* Find the section of a word and move what it points to by delta. */
static void rebase(uint64_t base)
{
	uint64_t delta = base - opt.image_base;
	struct section *s = sections;
	uint64_t value;
	size_t i;

	for (i = 0; i < words.count; i++) {
		uint32_t rva = words.rva[i];

		while (s < sections + nr_sections && rva >= s->rva + s->raw_size)
			s++;
		if (s == sections + nr_sections || rva < s->rva ||
		    rva + 8 > s->rva + s->raw_size)
			die("relocation at RVA %#x is not in a section's contents",
			    rva);
		memcpy(&value, s->data + (rva - s->rva), 8);
		value += delta;
		memcpy(s->data + (rva - s->rva), &value, 8);
	}
	opt.image_base = base;
}

/* NT wants no holes: each section reaches to the next one. */
static void close_gaps(void)
{
	unsigned int i;

	for (i = 0; i + 1 < nr_sections; i++)
		if (align_up(sections[i].end, PAGE) < sections[i + 1].rva)
			sections[i].end = sections[i + 1].rva;
}

static uint32_t place_sections(uint32_t headers)
{
	uint64_t at = headers;
	unsigned int i;

	opt.code_size = 0;
	opt.data_size = 0;
	opt.bss_size = 0;
	for (i = 0; i < nr_sections; i++) {
		struct section *s = &sections[i];
		uint32_t raw = align_up(s->raw_size, PAGE);

		s->raw = raw ? at : 0;
		at += raw;
		if (s->flags & PE_SCN_CODE)
			opt.code_size += raw;
		else
			opt.data_size += raw;
		if (align_up(s->end - s->rva, PAGE) > raw)
			opt.bss_size += align_up(s->end - s->rva, PAGE) - raw;
	}
	if (at > UINT32_MAX)
		die("the driver is larger than 4 GiB");
	opt.image_size = align_up(sections[nr_sections - 1].end, PAGE);
	return at;
}

static uint32_t pe_checksum(const uint8_t *data, size_t size)
{
	uint64_t sum = 0;
	uint32_t word;
	size_t i;

	for (i = 0; i + 4 <= size; i += 4) {
		memcpy(&word, data + i, 4);
		sum += word;
	}
	/* One's complement sums of 16 and of 32 bits fold to the same. */
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum + size;
}

static void write_all(const char *name, const uint8_t *data, size_t size)
{
	char *temp = xalloc(strlen(name) + 8);
	ssize_t done;
	size_t at;
	int fd;

	sprintf(temp, "%s.XXXXXX", name);
	fd = mkstemp(temp);
	if (fd < 0)
		die("%s: %s", temp, strerror(errno));
	out_temp = temp;
	for (at = 0; at < size; at += done) {
		done = write(fd, data + at, size - at);
		if (done < 0)
			die("%s: %s", name, strerror(errno));
	}
	if (fchmod(fd, 0644) || close(fd) || rename(temp, name))
		die("%s: %s", name, strerror(errno));
	out_temp = NULL;
	free(temp);
}

static void write_driver(const char *name)
{
	struct pe_section *table;
	uint32_t lfanew, headers, size;
	uint8_t *image;
	unsigned int i;

	memcpy(&lfanew, nt_file.data + 0x3c, 4);
	headers = lfanew + sizeof(pe) + sizeof(opt) +
		  nr_sections * sizeof(struct pe_section);
	if (headers > PAGE || headers > sections[0].rva || nr_sections > 96)
		die("too many sections (%u) for the headers", nr_sections);
	close_gaps();
	size = place_sections(PAGE);
	image = xalloc(size);

	pe.nr_sections = nr_sections;
	pe.symbols = 0;
	pe.nr_symbols = 0;
	opt.file_align = PAGE;
	opt.headers_size = PAGE;
	opt.checksum = 0;
	memset(&opt.dir[PE_DIR_SECURITY], 0, sizeof(opt.dir[0]));
	memset(&opt.dir[PE_DIR_DEBUG], 0, sizeof(opt.dir[0]));
	memcpy(image, nt_file.data, lfanew);
	memcpy(image + lfanew, &pe, sizeof(pe));
	memcpy(image + lfanew + sizeof(pe), &opt, sizeof(opt));
	table = (struct pe_section *)(image + lfanew + sizeof(pe) + sizeof(opt));
	for (i = 0; i < nr_sections; i++) {
		struct section *s = &sections[i];

		memcpy(table[i].name, s->name, 8);
		table[i].virtual_size = s->end - s->rva;
		table[i].rva = s->rva;
		table[i].raw_size = align_up(s->raw_size, PAGE);
		table[i].raw = s->raw;
		table[i].flags = s->flags;
		if (s->raw_size)
			memcpy(image + s->raw, s->data, s->raw_size);
	}
	put32(image + lfanew + sizeof(pe) +
	      offsetof(struct pe_optional, checksum),
	      pe_checksum(image, size));
	write_all(name, image, size);
}

int main(int argc, char **argv)
{
	uint32_t start, end, entry;
	uint64_t base = 0;
	bool move = false;
	char *rest;

	if (argc > 2 && !strcmp(argv[1], "--image-base")) {
		base = strtoull(argv[2], &rest, 0);
		if (*rest || base % PAGE)
			die("--image-base wants an address on a page border");
		move = true;
		argc -= 2;
		argv += 2;
	}
	if (argc != 4 || argv[1][0] == '-') {
		fputs("usage: mkdriver [--image-base ADDRESS] NT.sys VMLINUX OUT.sys\n",
		      stderr);
		return 2;
	}
	open_file(&nt_file, argv[1]);
	open_file(&elf_file, argv[2]);
	read_nt();
	read_elf();
	add_linux(&start, &end);
	read_relocs(start, end);
	entry = find_entry(start, end);
	fill_image(start, end, entry);
	sort_words();
	if (move)
		rebase(base);
	add_reloc_section();
	write_driver(argv[3]);
	printf("%s: Linux at RVA %#x..%#x, entry %#x, %zu base relocations\n",
	       argv[3], start, end, entry, words.count);
	return 0;
}
