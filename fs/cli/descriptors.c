/* SPDX-License-Identifier: MIT */
/*
 * descriptors.c - close what leads out (descriptors.h).
 *
 * Called by run.c, when /proc is still the host's.  One thread, no locks.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fs/cli/cmd.h"
#include "fs/cli/descriptors.h"

#define NR(table) (sizeof(table) / sizeof((table)[0]))

/* Those that <linux/magic.h> has not. */
#define CONFIGFS_MAGIC 0x62656570
#define FUSECTL_MAGIC  0x65735543
#define RESCTRL_MAGIC  0x7655821

/* File systems whose files steer the kernel; namespace_host.c by name. */
static const unsigned long steering[] = {
	BINFMTFS_MAGIC,	     BPF_FS_MAGIC,   CGROUP_SUPER_MAGIC,
	CGROUP2_SUPER_MAGIC, CONFIGFS_MAGIC, DEBUGFS_MAGIC,
	EFIVARFS_MAGIC,	     FUSECTL_MAGIC,  NSFS_MAGIC,
	PROC_SUPER_MAGIC,    PSTOREFS_MAGIC, RESCTRL_MAGIC,
	SECURITYFS_MAGIC,    SELINUX_MAGIC,  SYSFS_MAGIC,
	TRACEFS_MAGIC,
};

static bool steers(int fd)
{
	struct statfs st;
	size_t i;

	if (fstatfs(fd, &st))
		return true;
	for (i = 0; i < NR(steering); i++)
		if ((unsigned long)st.f_type == steering[i])
			return true;
	return false;
}

/* null, zero, full, random, urandom; fuse; what is a terminal. */
static bool is_harmless(int fd, dev_t dev)
{
	static const unsigned minors[] = { 3, 5, 7, 8, 9 };
	size_t i;

	for (i = 0; i < NR(minors); i++)
		if (dev == makedev(1, minors[i]))
			return true;
	return dev == makedev(10, 229) || isatty(fd);
}

/* What it is if it leads out; else NULL. */
static const char *leads_out(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (flags < 0 || fstat(fd, &st))
		return NULL;
	if (S_ISDIR(st.st_mode) || flags & O_PATH)
		return "a directory or path";
	if (S_ISBLK(st.st_mode) ||
	    (S_ISCHR(st.st_mode) && !is_harmless(fd, st.st_rdev)))
		return "a device";
	if (S_ISREG(st.st_mode) && steers(fd))
		return "a file that steers the host";
	return NULL;
}

static int close_one(int fd)
{
	const char *what = leads_out(fd);
	int null;

	if (!what)
		return 0;
	cmd_warn("run: descriptor %d is %s: closed for the command", fd, what);
	if (fd > STDERR_FILENO) {
		close(fd);
		return 0;
	}
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, fd) < 0) {
		cmd_warn("/dev/null: %s", strerror(errno));
		return -errno;
	}
	close(null);
	return 0;
}

int descriptors_close(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;
	int err = 0, fd;

	if (!dir) {
		cmd_warn("/proc/self/fd: %s", strerror(errno));
		return -ENOENT;
	}
	while (!err && (e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		fd = (int)strtol(e->d_name, NULL, 10);
		/* ours, that of the listing among them */
		if (fcntl(fd, F_GETFD) & FD_CLOEXEC)
			continue;
		err = close_one(fd);
	}
	closedir(dir);
	return err;
}
