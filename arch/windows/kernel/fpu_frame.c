// SPDX-License-Identifier: GPL-2.0
/*
 * Extended state between a task and its signal frames.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include <asm/fpu_image.h>
#include <asm/fpu_state.h>

/* What XRSTOR and FXRSTOR want of an address. */
#define XSAVE_ALIGN	64
#define FXSAVE_ALIGN	16

#define XSAVE_AREA	offsetof(struct _xstate, ymmh)

/* The engine has filled the image of every new task: it has its layout. */
static int __init fpu_layout_init(void)
{
	if (fpu_image_adopt(fpu_sync(current), fpu_user_size()))
		panic("The engine's extended state has an unknown layout");
	return 0;
}
early_initcall(fpu_layout_init);

/**
 * fpu_reset() - give current the extended state of a fresh program
 */
void fpu_reset(void)
{
	void *image = fpu_sync(current);

	fpu_mark_dirty(current);
	fpu_init_image(image);
	fpu_mark_dirty(current);
}

/**
 * fpu_frame_save() - copy current's extended state to a signal frame
 * @to: where; a multiple of 64, fpu_user_size() bytes
 *
 * Return: 0 or -EFAULT.
 */
int fpu_frame_save(void __user *to)
{
	void *image = fpu_sync(current);

	fpu_settle(image);
	return copy_to_user(to, image, fpu_user_size()) ? -EFAULT : 0;
}

/* Does the frame hold more than FXSAVE's part? It says so at both ends. */
static bool frame_is_extended(const struct _fpx_sw_bytes *sw,
			      const void __user *from)
{
	u32 magic2;

	if (sw->magic1 != FP_XSTATE_MAGIC1 || sw->xstate_size < XSAVE_AREA ||
	    sw->xstate_size > fpu_user_size() - FP_XSTATE_MAGIC2_SIZE ||
	    sw->xstate_size > sw->extended_size)
		return false;
	if (get_user(magic2, (const u32 __user *)(from + sw->xstate_size)))
		return false;
	return magic2 == FP_XSTATE_MAGIC2;
}

/*
 * Reads what the processor would read: the header, then the components in it.
 * What a program leaves out of the software bytes goes to its initial state.
 */
static bool read_extended(struct _xstate *image, const void __user *from)
{
	u64 wanted = image->fpstate.sw_reserved.xfeatures;
	struct _header *header = &image->xstate_hdr;
	u32 end;

	if (!IS_ALIGNED((unsigned long)from, XSAVE_ALIGN))
		return false;
	if (copy_from_user(header, from + sizeof(image->fpstate),
			   sizeof(*header)))
		return false;
	if (header->xfeatures & ~fpu_image_features())
		return false;
	header->xfeatures &= wanted;
	if (!(wanted & (FPU_SSE | FPU_AVX)))
		image->fpstate.mxcsr = FPU_MXCSR_INIT;
	end = fpu_image_end(header->xfeatures);
	return !copy_from_user((void *)image + XSAVE_AREA, from + XSAVE_AREA,
			       end - XSAVE_AREA);
}

static bool read_legacy(struct _xstate *image, const void __user *from)
{
	memset(&image->xstate_hdr, 0, sizeof(image->xstate_hdr));
	image->xstate_hdr.xfeatures = FPU_LEGACY;
	return IS_ALIGNED((unsigned long)from, FXSAVE_ALIGN);
}

static bool read_frame(struct _xstate *image, const void __user *from)
{
	bool good;

	if (!access_ok(from, fpu_user_size()) ||
	    copy_from_user(image, from, sizeof(image->fpstate)))
		return false;
	if (frame_is_extended(&image->fpstate.sw_reserved, from))
		good = read_extended(image, from);
	else
		good = read_legacy(image, from);
	if (!good || fpu_sanitize(image))
		return false;
	fpu_settle(image);
	return true;
}

/**
 * fpu_frame_restore() - take current's extended state from a signal frame
 * @from: where it lies; NULL: the state of a fresh program
 *
 * Return: false if the frame is bad; the state is a fresh program's then.
 */
bool fpu_frame_restore(const void __user *from)
{
	void *image = fpu_sync(current);
	bool good = true;

	/* Nobody saves over the image while copying sleeps. */
	fpu_mark_dirty(current);
	if (from)
		good = read_frame(image, from);
	if (!from || !good)
		fpu_init_image(image);
	fpu_mark_dirty(current);
	return good;
}
