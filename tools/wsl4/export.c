// SPDX-License-Identifier: GPL-2.0
/*
 * wsl4 --export and --unexport: block devices of Linux's as disks of Windows's. The
 * kernel's class ntdisk does it; the scripts say what was wrong in words.
 */
#include <stdio.h>
#include <string.h>
#include "wsl4.h"

/* $1 device, $2 name or "", $3 rw or ro */
static const char export_script[] =
SCRIPT_SAY
"device=$1 name=$2 mode=$3\n"
"fail() {\n"
"	say \"$1\"\n"
"	exit ${2:-119}\n"
"}\n"
"in_use() {\n"
"	where=$(findmnt -rno TARGET -S \"$device\" | head -n 1)\n"
"	[ -z \"$where\" ] || fail \"$device is mounted on $where in Linux. Unmount it first: wsl4 umount $where\" 116\n"
"	fail \"$device is in use in Linux, or is exported already. See by whom: wsl4 lsblk $device, wsl4 --list\" 116\n"
"}\n"
"bad_name() {\n"
"	fail \"$name is no name for it: letters, digits, '.', '-' and '_', 31 at most, and none of Windows's own. Choose another one with --name\" 118\n"
"}\n"
"[ -d /sys/class/ntdisk ] || fail 'This Linux cannot export disks'\n"
"case $device in /*) ;; *) device=/dev/$device ;; esac\n"
"[ -e \"$device\" ] || fail \"There is no $device in Linux. See which disks it has: wsl4 lsblk\"\n"
"[ -b \"$device\" ] || fail \"$device is no block device. A file can be made one: wsl4 losetup -f --show FILE\"\n"
"if [ -z \"$name\" ]; then\n"
"	name=$(printf %s \"${device#/dev/}\" | sed 's,^mapper/,,; s,[^A-Za-z0-9._-],-,g')\n"
"fi\n"
"case $name in *[!A-Za-z0-9._-]*) bad_name ;; esac\n"
"said=$(LC_ALL=C env printf '%s %s %s' $mode \"$name\" \"$device\" 2>&1 >/sys/class/ntdisk/export) && {\n"
"	printf '%s is \\\\\\\\.\\\\%s of Windows\\n' \"$device\" \"$name\"\n"
"	exit 0\n"
"}\n"
"case $said in\n"
"*'resource busy'*) in_use ;;\n"
"*'File exists'*) fail \"Windows has a \\\\\\\\.\\\\$name already. Choose another name with --name\" 116 ;;\n"
"*'Read-only'*) fail \"$device is read-only. Export it with --readonly\" ;;\n"
"*'Invalid argument'*) bad_name ;;\n"
"*'Too many open files'*) fail 'There are 16 exports, more are not possible. End one first with --unexport' 116 ;;\n"
"*'allocate memory'*) fail 'Linux has not enough memory left for one more export' 116 ;;\n"
"esac\n"
"fail \"$device is not exported (${said##*: })\"\n";

/* $1 device or name */
static const char unexport_script[] =
SCRIPT_SAY
"for sys in /sys/class/ntdisk/*/; do\n"
"	[ -e \"$sys/source\" ] || continue\n"
"	name=$(basename \"$sys\")\n"
"	IFS= read -r source <\"$sys/source\"\n"
"	read -r block <\"$sys/block\"\n"
"	[ \"$1\" = \"$name\" ] || [ \"$1\" = \"$source\" ] || [ \"/dev/$1\" = \"$source\" ] ||\n"
"		[ \"$(readlink -f \"$1\")\" = \"/dev/$block\" ] || continue\n"
"	env printf %s \"$name\" 2>/dev/null >/sys/class/ntdisk/unexport && exit 0\n"
"	say \"Windows uses \\\\\\\\.\\\\$name: a program has it, or a file on it, open. End that first\"\n"
"	exit 116\n"
"done\n"
"say \"$1 is not exported. See what is: wsl4 --list\"\n"
"exit 119\n";

void export_disk(struct options *options)
{
	const char *words[] = {
		options->export.device, options->mount.name,
		options->export.read_only ? "ro" : "rw",
	};

	run_script(options, export_script, words, 3);
}

void export_undo(struct options *options)
{
	const char *words[] = { options->export.device };

	run_script(options, unexport_script, words, 1);
}
