#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The product on a real NT kernel: ReactOS x64, from its live CD, in QEMU's emulation
# (or Windows, from an evaluation CD; never tried, see nt/windows.sh). linux.sys is
# started by sc, programs by wsl4.exe, both in a window of cmd on the desktop,
# unattended.
#
#	REACTOS_ISO=path scripts/check tests/nt.t
#
# NT_SOAK=seconds: afterwards, that long, load in Linux while NT copies files, and
# programs of random code; then 20 starts and stops.
#
# Serial output, screenshots and the results are kept in $BUILD/tests/nt.

. "$(dirname "$0")/lib.sh"
. "$top/tests/nt/lib.sh"

nt_begin nt
fuzzer "$work/fuzz" && nt_root "$work/fuzz" || bail 'no root disk'
nt_boot $((2400 + 3 * ${NT_SOAK:-0})) "$BUILD/linux.sys" commands ${NT_SOAK:+soak}

gives start 0 'START_PENDING|RUNNING'
gives uname 0 '^Linux .* x86_64 GNU/Linux$'
gives status 0 'running'
gives exit 7 '^$'
gives signal 143 '^$'
gives bash 0 '^bash 1 2 3 42$'
gives perl 0 '^1,4,9,16,25$'
gives python 0 '^1267650600228229401496703205376$'
gives gcc 0 '^compiled$'
gives pipe 0 '^FROM NT$'
gives disk 0 '^/root/blob: OK$'
# An image file on NT's disk, attached while Linux runs
gives mount 0 '^/dev/ntblk1 is mounted on /mnt/wsl4/data\.img'
gives mounted 0 '^$'
gives list 0 '^/dev/ntblk1 +16 +rw .*data\.img'
gives busy 119 '^$'
gives missing 119 '^$'
like 'missing: says so' "$(machine_file out/missing.err)" 'there is no such file'
gives folder 119 '^$'
gives unmount 0 '^$'
gives remount 0 'is mounted on /mnt/wsl4/again'
gives reread 1 '^blob: OK$'
like 'read-only: says so' "$(machine_file out/reread.err)" 'Read-only file system'
gives unmount2 0 '^$'
gives systemd 0 '^running$'
gives log 0 'Linux version 6\.'
gives shutdown 0 '^'
gives stopped 122 '^$'
like 'stopped: says how to start it' "$(machine_file out/stopped.err)" \
	'not running\. Start it with: sc start linux'
gives again 0 'START_PENDING|RUNNING'
gives kept 0 '^/root/blob: OK$'
gives stop 0 'STOP'
# By vector: as many as came while Linux had the processor, NT has handled. One may
# come between the readings of the two counters.
handed_on()
{
	awk '/taken and handed on/ { n++; if (($2 - $3) ^ 2 > 1) bad = 1 }
		END { exit bad || !n }' <<<"$out"
}

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

# A ReactOS that never frees a driver's image has no room for the fourth.
restarts()
{
	if grep -q 'Leaking driver: linux.sys' <<<"$serial"; then
		skip '20 starts and stops' 'this NT never frees a driver'
		return
	fi
	gives warm-up 0 '^$'
	gives restarts 0 '^$'
	gives pools1 0 'tag-blocks'
	gives pools2 0 '^tag-blocks 0$'
	ok '20 starts and stops leave nothing behind' nothing_leaks
}

if [ -n "${NT_SOAK:-}" ]; then
	gives before 0 'taken and handed on'
	gives fuzz 0 'rounds 10000'
	gives stress 0 '^'
	like 'stress: nothing failed' "$(machine_file out/stress.err)" \
		'successful run completed'
	gives after 0 'taken and handed on'
	ok 'interrupts taken are handed on, vector by vector' handed_on
	note "$(grep 'handed on' <<<"$out")"
	is 'no copy of NT failed' "$(machine_file out/copy.err)" ''
	like 'NT has copied files meanwhile' "$(machine_file out/copy.out)" '[.]'
	gives parameters 0 '^'
	restarts
	note "NT copied $(machine_file out/copy.out | wc -l) times; clocks:$clocks"
fi
unlike 'Linux has nothing to complain of' "$serial" \
	'BUG:|WARNING: CPU|Oops:|Kernel panic'

done_testing
