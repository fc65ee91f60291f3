/* SPDX-License-Identifier: MIT */
/*
 * syscalls_path.h - calls by name on files of the machine.
 *
 * In /proc/sys nobody may do what the mode does not say, root neither
 * (fs/proc/proc_sysctl.c:proc_sys_permission()).  open(2) asks FUSE, and is
 * told so; these the kernel answers for FUSE, by root's CAP_DAC_OVERRIDE:
 *
 *	access, faccessat, faccessat2	  of reading or writing
 *	inotify_add_watch		  takes leave to read
 *	open, openat with O_TMPFILE	  takes leave to write the directory
 *
 * statfs is answered as fstatfs (syscalls_file.h).
 *
 * Each returns -errno, or ASK_PASS, also for all paths that go up or follow
 * links: the kernel answers those, as on a mount.  statfs returns 0 too.
 *
 * Locking: none held by the caller; takes the session's.
 */
#ifndef CLI_SYSCALLS_PATH_H
#define CLI_SYSCALLS_PATH_H

struct ask;

int syscalls_access(struct ask *a);
int syscalls_watch(struct ask *a);
int syscalls_tmpfile(struct ask *a);
int syscalls_statfs(struct ask *a);

#endif
