// SPDX-License-Identifier: GPL-2.0
/*
 * Images of a program's extended state: their layout, and making one harmless.
 *
 * Images come from debuggers, from signal frames that a program may have forged
 * and from memory that a program can reach. The processor refuses some values
 * with a fault, which would hit whoever loads them: they are masked here first.
 */
#include <linux/cache.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/fpu_image.h>
#include <asm/user_abi.h>

#define CPUID_1_ECX_OSXSAVE	BIT(27)
#define CPUID_XSTATE		0xd
#define CPUID_XSTATE_SUPERVISOR	BIT(0)	/* ECX of a component */

#define X87_CONTROL_INIT	0x37f
#define MXCSR_MASK_OLD		0xffbf	/* of processors that do not say */
/* Keys 1 to 15 deny access until a program asks for one, as Linux has it. */
#define PKRU_INIT		0x55555554

struct fpu_part {
	u32 offset;
	u32 size;
};

/**
 * struct fpu_layout - what the processor and its owner let programs use
 * @features: components in an image, by their bit in XCR0
 * @size: bytes of an image without its end marker; 0: not known yet
 * @mxcsr_mask: bits of MXCSR that may be set
 * @part: where a component lies, from 2 on
 */
struct fpu_layout {
	u64 features;
	u32 size;
	u32 mxcsr_mask;
	struct fpu_part part[64];
};

static struct fpu_layout fpu_layout __read_mostly;

static u64 xcr0_read(void)
{
	u32 low, high;

	asm volatile("xgetbv" : "=a" (low), "=d" (high) : "c" (0));
	return low | (u64)high << 32;
}

static u32 mxcsr_mask_read(void)
{
	static struct _fpstate_64 area __aligned(16);

	asm volatile("fxsave %0" : "=m" (area));
	return area.mxcsr_mask ?: MXCSR_MASK_OLD;
}

static void layout_part(unsigned int nr)
{
	struct cpuid_answer a = cpuid_ask(CPUID_XSTATE, nr);

	if (!a.eax || a.ecx & CPUID_XSTATE_SUPERVISOR) {
		fpu_layout.features &= ~BIT_ULL(nr);
		return;
	}
	fpu_layout.part[nr].offset = a.ebx;
	fpu_layout.part[nr].size = a.eax;
}

static void layout_set(u64 features)
{
	unsigned int nr;

	fpu_layout.features = features | FPU_LEGACY;
	for (nr = 2; nr < 63; nr++) {
		if (features & BIT_ULL(nr))
			layout_part(nr);
	}
	fpu_layout.size = fpu_image_end(fpu_layout.features);
}

/*
 * Components that a program must ask for (AMX tiles) are left out: they are in
 * XCR0, but not in the images that an operating system gives without asking.
 */
static void layout_probe(void)
{
	fpu_layout.mxcsr_mask = mxcsr_mask_read();
	if (cpuid_ask(0, 0).eax < CPUID_XSTATE ||
	    !(cpuid_ask(1, 0).ecx & CPUID_1_ECX_OSXSAVE)) {
		layout_set(FPU_LEGACY);
		return;
	}
	layout_set(xcr0_read() & ~FPU_TILE_DATA);
}

static const struct fpu_layout *layout(void)
{
	if (unlikely(!fpu_layout.size))
		layout_probe();
	return &fpu_layout;
}

/**
 * fpu_image_adopt() - take the layout from an image of the host's
 * @image: a trusted image with software bytes
 * @bytes: its size, end marker included
 *
 * For an engine whose images are a host's: they may have less in them than the
 * processor offers, and more room.
 *
 * Return: 0, or -ENXIO if the image is not of a known form.
 */
int fpu_image_adopt(const void *image, u32 bytes)
{
	const struct _xstate *from = image;
	const struct _fpx_sw_bytes *sw = &from->fpstate.sw_reserved;

	if (bytes < offsetof(struct _xstate, ymmh) + FP_XSTATE_MAGIC2_SIZE ||
	    sw->magic1 != FP_XSTATE_MAGIC1 ||
	    sw->xstate_size + FP_XSTATE_MAGIC2_SIZE != bytes)
		return -ENXIO;
	layout();
	layout_set(sw->xfeatures);
	if (fpu_layout.size > sw->xstate_size)
		return -ENXIO;
	fpu_layout.size = sw->xstate_size;
	return 0;
}

/**
 * fpu_image_size() - bytes of an image, end marker included
 */
u32 fpu_image_size(void)
{
	return layout()->size + FP_XSTATE_MAGIC2_SIZE;
}

/**
 * fpu_image_features() - components of an image, as in XCR0
 */
u64 fpu_image_features(void)
{
	return layout()->features;
}

/**
 * fpu_image_end() - where the last of some components ends in an image
 * @features: components, as in XCR0
 */
u32 fpu_image_end(u64 features)
{
	u32 end = offsetof(struct _xstate, ymmh);
	unsigned int nr;

	for (nr = 2; nr < 63; nr++) {
		const struct fpu_part *part = &fpu_layout.part[nr];

		if (features & BIT_ULL(nr))
			end = max(end, part->offset + part->size);
	}
	return end;
}

/* The software bytes and the end marker by which programs know the form. */
static void mark(struct _xstate *image)
{
	const struct fpu_layout *l = layout();
	struct _fpx_sw_bytes *sw = &image->fpstate.sw_reserved;
	u32 magic2 = FP_XSTATE_MAGIC2;

	memset(sw, 0, sizeof(*sw));
	sw->magic1 = FP_XSTATE_MAGIC1;
	sw->extended_size = l->size + FP_XSTATE_MAGIC2_SIZE;
	sw->xfeatures = l->features;
	sw->xstate_size = l->size;
	memcpy((u8 *)image + l->size, &magic2, sizeof(magic2));
}

static void init_x87(struct _fpstate_64 *state)
{
	memset(state, 0, offsetof(struct _fpstate_64, mxcsr));
	memset(state->st_space, 0, sizeof(state->st_space));
	state->cwd = X87_CONTROL_INIT;
}

/**
 * fpu_init_image() - fill an image with the state of a fresh program
 * @image: fpu_image_size() bytes
 */
void fpu_init_image(void *image)
{
	const struct fpu_layout *l = layout();
	struct _xstate *to = image;
	u32 pkru = PKRU_INIT;

	memset(image, 0, l->size);
	init_x87(&to->fpstate);
	to->fpstate.mxcsr = FPU_MXCSR_INIT;
	to->fpstate.mxcsr_mask = l->mxcsr_mask;
	to->xstate_hdr.xfeatures = FPU_LEGACY;
	if (l->features & FPU_PKRU) {
		to->xstate_hdr.xfeatures |= FPU_PKRU;
		memcpy(image + l->part[9].offset, &pkru, sizeof(pkru));
	}
	mark(to);
}

/**
 * fpu_sanitize() - take from an image all that the processor would refuse
 * @image: fpu_image_size() bytes
 *
 * Return: 0, or -EINVAL if the processor would have refused it. Either way it
 * can be loaded now.
 */
int fpu_sanitize(void *image)
{
	const struct fpu_layout *l = layout();
	struct _xstate *state = image;
	struct _header *header = &state->xstate_hdr;
	int error = 0;

	if (header->xfeatures & ~l->features || header->reserved1[0] ||
	    header->reserved1[1] || state->fpstate.mxcsr & ~l->mxcsr_mask)
		error = -EINVAL;
	header->xfeatures &= l->features;
	memset(header->reserved1, 0, sizeof(header->reserved1));
	memset(header->reserved2, 0, sizeof(header->reserved2));
	state->fpstate.mxcsr &= l->mxcsr_mask;
	state->fpstate.mxcsr_mask = l->mxcsr_mask;
	mark(state);
	return error;
}

/**
 * fpu_settle() - write out the components that an image leaves unused
 * @image: a sanitised image
 *
 * The processor neither writes nor reads them. Whoever looks at the image shall
 * see their initial values, not what was there before; and x87 and SSE count as
 * used, since old programs change them without telling.
 */
void fpu_settle(void *image)
{
	const struct fpu_layout *l = layout();
	struct _xstate *state = image;
	u64 unused = l->features & ~state->xstate_hdr.xfeatures;
	unsigned int nr;

	if (unused & FPU_X87)
		init_x87(&state->fpstate);
	if (unused & FPU_SSE)
		memset(state->fpstate.xmm_space, 0,
		       sizeof(state->fpstate.xmm_space));
	for (nr = 2; nr < 63; nr++) {
		if (unused & BIT_ULL(nr))
			memset(image + l->part[nr].offset, 0, l->part[nr].size);
	}
	state->xstate_hdr.xfeatures |= FPU_LEGACY;
}
