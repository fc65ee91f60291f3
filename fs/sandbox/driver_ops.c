/* SPDX-License-Identifier: MIT */
/*
 * driver_ops.c - what tasks are told to do, and the writes that wait for it.
 *
 * An op runs in the engine beside the requests on the clock; its end is told
 * by whoever runs the machine, and answers the write.  It can be put aside:
 * while a log is played again, until the log says so; while the machine
 * becomes another one, until handlers run again.
 *
 * Called by the handlers of tasks.c and by driver.c.  Locks: driver.lock, a
 * leaf: never held around a call out of this file.
 */
#include <errno.h>
#include <stdlib.h>

#include "fs/sandbox/driver_impl.h"
#include "fs/sandbox/oplog.h"
#include "fs/vfs/file.h"

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
	bool keep;

	t->result = op_result(t, err);
	pthread_mutex_lock(&d->lock);
	atomic_fetch_sub(&d->nr_ops, 1);
	keep = d->hold || d->replay;
	if (keep) {
		t->next_ended = d->ended;
		d->ended = t;
	} else {
		d->nr_answering++;
	}
	pthread_mutex_unlock(&d->lock);
	if (keep)
		return;
	op_answer(t);
	pthread_mutex_lock(&d->lock);
	d->nr_answering--;
	pthread_cond_broadcast(&d->wake);
	pthread_mutex_unlock(&d->lock);
}

bool driver_replay_op(struct driver *d, uint64_t op)
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

void driver_hold(struct driver *d)
{
	pthread_mutex_lock(&d->lock);
	d->hold = true;
	while (d->nr_answering)
		pthread_cond_wait(&d->wake, &d->lock);
	pthread_mutex_unlock(&d->lock);
}

void driver_release(struct driver *d)
{
	struct task_job *t, *next;

	pthread_mutex_lock(&d->lock);
	d->hold = false;
	t = d->ended;
	d->ended = NULL;
	pthread_mutex_unlock(&d->lock);
	for (; t; t = next) {
		next = t->next_ended;
		file_complete(t->wait, t->result);
		free(t);
	}
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
	driver_wake(d);
	return FILE_QUEUED;
}
