/* SPDX-License-Identifier: MIT */
/*
 * descriptors.h - what a command inside may not have open from outside.
 *
 * A descriptor leads to where it was opened, whatever is mounted over it
 * since: by one of a directory everything of the host can be reached, with
 * `..` as well, and what steers the host is writable there.  The magic links
 * in /proc/self/fd open a file once more, for writing too.  So of what `run`
 * was started with these are closed, each with a word on stderr:
 *
 *	directories, and names that were not opened (O_PATH)
 *	files of proc, sysfs and the like, and of namespaces
 *	devices, but for terminals and the ones of namespace_nodev.c
 *
 * Files, pipes and sockets stay.  0 to 2 become /dev/null instead.
 *
 * Ours have FD_CLOEXEC, which none has that was handed over; they stay.
 */
#ifndef CLI_DESCRIPTORS_H
#define CLI_DESCRIPTORS_H

/* Before the first namespace; one thread.  0, or -errno and a message. */
int descriptors_close(void);

#endif
