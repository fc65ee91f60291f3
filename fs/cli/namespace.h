/* SPDX-License-Identifier: MIT */
/*
 * namespace.h - a view of the system that only we and our children have.
 *
 * Private user, mount and pid namespaces.  Without privileges the caller's
 * uid and gid become 0 inside; root keeps all the ids it has.
 *
 * A user namespace alone does not protect the host's settings from root: the
 * owner of /proc/sys may write there whatever his capabilities are.  So
 *
 *	namespace_enter()	user and mount
 *	namespace_protect()	what steers the host becomes read-only
 *	namespace_fork()	pid 1 of a pid namespace, with its own mounts
 *	namespace_proc()	its own /proc, read-only
 *	...the server mounts on namespace_mountpoint()...
 *	namespace_dev()		a /dev with the machine's swap areas
 *	namespace_bind()	the simulated files over the real ones
 *	namespace_host()	the real /proc below the simulated one
 *	namespace_devices()	no device of the host can be opened
 *	namespace_verify()	all of that is so, or nothing may run
 *	...fork, the command...
 *	namespace_confine()	a second user namespace: what is mounted is
 *				locked, whatever capabilities one has in it
 *
 * In the second one nothing can be unmounted or made writable, and no fresh
 * proc or sysfs be mounted but read-only (fs/namespace.c:lock_mnt_tree,
 * mount_too_revealing).
 *
 * Errors are -errno, and why is on stderr with what to enable.  The process
 * must have one thread.
 */
#ifndef CLI_NAMESPACE_H
#define CLI_NAMESPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* 0 if /dev/fuse can be opened; else a message says what to do. */
int namespace_need_fuse(void);

/* Enter the namespaces; cannot be undone. */
int namespace_enter(void);

/*
 * A directory that exists on every system and that nobody misses, to mount
 * a tree on; NULL and a message if there is none.
 */
const char *namespace_mountpoint(void);

/* namespace_host.c: every proc, sysfs and the like that there is. */
int namespace_protect(void);

/*
 * As fork(): the child is pid 1 of a new pid namespace and has mounts of its
 * own, so that the parent's /proc stays what it is.  The child must not start
 * a thread (see placeholders_fork()).  -errno.
 */
pid_t namespace_fork(void);

/* namespace_host.c: in pid 1. */
int namespace_proc(void);

/*
 * namespace_dev.c: a /dev where the swap areas of @m have nodes, which are
 * files of @tree.  Where that cannot be it is said, and /dev is as it was.
 */
struct vm_machine;
void namespace_dev(const char *tree, const struct vm_machine *m);

/* namespace.c: where the simulated files lie but for /proc; NULL ends it. */
extern const char *const namespace_bound[];

/*
 * Lay the simulated files below @tree over the real ones.  What the kernel
 * does not have, or the tree does not, is left as it is; /proc is a must.
 */
int namespace_bind(const char *tree);

/* namespace_host.c: /proc/.host and /proc/.task (fs/proc/host.h). */
int namespace_host(void);

/*
 * namespace_nodev.c: every mount becomes nodev, but for the nodes in /dev that
 * all programs want, and a devpts of our own.
 */
int namespace_devices(void);

/* namespace.c: is @path @dir, or in it? */
bool namespace_is_below(const char *path, const char *dir);

/* namespace_host.c: "\040" stands for a blank in a path of mountinfo. */
void namespace_unescape(char *s);

/* namespace_host.c: no way to the host's settings but read-only ones. */
int namespace_verify(void);

/*
 * namespace_host.c, in the command's process: the second user namespace.
 * Sends a byte to @tell_fd when it wants its ids, and waits for one on
 * @wait_fd; the other side calls namespace_map_confined() between.
 */
int namespace_confine(int tell_fd, int wait_fd);
int namespace_map_confined(pid_t pid);

/*
 * namespace.c: give @pid, whose directory is in proc @other, a map that
 * leaves every id as it is, made of that in @own.
 */
int namespace_map(const char *own, const char *other, pid_t pid);

/* namespace.c: write @text in one go. */
int namespace_write(const char *path, const char *text, size_t len);

#endif
