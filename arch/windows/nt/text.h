/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of NT's. In UTF-8 they are compared: large and small letters are the same there.
 * Only ASCII's: these names are devices'.
 */
#ifndef _WSL4_NT_TEXT_H
#define _WSL4_NT_TEXT_H

#include "nt.h"

static inline char text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/** text_same() - are these the same name? */
static inline BOOLEAN text_same(const char *a, const char *b)
{
	while (*a && text_lower(*a) == text_lower(*b)) {
		a++;
		b++;
	}
	return text_lower(*a) == text_lower(*b);
}

/**
 * text_behind() - what comes behind a word at the start of a name
 * @name: the name
 * @word: the word, in small letters
 *
 * Return: NULL if the name begins otherwise.
 */
static inline const char *text_behind(const char *name, const char *word)
{
	for (; *word; name++, word++)
		if (text_lower(*name) != *word)
			return NULL;
	return name;
}

/* text.c; both return the text's end */

/** text_append() - put ASCII behind a text */
WCHAR *text_append(WCHAR *to, const char *text);

/** text_append_number() - the same with a number */
WCHAR *text_append_number(WCHAR *to, ULONG number);

#endif /* _WSL4_NT_TEXT_H */
