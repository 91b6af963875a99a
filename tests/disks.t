#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Disks and volumes of Windows's in Linux: what they are, and one writer for each byte.
# A driver of the tests' own (tests/disks/fakedisk.c) has the disks.

. "$(dirname "$0")/lib.sh"

instance disks
trap 'instance_end; at_exit' EXIT

fake=$dir/fakedisk.sys
mkdir -p "$dir"
"$top/tests/windows-driver" "$fake" "$top/tests/disks/fakedisk.c" ||
	bail 'fakedisk.sys was not built'
winio=$work/winio.exe
windows_program "$winio" "$top/tests/export/winio.c"
linux_up
run 60 wine sc create fakedisk type= kernel start= demand binPath= "Z:${fake//\//\\}"
run 60 wine sc start fakedisk
[ "$status" = 0 ] || bail "fakedisk.sys was not started: $out $err"

# counts DISK: flushed, locked, dismounted
counts()
{
	run 60 wine "$winio" ask "$1" 0x72404
	tr -d '\r' <<<"$out"
}

attached()
{
	lx 30 sh -c 'ls -d /sys/block/ntblk* | wc -l'
	echo "${out:-status $status: $err}"
}

# refused TEXT REGEX WORDS...
refused()
{
	local text=$1 regex=$2 before after

	shift 2
	before=$(attached)
	lx 60 --mount "$@"
	is "refused: $text" "$status" 119 || diag "$out $err"
	like "it says why: $text" "$err" "^wsl4: .*$regex"
	after=$(attached)
	is "nothing is left: $text" "$after" "$before"
}

disk_file=$disk

# --- a whole disk

disk='\\.\PhysicalDrive7'
lx 60 --mount "$disk" --bare
is 'a disk' "$out" /dev/ntblk1 || diag "$err"
lx 30 sh -c 'blockdev --getsize64 --getss --getpbsz --getro /dev/ntblk1 | tr "\n" " "
	cat /sys/block/ntblk1/model /sys/block/ntblk1/serial'
is 'its size, sectors, mode and names' "$out" "$((32 << 20)) 512 4096 0 Fake disk
SN7"
lx 30 readlink -f /dev/disk/by-id/ntblk-Fake_disk_SN7
is 'udev'\''s link by them' "$out" /dev/ntblk1
lx 60 sh -c 'mkfs.ext4 -q /dev/ntblk1 && mkdir -p /mnt/d && mount /dev/ntblk1 /mnt/d &&
	head -c 4M /dev/urandom >/mnt/d/blob && md5sum /mnt/d/blob >/tmp/sum && sync -f /mnt/d &&
	umount /mnt/d && mount /dev/ntblk1 /mnt/d && md5sum --quiet -c /tmp/sum'
good 'a file system on it'
lx 60 --mount "$disk" --bare
is 'the same disk again is the same device' "$status $out" '0 /dev/ntblk1'
like 'and wsl4 says so' "$err" 'was attached already'
lx 60 umount /mnt/d
like 'flushes reach it' "$(counts "$disk")" '^[1-9][0-9]* 0 0$'
lx 60 --unmount "$disk"
good 'it is detached'
is 'and gone' "$(attached)" 1
lx 60 --mount '\\.\physicaldrive7' --options ro
good 'mounted again, to be read only'
lx 60 sh -c 'cat /sys/block/ntblk1/ro; touch /mnt/wsl4/physicaldrive7/x'
is 'and it is' "$out" 1
lx 60 --unmount /dev/ntblk1
good 'it is detached by the name of the device'

# --- a disk that Windows has partitions on

refused 'a disk with partitions of Windows'\''s' 'has partitions: name one' \
	'\\.\PhysicalDrive8' --bare
lx 60 --mount '\\.\PhysicalDrive8' --bare --options ro
is 'to be read it is attached' "$out" /dev/ntblk1 || diag "$err"
lx 60 --unmount '\\.\PhysicalDrive8'
good 'and detached'
lx 60 --mount '\\.\PhysicalDrive8' --partition 1 --bare
is 'one of its partitions' "$out" /dev/ntblk1 || diag "$err"
lx 30 sh -c 'blockdev --getsize64 /dev/ntblk1; cat /sys/block/ntblk1/nt_path'
is 'that and nothing else' "$out" "$((16 << 20))
\\??\\Harddisk8Partition1"
# Wine answers FSCTL_LOCK_VOLUME itself.
is 'it was dismounted' "$(counts '\\.\Harddisk8Partition1')" '0 0 1'
lx 60 sh -c 'mkfs.ext4 -q /dev/ntblk1 && mount /dev/ntblk1 /mnt/d && cp /bin/ls /mnt/d && umount /mnt/d && e2fsck -fn /dev/ntblk1'
good 'it is used'
refused 'a partition that is not there' 'there is no such' '\\.\PhysicalDrive8' --partition 3
lx 60 --unmount '\\.\PhysicalDrive8'
good 'it is detached by the name of its disk'

# --- one writer for each byte, whatever name it has

volume='\\?\Volume{00000000-0000-0000-0000-000000000081}'
lx 60 --mount '\\.\PhysicalDrive8' --partition 1 --bare
is 'a partition' "$out" /dev/ntblk1 || diag "$err"
refused 'another name for it' 'in use already' "$volume" --bare
refused 'that, to be read' 'in use already' "$volume" --bare --options ro
refused 'the disk that it is on, to be read' 'in use already' '\\.\PhysicalDrive8' \
	--bare --options ro
lx 60 --mount '\\.\PhysicalDrive8' --partition 2 --bare
is 'another one beside it' "$out" /dev/ntblk2 || diag "$err"
lx 60 --unmount
good 'they are detached'
lx 60 --mount '\\.\PhysicalDrive8' --bare --options ro
is 'a disk to be read' "$out" /dev/ntblk1 || diag "$err"
refused 'to write to a partition of it' 'in use already' '\\.\PhysicalDrive8' \
	--partition 2 --bare
lx 60 --unmount
good 'it is detached'
lx 60 --mount "$volume" --bare
is 'a volume by its own name' "$out" /dev/ntblk1 || diag "$err"
refused 'its partition' 'in use already' '\\.\Harddisk8Partition1' --bare
lx 60 --unmount
good 'it is detached'

# --- what is Windows's own

refused 'the volume that Windows is on' 'Windows itself' '\\.\C:' --bare
setup='HKLM\System\Setup'
run 60 wine reg add "$setup" /v SystemPartition /d '\??\Harddisk8Partition1' /f
refused 'what Windows is booted from' 'Windows itself' "$volume" --bare
refused 'that by another name' 'Windows itself' '\\.\Harddisk8Partition1' --bare
lx 60 --mount "$volume" --bare --options ro
is 'it can be read' "$out" /dev/ntblk1 || diag "$err"
lx 60 --mount '\\.\PhysicalDrive8' --partition 2 --bare
is 'and the one beside it written to' "$out" /dev/ntblk2 || diag "$err"
lx 60 --unmount
good 'they are detached'
run 60 wine reg delete "$setup" /v SystemPartition /f
crash='HKLM\System\CurrentControlSet\Control\CrashControl'
run 60 wine reg add "$crash" /v DedicatedDumpFile /f \
	/d '\??\Volume{00000000-0000-0000-0000-000000000081}\dump.sys'
refused 'where dumps go' 'dump file' '\\.\Harddisk8Partition1' --bare
run 60 wine reg delete "$crash" /v DedicatedDumpFile /f

# --- disks without volumes of Windows's

lx 60 --mount '\\.\PhysicalDrive5' --bare
is 'one that Windows has offline, in spite of its partitions' "$out" /dev/ntblk1 || diag "$err"
lx 60 --mount '\\.\PhysicalDrive6' --bare
is 'one with an empty table of partitions' "$out" /dev/ntblk2 || diag "$err"
lx 60 sh -c 'for n in 1 2; do
	echo data$n | dd of=/dev/ntblk$n bs=512 conv=sync oflag=direct status=none &&
	dd if=/dev/ntblk$n bs=512 count=1 iflag=direct status=none | head -c 5
done'
is 'both are written to' "$out" data1data2 || diag "$err"
lx 60 sh -c 'cat /sys/block/ntblk[12]/queue/discard_max_bytes | tr "\n" " "
	echo keep | dd of=/dev/ntblk1 bs=4096 seek=3 conv=sync oflag=direct status=none
	blkdiscard -o 4096 -l 8192 /dev/ntblk1 && blkdiscard -z -o 16384 -l 4096 /dev/ntblk1
	for at in 0 4096 12287 12288 16384; do
		dd if=/dev/ntblk1 bs=1 skip=$at count=1 status=none | od -An -tx1
	done | tr -d "\n"'
like 'one that trims is trimmed, and nothing else of it' "$out" \
	'^[1-9][0-9]+ 0  64 ee ee 6b 00$' || diag "$err"
lx 60 --unmount
good 'they are detached'
refused 'a volume in too many places' 'more places' \
	'\\?\Volume{00000000-0000-0000-0000-000000000061}' --bare

# --- large sectors, write-protected

refused 'a write-protected disk' 'is write-protected' '\\.\PhysicalDrive9' --bare
lx 60 --mount '\\.\PhysicalDrive9' --bare --options ro
is 'to be read it is attached' "$out" /dev/ntblk1 || diag "$err"
lx 30 sh -c 'blockdev --getss --getpbsz --getro /dev/ntblk1 | tr "\n" " "; cat /sys/block/ntblk1/serial
	dd if=/dev/ntblk1 bs=4096 count=16 iflag=direct status=none | wc -c'
is 'its sectors, mode, and number' "$out" '4096 4096 1 SN 9
65536'
lx 60 --unmount
good 'it is detached'
refused 'a disk that is not there' 'there is no such' '\\.\PhysicalDrive4'

# --- it vanishes

lx 60 --mount "$disk" --bare
is 'a disk' "$out" /dev/ntblk1 || diag "$err"
run 60 wine "$winio" ask "$disk" 0x72400
lx 60 dd if=/dev/ntblk1 of=/dev/null bs=4k count=1 iflag=direct
ok 'that vanishes gives errors' test "$status" = 1
lx 60 sh -c 'dd if=/dev/zero of=/dev/ntblk1 bs=4k count=1 oflag=direct'
ok 'in both directions' test "$status" = 1
lx 60 --unmount /dev/ntblk1
good 'and can be detached'
is 'none is left' "$(attached)" 1
clean_log

# --- a disk of the service's parameters

key='HKLM\System\CurrentControlSet\Services\linux\Parameters'
ok 'Linux is stopped' stop
run 60 wine reg add "$key" /v Disks /t REG_MULTI_SZ /f \
	/d "Z:${disk_file//\//\\}\0\\\\.\PhysicalDrive6"
rm -f "$WINEPREFIX/parameters.reg"
sc start
good 'and started'
within 180 linux_answers
lx 60 cat /sys/block/ntblk1/nt_path /sys/block/ntblk1/serial
is 'with a disk of Windows'\''s from the beginning' "$out" '\??\PhysicalDrive6
SN6'

done_testing
