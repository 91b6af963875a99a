#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# RAID 6 loses two members at a time, for a while: what it computes in their place is
# what was written, what it gives to those that come back is consistent.
#
# usage: raid6.sh SECONDS
#
# Takes /dev/ram0 to /dev/ram4.

set -euo pipefail
md=/dev/md/simd
disks=(/dev/ram0 /dev/ram1 /dev/ram2 /dev/ram3 /dev/ram4)

contents()
{
	blockdev --flushbufs "$md"
	md5sum <"$md"
}

# The array's own words: without what changed, none is wrong.
check()
{
	local sysfs

	sysfs=/sys/block/$(basename "$(readlink -f "$md")")/md
	echo check >"$sysfs/sync_action"
	mdadm --wait "$md" || true
	[ "$(cat "$sysfs/mismatch_cnt")" = 0 ] || { echo 'syndromes are wrong'; exit 1; }
}

mdadm --quiet --create "$md" --run --level=6 --raid-devices=5 --size=8M "${disks[@]}"
trap 'mdadm --quiet --stop "$md"; mdadm --quiet --zero-superblock "${disks[@]}"' EXIT
head -c 24M /dev/urandom >"$md"
mdadm --wait "$md" || true
want=$(contents)
end=$((SECONDS + $1))
rounds=0
while [ $SECONDS -lt $end ]; do
	mapfile -t lost < <(printf '%s\n' "${disks[@]}" | shuf -n 2)
	mdadm --quiet "$md" --fail "${lost[@]}" --remove "${lost[@]}"
	[ "$(contents)" = "$want" ] || { echo "wrong without ${lost[*]}"; exit 1; }
	mdadm --quiet --zero-superblock "${lost[@]}"
	mdadm --quiet "$md" --add "${lost[@]}"
	mdadm --wait "$md" || true
	check
	[ "$(contents)" = "$want" ] || { echo "wrong after ${lost[*]}"; exit 1; }
	rounds=$((rounds + 1))
done
echo "$rounds rounds"
