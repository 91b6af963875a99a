#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# 20 starts and stops of the service on a real NT kernel leave nothing behind, see nt.t.
#
#	REACTOS_ISO=path scripts/check tests/nt-restarts.t

. "$(dirname "$0")/lib.sh"
. "$top/tests/nt/lib.sh"

# Two counts of NT's memory: less than a page of pool for each start, a few pages
# in all, since NT's own programs work, too.
nothing_leaks()
{
	local name before after

	for name in paged nonpaged handles; do
		before=$(machine_file out/pools1.out | sed -n "s/^$name //p")
		after=$(machine_file out/pools2.out | sed -n "s/^$name //p")
		note "$name: $before, $after"
		[ -n "$before" ] && [ -n "$after" ] &&
			[ "$((after - before))" -lt 20 ] || return 1
	done
	for name in pools1 pools2; do
		note "$name: $(machine_file "out/$name.out" | tr '\n' ' ')"
	done
}

nt_begin nt-restarts
nt_root || bail 'no root disk'
# A ReactOS that never frees a driver's image has no room for the fourth.
nt_stop='MiReserveSystemPtes failed'
nt_boot 2400 "$BUILD/linux.sys" restarts

if grep -q 'Leaking driver: linux.sys' <<<"$serial"; then
	skip '20 starts and stops' 'this NT never frees a driver'
else
	gives parameters 0 '^'
	gives warm-up 0 '^$'
	gives restarts 0 '^$'
	gives pools1 0 'tag-blocks'
	gives pools2 0 '^tag-blocks 0$'
	ok '20 starts and stops leave nothing behind' nothing_leaks
fi
unlike 'Linux has nothing to complain of' "$serial" \
	'BUG:|WARNING: CPU|Oops:|Kernel panic'

done_testing
