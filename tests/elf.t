#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Programs that are cut off, or have absurd headers: what Linux says of them on
# bare hardware it says here, and goes on.
#
# tests/elf/expected is what a stock Linux on x86-64 says:
#	tests/elf/make_elfs / | sed 's|^|/elf/|' | xargs try_exec, as root

. "$(dirname "$0")/lib.sh"

here=$(dirname "$(readlink -f "$0")")/elf
instance elf
trap 'instance_end; at_exit' EXIT
gcc -O1 -Wall -Wextra -static -o "$work/try_exec" "$here/try_exec.c" ||
	bail 'the program was not built'
mini_up

# put [SEED COUNT]: the files, in Linux's /elf
put()
{
	rm -rf "$work/root"
	mkdir "$work/root"
	"$here/make_elfs" "$work/root" "$@" >"$work/names" || bail 'no files'
	cp "$work/try_exec" "$work/root/"
	tar -C "$work/root" -c . >"$work/tar"
	stdin=$work/tar lx 60 sh -c 'rm -rf /elf && tar -C / -x'
	good 'the files are in Linux'
}

put
lx 120 sh -c "/try_exec $(sed 's|^|/elf/|' "$work/names" | tr '\n' ' ')"
good 'all absurd files were tried'
diff "$here/expected" "$work/out" >"$work/diff"
is "Linux says of them what it says elsewhere" "$?" 0 || diag "$(cat "$work/diff")"
lx 30 sh -c 'echo alive; true | cat'
is 'the kernel goes on' "$status $out" '0 alive'

put 42 400
lx 200 sh -c "/try_exec $(sed 's|^|/elf/|' "$work/names" | tr '\n' ' ')"
good 'all mutants were tried'
is 'each has an answer' "$(wc -l <"$work/out")" 400
lx 30 sh -c 'echo alive; true | cat'
is 'the kernel goes on' "$status $out" '0 alive'
clean_log
ok 'the service can be stopped' stop

done_testing
