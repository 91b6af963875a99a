#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Under a host tracer: which host calls pass in stubs after their setup? A call
# that is followed by SIGSYS did not pass. Prints the counts; fails when there
# is one that is not the engine's. usage: count_calls.sh engine_test [test...]
set -u
trace=$(mktemp) || exit 1
trap 'rm -f "$trace"' EXIT
strace -f -qq -o "$trace" "$@" >"$trace.out" 2>&1
status=$?
grep -v '^ok' "$trace.out"
rm -f "$trace.out"
# Segment bases are the engine's to set where programs cannot.
grep -qw fsgsbase /proc/cpuinfo && bases=none || bases=arch_prctl
awk -v bases=$bases '
function settle(pid) {
	if (pid in last && last[pid] != "")
		count[last[pid]]++
	last[pid] = ""
}
# The stub is one that made its filter; what comes behind that is counted.
$2 ~ /^seccomp\(/ { stub[$1] = 1; next }
!($1 in stub) { next }
$2 == "---" && $3 == "SIGSYS" { blocked++; last[$1] = ""; next }
$2 == "---" { settle($1); next }
# Killed at its last call: nobody knows whether it would have passed.
$2 == "+++" { delete stub[$1]; delete last[$1]; next }
$2 == "<..." { next }
{
	settle($1)
	name = $2
	sub(/\(.*/, "", name)
	last[$1] = name
}
END {
	for (pid in last)
		settle(pid)
	printf "# %d calls did not pass\n", blocked
	# Hosts from 6.14 on let no seccomp filter see uretprobe and uprobe;
	# outside the trampoline of the host they only answer with an error.
	count["uretprobe"] += count["syscall_0x14f"]
	count["uprobe"] += count["syscall_0x150"]
	delete count["syscall_0x14f"]
	delete count["syscall_0x150"]
	for (name in count) {
		printf "# %8d %s\n", count[name], name
		if (name != bases && name !~ /^(futex|rt_sigreturn|pwrite64|mmap|munmap|mprotect|uretprobe|uprobe)$/)
			bad = 1
	}
	exit bad
}' "$trace" || status=1
exit $status
