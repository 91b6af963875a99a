#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Python's own tests do as they do on Debian's kernel.
#
# tests/python/SUITE has a line for each test with its result there, made by
# tests/python/reference. What is otherwise here is in tests/python/differences
# with its reason. Anything else that is otherwise fails, and so does a
# difference that there is no more.
#
# usage: python.t [SUITE...]

. "$(dirname "$0")/lib.sh"

instance main
linux_up
stdin=$top/tests/python/results lx 20 sh -c 'cat >/run/results'

# expected SUITE: the reference, with the differences in place
expected()
{
	awk '/^#|^$/ { next }
		FILENAME ~ /differences$/ { other[$1] = $0; next }
		{ print $1 in other ? other[$1] : $0 }' \
		"$top/tests/python/differences" "$top/tests/python/$1" |
		LC_ALL=C sort
}

# results SUITE: into $dir/SUITE and, what the tests say, $dir/SUITE.log
results()
{
	lx 1500 -u user python3 /run/results "$1"
	LC_ALL=C sort "$work/out" >"$dir/$1"
	cp "$work/err" "$dir/$1.log"
}

for suite in ${*:-$(cd "$top/tests/python" && ls -d test_*)}; do
	expected "$suite" >"$work/expected"
	results "$suite"
	# Some tests time what they do, and the machine may be busy; such a one
	# is right if it is right at the second time.
	if ! cmp -s "$work/expected" "$dir/$suite"; then
		LC_ALL=C comm -13 "$work/expected" "$dir/$suite" >"$work/first"
		note "once more: $(cat "$work/first")"
		results "$suite"
	fi
	is "$suite: $(wc -l <"$work/expected") tests as on Debian's kernel" \
		"$(diff "$work/expected" "$dir/$suite")" '' ||
		diag "see $dir/$suite.log"
	unlike "$suite: no program was lost" "$(cat "$log")" \
		'an address space is lost'
done

done_testing
