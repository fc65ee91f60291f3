/* SPDX-License-Identifier: MIT */
/*
 * tasks.h - MNT/sandbox/tasks/<pid>: give a task work, ask how it is.
 *
 *	alloc free touch mlock	"64M" of its anonymous area
 *	read dirty		"64M" of its file, from where it stands
 *	exit			anything: it ends
 *	workload		what it was told to do, as spawn would take it
 *	latency			what memory management cost it
 *
 * A write returns when all of it is done, its direct reclaim included.
 * Errors: EINVAL (no size, not a multiple of a page, a kernel thread, no
 * file), ESRCH (the pid is gone), ENOMEM (refused, or killed on the way),
 * EINTR.  latency is "name value" lines, times in microseconds, and a line
 * "alloc_ns FROM TO COUNT" for every bucket of page allocations in use.
 */
#ifndef SANDBOX_TASKS_H
#define SANDBOX_TASKS_H

#include "fs/vfs/tree.h"

extern const struct tree_dir tasks_dir;

#endif
