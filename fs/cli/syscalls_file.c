/* SPDX-License-Identifier: MIT */
/*
 * syscalls_file.c - calls on files of the machine that FUSE is not asked about
 * (syscalls_file.h).
 *
 * The server's own /proc has the caller's descriptors.  Their files are looked
 * at as the kernel remembers them: a question would be one to ourselves.
 *
 * Called by syscalls.c in its thread.  Locks: the session's, through its door.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/cli/syscalls_file.h"
#include "fs/vfs/session.h"

#define SYSCTL_DIR "/proc/sys/"

bool syscalls_look_at(const char *path, struct statx *stx)
{
	return !statx(AT_FDCWD, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		      STATX_TYPE, stx);
}

bool syscalls_is_ours(const struct statx *tree, uint32_t tid, int fd)
{
	char path[64];
	struct statx stx;

	snprintf(path, sizeof(path), "/proc/%u/fd/%d", tid, fd);
	return tree->stx_mask && syscalls_look_at(path, &stx) &&
	       stx.stx_dev_major == tree->stx_dev_major &&
	       stx.stx_dev_minor == tree->stx_dev_minor;
}

/* A file of the caller's directory in /proc; false if it is not there. */
static bool read_text(uint32_t tid, const char *name, char *text, size_t size)
{
	char path[64];
	ssize_t nr;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/%s", tid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	nr = fd >= 0 ? read(fd, text, size - 1) : -1;
	if (fd >= 0)
		close(fd);
	text[nr > 0 ? nr : 0] = '\0';
	return nr > 0;
}

/* The number behind @label, which begins a line. */
static unsigned long field(const char *text, const char *label, int base)
{
	const char *at = strstr(text, label);

	return at ? strtoul(at + strlen(label), NULL, base) : 0;
}

/* Where the descriptor stands, if it may be written by. */
static bool writable(uint32_t tid, int fd, off_t *offset)
{
	char name[32], text[512];
	unsigned long flags;

	snprintf(name, sizeof(name), "fdinfo/%d", fd);
	if (!read_text(tid, name, text, sizeof(text)))
		return false;
	flags = field(text, "flags:", 8);
	*offset = (off_t)field(text, "pos:", 10);
	return (flags & O_ACCMODE) != O_RDONLY && !(flags & O_PATH);
}

/* Who the caller is to a file: the last of four ids. */
static uint32_t fs_id(const char *status, const char *label)
{
	unsigned ids[4] = { 0 };
	const char *at = strstr(status, label);

	if (at)
		sscanf(at + strlen(label), "%u %u %u %u", &ids[0], &ids[1],
		       &ids[2], &ids[3]);
	return ids[3];
}

int syscalls_write_nothing(struct session *s, uint32_t tid, int fd)
{
	struct session_call call = { .what = "write", .text = "" };
	char link[64], path[PATH_MAX], status[4096];
	struct tree_req who = { .priv = NULL };
	ssize_t nr;

	snprintf(link, sizeof(link), "/proc/%u/fd/%d", tid, fd);
	nr = readlink(link, path, sizeof(path) - 1);
	if (nr <= 0 || !writable(tid, fd, &call.offset) ||
	    !read_text(tid, "status", status, sizeof(status)))
		return 1;
	path[nr] = '\0';
	call.path = strstr(path, SYSCTL_DIR);
	if (!call.path)
		return 1;
	who.pid = (int)tid;
	/* Who mounts plays root, as for every call. */
	who.uid = fs_id(status, "\nUid:");
	who.gid = fs_id(status, "\nGid:");
	if (who.uid == getuid())
		who.uid = 0;
	if (who.gid == getgid())
		who.gid = 0;
	call.opener = who.uid;
	return (int)session_local_call(s, &call, &who);
}
