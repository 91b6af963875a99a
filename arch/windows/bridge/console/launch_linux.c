// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's side of the launcher, see launch.h: its executable, a file in
 * memory; the file by which it and the kernel talk; and the one that takes
 * what runuser has to say.
 */
#define pr_fmt(fmt) "wsl4: " fmt

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/init.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "console_linux.h"
#include "launch.h"

extern const char nt_launch_start[], nt_launch_end[];

const char nt_launch_path[] = "/proc/self/fd/" __stringify(LAUNCH_EXE_FD);

static struct file *launch_exe;

static unsigned int error_of(int number)
{
	switch (number) {
	case ENOENT:
	case ENOTDIR:
		return WSL4_ERROR_NO_PROGRAM;
	case EACCES:
	case EPERM:
	case EISDIR:
		return WSL4_ERROR_NOT_EXECUTABLE;
	case ENOEXEC:
	case ELIBBAD:
		return WSL4_ERROR_BAD_FORMAT;
	case ENOMEM:
	case EAGAIN:
	case ENFILE:
	case EMFILE:
		return WSL4_ERROR_RESOURCES;
	}
	return WSL4_ERROR_OTHER;
}

static ssize_t launch_read(struct file *file, char __user *to, size_t count,
			   loff_t *position)
{
	struct nt_session *session = file->private_data;

	return simple_read_from_buffer(to, count, position, session->start,
				       session->start->bytes);
}

static ssize_t launch_write(struct file *file, const char __user *from,
			    size_t count, loff_t *position)
{
	struct nt_session *session = file->private_data;
	struct launch_error text;

	if (count != sizeof(text))
		return -EINVAL;
	if (copy_from_user(&text, from, sizeof(text)))
		return -EFAULT;
	if (text.number < 0 || text.number > MAX_ERRNO)
		return -EINVAL;
	if (text.error == WSL4_ERROR_NONE || text.error > WSL4_ERROR_OTHER)
		text.error = error_of(text.number);
	nt_session_started(session, text.error, text.number);
	return count;
}

static int take_streams(struct nt_session *session)
{
	unsigned int fd;
	int error;

	for (fd = 0; fd < NT_PIPES; fd++) {
		error = replace_fd(fd, nt_spawn_file(session, fd), 0);
		if (error < 0)
			return error;
	}
	return 0;
}

/* Once: the streams are dropped as soon as the program runs. */
static long launch_ioctl(struct file *file, unsigned int command,
			 unsigned long argument)
{
	struct nt_session *session = file->private_data;

	if (command != LAUNCH_TAKE)
		return -ENOTTY;
	if (cmpxchg(&session->launcher, 0, task_tgid_nr(current)))
		return -EBUSY;
	if (completion_done(&session->started))
		return -EPIPE;
	return take_streams(session);
}

/* Closed: by the launcher's exec, if it is the launcher and does not exit. */
static int launch_flush(struct file *file, fl_owner_t id)
{
	struct nt_session *session = file->private_data;

	if (READ_ONCE(session->launcher) == task_tgid_nr(current) &&
	    !(current->flags & PF_EXITING))
		nt_session_started(session, WSL4_ERROR_NONE, 0);
	return 0;
}

/* Closed by all: runuser has ended. */
static int launch_release(struct inode *inode, struct file *file)
{
	struct nt_session *session = file->private_data;

	nt_session_started(session, WSL4_ERROR_NO_LOGIN, 0);
	nt_session_put(session);
	return 0;
}

static const struct file_operations launch_fops = {
	.read		= launch_read,
	.write		= launch_write,
	.unlocked_ioctl	= launch_ioctl,
	.flush		= launch_flush,
	.release	= launch_release,
};

/* What runuser writes goes to the log: it explains why a login fails. */
struct words {
	struct mutex lock;	/* of what follows */
	unsigned int length;
	char text[200];
};

static void say_words(struct words *words)
{
	if (words->length)
		pr_info_ratelimited("%*pE\n", (int)words->length, words->text);
	words->length = 0;
}

static void add_word(struct words *words, char c)
{
	if (c != '\n' && words->length < sizeof(words->text))
		words->text[words->length++] = c;
	if (c == '\n' || words->length == sizeof(words->text))
		say_words(words);
}

static ssize_t words_write(struct file *file, const char __user *from,
			   size_t count, loff_t *position)
{
	struct words *words = file->private_data;
	char text[128];
	size_t i;

	count = min(count, sizeof(text));
	if (copy_from_user(text, from, count))
		return -EFAULT;
	mutex_lock(&words->lock);
	for (i = 0; i < count; i++)
		add_word(words, text[i]);
	mutex_unlock(&words->lock);
	return count;
}

static int words_release(struct inode *inode, struct file *file)
{
	say_words(file->private_data);
	kfree(file->private_data);
	return 0;
}

static ssize_t words_read(struct file *file, char __user *to, size_t count,
			  loff_t *position)
{
	return 0;
}

static const struct file_operations words_fops = {
	.read		= words_read,
	.write		= words_write,
	.release	= words_release,
};

static struct file *words_file(void)
{
	struct words *words;
	struct file *file;

	words = kzalloc(sizeof(*words), GFP_KERNEL);
	if (!words)
		return ERR_PTR(-ENOMEM);
	mutex_init(&words->lock);
	file = anon_inode_getfile("[wsl4-login]", &words_fops, words, O_RDWR);
	if (IS_ERR(file))
		kfree(words);
	return file;
}

/* Put a file at a number, and drop our reference to it. */
static int give(unsigned int fd, struct file *file)
{
	int error;

	if (IS_ERR(file))
		return PTR_ERR(file);
	error = replace_fd(fd, file, 0);
	fput(file);
	return error < 0 ? error : 0;
}

static int give_streams(struct nt_session *session)
{
	unsigned int fd;
	int error = 0;

	for (fd = 0; fd < NT_PIPES && !error; fd++) {
		/* By its terminal, logind knows the session. */
		if (fd < 2 && session->terminal)
			error = give(fd, get_file(session->terminal));
		else
			error = give(fd, words_file());
	}
	return error;
}

/**
 * nt_launch_prepare() - open what runuser and the launcher need
 * @session: the session; the calling process is about to become runuser
 *
 * Return: 0 or -errno.
 */
int nt_launch_prepare(struct nt_session *session)
{
	struct file *file;
	int error;

	if (!launch_exe)
		return -ENOMEM;
	error = give_streams(session);
	if (error)
		return error;
	kref_get(&session->ref);
	file = anon_inode_getfile("[wsl4-launch]", &launch_fops, session,
				  O_RDWR);
	if (IS_ERR(file))
		nt_session_put(session);
	error = give(LAUNCH_FD, file);
	if (error)
		return error;
	return give(LAUNCH_EXE_FD, get_file(launch_exe));
}

/* An executable must not be open for writing. */
static struct file *reopen(struct file *file)
{
	struct file *exe;

	exe = dentry_open(&file->f_path, O_RDONLY, current_cred());
	__fput_sync(file);
	return exe;
}

static int __init launch_init(void)
{
	size_t bytes = nt_launch_end - nt_launch_start;
	struct file *file;
	ssize_t written;

	file = shmem_kernel_file_setup("wsl4-launch", bytes, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	written = kernel_write(file, nt_launch_start, bytes, NULL);
	file = reopen(file);
	if (IS_ERR(file))
		return PTR_ERR(file);
	if (written != bytes) {
		fput(file);
		return -ENOMEM;
	}
	launch_exe = file;
	return 0;
}
late_initcall(launch_init);
