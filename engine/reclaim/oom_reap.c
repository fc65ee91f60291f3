/* SPDX-License-Identifier: MIT */
/*
 * oom_reap.c - memory of a victim that does not go by itself.
 *
 * Fact sheet H.5; mm/oom_kill.c:oom_reaper.  A victim has two seconds; it
 * then may still wait for a disk or for its CPU, while others need its pages.
 * Its private memory is taken page by page; then another victim may be
 * chosen.  The address space itself goes when the task exits.
 *
 * Called by timer.c, part of a victim a step.  Calls zap_pages() of fault.h.
 * Locking: the world's lock.
 */
#include <assert.h>

#include <vm/vm.h>

#include "memory/trace.h"
#include "reclaim/fault.h"
#include "reclaim/oom_kill.h"
#include "reclaim/oom_reap.h"
#include "world/compiler.h"

#define REAP_DELAY_NS (2 * VM_SECOND)
/* Entries a step: one page table of them. */
#define REAP_BATCH PTES_PER_TABLE

void queue_oom_reaper(struct vm *vm, struct task *t)
{
	assert(t->flags & TF_MEMDIE);
	assert(t->reap_ns == 0);
	t->reap_ns = vm->world.now_ns + REAP_DELAY_NS;
	t->reap_vma = 0;
	t->reap_index = 0;
	actor_wake(&vm->timer, t->reap_ns);
}

/* The victim that has waited longest, or NULL. */
static struct task *next_victim(const struct vm *vm)
{
	struct task *t, *first = NULL;

	if (vm->nr_oom_victims == 0)
		return NULL;
	for_each_task (vm, t)
		if (t->reap_ns && (!first || t->reap_ns < first->reap_ns))
			first = t;
	assert(!first || first->flags & TF_MEMDIE);
	return first;
}

/*
 * One batch of what is private.  False: there is nothing left.  Areas may
 * shrink meanwhile, as the task exits.
 */
static bool reap_batch(struct vm *vm, struct task *t, uint64_t *cost_ns)
{
	const struct mm *mm = t->mm;

	while (t->reap_vma < mm->nr_vmas) {
		struct vma *vma = mm->vma[t->reap_vma];
		const uint64_t from = t->reap_index;
		uint64_t to;

		if (vma->file || from >= vma->nr_pages) {
			t->reap_vma++;
			t->reap_index = 0;
			continue;
		}
		to = MIN(from + REAP_BATCH, vma->nr_pages);
		assert(from < to);
		*cost_ns += zap_pages(vm, vma, from, to);
		t->reap_index = to;
		return true;
	}
	return false;
}

static void reaped(struct vm *vm, struct task *t)
{
	struct vm_ev_oom oom = { .panic = VM_PANIC_NO };
	struct vm_event ev;

	assert(t->reap_ns);
	t->reap_ns = 0;
	t->flags |= TF_OOM_SKIP;
	if (!trace_enabled(vm) || vm_task_get_locked(vm, t->pid, &oom.victim))
		return;
	ev = trace_event(vm, VM_EV_OOM_REAPED, t);
	ev.oom = &oom;
	trace_send(vm, &ev);
}

uint64_t oom_reaper_step(struct vm *vm, uint64_t now_ns)
{
	struct task *t = next_victim(vm);
	uint64_t cost_ns = 0;

	if (!t)
		return ACTOR_NEVER;
	if (t->reap_ns > now_ns)
		return t->reap_ns;
	/* What holds nothing any more is not worth a line in the log. */
	if (!t->mm ||
	    (t->reap_vma == 0 && t->reap_index == 0 && mm_rss(t->mm) == 0)) {
		t->reap_ns = 0;
		t->flags |= TF_OOM_SKIP;
		return now_ns;
	}
	if (!reap_batch(vm, t, &cost_ns))
		reaped(vm, t);
	assert(cost_ns < VM_SECOND);
	return now_ns + cost_ns;
}
