// SPDX-License-Identifier: GPL-2.0
/*
 * Finding what drivers import.
 */
#include "smallnt.h"

#define MAX_MISSING	64

struct entry {
	const char *name;
	void *way;		/* what a driver calls */
	struct export *export;
};

extern const struct entry export_table[], export_table_end[];
extern u8 missing_ways[];

static char missing[MAX_MISSING][64];
static u32 nr_missing;

void *export_find(const char *name)
{
	const struct entry *e;

	for (e = export_table; e < export_table_end; e++)
		if (equal(e->name, name))
			return e->way;
	return NULL;
}

void *export_missing(const char *name)
{
	u32 i;

	if (nr_missing == MAX_MISSING)
		bugcheck("more than %u routines are missing", MAX_MISSING);
	for (i = 0; name[i] && i < 63; i++)
		missing[nr_missing][i] = name[i];
	return missing_ways + 16 * nr_missing++;
}

/* From missing_ways. */
noreturn void export_is_missing(u32 n)
{
	bugcheck("%s is called, which is not implemented", missing[n]);
}
