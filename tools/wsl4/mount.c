// SPDX-License-Identifier: GPL-2.0
/*
 * wsl4 --mount and --unmount: Windows files as disks of Linux.
 *
 * The driver attaches a file; all else is the work of Linux's own programs, in
 * scripts that run in a session like any other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wsl4.h"

/* What mount_disk() hands over: fresh and bare are 0 or 1, called is the user's path. */
static const char mount_script[] =
SCRIPT_SAY
"index=$1 fresh=$2 part=$3 bare=$4 type=$5 options=$6 name=$7 called=$8\n"
"disk=/dev/ntblk$index node=/dev/ntblk$index${part:+p$part} dir=/mnt/wsl4/$name\n"
"fail() {\n"
"	[ $fresh = 0 ] || sh -c \"echo 1 >/sys/block/ntblk$index/detach\" 2>/dev/null\n"
"	say \"$1\"\n"
"	exit 119\n"
"}\n"
"wait_for() {\n"
"	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do\n"
"		[ ! -b \"$1\" ] || return 0\n"
"		sleep 0.$2\n"
"	done\n"
"	return 1\n"
"}\n"
"wait_for $disk 5 || fail \"Linux has not got $called. See wsl4 --dmesg\"\n"
"udevadm settle -t 5 2>/dev/null\n"
"wait_for $node 1 || fail \"$called has no partition $part. See which it has: wsl4 --mount $called --bare, then wsl4 lsblk\"\n"
"if [ $bare = 1 ]; then\n"
"	[ $fresh = 1 ] || say \"$called was attached already\"\n"
"	echo $node\n"
"	exit 0\n"
"fi\n"
"! mountpoint -q \"$dir\" || fail \"$dir is in use already. Choose another one with --name\"\n"
"mkdir -p \"$dir\" || fail \"$dir cannot be made. Choose another one with --name\"\n"
"mount ${type:+-t \"$type\"} ${options:+-o \"$options\"} -- $node \"$dir\" || {\n"
"	rmdir \"$dir\"\n"
"	fail \"$called is not mounted. Is there a file system on it (--partition N)? Only attach it with --bare\"\n"
"}\n"
"echo \"$node is mounted on $dir\"\n";

/*
 * $1 NT path of the disk, or "", $2 the disk as the user called it, $3 what the NT paths
 * of its partitions begin with, or "".
 */
static const char unmount_script[] =
SCRIPT_SAY
"lower() { printf %s \"$1\" | tr A-Z a-z; }\n"
"undo() {\n"
"	for node in /dev/$1 /dev/$1p*; do\n"
"		[ -b $node ] || continue\n"
"		findmnt -lno TARGET -S $node | tac | while IFS= read -r dir; do\n"
"			umount -- \"$dir\" || exit 1\n"
"			case $dir in /mnt/wsl4/*) rmdir -- \"$dir\" ;; esac\n"
"		done || return 1\n"
"	done\n"
"	udevadm settle -t 5 2>/dev/null\n"
"	for i in 1 2 3 4 5 6 7 8 9 10; do\n"
"		sh -c \"echo 1 >/sys/block/$1/detach\" 2>/dev/null && return 0\n"
"		sleep 0.1\n"
"	done\n"
"	return 1\n"
"}\n"
"found=0 status=0 root=$(findmnt -nro SOURCE /)\n"
"for sys in /sys/block/ntblk*; do\n"
"	disk=${sys##*/}\n"
"	IFS= read -r path <$sys/nt_path || continue\n"
"	if [ -n \"$1\" ]; then\n"
"		[ \"$(lower \"$path\")\" = \"$(lower \"$1\")\" ] || [ \"$2\" = /dev/$disk ] ||\n"
"			{ [ -n \"$3\" ] && [ \"$(lower \"${path%\"${path##*[!0-9]}\"}\")\" = \"$(lower \"$3\")\" ]; } || continue\n"
"	else\n"
"		case $root in /dev/$disk | /dev/${disk}p*) continue ;; esac\n"
"	fi\n"
"	found=1\n"
"	undo $disk && continue\n"
"	say \"${2:-$path} is in use, and stays attached as /dev/$disk. See who uses it: wsl4 lsblk, wsl4 fuser -vm /dev/$disk\"\n"
"	status=116\n"
"done\n"
"if [ -n \"$1\" ] && [ $found = 0 ]; then\n"
"	say \"$2 is not attached. See which disks are: wsl4 --list\"\n"
"	status=119\n"
"fi\n"
"exit $status\n";

static WCHAR *wide(const char *text)
{
	int length = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
	WCHAR *to = allocate((length + 1) * sizeof(*to));

	to[0] = 0;
	MultiByteToWideChar(CP_UTF8, 0, text, -1, to, length);
	return to;
}

struct nt_string {
	USHORT length;		/* bytes */
	USHORT size;
	WCHAR *text;
};

/* As NT calls the file that a program calls @path; ends with a NUL, too. */
static struct nt_string nt_path(const char *path)
{
	BOOLEAN (WINAPI *convert)(PCWSTR, struct nt_string *, PWSTR *, PVOID);
	HMODULE library = GetModuleHandleW(L"ntdll.dll");
	struct nt_string string;
	WCHAR *name = wide(path);

	convert = (void *)GetProcAddress(library,
					 "RtlDosPathNameToNtPathName_U");
	if (!convert || !convert(name, &string, NULL, NULL))
		die(EXIT_USAGE, "%s is no path.", path);
	free(name);
	return string;
}

static void attach_file(const char *path, bool read_only,
			struct wsl4_attach_result *result)
{
	struct nt_string string = nt_path(path);
	struct wsl4_attach *attach;
	DWORD bytes = sizeof(*attach) + string.length, error;

	if (string.length > WSL4_ATTACH_MAX_PATH)
		die(EXIT_USAGE, "The path is too long.");
	attach = allocate(bytes);
	*attach = (struct wsl4_attach){
		.version = WSL4_CONSOLE_VERSION,
		.flags = read_only ? WSL4_ATTACH_READ_ONLY : 0,
		.path_bytes = string.length,
	};
	memcpy(attach + 1, string.text, string.length);
	error = device_call(WSL4_IOCTL_ATTACH, attach, bytes, result,
			    sizeof(*result), NULL);
	free(attach);
	if (error == ERROR_NOT_READY)
		device_explain_end();
	if (error)
		die(EXIT_OTHER, "The linux service did not attach %s (Windows error %lu).",
		    path, error);
	if (result->result == WSL4_ATTACH_REFUSED)
		die(EXIT_OTHER, "%s cannot be attached: %s.", path,
		    result->message);
}

/* Is it one of the options, between commas? */
static bool has_option(const char *options, const char *word)
{
	size_t length = strlen(word);

	while (*options) {
		if (!strncmp(options, word, length) &&
		    (!options[length] || options[length] == ','))
			return true;
		options += strcspn(options, ",");
		options += *options == ',';
	}
	return false;
}

/* The last part of a path, with the partition behind it. */
static const char *default_name(const char *path, const char *partition)
{
	const char *name = path + strlen(path);
	size_t bytes;
	char *to;

	while (name > path && name[-1] != '/' && name[-1] != '\\' &&
	       name[-1] != ':')
		name--;
	bytes = strlen(name) + strlen(partition) + 2;
	to = allocate(bytes);
	snprintf(to, bytes, "%s%s%s", name, *partition ? "p" : "", partition);
	return to;
}

/* The number of a disk that is called \\.\PhysicalDriveN; NULL: another name. */
static const char *drive_number(const char *disk)
{
	static const char name[] = "\\\\.\\PhysicalDrive";
	const char *number = disk + sizeof(name) - 1;

	if (_strnicmp(disk, name, sizeof(name) - 1) || !*number ||
	    number[strspn(number, "0123456789")])
		return NULL;
	return number;
}

/*
 * Windows writes to the other partitions of a disk of its own: Linux gets this one
 * alone, by the name that Windows has for it.
 */
static void name_partition(struct mount_options *mount)
{
	const char *number = drive_number(mount->disk);
	char *name;

	if (!number || !*mount->partition)
		return;
	name = allocate(64);
	snprintf(name, 64, "\\\\.\\Harddisk%.9sPartition%.9s", number,
		 mount->partition);
	mount->disk = name;
	mount->partition = "";
}

void mount_disk(struct options *options)
{
	struct mount_options *mount = &options->mount;
	struct wsl4_attach_result result;
	const char *words[8];
	char number[16];

	name_partition(mount);
	device_open();
	attach_file(mount->disk, has_option(mount->options, "ro"), &result);
	device_close();
	snprintf(number, sizeof(number), "%u", (unsigned int)result.index);
	words[0] = number;
	words[1] = result.result == WSL4_ATTACH_THERE ? "0" : "1";
	words[2] = mount->partition;
	words[3] = mount->bare ? "1" : "0";
	words[4] = mount->type;
	words[5] = mount->options;
	words[6] = mount->name;
	words[7] = mount->disk;
	if (!*mount->name)
		words[6] = default_name(mount->disk, mount->partition);
	run_script(options, mount_script, words, 8);
}

void mount_undo(struct options *options)
{
	const char *disk = options->mount.disk, *number = drive_number(disk);
	const char *words[] = { "", disk, "" };
	char partitions[64];

	if (*disk)
		words[0] = utf8(nt_path(disk).text);
	if (number) {
		snprintf(partitions, sizeof(partitions),
			 "\\??\\Harddisk%.9sPartition", number);
		words[2] = partitions;
	}
	run_script(options, unmount_script, words, 3);
}
