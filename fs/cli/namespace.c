/* SPDX-License-Identifier: MIT */
/*
 * namespace.c - a view of the file system that only we and our children have.
 *
 * Called by run.c and run_init.c, in the order of namespace.h.  The mounts
 * are gone when the last process inside is, however it ends; nothing is
 * created on a disk, not even a mount point.  What is real is in
 * namespace_host.c.
 *
 * One thread, no locks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/cli/cmd.h"
#include "fs/cli/namespace.h"

#define MAP_LEN	 4096
#define PATH_LEN 256
#define ALL_NEW	 (CLONE_NEWUSER | CLONE_NEWNS)

/* Files and directories of the machine that stand at the same place here. */
const char *const namespace_bound[] = {
	"/sys/block",
	"/sys/devices/system/cpu",
	"/sys/devices/system/node",
	"/sys/kernel/debug",
	"/sys/kernel/mm",
	"/sys/kernel/tracing",
	"/dev/kmsg",
	NULL,
};

/* Switches that forbid user namespaces: where, and the value that does. */
static const struct {
	const char *file;
	const char *forbids;
	const char *enable;
} switches[] = {
	{ "/proc/sys/kernel/unprivileged_userns_clone", "0",
	  "sysctl kernel.unprivileged_userns_clone=1" },
	{ "/proc/sys/user/max_user_namespaces", "0",
	  "sysctl user.max_user_namespaces=10000" },
	{ "/proc/sys/user/max_mnt_namespaces", "0",
	  "sysctl user.max_mnt_namespaces=10000" },
	{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
	  "sysctl kernel.apparmor_restrict_unprivileged_userns=0" },
};

/* Mount points that sysfs has everywhere FUSE is; else empty directories. */
static const char *const mountpoints[] = {
	"/sys/fs/fuse/connections",
	"/sys/kernel/config",
	"/sys/kernel/debug",
	"/mnt",
	"/media",
	"/srv",
};

#define NR(table) (sizeof(table) / sizeof((table)[0]))

int namespace_need_fuse(void)
{
	int err, fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	err = -errno;
	cmd_warn("/dev/fuse: %s", strerror(errno));
	if (err == -ENOENT || err == -ENODEV || err == -ENXIO)
		cmd_warn("enable it with: modprobe fuse (in a container: "
			 "give it the device /dev/fuse)");
	else
		cmd_warn("enable it with: chmod 0666 /dev/fuse (in a "
			 "container: allow the device to it)");
	return err;
}

/* The first line of @file is @value. */
static bool file_says(const char *file, const char *value)
{
	size_t len = strlen(value);
	char buf[32];
	ssize_t nr;
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	nr = read(fd, buf, sizeof(buf));
	close(fd);
	return nr > (ssize_t)len && !memcmp(buf, value, len) &&
	       buf[len] == '\n';
}

static void explain(int err)
{
	size_t i;
	bool known = false;

	cmd_warn("user and mount namespaces: %s", strerror(-err));
	for (i = 0; i < NR(switches); i++) {
		if (!file_says(switches[i].file, switches[i].forbids))
			continue;
		cmd_warn("%s is %s, enable them with: %s", switches[i].file,
			 switches[i].forbids, switches[i].enable);
		known = true;
	}
	if (!known)
		cmd_warn("`run` needs a kernel with CONFIG_USER_NS; a "
			 "container around it must allow unshare(2) and "
			 "mount(2) (docker: --security-opt seccomp=unconfined "
			 "--security-opt apparmor=unconfined)");
}

int namespace_write(const char *path, const char *text, size_t len)
{
	int err = 0, fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len)
		err = errno ? -errno : -EIO;
	close(fd);
	return err;
}

/* The caller's own id becomes 0; what any user may write for himself. */
static int map_self(uid_t uid, gid_t gid)
{
	char map[64];
	int len, err;

	err = namespace_write("/proc/self/setgroups", "deny", 4);
	if (err && err != -ENOENT)
		return err;
	len = snprintf(map, sizeof(map), "0 %u 1\n", (unsigned)uid);
	err = namespace_write("/proc/self/uid_map", map, (size_t)len);
	if (err)
		return err;
	len = snprintf(map, sizeof(map), "0 %u 1\n", (unsigned)gid);
	return namespace_write("/proc/self/gid_map", map, (size_t)len);
}

/* A map that leaves every id as it is, made of the one we live in. */
static int same_ids(const char *from, char map[MAP_LEN])
{
	FILE *f = fopen(from, "re");
	unsigned inside, outside, nr;
	size_t used = 0;

	if (!f)
		return -errno;
	while (fscanf(f, "%u %u %u", &inside, &outside, &nr) == 3 &&
	       used < MAP_LEN)
		used += (size_t)snprintf(map + used, MAP_LEN - used,
					 "%u %u %u\n", inside, inside, nr);
	fclose(f);
	return used && used < MAP_LEN ? (int)used : -EINVAL;
}

int namespace_map(const char *own, const char *other, pid_t pid)
{
	static const char *const kinds[] = { "uid_map", "gid_map" };
	char map[MAP_LEN], path[PATH_LEN];
	size_t i;
	int len, err;

	for (i = 0; i < NR(kinds); i++) {
		snprintf(path, sizeof(path), "%s/%s", own, kinds[i]);
		len = same_ids(path, map);
		if (len < 0)
			return len;
		snprintf(path, sizeof(path), "%s/%d/%s", other, (int)pid,
			 kinds[i]);
		err = namespace_write(path, map, (size_t)len);
		if (err)
			return err;
	}
	return 0;
}

/* Wait for a byte, then map; _exit() since it is a copy of us. */
static void map_child(int fd, pid_t pid)
{
	char go;

	_exit(read(fd, &go, 1) == 1 &&
			      !namespace_map("/proc/self", "/proc", pid) ?
		      0 : 1);
}

/*
 * Enter a user namespace with all of root's ids.  Only a process outside may
 * write such a map, so one is left there for it.
 */
static int enter_as_root(void)
{
	pid_t self = getpid(), child;
	int fd[2], status = 0, err = 0;

	if (pipe2(fd, O_CLOEXEC))
		return -errno;
	child = fork();
	if (child < 0) {
		err = -errno;
	} else if (!child) {
		close(fd[1]);
		map_child(fd[0], self);
	} else {
		if (unshare(ALL_NEW))
			err = -errno;
		else if (write(fd[1], "g", 1) != 1)
			err = -EIO;
	}
	close(fd[1]);
	close(fd[0]);
	if (child > 0) {
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		if (!err && status)
			err = -EPERM;
	}
	return err;
}

static int enter_as_user(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(ALL_NEW))
		return -errno;
	return map_self(uid, gid);
}

/*
 * A cgroup namespace would give whoever is root outside the host's cgroups to
 * mount anew, writable.  The limit is that of the user namespace which we are
 * in by now; where it cannot be set /proc/sys is read-only for us as well, as
 * containers have it, with cgroups of their own.
 */
static void no_cgroup_namespaces(void)
{
	if (namespace_write("/proc/sys/user/max_cgroup_namespaces", "0", 1))
		return;
}

int namespace_enter(void)
{
	int err;

	err = geteuid() ? enter_as_user() : enter_as_root();
	/* No mount of ours may travel back. */
	if (!err && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err = -errno;
	if (err)
		explain(err);
	else
		no_cgroup_namespaces();
	return err;
}

pid_t namespace_fork(void)
{
	struct clone_args args = { .flags = CLONE_NEWPID | CLONE_NEWNS,
				   .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid >= 0 || errno != ENOSYS)
		return pid < 0 ? -errno : (pid_t)pid;
	/* Before Linux 5.3, or behind a filter that says so. */
	if (unshare(CLONE_NEWPID))
		return -errno;
	pid = fork();
	if (!pid && unshare(CLONE_NEWNS))
		_exit(CMD_FAIL);
	return pid < 0 ? -errno : (pid_t)pid;
}

const char *namespace_mountpoint(void)
{
	struct stat st;
	size_t i;

	for (i = 0; i < NR(mountpoints); i++) {
		if (!stat(mountpoints[i], &st) && S_ISDIR(st.st_mode))
			return mountpoints[i];
	}
	cmd_warn("no directory to mount on, expected /mnt");
	return NULL;
}

static int bind_one(const char *tree, const char *path)
{
	char from[PATH_LEN];
	struct stat st;

	snprintf(from, sizeof(from), "%s%s", tree, path);
	/* The tree itself stays in sight, wherever it had to be mounted. */
	if (!strcmp(tree, path) || stat(from, &st) || stat(path, &st))
		return 0;
	if (mount(from, path, NULL, MS_BIND, NULL)) {
		cmd_warn("%s: cannot lay the simulated one over it: %s", path,
			 strerror(errno));
		return -errno;
	}
	return 0;
}

bool namespace_is_below(const char *path, const char *dir)
{
	const size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}

int namespace_bind(const char *tree)
{
	char from[PATH_LEN];
	size_t i;
	int err;

	for (i = 0; namespace_bound[i]; i++) {
		err = bind_one(tree, namespace_bound[i]);
		if (err)
			return err;
	}
	/* Last, since what is above looks into the one that was there. */
	snprintf(from, sizeof(from), "%s/proc", tree);
	if (mount(from, "/proc", NULL, MS_BIND, NULL)) {
		cmd_warn("/proc: cannot lay the simulated one over it: %s",
			 strerror(errno));
		return -errno;
	}
	return 0;
}
