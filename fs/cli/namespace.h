/* SPDX-License-Identifier: MIT */
/*
 * namespace.h - a view of the file system that only we and our children have.
 *
 * A private mount namespace, in a user namespace of its own: in it this
 * process may mount, and nobody inside can undo what it mounts by looking
 * into the namespace outside.  Without privileges the caller's uid and gid
 * become 0 inside; root keeps all the ids it has.
 *
 * The user namespace alone does not protect the host's settings from root:
 * the owner of /proc/sys may write there whatever his capabilities are.  So
 * the files that steer the host are made read-only before anything else, and
 * a command only starts when that, and the simulated /proc/sys/vm over it,
 * stand.
 *
 * Errors are -errno, and why is on stderr with what to enable.  The process
 * must have one thread.
 */
#ifndef CLI_NAMESPACE_H
#define CLI_NAMESPACE_H

/* True if /dev/fuse can be opened; else a message says what to do. */
int namespace_need_fuse(void);

/* Enter the namespaces; cannot be undone. */
int namespace_enter(void);

/*
 * A directory that exists on every system and that nobody misses, to mount
 * a tree on; NULL and a message if there is none.
 */
const char *namespace_mountpoint(void);

/* Make the files that steer the host read-only.  Before namespace_bind(). */
int namespace_protect(void);

/*
 * Lay the simulated files below @tree over the real ones.  What the kernel
 * does not have, or the tree does not, is left as it is; but without a
 * simulated /proc/sys/vm it is an error.
 */
int namespace_bind(const char *tree);

#endif
