/* SPDX-License-Identifier: MIT */
/*
 * oom_score.c - how much would be won by killing it?
 *
 * Fact sheet H.3 and H.4; mm/oom_kill.c:oom_badness and
 * fs/proc/base.c:proc_oom_score.  Called by oom_kill.c, which compares, and
 * by the task door, which shows.  Calls nothing but the swap map.
 * Locking: the world's lock; the calc_ functions are pure.
 */
#include <assert.h>

#include "memory/swap_map.h"
#include "reclaim/oom_kill.h"

int64_t calc_badness(uint64_t rss, uint64_t swapents, uint64_t pgtables_bytes,
		     int oom_score_adj, uint64_t totalpages)
{
	int64_t points =
		(int64_t)(rss + swapents + pgtables_bytes / VM_PAGE_SIZE);

	assert(oom_score_adj >= VM_OOM_SCORE_ADJ_MIN &&
	       oom_score_adj <= VM_OOM_SCORE_ADJ_MAX);
	if (oom_score_adj == VM_OOM_SCORE_ADJ_MIN)
		return INT64_MIN;
	return points + oom_score_adj * (int64_t)(totalpages / 1000);
}

int calc_oom_score(int64_t badness, uint64_t totalpages)
{
	assert(totalpages > 0);
	if (badness == INT64_MIN)
		return 0;
	return (int)((1000 + badness * 1000 / (int64_t)totalpages) * 2 / 3);
}

int64_t oom_badness(const struct vm *vm, const struct task *t,
		    uint64_t totalpages)
{
	const struct mm *mm = t->mm;

	(void)vm;
	assert(!mm || mm->nr_vmas <= MAX_VMAS);
	if (!mm || t->flags & (TF_INIT | TF_KTHREAD | TF_OOM_SKIP))
		return INT64_MIN;
	return calc_badness(mm_rss(mm), mm->swapents,
			    mm->nr_ptes * VM_PAGE_SIZE, t->oom_score_adj,
			    totalpages);
}

int oom_score(const struct vm *vm, const struct task *t)
{
	const uint64_t totalpages = vm->total_pages + swap_total_pages(vm);

	assert(vm->total_pages > 0);
	return calc_oom_score(oom_badness(vm, t, totalpages), totalpages);
}
