/* SPDX-License-Identifier: MIT */
/*
 * node_reclaim.c - zone_reclaim_mode: clean up at home before going to
 * another node (fact sheet C.6).
 *
 * Called by the walk of the zonelist.  mm/vmscan.c:node_reclaim is the model.
 * Locking: the world's lock.
 */
#include <assert.h>
#include <string.h>

#include "memory/trace.h"
#include "memory/vmstat.h"
#include "reclaim/page_alloc.h"
#include "reclaim/vmscan.h"

enum { RECLAIM_ZONE = 1, RECLAIM_WRITE = 2, RECLAIM_UNMAP = 4 };

static uint64_t sub(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)(a - b) : 0;
}

/* Page cache that this mode would let us take. */
static uint64_t pagecache_reclaimable(const struct vm *vm,
				      const struct pgdat *pgdat)
{
	const int64_t *item = pgdat->item;
	uint64_t n;

	assert(item[NR_FILE_PAGES] >= 0);
	if (vm->ctl.zone_reclaim_mode & RECLAIM_UNMAP)
		n = (uint64_t)item[NR_FILE_PAGES];
	else
		n = sub(item[NR_INACTIVE_FILE] + item[NR_ACTIVE_FILE],
			item[NR_FILE_MAPPED]);
	if (!(vm->ctl.zone_reclaim_mode & RECLAIM_WRITE))
		n = sub((int64_t)n, item[NR_FILE_DIRTY]);
	return n;
}

static void begin(struct vm *vm, struct reclaim *r, struct zone *z,
		  const struct page_request *rq)
{
	int mode = vm->ctl.zone_reclaim_mode;

	assert(mode & (RECLAIM_ZONE | RECLAIM_WRITE | RECLAIM_UNMAP));
	memset(r, 0, sizeof(*r));
	r->task = rq->task;
	r->nid = z->nid;
	r->began_ns = vm->world.now_ns;
	r->sc.who = RECLAIM_NODE;
	r->sc.task = rq->task;
	r->sc.nr_to_reclaim = MAX(1ull << rq->order, SWAP_CLUSTER_MAX);
	r->sc.gfp = rq->gfp;
	r->sc.order = (int)rq->order;
	r->sc.priority = NODE_RECLAIM_PRIORITY;
	r->sc.reclaim_idx = gfp_zone(rq->gfp);
	r->sc.may_writepage = mode & RECLAIM_WRITE;
	r->sc.may_unmap = mode & RECLAIM_UNMAP;
	r->sc.may_swap = true;
}

enum node_reclaim_verdict node_reclaim_begin(struct vm *vm, struct reclaim *r,
					     struct zone *z,
					     const struct page_request *rq)
{
	struct pgdat *pgdat = &vm->node[z->nid];

	assert(zone_populated(z));
	if (pagecache_reclaimable(vm, pgdat) <= pgdat->min_unmapped_pages &&
	    (uint64_t)pgdat->item[NR_SLAB_RECLAIMABLE] <=
		    pgdat->min_slab_pages)
		return NODE_RECLAIM_FULL;
	if (!(rq->gfp & GFP_BIT_DIRECT_RECLAIM) || !rq->task)
		return NODE_RECLAIM_NOSCAN;
	if (pgdat->has_cpu && vm->conf.cpu_node[rq->task->cpu] != z->nid)
		return NODE_RECLAIM_NOSCAN;
	if (pgdat->flags & PGDAT_RECLAIM_LOCKED)
		return NODE_RECLAIM_NOSCAN;
	pgdat->flags |= PGDAT_RECLAIM_LOCKED;
	begin(vm, r, z, rq);
	if (trace_enabled(vm)) {
		struct vm_event ev = trace_event(
			vm, VM_EV_NODE_RECLAIM_BEGIN, rq->task);

		ev.nid = z->nid;
		ev.order = (int)rq->order;
		ev.gfp = rq->gfp;
		trace_send(vm, &ev);
	}
	return NODE_RECLAIM_RUN;
}

static enum reclaim_result end(struct vm *vm, struct reclaim *r)
{
	bool success = r->sc.nr_reclaimed >= 1ull << r->sc.order;

	assert(vm->node[r->nid].flags & PGDAT_RECLAIM_LOCKED);
	vm->node[r->nid].flags &= ~(uint32_t)PGDAT_RECLAIM_LOCKED;
	count_event(vm, success ? PGSCAN_ZONE_RECLAIM_SUCCESS
				: PGSCAN_ZONE_RECLAIM_FAILED);
	if (trace_enabled(vm)) {
		struct vm_event ev = trace_event(
			vm, VM_EV_NODE_RECLAIM_END, r->task);

		ev.nid = r->nid;
		ev.nr_reclaimed = r->sc.nr_reclaimed;
		trace_send(vm, &ev);
	}
	return RECLAIM_DONE;
}

void node_reclaim_abort(struct vm *vm, struct reclaim *r)
{
	assert(r->sc.who == RECLAIM_NODE);
	end(vm, r);
}

/* Slab alone may be too much while the page cache is not: one turn of it. */
static bool only_slab(struct vm *vm, const struct pgdat *pgdat)
{
	return pagecache_reclaimable(vm, pgdat) <= pgdat->min_unmapped_pages;
}

enum reclaim_result node_reclaim_step(struct vm *vm, struct reclaim *r)
{
	struct pgdat *pgdat = &vm->node[r->nid];

	assert(r->sc.who == RECLAIM_NODE);
	if (!r->in_node) {
		if (only_slab(vm, pgdat)) {
			r->sc.cost_ns += vm->conf.cost.scan_ns;
			r->sc.nr_reclaimed +=
				shrink_slab(vm, pgdat, r->sc.priority);
			return end(vm, r);
		}
		shrink_node_begin(vm, &r->sc, pgdat);
		r->in_node = true;
	}
	if (!shrink_node_step(vm, &r->sc))
		return wait_for_queue(vm, r);
	r->in_node = false;
	if (r->sc.nr_reclaimed >= 1ull << r->sc.order || r->sc.priority == 0)
		return end(vm, r);
	r->sc.priority--;
	return RECLAIM_AGAIN;
}
