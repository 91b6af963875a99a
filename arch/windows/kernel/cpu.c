// SPDX-License-Identifier: GPL-2.0
/*
 * What the processor can do, by CPUID: for /proc/cpuinfo, programs and SIMD.
 */
#include <linux/bitops.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/fpu_state.h>
#include <asm/processor.h>
#include <asm/setup.h>
#include <asm/sigframe.h>
#include <asm/traps.h>
#include <asm/trapnr.h>

char boot_cpu_name[49];
char boot_cpu_flags[512];

static void cpuid(u32 leaf, u32 sub, u32 reg[4])
{
	asm volatile("cpuid"
		     : "=a" (reg[0]), "=b" (reg[1]), "=c" (reg[2]), "=d" (reg[3])
		     : "0" (leaf), "2" (sub));
}

static u32 cpuid_word(u32 leaf, u32 sub, unsigned int reg)
{
	u32 value[4];

	cpuid(leaf & 0x80000000, 0, value);
	if (value[0] < leaf)
		return 0;
	cpuid(leaf, sub, value);
	return value[reg];
}

enum { CPUID_1_EDX = 0, CPUID_1_ECX = 4, CPUID_7_0_EBX = 9, CPUID_7_ECX = 16 };

#define CPUID_EBX 1
#define CPUID_ECX 2
#define CPUID_EDX 3

/**
 * cpu_xfeatures() - does the host save these registers?
 * @mask: XFEATURE_MASK_*
 */
bool cpu_xfeatures(u64 mask)
{
	u32 low, high;

	if (!(cpuid_word(1, 0, CPUID_ECX) & BIT(27)))
		return false;
	asm volatile("xgetbv" : "=a" (low), "=d" (high) : "c" (0));
	return ((low | (u64)high << 32) & mask) == mask;
}

/* Words of cpufeatures.h that are asked for; CPUID is slow in a guest. */
static u32 feature_word[NCAPINTS] __ro_after_init;

/**
 * cpu_feature() - does the processor have a feature?
 * @feature: X86_FEATURE_*; those of the words that are not asked for answer no
 */
bool cpu_feature(unsigned int feature)
{
	return feature_word[feature / 32] & BIT(feature % 32);
}

static const struct {
	const char *name;
	unsigned int feature;
} shown[] = {
	{ "fpu", X86_FEATURE_FPU }, { "tsc", X86_FEATURE_TSC },
	{ "cx8", X86_FEATURE_CX8 }, { "cmov", X86_FEATURE_CMOV },
	{ "mmx", X86_FEATURE_MMX }, { "fxsr", X86_FEATURE_FXSR },
	{ "sse", X86_FEATURE_XMM }, { "sse2", X86_FEATURE_XMM2 },
	{ "pni", X86_FEATURE_XMM3 }, { "ssse3", X86_FEATURE_SSSE3 },
	{ "fma", X86_FEATURE_FMA }, { "cx16", X86_FEATURE_CX16 },
	{ "sse4_1", X86_FEATURE_XMM4_1 }, { "sse4_2", X86_FEATURE_XMM4_2 },
	{ "movbe", X86_FEATURE_MOVBE }, { "popcnt", X86_FEATURE_POPCNT },
	{ "aes", X86_FEATURE_AES }, { "xsave", X86_FEATURE_XSAVE },
	{ "avx", X86_FEATURE_AVX }, { "f16c", X86_FEATURE_F16C },
	{ "rdrand", X86_FEATURE_RDRAND }, { "bmi1", X86_FEATURE_BMI1 },
	{ "avx2", X86_FEATURE_AVX2 }, { "bmi2", X86_FEATURE_BMI2 },
	{ "erms", X86_FEATURE_ERMS }, { "rdseed", X86_FEATURE_RDSEED },
	{ "adx", X86_FEATURE_ADX }, { "avx512f", X86_FEATURE_AVX512F },
	{ "sha_ni", X86_FEATURE_SHA_NI },
};

/**
 * cpu_detect() - ask the processor, once, early
 */
void __init cpu_detect(void)
{
	u32 *name = (u32 *)boot_cpu_name;
	int i;

	feature_word[CPUID_1_EDX] = cpuid_word(1, 0, CPUID_EDX);
	feature_word[CPUID_1_ECX] = cpuid_word(1, 0, CPUID_ECX);
	feature_word[CPUID_7_0_EBX] = cpuid_word(7, 0, CPUID_EBX);
	feature_word[CPUID_7_ECX] = cpuid_word(7, 0, CPUID_ECX);

	for (i = 0; i < 3; i++)
		cpuid(0x80000002 + i, 0, name + 4 * i);
	boot_cpu_name[sizeof(boot_cpu_name) - 1] = '\0';
	for (i = 0; i < ARRAY_SIZE(shown); i++) {
		if (!cpu_feature(shown[i].feature))
			continue;
		strlcat(boot_cpu_flags, shown[i].name, sizeof(boot_cpu_flags));
		strlcat(boot_cpu_flags, " ", sizeof(boot_cpu_flags));
	}
}

/**
 * user_fpe_code() - why a program got a floating point exception
 * @trap: X86_TRAP_MF or X86_TRAP_XF
 *
 * Return: FPE_* for siginfo.
 */
int user_fpe_code(int trap)
{
	struct _fpstate_64 *state = fpu_sync(current);
	unsigned int error;

	if (trap == X86_TRAP_MF)
		error = state->swd & ~state->cwd;
	else
		error = state->mxcsr & ~(state->mxcsr >> 7);
	if (error & 0x01)
		return FPE_FLTINV;
	if (error & 0x04)
		return FPE_FLTDIV;
	if (error & 0x08)
		return FPE_FLTOVF;
	if (error & 0x12)
		return FPE_FLTUND;
	if (error & 0x20)
		return FPE_FLTRES;
	return 0;
}
