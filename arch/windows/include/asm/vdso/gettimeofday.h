/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_VDSO_GETTIMEOFDAY_H
#define _ASM_WINDOWS_VDSO_GETTIMEOFDAY_H

#ifndef __ASSEMBLY__

#include <uapi/linux/time.h>
#include <asm/tsc_read.h>
#include <asm/unistd.h>
#include <asm/vdso/syscall.h>

#define VDSO_HAS_TIME		1
#define VDSO_HAS_CLOCK_GETRES	1

static __always_inline long clock_gettime_fallback(clockid_t clock,
						   struct __kernel_timespec *ts)
{
	return vdso_syscall3(__NR_clock_gettime, clock, (long)ts, 0);
}

static __always_inline long clock_getres_fallback(clockid_t clock,
						  struct __kernel_timespec *ts)
{
	return vdso_syscall3(__NR_clock_getres, clock, (long)ts, 0);
}

static __always_inline long gettimeofday_fallback(struct __kernel_old_timeval *tv,
						  struct timezone *tz)
{
	return vdso_syscall3(__NR_gettimeofday, (long)tv, (long)tz, 0);
}

static __always_inline const struct vdso_data *__arch_get_vdso_data(void)
{
	return _vdso_data;
}

#ifdef CONFIG_TIME_NS
static __always_inline
const struct vdso_data *__arch_get_timens_vdso_data(const struct vdso_data *vd)
{
	return _timens_data;
}
#endif

/* The top bit marks a clock that cannot be read here. */
static __always_inline u64 __arch_get_hw_counter(s32 clock_mode,
						 const struct vdso_data *vd)
{
	if (likely(clock_mode == VDSO_CLOCKMODE_TSC))
		return tsc_read_ordered() & LLONG_MAX;
	return ULLONG_MAX;
}

static __always_inline bool windows_vdso_cycles_ok(u64 cycles)
{
	return (s64)cycles >= 0;
}
#define vdso_cycles_ok windows_vdso_cycles_ok

/*
 * The counters of two processors may differ by a little, and a program moves
 * between them: a value before the last update counts as that update's.
 */
static __always_inline u64 vdso_calc_ns(const struct vdso_data *vd, u64 cycles,
					u64 base)
{
	u64 delta = cycles - vd->cycle_last;

	if (likely(delta <= vd->max_cycles))
		return (delta * vd->mult + base) >> vd->shift;
	if ((s64)delta < 0)
		return base >> vd->shift;
	return mul_u64_u32_add_u64_shr(delta, vd->mult, base, vd->shift);
}
#define vdso_calc_ns vdso_calc_ns

#endif /* __ASSEMBLY__ */

#endif /* _ASM_WINDOWS_VDSO_GETTIMEOFDAY_H */
