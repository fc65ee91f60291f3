/* SPDX-License-Identifier: MIT */
/*
 * driver.h - who lets the machine run while its files are answered.
 *
 * In the sim world nothing moves by itself and the request loop must not
 * wait, so one thread calls vm_run_until() in slices: for an advance or a
 * settle that somebody asked for, or as long as a task's op is in flight.  In
 * the threads world the machine runs by itself; the same requests then wait
 * for its clock.
 *
 * Requests on the clock are served one after another in the order they came
 * (so the same writes give the same run); ops run along with them.
 *
 * Every request owns a struct file_wait, which the driver completes: 0 turns
 * into the length that was written.
 *
 * Locking: the driver's lock guards its queue and is never held while the
 * engine or the file layer is called.  All functions may be called from a
 * handler.
 */
#ifndef SANDBOX_DRIVER_H
#define SANDBOX_DRIVER_H

#include <sys/types.h>

#include <vm/vm.h>

#include "fs/vfs/tree.h"

struct driver;
struct oplog;

enum clock_request {
	CLOCK_ADVANCE, /* arg: nanoseconds to go on */
	CLOCK_SETTLE,  /* arg: nanoseconds to wait at most, else -ETIME */
	CLOCK_MODE,    /* arg: enum vm_world_kind to switch to */
	CLOCK_RATE,    /* arg: thousandths, or DRIVER_RATE_MAX; at once */
	CLOCK_PAUSE,   /* arg: 0 or 1; the same */
	CLOCK_POPULATE, /* arg: pid of a task: until it has its first memory */
	CLOCK_CALL     /* driver_call() */
};

/*
 * The live clock's rate "max": as fast as the machine can be calculated.  The
 * driver then runs the sim world without a pause.
 */
#define DRIVER_RATE_MAX 0u

int driver_create(struct driver **dp, struct vm *vm);

/* The clock as its files show it; "max" is a live clock's rate. */
bool driver_live(struct driver *d);
uint32_t driver_rate(struct driver *d); /* or DRIVER_RATE_MAX */
bool driver_paused(struct driver *d);

/*
 * LIVE: stop and go on.  At rate "max" by CLOCK_PAUSE, which is through when
 * the machine stands.
 */
void driver_pause(struct driver *d, bool paused);

/* Before driver_start(), with a machine in the sim world: rate "max". */
void driver_start_max(struct driver *d);

int driver_start(struct driver *d);
void driver_stop(struct driver *d);
void driver_destroy(struct driver *d);

/* Who is told that a request is through; before driver_start(). */
void driver_set_oplog(struct driver *d, struct oplog *l);

/*
 * A log is played again, and who plays it runs the machine: no
 * driver_start() until driver_replay(d, false).  Requests and ended ops wait
 * for driver_replay_done(), which the log says where to call: @op is through.
 * 0; -ENOENT if it is not here; -EINPROGRESS if the request is not through.
 * One that ended with -EINTR does so again, as @result says.
 */
void driver_replay(struct driver *d, bool on);
int driver_replay_done(struct driver *d, uint64_t op, ssize_t result);

/* True while a request is served or waits. */
bool driver_busy(struct driver *d);

/*
 * Queue a request for the write @rq of @len bytes.  FILE_QUEUED, -ENOMEM, or
 * -EIO when the driver has stopped.
 */
ssize_t driver_clock(struct driver *d, struct tree_req *rq, size_t len,
		     enum clock_request what, uint64_t arg);

/*
 * The same for CLOCK_POPULATE: @pages is what the task has when it is
 * complete, resident or swapped out.
 */
ssize_t driver_populate(struct driver *d, struct tree_req *rq, size_t len,
			int pid, uint64_t pages);

/*
 * In its turn @call->run(@call->arg) in the driver's thread, no lock held;
 * its result is the write's.  If @call->settled ops that are in flight are
 * waited for, as long as the clock moves; @busy: they have not ended.
 * @call->arg is freed when all is over.
 */
struct driver_call {
	int (*run)(void *arg, bool busy);
	void *arg; /* malloc()ed; ours from here on */
	bool settled;
};

ssize_t driver_call(struct driver *d, struct tree_req *rq, size_t len,
		    const struct driver_call *call);

/*
 * Between the two, ops that end are not answered, so that whoever holds the
 * session's lock may wait for the engine's threads.  Only in a driver_call().
 */
void driver_hold(struct driver *d);
void driver_release(struct driver *d);

/* What a task is told to do. */
struct task_order {
	int pid;
	enum vm_op_kind kind;
	uint64_t pages;
};

/*
 * Give a task an op for the write @rq of @len bytes.  FILE_QUEUED, or
 * -errno as vm_task_submit().  A task that dies on the way is -ENOMEM.
 */
ssize_t driver_op(struct driver *d, struct tree_req *rq, size_t len,
		  const struct task_order *order);

#endif
