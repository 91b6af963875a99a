#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Faults in Linux's kernel on a real NT kernel, see nt.t: each is an oops that ends the
# program that met it, a panic is the end of Linux alone, and NT goes on. The driver is
# the tests' kernel, which has lkdtm; smallnt.t and faults.t do the same elsewhere.

. "$(dirname "$0")/lib.sh"
. "$top/tests/nt/lib.sh"

nt_begin nt-faults
instance nt-faults-disk
mini_disk
mv "$disk" "$nt/root.ext4"
export COMMANDLINE='root=/dev/ntblk0 rw wsl4.wait kunit.enable=0'
nt_boot 2400 "$BUILD/check/linux.sys" faults

gives lkdtm 0 '^'
for fault in EXCEPTION WRITE_KERN WRITE_RO EXEC_DATA CORRUPT_STACK \
	STACK_GUARD_PAGE_LEADING STACK_GUARD_PAGE_TRAILING EXHAUST_STACK BUG; do
	gives $fault 139 '^$'
done
gives WARNING 0 'went on'
gives alive 0 '^Linux$'
gives PANIC 120 '^$'
gives panicked 120 '^'
gives stop 0 'STOP'
gives again 0 'START_PENDING|RUNNING'
gives after 0 '^Linux$'
gives again-stop 0 'STOP'
gives pools 0 '^tag-blocks 0$'
like 'a NULL pointer is named' "$serial" 'Oops: kernel NULL pointer dereference'
like 'a wild write is' "$serial" 'RIP: lkdtm_WRITE_RO'
like 'a stack that overflows is' "$serial" 'Oops: kernel stack overflow: '
like 'a BUG is' "$serial" 'kernel BUG at .*lkdtm/bugs.c:'
like 'a WARN is' "$serial" 'WARNING: CPU: 0 PID: [0-9]+ at .*lkdtm/bugs.c:'
like 'a panic is' "$serial" 'Linux has panicked: dumptest'

done_testing
