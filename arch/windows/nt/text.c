// SPDX-License-Identifier: GPL-2.0
/*
 * Names that are put together; of linuxbus.sys, too.
 */
#include "text.h"

WCHAR *text_append(WCHAR *to, const char *text)
{
	while (*text)
		*to++ = (UCHAR)*text++;
	*to = 0;
	return to;
}

WCHAR *text_append_number(WCHAR *to, ULONG number)
{
	if (number > 9)
		to = text_append_number(to, number / 10);
	*to++ = L'0' + number % 10;
	*to = 0;
	return to;
}
