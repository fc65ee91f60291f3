/* SPDX-License-Identifier: MIT */
/*
 * driver.c - the thread that lets a simulated machine run.
 *
 * Called by the handlers of clock.c, spawn.c and tasks.c, which leave a
 * request and go; calls the engine's vm_run_*() in slices and answers the
 * request through fs/vfs/file.h when it is through.  At rate "max" it runs
 * the machine whether anybody asks or not.
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
#include <stdlib.h>
#include <time.h>

#include "fs/sandbox/driver_impl.h"
#include "fs/sandbox/oplog.h"
#include "fs/vfs/file.h"

#define SLICE_STEPS 512u

/* How far an op's slice may move the clock when nobody else has to act. */
#define OP_SLICE_NS (100 * VM_MILLISECOND)

/* A task that does not get its memory in this time has what it has. */
#define POPULATE_NS (600 * VM_SECOND)

/* THREADS: how often to look whether the machine is there yet. */
#define LOOK_NS (5 * VM_MILLISECOND)

int driver_create(struct driver **dp, struct vm *vm)
{
	struct driver *d = calloc(1, sizeof(*d));
	pthread_condattr_t attr;

	if (!d)
		return -ENOMEM;
	d->vm = vm;
	atomic_store(&d->live_paused, vm_paused(vm));
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
	assert(!d->first && !d->express && !d->ended);
	assert(!atomic_load(&d->nr_ops));
	pthread_cond_destroy(&d->wake);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

void driver_set_oplog(struct driver *d, struct oplog *l)
{
	d->ops = l;
}

void driver_wake(struct driver *d)
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

/* Rate "max", and paused: the sim world must stand. */
static bool is_halted(struct driver *d)
{
	return atomic_load(&d->max) && atomic_load(&d->live_paused);
}

bool driver_live(struct driver *d)
{
	return atomic_load(&d->max) || !is_sim(d);
}

uint32_t driver_rate(struct driver *d)
{
	return atomic_load(&d->max) ? DRIVER_RATE_MAX : vm_rate(d->vm);
}

bool driver_paused(struct driver *d)
{
	return driver_live(d) && atomic_load(&d->live_paused);
}

void driver_pause(struct driver *d, bool paused)
{
	atomic_store(&d->live_paused, paused);
	if (!atomic_load(&d->max))
		vm_pause(d->vm, paused);
	driver_wake(d);
}

void driver_start_max(struct driver *d)
{
	assert(is_sim(d) && !d->started);
	atomic_store(&d->max, true);
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
	if (is_sim(d) && !is_halted(d))
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

	if (is_sim(d) && !is_halted(d))
		settled = vm_run_settle(d->vm, j->until_ns, SLICE_STEPS);
	else
		settled = vm_settled(d->vm);
	if (settled)
		return 0;
	if (vm_now_ns(d->vm) >= j->until_ns)
		return -ETIME;
	if (!is_sim(d) || is_halted(d))
		doze(d);
	return -EINPROGRESS;
}

/* The least that can happen, or some real time. */
static void one_step(struct driver *d)
{
	if (is_sim(d) && !is_halted(d))
		vm_run_until(d->vm, later(d, OP_SLICE_NS), 1);
	else
		doze(d);
}

/* A task that is gone, or gets no more, is as complete as it will be. */
static int populate_slice(struct driver *d, struct job *j)
{
	struct vm_task_stat t;

	if (vm_task_get(d->vm, (int)j->arg, &t) ||
	    t.rss_anon + t.swapents >= j->pages ||
	    vm_now_ns(d->vm) >= j->until_ns)
		return 0;
	one_step(d);
	return -EINPROGRESS;
}

/* Ops that somebody waits for end first, if the clock lets them. */
static int call_slice(struct driver *d, struct job *j)
{
	bool late = driver_paused(d) || vm_now_ns(d->vm) >= j->until_ns;
	int err = -EBUSY;

	if (!j->call.settled || !atomic_load(&d->nr_ops))
		err = j->call.run(j->call.arg, false);
	else if (late)
		err = j->call.run(j->call.arg, true);
	/* An op of somebody else's, who does not come through here. */
	if (err != -EBUSY || late)
		return err;
	one_step(d);
	return -EINPROGRESS;
}

/* The clock that is switched to goes on as it was: paused, at its rate. */
static int set_mode(struct driver *d, enum vm_world_kind kind)
{
	if (kind == VM_WORLD_THREADS && atomic_load(&d->max))
		return 0;
	vm_pause(d->vm, atomic_load(&d->live_paused));
	atomic_store(&d->max, false);
	return vm_world_switch(d->vm, kind);
}

/* A number: the threads' world; "max": the sim world, flat out. */
static int set_rate(struct driver *d, uint32_t rate)
{
	int err;

	if (!driver_live(d))
		return -EPERM;
	if (rate == DRIVER_RATE_MAX) {
		atomic_store(&d->max, true);
		return vm_world_switch(d->vm, VM_WORLD_SIM);
	}
	vm_pause(d->vm, atomic_load(&d->live_paused));
	err = vm_set_rate(d->vm, rate);
	if (!err)
		err = vm_world_switch(d->vm, VM_WORLD_THREADS);
	if (err)
		return err;
	atomic_store(&d->max, false);
	/* Who pauses from here on does so himself; who has just done so: */
	vm_pause(d->vm, atomic_load(&d->live_paused));
	return 0;
}

/*
 * Its turn has come: when it is queued, or the one before it ends, with the
 * machine held, so that where it begins is in the log.
 */
static void begin(struct driver *d, struct job *j)
{
	j->begun = true;
	if (j->what == CLOCK_POPULATE || j->what == CLOCK_CALL)
		j->until_ns = later(d, POPULATE_NS);
	else
		j->until_ns = later(d, j->arg);
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
		return set_mode(d, (enum vm_world_kind)j->arg);
	case CLOCK_RATE:
		return d->replay ? 0 : set_rate(d, (uint32_t)j->arg);
	case CLOCK_PAUSE:
		driver_pause(d, j->arg);
		return 0;
	case CLOCK_POPULATE:
		return populate_slice(d, j);
	case CLOCK_CALL:
		return call_slice(d, j);
	}
	return -EINVAL;
}

/* A job is through: take it off its queue, which it leads, and answer it. */
static void answer(struct driver *d, struct job *j, int result)
{
	const ssize_t n = result ? result : (ssize_t)j->len;
	struct job *next = NULL;

	vm_hold(d->vm);
	pthread_mutex_lock(&d->lock);
	assert(j->begun && (d->express == j || d->first == j));
	if (d->express == j)
		d->express = j->next;
	else
		next = d->first = j->next;
	if (!d->first)
		d->last = NULL;
	pthread_mutex_unlock(&d->lock);
	if (next)
		begin(d, next);
	oplog_done(d->ops, j->op, n);
	vm_release(d->vm);
	file_complete(j->wait, n);
	free(j->call.arg);
	free(j);
}

/* The machine runs without being asked to: an op is in flight, or "max". */
static bool runs_itself(struct driver *d, bool sim)
{
	if (atomic_load(&d->max))
		return !atomic_load(&d->live_paused);
	return atomic_load(&d->nr_ops) && sim;
}

/* Sleep until there is something to run.  False: the end. */
static bool next_work(struct driver *d, struct job **j)
{
	/* Only this thread changes it.  Not to be asked with the lock held:
	 * handlers hold the machine when they take that. */
	const bool sim = is_sim(d);
	bool go;

	pthread_mutex_lock(&d->lock);
	while (!d->stop && !d->first && !d->express && !runs_itself(d, sim))
		pthread_cond_wait(&d->wake, &d->lock);
	*j = d->express ? d->express : d->first;
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
			vm_run_until(d->vm, later(d, OP_SLICE_NS),
				     atomic_load(&d->max) ? SLICE_STEPS : 1);
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

static bool ops_left(struct driver *d)
{
	bool left;

	pthread_mutex_lock(&d->lock);
	left = atomic_load(&d->nr_ops) || d->nr_answering;
	pthread_mutex_unlock(&d->lock);
	return left;
}

/* Ops that were cancelled when the mount went end as the machine steps. */
static void drain(struct driver *d)
{
	if (!is_sim(d))
		vm_pause(d->vm, false);
	while (ops_left(d)) {
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
	while (d->express)
		answer(d, d->express, -EINTR);
	while (d->first)
		answer(d, d->first, -EINTR);
	drain(d);
}

static void job_cancel(void *arg)
{
	struct job *j = arg;

	atomic_store(&j->cancelled, true);
	driver_wake(j->driver);
}

/* What others need not be through for. */
static bool is_express(const struct job *j)
{
	return j->what == CLOCK_RATE || j->what == CLOCK_PAUSE;
}

/* Behind the others of its queue; the lock is held. */
static void link_job(struct driver *d, struct job *j)
{
	struct job **end = &d->express;

	if (is_express(j)) {
		while (*end)
			end = &(*end)->next;
		*end = j;
		return;
	}
	if (d->last)
		d->last->next = j;
	else
		d->first = j;
	d->last = j;
}

static ssize_t queue(struct driver *d, struct tree_req *rq, struct job *j)
{
	struct file_wait *wait = file_wait(rq, job_cancel, j);
	bool stopped, is_first;

	if (!wait) {
		free(j->call.arg);
		free(j);
		return -ENOMEM;
	}
	j->driver = d;
	j->op = rq->op;
	j->wait = wait;
	vm_hold(d->vm);
	pthread_mutex_lock(&d->lock);
	is_first = is_express(j) || !d->first;
	pthread_mutex_unlock(&d->lock);
	if (is_first)
		begin(d, j);
	pthread_mutex_lock(&d->lock);
	stopped = d->stop;
	if (!stopped) {
		link_job(d, j);
		pthread_cond_broadcast(&d->wake);
	}
	pthread_mutex_unlock(&d->lock);
	vm_release(d->vm);
	if (stopped) {
		oplog_done(d->ops, rq->op, -EIO);
		file_complete(wait, -EIO);
		free(j->call.arg);
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

ssize_t driver_call(struct driver *d, struct tree_req *rq, size_t len,
		    const struct driver_call *call)
{
	struct job *j = calloc(1, sizeof(*j));

	if (!j) {
		free(call->arg);
		return -ENOMEM;
	}
	j->what = CLOCK_CALL;
	j->call = *call;
	j->len = len;
	return queue(d, rq, j);
}

int driver_replay_done(struct driver *d, uint64_t op, ssize_t result)
{
	struct job *j = d->express ? d->express : d->first;
	int err;

	assert(d->replay && !d->started);
	if (driver_replay_op(d, op))
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
		driver_replay_op(d, d->ended->nr);
}
