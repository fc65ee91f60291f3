/* SPDX-License-Identifier: MIT */
/*
 * alloc_slowpath.c - a request for pages, stage by stage (fact sheet C.3).
 *
 * Called by faults and the page cache (fault.h), which let the task wait
 * between steps.  Calls the walk of the zonelist, direct and node reclaim,
 * and the OOM killer.  mm/page_alloc.c:__alloc_pages_slowpath is the model.
 * Locking: the world's lock.
 */
#include <assert.h>

#include "memory/pcp.h"
#include "memory/trace.h"
#include "memory/vmstat.h"
#include "reclaim/oom_kill.h"
#include "reclaim/page_alloc.h"

static void pick_preferred_zone(struct vm *vm, struct alloc_context *ac)
{
	const struct pgdat *pref = &vm->node[ac->rq.nid];

	ac->preferred_zone = pref->zonelist[0].zone;
	for (unsigned i = 0; i < pref->nr_zonelist; i++) {
		const struct zone *z = vm->zone_table[pref->zonelist[i].zone];

		if ((int)z->type <= ac->highest_zoneidx &&
		    ac->rq.nodemask & 1ull << z->nid) {
			ac->preferred_zone = z->id;
			return;
		}
	}
}

static enum vm_migratetype gfp_migratetype(uint32_t gfp)
{
	if (gfp & GFP_BIT_MOVABLE)
		return VM_MIGRATE_MOVABLE;
	if (gfp & GFP_BIT_RECLAIMABLE)
		return VM_MIGRATE_RECLAIMABLE;
	return VM_MIGRATE_UNMOVABLE;
}

void alloc_begin(struct vm *vm, struct alloc_context *ac,
		 const struct page_request *rq)
{
	ac->rq = *rq;
	alloc_begin_request(vm, ac);
}

void alloc_begin_request(struct vm *vm, struct alloc_context *ac)
{
	const struct page_request *rq = &ac->rq;

	assert(rq->nid >= 0 && (uint32_t)rq->nid < vm->nr_nodes);
	assert(!(rq->gfp & GFP_BIT_DIRECT_RECLAIM) || rq->task);
	ac->migratetype = gfp_migratetype(rq->gfp);
	ac->pfn = PFN_NONE;
	ac->cost_ns = 0;
	ac->stage = ALLOC_FAST;
	ac->alloc_flags = 0;
	ac->highest_zoneidx = gfp_zone(rq->gfp);
	ac->no_progress_loops = 0;
	ac->stalled = false;
	ac->drained = false;
	ac->began_ns = vm->world.now_ns;
	ac->spent_ns = 0;
	pick_preferred_zone(vm, ac);
	walk_begin(ac, WMARK_LOW);
}

static uint32_t retry_flags(const struct alloc_context *ac)
{
	uint32_t flags = gfp_to_alloc_flags(ac->rq.gfp, ac->rq.order);

	/* an OOM victim may use half of what others must leave (B.6) */
	if (ac->rq.task && ac->rq.task->flags & TF_MEMDIE &&
	    !(ac->rq.gfp & GFP_BIT_NOMEMALLOC))
		flags |= ALLOC_OOM;
	return flags;
}

static void enter(struct vm *vm, struct alloc_context *ac,
		  enum alloc_stage stage)
{
	ac->stage = stage;
	switch (stage) {
	case ALLOC_SLOW:
	case ALLOC_RETRY:
		if (ac->rq.gfp & GFP_BIT_KSWAPD_RECLAIM)
			wake_all_kswapds(vm, ac);
		ac->alloc_flags = retry_flags(ac);
		walk_begin(ac, WMARK_MIN);
		break;
	case ALLOC_RECLAIMED:
		walk_begin(ac, WMARK_MIN);
		break;
	case ALLOC_OOM_LAST:
		ac->alloc_flags =
			ac->alloc_flags & ALLOC_OOM ? ALLOC_WAS_OOM : 0;
		walk_begin(ac, WMARK_HIGH);
		break;
	default:
		assert(stage != ALLOC_FAST);
		break;
	}
}

/* Direct reclaim begins or ends: a memory stall (J.5), the task's own time. */
static void set_stalled(struct vm *vm, struct alloc_context *ac, bool stalled)
{
	assert(ac->rq.task);
	if (stalled == ac->stalled)
		return;
	ac->stalled = stalled;
	task_psi(vm, ac->rq.task, stalled ? 0 : PSI_MEMSTALL,
		 stalled ? PSI_MEMSTALL : 0);
}

/* The first node of the zonelist that has a zone up to Normal. */
static struct pgdat *throttle_node(struct vm *vm,
				   const struct alloc_context *ac)
{
	const struct pgdat *pref = &vm->node[ac->rq.nid];

	for (unsigned i = 0; i < pref->nr_zonelist; i++) {
		const struct zone *z = vm->zone_table[pref->zonelist[i].zone];

		if (z->type <= VM_ZONE_NORMAL &&
		    ac->rq.nodemask & 1ull << z->nid)
			return &vm->node[z->nid];
	}
	return NULL;
}

static void begin_direct_reclaim(struct vm *vm, struct alloc_context *ac)
{
	enter(vm, ac, ALLOC_RECLAIM);
	ac->rq.task->direct_reclaims++;
	ac->drained = false;
	direct_reclaim_begin(vm, &ac->reclaim, &ac->rq);
}

static enum alloc_result step_throttle(struct vm *vm, struct alloc_context *ac)
{
	struct pgdat *pgdat = throttle_node(vm, ac);

	if (!pgdat || ac->rq.task->flags & TF_KILLED ||
	    allow_direct_reclaim(vm, pgdat)) {
		begin_direct_reclaim(vm, ac);
		return ALLOC_AGAIN;
	}
	wake_kswapd_of_throttled(vm, pgdat);
	if (!ac->stalled)
		count_event(vm, PGSCAN_DIRECT_THROTTLE);
	set_stalled(vm, ac, true);
	ac->until_ns = vm->world.now_ns + VM_JIFFY_NS;
	return ALLOC_WAIT;
}

/* C.3, should_reclaim_retry: would all that is reclaimable be enough? */
static bool should_reclaim_retry(struct vm *vm, struct alloc_context *ac)
{
	const struct pgdat *pref = &vm->node[ac->rq.nid];

	if (ac->reclaim.sc.nr_reclaimed && ac->rq.order <= 3)
		ac->no_progress_loops = 0;
	else
		ac->no_progress_loops++;
	if (ac->no_progress_loops > MAX_RECLAIM_RETRIES)
		return false;
	for (unsigned i = 0; i < pref->nr_zonelist; i++) {
		const struct zone *z = vm->zone_table[pref->zonelist[i].zone];
		uint64_t reclaimable, min = wmark_pages(z, WMARK_MIN);
		bool ok;

		if ((int)z->type > ac->highest_zoneidx ||
		    !(ac->rq.nodemask & 1ull << z->nid))
			continue;
		reclaimable = zone_reclaimable_pages(vm, z);
		ok = watermark_passes(reclaimable + zone_free_pages(z), min,
				      z->lowmem_reserve[ac->highest_zoneidx],
				      ac->alloc_flags);
		trace_reclaim_retry(vm, ac, z, reclaimable, ok);
		if (ok)
			return true;
	}
	return false;
}

uint64_t alloc_took(const struct vm *vm, const struct alloc_context *ac,
		    uint64_t began_ns, uint64_t spent_ns)
{
	assert(vm->world.now_ns >= began_ns);
	assert(spent_ns >= ac->cost_ns);
	return MAX(vm->world.now_ns - began_ns + ac->cost_ns, spent_ns);
}

static void account_reclaim(const struct vm *vm, struct alloc_context *ac)
{
	const struct reclaim *r = &ac->reclaim;

	ac->rq.task->direct_reclaim_ns +=
		alloc_took(vm, ac, r->began_ns, r->spent_ns);
}

/* One @step of reclaim, which stalls its task until it is ALLOC_DONE. */
static enum alloc_result step_stalled(struct vm *vm, struct alloc_context *ac,
				      enum reclaim_result (*step)(
					      struct vm *,
					      struct reclaim *))
{
	enum reclaim_result r;

	set_stalled(vm, ac, true);
	r = step(vm, &ac->reclaim);
	ac->cost_ns = ac->reclaim.sc.cost_ns;
	ac->reclaim.sc.cost_ns = 0;
	ac->reclaim.spent_ns += ac->cost_ns;
	if (r == RECLAIM_SLEEP) {
		ac->until_ns = ac->reclaim.until_ns;
		return ALLOC_WAIT;
	}
	if (r == RECLAIM_AGAIN)
		return ALLOC_AGAIN;
	set_stalled(vm, ac, false);
	account_reclaim(vm, ac);
	return ALLOC_DONE;
}

static enum alloc_result step_reclaim(struct vm *vm, struct alloc_context *ac)
{
	enum alloc_result r = step_stalled(vm, ac, direct_reclaim_step);

	if (r != ALLOC_DONE)
		return r;
	enter(vm, ac, ALLOC_RECLAIMED);
	return ALLOC_AGAIN;
}

static enum alloc_result step_oom_kill(struct vm *vm, struct alloc_context *ac)
{
	struct oom_control oc = { .nodemask = ac->rq.nodemask,
				  .gfp = ac->rq.gfp,
				  .order = (int)ac->rq.order,
				  .task = ac->rq.task };

	/* C.5 point 3: what never kills */
	if (ac->rq.order > 3 || ac->highest_zoneidx < VM_ZONE_NORMAL ||
	    ac->rq.gfp & (GFP_BIT_RETRY_MAYFAIL | GFP_BIT_THISNODE))
		return ALLOC_FAILED;
	if (!out_of_memory(vm, &oc))
		return ALLOC_FAILED;
	/* a victim whose reserve is not enough shall not ask for ever */
	if (ac->alloc_flags & ALLOC_WAS_OOM)
		return ALLOC_FAILED;
	ac->no_progress_loops = 0;
	enter(vm, ac, ALLOC_RETRY);
	if (ac->alloc_flags & ALLOC_OOM)
		return ALLOC_AGAIN;
	/* the victim needs a moment to let go */
	ac->until_ns = vm->world.now_ns + VM_JIFFY_NS;
	return ALLOC_WAIT;
}

/* C.3 step 6: what was reclaimed may lie on the lists of other CPUs. */
static bool drain_page_lists(struct vm *vm, struct alloc_context *ac)
{
	assert(ac->stage == ALLOC_RECLAIMED);
	if (vm->conf.page_lists == VM_PAGE_LISTS_NONE || ac->drained ||
	    !ac->reclaim.sc.nr_reclaimed)
		return false;
	pcps_drain(vm);
	ac->drained = true;
	walk_begin(ac, WMARK_MIN);
	return true;
}

/* The free lists gave nothing: what comes next? */
static enum alloc_result walk_failed(struct vm *vm, struct alloc_context *ac)
{
	switch (ac->stage) {
	case ALLOC_FAST:
		enter(vm, ac, ALLOC_SLOW);
		return ALLOC_AGAIN;
	case ALLOC_SLOW:
	case ALLOC_RETRY:
		if (!(ac->rq.gfp & GFP_BIT_DIRECT_RECLAIM))
			return ALLOC_FAILED;
		enter(vm, ac, ALLOC_THROTTLE);
		return ALLOC_AGAIN;
	case ALLOC_RECLAIMED:
		if (drain_page_lists(vm, ac))
			return ALLOC_AGAIN;
		if (ac->rq.gfp & GFP_BIT_NORETRY)
			return ALLOC_FAILED;
		if (ac->rq.order > 3 && !(ac->rq.gfp & GFP_BIT_RETRY_MAYFAIL))
			return ALLOC_FAILED;
		enter(vm, ac,
		      should_reclaim_retry(vm, ac) ? ALLOC_RETRY
						   : ALLOC_OOM_LAST);
		return ALLOC_AGAIN;
	default:
		assert(ac->stage == ALLOC_OOM_LAST);
		enter(vm, ac, ALLOC_OOM_KILL);
		return ALLOC_AGAIN;
	}
}

static enum alloc_result step_walk(struct vm *vm, struct alloc_context *ac)
{
	enum alloc_stage stage =
		ac->stage == ALLOC_NODE_RECLAIM ? ac->after : ac->stage;

	switch (walk_zonelist(vm, ac)) {
	case WALK_FOUND:
		return ALLOC_DONE;
	case WALK_RECLAIM:
		ac->after = stage;
		ac->stage = ALLOC_NODE_RECLAIM;
		return ALLOC_AGAIN;
	default:
		ac->stage = stage;
		return walk_failed(vm, ac);
	}
}

static enum alloc_result step_node_reclaim(struct vm *vm,
					   struct alloc_context *ac)
{
	enum alloc_result r = step_stalled(vm, ac, node_reclaim_step);

	return r == ALLOC_DONE ? step_walk(vm, ac) : r;
}

static enum alloc_result step_once(struct vm *vm, struct alloc_context *ac)
{
	switch (ac->stage) {
	case ALLOC_NODE_RECLAIM:
		return step_node_reclaim(vm, ac);
	case ALLOC_THROTTLE:
		return step_throttle(vm, ac);
	case ALLOC_RECLAIM:
		return step_reclaim(vm, ac);
	case ALLOC_OOM_KILL:
		return step_oom_kill(vm, ac);
	default:
		return step_walk(vm, ac);
	}
}

enum alloc_result alloc_step(struct vm *vm, struct alloc_context *ac)
{
	enum alloc_result r;

	ac->cost_ns = 0;
	do
		r = step_once(vm, ac);
	while (r == ALLOC_AGAIN && ac->cost_ns == 0);
	ac->spent_ns += ac->cost_ns;
	assert(r != ALLOC_DONE || ac->pfn != PFN_NONE);
	/* a halted machine has nothing more to say */
	if (r == ALLOC_FAILED && !(ac->rq.gfp & GFP_BIT_NOWARN) &&
	    !vm->panicked)
		trace_alloc_failure(vm, ac);
	return r;
}

void alloc_abort(struct vm *vm, struct alloc_context *ac)
{
	assert(ac->pfn == PFN_NONE);
	if (!ac->rq.task)
		return;
	if (ac->stage == ALLOC_NODE_RECLAIM)
		node_reclaim_abort(vm, &ac->reclaim);
	ac->cost_ns = 0;
	if (ac->stage == ALLOC_NODE_RECLAIM || ac->stage == ALLOC_RECLAIM)
		account_reclaim(vm, ac);
	set_stalled(vm, ac, false);
}
