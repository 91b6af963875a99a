// SPDX-License-Identifier: GPL-2.0
/*
 * wsl4 --mount, --unmount and --list: Windows files as disks of Linux.
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
"index=$1 fresh=$2 part=$3 bare=$4 type=$5 options=$6 name=$7 called=$8\n"
"disk=/dev/ntblk$index node=/dev/ntblk$index${part:+p$part} dir=/mnt/wsl4/$name\n"
"fail() {\n"
"	[ $fresh = 0 ] || sh -c \"echo 1 >/sys/block/ntblk$index/detach\" 2>/dev/null\n"
"	echo \"wsl4: $1\" >&2\n"
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
"	[ $fresh = 1 ] || echo \"wsl4: $called was attached already\" >&2\n"
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

/* $1 NT path of the disk, or "", $2 the disk as the user called it */
static const char unmount_script[] =
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
"		[ \"$(lower \"$path\")\" = \"$(lower \"$1\")\" ] || [ \"$2\" = /dev/$disk ] || continue\n"
"	else\n"
"		case $root in /dev/$disk | /dev/${disk}p*) continue ;; esac\n"
"	fi\n"
"	found=1\n"
"	undo $disk && continue\n"
"	echo \"wsl4: ${2:-$path} is in use, and stays attached as /dev/$disk. See who uses it: wsl4 lsblk, wsl4 fuser -vm /dev/$disk\" >&2\n"
"	status=116\n"
"done\n"
"if [ -n \"$1\" ] && [ $found = 0 ]; then\n"
"	echo \"wsl4: $2 is not attached. See which disks are: wsl4 --list\" >&2\n"
"	status=119\n"
"fi\n"
"exit $status\n";

static const char list_script[] =
"printf '%-12s %10s  %-4s %s\\n' DEVICE MiB MODE PATH\n"
"for sys in /sys/block/ntblk*; do\n"
"	IFS= read -r path <$sys/nt_path || continue\n"
"	read -r sectors <$sys/size\n"
"	read -r ro <$sys/ro\n"
"	mode=rw\n"
"	[ $ro = 0 ] || mode=ro\n"
"	printf '%-12s %10s  %-4s %s\\n' /dev/${sys##*/} $((sectors / 2048)) $mode \"$path\"\n"
"done\n";

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

static void __attribute__((noreturn))
run_script(struct options *options, const char *script, const char **words,
	   int count)
{
	const char *argv[16] = { "sh", "-c", script, "wsl4" };

	memcpy(argv + 4, words, count * sizeof(*words));
	options->argv = (char **)argv;
	options->argc = 4 + count;
	options->user = "";
	options->directory = "/";
	run_command(options);
}

void mount_disk(struct options *options)
{
	const struct mount_options *mount = &options->mount;
	struct wsl4_attach_result result;
	char number[16];
	const char *words[] = {
		number, "1", mount->partition, mount->bare ? "1" : "0",
		mount->type, mount->options, mount->name, mount->disk,
	};

	device_open();
	attach_file(mount->disk, has_option(mount->options, "ro"), &result);
	device_close();
	snprintf(number, sizeof(number), "%u", (unsigned int)result.index);
	if (result.result == WSL4_ATTACH_THERE)
		words[1] = "0";
	if (!*mount->name)
		words[6] = default_name(mount->disk, mount->partition);
	run_script(options, mount_script, words, 8);
}

void mount_undo(struct options *options)
{
	const char *disk = options->mount.disk;
	const char *words[] = { "", disk };

	if (*disk)
		words[0] = utf8(nt_path(disk).text);
	run_script(options, unmount_script, words, 2);
}

void mount_list(struct options *options)
{
	run_script(options, list_script, NULL, 0);
}
