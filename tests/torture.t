#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Pulls the plug while file systems are written to. The disks have a volatile write
# cache (arch/windows/bridge/block/torture_nt.c); nothing that fsync() has promised may
# be missing afterwards, and fsck is clean. Disks whose flush does nothing must be
# found out.
#
# TORTURE_ROUNDS rounds (default: 5), each with three file systems; with TORTURE_BREAK
# only disks without a flush. TORTURE_KINDS: the stacks.

. "$(dirname "$0")/lib.sh"

rounds=${TORTURE_ROUNDS:-5}
read -ra kinds <<<"${TORTURE_KINDS:-plain linear thin raid1 luks}"
systems=(ext4 xfs btrfs)
# What a stack needs of disks of this size
declare -A members=([linear]=2 [lvmraid1]=2 [thin]=2 [raid1]=2 [raid5]=3 [raid6]=4 [raid10]=4)
mib=340

torture_up

stack=$(cat "$top/tests/torture/stack.sh")
journal=$(cat "$top/tests/torture/journal.py")

# in_linux SECONDS SCRIPT: with the functions of stack.sh
in_linux()
{
	lx "$1" bash -c "$stack"$'\n'"$2"
}

image()
{
	echo "$work/$1-$2.img"
}

# all_orders SYSTEM WORDS: for the disks of a file system
all_orders()
{
	local i

	for ((i = 0; i < count[$1]; i++)); do
		orders "$(image "$1" "$i")" "$2"
	done
}

attach()
{
	local f i

	for f in 0 1 2; do
		devices[f]=''
		for ((i = 0; i < count[f]; i++)); do
			lx 60 --mount "$(image "$f" "$i")" --bare
			[ "$status" = 0 ] || { diag "$err"; return 1; }
			devices[f]+=" $out"
		done
	done
}

# One round: everything is made, written to, cut off, and looked at. Sets $damage: what
# was lost.
round()
{
	local number=$1 flush=$2 f i pid seed
	local -a kind=() seeds=() writers=()
	count=(0 0 0) devices=() damage=''

	for f in 0 1 2; do
		kind[f]=${kinds[(number + f) % ${#kinds[@]}]}
		count[f]=${members[${kind[f]}]:-1}
		seeds[f]=$RANDOM$RANDOM
		for ((i = 0; i < count[f]; i++)); do
			rm -f "$(image "$f" "$i")"
			fallocate -l "${mib}M" "$(image "$f" "$i")"
		done
		all_orders "$f" cache
	done
	what="round $number: ${systems[0]} on ${kind[0]}, ${systems[1]} on ${kind[1]}, ${systems[2]} on ${kind[2]}"
	attach || { damage="$what: not attached"; return; }
	for f in 0 1 2; do
		in_linux 300 "create ${systems[f]} /t$f ${kind[f]} t$f ${devices[f]}"
		[ "$status" = 0 ] || bail "$what: not made: $out $err"
	done
	lx 60 sync
	for f in 0 1 2; do
		all_orders "$f" "cache $flush"
		"$top/wsl4" python3 -c "$journal" write "/t$f" "${seeds[f]}" \
			>"$work/journal$f" 2>"$work/journal$f.err" </dev/null &
		writers[f]=$!
	done
	within 60 test -s "$work/journal0" -a -s "$work/journal1" -a -s "$work/journal2"
	sleep "$((1 + RANDOM % 4)).$((RANDOM % 1000))"
	pid=$(driver_pid)
	kill -KILL "$pid"
	wait "${writers[@]}"
	within 60 none_alive "$pid"
	instance_end
	start || { instance_dump; bail "Linux does not start again: $out $err"; }
	within 180 linux_answers || { instance_dump; bail 'Linux is not up again'; }
	for f in 0 1 2; do
		all_orders "$f" cache
	done
	attach || { damage="$what: not attached again"; return; }
	for f in 0 1 2; do
		look_at "$f" "${kind[f]}" "${seeds[f]}"
	done
	lx 60 --unmount
	[ "$status" = 0 ] || damage+="the disks stay in use: $err"
}

# look_at SYSTEM KIND SEED
look_at()
{
	local f=$1 kind=$2 seed=$3

	in_linux 120 "reopen /t$f $kind t$f ${devices[f]}"
	if [ "$status" != 0 ]; then
		damage+="${systems[f]} on $kind is not mounted: $out $err; "
		in_linux 60 "stack close $kind t$f ${devices[f]}" 2>/dev/null
		return
	fi
	stdin=$work/journal$f
	lx 120 python3 -c "$journal" check "/t$f" "$seed"
	stdin=/dev/null
	note "${systems[f]} on $kind: $(tail -n 1 <<<"$out")"
	[ "$status" = 0 ] || damage+="${systems[f]} on $kind: $out $err; "
	in_linux 120 "finish ${systems[f]} /t$f $kind t$f ${devices[f]}"
	[ "$status" = 0 ] || damage+="fsck of ${systems[f]} on $kind: $(tail -n 20 <<<"$out") $err; "
}

if [ -z "${TORTURE_BREAK:-}" ]; then
	for number in $(seq "$rounds"); do
		round "$number" ''
		is "$what: nothing is lost" "$damage" ''
	done
	rounds=1
fi
for number in $(seq "$rounds"); do
	round "$number" noflush
	ok "$what, without flushes: that is seen" test -n "$damage" || diag 'nothing was lost'
	note "${damage:0:300}"
done

done_testing
