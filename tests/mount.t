#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# wsl4 --mount, --unmount and --list: image files as disks of Linux while it runs,
# what they refuse, and that nothing is lost.

. "$(dirname "$0")/lib.sh"

instance main
linux_up

image=$work/disk.img

# image NAME MiB: a dense file
image()
{
	head -c "$2M" /dev/zero >"$work/$1"
}

attached()
{
	lx 30 sh -c 'ls -d /sys/block/ntblk* | wc -l'
	echo "${out:-status $status: $err}"
}

# refused TEXT STATUS REGEX WORDS...: wsl4 WORDS fails, says why, and leaves nothing
refused()
{
	local text=$1 wanted=$2 regex=$3 before after

	shift 3
	before=$(attached)
	lx 60 "$@"
	is "refused: $text" "$status" "$wanted" || diag "$out $err"
	like "it says why: $text" "$err" "^wsl4: .*$regex"
	after=$(attached)
	is "nothing is left: $text" "$after" "$before"
}

mounted()
{
	lx 30 sh -c "mountpoint -q '$1' && echo mounted"
	echo "$out"
}

# --- a whole disk

image disk.img 64
mke2fs -q -t ext4 -L whole "$image" || bail 'no file system was made'
lx 60 --mount "$image"
good 'an image is mounted'
like 'wsl4 says where' "$out" '^/dev/ntblk1 is mounted on /mnt/wsl4/disk\.img'
lx 30 sh -c 'findmnt -no FSTYPE,SOURCE /mnt/wsl4/disk.img'
like 'with what is on it' "$out" '^ext4 +/dev/ntblk1$'
lx 30 sh -c 'blockdev --getsize64 --getss --getro /dev/ntblk1 | tr "\n" " "'
is 'size, sectors and mode' "$out" "$((64 << 20)) 512 0 "
lx 60 sh -c 'cd /mnt/wsl4/disk.img && head -c 20M /dev/urandom >blob && md5sum blob >sum'
good 'it is written to'
lx 30 readlink -f /dev/disk/by-label/whole
is 'udev knows it' "$out" /dev/ntblk1
lx 30 --list
good 'wsl4 --list'
like 'the list has Linux'\''s own disk' "$out" '^/dev/ntblk0 +[0-9]+ +rw +.*root\.ext4'
like 'and this one' "$out" '^/dev/ntblk1 +64 +rw +.*disk\.img'

refused 'the same disk again' 119 'is in use already' --mount "$image"
is 'the first stays mounted' "$(mounted /mnt/wsl4/disk.img)" mounted
lx 60 sh -c 'cd /mnt/wsl4/disk.img && exec sleep 60' &
within 20 sh -c "'$top/wsl4' pgrep -x sleep >/dev/null </dev/null"
refused 'a busy disk to be detached' 116 'is in use' --unmount "$image"
lx 30 pkill -x sleep
wait
lx 60 --unmount "$image"
good 'wsl4 --unmount'
lx 30 sh -c 'ls -d /sys/block/ntblk1 /dev/ntblk1 /mnt/wsl4/disk.img 2>/dev/null'
is 'the device and the folder are gone' "$out" ''
ok 'Windows has closed the file' sh -c "! ls -l /proc/[0-9]*/fd 2>/dev/null | grep -qF '$image'"
e2fsck -fn "$image" >"$work/fsck" 2>&1
is 'the file system is clean' "$?" 0 || diag "$(cat "$work/fsck")"
debugfs -R 'dump blob '"$work/blob" "$image" 2>/dev/null
debugfs -R 'cat sum' "$image" 2>/dev/null >"$work/sum"
(cd "$work" && md5sum -c sum >/dev/null 2>&1)
is 'and has what was written' "$?" 0
refused 'one that is not attached' 119 'is not attached' --unmount "$image"

# --- mounted again: name, type, options, read-only

lx 60 --mount "$image" --name again --type ext4 --options noatime,nodev
good 'name, type and options'
lx 30 findmnt -no OPTIONS /mnt/wsl4/again
like 'mount got the options' "$out" 'nodev.*noatime'
lx 30 sh -c 'cd /mnt/wsl4/again && md5sum -c sum'
good 'what was written is there'
lx 60 --unmount /dev/ntblk1
good 'unmounted by the name of the device'
chmod 444 "$image"
lx 60 --mount "$image" --options ro
good 'read-only'
lx 30 sh -c 'touch /mnt/wsl4/disk.img/x'
ok 'cannot be written to' test "$status" != 0
lx 30 cat /sys/block/ntblk1/ro
is 'nor can the device' "$out" 1
lx 60 --unmount
good 'all are unmounted'
is 'but Linux'\''s own' "$(attached)" 1
chmod 644 "$image"

# --- partitions

image parts.img 64
printf 'label: gpt\nsize=20M\nsize=20M\n' | sfdisk -q "$work/parts.img" ||
	bail 'no partitions were made'
lx 60 --mount "$work/parts.img" --bare
is 'only attached: the device' "$out" /dev/ntblk1 || diag "$err"
lx 30 sh -c 'ls /dev/ntblk1p*; mke2fs -q -L two /dev/ntblk1p2; mkfs.xfs -q -f /dev/ntblk1p1 2>/dev/null; true'
is 'its partitions' "$out" '/dev/ntblk1p1
/dev/ntblk1p2'
lx 60 --mount "$work/parts.img" --partition 2
good 'a partition is mounted'
like 'wsl4 says where that is' "$out" '^/dev/ntblk1p2 is mounted on /mnt/wsl4/parts\.imgp2'
lx 60 --mount "$work/parts.img" --partition 3
is 'a partition that is not there' "$status" 119
like 'wsl4 says so' "$err" '^wsl4: .*has no partition 3'
is 'the other stays mounted' "$(mounted /mnt/wsl4/parts.imgp2)" mounted
lx 60 --unmount "$work/parts.img"
good 'the whole disk is unmounted'

# --- what is no disk

refused 'no such file' 119 'there is no such file' --mount "$work/missing.img"
refused 'a directory' 119 'directory|cannot be opened' --mount "$work"
: >"$work/empty.img"
refused 'an empty file' 119 'it is empty' --mount "$work/empty.img"
head -c 100000 /dev/zero >"$work/odd.img"
refused 'a truncated file' 119 'no multiple of 512' --mount "$work/odd.img"
image vhdx.img 4
printf vhdxfile | dd of="$work/vhdx.img" conv=notrunc status=none
refused 'a VHDX' 119 'it is a VHDX' --mount "$work/vhdx.img"

# vhd NAME TYPE [SIZE]: a footer behind 4 MiB; SIZE: what it says of that
vhd()
{
	python3 -c '
import struct, sys
name, kind, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
foot = struct.pack(">8sIIQI4sI4sQQIII16sB", b"conectix", 2, 0x10000, 2**64 - 1, 0,
                   b"test", 0, b"Wi2k", size, size, 0, kind, 0, bytes(range(1, 17)), 0)
foot = foot.ljust(512, b"\0")
total = ~sum(foot) & 0xffffffff
foot = foot[:64] + struct.pack(">I", total) + foot[68:]
open(name, "wb").write(bytes(4 << 20) + foot)' "$work/$1" "$2" "${3:-$((4 << 20))}"
}

vhd disk.vhd 2
lx 60 --mount "$work/disk.vhd" --bare
is 'a fixed VHD is a disk' "$out" /dev/ntblk1 || diag "$err"
lx 60 sh -c 'blockdev --getsize64 /dev/ntblk1; cat /sys/block/ntblk1/serial; mke2fs -q /dev/ntblk1'
is 'without its footer, with its number' "$out" "$((4 << 20))
0102030405060708"
lx 60 --unmount "$work/disk.vhd"
good 'it is detached'
is 'the footer is as it was' "$(tail -c 512 "$work/disk.vhd" | head -c 8)" conectix
vhd dynamic.vhd 3
refused 'a dynamic VHD' 119 'it is a dynamic VHD' --mount "$work/dynamic.vhd"
vhd short.vhd 2 $((8 << 20))
refused 'a truncated VHD' 119 'of another size' --mount "$work/short.vhd"
vhd bad.vhd 2
printf x | dd of="$work/bad.vhd" bs=1 seek=$(((4 << 20) + 100)) conv=notrunc status=none
refused 'a VHD with a damaged footer' 119 'footer is damaged' --mount "$work/bad.vhd"
image nothing.img 4
refused 'no file system' 119 'is not mounted' --mount "$work/nothing.img"
python3 -c '
import fcntl, sys, time
file = open(sys.argv[1], "r+b")
fcntl.lockf(file, fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(60)' "$image" >"$work/locked" &
locker=$!
within 20 grep -q locked "$work/locked"
refused 'a file that somebody else uses' 119 'is in use' --mount "$image"
kill "$locker"
wait "$locker" 2>/dev/null
refused 'a partition that is no number' 118 'needs a number' --mount "$image" \
	--partition one
refused 'a name with a slash' 118 'without /' --mount "$image" --name a/b
refused 'no disk' 118 'needs the path' --mount
refused 'an option of --mount alone' 118 'goes with --mount' --unmount --bare

# --- a disk that vanishes: errors, no hang, and Linux goes on

image gone.img 16
lx 60 --mount "$work/gone.img" --bare
good 'a disk that will be truncated'
: >"$work/gone.img"
lx 60 dd if=/dev/ntblk1 of=/dev/null bs=64k count=1 iflag=direct
ok 'reading it is an error' test "$status" = 1
like 'of I/O' "$err" 'Input/output error'
lx 60 --unmount "$work/gone.img"
good 'it can be detached'

# --- many, and many times

for i in $(seq 2 9); do
	image "many$i.img" 4
	lx 60 --mount "$work/many$i.img" --bare
	[ "$status" = 0 ] || diag "$i: $err"
done
is 'nine disks' "$(attached)" 9
lx 60 --unmount
good 'all are detached'
is 'and gone' "$(attached)" 1
for i in $(seq 20); do
	lx 60 --mount "$image" && [ "$status" = 0 ] || break
	lx 60 --unmount "$image" && [ "$status" = 0 ] || break
done
is 'twenty times attached and detached' "$status $i" '0 20' || diag "$err"

clean_log

done_testing
