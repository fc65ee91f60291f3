/* SPDX-License-Identifier: MIT */
/*
 * unmounter.h - a process beside the server that takes the mount away.
 *
 *	err = unmounter_start(&u, "/mnt");	// before all that is kept
 *	...mount, harden()...
 *	unmounter_call(&u);			// the mount is gone
 *	unmounter_stop(&u);
 *
 * To unmount takes root, or fusermount3, which has to become root; a server
 * that can become nothing (harden.h) can do neither.  This process is forked
 * when it has nothing yet, keeps no descriptor but a socket to the server,
 * takes no signal of the terminal, and does two things: say which
 * call a process is in, and unmount the one path
 * that it was started with, open files or not, when told.  It ends when it
 * has, or when the server is gone, however that came.
 *
 * Ownership: the caller's struct; zeroed, it is one that does not exist, and
 * all calls are fine with that.  One thread.  Errors: -errno.
 */
#ifndef CLI_UNMOUNTER_H
#define CLI_UNMOUNTER_H

#include <sys/types.h>

struct unmounter {
	pid_t pid;  /* 0: none */
	int socket; /* ours; owned */
};

int unmounter_start(struct unmounter *u, const char *mountpoint);

/* Unmount, and come back when that is done. */
void unmounter_call(struct unmounter *u);

/*
 * The text of the host's /proc/@pid/syscall, which who is under Landlock may
 * not read: a number, its arguments.  Its length, or 0.
 */
size_t unmounter_syscall(struct unmounter *u, int pid, char *buf, size_t size);

/* Without unmounting, if it has not been called. */
void unmounter_stop(struct unmounter *u);

#endif
