// SPDX-License-Identifier: GPL-2.0
/*
 * The command line. wsl.exe's words, where they fit.
 */
#include <stdlib.h>
#include <string.h>
#include "options.h"

const char options_help[] =
"Usage: wsl4 [OPTIONS] [-e] [COMMAND [ARGUMENT...]]\n"
"       wsl4 --mount DISK [--partition N] [--bare] [--type T] [--options O]\n"
"            [--name NAME]\n"
"       wsl4 --unmount [DISK]\n"
"       wsl4 --export DEVICE [--name NAME] [--readonly]\n"
"       wsl4 --unexport DEVICE|NAME | --list\n"
"       wsl4 --status | --shutdown | --dmesg [-w] | --help | --version\n"
"\n"
"Runs a Linux program on the linux service; without a COMMAND, a login shell.\n"
"COMMAND is found along Linux's PATH and started as it is: no shell looks at\n"
"its arguments. For pipes and patterns say: wsl4 sh -c 'ls *.c | wc -l'\n"
"\n"
"  -u, --user USER   run as this user (default: root)\n"
"      --cd DIR      start in this Linux directory (default: the user's home)\n"
"  -e, --exec        what follows is the command (accepted for wsl.exe's sake)\n"
"  --                what follows is the command\n"
"      --status      show how Linux is\n"
"      --shutdown    shut Linux down orderly and stop the service\n"
"      --dmesg       print the kernel's log, also after a panic or a stop\n"
"  -w, --follow      with --dmesg: go on as the log grows\n"
"      --mount DISK  attach the image file DISK to Linux as /dev/ntblkN, and\n"
"                    mount its file system on /mnt/wsl4/NAME (default: its name)\n"
"        --partition N   mount this partition of it\n"
"        --bare          only attach it, and print the device's name\n"
"        --type T        the file system's type (default: what Linux finds)\n"
"        --options O     mount's options; with \"ro\" DISK is only read\n"
"      --unmount [DISK]  unmount and detach it; all but Linux's own without DISK\n"
"      --export DEVICE   make Linux's block device DEVICE, a volume of LVM's for\n"
"                    instance, the disk \\\\.\\NAME of Windows\n"
"        --name NAME     default: vg0-data for /dev/vg0/data\n"
"        --readonly      Windows only reads it\n"
"      --unexport X  undo that; X is DEVICE or NAME\n"
"      --list        list the disks that Linux has from Windows, and Windows from\n"
"                    Linux, and how far arrays are that are being rebuilt\n"
"  -h, --help        show this\n"
"      --version     show the version\n"
"\n"
"If standard output is a console, the program gets a terminal; standard streams\n"
"that are no console are passed on byte by byte.\n"
"\n"
"The exit status is the program's; 128 + N if signal N ended it. If there is no\n"
"program to tell it, it is wsl4's own:\n"
"  115  Linux was shut down while the program ran, or is stopped\n"
"  116  too many sessions, or no memory for one more\n"
"  117  no permission: run wsl4 as administrator\n"
"  118  the command line makes no sense\n"
"  119  something else went wrong\n"
"  120  Linux panicked\n"
"  121  Linux found no root disk, or no init on it\n"
"  122  the linux service is not running\n"
"  123  the Linux distribution cannot log this user in\n"
"  124  there is no such directory (--cd)\n"
"  125  there is no such user (-u)\n"
"  126  COMMAND is not executable\n"
"  127  there is no such COMMAND\n"
"\n"
"For front ends:\n"
"      --front PATH  take what to start, and all input, as frames from standard\n"
"                    input, and report through the pipe PATH (tools/wsl4/front.h)\n";

static bool complain(struct options *options, const char *error,
		     const char *word)
{
	options->error = error;
	options->word = word;
	return false;
}

/* The option's long or short name? */
static bool is(const char *word, const char *small, const char *large)
{
	return (small && !strcmp(word, small)) || !strcmp(word, large);
}

struct single {
	const char *small;
	const char *large;
	enum action action;
};

static const struct single singles[] = {
	{ NULL, "--status", ACTION_STATUS },
	{ NULL, "--shutdown", ACTION_SHUTDOWN },
	{ NULL, "--dmesg", ACTION_DMESG },
	{ NULL, "--list", ACTION_LIST },
	{ "-h", "--help", ACTION_HELP },
	{ NULL, "--version", ACTION_VERSION },
};

static const struct single *find_single(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(singles) / sizeof(singles[0]); i++)
		if (is(word, singles[i].small, singles[i].large))
			return &singles[i];
	return NULL;
}

struct valued {
	const char *small;
	const char *large;
	const char **value;
};

/* Where an option's value belongs, or NULL: it has none. */
static const char **find_value(struct options *options, const char *word)
{
	struct mount_options *mount = &options->mount;
	const struct valued list[] = {
		{ "-u", "--user", &options->user },
		{ NULL, "--cd", &options->directory },
		{ NULL, "--front", &options->back },
		{ NULL, "--mount", &mount->disk },
		{ NULL, "--partition", &mount->partition },
		{ NULL, "--type", &mount->type },
		{ NULL, "--options", &mount->options },
		{ NULL, "--name", &mount->name },
		{ NULL, "--export", &options->export.device },
		{ NULL, "--unexport", &options->export.device },
	};
	size_t i;

	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (is(word, list[i].small, list[i].large))
			return list[i].value;
	return NULL;
}

/* Takes the option's value, too. Returns how many words, 0: no such option. */
static int parse_option(struct options *options, char **argv)
{
	const struct single *single = find_single(argv[0]);
	const char **value = find_value(options, argv[0]);

	if (single) {
		options->action = single->action;
		return 1;
	}
	if (is(argv[0], "-w", "--follow")) {
		options->follow = true;
		return 1;
	}
	if (is(argv[0], NULL, "--bare")) {
		options->mount.bare = true;
		return 1;
	}
	if (is(argv[0], NULL, "--readonly")) {
		options->export.read_only = true;
		return 1;
	}
	if (is(argv[0], NULL, "--unmount")) {
		options->action = ACTION_UNMOUNT;
		if (!argv[1] || argv[1][0] == '-')
			return 1;
		options->mount.disk = argv[1];
		return 2;
	}
	if (!value)
		return 0;
	*value = argv[1];
	if (is(argv[0], NULL, "--mount"))
		options->action = ACTION_MOUNT;
	if (is(argv[0], NULL, "--export"))
		options->action = ACTION_EXPORT;
	if (is(argv[0], NULL, "--unexport"))
		options->action = ACTION_UNEXPORT;
	return argv[1] ? 2 : 1;
}

/* A partition's number, if it is given. */
static bool is_partition(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return !*text || (*end == '\0' && n >= 1 && n <= 255);
}

/* The first option that goes with --mount only, or NULL. */
static const char *option_of_mount(const struct mount_options *mount)
{
	if (mount->bare)
		return "--bare";
	if (*mount->partition)
		return "--partition";
	if (*mount->type)
		return "--type";
	if (*mount->options)
		return "--options";
	return NULL;
}

static bool check_export(struct options *options)
{
	const struct export_options *export = &options->export;
	bool exports = options->action == ACTION_EXPORT;

	if (exports || options->action == ACTION_UNEXPORT) {
		if (!export->device || !*export->device)
			return complain(options, "needs a block device of Linux's",
					exports ? "--export" : "--unexport");
	}
	if (export->read_only && !exports)
		return complain(options, "goes with --export only", "--readonly");
	return true;
}

static bool check_mount(struct options *options)
{
	const struct mount_options *mount = &options->mount;
	const char *stray;

	if (!mount->disk || (options->action == ACTION_MOUNT && !*mount->disk))
		return complain(options, "needs the path of a disk", "--mount");
	if (!mount->partition || !is_partition(mount->partition))
		return complain(options, "needs a number from 1 to 255",
				"--partition");
	if (!mount->type)
		return complain(options, "needs a file system", "--type");
	if (!mount->options)
		return complain(options, "needs options of mount", "--options");
	if (!mount->name || strchr(mount->name, '/') ||
	    !strcmp(mount->name, ".") || !strcmp(mount->name, ".."))
		return complain(options, "needs a name without /", "--name");
	if (options->action == ACTION_MOUNT)
		return true;
	if (*mount->name && options->action != ACTION_EXPORT)
		return complain(options, "goes with --mount and --export only",
				"--name");
	stray = option_of_mount(mount);
	return !stray || complain(options, "goes with --mount only", stray);
}

static bool check(struct options *options)
{
	if (!options->user || (options->user[0] == '-'))
		return complain(options, "needs the name of a user", "-u");
	if (!options->directory || !options->directory[0])
		return complain(options, "needs a directory", "--cd");
	if (options->follow && options->action != ACTION_DMESG)
		return complain(options, "goes with --dmesg only", "-w");
	if (!check_mount(options) || !check_export(options))
		return false;
	if (options->action != ACTION_LOGIN && options->argc)
		return complain(options, "is too much", options->argv[0]);
	return true;
}

bool options_parse(struct options *options, int argc, char **argv)
{
	bool more = true;
	int i = 1, n;

	memset(options, 0, sizeof(*options));
	options->action = ACTION_LOGIN;
	options->user = "";
	options->directory = "~";
	options->mount = (struct mount_options){
		.disk = "", .partition = "", .type = "", .options = "",
		.name = "",
	};
	options->export.device = "";
	while (more && i < argc && argv[i][0] == '-') {
		if (!strcmp(argv[i], "--") || is(argv[i], "-e", "--exec")) {
			more = false;
			i++;
			if (i == argc)
				return complain(options, "needs a command",
						argv[i - 1]);
			break;
		}
		n = parse_option(options, argv + i);
		if (!n)
			return complain(options, "is no option", argv[i]);
		if (options->back) {
			options->action = ACTION_FRONT;
			return true;
		}
		i += n;
	}
	options->argc = argc - i;
	options->argv = argv + i;
	if (!check(options))
		return false;
	if (!strcmp(options->directory, "~"))
		options->directory = "";
	if (options->argc)
		options->action = ACTION_RUN;
	return true;
}

static size_t text_bytes(const char *const *text, unsigned int count)
{
	size_t bytes = 0;

	for (; count; count--)
		bytes += strlen(*text++) + 1;
	return bytes;
}

static char *put_text(char *to, const char *const *text, unsigned int count)
{
	size_t bytes;

	for (; count; count--, text++) {
		bytes = strlen(*text) + 1;
		memcpy(to, *text, bytes);
		to += bytes;
	}
	return to;
}

struct wsl4_start *start_block(const struct options *options,
			       const struct wsl4_start *head,
			       const char *const *env, unsigned int envc)
{
	const char *const *argv = (const char *const *)options->argv;
	unsigned int argc = options->argc;
	struct wsl4_start *start;
	size_t bytes;
	char *to;

	bytes = sizeof(*start) + text_bytes(&options->user, 1) +
		text_bytes(&options->directory, 1) + text_bytes(argv, argc) +
		text_bytes(env, envc);
	if (bytes > WSL4_START_MAX_BYTES || argc > WSL4_START_MAX_STRINGS ||
	    envc > WSL4_START_MAX_STRINGS)
		return NULL;
	start = malloc(bytes);
	if (!start)
		return NULL;
	*start = *head;
	start->version = WSL4_CONSOLE_VERSION;
	start->bytes = bytes;
	start->argc = argc;
	start->envc = envc;
	start->reserved = 0;
	if (!argc)
		start->flags |= WSL4_START_LOGIN;
	to = put_text((char *)(start + 1), &options->user, 1);
	to = put_text(to, &options->directory, 1);
	to = put_text(to, argv, argc);
	put_text(to, env, envc);
	return start;
}
