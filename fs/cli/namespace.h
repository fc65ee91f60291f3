/* SPDX-License-Identifier: MIT */
/*
 * namespace.h - a view of the file system that only we and our children have.
 *
 * A private mount namespace, in a user namespace of its own: in it this
 * process may mount, and no write of anybody inside can reach the host's
 * settings, since the host's files know them as nobody.  Without privileges
 * the caller's uid and gid become 0 inside; root keeps all the ids it has.
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

/*
 * Lay the simulated files below @tree over the real ones.  What the kernel
 * does not have, or the tree does not, is left as it is.
 */
int namespace_bind(const char *tree);

#endif
