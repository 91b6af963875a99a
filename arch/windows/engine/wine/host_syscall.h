/* SPDX-License-Identifier: GPL-2.0 */
/* System calls of the x86-64 Linux host, made from here without a libc. */
#ifndef _WINE_HOST_SYSCALL_H
#define _WINE_HOST_SYSCALL_H

#define HOST_NR_read			0
#define HOST_NR_write			1
#define HOST_NR_open			2
#define HOST_NR_close			3
#define HOST_NR_mmap			9
#define HOST_NR_mprotect		10
#define HOST_NR_munmap			11
#define HOST_NR_rt_sigaction		13
#define HOST_NR_rt_sigprocmask		14
#define HOST_NR_rt_sigreturn		15
#define HOST_NR_pwrite64		18
#define HOST_NR_sched_yield		24
#define HOST_NR_dup2			33
#define HOST_NR_getpid			39
#define HOST_NR_clone			56
#define HOST_NR_kill			62
#define HOST_NR_fcntl			72
#define HOST_NR_ftruncate		77
#define HOST_NR_chdir			80
#define HOST_NR_getppid			110
#define HOST_NR_setsid			112
#define HOST_NR_sigaltstack		131
#define HOST_NR_prctl			157
#define HOST_NR_arch_prctl		158
#define HOST_NR_futex			202
#define HOST_NR_sched_setaffinity	203
#define HOST_NR_sched_getaffinity	204
#define HOST_NR_clock_gettime		228
#define HOST_NR_exit_group		231
#define HOST_NR_tgkill			234
#define HOST_NR_waitid			247
#define HOST_NR_fallocate		285
#define HOST_NR_prlimit64		302
#define HOST_NR_seccomp			317
#define HOST_NR_memfd_create		319
#define HOST_NR_execveat		322
#define HOST_NR_close_range		436

#define HOST_PROT_READ			1
#define HOST_PROT_WRITE			2
#define HOST_PROT_EXEC			4
#define HOST_MAP_SHARED			0x01
#define HOST_MAP_PRIVATE		0x02
#define HOST_MAP_FIXED			0x10
#define HOST_MAP_ANONYMOUS		0x20
#define HOST_MAP_NORESERVE		0x4000
#define HOST_MAP_POPULATE		0x8000

#define HOST_MFD_CLOEXEC		0x01
#define HOST_MFD_ALLOW_SEALING		0x02
#define HOST_MFD_EXEC			0x10
#define HOST_F_DUPFD_CLOEXEC		1030
#define HOST_F_ADD_SEALS		1033
#define HOST_SEAL_SEAL			0x01
#define HOST_SEAL_SHRINK		0x02
#define HOST_SEAL_GROW			0x04
#define HOST_SEAL_WRITE			0x08

#define HOST_CLONE_VM			0x00000100
#define HOST_CLONE_VFORK		0x00004000
#define HOST_AT_EMPTY_PATH		0x1000
#define HOST_SIGKILL			9
#define HOST_SIG_SETMASK		2
#define HOST_RLIMIT_CORE		4

#define HOST_P_PID			1
#define HOST_WNOHANG			0x00000001
#define HOST_WEXITED			0x00000004
#define HOST_WNOWAIT			0x01000000
#define HOST_WALL			0x40000000

#define HOST_ARCH_SET_GS		0x1001
#define HOST_ARCH_SET_FS		0x1002

#define HOST_PR_SET_PDEATHSIG		1
#define HOST_PR_SET_DUMPABLE		4
#define HOST_PR_SET_NAME		15
#define HOST_PR_SET_NO_NEW_PRIVS	38
#define HOST_PR_SYSCALL_USER_DISPATCH	59

#define HOST_FUTEX_WAIT			0
#define HOST_FUTEX_WAKE			1
#define HOST_CLOCK_MONOTONIC		1

#ifndef __ASSEMBLER__

struct host_timespec {
	s64 sec;
	s64 nsec;
};

static __always_inline long host_syscall6(long nr, long a, long b, long c,
					  long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a" (ret)
			 : "0" (nr), "D" (a), "S" (b), "d" (c), "r" (r10),
			   "r" (r8), "r" (r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static __always_inline long host_syscall4(long nr, long a, long b, long c,
					  long d)
{
	register long r10 __asm__("r10") = d;
	long ret;

	__asm__ volatile("syscall"
			 : "=a" (ret)
			 : "0" (nr), "D" (a), "S" (b), "d" (c), "r" (r10)
			 : "rcx", "r11", "memory");
	return ret;
}

static __always_inline long host_syscall3(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("syscall"
			 : "=a" (ret)
			 : "0" (nr), "D" (a), "S" (b), "d" (c)
			 : "rcx", "r11", "memory");
	return ret;
}

static __always_inline bool host_failed(long ret)
{
	return (unsigned long)ret >= -4095UL;
}

static inline long host_mmap(unsigned long addr, u64 bytes, int prot,
			     int flags, int fd, u64 offset)
{
	return host_syscall6(HOST_NR_mmap, addr, bytes, prot, flags, fd,
			     offset);
}

static inline long host_munmap(unsigned long addr, u64 bytes)
{
	return host_syscall3(HOST_NR_munmap, addr, bytes, 0);
}

static inline long host_close(int fd)
{
	return host_syscall3(HOST_NR_close, fd, 0, 0);
}

static inline long host_futex_wait(u32 *word, u32 value,
				   const struct host_timespec *timeout)
{
	return host_syscall4(HOST_NR_futex, (long)word, HOST_FUTEX_WAIT, value,
			     (long)timeout);
}

static inline long host_futex_wake(u32 *word)
{
	return host_syscall4(HOST_NR_futex, (long)word, HOST_FUTEX_WAKE, 1, 0);
}

static inline u64 host_clock(int clock)
{
	struct host_timespec ts = { 0, 0 };

	host_syscall3(HOST_NR_clock_gettime, clock, (long)&ts, 0);
	return (u64)ts.sec * 1000000000ULL + (u64)ts.nsec;
}

#endif /* !__ASSEMBLER__ */
#endif /* _WINE_HOST_SYSCALL_H */
