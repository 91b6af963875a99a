#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The process with the driver is killed in the middle: nothing stays behind, and
# the next start replays the journal.

. "$(dirname "$0")/lib.sh"

instance crash
trap 'instance_end; at_exit' EXIT
mini_up

for round in 1 2 3; do
	lx 20 sh -c "echo $round >/root/synced; sync"
	good "round $round: a file is written"
	# Busy, with much in flight.
	timeout 60 "$top/wsl4" sh -c 'i=0; while :; do
		i=$((i + 1)); mkdir -p /root/d/$((i % 50))
		echo $i >/root/d/$((i % 50))/$i; done' </dev/null >/dev/null 2>&1 &
	client=$!
	sleep 2
	driver=$(driver_pid)
	ok "round $round: the process is found" test -n "$driver" || bail 'no process'
	stubs=$(stub_pids)
	ok "round $round: it has stubs" test -n "$stubs"
	kill -KILL "$driver"
	ok "round $round: the stubs die with it" within 5 none_alive $stubs
	wait "$client"
	ok "round $round: wsl4 fails" test "$?" != 0
	ok "round $round: it starts again" start || bail "$out $err"
	ok "round $round: Linux is up" within 60 linux_answers ||
		{ instance_dump; bail 'no Linux'; }
	ok "round $round: the journal was replayed" \
		log_has 'recovery complete|orphan cleanup' 10
	lx 20 cat /root/synced
	is "round $round: what was synced is there" "$out" "$round"
done
stop
run 120 e2fsck -fn "$disk"
is 'the file system is clean' "$status" 0 || diag "$out"

# The whole of Wine dies. It saves its registry, where the disk's name is, every
# half minute only.
registry_saved()
{
	[ "$WINEPREFIX/system.reg" -nt "$WINEPREFIX/parameters.reg" ]
}

start && within 60 linux_answers
within 60 registry_saved || bail 'Wine does not save its registry'
lx 20 sh -c 'echo last >/root/synced; sync'
stubs=$(stub_pids)
for pid in $(instance_pids); do
	kill -KILL "$pid" 2>/dev/null
done
ok 'all of Wine is killed: no stub remains' within 5 none_alive $stubs
ok 'it starts again' start
ok 'Linux is up' within 60 linux_answers
lx 20 cat /root/synced
is 'what was synced is there' "$status $out" '0 last' || diag "$err"
stop
instance_end
within 10 test -z "$(instance_pids)"
is 'no process is left' "$(instance_pids)" ''

done_testing
