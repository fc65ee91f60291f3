/* SPDX-License-Identifier: MIT */
/*
 * workload_start.c - a task comes to be as large as its description says.
 *
 * Its resident pages are touched one after another, as a program that starts
 * would; this may reclaim, swap and wait like any other touch.  Its swapped
 * pages were written before the machine was, so they cost neither time nor
 * counters: each gets a slot and its page table entry.
 *
 * Called by workload.c before the first phase.  Locking: the world's lock.
 */
#include <assert.h>

#include "actors/workload.h"
#include "reclaim/page_alloc.h"

#define SLOT_NS		 100u
#define RETRY_NS	 (10 * 1000000ull)
#define GFP_TABLE_NOWAIT (GFP_PAGETABLE & ~GFP_BIT_DIRECT_RECLAIM)

/* The page tables of an entry; false: there is no memory for them now. */
static bool have_table(struct work_turn *wt, struct vma *vma, uint64_t index)
{
	uint8_t nid = wt->vm->conf.cpu_node[wt->t->cpu];
	uint32_t pfn;

	while (!mm_has_table(vma, index)) {
		pfn = alloc_pages_nowait(wt->vm, GFP_TABLE_NOWAIT, 0, nid,
					 ~0ull);
		if (pfn == PFN_NONE)
			return false;
		mm_add_table(wt->vm, vma, index, pfn);
		assert(pfn_page(wt->vm, pfn)->flags & PG_KERNEL);
	}
	return true;
}

static enum turn start_swapped(struct work_turn *wt)
{
	struct task_work *w = wt->w;
	struct vma *vma = w->anon;
	uint64_t index =
		w->conf.anon_resident + w->conf.anon_swapped - w->swap_left;
	uint32_t entry;

	assert(index < vma->nr_pages);
	wt->sys_ns += SLOT_NS;
	if (vma->pte[index]) { /* an op was faster */
		w->swap_left--;
		return TURN_NEXT;
	}
	if (!have_table(wt, vma, index))
		return work_sleep(wt, turn_now(wt) + RETRY_NS);
	entry = swap_slot_alloc(wt->vm, vma->mapping.id, (uint32_t)index);
	if (!entry) { /* swap is full: the rest stays untouched */
		w->swap_left = 0;
		return TURN_NEXT;
	}
	vma->pte[index] = entry;
	vma->mm->swapents++;
	w->swap_left--;
	return TURN_NEXT;
}

enum turn work_start(struct work_turn *wt)
{
	struct task_work *w = wt->w;
	uint64_t pages = MAX(w->conf.anon_resident, w->conf.mlock_pages);

	assert(w->anon && (w->start_left || w->swap_left));
	if (!w->start_left)
		return start_swapped(wt);
	return work_touch(wt, DOING_START, w->anon, pages - w->start_left,
			  true);
}

void work_credit_start(struct work_turn *wt)
{
	if (wt->w->start_left)
		wt->w->start_left--;
	assert(wt->w->start_left <= wt->w->conf.anon_pages);
}
