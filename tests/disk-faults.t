#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Disks of Windows's that go wrong (arch/windows/bridge/block/torture_nt.c): the right
# errors, no hang, nothing that is wrong without one.

. "$(dirname "$0")/lib.sh"

torture_up

# faults DISK WORDS: they hold at once
faults()
{
	orders "$work/$1" "$2"
	sleep 0.1
}

# disk NAME MiB: attached; its device in $dev
disk()
{
	fallocate -l "$2M" "$work/$1"
	faults "$1" ''
	lx 60 --mount "$work/$1" --bare
	[ "$status" = 0 ] || bail "$1 is not attached: $err"
	dev=$out
}

disk a.img 64
a=$dev

# request read|write: what a direct one to disk A says
request()
{
	lx 60 python3 -c 'import errno, mmap, os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_DIRECT)
page = [mmap.mmap(-1, 4096)]
try:
	os.preadv(fd, page, 8192) if sys.argv[2] == "read" else os.pwritev(fd, page, 8192)
	print("none")
except OSError as e:
	print(errno.errorcode[e.errno])' "$a" "$1"
}

flush_error()
{
	lx 60 python3 -c 'import errno, os, sys
fd = os.open(sys.argv[1], os.O_WRONLY)
os.write(fd, b"x" * 4096)
try:
	os.fsync(fd)
	print("none")
except OSError as e:
	print(errno.errorcode[e.errno])' "$a"
}

# --- what each status is in Linux

while read -r nt name linux; do
	faults a.img "read=$nt"
	request read
	is "a read that fails with $name" "$out" "$linux"
	faults a.img "write=$nt"
	request write
	is "a write" "$out" "$linux"
done <<EOF
c0000185 STATUS_IO_DEVICE_ERROR EIO
c000003f STATUS_CRC_ERROR EIO
c000007f STATUS_DISK_FULL ENOSPC
c00000a2 STATUS_MEDIA_WRITE_PROTECTED EIO
c000009a STATUS_INSUFFICIENT_RESOURCES ENOMEM
c000000e STATUS_NO_SUCH_DEVICE ENODEV
c000009d STATUS_DEVICE_NOT_CONNECTED ENODEV
c00000b5 STATUS_IO_TIMEOUT ETIMEDOUT
c0000022 STATUS_ACCESS_DENIED EIO
EOF
faults a.img 'flush=c0000185'
flush_error
is 'a flush that fails is seen by fsync()' "$out" EIO
faults a.img ''
request read
is 'and then it is well again: reads' "$out" none
request write
is 'writes' "$out" none
flush_error
is 'flushes' "$out" none

# --- short, late, in another order: right all the same

# filled TEXT: by many at once, then compared
filled()
{
	lx 300 python3 -c 'import hashlib, mmap, os, random, sys, threading
fd = os.open(sys.argv[1], os.O_RDWR | os.O_DIRECT)
wanted = {}
def block(n, version):
	return hashlib.sha256(b"%d %d" % (n, version)).digest() * 512
def work(lane):
	buffer = mmap.mmap(-1, 16384)
	r = random.Random(lane)
	for version in range(60):
		n = lane * 64 + r.randrange(64)
		buffer[:] = block(n, version)
		os.pwritev(fd, [buffer], n * 16384)
		wanted[n] = version
		os.preadv(fd, [buffer], n * 16384)
		if buffer[:] != block(n, version):
			wanted[n] = -1
threads = [threading.Thread(target=work, args=(i,)) for i in range(16)]
for t in threads: t.start()
for t in threads: t.join()
buffer = mmap.mmap(-1, 16384)
bad = 0
for n, version in wanted.items():
	os.preadv(fd, [buffer], n * 16384)
	bad += buffer[:] != block(n, version)
print(len(wanted), "blocks,", bad, "bad")' "$a"
	good "$1: it works"
	like "$1: and is right" "$out" '^[0-9]+ blocks, 0 bad$'
}

faults a.img short
filled 'NT does transfers in bits'
faults a.img 'delay=20'
filled 'late, and in another order'
faults a.img 'short delay=5'
filled 'both'

# --- a file system on it

faults a.img ''
lx 60 sh -c "mkfs.ext4 -q $a && mkdir -p /mnt/a && mount -o errors=remount-ro $a /mnt/a &&
	head -c 4M /dev/urandom >/mnt/a/blob && sync && md5sum /mnt/a/blob >/tmp/sum"
good 'a file system'
faults a.img 'write=c0000185'
lx 120 sh -c 'head -c 1M /dev/zero >/mnt/a/new && sync -f /mnt/a; touch /mnt/a/x && sync -f /mnt/a'
ok 'is told of a write error' test "$status" != 0
lx 60 sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do
	touch /mnt/a/y 2>&1 | grep -q "Read-only\|Input/output" && exit 0
	sync -f /mnt/a
	sleep 0.5
done; exit 1'
good 'and takes nothing more'
faults a.img ''
lx 60 sh -c "umount /mnt/a; e2fsck -fy $a >/dev/null 2>&1; mount $a /mnt/a && md5sum --quiet -c /tmp/sum; umount /mnt/a"
is 'what was synced is there' "$out$err" ''

# --- pulled out

faults a.img 'read=c000000e write=c000000e flush=c000000e'
lx 60 dd if="$a" of=/dev/null bs=4k count=1 iflag=direct
ok 'a disk that is gone gives errors' test "$status" = 1
lx 60 dd if=/dev/zero of="$a" bs=4k count=1 oflag=direct
ok 'in both directions' test "$status" = 1
lx 60 --unmount "$work/a.img"
good 'and can be detached'

# --- RAID 1 goes on without one of its disks, and takes it back

disk b.img 64
b=$dev
disk c.img 64
c=$dev
lx 120 sh -c "mdadm -q -C --run --assume-clean --bitmap=internal -l 1 -n 2 /dev/md/pair $b $c &&
	mkfs.ext4 -q /dev/md/pair && mkdir -p /mnt/pair && mount /dev/md/pair /mnt/pair"
good 'a mirror of two'
faults c.img 'read=c000000e write=c000000e flush=c000000e'
lx 120 sh -c 'head -c 8M /dev/urandom >/mnt/pair/blob && sync -f /mnt/pair &&
	md5sum /mnt/pair/blob >/tmp/sum'
good 'is written to while one is gone'
lx 60 mdadm --detail /dev/md/pair
like 'it is degraded' "$out" 'State : .*degraded'
lx 60 sh -c 'echo 3 >/proc/sys/vm/drop_caches; md5sum --quiet -c /tmp/sum'
good 'and right'
faults c.img ''
lx 120 sh -c "mdadm -q /dev/md/pair --remove $c; mdadm -q /dev/md/pair --re-add $c ||
	mdadm -q /dev/md/pair --add $c
	udevadm settle; mdadm -q --wait /dev/md/pair; mdadm --detail /dev/md/pair"
unlike 'it returns, and is resynced' "$out" 'degraded|faulty'
lx 120 sh -c "echo check >/sys/block/\$(basename \$(readlink -f /dev/md/pair))/md/sync_action
	mdadm -q --wait /dev/md/pair
	cat /sys/block/\$(basename \$(readlink -f /dev/md/pair))/md/mismatch_cnt"
is 'both have the same' "$out" 0
faults b.img 'read=c000000e write=c000000e flush=c000000e'
lx 60 sh -c 'echo 3 >/proc/sys/vm/drop_caches; md5sum --quiet -c /tmp/sum && echo x >/mnt/pair/x && sync -f /mnt/pair'
good 'now without the other'
faults b.img ''
lx 60 sh -c 'umount /mnt/pair; mdadm -q -S /dev/md/pair'
good 'it can be stopped'
lx 60 --unmount
good 'and the disks detached'

clean_log

done_testing
