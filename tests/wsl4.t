#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# wsl4: bytes, streams, statuses, users, directories, errors.

. "$(dirname "$0")/lib.sh"

instance main
linux_up

# Statuses
for n in 0 1 2 77 126 127 128 255; do
	lx 20 sh -c "exit $n"
	is "exit status $n" "$status" "$n"
done
for signal in 1 2 6 9 11 15; do
	lx 20 sh -c "ulimit -c 0; kill -$signal \$\$"
	is "signal $signal is status $((128 + signal))" "$status" $((128 + signal))
done

# Streams: separate, and exact
lx 20 sh -c 'echo out; echo err >&2; printf end'
is 'standard output' "$(tr '\n' '|' <"$work/out")" 'out|end'
is 'standard error' "$err" err
head -c 10000003 /dev/urandom >"$work/random"
sum=$(md5sum <"$work/random")
stdin=$work/random lx 60 md5sum
is 'ten million random bytes in' "$out" "$sum"
stdin=$work/random lx 60 cat
is 'and back out' "$(md5sum <"$work/out")" "$sum"
stdin=$work/random lx 60 sh -c 'cat >&2'
is 'and by standard error' "$(md5sum <"$work/err")" "$sum"
lx 60 sh -c 'head -c 3000001 /dev/urandom | tee /tmp/r; md5sum </tmp/r >&2'
is 'random bytes from Linux' "$(md5sum <"$work/out")" "$err"
printf 'a\r\nb\n\0\032c\377' >"$work/odd"
stdin=$work/odd lx 20 cat
ok 'no byte is special' cmp "$work/odd" "$work/out"
lx 20 cat
is 'an empty input has an end' "$status-$out" '0-'
stdin=$work/random lx 20 true
good 'a program that does not read its input'
stdin=$work/random lx 20 head -c 5
is 'or not all of it' "$status $(wc -c <"$work/out")" '0 5'
timeout 20 "$top/wsl4" sh -c 'yes 2>/dev/null' </dev/null 2>"$work/err" |
	head -c 100000 >"$work/out"
is 'a reader that goes away ends the writer' "${PIPESTATUS[0]}-$(wc -c <"$work/out")" \
	"$((128 + 13))-100000"
mkdir "$work/tree"
(cd "$top" && tar c docs tests rootfs 2>/dev/null) | tee "$work/in.tar" |
	timeout 60 "$top/wsl4" sh -c 'rm -rf /tmp/t; mkdir /tmp/t; tar x -C /tmp/t'
timeout 60 "$top/wsl4" tar c -C /tmp/t . </dev/null | tar x -C "$work/tree"
ok 'tar there and back' diff -r "$top/rootfs" "$work/tree/rootfs"

# Arguments
lx 20 printf '<%s>' '' 'a b' "it's" '"q"' '\' 'a\\"b' '$HOME' '*' 'ä€😀' $'n\nl'
is 'arguments arrive as they are' "$out" \
	"<><a b><it's><\"q\"><\\><a\\\\\"b><\$HOME><*><ä€😀><n"$'\n'"l>"
lx 20 -e echo -n -x
is '-e' "$out" -x
lx 20 -- echo --status
is '--' "$out" --status
long=$(printf 'x%.0s' {1..20000})
lx 20 printf %s "$long"
is 'a long argument' "$out" "$long"

# Users and directories
lx 20 id -un
is 'the user is root' "$out" root
lx 20 -u user id -un
is '-u' "$out" user
lx 20 -u user sh -c 'echo $HOME; pwd; echo $USER'
is 'with its home' "${out//$'\n'/ }" '/home/user /home/user user'
lx 20 --cd /usr/lib pwd
is '--cd' "$out" /usr/lib
lx 20 -u user --cd /tmp pwd
is 'both' "$out" /tmp
lx 20 -u user sh -c 'loginctl --no-legend list-sessions; cat /proc/self/cgroup'
like 'a session of its own in logind' "$out" ' user '
like 'and in its own cgroup' "$out" 'session-.*\.scope'

# Errors: a sentence and a status of its own each
error()
{
	local text=$1 wanted=$2

	shift 2
	lx 30 "$@"
	is "$text: status" "$status" "$wanted"
	like "$text: a sentence" "$err" '^wsl4: .{10,}'
	is "$text: no output" "$out" ''
}

error 'no such program' 127 /no/such/program
error 'no such command' 127 no-such-command
error 'not executable' 126 /etc/passwd
error 'a directory is not executable' 126 /etc
error 'no such user' 125 -u nobody-here id
error 'no such directory' 124 --cd /no/such id
error 'a file is no directory' 124 --cd /etc/passwd id
error 'an unknown option' 118 --nonsense
error 'an option without its value' 118 -u
printf 'not a program' >"$work/x"
stdin=$work/x lx 20 sh -c 'cat >/tmp/noexec; chmod 755 /tmp/noexec'
error 'an unknown format' 126 /tmp/noexec
run 20 "$top/wsl4" --help
is '--help' "$status" 0
like '--help says something' "$out" '^Usage: wsl4'
like '--help names everything' "$(echo $out)" \
	'--cd.*--status.*--shutdown.*--dmesg.*--help.*--version'
run 20 "$top/wsl4" --version
is '--version' "$status" 0
run 20 "$top/wsl4" --status
good '--status: status'
like '--status' "$out" '^State: +running'
like '--status: the kernel' "$out" '^Kernel: +Linux 6\.'
run 20 "$top/wsl4" --dmesg
good '--dmesg: status'
like '--dmesg' "$out" 'Linux version 6\.'
timeout 60 "$top/wsl4" --dmesg -w </dev/null >"$work/dmesg" 2>&1 &
pid=$!
ok '--dmesg -w: what was' within 20 grep -q 'Linux version' "$work/dmesg"
lx 20 sh -c 'echo news from wsl4.t >/dev/kmsg'
ok '--dmesg -w: and what comes' within 20 grep -q 'news from wsl4.t' "$work/dmesg"
ok '--dmesg -w goes on' kill "$pid"
wait "$pid" 2>/dev/null

# Login shells
printf '%s\n' 'shopt -q login_shell && echo login' 'echo $0' 'exit 5' >"$work/shell"
stdin=$work/shell lx 30
is 'without a command: a login shell' "$status $(echo $out)" '5 login -bash'
printf '%s\n' 'shopt -q login_shell && echo login' 'id -un' 'pwd' >"$work/shell"
stdin=$work/shell lx 30 -u user
is 'a login shell of a user' "$status $(echo $out)" '0 login user /home/user'
stdin=$work/shell lx 30 -u user --cd /usr
is 'a login shell elsewhere' "$status $(echo $out)" '0 login user /usr'

# The Windows program itself: a pipe, a file
stdin=$work/odd run 30 wine "$BUILD/wsl4.exe" sh -c 'cat; echo err >&2; exit 9'
is 'wsl4.exe: the status' "$status" 9
ok 'wsl4.exe: the bytes' cmp "$work/odd" "$work/out"
is 'wsl4.exe: standard error' "$err" err
run 30 wine "$BUILD/wsl4.exe" no-such-command
is 'wsl4.exe: an error has its status' "$status" 127
like 'wsl4.exe: and its sentence' "$err" '^wsl4: There is no program'

# Several at once, each with its own
for n in 1 2 3 4 5 6 7 8; do
	(
		timeout 60 "$top/wsl4" sh -c "sleep 1; md5sum; exit $n" \
			<"$work/random" >"$work/many.$n" 2>&1
		echo "$?" >>"$work/many.$n"
	) &
done
wait
many=$(cat "$work"/many.* | sort | uniq -c | sort -rn | tr -s ' ' | head -n 1)
is 'eight at once: the bytes' "$many" "$(tr -s ' ' <<<" 8 $sum")"
is 'eight at once: the statuses' \
	"$(for n in 1 2 3 4 5 6 7 8; do tail -n 1 "$work/many.$n"; done | tr -d '\n')" \
	12345678

# Killed on this side, it ends on that one.
timeout 60 "$top/wsl4" sleep 4321 </dev/null >/dev/null 2>&1 &
pid=$!
within 20 sh -c "'$top/wsl4' pgrep -f 'sleep 4321' >/dev/null </dev/null"
kill "$pid"
wait "$pid" 2>/dev/null
gone()
{
	lx 20 pgrep -fx 'sleep 4321'
	[ "$status" = 1 ]
}
ok 'a wsl4 that is killed hangs its program up' within 20 gone

# In whatever order the two sides end.
for n in $(seq 50); do
	timeout 20 "$top/wsl4" sh -c 'sleep 4322 </dev/null >/dev/null 2>&1 &' </dev/null || break
done
lx 20 pgrep -cfx 'sleep 4322'
is 'what a program leaves in the background lives on' "$out" 50
lx 20 pkill -fx 'sleep 4322'

# Many in a row leave nothing behind.
lx 20 sh -c 'ps -e | wc -l; ls /dev/pts | wc -l'
before=$(echo $out)
for n in $(seq 50); do
	timeout 20 "$top/wsl4" true </dev/null || break
done
is 'fifty in a row' "$n" 50
sleep 1
lx 20 sh -c 'ps -e | wc -l; ls /dev/pts | wc -l'
after=$(echo $out)
ok "nothing is left behind ($before, $after)" awk -v "b=$before" -v "a=$after" \
	'BEGIN { split(b, x); split(a, y); exit !(y[1] - x[1] < 6 && y[2] <= x[2]) }'

done_testing
