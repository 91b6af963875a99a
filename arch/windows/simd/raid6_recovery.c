// SPDX-License-Identifier: GPL-2.0
/*
 * How RAID 6 makes lost disks good. lib/raid6 chooses its syndromes by the compiler's
 * target, but knows these routines only under CONFIG_X86.
 */
#define pr_fmt(fmt) "raid6: " fmt

#include <linux/init.h>
#include <linux/printk.h>
#include <linux/raid/pq.h>

static int __init choose_recovery(void)
{
	static const struct raid6_recov_calls *const calls[] __initconst = {
#ifdef CONFIG_AS_AVX512
		&raid6_recov_avx512,
#endif
		&raid6_recov_avx2,
		&raid6_recov_ssse3,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i]->valid && !calls[i]->valid())
			continue;
		raid6_2data_recov = calls[i]->data2;
		raid6_datap_recov = calls[i]->datap;
		pr_info("using %s recovery algorithm instead\n", calls[i]->name);
		break;
	}
	return 0;
}

/* Behind lib/raid6's own choice, before any array. */
subsys_initcall_sync(choose_recovery);
