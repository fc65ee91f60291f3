/* SPDX-License-Identifier: MIT */
/*
 * driver_impl.h - what the two files of the driver share, and nobody else.
 *
 *	driver.c	requests on the clock, the thread
 *	driver_ops.c	ops of tasks
 *
 * Locking: driver.lock guards the queues, stop, hold, ended and what is
 * counted beside them; it is a leaf.  begin() and what decides it are under
 * vm_hold().  replay is set while nothing runs.
 */
#ifndef SANDBOX_DRIVER_IMPL_H
#define SANDBOX_DRIVER_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "fs/sandbox/driver.h"

/* A request on the clock. */
struct job {
	enum clock_request what;
	uint64_t arg;
	uint64_t pages;	   /* POPULATE */
	uint64_t until_ns; /* virtual; set when its turn comes */
	bool begun;
	atomic_bool cancelled;
	struct driver *driver;
	struct file_wait *wait;
	uint64_t op; /* number in the log */
	size_t len; /* of the write */
	struct driver_call call; /* CALL */
	struct job *next;
};

/* A task's op and the write that waits for it. */
struct task_job {
	struct vm_op op; /* first: done() gets its address */
	struct driver *driver;
	struct file_wait *wait;
	uint64_t nr; /* in the log */
	size_t len;
	int pid;
	ssize_t result; /* when it has ended */
	struct task_job *next_ended;
};

struct driver {
	struct vm *vm;
	struct oplog *ops; /* or NULL */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job *first, *last; /* the first is being served */
	struct job *express;	  /* RATE, PAUSE: go before all others */
	bool stop;
	atomic_uint nr_ops; /* accepted, not done */
	_Atomic bool replay; /* not read together with its neighbours */
	atomic_bool max;	/* live, and the rate is "max" */
	atomic_bool live_paused; /* paused, when the clock is live */
	bool hold;		/* do not answer ops that end */
	unsigned nr_answering;	/* ops that are being answered */
	struct task_job *ended; /* ops that are not to be answered yet */
};

/* Have the driver's thread look again. */
void driver_wake(struct driver *d);

/* The op is through, if it is one that has ended. */
bool driver_replay_op(struct driver *d, uint64_t op);

#endif
