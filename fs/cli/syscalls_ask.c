/* SPDX-License-Identifier: MIT */
/*
 * syscalls_ask.c - the caller of a system call: memory, descriptors, paths
 * (syscalls_ask.h).
 *
 * The server's own /proc has the caller's descriptors and directories.
 *
 * Called by the handlers of syscalls.c in its thread.  Locks: the session's,
 * through its door.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fs/cli/namespace.h"
#include "fs/cli/syscalls_ask.h"

#define NAME_LEN 32 /* "fdinfo/N" */
#define LINK_LEN (NAME_LEN + 32)
/* PIDFD_THREAD: a thread's descriptors, since Linux 6.9. */
#define OF_THREAD O_EXCL

int ask_arg_fd(const struct ask *a, unsigned nr)
{
	return (int)a->req->data.args[nr];
}

bool ask_stands(const struct ask *a)
{
	return !seccomp_notify_id_valid(a->listener, a->req->id);
}

int ask_read(const struct ask *a, uint64_t at, void *buf, size_t size)
{
	struct iovec local = { buf, size };
	struct iovec remote = { (void *)(uintptr_t)at, size };

	if (process_vm_readv((pid_t)a->req->pid, &local, 1, &remote, 1, 0) !=
	    (ssize_t)size)
		return -EFAULT;
	return ask_stands(a) ? 0 : -EFAULT;
}

int ask_write(const struct ask *a, uint64_t at, const void *buf, size_t size)
{
	struct iovec local = { (void *)(uintptr_t)buf, size };
	struct iovec remote = { (void *)(uintptr_t)at, size };

	if (!ask_stands(a) ||
	    process_vm_writev((pid_t)a->req->pid, &local, 1, &remote, 1, 0) !=
		    (ssize_t)size)
		return -EFAULT;
	return 0;
}

ssize_t ask_string(const struct ask *a, uint64_t at, char *buf, size_t size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t done = 0, len;
	const char *end;

	/* Page by page: the next one may not be there. */
	while (done < size) {
		len = page - (size_t)(at + done) % page;
		if (len > size - done)
			len = size - done;
		if (ask_read(a, at + done, buf + done, len))
			return -EFAULT;
		end = memchr(buf + done, '\0', len);
		if (end)
			return end - buf;
		done += len;
	}
	return -ENAMETOOLONG;
}

bool ask_look_at(const char *path, struct statx *stx)
{
	return !statx(AT_FDCWD, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		      STATX_TYPE | STATX_INO, stx);
}

static bool is_ours(const struct ask *a, const struct statx *stx)
{
	return a->tree->stx_mask &&
	       stx->stx_dev_major == a->tree->stx_dev_major &&
	       stx->stx_dev_minor == a->tree->stx_dev_minor;
}

/* What "/proc/TID/@name" leads to, if it is ours. */
static bool look_link(const struct ask *a, const char *name,
		      struct session_node *n)
{
	char path[LINK_LEN];
	struct statx stx;

	snprintf(path, sizeof(path), "/proc/%u/%s", a->req->pid, name);
	return ask_look_at(path, &stx) && is_ours(a, &stx) && ask_stands(a) &&
	       !session_look(a->session, stx.stx_ino, n);
}

/* A file of the caller's directory in /proc; false if it is not there. */
static bool read_text(const struct ask *a, const char *name, char *text,
		      size_t size)
{
	char path[LINK_LEN];
	ssize_t nr;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/%s", a->req->pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	nr = fd >= 0 ? read(fd, text, size - 1) : -1;
	if (fd >= 0)
		close(fd);
	text[nr > 0 ? nr : 0] = '\0';
	return nr > 0 && ask_stands(a);
}

/* The number behind @label, which begins a line. */
static unsigned long field(const char *text, const char *label, int base)
{
	const char *at = strstr(text, label);

	return at ? strtoul(at + strlen(label), NULL, base) : 0;
}

bool ask_fd(const struct ask *a, int fd, struct ask_fd *f)
{
	char name[NAME_LEN], text[512];

	snprintf(name, sizeof(name), "fd/%d", fd);
	if (fd < 0 || !look_link(a, name, &f->node))
		return false;
	snprintf(name, sizeof(name), "fdinfo/%d", fd);
	if (!read_text(a, name, text, sizeof(text)))
		return false;
	f->flags = (unsigned)field(text, "flags:", 8);
	f->pos = (off_t)field(text, "pos:", 10);
	return true;
}

bool ask_fd_reads(const struct ask_fd *f)
{
	return (f->flags & O_ACCMODE) != O_WRONLY && !(f->flags & O_PATH);
}

bool ask_fd_writes(const struct ask_fd *f)
{
	return (f->flags & O_ACCMODE) != O_RDONLY && !(f->flags & O_PATH);
}

/* Where the caller's own names begin with ours: no other mounts are there. */
static bool is_place(const struct ask *a, const char *path)
{
	const char *const *place = namespace_bound;
	const char *found = "/proc";
	char name[LINK_LEN + 32];
	struct statx stx;

	if (!namespace_is_below(path, found)) {
		while (*place && !namespace_is_below(path, *place))
			place++;
		found = *place;
	}
	if (!found)
		return false;
	snprintf(name, sizeof(name), "/proc/%u/root%s", a->req->pid, found);
	return ask_look_at(name, &stx) && is_ours(a, &stx);
}

/* Take "//", "/./" and a "/" at the end out; false for what goes up. */
static bool tidy(char *path)
{
	const char *from = path;
	char *to = path;
	size_t len;

	while (*from) {
		from += strspn(from, "/");
		len = strcspn(from, "/");
		if (len == 2 && !strncmp(from, "..", 2))
			return false;
		if (len && (len != 1 || *from != '.')) {
			*to++ = '/';
			memmove(to, from, len);
			to += len;
		}
		from += len;
	}
	*to = '\0';
	return true;
}

bool ask_path(const struct ask *a, int dirfd, uint64_t at,
	      struct session_node *n)
{
	char path[2 * PATH_MAX], name[NAME_LEN] = "cwd";
	size_t base = 0;
	ssize_t len;

	/* The string is put behind what it may begin from. */
	len = ask_string(a, at, path + PATH_MAX, PATH_MAX);
	if (len <= 0)
		return false;
	if (path[PATH_MAX] != '/') {
		if (dirfd != AT_FDCWD)
			snprintf(name, sizeof(name), "fd/%d", dirfd);
		if (!look_link(a, name, n) || !S_ISDIR(n->st.st_mode))
			return false;
		base = strlen(n->path);
		memcpy(path, n->path, base);
		path[base++] = '/';
	}
	memmove(path + base, path + PATH_MAX, (size_t)len + 1);
	if (!tidy(path) || (!base && !is_place(a, path)))
		return false;
	return !session_look_path(a->session, path, n) &&
	       !S_ISLNK(n->st.st_mode);
}

/* Of four ids the last: who the caller is to a file. */
static uint32_t fs_id(const char *status, const char *label)
{
	unsigned ids[4] = { 0 };
	const char *at = strstr(status, label);

	if (at)
		sscanf(at + strlen(label), "%u %u %u %u", &ids[0], &ids[1],
		       &ids[2], &ids[3]);
	return ids[3];
}

bool ask_who(const struct ask *a, struct tree_req *who)
{
	char status[4096];

	if (!read_text(a, "status", status, sizeof(status)))
		return false;
	who->pid = (int)a->req->pid;
	/* Who mounts plays root, as for every call. */
	who->uid = fs_id(status, "\nUid:");
	who->gid = fs_id(status, "\nGid:");
	if (who->uid == getuid())
		who->uid = 0;
	if (who->gid == getgid())
		who->gid = 0;
	return true;
}

/* The process that the caller is a thread of, or 0. */
static pid_t process_of(const struct ask *a)
{
	char status[4096];

	if (!read_text(a, "status", status, sizeof(status)))
		return 0;
	return (pid_t)field(status, "\nTgid:", 10);
}

int ask_take_fd(const struct ask *a, int fd)
{
	int got = -1, err, pidfd = pidfd_open((pid_t)a->req->pid, OF_THREAD);

	if (pidfd < 0 && errno == EINVAL)
		pidfd = pidfd_open(process_of(a), 0);
	if (pidfd >= 0)
		got = pidfd_getfd(pidfd, fd, 0);
	err = -errno;
	if (pidfd >= 0)
		close(pidfd);
	if (got >= 0 && !ask_stands(a)) {
		close(got);
		got = -1;
		err = -ESRCH;
	}
	return got >= 0 ? got : err;
}
