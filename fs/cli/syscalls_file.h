/* SPDX-License-Identifier: MIT */
/*
 * syscalls_file.h - calls on descriptors that lead to files of the machine.
 *
 * What the kernel would do with such a descriptor by itself, without asking
 * FUSE: copy by a size that is 0, and leave out a write of no bytes, which
 * does something in /proc/sys (errata (b)1).
 *
 * A caller is named by the thread id that the filter reports.  It waits for
 * the answer, but another of its threads may change the descriptor meanwhile:
 * then what was asked for is done to the file that was looked at.
 *
 * Locking: none held by the caller; takes the session's.
 */
#ifndef CLI_SYSCALLS_FILE_H
#define CLI_SYSCALLS_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct session;
struct statx;

/* What the kernel knows of @path without asking its file system. */
bool syscalls_look_at(const char *path, struct statx *stx);

/* Does descriptor @fd of thread @tid lead to the device of @tree? */
bool syscalls_is_ours(const struct statx *tree, uint32_t tid, int fd);

/*
 * A write of no bytes to a file of /proc/sys that @fd leads to, which is
 * ours: 0 or what the handler says.  1: not of that kind, the kernel's.
 */
int syscalls_write_nothing(struct session *s, uint32_t tid, int fd);

#endif
