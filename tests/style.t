#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's checkpatch.pl --strict over our sources: nothing but what
# tests/style.ref accepts, with the reason there.

. "$(dirname "$0")/lib.sh"

checkpatch=$BUILD/tree/scripts/checkpatch.pl
[ -f "$checkpatch" ] || bail "there is no $checkpatch: make ARCH=windows"

# Found beside its sources it would write a cache there.
cd "$work" || exit 1
ln -s "$top/arch" "$top/tools" "$top/tests" .
find arch/ tools/ tests/ -name '*.[chS]' | sort >files
ok 'there are sources' test "$(wc -l <files)" -gt 100
run 600 xargs -P "$(nproc)" -n 16 -a files sh -c '
	perl "$0" --no-tree --strict --terse --show-types --no-summary -f "$@" \
		>findings.$$ || true
	test -e findings.$$' "$checkpatch"
good 'checkpatch runs'
cat findings.* | grep -E '^[^:]+:[0-9]+: (ERROR|WARNING|CHECK):' | sort >findings

# TYPE GLOB REASON...
accepted()
{
	local type=$1 file=$2 known glob reason

	while read -r known glob reason; do
		if [ "$known" = "$type" ] && [[ $file == $glob ]] &&
			[ -n "$reason" ]; then
			return 0
		fi
	done <"$top/tests/style.ref"
	return 1
}

while IFS=: read -r file line level type message; do
	accepted "$type" "$file" || echo "$file:$line:$level:$type:$message"
done <findings >new
is 'no finding that is not accepted' "$(cat new)" ''

done_testing
