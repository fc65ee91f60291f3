/* SPDX-License-Identifier: MIT */
/*
 * real_tasks.h - the real processes of `run` hold memory of the machine.
 *
 * Every process that lives inside has a task of the engine, of its pid and
 * name, that is as large as the process is: MemFree and Committed_AS count
 * it, and the OOM killer may choose it.  Then the process gets SIGKILL, as
 * its parent sees.  What the task holds is anonymous memory, in pages, as
 * many as the process's resident set (VmRSS) counts; pages that two processes
 * share count for both.  The machine may swap them out, the process does not
 * notice.
 *
 * A thread looks every REAL_SAMPLE_MS, and at once when a process that it
 * knows has ended; what starts and ends between is never seen.  For a live
 * clock only: what a process of the host needs is not the same twice.
 *
 *	real_tasks_start(&rt, vm, mf);	after the machine has started
 *	...
 *	real_tasks_stop(rt);
 *	machine_fs_detach(mf);
 *	real_tasks_destroy(rt);		before host and vm go
 *
 * Ownership: borrows @vm and @mf, whose host it tells who is real.
 * Locking: its own lock is innermost, taken under the engine's by the
 * observer; it is never held when the engine is called.
 * Errors: -errno.
 */
#ifndef CLI_REAL_TASKS_H
#define CLI_REAL_TASKS_H

#define REAL_SAMPLE_MS 200

struct host;
struct machine_fs;
struct real_tasks;
struct vm;

/* 0, -ENOMEM, -EAGAIN or what else the host has against a thread. */
int real_tasks_start(struct real_tasks **rtp, struct vm *vm,
		     struct machine_fs *mf);

/*
 * A machine that comes from a checkpoint has tasks for processes that were:
 * they end, unseen, at their next step.  Before anything is started.
 */
void real_tasks_bury(struct vm *vm, struct host *host);

/* No thread any more, no op; the machine goes on.  NULL is fine. */
void real_tasks_stop(struct real_tasks *rt);

/* When the observer is gone (machine_fs_detach()).  NULL is fine. */
void real_tasks_destroy(struct real_tasks *rt);

#endif
