#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Images and parameters that make no sense: an error that says so, and the next
# good start is a good one.

. "$(dirname "$0")/lib.sh"

instance bad
trap 'instance_end; at_exit' EXIT
instance_prefix
mini_disk
cmdline='root=/dev/ntblk0 rw wsl4.wait panic=0'
key='HKLM\System\CurrentControlSet\Services\linux\Parameters'

# What comes next is counted from here.
fresh_log()
{
	rm -f "$log"
}

# refused TEXT REGEX: the start fails, and the log says why
refused()
{
	fresh_log
	wineserver -p >/dev/null 2>&1
	sc start
	ok "refused: $1" test "$status" != 0
	ok "the log says why: $1" log_has "$2" 5 || diag "$(cat "$log")"
	is "not running: $1" "$(service_state)" STOPPED
}

# dies TEXT REGEX STATUS: it starts, but Linux panics, and is told to wsl4
dies()
{
	fresh_log
	wineserver -p >/dev/null 2>&1
	sc start
	is "it starts: $1" "$status" 0 || diag "$out $err"
	ok "the log says why: $1" log_has "$2" 30 || diag "$(tail -n 40 "$log")"
	within 20 not_running
	run 20 "$top/wsl4" true
	is "wsl4's exit status: $1" "$status" "$3"
	like "wsl4's sentence: $1" "$err" '^wsl4: .{20,}'
	[ "$(service_state)" = STOPPED ] || ok "it can be stopped: $1" stop
}

not_running()
{
	! linux_answers
}

reg_add()
{
	run 30 wine reg add "$key" /v "$1" /t "$2" /d "$3" /f
	[ "$status" = 0 ] || bail "reg add $*: $out $err"
	# scripts/prefix must not take its parameters for set.
	rm -f "$WINEPREFIX/parameters.reg"
}

# Images
parameters -d "$dir/missing.img" -c "$cmdline" -m 128
refused 'a missing image' 'missing\.img'
: >"$dir/empty.img"
parameters -d "$dir/empty.img" -c "$cmdline" -m 128
refused 'an empty image' 'empty\.img'
mkdir -p "$dir/directory.img"
parameters -d "$dir/directory.img" -c "$cmdline" -m 128
refused 'a directory' 'directory\.img'
parameters -d "$disk" -d "$disk" -c "$cmdline" -m 128
refused 'the same image twice' 'in use'
head -c 1000 "$disk" >"$dir/odd.img"
parameters -d "$dir/odd.img" -c "$cmdline" -m 128
refused 'half a sector' 'odd\.img'
head -c 1048576 "$disk" >"$dir/short.img"
parameters -d "$dir/short.img" -c "$cmdline" -m 128
dies 'a truncated image' 'bad geometry|Kernel panic|VFS: (Cannot|Unable)' 121
head -c 8388608 /dev/urandom >"$dir/noise.img"
parameters -d "$dir/noise.img" -c "$cmdline" -m 128
dies 'an image of noise' 'VFS: (Cannot|Unable)' 121
truncate -s 64M "$dir/blank.img"
mke2fs -q -F -t ext4 "$dir/blank.img"
parameters -d "$dir/blank.img" -c "$cmdline" -m 128
dies 'an image without init' 'No working init|init not found' 121
parameters -d "$disk" -c 'root=/dev/nonsense rw panic=0' -m 128
dies 'another root than there is' 'VFS: (Cannot|Unable)' 121
parameters -d "$disk" -c 'root=/dev/ntblk0 rw panic=0 init=/bin/nonsense' -m 128
dies 'another init than there is' 'init' 121

# Memory
for memory in 0 1 63; do
	parameters -d "$disk" -c "$cmdline" -m "$memory"
	refused "$memory MB of memory" MemoryMB
done
parameters -d "$disk" -c "$cmdline" -m 64
fresh_log
sc start
ok '64 MB of memory: they are enough, or that is told' \
	log_has 'mini: waiting|Linux has panicked: .*memory' 60 ||
	diag "$(tail -n 40 "$log")"
stop
parameters -d "$disk" -c "$cmdline" -m 4294967295
refused 'four million GB of memory' MemoryMB
host=$(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
parameters -d "$disk" -c "$cmdline" -m "$((host + 1))"
refused "1 MB more than the host's memory" 'cannot run here: more memory than the host has'
parameters -d "$disk" -c "$cmdline" -m "$((host * 64))"
refused "64 times the host's memory" 'cannot run here: .*(memory|MemoryMB)'

# The registry
parameters -d "$disk" -c "$cmdline" -m 128
reg_add MemoryMB REG_SZ plenty
refused 'memory that is no number' MemoryMB
parameters -d "$disk" -c "$cmdline" -m 128
reg_add Disks REG_DWORD 7
refused 'disks of another type' Disks
reg_add Disks REG_MULTI_SZ "$(printf 'C:\\\\%s\\0' {1..17})"
refused 'seventeen disks' 'Disks has more than 16'
reg_add Disks REG_MULTI_SZ 'no path at all'
refused 'a disk that is no path' Disks
parameters -d "$disk" -c "$cmdline" -m 128
reg_add CommandLine REG_SZ "$(printf 'x%.0s' {1..3000})"
refused 'a command line of 3000 bytes' CommandLine
reg_add CommandLine REG_BINARY 00010203
refused 'a command line of another type' CommandLine
parameters -d "$disk" -c "$cmdline$(printf '\001')" -m 128
refused 'a command line with control characters' CommandLine
parameters -d "$disk" -c "$cmdline ä \"%s%n\" \\ ' ''" -m 128
fresh_log
ok 'an odd command line is Linux'\''s business' start ||
	diag "$out $err $(cat "$log")"
within 30 linux_answers
stop
parameters -d "$disk" -c "$cmdline" -m 128
reg_add LogFile REG_DWORD 7
sc start
ok 'a log of another type' test "$status" != 0
reg_add LogFile REG_SZ nonsense
sc start
ok 'a log that is no path' test "$status" != 0
parameters -d "$disk" -c "$cmdline" -m 128 -l /nonexistent/dir/linux.log
sc start
ok 'a log that cannot be made' test "$status" != 0

# After all that
fresh_log
ok 'a good start is a good one' start -d "$disk" -c "$cmdline" -m 128
ok 'Linux is up' within 60 linux_answers
lx 20 echo fine
is 'and runs programs' "$status $out" '0 fine'
stop

done_testing
