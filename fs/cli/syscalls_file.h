/* SPDX-License-Identifier: MIT */
/*
 * syscalls_file.h - calls on descriptors that lead to files of the machine.
 *
 * What the kernel would do with such a descriptor by itself, without asking
 * FUSE, and what procfs does:
 *
 *	write of no bytes   FUSE: nothing; the handler is called (errata (b)1)
 *	mmap, private	    FUSE: maps it; ENODEV, or EIO of what is neither a
 *			    sysctl nor a process's
 *	ioctl(FIONREAD)	    FUSE: from the end of the last write; from size 0
 *	fstatfs		    FUSE: says FUSE; proc, sysfs or tracefs, with the
 *			    flags that a kernel mounts proc with
 *	splice, sendfile    FUSE: nothing, by size; what a read gives
 *	copy_file_range	    FUSE: nothing, by size; EXDEV
 *
 * Each returns 0 and a->value, -errno, or ASK_PASS for what is not of that
 * kind, or is wrong in a way that the kernel says the same about.
 *
 * Locking: none held by the caller; takes the session's.
 */
#ifndef CLI_SYSCALLS_FILE_H
#define CLI_SYSCALLS_FILE_H

struct ask;
struct session_node;
struct statfs;

int syscalls_write(struct ask *a);
int syscalls_mmap(struct ask *a);
int syscalls_ioctl(struct ask *a);
int syscalls_fstatfs(struct ask *a);

/* What statfs(2) says of @n's file system: 0, or ASK_PASS if it is our own. */
int syscalls_statfs_of(const struct session_node *n, struct statfs *st);

/*
 * syscalls_copy.c: sendfile, splice and copy_file_range.  What a read gives
 * is moved if that cannot block: into files, and as much as fits into pipes
 * and sockets, for whoever plays root.  Else EINVAL, as of any file that
 * cannot be spliced, and programs go on with read(2).
 */
int syscalls_copy(struct ask *a);

#endif
