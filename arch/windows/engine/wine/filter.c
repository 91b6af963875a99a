// SPDX-License-Identifier: GPL-2.0
/*
 * The seccomp filter of a stub: each host call of the engine passes at its one
 * instruction with its arguments as they should be; all else, any other
 * architecture and x32 included, becomes SIGSYS.
 */
#include "internal.h"

struct bpf_insn {
	u16 code;
	u8 jt;
	u8 jf;
	u32 k;
};

#define BPF_LOAD	0x20	/* LD | W | ABS */
#define BPF_JEQ		0x15	/* JMP | JEQ | K */
#define BPF_AND		0x54	/* ALU | AND | K */
#define BPF_RETURN	0x06	/* RET | K */

#define RET_TRAP	0x00030000
#define RET_ALLOW	0x7fff0000
#define ARCH_X86_64	0xc000003e

#define DATA_NR		0
#define DATA_ARCH	4
#define DATA_IP		8
#define DATA_ARG(n)	(16 + 8 * (n))

struct filter {
	struct bpf_insn *insn;
	u32 nr;
	u32 max;
	u32 rule;		/* where the current rule starts */
};

static void emit(struct filter *f, u16 code, u32 k)
{
	if (f->nr < f->max)
		f->insn[f->nr] = (struct bpf_insn){ .code = code, .k = k };
	f->nr++;
}

/* The 32-bit word at @offset, masked, must equal @value. */
static void word_is(struct filter *f, u32 offset, u32 mask, u32 value)
{
	emit(f, BPF_LOAD, offset);
	if (mask != ~0U)
		emit(f, BPF_AND, mask);
	emit(f, BPF_JEQ, value);
}

static void quad_is(struct filter *f, u32 offset, u64 value)
{
	word_is(f, offset, ~0U, (u32)value);
	word_is(f, offset + 4, ~0U, (u32)(value >> 32));
}

/* Only bits of @mask may be set. */
static void arg_within(struct filter *f, int arg, u32 mask, u32 value)
{
	word_is(f, DATA_ARG(arg), ~mask, value);
	word_is(f, DATA_ARG(arg) + 4, ~0U, 0);
}

static void rule_begin(struct filter *f, u32 nr, const u8 *ip)
{
	f->rule = f->nr;
	word_is(f, DATA_NR, ~0U, nr);
	quad_is(f, DATA_IP, engine_address(ip));
}

/* All held: allow. Every comparison that does not hold goes on behind. */
static void rule_end(struct filter *f)
{
	u32 i;

	emit(f, BPF_RETURN, RET_ALLOW);
	for (i = f->rule; i < f->nr && f->nr <= f->max; i++) {
		if (f->insn[i].code == BPF_JEQ)
			f->insn[i].jf = (u8)(f->nr - i - 1);
	}
}

static void rule_pwrite(struct filter *f, const u8 *ip, u64 from, u64 mask,
			u64 offset)
{
	rule_begin(f, HOST_NR_pwrite64, ip);
	quad_is(f, DATA_ARG(0), STUB_FD_CONTROL);
	word_is(f, DATA_ARG(1), ~(u32)mask, (u32)from);
	word_is(f, DATA_ARG(1) + 4, ~0U, (u32)(from >> 32));
	quad_is(f, DATA_ARG(2), 4);
	quad_is(f, DATA_ARG(3), offset);
	rule_end(f);
}

/* Whoever makes it can only take a right away: user code never has it. */
static void rule_close(struct filter *f)
{
	rule_begin(f, HOST_NR_pwrite64, stub_ip_close);
	quad_is(f, DATA_ARG(0), STUB_FD_CONTROL);
	quad_is(f, DATA_ARG(1), ENGINE_BASE + ENGINE_DATA + DATA_CLOSED);
	quad_is(f, DATA_ARG(2), 1);
	quad_is(f, DATA_ARG(3), CONTROL_ORDER + ORDER_SELECTOR);
	rule_end(f);
}

static void rule_futex(struct filter *f, const u8 *ip, u64 word, u32 op)
{
	rule_begin(f, HOST_NR_futex, ip);
	quad_is(f, DATA_ARG(0), word);
	quad_is(f, DATA_ARG(1), op);
	if (op == HOST_FUTEX_WAKE)
		quad_is(f, DATA_ARG(2), 1);
	else
		quad_is(f, DATA_ARG(3), 0);
	rule_end(f);
}

/* Of its own thread only, which a program may set anyway. */
static void rule_base(struct filter *f, const u8 *ip, u32 what)
{
	rule_begin(f, HOST_NR_arch_prctl, ip);
	quad_is(f, DATA_ARG(0), what);
	rule_end(f);
}

static void rules_op(struct filter *f)
{
	rule_begin(f, HOST_NR_mmap, stub_ip_op);
	arg_within(f, 2, 7, 0);
	arg_within(f, 3, HOST_MAP_POPULATE, HOST_MAP_SHARED | HOST_MAP_FIXED);
	quad_is(f, DATA_ARG(4), STUB_FD_PHYSMEM);
	rule_end(f);

	rule_begin(f, HOST_NR_munmap, stub_ip_op);
	rule_end(f);

	rule_begin(f, HOST_NR_mprotect, stub_ip_op);
	arg_within(f, 2, 7, 0);
	rule_end(f);
}

/**
 * filter_build() - write the filter
 * @buffer: where to
 * @size: bytes there
 *
 * Returns the number of instructions, or 0 if they do not fit.
 */
u32 filter_build(void *buffer, u32 size)
{
	struct filter f = {
		.insn = buffer,
		.max = size / sizeof(struct bpf_insn),
	};
	u64 order = ENGINE_BASE + ENGINE_ORDER;
	u64 shared = ENGINE_BASE + ENGINE_SHARED;

	emit(&f, BPF_LOAD, DATA_ARCH);
	emit(&f, BPF_JEQ, ARCH_X86_64);
	f.insn[1].jt = 1;
	emit(&f, BPF_RETURN, RET_TRAP);

	rule_begin(&f, HOST_NR_rt_sigreturn, stub_ip_sigreturn);
	rule_end(&f);
	rule_pwrite(&f, stub_ip_prove, order + ORDER_WORD, 0,
		    CONTROL_PROOF + PROOF_WORD);
	rule_futex(&f, stub_ip_wait, order + ORDER_WORD, HOST_FUTEX_WAIT);
	rule_futex(&f, stub_ip_wake, shared + SHARED_EXIT, HOST_FUTEX_WAKE);
	rules_op(&f);
	rule_close(&f);
	if (!stub_host.fsgsbase) {
		rule_base(&f, stub_ip_set_fs, HOST_ARCH_SET_FS);
		rule_base(&f, stub_ip_set_gs, HOST_ARCH_SET_GS);
	}
	/* One of the two tokens, which differ in one bit of the address. */
	rule_pwrite(&f, stub_ip_done, order + ORDER_DONE,
		    ORDER_DONE ^ ORDER_FAIL, CONTROL_PROOF + PROOF_DONE);
	emit(&f, BPF_RETURN, RET_TRAP);
	return f.nr <= f.max ? f.nr : 0;
}
