/* SPDX-License-Identifier: MIT */
/*
 * syscalls.h - system calls that no file answers: sysinfo, swapon, ...
 *
 * The command's process puts a filter on itself and all its children
 * (libseccomp); the kernel then asks the server, in a thread of its own,
 * what these calls shall give (seccomp_unotify(2)).  sysinfo(2) is answered
 * from the machine, so that sysconf(_SC_PHYS_PAGES) agrees with meminfo;
 * swapon(2) and swapoff(2) on an area of the machine are done there.  Other
 * devices are the kernel's to refuse.
 *
 * sendfile(2), splice(2) and copy_file_range(2) read by size, on hosts since
 * Linux 6.5, and the machine's files have none: from those they are refused
 * with EINVAL, as from any file that cannot be spliced, and programs go on
 * with read(2).  From all others they are the kernel's, after a question that
 * costs some microseconds a call, whatever it moves.
 *
 * A call of another architecture than ours is not looked at.
 *
 * A write(2) of no bytes, which the kernel keeps from FUSE, is done here if it
 * is to a file of /proc/sys; others of no bytes are the kernel's.
 *
 * Locking: the thread takes the engine's lock through its doors.
 * Errors: -errno.
 */
#ifndef CLI_SYSCALLS_H
#define CLI_SYSCALLS_H

struct sandbox;
struct session;
struct syscalls;

/*
 * In the command's process, as late as possible: the filter, and its
 * listener to the server through socket @fd.  What the host forbids is an
 * error, and nothing has changed then.
 */
int syscalls_install(int fd);

/*
 * In the server: wait on socket @fd for a listener, and serve it.  Takes @fd
 * over, borrows @session and @sandbox, whose log is told of swapon and
 * swapoff; our files are below @where.  0, -ENOMEM, -EAGAIN.
 */
int syscalls_start(struct syscalls **sp, const struct sandbox *sandbox,
		   struct session *session, int fd, const char *where);

/* What waits is answered EINTR.  NULL is fine. */
void syscalls_stop(struct syscalls *s);

#endif
