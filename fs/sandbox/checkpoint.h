/* SPDX-License-Identifier: MIT */
/*
 * checkpoint.h - MNT/sandbox/{checkpoint,restore}: keep a moment, go back.
 *
 *	echo NAME > checkpoint	the machine and all that its files keep, into
 *				NAME in the directory for checkpoints
 *	echo NAME > restore	the machine and its files become that again
 *	cat checkpoint		the name that this state was last saved as or
 *				brought back from; empty if there is none
 *	cat restore		the same, or, when the last write to either
 *				was refused, "NAME: why"
 *
 * A write is served in its turn with the requests on the clock and returns
 * when all is done.  An op that somebody waits for is waited for as long as
 * the clock moves (EBUSY then) by a checkpoint, and ended (EINTR) by a
 * restore.  A live machine stands still meanwhile and goes on; readers wait
 * while it is copied, not for the disk.
 *
 * A restored machine goes on exactly as the saved one would have.  Open files
 * stay open; readers of events, kmsg and the trace are told that they missed
 * something; pressure triggers begin anew.  World, rate and pause are the
 * mount's and stay.
 *
 * Neither write is in the log of what was done to the machine: a log with a
 * restore in it says {"lost":N} there and cannot be played again.
 *
 * NAME is one name, without "/" and without "." at its beginning; links are
 * not followed.  Nothing is changed by a write that is refused:
 *	EOPNOTSUPP  no directory was given (--checkpoints, -o checkpoints=);
 *		    or placeholders stand for the tasks (`run`), and restore
 *	EINVAL	    a bad name, no regular file, no checkpoint, of another
 *		    version
 *	EBADMSG	    damaged
 *	EXDEV	    of another machine
 *	EBUSY ELOOP ENOENT ENOSPC EROFS EACCES ENOMEM ...  as ever
 *
 * Ownership: struct checkpoints is in struct sandbox.  Locking: session's.
 */
#ifndef SANDBOX_CHECKPOINT_H
#define SANDBOX_CHECKPOINT_H

#include <limits.h>

#include "fs/sandbox/checkpoint_file.h"
#include "fs/vfs/file.h"

struct machine_fs;
struct vm_machine;

struct checkpoints {
	int dir; /* descriptor, not ours; -1: none */
	char last[NAME_MAX + 1];
	char why[NAME_MAX + CHECKPOINT_WHY]; /* of the last refusal, or "" */
};

tree_show checkpoint_show, restore_show;
extern const struct file_ops checkpoint_ops, restore_ops;

/*
 * Before the mount, for --restore: read the file @path, which must be of @m
 * (if that has no node: @m becomes the machine that it is of).  Seed and date
 * of @m become those of the checkpoint.  0, or -errno and @why.
 */
int checkpoint_open(struct checkpoint_in *in, const char *path,
		    struct vm_machine *m, char why[CHECKPOINT_WHY]);

/*
 * Make @mf and its machine what @in says, before anything runs; @name is
 * what it was read from.  0, or -errno and @why.
 */
int checkpoint_start(struct machine_fs *mf, const struct checkpoint_in *in,
		     const char *name, char why[CHECKPOINT_WHY]);

#endif
