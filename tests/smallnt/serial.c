// SPDX-License-Identifier: GPL-2.0
/*
 * The serial port, and text for it.
 */
#include "smallnt.h"

#define PORT	0x3f8

static struct lock port_lock;
u32 verdicts, failures;

void serial_init(void)
{
	out8(PORT + 1, 0);
	out8(PORT + 3, 0x80);
	out8(PORT, 1);
	out8(PORT + 1, 0);
	out8(PORT + 3, 3);
	out8(PORT + 2, 7);
	out8(PORT + 4, 3);
}

static void put(char c)
{
	while (!(in8(PORT + 5) & 0x20))
		;
	out8(PORT, c);
}

void put_text(const char *text, u64 bytes)
{
	u64 flags = lock_take(&port_lock), i;

	for (i = 0; i < bytes; i++)
		put(text[i]);
	lock_drop(&port_lock, flags);
}

struct out {
	char *text;
	u64 size, at;
};

static void add(struct out *out, char c)
{
	if (out->at + 1 < out->size)
		out->text[out->at] = c;
	out->at++;
}

struct spec {
	bool left, zero, precise, wide_char;
	int width, precision, size;	/* bytes of an integer */
};

static void add_field(struct out *out, struct spec *s, const char *text,
		      int length)
{
	int fill = s->width - length;

	for (; !s->left && fill > 0; fill--)
		add(out, s->zero ? '0' : ' ');
	for (; length; length--)
		add(out, *text++);
	for (; fill > 0; fill--)
		add(out, ' ');
}

static void add_number(struct out *out, struct spec *s, u64 value, u32 base,
		       bool upper, bool negative)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[32];
	int at = sizeof(text);

	do {
		text[--at] = digits[value % base];
		value /= base;
	} while (value);
	while (s->precise && (int)sizeof(text) - at < s->precision && at > 1)
		text[--at] = '0';
	if (negative && s->zero && s->width > 1) {
		add(out, '-');
		s->width--;
	} else if (negative) {
		text[--at] = '-';
	}
	add_field(out, s, text + at, sizeof(text) - at);
}

static void add_string(struct out *out, struct spec *s, const char *text)
{
	int length = 0;

	if (!text)
		text = "(null)";
	while (text[length] && (!s->precise || length < s->precision))
		length++;
	s->zero = false;
	add_field(out, s, text, length);
}

static void add_wide(struct out *out, struct spec *s, const WCHAR *text,
		     int length)
{
	int fill = s->width, i;

	if (!text) {
		add_string(out, s, NULL);
		return;
	}
	for (i = 0; i < length || (length < 0 && text[i]); i++) {
		if (s->precise && i >= s->precision)
			break;
		add(out, text[i] < 128 ? text[i] : '?');
		fill--;
	}
	for (; fill > 0; fill--)
		add(out, ' ');
}

static const char *parse_spec(struct spec *s, const char *p, va_list *args)
{
	memset(s, 0, sizeof(*s));
	s->size = 4;
	for (;; p++) {
		if (*p == '-')
			s->left = true;
		else if (*p == '0')
			s->zero = true;
		else if (*p != '#' && *p != '+' && *p != ' ')
			break;
	}
	if (*p == '*') {
		s->width = va_arg(*args, int);
		p++;
	}
	for (; *p >= '0' && *p <= '9'; p++)
		s->width = s->width * 10 + *p - '0';
	if (*p == '.') {
		s->precise = true;
		if (*++p == '*') {
			s->precision = va_arg(*args, int);
			p++;
		}
		for (; *p >= '0' && *p <= '9'; p++)
			s->precision = s->precision * 10 + *p - '0';
	}
	if (p[0] == 'I' && p[1] == '6' && p[2] == '4') {
		s->size = 8;
		return p + 3;
	}
	if (*p == 'I' || *p == 'z' || *p == 't') {
		s->size = 8;
		return p + 1;
	}
	for (; *p == 'h' || *p == 'l' || *p == 'w'; p++) {
		if (*p == 'h')
			s->size /= 2;
		if (p[0] == 'l' && p[1] == 'l')
			s->size = 8;
		if (*p != 'h')
			s->wide_char = true;
	}
	return p;
}

static u64 cut(struct spec *s, u64 value, bool is_signed, bool *negative)
{
	int shift = 64 - 8 * s->size;

	*negative = false;
	if (!is_signed)
		return value << shift >> shift;
	value = (u64)((s64)(value << shift) >> shift);
	*negative = (s64)value < 0;
	return *negative ? -value : value;
}

static void add_argument(struct out *out, struct spec *s, char c, va_list *args)
{
	UNICODE_STRING *string;
	bool negative;
	u64 value;

	switch (c) {
	case 'd':
	case 'i':
	case 'u':
	case 'x':
	case 'X':
		value = cut(s, va_arg(*args, u64), c == 'd' || c == 'i',
			    &negative);
		add_number(out, s, value, c == 'x' || c == 'X' ? 16 : 10,
			   c == 'X', negative);
		return;
	case 'p':
		s->precise = true;
		s->precision = 16;
		add_number(out, s, va_arg(*args, u64), 16, false, false);
		return;
	case 'c':
	case 'C':
		add(out, va_arg(*args, int));
		return;
	case 'S':
		add_wide(out, s, va_arg(*args, const WCHAR *), -1);
		return;
	case 's':
		if (s->wide_char)
			add_wide(out, s, va_arg(*args, const WCHAR *), -1);
		else
			add_string(out, s, va_arg(*args, const char *));
		return;
	case 'Z':
		string = va_arg(*args, UNICODE_STRING *);
		add_wide(out, s, string->Buffer, string->Length / 2);
		return;
	}
	add(out, c);
}

/* Return: length of the whole text. NUL-terminated if there is any room. */
int format_text(char *text, u64 size, const char *format, va_list args)
{
	struct out out = { text, size, 0 };
	struct spec spec;

	for (; *format; format++) {
		if (*format != '%') {
			add(&out, *format);
			continue;
		}
		format = parse_spec(&spec, format + 1, &args);
		if (!*format)
			break;
		add_argument(&out, &spec, *format, &args);
	}
	if (size)
		text[out.at < size ? out.at : size - 1] = '\0';
	return out.at;
}

void print(const char *format, ...)
{
	char text[1024];
	va_list args;
	int length;

	va_start(args, format);
	length = format_text(text, sizeof(text), format, args);
	va_end(args);
	put_text(text, min(length, (int)sizeof(text) - 1));
}

void verdict(bool good, const char *text)
{
	verdicts++;
	failures += !good;
	print("smallnt: %sok %u - %s\n", good ? "" : "not ", verdicts, text);
}

ULONG DbgPrint(PCSTR format, ...)
{
	char text[512];		/* NT's limit, too */
	va_list args;
	int length;

	va_start(args, format);
	length = format_text(text, sizeof(text), format, args);
	va_end(args);
	put_text(text, min(length, (int)sizeof(text) - 1));
	return STATUS_SUCCESS;
}

ULONG DbgPrintEx(ULONG component, ULONG level, PCSTR format, ...)
{
	char text[512];
	va_list args;
	int length;

	va_start(args, format);
	length = format_text(text, sizeof(text), format, args);
	va_end(args);
	put_text(text, min(length, (int)sizeof(text) - 1));
	return STATUS_SUCCESS;
}

/* As in msvcrt: -1 when it does not fit, and no NUL then. */
int nt_vsnprintf(char *text, u64 size, const char *format, va_list args)
{
	static char whole[2048];
	static struct lock whole_lock;
	u64 flags = lock_take(&whole_lock);
	int length = format_text(whole, sizeof(whole), format, args);

	memcpy(text, whole, min((u64)length + 1, size));
	lock_drop(&whole_lock, flags);
	return (u64)length > size ? -1 : length;
}
