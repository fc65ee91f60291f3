/* SPDX-License-Identifier: MIT */
/*
 * namespace_host.c - what is real, and how far: read-only, below .host.
 *
 * Whatever is mounted of the kernel's own file systems becomes read-only in
 * our mount namespace, before anything runs in it, and is looked at again
 * before the command starts.  The order is in namespace.h.
 *
 * The processes' own files must be writable (uid_map, comm, the magic links
 * of fd): they come from a proc that has nothing else (subset=pid).  Such a
 * proc would allow a fresh, complete one to be mounted by whoever has a pid
 * namespace, unless something is mounted in it that hides a part: pid 1.
 *
 * One thread, no locks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "fs/cli/cmd.h"
#include "fs/cli/namespace.h"
#include "fs/proc/host.h"

#define NR(table)  (sizeof(table) / sizeof((table)[0]))
#define HOST_DIR   "/proc/" HOST_ALL
#define TASK_DIR   "/proc/" HOST_TASK
#define PROC_FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)
#define FUSE_MAGIC 0x65735546 /* FUSE_SUPER_MAGIC */

/* File systems whose files steer the kernel. */
static const char *const steering[] = {
	"binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs",
	"efivarfs", "proc", "pstore", "resctrl", "securityfs", "selinuxfs",
	"sysfs", "tracefs",
};

/* The flags of the mount that @path is on: those may not be dropped. */
static unsigned long flags_of(const char *path)
{
	static const struct {
		unsigned long has, keep;
	} flags[] = {
		{ ST_NOSUID, MS_NOSUID },   { ST_NODEV, MS_NODEV },
		{ ST_NOEXEC, MS_NOEXEC },   { ST_NOATIME, MS_NOATIME },
		{ ST_NODIRATIME, MS_NODIRATIME },
		{ ST_RELATIME, MS_RELATIME },
	};
	unsigned long keep = 0;
	struct statvfs st;
	size_t i;

	if (statvfs(path, &st))
		return 0;
	for (i = 0; i < NR(flags); i++) {
		if (st.f_flag & flags[i].has)
			keep |= flags[i].keep;
	}
	return keep;
}

void namespace_unescape(char *s)
{
	char *to = s;
	unsigned code;

	while (*s) {
		if (s[0] == '\\' && sscanf(s + 1, "%3o", &code) == 1) {
			*to++ = (char)code;
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* The mount point in a line of mountinfo if its file system steers. */
static char *steering_mount(char *line)
{
	char *type = strstr(line, " - "), *path = line, *end;
	unsigned field;
	size_t i, len;

	if (!type)
		return NULL;
	type += 3;
	len = strcspn(type, " ");
	for (i = 0; i < NR(steering); i++)
		if (strlen(steering[i]) == len &&
		    !strncmp(steering[i], type, len))
			break;
	if (i == NR(steering))
		return NULL;
	for (field = 0; path && field < 4; field++)
		path = strchr(path + 1, ' ');
	end = path ? strchr(path + 1, ' ') : NULL;
	if (!end)
		return NULL;
	*end = '\0';
	namespace_unescape(path + 1);
	return path + 1;
}

/* Call @fn for each; what is said by the first that fails. */
static int each_steering(const char *mountinfo, int (*fn)(const char *path))
{
	FILE *f = fopen(mountinfo, "re");
	char *line = NULL, *path;
	size_t size = 0;
	int err = 0;

	if (!f) {
		cmd_warn("%s: %s", mountinfo, strerror(errno));
		return -ENOENT;
	}
	while (!err && getline(&line, &size, f) > 0) {
		path = steering_mount(line);
		if (path)
			err = fn(path);
	}
	free(line);
	fclose(f);
	return err;
}

static int read_only(const char *path)
{
	const unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY;

	if (!mount(NULL, path, NULL, flags | flags_of(path), NULL))
		return 0;
	/* Covered or out of sight: nobody gets there by name either. */
	if (errno == EINVAL || errno == ENOENT || errno == EACCES)
		return 0;
	cmd_warn("%s: cannot be made read-only: %s", path, strerror(errno));
	return -errno;
}

int namespace_protect(void)
{
	return each_steering("/proc/self/mountinfo", read_only);
}

static int no_proc(const char *path)
{
	int err = -errno;

	cmd_warn("%s: cannot mount proc: %s", path, strerror(-err));
	if (err == -EPERM)
		cmd_warn("a container that hides parts of /proc forbids it "
			 "(docker: --security-opt systempaths=unconfined)");
	return err;
}

int namespace_proc(void)
{
	if (mount("proc", "/proc", "proc", PROC_FLAGS | MS_RDONLY, NULL))
		return no_proc("/proc");
	return 0;
}

/* Processes alone, with their knobs; without them on kernels before 5.8. */
static int mount_tasks(void)
{
	const char *init = TASK_DIR "/1";

	if (mount("proc", TASK_DIR, "proc", PROC_FLAGS, "subset=pid") &&
	    (errno != EINVAL || mount("proc", TASK_DIR, "proc",
				      PROC_FLAGS | MS_RDONLY, NULL)))
		return no_proc(TASK_DIR);
	if (mount(init, init, NULL, MS_BIND, NULL) ||
	    mount(NULL, init, NULL,
		  MS_REMOUNT | MS_BIND | MS_RDONLY | flags_of(init), NULL)) {
		cmd_warn("%s: cannot be covered: %s", init, strerror(errno));
		return -errno;
	}
	return 0;
}

/* What /proc/sys has beside the machine's: sysctl(8) follows no links. */
static int bind_settings(void)
{
	static const char *const names[] = {
		"abi", "crypto", "debug", "dev", "net", "user",
	};
	char from[64], to[64];
	size_t i;

	for (i = 0; i < NR(names); i++) {
		snprintf(from, sizeof(from), HOST_DIR "/sys/%s", names[i]);
		snprintf(to, sizeof(to), "/proc/sys/%s", names[i]);
		if (access(from, F_OK) || access(to, F_OK) ||
		    !mount(from, to, NULL, MS_BIND, NULL))
			continue;
		cmd_warn("%s: cannot be laid over %s: %s", from, to,
			 strerror(errno));
		return -errno;
	}
	return 0;
}

int namespace_host(void)
{
	int err;

	if (mount("proc", HOST_DIR, "proc", PROC_FLAGS | MS_RDONLY, NULL))
		return no_proc(HOST_DIR);
	err = bind_settings();
	return err ? err : mount_tasks();
}

static bool is_fuse(const char *path)
{
	struct statfs st;

	return !statfs(path, &st) && st.f_type == FUSE_MAGIC;
}

static int must_be_read_only(const char *path)
{
	struct statvfs st;

	if (namespace_is_below(path, TASK_DIR))
		return 0; /* has no settings: see below */
	if (statvfs(path, &st) || st.f_flag & ST_RDONLY || is_fuse(path))
		return 0;
	cmd_warn("%s: would be writable inside", path);
	return -EPERM;
}

int namespace_verify(void)
{
	if (!is_fuse("/proc/sys/vm") || !is_fuse("/proc/meminfo")) {
		cmd_warn("/proc: the simulated one does not stand");
		return -ENOENT;
	}
	if (!access(HOST_DIR "/sys/vm/swappiness", W_OK) ||
	    !access(TASK_DIR "/sys/vm/swappiness", W_OK)) {
		cmd_warn("the host's settings would be writable inside");
		return -EPERM;
	}
	return each_steering(HOST_DIR "/1/mountinfo", must_be_read_only);
}

int namespace_map_confined(pid_t pid)
{
	return namespace_map(HOST_DIR "/1", TASK_DIR, pid);
}

int namespace_confine(int tell_fd, int wait_fd)
{
	char go = 'g';

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS)) {
		cmd_warn("a user namespace in ours: %s", strerror(errno));
		return -errno;
	}
	if (write(tell_fd, &go, 1) != 1 || read(wait_fd, &go, 1) != 1) {
		cmd_warn("the ids of the command cannot be mapped");
		return -EPERM;
	}
	return 0;
}
