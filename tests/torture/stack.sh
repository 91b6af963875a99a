# SPDX-License-Identifier: GPL-2.0
#
# Stacks of block devices, for the torture test. It runs in Linux.
#
#	stack make|open|close KIND NAME DEVICE...
#
# make and open print the device that a file system goes on.

export LVM_SUPPRESS_FD_WARNINGS=1

# Arrays that udev has assembled by itself
release()
{
	local dev md

	udevadm settle -t 20
	for dev; do
		for md in /sys/class/block/"${dev#/dev/}"/holders/md*; do
			[ ! -e "$md" ] || mdadm -q -S "/dev/${md##*/}"
		done
	done
	udevadm settle -t 20
}

md()
{
	local verb=$1 level=$2 name=$3

	shift 3
	case $verb in
	make) mdadm -q -C --run --assume-clean --bitmap=internal -l "$level" -n $# "/dev/md/$name" "$@" ;;
	open) release "$@"; mdadm -q -A --run "/dev/md/$name" "$@" ;;
	close) mdadm -q -S "/dev/md/$name" ;;
	esac >&2 || return 1
	udevadm settle -t 20
	echo "/dev/md/$name"
}

lvm()
{
	local verb=$1 kind=$2 name=$3

	shift 3
	case $verb in
	make)
		vgcreate -qy "$name" "$@" &&
		case $kind in
		linear) lvcreate -qy -n v -l 100%FREE "$name" ;;
		lvmraid1) lvcreate -qy --type raid1 -m 1 -n v -L 320M "$name" ;;
		thin) lvcreate -qy --type thin-pool -n pool -l 90%FREE "$name" &&
			lvcreate -qy --type thin -n v -V 400M --thinpool pool "$name" ;;
		esac ;;
	open) udevadm settle -t 20; vgchange -qy -ay "$name" ;;
	close) vgchange -qy -an "$name" ;;
	esac >&2 || return 1
	udevadm settle -t 20
	echo "/dev/$name/v"
}

luks()
{
	local verb=$1 name=$2 dev=$3

	shift 3
	echo secret >/run/torture-key
	case $verb in
	make) cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 \
			--pbkdf-force-iterations 1000 "$@" "$dev" /run/torture-key &&
		cryptsetup open -d /run/torture-key "$dev" "$name" ;;
	open) cryptsetup open -d /run/torture-key "$dev" "$name" ;;
	close) cryptsetup close "$name" ;;
	esac >&2 || return 1
	echo "/dev/mapper/$name"
}

stack()
{
	local verb=$1 kind=$2 name=$3

	shift 3
	case $kind in
	plain) echo "$1" ;;
	linear | thin | lvmraid1) lvm "$verb" "$kind" "$name" "$@" ;;
	raid1) md "$verb" 1 "$name" "$1" "$2" ;;
	raid5) md "$verb" 5 "$name" "$1" "$2" "$3" ;;
	raid6) md "$verb" 6 "$name" "$@" ;;
	raid10) md "$verb" 10 "$name" "$@" ;;
	luks) luks "$verb" "$name" "$1" ;;
	integrity) luks "$verb" "$name" "$1" --integrity hmac-sha256 --sector-size 4096 ;;
	esac
}

# create FS DIR KIND NAME DEVICE...
create()
{
	local fs=$1 dir=$2 dev

	shift 2
	dev=$(stack make "$@") || return 1
	case $fs in
	ext4) mkfs.ext4 -q -F "$dev" ;;
	xfs) mkfs.xfs -q -f "$dev" ;;
	btrfs) mkfs.btrfs -q -f "$dev" ;;
	esac && mkdir -p "$dir" && mount "$dev" "$dir"
}

# reopen DIR KIND NAME DEVICE...
reopen()
{
	local dir=$1 dev

	shift
	dev=$(stack open "$@") && mkdir -p "$dir" && mount "$dev" "$dir"
}

# finish FS DIR KIND NAME DEVICE...: unmounted, checked and taken apart
finish()
{
	local fs=$1 dir=$2 dev status

	shift 2
	dev=$(findmnt -no SOURCE "$dir") && umount "$dir" || return 1
	case $fs in
	ext4) e2fsck -fn "$dev" ;;
	xfs) xfs_repair -n "$dev" ;;
	btrfs) btrfs check --readonly "$dev" ;;
	esac 2>&1
	status=$?
	stack close "$@" >/dev/null
	return "$status"
}
