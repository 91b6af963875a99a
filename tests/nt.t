#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The product on a real NT kernel: ReactOS x64, from its live CD, in QEMU's emulation
# (or Windows, from an evaluation CD; never tried, see nt/windows.sh). linux.sys is
# started by sc, programs by wsl4.exe, both in a window of cmd on the desktop,
# unattended.
#
#	REACTOS_ISO=path scripts/check tests/nt.t
#
# Serial output, screenshots and the results are kept in $BUILD/tests/nt.

. "$(dirname "$0")/lib.sh"
. "$top/tests/nt/lib.sh"

nt_begin nt
nt_root || bail 'no root disk'

# A disk beside NT's own, with an ext4 that Linux is to write to.
spare_start=1048576
make_spare()
{
	mkdir "$work/files"
	head -c 8M /dev/urandom >"$work/files/blob"
	(cd "$work/files" && md5sum blob >sum)
	truncate -s 64M "$nt/spare.img"
	echo "start=$((spare_start / 512)), type=83" | sfdisk -q "$nt/spare.img" &&
		mke2fs -q -F -t ext4 -d "$work/files" -E offset=$spare_start "$nt/spare.img" 60M
}
make_spare || bail 'no second disk'
MACHINE_OPTIONS="-drive file=$nt/spare.img,format=raw,if=ide,index=1"
nt_boot 2400 "$BUILD/linux.sys" commands

gives start 0 'START_PENDING|RUNNING'
gives uname 0 '^Linux .* x86_64 GNU/Linux$'
gives status 0 'running'
gives exit 7 '^$'
gives signal 143 '^$'
gives bash 0 '^bash 1 2 3 42$'
gives perl 0 '^1,4,9,16,25$'
gives python 0 '^1267650600228229401496703205376$'
gives gcc 0 '^compiled$'
gives pipe 0 '^FROM NT$'
gives disk 0 '^/root/blob: OK$'
# An image file on NT's disk, attached while Linux runs
gives mount 0 '^/dev/ntblk1 is mounted on /mnt/wsl4/data\.img'
gives mounted 0 '^$'
gives list 0 '^/dev/ntblk1 +16 +rw .*data\.img'
gives busy 119 '^$'
gives missing 119 '^$'
like 'missing: says so' "$(machine_file out/missing.err)" 'there is no such file'
gives folder 119 '^$'
gives unmount 0 '^$'
gives remount 0 'is mounted on /mnt/wsl4/again'
gives reread 1 '^blob: OK$'
like 'read-only: says so' "$(machine_file out/reread.err)" 'Read-only file system'
gives unmount2 0 '^$'
# A disk of NT's
gives own 119 '^$'
gives physical 0 '^/dev/ntblk1 is mounted on /mnt/wsl4/spare'
gives copied 0 '^blob: OK$'
gives twice 119 '^$'
gives unmount3 0 '^$'
tail -c +$((spare_start + 1)) "$nt/spare.img" >"$work/spare.ext4"
ok 'the file system on the disk is whole' e2fsck -fn "$work/spare.ext4"
debugfs -R 'cat copy' "$work/spare.ext4" >"$work/copy" 2>/dev/null
ok 'what Linux wrote is on the disk' cmp "$work/copy" "$work/files/blob"
gives systemd 0 '^running$'
gives log 0 'Linux version 6\.'
gives shutdown 0 '^'
gives stopped 122 '^$'
like 'stopped: says how to start it' "$(machine_file out/stopped.err)" \
	'not running\. Start it with: sc start linux'
gives again 0 'START_PENDING|RUNNING'
gives kept 0 '^/root/blob: OK$'
gives stop 0 'STOP'
unlike 'Linux has nothing to complain of' "$serial" \
	'BUG:|WARNING: CPU|Oops:|Kernel panic'

done_testing
