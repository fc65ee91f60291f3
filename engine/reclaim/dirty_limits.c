/* SPDX-License-Identifier: MIT */
/*
 * dirty_limits.c - how many pages may be dirty (fact sheet F.1, F.3).
 *
 * The calc_*() functions are pure: numbers in, numbers out.  The others read
 * the counters of the machine and hand them on.
 *
 * Called by dirty_throttle.c, the flushers, the page allocator (node shares)
 * and the snapshot.  Locking: the world's lock; the pure part needs none.
 * mm/page-writeback.c:domain_dirty_limits is the model.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/writeback.h"

/* The kernel turns per cent into parts of a page before it multiplies. */
static uint64_t ratio_of(uint64_t dirtyable, int ratio)
{
	assert(ratio >= 0);
	return (uint64_t)ratio * VM_PAGE_SIZE / 100 * dirtyable / VM_PAGE_SIZE;
}

/* Wraps as the kernel's does: the last 4095 values give 0 (errata 2). */
static uint64_t bytes_to_pages(uint64_t bytes)
{
	return (bytes + VM_PAGE_SIZE - 1) / VM_PAGE_SIZE;
}

struct dirty_limits calc_dirty_limits(uint64_t dirtyable, uint64_t dirty_bytes,
				      int dirty_ratio,
				      uint64_t background_bytes,
				      int background_ratio)
{
	struct dirty_limits l;

	l.thresh = dirty_bytes ? bytes_to_pages(dirty_bytes)
			       : ratio_of(dirtyable, dirty_ratio);
	l.background = background_bytes ? bytes_to_pages(background_bytes)
					: ratio_of(dirtyable, background_ratio);
	l.thresh = MIN(l.thresh, UINT32_MAX);
	if (l.background >= l.thresh)
		l.background = l.thresh / 2;
	assert(l.background <= l.thresh);
	return l;
}

uint64_t calc_dirtyable(uint64_t free, uint64_t totalreserve, uint64_t file_lru)
{
	return free - MIN(free, totalreserve) + file_lru + 1;
}

uint64_t global_dirtyable_memory(const struct vm *vm)
{
	return calc_dirtyable(global_zone_item(vm, NR_FREE_PAGES),
			      vm->totalreserve,
			      global_node_item(vm, NR_INACTIVE_FILE) +
				      global_node_item(vm, NR_ACTIVE_FILE));
}

struct dirty_limits global_dirty_limits(const struct vm *vm)
{
	const struct tunables *ctl = &vm->ctl;

	return calc_dirty_limits(global_dirtyable_memory(vm), ctl->dirty_bytes,
				 ctl->dirty_ratio, ctl->dirty_background_bytes,
				 ctl->dirty_background_ratio);
}

static uint64_t node_dirtyable_memory(const struct pgdat *pgdat)
{
	uint64_t free = 0;
	const struct zone *z;

	for_each_zone (pgdat, z)
		free += zone_free_pages(z);
	return free - MIN(free, pgdat->totalreserve) +
	       (uint64_t)pgdat->item[NR_INACTIVE_FILE] +
	       (uint64_t)pgdat->item[NR_ACTIVE_FILE];
}

bool node_dirty_ok(struct vm *vm, struct pgdat *pgdat)
{
	uint64_t memory = node_dirtyable_memory(pgdat);
	uint64_t limit, dirty;

	assert(pgdat->nid >= 0 && (uint32_t)pgdat->nid < vm->nr_nodes);
	if (vm->ctl.dirty_bytes)
		limit = bytes_to_pages(vm->ctl.dirty_bytes) * memory /
			global_dirtyable_memory(vm);
	else
		limit = (uint64_t)vm->ctl.dirty_ratio * memory / 100;
	dirty = (uint64_t)(pgdat->item[NR_FILE_DIRTY] +
			   pgdat->item[NR_WRITEBACK]);
	return dirty <= limit;
}

/* The two halves of the cubic meet at the setpoint, with slope 0. */
uint64_t calc_pos_ratio(uint64_t dirty, uint64_t freerun, uint64_t limit)
{
	const int64_t one = POS_RATIO_ONE;
	int64_t setpoint, x, ratio;

	assert(freerun <= limit);
	if (dirty >= limit)
		return 0;
	setpoint = (int64_t)((freerun + limit) / 2);
	x = (setpoint - (int64_t)dirty) * one /
	    (((int64_t)limit - setpoint) | 1);
	x = MIN(x, one);
	ratio = one + x * x / one * x / one;
	return (uint64_t)MAX(ratio, 0);
}

uint64_t calc_wb_pos_ratio(const struct dirty_state *ds)
{
	uint64_t p = calc_pos_ratio(ds->dirty, ds->freerun, ds->limit);
	uint64_t setpoint = (ds->freerun + ds->limit) / 2;
	uint64_t share, wb_setpoint, span, end, room;

	if (!p || !ds->thresh)
		return 0;
	assert(ds->dirty < ds->limit);
	share = MAX(ds->wb_thresh, (ds->limit - ds->dirty) / 8);
	share = MIN(share, ds->thresh);
	wb_setpoint = setpoint * share / ds->thresh;
	span = (ds->thresh - share + 8 * ds->write_bw) * share / ds->thresh;
	end = wb_setpoint + span;
	room = end > ds->wb_dirty ? end - ds->wb_dirty : 0;
	p = room > span / 4 ? p * room / (span | 1) : p / 4;
	if (ds->wb_dirty < share / 2)
		p = ds->wb_dirty > share / 16 ? p * (share / 2) / ds->wb_dirty
					      : p * 8;
	return p;
}

void writeback_set_ratelimit(struct vm *vm)
{
	vm->dirty_limit = global_dirty_limits(vm).thresh;
	vm->dirty_limit_time_ns = vm->world.now_ns;
	assert(vm->dirty_limit <= UINT32_MAX);
}
