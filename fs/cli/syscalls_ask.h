/* SPDX-License-Identifier: MIT */
/*
 * syscalls_ask.h - a call that the kernel asks about, and who makes it.
 *
 * The caller is named by the thread id that the filter reports, and waits for
 * the answer; it may be killed meanwhile, and its id be another's.  So what
 * was read is worth something only if ask_stands() says so afterwards; the
 * functions here that read or write look by themselves.
 *
 * Another of its threads may change memory or descriptors between our look
 * and the kernel's.  That is no harm: an answer that refuses is final, and
 * for all else the kernel looks again, with the caller's rights.
 *
 * Nothing here asks FUSE, since a question would be one to ourselves: files
 * are looked at as the kernel remembers them, and as the tree knows them.
 *
 * Errors: -errno.  Locks: none held by the caller; the session's is taken.
 */
#ifndef CLI_SYSCALLS_ASK_H
#define CLI_SYSCALLS_ASK_H

#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs/vfs/session.h"

struct statx;

/* What a handler returns for what is the kernel's to do. */
#define ASK_PASS 1

struct ask {
	const struct seccomp_notif *req;
	const struct statx *tree; /* whose device our files are on */
	struct session *session;
	int listener;
	int64_t value; /* what the call returns if the handler says 0 */
};

/* What a descriptor of the caller is about. */
struct ask_fd {
	struct session_node node;
	unsigned flags; /* of open(2) */
	off_t pos;
};

/* Argument @nr, as a descriptor. */
int ask_arg_fd(const struct ask *a, unsigned nr);

/* Does the caller still wait? */
bool ask_stands(const struct ask *a);

/* The caller's memory at @at: 0 or -EFAULT. */
int ask_read(const struct ask *a, uint64_t at, void *buf, size_t size);
int ask_write(const struct ask *a, uint64_t at, const void *buf, size_t size);

/* The string at @at: its length, -EFAULT, or -ENAMETOOLONG. */
ssize_t ask_string(const struct ask *a, uint64_t at, char *buf, size_t size);

/* What the kernel knows of @path without asking its file system. */
bool ask_look_at(const char *path, struct statx *stx);

/* Is descriptor @fd one of ours?  Then @f is filled in. */
bool ask_fd(const struct ask *a, int fd, struct ask_fd *f);

/* ... that bytes may be read from, or written to? */
bool ask_fd_reads(const struct ask_fd *f);
bool ask_fd_writes(const struct ask_fd *f);

/*
 * What the path at @at, from directory descriptor @dirfd, leads to, if it is
 * one of ours and no link.  Paths that go up, or to us by links from
 * elsewhere, are not followed: then it says false.
 */
bool ask_path(const struct ask *a, int dirfd, uint64_t at,
	      struct session_node *n);

/* Who the caller is to files, as our rules have it (tree_req). */
bool ask_who(const struct ask *a, struct tree_req *who);

/* The caller's descriptor @fd as ours too, or -errno. */
int ask_take_fd(const struct ask *a, int fd);

#endif
