#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Hostile programs in Linux: no host call passes but the engine's own, nobody
# else comes to harm, and the kernel goes on. A tracer on the host counts.

. "$(dirname "$0")/lib.sh"

here=$(dirname "$(readlink -f "$0")")/escape
instance escape
trap 'instance_end; at_exit' EXIT

# Its code lies low enough for 32-bit segments.
gcc -O1 -Wall -Wextra -fno-stack-protector -fcf-protection=none -fno-pic -no-pie \
	-Wl,-Ttext-segment=0x20000000 -static -o "$work/hostile" "$here/guest.c" ||
	bail 'the program was not built'
gcc -O1 -Wall -Wextra -o "$work/trace_stubs" "$here/trace_stubs.c" ||
	bail 'the tracer was not built'
mini_up
stdin=$work/hostile lx 30 sh -c 'cat >/root/hostile && chmod 755 /root /root/hostile'
good 'the program is in Linux'

# A bystander: its memory and its sums must stay as they are.
timeout 1800 "$top/wsl4" sh -c 'cp /root/hostile /tmp/one; echo here
	while cmp /tmp/one /root/hostile && test ! -e /tmp/end; do
		i=$((i + 1)); test $((i * 3 - i - i)) = $i || exit 1
		sleep 0.3
	done; test -e /tmp/end' </dev/null >"$work/bystander" 2>&1 &
bystander=$!
within 30 grep -q here "$work/bystander"

mkfifo "$work/hold"
timeout 1800 "$work/trace_stubs" "$(driver_pid)" <"$work/hold" >"$work/trace" 2>&1 &
tracer=$!
exec 9>"$work/hold"
ok 'the tracer follows' within 20 grep -q tracing "$work/trace" ||
	bail "$(cat "$work/trace")"

for part in numbers compat jumps frames scribble pretend read-only; do
	began=$SECONDS
	lx 600 /root/hostile "$part"
	is "$part" "$status" 0 || diag "$out $err"
	note "$((SECONDS - began)) s"
	note "$out"
	lx 60 sh -c 'echo alive; true | cat'
	is "$part: the kernel goes on" "$status $out" '0 alive'
done

exec 9>&-
wait "$tracer"
is 'no host call passed but the engine'\''s' "$?" 0
note "$(cat "$work/trace")"
diag "$(grep ESCAPED "$work/trace")"
like 'the tracer has seen calls that did not pass' "$(cat "$work/trace")" \
	'^# [1-9][0-9]{3,} calls did not pass'

lx 30 touch /tmp/end
wait "$bystander"
is 'a bystander came to no harm' "$?" 0 || diag "$(cat "$work/bystander")"
clean_log
ok 'the service can be stopped' stop

done_testing
