// SPDX-License-Identifier: GPL-2.0
/*
 * Is this one of the processors in a table? Upstream's SIMD sources ask so.
 */
#include <linux/bits.h>
#include <linux/export.h>
#include <asm/cpu_device_id.h>
#include <asm/cpufeature.h>
#include <asm/user_abi.h>

struct model {
	u16 vendor;
	u16 family;
	u16 model;
	u8 stepping;
};

static u16 vendor_of(u32 ebx)
{
	if (ebx == 0x756e6547)		/* "Genu": GenuineIntel */
		return X86_VENDOR_INTEL;
	if (ebx == 0x68747541)		/* "Auth": AuthenticAMD */
		return X86_VENDOR_AMD;
	return X86_VENDOR_UNKNOWN;
}

/* CPUID leaf 1 as both manuals read it: the extended parts count where they do. */
static struct model this_model(void)
{
	const u32 eax = cpuid_ask(1, 0).eax;
	struct model m;

	m.vendor = vendor_of(cpuid_ask(0, 0).ebx);
	m.family = eax >> 8 & 0xf;
	m.model = eax >> 4 & 0xf;
	m.stepping = eax & 0xf;
	if (m.family == 0xf)
		m.family += eax >> 20 & 0xff;
	if (m.family >= 6)
		m.model |= eax >> 12 & 0xf0;
	return m;
}

static bool matches(const struct x86_cpu_id *id, const struct model *m)
{
	return (id->vendor == X86_VENDOR_ANY || id->vendor == m->vendor) &&
	       (id->family == X86_FAMILY_ANY || id->family == m->family) &&
	       (id->model == X86_MODEL_ANY || id->model == m->model) &&
	       (id->steppings == X86_STEPPING_ANY ||
		id->steppings & BIT(m->stepping)) &&
	       (id->feature == X86_FEATURE_ANY || cpu_feature(id->feature));
}

/**
 * x86_match_cpu() - find the processor in a table
 * @match: the table; ends with an entry that is not valid
 *
 * Return: the first entry that fits, or NULL.
 */
const struct x86_cpu_id *x86_match_cpu(const struct x86_cpu_id *match)
{
	const struct model m = this_model();

	for (; match->flags & X86_CPU_ID_FLAG_ENTRY_VALID; match++)
		if (matches(match, &m))
			return match;
	return NULL;
}
EXPORT_SYMBOL(x86_match_cpu);
