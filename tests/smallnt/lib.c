// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes and strings.
 */
#include "smallnt.h"

void *memset(void *to, int c, size_t n)
{
	void *d = to;

	asm volatile("rep stosb" : "+D" (d), "+c" (n) : "a" (c) : "memory");
	return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
	void *d = to;

	asm volatile("rep movsb" : "+D" (d), "+S" (from), "+c" (n) : : "memory");
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	u8 *d = to;
	const u8 *s = from;

	if (d <= s || d >= s + n)
		return memcpy(to, from, n);
	while (n--)
		d[n] = s[n];
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

bool equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

bool begins(const char *text, const char *with)
{
	while (*with)
		if (*text++ != *with++)
			return false;
	return true;
}

static u32 lower(u32 c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

/* As NT compares names: case does not count. */
bool wide_equal(const UNICODE_STRING *name, const char *text)
{
	u32 i, n = name->Length / 2;

	for (i = 0; i < n; i++)
		if (!text[i] || lower(name->Buffer[i]) != lower(text[i]))
			return false;
	return !text[i];
}

u64 parse_number(const char **text)
{
	u64 v = 0;

	while (**text >= '0' && **text <= '9')
		v = v * 10 + *(*text)++ - '0';
	return v;
}

void widen(UNICODE_STRING *out, WCHAR *buffer, u64 size, const char *text)
{
	u64 i;

	for (i = 0; text[i] && i + 1 < size; i++)
		buffer[i] = (u8)text[i];
	buffer[i] = 0;
	out->Buffer = buffer;
	out->Length = i * 2;
	out->MaximumLength = (i + 1) * 2;
}
