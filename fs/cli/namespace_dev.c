/* SPDX-License-Identifier: MIT */
/*
 * namespace_dev.c - a /dev of our own, with a node for every swap area.
 *
 * swapon(8) looks at a device before it asks the kernel for it, so there must
 * be one by its name, and nobody but the host's root can make a name in the
 * host's /dev.  Ours is a small tmpfs that leads to the real one, which stands
 * at /dev/.host: by links, but for disks and the few others whose own name
 * people look at, and for terminals and shared memory.  The areas' nodes and
 * the log are the tree's files.
 *
 * Called by run_init.c, before namespace_bind().  What cannot be done is said
 * once, and /dev is then the real one.  One thread, no locks.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vm/machine.h>

#include "fs/cli/cmd.h"
#include "fs/cli/namespace.h"
#include "fs/proc/swap_node.h"

#define DEV	 "/dev"
#define HOST_DEV DEV "/.host"
#define DEV_OPTS "mode=755,size=1m"

/* Bound, not linked: by what `ls -l` says of them programs know them. */
static const char *const own_names[] = {
	"full", "fuse", "mqueue", "null", "pts", "random", "shm", "tty",
	"urandom", "zero",
};

static bool is_own(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(own_names) / sizeof(own_names[0]); i++)
		if (!strcmp(own_names[i], name))
			return true;
	return false;
}

/* An empty file or directory to mount on; what was there is a link. */
static int make_place(const char *path, bool dir)
{
	int fd;

	unlink(path);
	if (dir)
		return mkdir(path, 0755) ? -errno : 0;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int bind_over(const char *from, const char *to)
{
	return mount(from, to, NULL, MS_BIND | MS_REC, NULL) ? -errno : 0;
}

/* @to leads to @from: the same link, the same thing, or a link to it. */
static int mirror_one(const char *from, const char *to, bool own)
{
	char target[PATH_MAX];
	struct stat st;
	ssize_t len;
	int err;

	if (lstat(from, &st))
		return 0; /* gone meanwhile */
	if (S_ISLNK(st.st_mode)) {
		len = readlink(from, target, sizeof(target) - 1);
		if (len < 0)
			return -errno;
		target[len] = '\0';
		return symlink(target, to) ? -errno : 0;
	}
	if (!own && !S_ISBLK(st.st_mode))
		return symlink(from, to) ? -errno : 0;
	err = make_place(to, S_ISDIR(st.st_mode));
	return err ? err : bind_over(from, to);
}

/* Everything in the real directory; @below is "" or "/mapper". */
static int mirror(const char *below)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct dirent *e;
	int err = 0;
	DIR *dir;

	snprintf(from, sizeof(from), HOST_DEV "%s", below);
	dir = opendir(from);
	if (!dir)
		return -errno;
	while (!err && (e = readdir(dir))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(from, sizeof(from), HOST_DEV "%s/%s", below,
			 e->d_name);
		snprintf(to, sizeof(to), DEV "%s/%s", below, e->d_name);
		err = mirror_one(from, to, !*below && is_own(e->d_name));
	}
	closedir(dir);
	return err;
}

/* The directories above @path are ours, with what the real ones have. */
static int make_parents(const char *path)
{
	char dir[PATH_MAX], real[PATH_MAX + sizeof(HOST_DEV)];
	const char *slash = path + strlen(DEV);
	struct stat st;
	int err = 0;

	while (!err && (slash = strchr(slash + 1, '/'))) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
		if (!lstat(dir, &st) && S_ISDIR(st.st_mode))
			continue;
		err = make_place(dir, true);
		snprintf(real, sizeof(real), HOST_DEV "%s",
			 dir + strlen(DEV));
		if (!err && !stat(real, &st) && S_ISDIR(st.st_mode))
			err = mirror(dir + strlen(DEV));
	}
	return err;
}

/* The node of area @nr of the machine. */
static int make_node(const char *tree, const char *path, uint32_t nr)
{
	char from[PATH_MAX];
	int err = make_parents(path);

	snprintf(from, sizeof(from), "%s/dev/" SWAP_NODE "%u", tree, nr);
	if (!err)
		err = make_place(path, false);
	return err ? err : bind_over(from, path);
}

static bool is_device(const struct vm_swap_conf *swap)
{
	return !strncmp(swap->path, DEV "/", strlen(DEV "/")) &&
	       !strstr(swap->path, "/../") && !strstr(swap->path, "/.host/");
}

static int make_nodes(const char *tree, const struct vm_machine *m)
{
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < m->nr_swaps; i++)
		if (is_device(&m->swap[i]))
			err = make_node(tree, m->swap[i].path, i);
	return err;
}

/* The log, by its name and, so that the real one is out of sight, there. */
static int make_log(const char *tree)
{
	char from[PATH_MAX];
	int err;

	snprintf(from, sizeof(from), "%s/dev/kmsg", tree);
	err = make_place(DEV "/kmsg", false);
	if (!err && !access(HOST_DEV "/kmsg", F_OK))
		err = bind_over(from, HOST_DEV "/kmsg");
	return err;
}

static int fill(const char *tree, const struct vm_machine *m, int real_fd)
{
	int err;

	if (mkdir(HOST_DEV, 0755) ||
	    move_mount(real_fd, "", AT_FDCWD, HOST_DEV,
		       MOVE_MOUNT_F_EMPTY_PATH))
		return -errno;
	err = mirror("");
	if (!err)
		err = make_log(tree);
	return err ? err : make_nodes(tree, m);
}

static bool wanted(const struct vm_machine *m)
{
	uint32_t i;

	for (i = 0; i < m->nr_swaps; i++)
		if (is_device(&m->swap[i]))
			return true;
	return false;
}

void namespace_dev(const char *tree, const struct vm_machine *m)
{
	int real_fd, err = 0;

	if (!wanted(m))
		return;
	/* A copy, since the mount over /dev will be below what is there. */
	real_fd = open_tree(AT_FDCWD, DEV,
			    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
				    AT_RECURSIVE);
	if (real_fd < 0)
		err = -errno;
	else if (mount("dev", DEV, "tmpfs", MS_NOSUID | MS_NOEXEC, DEV_OPTS))
		err = -errno;
	else if ((err = fill(tree, m, real_fd)))
		umount2(DEV, MNT_DETACH);
	if (real_fd >= 0)
		close(real_fd);
	if (err)
		cmd_warn("run: swap areas have no nodes in " DEV ": %s",
			 strerror(-err));
}
