// SPDX-License-Identifier: GPL-2.0
/*
 * What the driver holds of NT's memory, for the tests: a Win32 console program.
 *
 * usage: pools TAG
 *
 * Prints "NAME VALUE" lines: pages that are free; NT's pools, in pages; and of the
 * pool tag what is allocated just now, in blocks and bytes.
 */
#define PSAPI_VERSION 1	/* in psapi.dll, as before Windows 7 */
#include <windows.h>
#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winternl.h>

#define SYSTEM_POOL_TAG_INFORMATION	22

struct pool_tag {
	CHAR tag[4];
	ULONG paged_allocs;
	ULONG paged_frees;
	SIZE_T paged_used;
	ULONG nonpaged_allocs;
	ULONG nonpaged_frees;
	SIZE_T nonpaged_used;
};

struct pool_tags {
	ULONG count;
	struct pool_tag tag[];
};

typedef NTSTATUS(NTAPI * query_t)(ULONG class, PVOID to, ULONG bytes, PULONG needed);

static struct pool_tags *read_tags(void)
{
	query_t query = (query_t)(void *)GetProcAddress(GetModuleHandleA("ntdll.dll"),
							"NtQuerySystemInformation");
	struct pool_tags *tags;
	ULONG bytes, needed;
	NTSTATUS status;

	for (bytes = 1 << 16; query && bytes <= 1 << 24; bytes *= 2) {
		tags = malloc(bytes);
		if (!tags)
			return NULL;
		status = query(SYSTEM_POOL_TAG_INFORMATION, tags, bytes, &needed);
		if (status >= 0)
			return tags;
		free(tags);
	}
	return NULL;
}

static int show_tag(const char *tag)
{
	struct pool_tags *tags = read_tags();
	struct pool_tag sum = { 0 };

	if (!tags) {
		fprintf(stderr, "pools: this NT does not tell its pool tags\n");
		return 1;
	}
	for (ULONG i = 0; i < tags->count; i++) {
		struct pool_tag *t = &tags->tag[i];

		if (memcmp(t->tag, tag, sizeof(t->tag)))
			continue;
		sum.paged_allocs += t->paged_allocs - t->paged_frees;
		sum.nonpaged_allocs += t->nonpaged_allocs - t->nonpaged_frees;
		sum.paged_used += t->paged_used;
		sum.nonpaged_used += t->nonpaged_used;
		sum.paged_frees += t->paged_frees + t->nonpaged_frees;
	}
	printf("tag-blocks %lu\ntag-bytes %lu\ntag-freed %lu\n",
	       sum.paged_allocs + sum.nonpaged_allocs,
	       (ULONG)(sum.paged_used + sum.nonpaged_used), sum.paged_frees);
	free(tags);
	return 0;
}

int main(int argc, char **argv)
{
	PERFORMANCE_INFORMATION info = { .cb = sizeof(info) };

	if (argc != 2 || strlen(argv[1]) != 4) {
		fprintf(stderr, "usage: pools TAG\n");
		return 1;
	}
	if (GetPerformanceInfo(&info, sizeof(info)))
		printf("free %lu\npaged %lu\nnonpaged %lu\nhandles %lu\nthreads %lu\n",
		       (ULONG)info.PhysicalAvailable, (ULONG)info.KernelPaged,
		       (ULONG)info.KernelNonpaged, info.HandleCount,
		       info.ThreadCount);
	return show_tag(argv[1]);
}
