#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# linux.sys where it was not linked for: at another base, and with the Linux
# half at an address that is page-aligned and no more. Wine itself loads on
# borders of 64 KiB only, so for the latter the Linux half lies one page further
# behind the NT half than usual.

. "$(dirname "$0")/lib.sh"

instance relocate
trap 'instance_end; at_exit' EXIT
vmlinux=$BUILD/kernel/vmlinux
[ -f "$vmlinux" ] || bail "there is no $vmlinux"
mini_disk

address()
{
	sed -n 's/.*linux\.sys at \([0-9a-f]*\),.*/\1/p' "$log"
}

# runs TEXT DRIVER: it starts, runs programs and stops
runs()
{
	start -m 256 -d "$disk" -c 'root=/dev/ntblk0 rw wsl4.wait' -s "$2"
	ok "$1: it starts" within 60 linux_answers ||
		{ instance_dump; bail "$out $err"; }
	at=$(address)
	lx 30 sh -c 'echo hello | tr a-z A-Z; ls /proc/1 >/dev/null; dmesg | grep -c .'
	like "$1: programs run" "$status $out" '^0 HELLO'
	unlike "$1: nothing is wrong in the log" "$(cat "$log")" \
		'BUG:|WARNING:|Oops|Kernel panic'
	ok "$1: it stops" stop
}

runs 'as linked' "$BUILD/linux.sys"
linked=$at

# Its base is never free: NT's shared page is there.
"$BUILD/mkdriver" --image-base 0x7ffe0000 "$BUILD/nt.sys" "$vmlinux" \
	"$dir/moved.sys" >/dev/null || bail 'no driver for another base'
runs 'another base' "$dir/moved.sys"
ok 'another base: it is another' test "0x$at" != "0x$linked" -a \
	"$((0x$at))" != $((0x7ffe0000 + 0x100000))

mkdir -p "$dir/page"
make -s -f "$top/arch/windows/nt/nt.mk" BUILD="$dir/page" VMLINUX="$vmlinux" \
	NT_IMAGE_BASE=0xffff000 "$dir/page/linux.sys" >"$work/make" 2>&1 ||
	bail "no driver a page further: $(cat "$work/make")"
"$BUILD/mkdriver" --image-base 0x10000000 "$dir/page/nt.sys" "$vmlinux" \
	"$dir/further.sys" >/dev/null || bail 'no driver a page further'
runs 'a page further' "$dir/further.sys"
is 'a page further: page-aligned and no more' "$((0x$at & 0xffff))" 4096

done_testing
