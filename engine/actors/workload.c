/* SPDX-License-Identifier: MIT */
/*
 * workload.c - one turn of a task: work_step().
 *
 * A CPU calls work_step(); it finishes the access that is in hand, then asks
 * workload_op.c, workload_start.c and workload_phase.c, in this order, for
 * the next until the turn's time is used up.  Here are the parts that they
 * share: one access, sleeping, the end of the task.
 *
 * Calls reclaim/fault.h for what an access does.  Locking: the world's lock.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "actors/cpu.h"
#include "actors/workload.h"
#include "memory/trace.h"
#include "memory/vmstat.h"
#include "reclaim/oom_kill.h"
#include "reclaim/overcommit.h"

/* A step that says it cost nothing shall not be repeated for ever. */
#define MIN_COST_NS 100u
#define SIGKILL_NR  9
#define SIGBUS_NR   7

/* By hops: distance 20 costs remote_percent, 30 twice as much more. */
static uint64_t node_touch_ns(const struct vm *vm, unsigned from, unsigned to)
{
	const struct vm_costs *c = &vm->conf.cost;
	unsigned d = vm->conf.node[from].distance[to];
	uint64_t more;

	if (d <= VM_MIN_DISTANCE || c->remote_percent <= 100)
		return MAX(c->touch_ns, 1);
	more = (c->remote_percent - 100) * (d - VM_MIN_DISTANCE) / 10;
	return MAX(c->touch_ns * (100 + more) / 100, 1);
}

/* Killed, and nothing is in hand that goes on all the same. */
static bool is_dead(const struct task *t)
{
	const struct task_exec *x = t->exec;

	assert(t->work && x);
	return t->flags & TF_KILLED &&
	       !(x->busy && access_outlives_kill(t, &x->access));
}

/* The disk has no such page any more; a program that reads a file reads on. */
static enum turn work_failed(struct work_turn *wt)
{
	struct task *t = wt->t;

	assert(!t->exec->busy);
	if (t->exec->access.kind == ACCESS_TOUCH) {
		t->flags |= TF_KILLED | TF_SIGBUS;
		return TURN_DEAD;
	}
	wt->sys_ns += MIN_COST_NS;
	if (wt->w->doing != DOING_OP)
		return TURN_DONE;
	wt->w->doing = DOING_NOTHING;
	work_end_op(wt->vm, t, t->ops, -EIO);
	return TURN_NEXT;
}

/* Step the access in hand until it is through, sleeps, or time is up. */
static enum turn work_continue(struct work_turn *wt)
{
	struct task_exec *x = wt->t->exec;

	assert(x->busy);
	for (;;) {
		enum access_result r;

		x->access.cost_ns = 0;
		r = access_step(wt->vm, wt->t, &x->access);
		wt->sys_ns += x->access.cost_ns;
		if (r == ACCESS_SLEEP)
			return TURN_SLEEP;
		if (r == ACCESS_DONE) {
			x->busy = false;
			return TURN_DONE;
		}
		if (r == ACCESS_EIO) {
			x->busy = false;
			return work_failed(wt);
		}
		if (r == ACCESS_OOM) {
			x->busy = false;
			wt->t->flags |= TF_KILLED;
		}
		if (is_dead(wt->t))
			return TURN_DEAD;
		if (!x->access.cost_ns)
			wt->sys_ns += MIN_COST_NS;
		if (turn_is_over(wt))
			return TURN_AGAIN;
	}
}

static enum turn begin_access(struct work_turn *wt, enum work_doing doing)
{
	struct task_exec *x = wt->t->exec;

	assert(!x->busy);
	wt->w->doing = doing;
	access_begin(wt->vm, wt->t, &x->access);
	x->busy = true;
	return work_continue(wt);
}

enum turn work_touch(struct work_turn *wt, enum work_doing doing,
		     struct vma *vma, uint64_t index, bool write)
{
	struct access *a = &wt->t->exec->access;

	assert(index < vma->nr_pages);
	if (work_touch_fast(wt, vma, index, write)) {
		wt->w->doing = doing;
		return TURN_DONE;
	}
	wt->user_ns += wt->touch_ns[wt->vm->conf.cpu_node[wt->t->cpu]];
	a->kind = ACCESS_TOUCH;
	a->write = write;
	a->vma = vma;
	a->file = NULL;
	a->index = index;
	return begin_access(wt, doing);
}

enum turn work_file(struct work_turn *wt, enum work_doing doing, uint64_t index,
		    bool write)
{
	struct access *a = &wt->t->exec->access;

	assert(wt->t->file && index < wt->t->file->nr_pages);
	a->kind = write ? ACCESS_WRITE : ACCESS_READ;
	a->write = write;
	a->vma = NULL;
	a->file = wt->t->file;
	a->index = index;
	return begin_access(wt, doing);
}

enum turn work_sleep(struct work_turn *wt, uint64_t until_ns)
{
	assert(!wt->t->exec->busy);
	task_set_state(wt->vm, wt->t, TASK_SLEEPING, until_ns);
	return TURN_SLEEP;
}

int work_extend(struct vm *vm, struct task *t, uint64_t pages)
{
	struct task_work *w = t->work;

	assert(pages > 0);
	if (w->anon)
		return mm_grow(vm, w->anon, pages);
	w->anon = mm_add_vma(vm, t->mm, pages, NULL);
	return w->anon ? 0 : -ENOMEM;
}

/* Whom was the access made for that is now through? */
static void credit(struct work_turn *wt)
{
	enum work_doing doing = wt->w->doing;

	wt->w->doing = DOING_NOTHING;
	switch (doing) {
	case DOING_START:
		work_credit_start(wt);
		return;
	case DOING_OP:
		work_credit_op(wt);
		return;
	case DOING_PHASE:
		work_credit_phase(wt->w, 1);
		return;
	case DOING_NOTHING: /* its op was taken back */
		return;
	}
}

static enum turn next_piece(struct work_turn *wt)
{
	if (wt->t->ops)
		return work_op(wt);
	if (wt->w->start_left || wt->w->swap_left)
		return work_start(wt);
	return work_phase(wt);
}

static void trace_exit(struct vm *vm, struct task *t)
{
	struct vm_event ev;

	if (!trace_enabled(vm))
		return;
	ev = trace_event(vm, VM_EV_TASK_EXIT, t);
	ev.value = t->flags & TF_KILLED ? SIGKILL_NR : 0;
	if (t->flags & TF_SIGBUS)
		ev.value = SIGBUS_NR;
	trace_send(vm, &ev);
}

/* The last of its memory is gone. */
static void finish_exit(struct vm *vm, struct task *t)
{
	struct vm_op *op = t->ops;

	if (t->mm->committed)
		vm_unacct_memory(vm, t, t->mm->committed);
	if (op && op->kind == VM_OP_EXIT && op->progress)
		work_end_op(vm, t, op, 0);
	work_end_ops(vm, t, -ESRCH);
	exit_oom_victim(vm, t);
	trace_exit(vm, t);
	assert(!t->ops);
}

static void drop_access(struct vm *vm, struct task *t)
{
	if (!t->exec->busy)
		return;
	access_abort(vm, t, &t->exec->access);
	t->exec->busy = false;
}

static enum work_result exit_step(struct work_turn *wt)
{
	struct task *t = wt->t;
	uint64_t cost;
	bool gone;

	drop_access(wt->vm, t);
	t->flags |= TF_EXITING;
	do {
		cost = 0;
		gone = exit_mmap_step(wt->vm, t, &cost);
		wt->sys_ns += MAX(cost, MIN_COST_NS);
	} while (!gone && !turn_is_over(wt));
	if (!gone)
		return WORK_RUN;
	finish_exit(wt->vm, t);
	return WORK_EXIT;
}

static enum work_result run_turn(struct work_turn *wt)
{
	enum turn r = TURN_NEXT;

	if (wt->t->exec->busy)
		r = work_continue(wt);
	while (r == TURN_DONE || r == TURN_NEXT) {
		if (r == TURN_DONE)
			credit(wt);
		if (wt->t->flags & TF_KILLED)
			r = TURN_DEAD;
		else if (turn_is_over(wt))
			r = TURN_AGAIN;
		else
			r = next_piece(wt);
	}
	if (r == TURN_SLEEP)
		return WORK_SLEEP;
	if (r == TURN_DEAD)
		return exit_step(wt);
	assert(r == TURN_AGAIN && turn_is_over(wt));
	return WORK_RUN;
}

void work_turn_begin(struct work_turn *wt)
{
	unsigned here = wt->vm->conf.cpu_node[wt->t->cpu];

	assert(wt->t->work && wt->t->exec && wt->t->mm);
	wt->w = wt->t->work;
	for (uint32_t i = 0; i < wt->vm->nr_nodes; i++)
		wt->touch_ns[i] = node_touch_ns(wt->vm, here, i);
}

enum work_result work_step(struct work_turn *wt)
{
	struct task *t = wt->t;

	assert(wt->budget_ns > 0);
	work_turn_begin(wt);
	if (t->flags & TF_EXITING || is_dead(t))
		return exit_step(wt);
	return run_turn(wt);
}

/* What the machine's end, or a failed start, has left. */
static void drop_memory(struct vm *vm, struct task *t)
{
	uint64_t cost = 0;

	if (t->exec) {
		drop_access(vm, t);
		while (!exit_mmap_step(vm, t, &cost))
			;
	}
	if (t->mm->committed)
		vm_unacct_memory(vm, t, t->mm->committed);
	assert(mm_rss(t->mm) == 0);
}

void work_release(struct vm *vm, struct task *t)
{
	cpu_forget(vm, t);
	work_end_ops(vm, t, -EINTR);
	if (t->mm)
		drop_memory(vm, t);
	mm_destroy(vm, t->mm);
	t->mm = NULL;
	if (t->file) {
		assert(t->file->refs > 0);
		t->file->refs--;
		t->file = NULL;
	}
	free(t->exec);
	t->exec = NULL;
	free(t->work);
	t->work = NULL;
	task_release(vm, t);
}
