#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Faults in Linux's kernel under Wine, which lkdtm of the tests' kernel makes:
# each is an oops that ends the program; the rest goes on. tests/smallnt.t does
# the same in ring 0, tests/oops.t has what more can happen under Wine.

. "$(dirname "$0")/lib.sh"

driver=$BUILD/check/linux.sys
[ -f "$driver" ] || bail "there is no $driver: make ARCH=windows check-driver"

instance faults
trap 'instance_end; at_exit' EXIT
instance_end
mini_disk
start -s "$driver" -m 512 -d "$disk" \
	-c 'root=/dev/ntblk0 rw wsl4.wait kunit.enable=0' ||
	{ instance_dump; bail "the service did not start: $out $err"; }
within 300 linux_answers || { instance_dump; bail 'Linux is not up'; }
lx 60 sh -c 'until mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null; do
		sleep 0.1
	done
	cd /sys/kernel/debug/provoke-crash && ln -s "$PWD/DIRECT" /crash'
good 'lkdtm is there' || bail 'no lkdtm'

# crash TYPE STATUS: has the kernel do it; $new is what the log says of it
crash()
{
	local before

	before=$(wc -c <"$log")
	lx 60 sh -c "echo $1 >/crash; echo went on"
	is "$1: the program's exit status" "$status" "$2"
	ok "$1: Linux goes on" linux_answers
	new=$(tail -c +"$((before + 1))" "$log" | tr -d '\0\r')
}

# ends TYPE REGEX...: by an oops, with all that in the log
ends()
{
	local type=$1

	shift
	crash "$type" 139
	for regex in '---\[ end trace' "$@"; do
		like "$type: the log has ${regex//\\/}" "$new" "$regex"
	done
}

ends EXCEPTION 'Oops: kernel NULL pointer dereference' 'RIP: lkdtm_EXCEPTION\+0x'
ends WRITE_KERN 'Oops: bad page access' ' lkdtm_WRITE_KERN\+0x'
ends WRITE_RO 'Oops: bad page access' 'RIP: lkdtm_WRITE_RO\+0x'
ends EXEC_DATA 'Oops: bad page access' 'RIP: data_area\+0x'
ends CORRUPT_STACK 'Oops: '
ends STACK_GUARD_PAGE_LEADING 'RIP: lkdtm_STACK_GUARD_PAGE_LEADING\+0x'
ends STACK_GUARD_PAGE_TRAILING 'RIP: lkdtm_STACK_GUARD_PAGE_TRAILING\+0x'
# Twice: the stack to tell of it on is free again.
for round in 1 2; do
	ends EXHAUST_STACK 'Oops: kernel stack overflow: ' \
		' recursive_loop\+0x' ' lkdtm_EXHAUST_STACK\+0x'
done
ends BUG 'kernel BUG at .*lkdtm/bugs.c:' 'Oops: invalid opcode' \
	'RIP: lkdtm_BUG\+0x'
crash WARNING 0
like 'WARNING: the program went on' "$out" 'went on'
like 'WARNING: the log has its place' "$new" \
	'WARNING: CPU: 0 PID: [0-9]+ at .*lkdtm/bugs.c:[0-9]+ lkdtm_WARNING\+0x'
lx 30 cat /proc/sys/kernel/tainted
is 'the kernel is tainted by deaths and a warning' "$out" 640

lx 60 sh -c 'echo PANIC >/crash'
is 'PANIC: the program ends with the kernel' "$status" 120
ok 'PANIC: the log says why' log_has 'Linux has panicked: dumptest' 10
ok 'the service can be stopped' stop
ok 'and started' start
ok 'and runs' within 300 linux_answers
stop
unlike 'nothing survived what it must not' "$(tr -d '\0' <"$log")" 'lkdtm: FAIL'

done_testing
