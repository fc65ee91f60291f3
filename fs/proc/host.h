/* SPDX-License-Identifier: MIT */
/*
 * host.h - the real processes beside the simulated tasks: /proc of `run`.
 *
 * A command that runs inside the machine has a real /proc under ours, of its
 * own pid namespace.  It is mounted twice, where only `run` mounts:
 *
 *	/proc/.host	all of it, read-only
 *	/proc/.task	its processes alone (subset=pid), with their knobs
 *
 * host_proc_dir is /proc for that case: everything that is simulated stays
 * what it is; what no machine has a model for (bus, filesystems, tty, ...)
 * is a link into .host, and `run` mounts what there is of it over the empty
 * directories of /proc/sys (net, user, ...).  A real process has a directory
 * whose oom_score_adj, oom_adj and oom_score are simulated, whose text files
 * are read through the server, and whose other names are links into .task,
 * so that the magic links of fd and ns work.
 *
 * A pid is the simulated task's if there is one; pids that only hold the
 * place of a task, or are our own, are hidden (host_hide()).
 *
 * A real process may hold memory of the machine: a task of the engine with
 * its pid, which fs/cli keeps as large as the process is.  Its directory is
 * still the real process's (host_set_real()).
 *
 * Ownership: struct host is machine_fs.host's, NULL but in `run`.
 * Locking: handlers, under the session's lock.  host_hide(), host_set_real()
 * and those that test for it: from anywhere.  What is known of a process is
 * under host.lock, which is taken before the engine's.
 */
#ifndef PROC_HOST_H
#define PROC_HOST_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "fs/vfs/tree.h"

struct machine_fs;

/* Where `run` mounts the real ones, in our /proc. */
#define HOST_ALL  ".host"
#define HOST_TASK ".task"

/* What the machine knows of a real process. */
struct host_task {
	struct host_task *next;
	int pid;
	uint64_t start;	 /* host's ticks; the same pid may come again */
	uint64_t start_here; /* the same moment in the machine's time */
	int adj, adj_min; /* oom_score_adj, and what it may go down to */
};

#define HOST_BUCKETS 256u

/*
 * Whoever keeps processes in the place of simulated tasks (fs/cli).  place
 * gives the pid, @pid itself if that is not 0, or -errno; end takes no lock
 * and does not wait.
 */
struct host_places {
	int (*place)(void *arg, int pid, const char *comm, bool kthread);
	void (*end)(void *arg, int pid);
	void *arg;
};

/*
 * Whoever keeps the engine's tasks of real processes (fs/cli).  The OOM killer
 * has chosen one, or one is gone; called under the engine's lock.
 */
struct host_reals {
	void (*killed)(void *arg, int pid);
	void (*gone)(void *arg, int pid);
	void *arg;
};

struct host {
	struct host_places places;    /* set by its owner; may be empty */
	struct host_reals reals;      /* the same */
	_Atomic uint64_t *hidden;     /* a bit a pid */
	_Atomic uint64_t *real;	      /* the same */
	pthread_mutex_t lock;	      /* of task[] and ns_ahead */
	struct host_task *task[HOST_BUCKETS];
	int64_t ns_ahead;	      /* of the host's clock, about */
	uint32_t *pid;	  /* sorted, of the listing under way */
	unsigned nr_pids, room;
};

/* 0 or -ENOMEM. */
int host_create(struct host **hp);

/* NULL is fine. */
void host_destroy(struct host *h);

/* Nobody sees the real process @pid, or (false) everybody does. */
void host_hide(struct host *h, int pid, bool hide);

bool host_is_hidden(const struct host *h, uint32_t pid);

/*
 * A process for a task that is going to be: its pid, @pid if that is not 0;
 * -EEXIST if a real one has it.  @pid where there can be no process: without
 * places, or a host, or beyond its limits.
 */
int host_place(struct host *h, int pid, const char *comm, bool kthread);

/* The task is gone, or was not to be.  Any thread, any lock. */
void host_end(struct host *h, int pid);

/* The engine's task @pid stands for the real process, or (false) does not. */
void host_set_real(struct host *h, int pid, bool real);
bool host_is_real(const struct host *h, uint32_t pid);

/* The OOM killer has chosen task @pid.  Under the engine's lock. */
void host_oom_killed(struct host *h, int pid);

/*
 * host_task.c: what is known of real process @pid, copied; met for the first
 * time it has its parent's oom_score_adj.  False: there is no such process.
 */
bool host_task_get(const struct machine_fs *mf, int pid, struct host_task *t);

/* /proc of `run`. */
const struct tree_dir *host_proc_dir(void);

/* host_task.c: the directories of real processes. */
extern const struct tree_index host_pid_index;

/* Who asks is a thread of this real process; 0 if it is none. */
int host_tgid(const struct tree_req *rq);

/* There is a real process @pid, and it is not hidden. */
bool host_has_pid(const struct tree_req *rq, uint32_t pid);

/* The number of a real process >= @from, or -1; 0 begins a new listing. */
int64_t host_next_pid(const struct tree_req *rq, uint32_t from);

#endif
