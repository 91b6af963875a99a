#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Python's own tests. What fails must fail on a stock kernel, too: tests/python
# has a file for each test with the names that do, and why.

. "$(dirname "$0")/lib.sh"

instance main
linux_up

suites=${*:-test_os test_subprocess test_threading test_signal test_mmap
	test_socket test_select test_fcntl test_posix test_time test_pty test_io
	test_sqlite3}

# The names of what failed, sorted.
failures()
{
	sed -nE 's/^(FAIL|ERROR): ([^ ]+) \(([^ )]+)\).*/\3.\2/p' "$@" |
		sed -E 's/^(.*)\.([^.]+)\.\2$/\1.\2/' | LC_ALL=C sort -u
}

for suite in $suites; do
	lx 900 -u user --cd /tmp python3 -m test -u all,-largefile,-network,-gui \
		-v "$suite"
	cp "$work/out" "$dir/$suite.log"
	cat "$work/err" >>"$dir/$suite.log"
	failures "$dir/$suite.log" >"$work/failed"
	sed -e 's/ *#.*//' "$top/tests/python/$suite" 2>/dev/null | grep . |
		LC_ALL=C sort -u >"$work/known"
	is "$suite: nothing new fails" \
		"$(LC_ALL=C comm -23 "$work/failed" "$work/known")" '' ||
		diag "see $dir/$suite.log"
	# A suite that was not run, or not to its end, has no result.
	like "$suite: it was run" "$(cat "$dir/$suite.log")" '^Ran [1-9][0-9]* test'
	if [ -s "$work/known" ]; then
		ok "$suite: it ends with a result" grep -qE '^(Result|== Tests result): ' \
			"$dir/$suite.log"
	else
		is "$suite: its status" "$status" 0
	fi
done

done_testing
