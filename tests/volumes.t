#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Volumes on Windows files, by Debian's own programs: LVM, software RAID,
# encryption. What is written is there after the service was started again.

. "$(dirname "$0")/lib.sh"

instance volumes
trap 'instance_end; at_exit' EXIT
linux_up

disks='0 1 2 3'
for i in $disks; do
	head -c 256M /dev/zero >"$work/disk$i.img"
done

# The images as /dev/ntblk1 to /dev/ntblk4
attach_all()
{
	local i

	for i in $disks; do
		lx 60 --mount "$work/disk$i.img" --bare
		is "disk $i is attached" "$out" "/dev/ntblk$((i + 1))" || diag "$err"
	done
	lx 60 udevadm settle
}

# step TEXT SCRIPT: with set -e and these, and without what LVM says of descriptors
step()
{
	lx "${limit:-180}" bash -c 'set -e; export LVM_SUPPRESS_FD_WARNINGS=1
		put() { # DIRECTORY SIZE: a file and its sum
			head -c "$2" /dev/urandom >"$1/blob"
			(cd "$1" && md5sum blob >sum)
		}
		same() { # DIRECTORY
			(cd "$1" && md5sum --quiet -c sum)
		}
		uncached() { # DIRECTORY: from the disks
			sync; echo 3 >/proc/sys/vm/drop_caches; same "$1"
		}
		fill_lv() { # NAME: a file system on /dev/vg/NAME
			mke2fs -q -F "/dev/vg/$1"; mkdir -p "/mnt/$1"
			mount "/dev/vg/$1" "/mnt/$1"; put "/mnt/$1" 12M; umount "/mnt/$1"
		}
		same_lv() { # NAME
			mkdir -p "/mnt/$1"; mount "/dev/vg/$1" "/mnt/$1"
			same "/mnt/$1"; umount "/mnt/$1"
		}
		'"$2"
	good "$1"
}

attach_all

# Which flag of the processor brings which driver
simd_drivers aes:xts-aes-aesni aes:cbc-aes-aesni aes:generic-gcm-aesni \
	sse4_2:crc32c-intel ssse3:sha256-ssse3 avx2:sha512-avx2 sha_ni:sha256-ni
ok 'xor, too' log_has 'xor: .*(avx|sse)' 1
ok 'RAID 6' log_has 'raid6: .* (sse2|avx)' 1
ok 'and its recovery' log_has 'raid6: .*(ssse3|avx).* recovery' 1

# --- LVM

step 'pvcreate, vgcreate' 'pvcreate -q /dev/ntblk[1-4] && vgcreate -q vg /dev/ntblk[1-4]'
step 'a linear volume' "lvcreate -qy -n linear -L 32M vg; fill_lv linear"
step 'a striped one' "lvcreate -qy -n striped -i 2 -L 32M vg; fill_lv striped"
step 'a mirror (raid1)' "lvcreate -qy --type raid1 -m 1 -n mirror -L 32M vg
	fill_lv mirror"
step 'raid5' "lvcreate -qy --type raid5 -i 2 -n five -L 32M vg; fill_lv five"
step 'a thin pool with a thin volume' "lvcreate -qy --type thin-pool -n pool -L 64M vg
	lvcreate -qy -n thin -V 128M --thinpool vg/pool; fill_lv thin"
step 'a snapshot, and a merge' "lvcreate -qy -s -n snap -L 16M vg/linear
	mount /dev/vg/linear /mnt/linear; rm /mnt/linear/blob; umount /mnt/linear
	lvconvert -qy --merge vg/snap
	while lvs -o lv_merging --noheadings vg | grep -q merging; do sleep 0.2; done
	same_lv linear"
step 'a thin snapshot' "lvcreate -qy -s -n thinsnap vg/thin; lvchange -qy -ay -K vg/thinsnap
	same_lv thinsnap; lvremove -qy vg/thinsnap"
step 'a cache' "lvcreate -qy -n cached -L 32M vg /dev/ntblk1; fill_lv cached
	lvcreate -qy -n fast -L 16M vg /dev/ntblk2
	lvconvert -qy --type cache --cachevol fast vg/cached
	same_lv cached; lvconvert -qy --uncache vg/cached; same_lv cached"
step 'extend and resize' "lvextend -qy -r -L 64M vg/linear; same_lv linear
	lvextend -qy -L 64M vg/striped; e2fsck -fp /dev/vg/striped
	resize2fs /dev/vg/striped; same_lv striped"
step 'reduce' "lvreduce -qy -r -L 40M vg/linear; same_lv linear"
step 'move' "pvmove -qy -n linear /dev/ntblk1 /dev/ntblk4; same_lv linear"
step 'convert: linear to raid1 and back' "lvconvert -qy --type raid1 -m 1 vg/linear
	until [ \"\$(lvs --noheadings -o sync_percent vg/linear | tr -d ' ')\" = 100.00 ]; do
		sleep 0.2
	done
	same_lv linear; lvconvert -qy -m 0 vg/linear; same_lv linear"
step 'raid5, deactivated and activated again' "lvchange -qy -an vg/five
	dmsetup ls >/dev/null; lvchange -qy -ay vg/five; same_lv five
	lvs -o lv_health_status --noheadings vg/five"
step 'remove' 'lvremove -qy vg/mirror; ! lvs vg/mirror 2>/dev/null'

# --- the service is started again

ok 'the service stops' stop
start -m 1024 -d "$disk" -c 'root=/dev/ntblk0 rw' || bail "no start: $out $err"
within 180 linux_answers || bail 'Linux is not up'
lx 180 sh -c 'systemctl is-system-running --wait; true'
attach_all
step 'all volumes are there' "vgchange -qy -ay vg
	for name in linear striped five thin cached; do same_lv \$name; done"
step 'and can be removed' 'vgremove -qy -ff vg; pvremove -qy /dev/ntblk[1-4]'

# --- software RAID

step 'RAID 5, with a file system' 'mdadm -Cq --run --assume-clean -l 5 -n 3 /dev/md0 /dev/ntblk[1-3]
	mke2fs -q /dev/md0; mkdir -p /mnt/md; mount /dev/md0 /mnt/md
	put /mnt/md 64M'
step 'a disk fails: it goes on' 'mdadm -q /dev/md0 --fail /dev/ntblk2 --remove /dev/ntblk2
	uncached /mnt/md; head -c 8M /dev/urandom >/mnt/md/more'
step 'another takes its place' 'mdadm -q /dev/md0 --add /dev/ntblk4
	mdadm -q --wait /dev/md0 || true
	mdadm --detail /dev/md0 | grep -q "State : \(clean\|active\) *$"
	echo check >/sys/block/md0/md/sync_action; mdadm -q --wait /dev/md0 || true
	uncached /mnt/md'
step 'it grows' 'before=$(blockdev --getsize64 /dev/md0)
	mdadm -q --zero-superblock /dev/ntblk2; mdadm -q /dev/md0 --add /dev/ntblk2
	mdadm -q --grow /dev/md0 -n 4; mdadm -q --wait /dev/md0 || true
	[ "$(blockdev --getsize64 /dev/md0)" -gt $before ]
	resize2fs /dev/md0 >/dev/null 2>&1; same /mnt/md'
step 'it ends' 'umount /mnt/md; mdadm -q -S /dev/md0; mdadm -q --zero-superblock /dev/ntblk[1-4]'
for level in 1 6 10; do
	step "RAID $level" "mdadm -Cq --run -l $level -n 4 /dev/md0 /dev/ntblk[1-4]
		mdadm -q --wait /dev/md0 || true
		mke2fs -q /dev/md0; mount /dev/md0 /mnt/md
		put /mnt/md 32M
		mdadm -q /dev/md0 --fail /dev/ntblk3 --remove /dev/ntblk3
		uncached /mnt/md
		mdadm -q /dev/md0 --add /dev/ntblk3; mdadm -q --wait /dev/md0 || true
		umount /mnt/md; e2fsck -fn /dev/md0 >/dev/null
		mdadm -q -S /dev/md0; mdadm -q --zero-superblock /dev/ntblk[1-4]"
done

# --- encryption

step 'LUKS2: format, open, resize' 'echo secret >/root/key
	cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
		/dev/ntblk1 /root/key
	cryptsetup open -d /root/key --device-size 64M /dev/ntblk1 crypt
	mke2fs -q /dev/mapper/crypt; cryptsetup resize -d /root/key crypt
	e2fsck -fp /dev/mapper/crypt >/dev/null; resize2fs /dev/mapper/crypt 2>/dev/null
	mkdir -p /mnt/crypt; mount /dev/mapper/crypt /mnt/crypt
	put /mnt/crypt 32M
	umount /mnt/crypt; cryptsetup close crypt'
lx 60 sh -c 'grep -c "" /dev/ntblk1 >/dev/null; cryptsetup isLuks /dev/ntblk1'
good 'the disk has it'
step 'opened again' 'cryptsetup open -d /root/key /dev/ntblk1 crypt
	mount /dev/mapper/crypt /mnt/crypt; same /mnt/crypt
	umount /mnt/crypt; cryptsetup close crypt'
lx 60 sh -c 'echo wrong | cryptsetup open -d - /dev/ntblk1 crypt'
ok 'not with another key' test "$status" != 0
step 'LUKS2 with dm-integrity' 'cryptsetup -q luksFormat --type luks2 --integrity hmac-sha256 \
		--pbkdf pbkdf2 --pbkdf-force-iterations 1000 --integrity-no-wipe \
		/dev/ntblk2 /root/key
	cryptsetup open -d /root/key /dev/ntblk2 sealed
	dd if=/dev/zero of=/dev/mapper/sealed bs=1M oflag=direct 2>/dev/null || true
	mke2fs -q /dev/mapper/sealed; mount /dev/mapper/sealed /mnt/crypt
	put /mnt/crypt 16M
	umount /mnt/crypt; cryptsetup close sealed
	cryptsetup open -d /root/key /dev/ntblk2 sealed
	mount /dev/mapper/sealed /mnt/crypt; same /mnt/crypt
	umount /mnt/crypt; cryptsetup close sealed'
step 'verity' 'root=$(veritysetup format /dev/ntblk3 /dev/ntblk4 | sed -n "s/^Root hash: *//p")
	veritysetup open /dev/ntblk3 checked /dev/ntblk4 $root
	cmp /dev/mapper/checked /dev/ntblk3 && veritysetup close checked'

lx 120 --unmount
good 'all disks are detached'
clean_log
ok 'the service stops at the end' stop

done_testing
