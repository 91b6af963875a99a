#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Load for long, and many restarts. Not part of scripts/check: scripts/soak.

. "$(dirname "$0")/lib.sh"

seconds=${SOAK_SECONDS:-600}
rounds=${SOAK_ROUNDS:-50}

instance soak
trap 'instance_end; at_exit' EXIT
linux_up

log_is_clean()
{
	unlike "$1: nothing is wrong in the log" "$(cat "$log")" \
		'BUG:|WARNING:|Oops|Call Trace|Kernel panic|INFO: (task|rcu)|is lost'
}

memory_free()
{
	lx 30 sh -c 'sync; echo 3 >/proc/sys/vm/drop_caches
		grep MemAvailable /proc/meminfo | tr -dc 0-9'
	echo "$out"
}

before=$(memory_free)
lx $((seconds * 2 + 300)) stress-ng --cpu 1 --vm 1 --vm-bytes 128M --fork 1 \
	--pthread 1 --sigrt 1 --futex 1 --pipe 1 --mmap 1 --hdd 1 \
	--hdd-bytes 256M --dentry 1 --verify -t "$seconds" --temp-path /tmp
good "stress-ng --verify for $seconds s"
unlike 'it found nothing' "$out$err" 'fail'
note "$(tail -n 3 "$work/err")"
log_is_clean 'stress-ng'
ok 'the memory is back' test "$(memory_free)" -gt $((before - 65536)) ||
	diag "before: $before KB"
lx 60 systemctl is-system-running
is 'systemd is well' "$out" running

# Compilers and interpreters, three at once
for n in 1 2 3; do
	timeout 3600 "$top/wsl4" sh -c 'cd /tmp && mkdir b$1 && cd b$1 &&
		printf "%s\n" "int f(void) { return 1; }" >f.c &&
		for i in $(seq 300); do gcc -c f.c -o f$i.o || exit 1; done &&
		gcc -r -o all.o f1.o && python3 -c "
import hashlib, subprocess
for i in range(100):
    assert subprocess.run([\"true\"]).returncode == 0
"' sh "$n" </dev/null >"$work/compile.$n" 2>&1 &
	pids="${pids:-} $!"
done
for pid in $pids; do
	ok 'compilers and interpreters, three at once' wait "$pid" ||
		diag "$(tail -n 5 "$work"/compile.*)"
done
log_is_clean 'compilers'

run 300 "$top/wsl4" --shutdown
good 'wsl4 --shutdown'
run 300 e2fsck -fn "$disk"
is 'the file system is clean' "$status" 0 || diag "$out"

# Restarts, with a kill in between now and then
mini_up
done_rounds=0
for round in $(seq "$rounds"); do
	lx 30 sh -c "echo $round >/root/round; sync"
	[ "$status" = 0 ] || break
	if [ $((round % 5)) = 0 ]; then
		driver=$(driver_pid)
		kill -KILL "$driver" || break
		# On a busy machine it takes its time to go.
		within 60 none_alive "$driver" || break
	else
		stop || break
	fi
	start && within 60 linux_answers ||
		{ diag "round $round: $status $out $err"; instance_dump; break; }
	lx 30 cat /root/round
	[ "$out" = "$round" ] || break
	done_rounds=$round
done
is "$rounds restarts" "$done_rounds" "$rounds"
stop
run 120 e2fsck -fn "$disk"
is 'the small file system is clean, too' "$status" 0 || diag "$out"

done_testing
