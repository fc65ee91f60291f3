/* SPDX-License-Identifier: MIT */
/*
 * base.h - what the files of /proc/[pid] share.
 *
 * The pid, or the number of a thread, is rq->index[0], in task/<tid> too; what
 * is gone is -ESRCH for an open file, -ENOENT for a path.
 *
 * Locking: handlers only, session's lock; a task's snapshot is valid until
 * the next one is taken.
 */
#ifndef PROC_BASE_H
#define PROC_BASE_H

#include <stdbool.h>

#include <vm/task.h>

#include "fs/vfs/tree.h"

/* Where a task's mappings lie; the same for all tasks. */
#define PID_CODE  0x400000ull	    /* nothing is mapped there */
#define PID_ANON  0x7f0000000000ull /* its anonymous area */
#define PID_FILE  0x7e0000000000ull /* its file, if mapped */
#define PID_STACK 0x7ffffffff000ull

/* base.c: of simulated and of real processes. */
extern const struct tree_rules pid_rules;

/* The pid of the task that @rq's directory in /proc is of, 0 if gone. */
int pid_leader(const struct tree_req *rq);

/* The task, or the thread in its place, that @rq is about; NULL if gone. */
const struct vm_task_stat *pid_task(const struct tree_req *rq);

/* As ptrace_may_access(): root, or the same uid. */
bool pid_may_trace(const struct tree_req *rq, const struct vm_task_stat *t);

/*
 * What a write to oom_score_adj, oom_adj or clear_refs says (fact sheet H.4,
 * errata (b)3): white space and a sign around a number, in the first 12
 * bytes.  @decimal: no prefixes.  0; -EINVAL; -ERANGE beyond an int.  Pure.
 */
int pid_parse_int(const char *text, size_t len, bool decimal, int *value);

/* What their write(2) returns: never more than the kernel looked at.  Pure. */
ssize_t pid_knob_result(int err, size_t len);

/* What oom_adj shows for an oom_score_adj (errata (a)5).  Pure. */
int oom_adj_of_score_adj(int score_adj);

#endif
