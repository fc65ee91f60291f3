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
 * Calls on the machine's files that the kernel answers for FUSE, without
 * asking, and otherwise than procfs: by descriptor in syscalls_file.h, by name
 * in syscalls_path.h.  What is not ours is the kernel's, after a question that
 * costs some 10 microseconds; the filter lets pass what its arguments say is
 * none.  A program's start asks two or three.
 *
 * A call of another architecture than ours is not looked at, nor is one by
 * io_uring.
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
