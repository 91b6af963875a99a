#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make run: the first time, the second time, statuses, a shell.

. "$(dirname "$0")/lib.sh"

instance run
trap 'instance_end; at_exit' EXIT
instance_end
debian_disk
# The image as rootfs/build would have left it.
cp "$BUILD/tests/debian.ext4.stamp" "$disk.stamp"
parameters -m 1024 -d "$disk"

# make_run SECONDS COMMAND
make_run()
{
	run "$1" env ROOTFS="$disk" make -C "$top" --no-print-directory \
		BUILD="$BUILD" run CMD="$2"
}

make_run 600 'cat /etc/os-release; uname -a; perl -v; python3 -c "print(2**100)"'
good 'the first time'
like 'Debian' "$out" '^VERSION_ID="12"'
like 'the kernel' "$out" '^Linux linux 6\..*-wsl4 .* x86_64'
like 'perl' "$out" 'This is perl 5'
like 'python3' "$out" '^1267650600228229401496703205376$'
like 'it tells what it does' "$err" 'starting Linux'

lx 20 cat /proc/sys/kernel/random/boot_id
id=$out
driver=$(stat -c %y "$BUILD/linux.sys")
make_run 300 'cat /proc/sys/kernel/random/boot_id'
is 'the second time: the same Linux, and its output alone' "$status $out" "0 $id"
is 'and nothing was built' "$(stat -c %y "$BUILD/linux.sys")" "$driver"
make_run 300 'exit 7'
ok 'a command that fails' test "$status" != 0
like 'with its status' "$err" 'Error 7'
make_run 300 'printf "<%s>" "a  b" '\''$HOME'\'' "it'\''s" | tr a-z A-Z; echo err >&2'
is 'a command is a shell'\''s' "$status $out" "0 <A  B><\$HOME><IT'S>"
like 'standard error is separate' "$err" '^err$'

printf '%s\n' 'shopt -q login_shell && echo login' 'hostname' 'exit 5' >"$work/shell"
stdin=$work/shell make_run 300 ''
like 'without a command: a login shell' "$out" '^login$'
like 'in Linux' "$out" '^linux$'
like 'which has a status, too' "$err" 'Error 5'

# Through a pipe, which ends only when nobody holds it open.
stop
run 300 bash -c "ROOTFS='$disk' make -C '$top' --no-print-directory BUILD='$BUILD' \
	run CMD='cat /proc/sys/kernel/random/boot_id' 2>/dev/null | cat"
ok 'after a stop it starts again, and nobody holds its output' \
	test "$status" = 0 -a "$out" != "$id" -a -n "$out"

# Linux as it is after a panic
lx 20 sh -c 'echo c >/proc/sysrq-trigger'
make_run 300 'echo fine'
is 'after a panic, too' "$status $out" '0 fine'

done_testing
