/* SPDX-License-Identifier: MIT */
/*
 * alloc_trace.c - what the allocator tells an observer (fact sheet L.2).
 *
 * Called by alloc_slowpath.c; calls trace.c.  Costs a test when nobody
 * observes.  Locking: the world's lock.
 */
#include <assert.h>

#include "memory/trace.h"
#include "reclaim/page_alloc.h"

void trace_reclaim_retry(struct vm *vm, const struct alloc_context *ac,
			 const struct zone *z, uint64_t reclaimable, bool ok)
{
	struct vm_event ev;

	assert(zone_populated(z));
	if (!trace_enabled(vm))
		return;
	ev = trace_event(vm, VM_EV_RECLAIM_RETRY_ZONE, ac->rq.task);
	ev.nid = z->nid;
	ev.order = (int)ac->rq.order;
	ev.retry.zone = z->type;
	ev.retry.reclaimable = reclaimable;
	ev.retry.available = reclaimable + zone_free_pages(z);
	ev.retry.min_wmark = wmark_pages(z, WMARK_MIN);
	ev.retry.no_progress_loops = ac->no_progress_loops;
	ev.retry.wmark_check = ok;
	trace_send(vm, &ev);
}

void trace_alloc_failure(struct vm *vm, const struct alloc_context *ac)
{
	struct vm_event ev;

	assert(ac->pfn == PFN_NONE);
	if (!trace_enabled(vm))
		return;
	ev = trace_event(vm, VM_EV_PAGE_ALLOC_FAILURE, ac->rq.task);
	ev.order = (int)ac->rq.order;
	ev.gfp = ac->rq.gfp;
	trace_send(vm, &ev);
}
