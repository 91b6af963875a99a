#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Pulls the plug while a Windows program writes to an exported volume: what
# FlushFileBuffers() or FILE_FLAG_WRITE_THROUGH has promised is there afterwards.

. "$(dirname "$0")/lib.sh"

torture_up

winio=$work/winio.exe
windows_program "$winio" "$top/tests/export/winio.c"
image=$work/pv.img
export LVM_SUPPRESS_FD_WARNINGS=1

fallocate -l 64M "$image"
orders "$image" cache
lx 60 --mount "$image" --bare
good 'a disk with a volatile cache'
lx 120 sh -c "vgcreate -q vgt $out && lvcreate -qy -n data -l 100%FREE vgt && sync" 2>/dev/null
good 'with a volume'
position=4096

# round HOW FLUSH: a program writes, the plug is pulled; sets $last and $lost
round()
{
	local pid seed=$RANDOM

	lx 60 --export /dev/vgt/data
	[ "$status" = 0 ] || bail "no export: $err"
	orders "$image" cache "$2"
	wine "$winio" journal '\\.\vgt-data' "$position" 33554432 "$seed" "$1" \
		>"$work/journal" 2>"$work/journal.err" &
	within 30 test -s "$work/journal"
	sleep "1.$((RANDOM % 1000))"
	pid=$(driver_pid)
	kill -KILL "$pid"
	wait
	within 60 none_alive "$pid"
	instance_end
	start || bail "Linux does not start again: $out $err"
	within 180 linux_answers || { instance_dump; bail 'Linux is not up again'; }
	last=$(tr -d '\r' <"$work/journal" | grep -E '^[0-9]+$' | tail -n 1)
	orders "$image" cache
	lx 60 --mount "$image" --bare
	[ "$status" = 0 ] || bail "not attached again: $err"
	lx 60 sh -c 'udevadm settle; vgchange -qy -ay vgt' 2>/dev/null
	lx 60 --export /dev/vgt/data
	[ "$status" = 0 ] || bail "not exported again: $err"
	run 120 wine "$winio" recheck '\\.\vgt-data' "$position" "$seed" "${last:-0}"
	lost=$(tr -d '\r' <<<"$out")
	lx 60 --unexport vgt-data
}

for how in flush through; do
	round "$how" ''
	ok "$how: the program got on" test "${last:-0}" -gt 20 || diag "$(cat "$work/journal.err")"
	is "$how: nothing is lost" "$lost" '0 lost'
	note "${last:-0} records"
done
for how in flush through; do
	round "$how" noflush
	unlike "$how, without flushes: that is seen" "$lost" '^0 lost'
	note "of ${last:-0} records: $lost"
done

done_testing
