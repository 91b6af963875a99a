#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# systemd as init: everything up, nothing failed, sessions, shutdown.

. "$(dirname "$0")/lib.sh"

# What the tests before this one provoked is in the journal, too.
instance main
instance_end
linux_up

lx 20 cat /proc/1/comm
is 'process 1' "$out" systemd
lx 180 systemctl is-system-running --wait
is 'the system is running' "$out" running ||
	{ lx 30 systemctl --failed --no-pager; diag "$out"; }
lx 30 systemctl --failed --no-legend --no-pager
is 'no unit failed' "$out" ''
for unit in systemd-udevd systemd-logind systemd-journald dbus; do
	lx 30 systemctl is-active "$unit"
	is "$unit" "$out" active
done
lx 30 sh -c 'stat -c %F /dev/ntblk0; udevadm info -q property /dev/ntblk0'
like 'udev knows the disk' "$out" 'ID_FS_TYPE=ext4'
lx 30 readlink -f /dev/disk/by-label/debian
is 'and links to it' "$out" /dev/ntblk0
lx 30 cat /sys/fs/cgroup/cgroup.controllers
like 'cgroup 2 with its controllers' "$out" 'cpu.*io.*memory.*pids'

# Before the tests below provoke some.
lx 30 journalctl -b -n 5 --no-pager
good 'the journal can be read'
lx 30 sh -c 'journalctl -b -p err --no-pager -q -o cat | grep -v "^$"'
is 'no errors in the journal' "$out" ''

# Sessions
lx 30 sh -c 'echo $XDG_SESSION_ID; cat /proc/self/cgroup'
like 'a command has a session' "$out" 'session-.*\.scope'
timeout 60 "$top/wsl4" -u user sleep 20 </dev/null &
pid=$!
session()
{
	lx 20 loginctl --no-legend --no-pager list-sessions
	grep -q ' user ' <<<"$out"
}
ok 'loginctl shows one' within 15 session
# It is there before its processes are.
session_processes()
{
	lx 20 loginctl --no-pager user-status user
	grep -q 'sleep 20' <<<"$out"
}
ok 'with its processes' within 30 session_processes || diag "$out"
kill "$pid"
wait "$pid" 2>/dev/null
gone()
{
	! session
}
ok 'and it goes away' within 30 gone

# Services
lx 60 systemd-run --wait --pipe -q -p MemoryMax=64M -p DynamicUser=yes \
	-p PrivateTmp=yes -p ProtectSystem=strict id -u
good 'a sandboxed service'
like 'runs as another user' "$out" '^[0-9]{5}$'
lx 60 systemd-run --wait -q -p MemoryMax=64M -p MemorySwapMax=0 \
	python3 -c 'x = bytearray(300 << 20)'
ok 'MemoryMax is kept' test "$status" != 0
lx 30 systemd-analyze --no-pager time
note "$out"

# Machine ID: made at the first boot, and kept.
lx 20 cat /etc/machine-id
like 'a machine ID' "$out" '^[0-9a-f]{32}$'
id=$out
run 240 "$top/wsl4" --shutdown
good 'wsl4 --shutdown'
like 'systemd came to its end' "$(tail -n 60 "$log")" 'Power down|Reached target.*[Pp]ower|Linux has stopped'
start || bail "no second start: $out $err"
within 120 linux_answers
lx 180 systemctl is-system-running --wait
is 'running again' "$out" running
lx 20 cat /etc/machine-id
is 'the machine ID was kept' "$out" "$id"
lx 20 sh -c 'journalctl --list-boots --no-pager | wc -l'
ok 'and the journal' test "$out" -ge 2

done_testing
