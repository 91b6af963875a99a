/* SPDX-License-Identifier: GPL-2.0 */
/* What the payload's files share. */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stddef.h>
#include <wsl4/block.h>
#include <wsl4/host.h>

typedef wsl4_u8 u8;
typedef wsl4_u32 u32;
typedef wsl4_u64 u64;
typedef wsl4_s64 s64;

#define NS_PER_MS	1000000ull

extern struct wsl4_vcpu *vcpu;
extern struct wsl4_boot *boot;

s64 host_enter(struct wsl4_vcpu *vcpu, u64 call, const u64 *args);
s64 host_call(u64 call, u64 a0, u64 a1);
long sys(long nr, long a0, long a1, long a2, long a3, long a4, long a5);

void say(const char *text);
void say_number(const char *text, u64 number);
void ok(int good, const char *what);

u64 now(void);
u32 take_pending(u32 mask);

void *memset(void *to, int c, size_t bytes);
void *memcpy(void *to, const void *from, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *text);

void test_block(void);
u64 count_boot(void);

#endif /* PAYLOAD_H */
