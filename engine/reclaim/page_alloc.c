/* SPDX-License-Identifier: MIT */
/*
 * page_alloc.c - the watermark test, the walk of the zonelist, free.
 *
 * Called by alloc_slowpath.c and by whoever cannot wait; calls buddy.c, and
 * vmscan.h's node reclaim for zone_reclaim_mode.  Fact sheet B.3, B.6, C.2.
 * Locking: the world's lock.
 */
#include "reclaim/page_alloc.h"

#include <assert.h>

#include "memory/buddy.h"
#include "memory/pcp.h"
#include "memory/trace.h"
#include "memory/vmstat.h"
#include "memory/watermark.h"

bool watermark_passes(uint64_t free, uint64_t mark, uint64_t reserve,
		      uint32_t alloc_flags)
{
	if (alloc_flags & ALLOC_MIN_RESERVE) {
		mark -= mark / 2;
		if (alloc_flags & ALLOC_NON_BLOCK)
			mark -= mark / 4;
	}
	if (alloc_flags & ALLOC_OOM)
		mark -= mark / 2;
	return free > mark + reserve;
}

bool zone_watermark_ok(const struct zone *z, unsigned order, uint64_t mark,
		       int highest_zoneidx, uint32_t alloc_flags)
{
	uint64_t free = zone_free_pages(z);
	uint64_t unusable = (1ull << order) - 1;
	bool highatomic = alloc_flags & (ALLOC_HIGHATOMIC | ALLOC_OOM);

	assert(order <= VM_MAX_ORDER);
	assert(highest_zoneidx >= 0 && highest_zoneidx < VM_NR_ZONES);
	free -= free < unusable ? free : unusable;
	if (!watermark_passes(free, mark, z->lowmem_reserve[highest_zoneidx],
			      alloc_flags))
		return false;
	return order == 0 || buddy_has_block(z, order, highatomic);
}

/* Lists of a zone below high shall shrink: it would be reclaimed too soon. */
static void note_below_high(struct zone *z, const struct alloc_context *ac)
{
	if (z->pcp && !z->below_high &&
	    !zone_watermark_ok(z, ac->rq.order, wmark_pages(z, WMARK_HIGH),
			       ac->highest_zoneidx, ac->alloc_flags))
		z->below_high = true;
}

/* B.6, last paragraph: order 0 may ignore a boost at the min mark. */
static bool zone_passes(struct zone *z, const struct alloc_context *ac)
{
	if (ac->alloc_flags & ALLOC_NO_WATERMARKS)
		return true;
	note_below_high(z, ac);
	if (zone_watermark_ok(z, ac->rq.order, wmark_pages(z, ac->mark),
			      ac->highest_zoneidx, ac->alloc_flags))
		return true;
	return ac->rq.order == 0 && z->boost && ac->mark == WMARK_MIN &&
	       ac->alloc_flags & ALLOC_MIN_RESERVE &&
	       zone_watermark_ok(z, 0, z->wmark[WMARK_MIN],
				 ac->highest_zoneidx, ac->alloc_flags);
}

/* C.2: which counters of which node; zone_statistics, @nr times. */
static void count_numa(struct vm *vm, struct zone *z,
		       const struct alloc_context *ac, uint64_t nr)
{
	struct zone *asked = vm->zone_table[ac->preferred_zone];
	int here = ac->rq.task && ac->rq.task->cpu >= 0
			   ? vm->conf.cpu_node[ac->rq.task->cpu]
			   : ac->rq.nid;

	if (!vm->ctl.numa_stat)
		return;
	if (z->nid == asked->nid) {
		z->numa[NUMA_HIT] += nr;
	} else {
		z->numa[NUMA_MISS] += nr;
		asked->numa[NUMA_FOREIGN] += nr;
	}
	z->numa[z->nid == here ? NUMA_LOCAL : NUMA_OTHER] += nr;
}

/*
 * What kswapd is woken for: the boosted zone.  But a request gets to a lower
 * zone because those above are below low, and the next page mostly asks for
 * them before kswapd has started.  Where it does not, kswapd looks in vain at
 * pages of zones that are too high (pgskip): in 5 of some 60 rounds recorded,
 * 4 of them on a guest of 256 MiB, though zone DMA is boosted in most.
 */
static int boost_zoneidx(const struct zone *z, const struct alloc_context *ac)
{
	assert((int)z->type <= ac->highest_zoneidx);
	return z->id == ac->preferred_zone ? (int)z->type :
					     ac->highest_zoneidx;
}

/* B.3, and D.1 for the boosted zone. */
static void boost_zone(struct vm *vm, struct zone *z,
		       const struct alloc_context *ac)
{
	uint64_t boost = calc_boost(
		z->boost, z->wmark[WMARK_HIGH],
		(uint64_t)vm->ctl.watermark_boost_factor, z->managed);

	if (boost == z->boost)
		return;
	assert(boost > 0);
	z->boost = boost;
	if (ac->rq.gfp & GFP_BIT_KSWAPD_RECLAIM)
		wakeup_kswapd(vm, z, &(struct page_request){
			.task = ac->rq.task }, boost_zoneidx(z, ac));
}

static uint32_t take_block(struct vm *vm, struct zone *z,
			   const struct alloc_context *ac)
{
	bool fragmented;
	uint32_t pfn = buddy_alloc(vm, z, ac->rq.order, ac->migratetype,
				   &fragmented);

	if (fragmented)
		boost_zone(vm, z, ac);
	return pfn;
}

/* From the list of the CPU, which is refilled when it is empty. */
static uint32_t take_listed(struct vm *vm, struct zone *z,
			    const struct alloc_context *ac)
{
	struct pcp *l = &z->pcp[vm->cpu_now];
	uint32_t pfn = pcp_take(vm, l, ac->migratetype);

	assert(ac->rq.order == 0);
	pcp_taken(z, l);
	for (uint32_t nr = pfn == PFN_NONE ? pcp_refill_nr(z, l) : 0; nr;
	     nr--) {
		uint32_t more = take_block(vm, z, ac);

		if (more == PFN_NONE)
			break;
		pcp_put(vm, l, more, ac->migratetype);
	}
	return pfn == PFN_NONE ? pcp_take(vm, l, ac->migratetype) : pfn;
}

static bool take_from(struct vm *vm, struct zone *z, struct alloc_context *ac)
{
	if (z->pcp && ac->rq.order == 0)
		ac->pfn = take_listed(vm, z, ac);
	else
		ac->pfn = take_block(vm, z, ac);
	if (ac->pfn == PFN_NONE)
		return false;
	count_events(vm, PGALLOC_DMA + z->type, 1ull << ac->rq.order);
	count_numa(vm, z, ac, 1);
	/* the textbook's kswapd does not wait for the low mark */
	if (vm->conf.kswapd_wake == VM_KSWAPD_WAKE_HIGH &&
	    ac->rq.gfp & GFP_BIT_KSWAPD_RECLAIM &&
	    !zone_watermark_ok(z, ac->rq.order, wmark_pages(z, WMARK_HIGH),
			       ac->highest_zoneidx, 0))
		wakeup_kswapd(vm, z, &ac->rq, ac->highest_zoneidx);
	return true;
}

/* C.2 step 5: shall this zone's node be reclaimed before we go on? */
static bool try_node_reclaim(struct vm *vm, struct alloc_context *ac,
			     struct zone *z)
{
	if (!(vm->ctl.zone_reclaim_mode & 7) ||
	    vm->conf.node[ac->rq.nid].distance[z->nid] > RECLAIM_DISTANCE)
		return false;
	return node_reclaim_begin(vm, &ac->reclaim, z, &ac->rq) ==
	       NODE_RECLAIM_RUN;
}

void walk_begin(struct alloc_context *ac, enum zone_watermark mark)
{
	assert(mark < NR_WMARK);
	ac->mark = mark;
	ac->zone_at = 0;
}

enum walk_result walk_zonelist(struct vm *vm, struct alloc_context *ac)
{
	const struct pgdat *pref = &vm->node[ac->rq.nid];
	bool resumed = ac->stage == ALLOC_NODE_RECLAIM;

	for (; ac->zone_at < pref->nr_zonelist; ac->zone_at++) {
		struct zone *z =
			vm->zone_table[pref->zonelist[ac->zone_at].zone];

		if ((int)z->type > ac->highest_zoneidx ||
		    !(ac->rq.nodemask & 1ull << z->nid))
			continue;
		if (!zone_passes(z, ac)) {
			/* after its node was reclaimed a zone has one try */
			if (!resumed && try_node_reclaim(vm, ac, z))
				return WALK_RECLAIM;
			resumed = false;
			continue;
		}
		resumed = false;
		if (take_from(vm, z, ac))
			return WALK_FOUND;
	}
	return WALK_NONE;
}

uint32_t gfp_to_alloc_flags(uint32_t gfp, unsigned order)
{
	uint32_t flags = 0;

	if (gfp & GFP_BIT_HIGH)
		flags |= ALLOC_MIN_RESERVE;
	if (gfp & GFP_BIT_KSWAPD_RECLAIM)
		flags |= ALLOC_KSWAPD;
	if (gfp & GFP_BIT_MEMALLOC)
		flags |= ALLOC_NO_WATERMARKS;
	if (gfp & GFP_BIT_DIRECT_RECLAIM || gfp & GFP_BIT_NOMEMALLOC)
		return flags;
	flags |= ALLOC_NON_BLOCK;
	if (order > 0 && flags & ALLOC_MIN_RESERVE)
		flags |= ALLOC_HIGHATOMIC;
	return flags;
}

uint32_t alloc_pages_nowait(struct vm *vm, uint32_t gfp, unsigned order,
			    int nid, uint64_t nodemask)
{
	struct alloc_context ac;

	assert(!(gfp & GFP_BIT_DIRECT_RECLAIM));
	ac.rq = (struct page_request){ .gfp = gfp, .order = order,
				       .nid = nid, .nodemask = nodemask };
	alloc_begin_request(vm, &ac);
	if (walk_zonelist(vm, &ac) == WALK_FOUND)
		return ac.pfn;
	if (gfp & GFP_BIT_KSWAPD_RECLAIM)
		wake_all_kswapds(vm, &ac);
	ac.alloc_flags = gfp_to_alloc_flags(gfp, order);
	walk_begin(&ac, WMARK_MIN);
	return walk_zonelist(vm, &ac) == WALK_FOUND ? ac.pfn : PFN_NONE;
}

uint32_t alloc_run_nowait(struct vm *vm, uint32_t gfp, int nid,
			  uint64_t nodemask, uint64_t *nr)
{
	struct alloc_context ac;
	struct zone *z;
	unsigned order = 0;

	assert(*nr && !(gfp & GFP_BIT_DIRECT_RECLAIM));
	ac.rq = (struct page_request){ .gfp = gfp, .nid = nid,
				       .nodemask = nodemask };
	alloc_begin_request(vm, &ac);
	z = vm->zone_table[ac.preferred_zone];
	/* room for all of them, so that none would wake up a kswapd */
	if (nodemask & 1ull << z->nid && !z->pcp &&
	    zone_watermark_ok(z, 0, wmark_pages(z, WMARK_HIGH) + *nr,
			      ac.highest_zoneidx, 0))
		order = buddy_run_order(z, *nr, ac.migratetype);
	*nr = 1ull << order;
	ac.rq.order = order;
	if (!order || !take_from(vm, z, &ac))
		return alloc_pages_nowait(vm, gfp, 0, nid, nodemask);
	count_numa(vm, z, &ac, *nr - 1);
	return ac.pfn;
}

void free_pages(struct vm *vm, uint32_t pfn, unsigned order)
{
	assert(pfn < vm->nr_frames);
	assert(!(pfn_page(vm, pfn)->flags & (PG_LRU | PG_MAPPED)));
	count_events(vm, PGFREE, 1ull << order);
	if (order == 0 && page_zone(vm, pfn)->pcp)
		pcp_free(vm, page_zone(vm, pfn), pfn);
	else
		buddy_free(vm, page_zone(vm, pfn), pfn, order);
}

void free_page_batch(struct vm *vm, const uint32_t *pfn, unsigned nr)
{
	assert(nr <= SWAP_CLUSTER_MAX);
	count_events(vm, PGFREE, nr);
	if (vm->conf.page_lists == VM_PAGE_LISTS_NONE) {
		buddy_free_pages(vm, pfn, nr);
		return;
	}
	for (unsigned i = 0; i < nr; i++)
		pcp_free(vm, page_zone(vm, pfn[i]), pfn[i]);
}

void wakeup_kswapd(struct vm *vm, struct zone *z,
		   const struct page_request *rq, int highest_zoneidx)
{
	struct pgdat *pgdat = &vm->node[z->nid];
	int order = (int)rq->order;
	struct vm_event ev;

	if (!zone_populated(z))
		return;
	if (pgdat->kswapd_highest_zoneidx == VM_NR_ZONES ||
	    pgdat->kswapd_highest_zoneidx < highest_zoneidx)
		pgdat->kswapd_highest_zoneidx = highest_zoneidx;
	pgdat->kswapd_order = MAX(pgdat->kswapd_order, order);
	if (!pgdat->kswapd_waiting)
		return;
	if (pgdat->kswapd_failures >= MAX_RECLAIM_RETRIES ||
	    (pgdat_balanced(vm, pgdat, order, highest_zoneidx) &&
	     !pgdat_boosted(pgdat, highest_zoneidx)))
		return;
	if (trace_enabled(vm)) {
		ev = trace_event(vm, VM_EV_WAKEUP_KSWAPD, rq->task);
		ev.nid = z->nid;
		ev.order = order;
		ev.gfp = rq->gfp;
		trace_send(vm, &ev);
	}
	assert(pgdat->kswapd_actor);
	pgdat->kswapd_waiting = false;
	actor_wake(pgdat->kswapd_actor, vm->world.now_ns);
}

void wake_all_kswapds(struct vm *vm, const struct alloc_context *ac)
{
	const struct pgdat *pref = &vm->node[ac->rq.nid];
	int last = -1;

	assert(pref->nr_zonelist > 0);
	for (unsigned i = 0; i < pref->nr_zonelist; i++) {
		struct zone *z = vm->zone_table[pref->zonelist[i].zone];

		if ((int)z->type > ac->highest_zoneidx || z->nid == last ||
		    !(ac->rq.nodemask & 1ull << z->nid))
			continue;
		last = z->nid;
		wakeup_kswapd(vm, z, &ac->rq, ac->highest_zoneidx);
	}
}

static bool any_zone_passes(struct vm *vm, const struct alloc_context *ac)
{
	const struct pgdat *pref = &vm->node[ac->rq.nid];

	assert(ac->zone_at == 0);
	for (unsigned i = 0; i < pref->nr_zonelist; i++)
		if (zone_passes(vm->zone_table[pref->zonelist[i].zone], ac))
			return true;
	return false;
}

void wake_kswapds_below_low(struct vm *vm)
{
	struct pgdat *pgdat;

	assert(vm->nr_nodes > 0);
	for_each_node(vm, pgdat) {
		const struct page_request rq = { .gfp = GFP_CACHE_NOWAIT,
						 .nid = pgdat->nid,
						 .nodemask = UINT64_MAX };
		struct alloc_context ac;

		if (!pgdat->has_cpu)
			continue;
		alloc_begin(vm, &ac, &rq);
		if (vm->conf.kswapd_wake == VM_KSWAPD_WAKE_HIGH)
			walk_begin(&ac, WMARK_HIGH);
		if (!any_zone_passes(vm, &ac))
			wake_all_kswapds(vm, &ac);
	}
}
