#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Upstream's kselftests: built on this machine from the kernel's own tree, run
# in our Linux as root, held against tests/kselftest/reference.stock. What is
# known to differ, and why, is in tests/kselftest/differences.

. "$(dirname "$0")/lib.sh"
here=$top/tests/kselftest

"$here/build" >&2 || bail 'the kselftests do not build'
instance kselftest
instance_end
linux_up

lx 60 sh -c 'rm -rf /root/kselftest; mkdir /root/kselftest'
good 'there is a directory for them'
stdin=$BUILD/kselftest/kselftest.tar
lx 120 tar -x -C /root/kselftest
good 'they are unpacked'
stdin=/dev/null
lx 900 /root/kselftest/runner
cp "$work/out" "$BUILD/kselftest/ours.output"
good 'the runner comes to its end'
ok 'Linux goes on' linux_answers
"$top/wsl4" --dmesg >"$BUILD/kselftest/ours.dmesg" 2>/dev/null </dev/null

# A test for each program.
while IFS= read -r line; do
	case $line in
	'ok '*) pass "${line#* - }" ;;
	'not ok '*) fail "${line#* - }" ;;
	'#'*) diag "${line#\# }" ;;
	esac
done < <("$here/results" "$BUILD/kselftest/ours.output" \
	"$here/reference.stock" "$here/differences" 2>&1)

unlike 'nothing is wrong in the log' "$(cat "$log")" \
	'BUG:|Oops|Kernel panic|INFO: (task|rcu)|general protection|scheduling while'
instance_end
done_testing
