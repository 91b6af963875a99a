/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What wsl4.exe and the front end for Unix have in common: the command line,
 * the exit statuses, and the block that starts a program.
 */
#ifndef WSL4_OPTIONS_H
#define WSL4_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "abi.h"

#define WSL4_PROGRAM_VERSION	"0.1"

/* Exit statuses of wsl4's own. */
#define EXIT_STOPPED		115	/* Linux was shut down */
#define EXIT_BUSY		116	/* too many sessions, no resources */
#define EXIT_ACCESS		117	/* not an administrator */
#define EXIT_USAGE		118
#define EXIT_OTHER		119	/* anything else that went wrong */
#define EXIT_PANIC		120
#define EXIT_NO_ROOT		121	/* no root disk, or no init on it */
#define EXIT_NO_SERVICE		122
#define EXIT_NO_LOGIN		123
#define EXIT_NO_DIRECTORY	124
#define EXIT_NO_USER		125
#define EXIT_NOT_EXECUTABLE	126
#define EXIT_NO_PROGRAM		127

enum action {
	ACTION_RUN,
	ACTION_LOGIN,
	ACTION_STATUS,
	ACTION_SHUTDOWN,
	ACTION_DMESG,
	ACTION_MOUNT,
	ACTION_UNMOUNT,
	ACTION_EXPORT,
	ACTION_UNEXPORT,
	ACTION_LIST,
	ACTION_HELP,
	ACTION_VERSION,
	ACTION_FRONT,
};

/**
 * struct mount_options - what --mount and --unmount are about
 * @disk: a Windows path; "" with --unmount: all
 * @partition: a number, or ""
 * @type: a file system's type, or ""
 * @options: mount's, or ""
 * @name: of the folder below /mnt/wsl4, or of what is exported, or ""
 * @bare: only attach it
 */
struct mount_options {
	const char *disk;
	const char *partition;
	const char *type;
	const char *options;
	const char *name;
	bool bare;
};

/**
 * struct export_options - what --export and --unexport are about
 * @device: a path in Linux; of --unexport: that, or a name
 * @read_only: Windows shall only read it
 *
 * Its name is that of struct mount_options.
 */
struct export_options {
	const char *device;
	bool read_only;
};

/**
 * struct options - the command line, parsed
 * @action: what to do
 * @user: -u, or ""
 * @directory: --cd, or ""
 * @follow: -w of --dmesg
 * @back: path of --front
 * @mount: of --mount and --unmount
 * @export: of --export and --unexport
 * @argc: words of the command
 * @argv: the command
 * @error: what is wrong with the command line, or NULL
 * @word: the word that @error is about
 */
struct options {
	enum action action;
	const char *user;
	const char *directory;
	bool follow;
	const char *back;
	struct mount_options mount;
	struct export_options export;
	int argc;
	char **argv;
	const char *error;
	const char *word;
};

/* Parse; returns false with @error set when it makes no sense. */
bool options_parse(struct options *options, int argc, char **argv);

/* The text of --help. */
extern const char options_help[];

/**
 * start_block() - build the block that starts a program
 * @options: user, directory and command
 * @head: flags and window size; the rest is filled in
 * @env: variables, "NAME=value"
 * @envc: how many
 *
 * Return: the block, from malloc(); NULL when there is no memory, or it would
 * be too large.
 */
struct wsl4_start *start_block(const struct options *options,
			       const struct wsl4_start *head,
			       const char *const *env, unsigned int envc);

#endif
