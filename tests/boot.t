#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Start, stop, and again: the service, with the mini image as its root.

. "$(dirname "$0")/lib.sh"

instance boot
trap 'instance_end; at_exit' EXIT
mini_up

lx 20 uname -srm
good 'a program runs'
like 'it is this kernel' "$out" '^Linux 6\..* x86_64$'
lx 20 cat /proc/cmdline
like 'the command line is the registry'\''s' "$out" 'wsl4\.wait'
lx 20 sh -c 'grep MemTotal /proc/meminfo | tr -dc 0-9'
ok 'the memory is the registry'\''s' test "$out" -gt 180000 -a "$out" -lt 262144
lx 20 sh -c 'grep " / " /proc/mounts'
like 'the root is the disk, writable' "$out" '^/dev/(ntblk0|root) / ext4 rw'

lx 20 date +%s.%N
now=$(date +%s.%N)
ok 'the wall clock is NT'\''s' awk -v a="$out" -v b="$now" \
	'BEGIN { d = b - a; exit !(d > -2 && d < 3) }'
lx 20 sh -c 'head -c 16 /dev/urandom | md5sum; cat /proc/sys/kernel/random/boot_id'
random=$out
ok 'random numbers' test -n "$random"

run 20 "$top/wsl4" --status
good '--status'
like '--status says that it runs' "$out" '^State: +running'
run 20 "$top/wsl4" --dmesg
good '--dmesg'
like '--dmesg has the beginning' "$out" 'Linux version 6\.'
like '--dmesg has the end' "$out" 'mini: waiting|init'
like 'the log file, too' "$(cat "$log")" 'Linux version 6\.'
clean_log 'Call Trace'

sc start
ok 'a second start is refused' test "$status" != 0
ok 'and does no harm' linux_answers

# Idle: less than 1 % of one core, in all processes of the instance.
ticks()
{
	local pid sum=0

	for pid in $(instance_pids); do
		sum=$((sum + $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null |
			awk '{ print $12 + $13 }')))
	done
	echo "$sum"
}
sleep 5
before=$(ticks)
sleep 10
used=$(($(ticks) - before))
ok "idle costs less than 1 % ($used ticks of 1000)" test "$used" -lt 10

# Without orderly shutdown there would be a journal to replay.
clean()
{
	# s_state and s_feature_incompat's "needs recovery"
	LC_ALL=C dumpe2fs -h "$disk" 2>/dev/null | grep -q 'state: *clean' &&
		! LC_ALL=C dumpe2fs -h "$disk" 2>/dev/null | grep -q needs_recovery
}

lx 20 sh -c 'echo kept >/root/kept'
ok 'sc stop' stop
is 'the service has stopped' "$(service_state)" STOPPED
ok 'the file system was unmounted' clean
like 'the log outlives it' "$(tail -n 50 "$log")" 'Power down|Linux has stopped'
run 20 "$top/wsl4" --status
is '--status tells that it is not started' "$status" 122
run 20 "$top/wsl4" true
is 'and so does a command' "$status" 122
like 'in a sentence' "$err" '^wsl4: .{20,}'

good_rounds=0
for round in 1 2 3 4 5 6 7 8 9 10; do
	start && within 60 linux_answers || { instance_dump; break; }
	lx 20 cat /root/kept
	[ "$status $out" = '0 kept' ] || break
	stubs=$(stub_pids)
	[ -n "$stubs" ] || break
	if [ $((round % 2)) = 0 ]; then
		run 120 "$top/wsl4" --shutdown
		[ "$status" = 0 ] || break
		within 30 stopped || break
	else
		stop || break
	fi
	clean || break
	within 5 none_alive $stubs || break
	good_rounds=$round
done
is 'ten starts and stops, by sc and by wsl4 --shutdown' "$good_rounds" 10

start && within 60 linux_answers
lx 20 sh -c 'head -c 16 /dev/urandom | md5sum; cat /proc/sys/kernel/random/boot_id'
ok 'other random numbers than last time' test "$out" != "$random"
lx 20 sh -c '(sleep 1; reboot) >/dev/null 2>&1 &'
log_has 'Restarting system|reboot:' 20
ok 'reboot starts Linux again' within 60 linux_answers
stop

# A kernel that panics leaves its log, and can be started again.
cmdline='panic=0' mini_up
lx 20 sh -c 'echo c >/proc/sysrq-trigger'
ok 'a panic while running ends the program' test "$status" = 120
like 'with a sentence' "$err" '^wsl4: .{20,}'
run 20 "$top/wsl4" --status
is '--status tells' "$status" 120
run 20 "$top/wsl4" --dmesg
like '--dmesg shows the panic' "$out" 'Kernel panic'
like 'with symbols' "$out" 'sysrq_handle_crash|sysrq_'
ok 'the service can be stopped' stop
start && within 60 linux_answers
ok 'and started' linux_answers
ok 'and stopped' stop

# Ends the instance's Wine; nothing must remain.
instance_end
within 20 test -z "$(instance_pids)"
is 'no process is left' "$(instance_pids)" ''

done_testing
