/* SPDX-License-Identifier: MIT */
/*
 * direct_reclaim.c - reclaim in the time of the task that wants a page (C.4).
 *
 * Called by alloc_slowpath.c, step by step; calls shrink_node_step() for the
 * nodes of the zonelist, priority by priority.
 * mm/vmscan.c:do_try_to_free_pages and shrink_zones are the models.
 * Locking: the world's lock.
 */
#include <assert.h>
#include <string.h>

#include "memory/trace.h"
#include "memory/vmstat.h"
#include "reclaim/page_alloc.h"
#include "reclaim/vmscan.h"

static void begin_pass(struct vm *vm, struct reclaim *r)
{
	assert(!r->in_node);
	count_event(vm, ALLOCSTALL_DMA + r->sc.reclaim_idx);
	r->sc.priority = DEF_PRIORITY;
	r->at = 0;
	r->seen = 0;
}

void direct_reclaim_begin(struct vm *vm, struct reclaim *r,
			  const struct page_request *rq)
{
	assert(rq->task && rq->nid >= 0);
	memset(r, 0, sizeof(*r));
	r->task = rq->task;
	r->nid = rq->nid;
	r->nodemask = rq->nodemask;
	r->began_ns = vm->world.now_ns;
	r->sc.who = RECLAIM_DIRECT;
	r->sc.task = rq->task;
	r->sc.nr_to_reclaim = SWAP_CLUSTER_MAX;
	r->sc.gfp = rq->gfp;
	r->sc.order = (int)rq->order;
	r->sc.reclaim_idx = gfp_zone(rq->gfp);
	r->sc.may_writepage = !vm->ctl.laptop_mode;
	r->sc.may_unmap = true;
	r->sc.may_swap = true;
	begin_pass(vm, r);
	if (trace_enabled(vm)) {
		struct vm_event ev = trace_event(
			vm, VM_EV_DIRECT_RECLAIM_BEGIN, rq->task);

		ev.order = (int)rq->order;
		ev.gfp = rq->gfp;
		trace_send(vm, &ev);
	}
}

/* The next node of this priority's pass, or NULL: all have had their turn. */
static struct pgdat *next_node(struct vm *vm, struct reclaim *r)
{
	const struct pgdat *pref = &vm->node[r->nid];

	for (; r->at < pref->nr_zonelist; r->at++) {
		const struct zone *z =
			vm->zone_table[pref->zonelist[r->at].zone];

		if ((int)z->type > r->sc.reclaim_idx ||
		    !(r->nodemask & 1ull << z->nid) ||
		    r->seen & 1ull << z->nid)
			continue;
		r->seen |= 1ull << z->nid;
		return &vm->node[z->nid];
	}
	return NULL;
}

/* consider_reclaim_throttle: nothing at all was found near the end. */
static void throttle_noprogress(struct reclaim *r)
{
	struct scan_control *sc = &r->sc;

	assert(sc->pgdat);
	if (sc->priority != 1 || sc->nr_reclaimed || sc->sleep_ns ||
	    sc->pgdat->kswapd_failures >= MAX_RECLAIM_RETRIES)
		return;
	sc->sleep_ns = VM_JIFFY_NS;
	sc->sleep_why = VM_THROTTLE_NOPROGRESS;
}

static enum reclaim_result sleep_or_go_on(struct vm *vm, struct reclaim *r)
{
	struct scan_control *sc = &r->sc;

	if (!sc->sleep_ns)
		return RECLAIM_AGAIN;
	if (trace_enabled(vm)) {
		struct vm_event ev = trace_event(vm, VM_EV_THROTTLED, r->task);

		ev.nid = sc->pgdat->nid;
		ev.throttle.reason = sc->sleep_why;
		ev.throttle.timeout_us = sc->sleep_ns / 1000;
		ev.throttle.delayed_us = sc->sleep_ns / 1000;
		trace_send(vm, &ev);
	}
	r->until_ns = vm->world.now_ns + sc->sleep_ns;
	assert(r->until_ns > vm->world.now_ns);
	sc->sleep_ns = 0;
	return RECLAIM_SLEEP;
}

enum reclaim_result wait_for_queue(struct vm *vm, struct reclaim *r)
{
	assert(r->in_node);
	if (!r->sc.wait_ns)
		return RECLAIM_AGAIN;
	r->until_ns = vm->world.now_ns + r->sc.wait_ns;
	return RECLAIM_SLEEP;
}

static enum reclaim_result end(struct vm *vm, struct reclaim *r)
{
	const struct pgdat *pref = &vm->node[r->nid];

	for (unsigned i = 0; i < pref->nr_zonelist; i++) {
		uint8_t nid = vm->zone_table[pref->zonelist[i].zone]->nid;

		snapshot_refaults(&vm->node[nid]);
	}
	if (trace_enabled(vm)) {
		struct vm_event ev = trace_event(
			vm, VM_EV_DIRECT_RECLAIM_END, r->task);

		ev.nr_reclaimed = r->sc.nr_reclaimed;
		trace_send(vm, &ev);
	}
	assert(!r->in_node);
	return RECLAIM_DONE;
}

/* A whole descent of the priorities is over; is there reason for another? */
static enum reclaim_result end_pass(struct vm *vm, struct reclaim *r)
{
	assert(!r->in_node);
	if (r->sc.nr_reclaimed)
		return end(vm, r);
	if (!r->full_walk) {
		r->full_walk = true;
		r->sc.skipped_deactivate = false;
		begin_pass(vm, r);
		return RECLAIM_AGAIN;
	}
	if (r->sc.skipped_deactivate && !r->forced) {
		r->forced = true;
		r->sc.force_deactivate = true;
		r->sc.skipped_deactivate = false;
		begin_pass(vm, r);
		return RECLAIM_AGAIN;
	}
	return end(vm, r);
}

/* All nodes have been shrunk at this priority. */
static enum reclaim_result end_priority(struct vm *vm, struct reclaim *r)
{
	if (r->sc.nr_reclaimed >= r->sc.nr_to_reclaim)
		return end(vm, r);
	if (r->sc.priority == 0)
		return end_pass(vm, r);
	r->sc.priority--;
	if (r->sc.priority < DEF_PRIORITY - 2)
		r->sc.may_writepage = true;
	r->at = 0;
	r->seen = 0;
	assert(r->sc.priority >= 0);
	return RECLAIM_AGAIN;
}

enum reclaim_result direct_reclaim_step(struct vm *vm, struct reclaim *r)
{
	struct pgdat *pgdat;

	assert(r->sc.who == RECLAIM_DIRECT);
	if (!r->in_node) {
		pgdat = next_node(vm, r);
		if (!pgdat)
			return end_priority(vm, r);
		shrink_node_begin(vm, &r->sc, pgdat);
		r->in_node = true;
	}
	if (!shrink_node_step(vm, &r->sc))
		return wait_for_queue(vm, r);
	r->in_node = false;
	throttle_noprogress(r);
	return sleep_or_go_on(vm, r);
}
