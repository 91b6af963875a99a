#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The product's promise in a few minutes: Debian boots to systemd's "running",
# unmodified programs run, wsl4 carries bytes and statuses, Linux stops, starts
# again, and survives the death of its process.

. "$(dirname "$0")/lib.sh"

instance smoke
debian_disk
start -m 1024 -d "$disk" -c 'root=/dev/ntblk0 rw' ||
	{ instance_dump; bail "the service did not start: $out $err"; }
within 180 linux_answers || { instance_dump; bail 'Linux is not up'; }
pass 'Linux is up'

lx 120 systemctl is-system-running --wait
is 'systemd says running' "$out" running
lx 30 uname -sm
is 'uname' "$out" 'Linux x86_64'
lx 60 perl -e 'print 6 * 7'
is 'perl' "$out" 42
lx 60 python3 -c 'print(2**100)'
is 'python3' "$out" 1267650600228229401496703205376

lx 120 sh -c 'cd /tmp && echo "int main(void){return 42;}" >a.c &&
	gcc -o a a.c && ./a'
is 'gcc compiles a program that runs' "$status" 42
lx 60 sh -c 'echo out; echo err >&2; exit 7'
is 'status' "$status" 7
is 'standard output' "$out" out
is 'standard error' "$err" err
lx 60 sh -c 'kill -TERM $$'
is 'death by a signal' "$status" 143
lx 60 no-such-program
is 'no such program' "$status" 127

head -c 3000000 /dev/urandom >"$work/bytes"
ok 'bytes pass both ways' sh -c \
	'timeout 60 "$1/wsl4" cat <"$2" | cmp - "$2"' sh "$top" "$work/bytes"

lx 60 sh -c 'cd /tmp && strace -f -o trace sh -c "ls / >/dev/null" &&
	grep -q "execve(\"[^\"]*/ls\"" trace'
is 'strace follows a fork' "$status" 0
lx 120 sh -c 'gdb -batch -ex "break main" -ex run -ex stepi /tmp/a 2>&1'
like 'gdb stops at a breakpoint' "$out" 'Breakpoint 1, '

lx 120 sh -c 'echo kept >/root/kept && sync'
for round in 1 2; do
	stop
	ok "round $round: Linux stops in order" log_has 'Linux has stopped'
	start && within 180 linux_answers
	lx 60 cat /root/kept
	is "round $round: and starts again" "$out" kept
done

kill -KILL "$(driver_pid)"
sleep 2
start && within 180 linux_answers
lx 60 cat /root/kept
is 'the disk survives SIGKILL' "$out" kept
ok 'by its journal' log_has 'recovery complete'

instance_end
done_testing
