#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Linux's block devices as disks of Windows's: a logical volume on a Windows file,
# exported back, used by Windows programs; refusals, and that nothing is lost.

. "$(dirname "$0")/lib.sh"

instance main
linux_up

winio=$work/winio.exe
windows_program "$winio" "$top/tests/export/winio.c"

# win SECONDS WORDS...: the Windows program
win()
{
	local limit=$1

	shift
	run "$limit" wine "$winio" "$@"
	out=$(tr -d '\r' <<<"$out")
}

# refused TEXT STATUS REGEX WORDS...
refused()
{
	local text=$1 wanted=$2 regex=$3

	shift 3
	lx 60 "$@"
	is "refused: $text" "$status" "$wanted" || diag "$out $err"
	like "it says why: $text" "$err" "^wsl4: .*$regex"
}

exports()
{
	lx 30 sh -c 'ls -d /sys/class/ntdisk/*/ 2>/dev/null | wc -l'
	echo "$out"
}

head -c 192M /dev/zero >"$work/pv.img"
lx 60 --mount "$work/pv.img" --bare
good 'a Windows file is a disk of Linux'\''s'
pv=$out
lx 120 sh -c "vgcreate -q vge $pv && lvcreate -qy -n data -L 128M vge &&
	lvcreate -qy -n small -L 16M vge" 2>/dev/null
good 'with a logical volume'
bytes=$((128 << 20))

# --- a disk of Windows's

lx 60 --export /dev/vge/data
good 'the volume is exported'
like 'wsl4 says as what' "$out" '^/dev/vge/data is \\\\.\\vge-data of Windows$'
disk='\\.\vge-data'
lx 30 --list
like 'wsl4 --list has it' "$out" '^\\\\.\\vge-data +128 +rw +/dev/vge/data$'

win 60 info "$disk"
good 'it answers'
info=$out
for line in "length 0 $bytes" 'geometry 0 16 12 255 63 512' "geometry_ex 0 $bytes 512" \
	'media_types 0 12' "partition 0 0 $bytes 0" "partition_ex 0 2 $bytes" \
	'layout_ex 0 2 0' 'device_size 0 larger' \
	'device 0 bus 14 removable 0 vendor Linux product vge-data' 'alignment 0 512 4096' \
	'trim 0 [01]' 'no_property 50' 'number 0 type 7 partition 0' \
	'hotplug 0 media 0 device 1' 'writable 0' 'check_verify 0' 'short 122|short 24' \
	'unknown 1'; do
	like "answer: $line" "$info" "^($line)$"
done

win 120 write "$disk" 0 "$bytes" 7
good 'a Windows program fills it'
win 120 verify "$disk" 0 "$bytes" 7
good 'and reads the same'
win 60 flush "$disk"
good 'it is flushed'
win 120 write "$disk" 1048576 8388608 8 through
good 'it writes through'
win 60 verify "$disk" 1048576 8388608 8
good 'and reads that'
win 240 random "$disk" 33554432 6000 3
good 'sixteen requests at a time, of all sizes'
win 240 order "$disk" 524288 300
good 'of sixteen writes to one place, the last stays'
win 60 verify "$disk" 33554432 $((bytes - 33554432)) 7
good 'and no byte beside them'

# What Linux sees there: the same words
win 120 write "$disk" 0 4194304 9
good 'a pattern'
win 60 flush "$disk"
cat >"$work/sum.c" <<'EOF'
#include <stdint.h>
#include <unistd.h>
static uint64_t mix(uint64_t n)
{
	n ^= n >> 33; n *= 0xff51afd7ed558ccdull;
	n ^= n >> 33; n *= 0xc4ceb9fe1a85ec53ull;
	return n ^ n >> 33;
}
int main(void)
{
	for (uint64_t i = 0; i < 4194304 / 8; i++) {
		uint64_t word = mix(9ull << 48 ^ i);
		if (write(1, &word, 8) != 8)
			return 1;
	}
}
EOF
gcc -O2 -o "$work/sum" "$work/sum.c" && wanted=$("$work/sum" | md5sum | cut -d ' ' -f 1)
lx 60 sh -c 'dd if=/dev/vge/data bs=1M count=4 iflag=direct status=none | md5sum'
is 'Linux has the same bytes' "${out%% *}" "$wanted"

# --- requests that make no sense

while read -r how at count error; do
	win 60 try "$how" "$disk" "$at" "$count"
	like "request $how at $at, $count bytes" "$out" "^$error$" ||
		diag "exit $status: $err"
done <<EOF
r 0 512 0 512
r 1 512 87 0
r 0 511 87 0
r $bytes 512 38 0
r $((bytes - 512)) 4096 0 512
r $((bytes * 4)) 512 38 0
w $bytes 512 87 0
w $((bytes - 512)) 1024 87 0
w 100 512 87 0
w $((bytes - 512)) 512 0 512
r 0 0 0 0
v 0 1048576 0 0
v 512 $((bytes - 512)) 0 0
v $((bytes - 512)) 1024 27 0
v 3 512 87 0
EOF
win 300 fuzz "$disk" 20000 5
good '20,000 control requests that make no sense'
win 60 info "$disk"
is 'it answers as before' "$out" "$info"

# --- one writer

lx 60 mount /dev/vge/data /mnt
is 'Linux cannot mount what is exported' "$status" 32
refused 'a second export' 116 'is in use' --export /dev/vge/data --name other
lx 60 lvremove -qqy vge/data
is 'nor remove the volume' "$status" 5
lx 60 sh -c 'mke2fs -q /dev/vge/small && mkdir -p /mnt/small && mount /dev/vge/small /mnt/small'
good 'a volume that Linux has mounted'
refused 'its export' 116 'is mounted on /mnt/small' --export /dev/vge/small
lx 60 umount /mnt/small
refused 'a disk that carries volumes' 116 'is in use' --export "$pv"
for own in "$disk" '\\.\Global\vge-data' '\\.\wsl4' '\\.\GLOBALROOT\Device\wsl4'; do
	refused "$own to be attached" 119 'is one of Linux'\''s own' --mount "$own" --bare
done
stdin=/dev/null
mkfifo "$work/hold"
wine "$winio" hold "$disk" <"$work/hold" >"$work/held" 2>/dev/null &
exec 9>"$work/hold"
within 20 grep -q held "$work/held"
refused 'to take it away while Windows has it open' 116 'has .*open' --unexport vge-data
exec 9>&-
wait
is 'it stays exported' "$(exports)" 1

# --- names and modes

for name in wsl4 PhysicalDrive0 com1 'a b' ../x -x "$(printf 'x%.0s' $(seq 40))"; do
	refused "the name $name" 118 '' --export /dev/vge/small "--name" "$name"
done
refused 'a name that is taken' 116 'already' --export /dev/vge/small --name VGE-DATA
refused 'no such device' 119 'There is no' --export /dev/vge/none
refused 'a file' 119 'is no block device' --export /etc/passwd
refused 'what is not exported' 119 'is not exported' --unexport vge-small
refused 'no device' 118 'needs a block device' --export
refused 'an option of another' 118 'goes with --export' --unexport x --readonly
lx 60 --export vge/small --name 'Small_1.x' --readonly
good 'read-only, with a name'
win 60 info '\\.\small_1.x'
like 'Windows is told so' "$out" '^writable 19$'
win 60 try w '\\.\Small_1.x' 0 512
is 'it cannot be written to' "$out" '19 0'
win 60 try r '\\.\Small_1.x' 0 512
is 'but read' "$out" '0 512'
lx 60 --unexport /dev/vge/small
good 'taken away by the name of the device'

# --- a volume that grows

length_is()
{
	win 60 info "$disk"
	grep -qx "length 0 $1" <<<"$out"
}

lx 60 lvextend -qq -L +8M vge/data
good 'the volume grows'
ok 'so does the disk of Windows'\''s' within 20 length_is $((bytes + (8 << 20)))
win 60 write "$disk" "$bytes" 8388608 6
good 'what has come is written to'
win 60 verify "$disk" "$bytes" 8388608 6
good 'and read'
lx 30 --list
like 'wsl4 --list knows' "$out" '^\\\\.\\vge-data +136 +rw +/dev/vge/data$'
lx 60 lvreduce -qqfy -L -8M vge/data
good 'it shrinks'
ok 'so does the disk' within 20 length_is "$bytes"
win 60 try r "$disk" "$bytes" 512
is 'there is nothing where it has ended' "$out" '38 0'
lx 60 --unexport vge-data
good 'and the other by its own'
win 60 info "$disk"
is 'Windows has it no more' "$status $out" '1 open: error 2'
is 'none is left' "$(exports)" 0

# --- sectors of 4096, errors of the device, a trim

lx 120 sh -c 'dev=$(losetup -f --show -b 4096 /dev/vge/small) && echo $dev'
good 'a device with large sectors'
loop=$out
lx 60 --export "$loop" --name big
good 'is exported'
win 60 info '\\.\big'
like 'its sectors' "$out" '^alignment 0 4096 4096$'
win 60 try r '\\.\big' 512 4096
is 'half a sector is refused' "$out" '87 0'
win 60 write '\\.\big' 0 16777216 4
good 'it is written to'
win 60 verify '\\.\big' 0 16777216 4
good 'and read'
lx 60 --unexport big
lx 60 losetup -d "$loop"
lx 60 dmsetup create bad --table '0 2048 linear /dev/vge/small 0
2048 8 error
2056 2040 linear /dev/vge/small 2056'
good 'a device with a bad spot'
lx 60 --export /dev/mapper/bad
good 'is exported'
win 60 try r '\\.\bad' 0 1048576
is 'before the spot' "$out" '0 1048576'
win 60 try r '\\.\bad' 1048576 4096
is 'on the spot' "$out" '1117 0'
win 60 try w '\\.\bad' 1044480 524288
is 'over the spot' "$out" '1117 0'
win 60 try r '\\.\bad' 1052672 4096
is 'behind it' "$out" '0 4096'
lx 60 --unexport bad
lx 60 dmsetup remove bad
good 'it can be removed afterwards'
lx 60 sh -c 'lvcreate -qqy -T -L 16M -V 32M -n thin vge/pool >/dev/null 2>&1'
lx 60 --export /dev/vge/thin
good 'a thin volume'
win 60 write '\\.\vge-thin' 0 8388608 5
good 'that has blocks'
lx 60 lvs --noheadings -o data_percent vge/thin
is 'as LVM says' "$(tr -d ' ' <<<"$out")" 25.00
win 60 trim '\\.\vge-thin' 0 8388608
is 'Windows trims it' "$out" 0
win 60 trim '\\.\vge-thin' 512 100
is 'a trim that makes no sense' "$out" 87
lx 60 lvs --noheadings -o data_percent vge/thin
is 'and the blocks are free' "$(tr -d ' ' <<<"$out")" 0.00
lx 60 --unexport vge-thin

# --- an unmodified Windows program: fio, built from Debian's source

if fio=$("$top/scripts/fio" windows); then
	lx 60 --export /dev/vge/data
	run 180 wine "$fio" --name=v --ioengine=windowsaio --thread=1 --direct=1 \
		--filename='\\.\vge-data' --rw=randwrite --bsrange=4k-256k --size=64m \
		--iodepth=16 --verify=crc32c --verify_fatal=1 --do_verify=1 \
		--verify_state_save=0
	good 'fio writes, and verifies what it reads'
	lx 60 --unexport vge-data
else
	skip 'fio writes, and verifies what it reads' 'fio was not built'
fi

# --- exported whenever Linux runs; a restart under open handles

lx 60 sh -c 'echo "rw kept /dev/vge/data" >>/etc/wsl4/exports; udevadm trigger /dev/vge/data; udevadm settle'
good 'an export is listed in /etc/wsl4/exports'
win 60 write '\\.\kept' 0 8388608 11
good 'and there'
mkfifo "$work/hold2"
wine "$winio" hold '\\.\kept' <"$work/hold2" >"$work/held" 2>/dev/null &
exec 9>"$work/hold2"
within 20 grep -q held "$work/held"
lx 60 sync
restarts=$(grep -c 'Linux restarts' "$log")
restarted()
{
	[ "$(grep -c 'Linux restarts' "$log")" -gt "$restarts" ]
}
exported()
{
	lx 60 test -e /sys/class/ntdisk/kept
	[ "$status" = 0 ]
}
lx 60 systemctl reboot
ok 'Linux is restarted while a program has it open' within 60 restarted
within 120 linux_answers
exec 9>&-
wait
ok 'it is exported again' within 90 exported
lx 180 sh -c 'systemctl is-system-running --wait >/dev/null; true'
win 60 verify '\\.\kept' 0 8388608 11
good 'with what was written'
lx 60 --unexport kept
lx 60 sh -c 'udevadm trigger --settle --subsystem-match=block; test -e /sys/class/ntdisk/kept'
is 'put away, it stays so, though it is listed and its disk is touched' "$status" 1
lx 60 sh -c 'sed -i /kept/d /etc/wsl4/exports; vgchange -qan vge'
good 'the volumes can be put away'
lx 60 --unmount
good 'and the disk'

clean_log

done_testing
