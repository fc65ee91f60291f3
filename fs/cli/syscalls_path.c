/* SPDX-License-Identifier: MIT */
/*
 * syscalls_path.c - calls by name that FUSE is not asked about
 * (syscalls_path.h).
 *
 * Called by syscalls.c in its thread.  Locks: the session's, through its door.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "fs/cli/syscalls_ask.h"
#include "fs/cli/syscalls_file.h"
#include "fs/cli/syscalls_path.h"

/* What nobody may do by the mode is refused; the rest is the kernel's. */
static int by_mode(const struct session_node *n, int how)
{
	if (!n->mode_binds_root)
		return ASK_PASS;
	if (how & R_OK && !(n->st.st_mode & 0444))
		return -EACCES;
	if (how & W_OK && !(n->st.st_mode & 0222))
		return -EACCES;
	return ASK_PASS;
}

int syscalls_access(struct ask *a)
{
	const __u64 *args = a->req->data.args;
	const bool at = a->req->data.nr != SCMP_SYS(access);
	struct session_node n;

	if (!ask_path(a, at ? ask_arg_fd(a, 0) : AT_FDCWD, args[at], &n))
		return ASK_PASS;
	return by_mode(&n, (int)args[1 + at]);
}

int syscalls_watch(struct ask *a)
{
	struct session_node n;

	if (!ask_path(a, AT_FDCWD, a->req->data.args[1], &n))
		return ASK_PASS;
	return by_mode(&n, R_OK);
}

int syscalls_tmpfile(struct ask *a)
{
	const bool at = a->req->data.nr != SCMP_SYS(open);
	struct session_node n;

	if (!ask_path(a, at ? ask_arg_fd(a, 0) : AT_FDCWD,
		      a->req->data.args[at], &n) ||
	    !S_ISDIR(n.st.st_mode))
		return ASK_PASS;
	return by_mode(&n, W_OK);
}

int syscalls_statfs(struct ask *a)
{
	struct session_node n;
	struct statfs st;

	if (!ask_path(a, AT_FDCWD, a->req->data.args[0], &n) ||
	    syscalls_statfs_of(&n, &st))
		return ASK_PASS;
	return ask_write(a, a->req->data.args[1], &st, sizeof(st));
}
