#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Garbage, short buffers and wrong sizes for every control code of \\.\wsl4,
# while Linux runs: an error each, and the service goes on.

. "$(dirname "$0")/lib.sh"

instance ioctl
trap 'instance_end; at_exit' EXIT
x86_64-w64-mingw32-gcc -O2 -Wall -Wextra -I"$top/arch/windows/include" \
	-o "$work/ioctl-fuzz.exe" \
	"$top/tests/ioctl-fuzz/ioctl_fuzz.c" || bail 'the program was not built'
mini_up

# A session from before, which must live through all of it
timeout 600 "$top/wsl4" sh -c 'echo here; read -r word; echo "$word"; exit 7' \
	< <(sleep 600 & echo $! >"$work/sleep"; wait; echo never) \
	>"$work/session" 2>&1 &
session=$!
within 30 grep -q here "$work/session"

WINEDEBUG=-all run 400 wine "$work/ioctl-fuzz.exe" "${IOCTL_ROUNDS:-60}"
tr -d '\r' <"$work/out" >"$work/tap"
note "$(cat "$work/tap")"
is 'the fuzzer is content' "$status" 0 || diag "$(grep -v '^ok' "$work/tap")"
like 'it came to its end' "$(tail -n 1 "$work/tap")" '^1\.\.[0-9]{2,}$'

lx 30 sh -c 'echo alive; true | cat'
is 'Linux goes on' "$status $out" '0 alive'
ok 'a session from before is still there' kill -0 "$session"
kill "$(cat "$work/sleep")"
wait "$session"
is 'and ends as it wants' "$? $(tail -n 1 "$work/session")" '7 never'
few()
{
	lx 30 sh -c 'ps | grep -c "[s]leep 1000$"'
	[ "$out" = 0 ]
}
ok 'no program of the fuzzer is left' within 30 few
clean_log
ok 'the service can be stopped' stop

done_testing
