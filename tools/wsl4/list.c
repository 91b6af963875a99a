// SPDX-License-Identifier: GPL-2.0
/*
 * wsl4 --list: the disks that Linux and Windows have from each other, and the long
 * work that is going on in them.
 */
#include "wsl4.h"

static const char list_script[] =
"printf '%-12s %10s  %-4s %s\\n' DEVICE MiB MODE PATH\n"
"line() {\n"
"	read -r sectors <$1/size\n"
"	read -r ro <$1/ro\n"
"	mode=rw\n"
"	[ $ro = 0 ] || mode=ro\n"
"	printf '%-12s %10s  %-4s %s\\n' \"$2\" $((sectors / 2048)) $mode \"$3\"\n"
"}\n"
"for sys in /sys/block/ntblk*; do\n"
"	IFS= read -r path <$sys/nt_path || continue\n"
"	line $sys /dev/${sys##*/} \"$path\"\n"
"done\n"
"head=1\n"
"for sys in /sys/class/ntdisk/*; do\n"
"	[ -e $sys/source ] || continue\n"
"	[ $head = 0 ] || printf '\\n%-12s %10s  %-4s %s\\n' EXPORT MiB MODE DEVICE\n"
"	head=0\n"
"	IFS= read -r path <$sys/source\n"
"	line $sys \"\\\\\\\\.\\\\${sys##*/}\" \"$path\"\n"
"done\n"
"head=1\n"
"work() {\n"
"	[ $head = 0 ] || printf '\\n%-20s %-12s %6s\\n' ARRAY WORK DONE\n"
"	head=0\n"
"	printf '%-20s %-12s %6s\\n' \"$1\" \"$2\" \"$3\"\n"
"}\n"
"for sys in /sys/block/md*/md; do\n"
"	read -r action <$sys/sync_action 2>/dev/null || continue\n"
"	case $action in idle | frozen) continue ;; esac\n"
"	read -r at _ total <$sys/sync_completed\n"
"	case $at in '' | *[!0-9]*) at=0 total=1 ;; esac\n"
"	disk=${sys%/md}\n"
"	work /dev/${disk##*/} $action $((at * 100 / total))%\n"
"done\n"
"command -v lvs >/dev/null && lvs --noheadings -o vg_name,lv_name,copy_percent \\\n"
"	-S 'copy_percent!=\"\" && copy_percent<100' 2>/dev/null |\n"
"while read -r vg lv percent; do\n"
"	work \"/dev/$vg/$lv\" sync \"${percent%.*}%\"\n"
"done\n"
"exit 0\n";

void list_disks(struct options *options)
{
	run_script(options, list_script, NULL, 0);
}
