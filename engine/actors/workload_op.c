/* SPDX-License-Identifier: MIT */
/*
 * workload_op.c - pieces of work that somebody outside waits for.
 *
 * A task's ops are done one after another, before anything else that it has
 * to do, page by page.  The first op of the queue is the one in hand; its
 * progress counts pages, and for ALLOC and EXIT also says that it was begun:
 * ALLOC is at progress - 1 pages once its area has been made longer.
 *
 * An op that has ended stands in vm->ended until vm.c calls its done(),
 * without the lock.  Called by workload.c and tasks.c.
 * Locking: the world's lock.
 */
#include <assert.h>
#include <errno.h>

#include "actors/workload.h"
#include "reclaim/overcommit.h"

#define CHUNK_PAGES 64u /* freed or locked at a time */
#define MIN_COST_NS 100u

static void unlink_op(struct task *t, struct vm_op *op)
{
	struct vm_op **at = &t->ops;

	/* The access in hand may go on, but for nobody. */
	if (t->ops == op && t->work && t->work->doing == DOING_OP)
		t->work->doing = DOING_NOTHING;
	while (*at != op) {
		assert(*at);
		at = &(*at)->next;
	}
	*at = op->next;
	op->next = NULL;
}

void work_end_op(struct vm *vm, struct task *t, struct vm_op *op, int err)
{
	unlink_op(t, op);
	op->err = err;
	if (vm->ended)
		vm->last_ended->next = op;
	else
		vm->ended = op;
	vm->last_ended = op;
	vm->world.deliver_pending = true;
}

void work_end_ops(struct vm *vm, struct task *t, int err)
{
	while (t->ops)
		work_end_op(vm, t, t->ops, err);
}

void work_end_all_ops(struct vm *vm, int err)
{
	struct task *t;

	for_each_task (vm, t)
		work_end_ops(vm, t, err);
}

int work_admit_op(struct vm *vm, struct task *t, const struct vm_op *op)
{
	if (op->kind == VM_OP_EXIT)
		return 0;
	if (op->kind < 0 || op->kind >= VM_NR_OPS || !op->pages)
		return -EINVAL;
	if ((op->kind == VM_OP_READ || op->kind == VM_OP_DIRTY) &&
	    (!t->file || !t->file->nr_pages))
		return -EINVAL;
	if (op->kind != VM_OP_ALLOC)
		return 0;
	if (op->pages > WORK_MAX_AREA)
		return -ENOMEM;
	return vm_enough_memory(vm, t, op->pages);
}

void work_take_op(struct vm *vm, struct task *t, struct vm_op *op)
{
	if (op->kind == VM_OP_ALLOC && !op->progress)
		vm_unacct_memory(vm, t, op->pages);
	unlink_op(t, op);
}

static enum turn end_op(struct work_turn *wt, int err)
{
	work_end_op(wt->vm, wt->t, wt->t->ops, err);
	wt->sys_ns += MIN_COST_NS;
	return TURN_NEXT;
}

static uint64_t area_pages(const struct task_work *w)
{
	return w->anon ? w->anon->nr_pages : 0;
}

static enum turn op_alloc(struct work_turn *wt, struct vm_op *op)
{
	struct task_work *w = wt->w;

	if (!op->progress) {
		if (area_pages(w) + op->pages > WORK_MAX_AREA ||
		    work_extend(wt->vm, wt->t, op->pages)) {
			vm_unacct_memory(wt->vm, wt->t, op->pages);
			return end_op(wt, -ENOMEM);
		}
		op->progress = 1;
		w->grow_at = area_pages(w);
	}
	if (op->progress > op->pages)
		return end_op(wt, 0);
	assert(area_pages(w) >= op->pages);
	return work_touch(wt, DOING_OP, w->anon,
			  area_pages(w) - op->pages + op->progress - 1, true);
}

/* Pages given back must not be touched again: start-up and growth forget. */
static void forget_pages(struct task_work *w, uint64_t left)
{
	w->grow_at = MIN(w->grow_at, left);
	if (left < w->conf.anon_resident + w->conf.anon_swapped)
		w->swap_left = 0;
	if (left < MAX(w->conf.anon_resident, w->conf.mlock_pages))
		w->start_left = 0;
}

static enum turn op_free(struct work_turn *wt, struct vm_op *op)
{
	struct vma *vma = wt->w->anon;
	uint64_t pages = area_pages(wt->w);
	uint64_t nr = MIN(op->pages - op->progress, CHUNK_PAGES);
	uint64_t cost;

	nr = MIN(nr, pages);
	if (!nr)
		return end_op(wt, op->progress ? 0 : -ENOMEM);
	cost = zap_pages(wt->vm, vma, pages - nr, pages);
	wt->sys_ns += MAX(cost, MIN_COST_NS);
	mm_shrink(wt->vm, vma, nr);
	vm_unacct_memory(wt->vm, wt->t, nr);
	forget_pages(wt->w, pages - nr);
	op->progress += nr;
	assert(op->progress <= op->pages);
	return op->progress == op->pages ? end_op(wt, 0) : TURN_NEXT;
}

static enum turn op_touch(struct work_turn *wt, struct vm_op *op)
{
	uint64_t pages = MIN(op->pages, area_pages(wt->w));

	if (op->progress >= pages)
		return end_op(wt, pages ? 0 : -ENOMEM);
	return work_touch(wt, DOING_OP, wt->w->anon, op->progress, true);
}

/* Locks a chunk ahead, then brings its pages in. */
static enum turn op_mlock(struct work_turn *wt, struct vm_op *op)
{
	struct vma *vma = wt->w->anon;
	uint64_t pages = MIN(op->pages, area_pages(wt->w));
	uint64_t ahead = MIN(op->progress + CHUNK_PAGES, pages);

	if (op->progress >= pages)
		return end_op(wt, pages ? 0 : -ENOMEM);
	if (op->progress % CHUNK_PAGES == 0 && vma->locked_pages < ahead)
		mlock_pages(wt->vm, vma, ahead);
	return work_touch(wt, DOING_OP, vma, op->progress, true);
}

static enum turn op_file(struct work_turn *wt, struct vm_op *op)
{
	struct task *t = wt->t;

	if (op->progress >= op->pages)
		return end_op(wt, 0);
	assert(t->file && t->file->nr_pages);
	if (t->file_pos >= t->file->nr_pages)
		t->file_pos = 0;
	return work_file(wt, DOING_OP, t->file_pos, op->kind == VM_OP_DIRTY);
}

enum turn work_op(struct work_turn *wt)
{
	struct vm_op *op = wt->t->ops;

	switch (op->kind) {
	case VM_OP_ALLOC:
		return op_alloc(wt, op);
	case VM_OP_FREE:
		return op_free(wt, op);
	case VM_OP_TOUCH:
		return op_touch(wt, op);
	case VM_OP_READ:
	case VM_OP_DIRTY:
		return op_file(wt, op);
	case VM_OP_MLOCK:
		return op_mlock(wt, op);
	default:
		assert(op->kind == VM_OP_EXIT);
		op->progress = 1;
		return TURN_DEAD;
	}
}

void work_credit_op(struct work_turn *wt)
{
	struct vm_op *op = wt->t->ops;

	assert(op);
	op->progress++;
	if (op->kind == VM_OP_READ || op->kind == VM_OP_DIRTY)
		wt->t->file_pos++;
}
