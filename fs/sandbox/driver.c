/* SPDX-License-Identifier: MIT */
/*
 * driver.c - the thread that lets a simulated machine run.
 *
 * Called by the handlers of clock.c, spawn.c and tasks.c, which leave a
 * request and go; calls the engine's vm_run_*() in slices and answers the
 * request through fs/vfs/file.h when it is through.
 *
 * A slice is short (a cancelled request must be seen) but its length is a
 * number of steps, not a time: the run is the same on any computer.  While
 * only an op is in flight the slice is one step, so that the clock stands
 * where the op ended.
 *
 * Locks: driver.lock, a leaf: never held around a call out of this file.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "fs/sandbox/driver.h"
#include "fs/sandbox/oplog.h"
#include "fs/vfs/file.h"

#define SLICE_STEPS 512u

/* How far an op's slice may move the clock when nobody else has to act. */
#define OP_SLICE_NS (100 * VM_MILLISECOND)

/* A task that does not get its memory in this time has what it has. */
#define POPULATE_NS (600 * VM_SECOND)

/* THREADS: how often to look whether the machine is there yet. */
#define LOOK_NS (5 * VM_MILLISECOND)

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
	struct job *next;
};

/* A task's op and the write that waits for it. */
struct task_job {
	struct vm_op op; /* first: done() gets its address */
	struct driver *driver;
	struct file_wait *wait;
	uint64_t nr; /* in the log */
	ssize_t result; /* replay: when it is asked for */
	struct task_job *next_ended;
	size_t len;
	int pid;
};

struct driver {
	struct vm *vm;
	struct oplog *ops; /* or NULL */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job *first, *last; /* the first is being served */
	bool stop;
	atomic_uint nr_ops; /* accepted, not done */
	bool replay;
	struct task_job *ended; /* replay: ops whose end is not told */
};

int driver_create(struct driver **dp, struct vm *vm)
{
	struct driver *d = calloc(1, sizeof(*d));
	pthread_condattr_t attr;

	if (!d)
		return -ENOMEM;
	d->vm = vm;
	pthread_mutex_init(&d->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&d->wake, &attr);
	pthread_condattr_destroy(&attr);
	*dp = d;
	return 0;
}

void driver_destroy(struct driver *d)
{
	if (!d)
		return;
	assert(!d->first && !atomic_load(&d->nr_ops));
	pthread_cond_destroy(&d->wake);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

void driver_set_oplog(struct driver *d, struct oplog *l)
{
	d->ops = l;
}

static void wake(struct driver *d)
{
	pthread_mutex_lock(&d->lock);
	pthread_cond_broadcast(&d->wake);
	pthread_mutex_unlock(&d->lock);
}

bool driver_busy(struct driver *d)
{
	bool busy;

	pthread_mutex_lock(&d->lock);
	busy = d->first || atomic_load(&d->nr_ops);
	pthread_mutex_unlock(&d->lock);
	return busy;
}

/* Let real time pass, or until somebody wakes the driver. */
static void doze(struct driver *d)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_nsec += (long)LOOK_NS;
	if (ts.tv_nsec >= (long)VM_SECOND) {
		ts.tv_nsec -= (long)VM_SECOND;
		ts.tv_sec++;
	}
	pthread_mutex_lock(&d->lock);
	if (!d->stop)
		pthread_cond_timedwait(&d->wake, &d->lock, &ts);
	pthread_mutex_unlock(&d->lock);
}

static bool is_sim(struct driver *d)
{
	return vm_world_kind(d->vm) == VM_WORLD_SIM;
}

/* Saturating: an advance of centuries ends at the end of time. */
static uint64_t later(struct driver *d, uint64_t ns)
{
	uint64_t now = vm_now_ns(d->vm);

	return ns > UINT64_MAX - 1 - now ? UINT64_MAX - 1 : now + ns;
}

/*
 * The slices: -EINPROGRESS to be called again, else the request's result.
 */
static int advance_slice(struct driver *d, struct job *j)
{
	if (is_sim(d))
		return vm_run_until(d->vm, j->until_ns, SLICE_STEPS) ?
			       0 : -EINPROGRESS;
	if (vm_now_ns(d->vm) >= j->until_ns)
		return 0;
	doze(d);
	return -EINPROGRESS;
}

static int settle_slice(struct driver *d, struct job *j)
{
	bool settled;

	if (is_sim(d))
		settled = vm_run_settle(d->vm, j->until_ns, SLICE_STEPS);
	else
		settled = vm_settled(d->vm);
	if (settled)
		return 0;
	if (vm_now_ns(d->vm) >= j->until_ns)
		return -ETIME;
	if (!is_sim(d))
		doze(d);
	return -EINPROGRESS;
}

/* A task that is gone, or gets no more, is as complete as it will be. */
static int populate_slice(struct driver *d, struct job *j)
{
	struct vm_task_stat t;

	if (vm_task_get(d->vm, (int)j->arg, &t) ||
	    t.rss_anon + t.swapents >= j->pages ||
	    vm_now_ns(d->vm) >= j->until_ns)
		return 0;
	if (is_sim(d))
		vm_run_until(d->vm, later(d, OP_SLICE_NS), 1);
	else
		doze(d);
	return -EINPROGRESS;
}

/*
 * Its turn has come: when it is queued, or the one before it ends, with the
 * machine held, so that where it begins is in the log.
 */
static void begin(struct driver *d, struct job *j)
{
	j->begun = true;
	j->until_ns = later(d, j->what == CLOCK_POPULATE ? POPULATE_NS :
							   j->arg);
}

static int job_slice(struct driver *d, struct job *j)
{
	if (atomic_load(&j->cancelled))
		return -EINTR;
	switch (j->what) {
	case CLOCK_ADVANCE:
		return advance_slice(d, j);
	case CLOCK_SETTLE:
		return settle_slice(d, j);
	case CLOCK_MODE:
		if (d->replay)
			return 0; /* who plays it does not wait for time */
		return vm_world_switch(d->vm, (enum vm_world_kind)j->arg);
	case CLOCK_POPULATE:
		return populate_slice(d, j);
	}
	return -EINVAL;
}

/* The first job is through: take it off the queue and answer it. */
static void answer(struct driver *d, struct job *j, int result)
{
	const ssize_t n = result ? result : (ssize_t)j->len;
	struct job *next;

	vm_hold(d->vm);
	pthread_mutex_lock(&d->lock);
	assert(d->first == j && j->begun);
	next = d->first = j->next;
	if (!next)
		d->last = NULL;
	pthread_mutex_unlock(&d->lock);
	if (next)
		begin(d, next);
	oplog_done(d->ops, j->op, n);
	vm_release(d->vm);
	file_complete(j->wait, n);
	free(j);
}

/* Sleep until there is something to run.  False: the end. */
static bool next_work(struct driver *d, struct job **j)
{
	bool go;

	pthread_mutex_lock(&d->lock);
	while (!d->stop && !d->first &&
	       !(atomic_load(&d->nr_ops) && is_sim(d)))
		pthread_cond_wait(&d->wake, &d->lock);
	*j = d->first;
	go = !d->stop;
	pthread_mutex_unlock(&d->lock);
	return go;
}

static void *driver_main(void *arg)
{
	struct driver *d = arg;
	struct job *j;
	int result;

	while (next_work(d, &j)) {
		if (!j) {
			vm_run_until(d->vm, later(d, OP_SLICE_NS), 1);
			continue;
		}
		result = job_slice(d, j);
		if (result != -EINPROGRESS)
			answer(d, j, result);
	}
	return NULL;
}

int driver_start(struct driver *d)
{
	int err = pthread_create(&d->thread, NULL, driver_main, d);

	d->started = !err;
	return -err;
}

/* Ops that were cancelled when the mount went end as the machine steps. */
static void drain(struct driver *d)
{
	if (!is_sim(d))
		vm_pause(d->vm, false);
	while (atomic_load(&d->nr_ops)) {
		if (is_sim(d))
			vm_run_until(d->vm, later(d, OP_SLICE_NS), 1);
		else
			nanosleep(&(struct timespec){ .tv_nsec = LOOK_NS },
				  NULL);
	}
}

void driver_stop(struct driver *d)
{
	pthread_mutex_lock(&d->lock);
	d->stop = true;
	pthread_cond_broadcast(&d->wake);
	pthread_mutex_unlock(&d->lock);
	if (d->started)
		pthread_join(d->thread, NULL);
	d->started = false;
	while (d->first)
		answer(d, d->first, -EINTR);
	drain(d);
}

static void job_cancel(void *arg)
{
	struct job *j = arg;

	atomic_store(&j->cancelled, true);
	wake(j->driver);
}

static ssize_t queue(struct driver *d, struct tree_req *rq, struct job *j)
{
	struct file_wait *wait = file_wait(rq, job_cancel, j);
	bool stopped, is_first;

	if (!wait) {
		free(j);
		return -ENOMEM;
	}
	j->driver = d;
	j->op = rq->op;
	j->wait = wait;
	vm_hold(d->vm);
	pthread_mutex_lock(&d->lock);
	is_first = !d->first;
	pthread_mutex_unlock(&d->lock);
	if (is_first)
		begin(d, j);
	pthread_mutex_lock(&d->lock);
	stopped = d->stop;
	if (!stopped) {
		if (d->last)
			d->last->next = j;
		else
			d->first = j;
		d->last = j;
		pthread_cond_broadcast(&d->wake);
	}
	pthread_mutex_unlock(&d->lock);
	vm_release(d->vm);
	if (stopped) {
		oplog_done(d->ops, rq->op, -EIO);
		file_complete(wait, -EIO);
		free(j);
	}
	return FILE_QUEUED;
}

ssize_t driver_clock(struct driver *d, struct tree_req *rq, size_t len,
		     enum clock_request what, uint64_t arg)
{
	struct job *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->what = what;
	j->arg = arg;
	j->len = len;
	return queue(d, rq, j);
}

ssize_t driver_populate(struct driver *d, struct tree_req *rq, size_t len,
			int pid, uint64_t pages)
{
	struct job *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->what = CLOCK_POPULATE;
	j->arg = (uint64_t)pid;
	j->pages = pages;
	j->len = len;
	return queue(d, rq, j);
}

/* A task killed on its way did not get its memory; one that exits does. */
static ssize_t op_result(const struct task_job *t, int err)
{
	if (err == -ESRCH && t->op.kind == VM_OP_EXIT)
		err = 0;
	else if (err == -ESRCH && t->op.kind != VM_OP_FREE)
		err = -ENOMEM;
	return err ? err : (ssize_t)t->len;
}

static void op_answer(struct task_job *t)
{
	oplog_done(t->driver->ops, t->nr, t->result);
	file_complete(t->wait, t->result);
	free(t);
}

static void op_done(struct vm_op *op, int err)
{
	struct task_job *t = (struct task_job *)op;
	struct driver *d = t->driver;

	t->result = op_result(t, err);
	atomic_fetch_sub(&d->nr_ops, 1);
	if (d->replay) {
		t->next_ended = d->ended;
		d->ended = t;
	} else {
		op_answer(t);
	}
}

/* The op is through, if it is one that has ended. */
static bool replay_op(struct driver *d, uint64_t op)
{
	struct task_job **at, *t;

	for (at = &d->ended; (t = *at); at = &t->next_ended)
		if (t->nr == op)
			break;
	if (!t)
		return false;
	*at = t->next_ended;
	op_answer(t);
	return true;
}

int driver_replay_done(struct driver *d, uint64_t op, ssize_t result)
{
	struct job *j = d->first;
	int err;

	assert(d->replay && !d->started);
	if (replay_op(d, op))
		return 0;
	if (!j || j->op != op)
		return -ENOENT;
	err = result == -EINTR ? -EINTR : job_slice(d, j);
	if (err == -EINPROGRESS)
		return err;
	answer(d, j, err);
	return 0;
}

void driver_replay(struct driver *d, bool on)
{
	assert(!d->started);
	d->replay = on;
	while (!on && d->ended)
		replay_op(d, d->ended->nr);
}

static void op_cancel(void *arg)
{
	struct task_job *t = arg;

	vm_task_cancel(t->driver->vm, t->pid, &t->op);
}

ssize_t driver_op(struct driver *d, struct tree_req *rq, size_t len,
		  const struct task_order *order)
{
	struct task_job *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->op = (struct vm_op){
		.kind = order->kind,
		.pages = order->pages,
		.done = op_done,
	};
	t->driver = d;
	t->nr = rq->op;
	t->pid = order->pid;
	t->len = len;
	t->wait = file_wait(rq, op_cancel, t);
	if (!t->wait) {
		free(t);
		return -ENOMEM;
	}
	/* The driver must not see the count before the task has the op: its
	 * step in between would make the clock depend on who was faster. */
	vm_hold(d->vm);
	err = vm_task_submit(d->vm, t->pid, &t->op);
	if (!err)
		atomic_fetch_add(&d->nr_ops, 1);
	vm_release(d->vm);
	if (err) {
		oplog_done(d->ops, t->nr, err);
		file_complete(t->wait, err);
		free(t);
		return FILE_QUEUED;
	}
	wake(d);
	return FILE_QUEUED;
}
