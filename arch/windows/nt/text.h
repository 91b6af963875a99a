/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of NT's in UTF-8: large and small letters are the same there. Only ASCII's:
 * names that are compared are devices'.
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

#endif /* _WSL4_NT_TEXT_H */
