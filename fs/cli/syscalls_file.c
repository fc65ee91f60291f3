/* SPDX-License-Identifier: MIT */
/*
 * syscalls_file.c - calls on files of the machine that FUSE is not asked about
 * (syscalls_file.h).
 *
 * Called by syscalls.c in its thread.  Locks: the session's, through its door.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "fs/cli/namespace.h"
#include "fs/cli/syscalls_ask.h"
#include "fs/cli/syscalls_file.h"

/* f_flags: ST_VALID is the kernel's own, the other ST_RELATIME. */
#define PROC_FLAGS (0x20 | 0x1000)

int syscalls_write(struct ask *a)
{
	const bool at = a->req->data.nr == SCMP_SYS(pwrite64);
	struct session_call call = { .what = "write", .text = "" };
	struct tree_req who = { .priv = NULL };
	struct ask_fd f;
	ssize_t n;

	if (!ask_fd(a, ask_arg_fd(a, 0), &f) || !ask_fd_writes(&f) ||
	    !namespace_is_below(f.node.path, "/proc") || !ask_who(a, &who))
		return ASK_PASS;
	call.path = f.node.path;
	call.offset = at ? (off_t)a->req->data.args[3] : f.pos;
	call.opener = who.uid;
	if (call.offset < 0)
		return ASK_PASS;
	n = session_local_call(a->session, &call, &who);
	return n < 0 ? (int)n : 0;
}

/* A file that its own file system would map: none of ours. */
static int mmap_error(const char *path)
{
	const char *name = path + strlen("/proc/");

	if (namespace_is_below(path, "/sys"))
		return -ENODEV;
	if (!namespace_is_below(path, "/proc"))
		return ASK_PASS;
	if (namespace_is_below(path, "/proc/sys") ||
	    isdigit((unsigned char)*name))
		return -ENODEV;
	return -EIO; /* fs/proc/inode.c:proc_reg_mmap() has a method */
}

int syscalls_mmap(struct ask *a)
{
	const __u64 *args = a->req->data.args;
	struct ask_fd f;

	if (!args[1] || args[5] % (uint64_t)sysconf(_SC_PAGESIZE) ||
	    !ask_fd(a, ask_arg_fd(a, 4), &f))
		return ASK_PASS;
	if (!S_ISREG(f.node.st.st_mode) || !ask_fd_reads(&f))
		return ASK_PASS;
	return mmap_error(f.node.path);
}

int syscalls_ioctl(struct ask *a)
{
	struct ask_fd f;
	int left;

	if (!ask_fd(a, ask_arg_fd(a, 0), &f) ||
	    !S_ISREG(f.node.st.st_mode) || f.flags & O_PATH)
		return ASK_PASS;
	left = (int)(f.node.st.st_size - f.pos);
	return ask_write(a, a->req->data.args[2], &left, sizeof(left));
}

int syscalls_statfs_of(const struct session_node *n, struct statfs *st)
{
	static const struct {
		const char *dir;
		unsigned long type;
	} types[] = {
		{ "/proc", PROC_SUPER_MAGIC },
		{ "/sys/kernel/debug/tracing", TRACEFS_MAGIC },
		{ "/sys/kernel/debug", DEBUGFS_MAGIC },
		{ "/sys/kernel/tracing", TRACEFS_MAGIC },
		{ "/sys", SYSFS_MAGIC },
	};
	size_t i;

	memset(st, 0, sizeof(*st));
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!namespace_is_below(n->path, types[i].dir))
			continue;
		/* What there is no word for is 0 (fs/libfs.c). */
		st->f_type = (__typeof__(st->f_type))types[i].type;
		st->f_bsize = st->f_frsize = 4096;
		st->f_namelen = 255;
		st->f_flags = PROC_FLAGS;
		return 0;
	}
	return ASK_PASS;
}

int syscalls_fstatfs(struct ask *a)
{
	struct statfs st;
	struct ask_fd f;

	if (!ask_fd(a, ask_arg_fd(a, 0), &f) ||
	    syscalls_statfs_of(&f.node, &st))
		return ASK_PASS;
	return ask_write(a, a->req->data.args[1], &st, sizeof(st));
}
