/* SPDX-License-Identifier: MIT */
/*
 * vmscan.c - shrink a node, step by step (fact sheet E.1).
 *
 * Called by kswapd, direct_reclaim.c and node_reclaim.c, which fill in the
 * scan_control.  Asks scan_balance.c how much, shrink_*.c to do it, slab.c
 * for its share, and tells the caller when it should sleep.
 * mm/vmscan.c:shrink_node and shrink_lruvec are the models.
 * Locking: the world's lock.
 */
#include "reclaim/vmscan.h"

#include <assert.h>
#include <string.h>

#include "memory/trace.h"
#include "memory/vmstat.h"
#include "reclaim/page_alloc.h"
#include "reclaim/scan_balance.h"
#include "reclaim/shrink_list.h"

void shrink_node_begin(struct vm *vm, struct scan_control *sc,
		       struct pgdat *pgdat)
{
	(void)vm;
	assert(sc->priority >= 0 && sc->priority <= DEF_PRIORITY);
	sc->pgdat = pgdat;
	sc->stage = SHRINK_BEGIN;
	sc->node_reclaimed = sc->nr_reclaimed;
	sc->node_scanned = sc->nr_scanned;
	memset(&sc->nr, 0, sizeof(sc->nr));
}

static void shrink_list(struct vm *vm, struct scan_control *sc,
			enum vm_lru lru, uint64_t nr)
{
	bool file = lru >= VM_LRU_INACTIVE_FILE;

	if (lru == VM_LRU_ACTIVE_ANON || lru == VM_LRU_ACTIVE_FILE) {
		if (sc->may_deactivate[file])
			shrink_active_list(vm, sc, lru, nr);
		else
			sc->skipped_deactivate = true;
		return;
	}
	sc->nr_reclaimed += shrink_inactive_list(vm, sc, lru, nr);
}

/*
 * Enough is reclaimed: go on only with the type that has more left, and only
 * as far as the other got, so that the balance of E.2 is kept.
 */
static void keep_proportion(struct scan_control *sc)
{
	uint64_t anon = sc->left[0] + sc->left[1];
	uint64_t file = sc->left[2] + sc->left[3];
	unsigned less = anon < file ? 0 : 2; /* first list of the type */
	unsigned more = 2 - less;
	uint64_t want = sc->want[less] + sc->want[less + 1] + 1;
	uint64_t percent = (less ? file : anon) * 100 / want;

	sc->proportional_done = true;
	if (!anon || !file) {
		memset(sc->left, 0, sizeof(sc->left));
		return;
	}
	sc->left[less] = sc->left[less + 1] = 0;
	for (unsigned l = more; l < more + 2; l++) {
		uint64_t done = sc->want[l] - sc->left[l];
		uint64_t goal = sc->want[l] * (100 - percent) / 100;

		assert(sc->left[l] <= sc->want[l]);
		sc->left[l] = goal > done ? goal - done : 0;
	}
}

/* One round over the lists; true when nothing is left to do. */
static bool shrink_lists_round(struct vm *vm, struct scan_control *sc)
{
	if (!sc->left[VM_LRU_INACTIVE_ANON] && !sc->left[VM_LRU_ACTIVE_FILE] &&
	    !sc->left[VM_LRU_INACTIVE_FILE])
		return true;
	for (unsigned l = 0; l < VM_LRU_UNEVICTABLE; l++) {
		uint64_t nr = MIN(sc->left[l], SWAP_CLUSTER_MAX);

		if (!nr)
			continue;
		sc->left[l] -= nr;
		shrink_list(vm, sc, l, nr);
	}
	assert(sc->nr_reclaimed >= sc->node_reclaimed);
	if (!sc->proportional_done &&
	    sc->nr_reclaimed - sc->node_reclaimed >= sc->nr_to_reclaim)
		keep_proportion(sc);
	return false;
}

void age_active_anon(struct vm *vm, struct pgdat *pgdat,
		     struct scan_control *sc)
{
	assert(sc->pgdat == pgdat);
	if (swap_total_pages(vm) && inactive_is_low(pgdat, false))
		shrink_active_list(vm, sc, VM_LRU_ACTIVE_ANON,
				   SWAP_CLUSTER_MAX);
}

static void sleep_for(struct scan_control *sc, enum vm_throttle why,
		      uint64_t ns)
{
	assert(ns > 0);
	sc->sleep_ns = ns;
	sc->sleep_why = why;
}

static bool write_pending_is_small(const struct pgdat *pgdat)
{
	uint64_t pending = 0, reclaimable = 0;

	for (unsigned t = 0; t < VM_NR_ZONES; t++) {
		const int64_t *item = pgdat->zone[t].item;

		pending += (uint64_t)item[NR_ZONE_WRITE_PENDING];
		reclaimable += (uint64_t)(item[NR_ZONE_INACTIVE_FILE] +
					  item[NR_ZONE_ACTIVE_FILE] +
					  item[NR_ZONE_INACTIVE_ANON] +
					  item[NR_ZONE_ACTIVE_ANON]);
	}
	return 2 * pending <= reclaimable;
}

/* E.1, "after each turn": the node's marks, and who must wait. */
static void judge_node(struct vm *vm, struct scan_control *sc)
{
	struct pgdat *pgdat = sc->pgdat;
	bool hopeless = pgdat->kswapd_failures >= MAX_RECLAIM_RETRIES;

	(void)vm;
	assert(sc->nr.file_taken <= sc->nr.taken);
	if (sc->nr_reclaimed > sc->node_reclaimed)
		pgdat->kswapd_failures = 0;
	if (sc->who == RECLAIM_KSWAPD) {
		if (sc->nr.writeback && sc->nr.writeback == sc->nr.taken)
			pgdat->flags |= PGDAT_WRITEBACK;
		if (sc->nr.unqueued_dirty == sc->nr.file_taken)
			pgdat->flags |= PGDAT_DIRTY;
		if (sc->nr.immediate)
			sleep_for(sc, VM_THROTTLE_WRITEBACK,
				  25 * VM_JIFFY_NS);
		if (sc->nr.dirty && sc->nr.dirty == sc->nr.congested)
			pgdat->flags |= PGDAT_CONGESTED;
		return;
	}
	if (pgdat->flags & PGDAT_CONGESTED && !hopeless &&
	    !write_pending_is_small(pgdat))
		sleep_for(sc, VM_THROTTLE_CONGESTED, VM_JIFFY_NS);
}

bool shrink_node_step(struct vm *vm, struct scan_control *sc)
{
	assert(sc->pgdat);
	sc->sleep_ns = 0;
	sc->wait_ns = 0;
	sc->cost_ns += vm->conf.cost.scan_ns;
	switch (sc->stage) {
	case SHRINK_BEGIN:
		prepare_scan_control(vm, sc);
		get_scan_count(vm, sc);
		/* direct reclaim scans its full share at priority 12 */
		sc->proportional_done = sc->who != RECLAIM_KSWAPD &&
					sc->priority == DEF_PRIORITY;
		sc->stage = SHRINK_LISTS;
		return false;
	case SHRINK_LISTS:
		if (!shrink_lists_round(vm, sc))
			return false;
		age_active_anon(vm, sc->pgdat, sc);
		sc->stage = SHRINK_SLAB;
		return false;
	case SHRINK_SLAB:
		sc->nr_reclaimed += shrink_slab(vm, sc->pgdat, sc->priority);
		judge_node(vm, sc);
		sc->stage = SHRINK_END;
		return true;
	default:
		assert(sc->stage == SHRINK_END);
		return true;
	}
}

bool pgdat_balanced(struct vm *vm, struct pgdat *pgdat, int order,
		    int highest_zoneidx)
{
	bool managed = false;

	(void)vm;
	assert(highest_zoneidx < VM_NR_ZONES);
	for (int t = 0; t <= highest_zoneidx; t++) {
		const struct zone *z = &pgdat->zone[t];

		if (!zone_populated(z))
			continue;
		managed = true;
		if (zone_watermark_ok(z, (unsigned)order,
				      wmark_pages(z, WMARK_HIGH),
				      highest_zoneidx, 0))
			return true;
	}
	return !managed;
}

bool pgdat_boosted(const struct pgdat *pgdat, int highest_zoneidx)
{
	assert(highest_zoneidx < VM_NR_ZONES);
	for (int t = 0; t <= highest_zoneidx; t++)
		if (pgdat->zone[t].boost)
			return true;
	return false;
}

bool allow_direct_reclaim(struct vm *vm, struct pgdat *pgdat)
{
	uint64_t reserve = 0, free = 0;

	assert(pgdat->kswapd_failures >= 0);
	if (pgdat->kswapd_failures >= MAX_RECLAIM_RETRIES)
		return true;
	for (int t = 0; t <= VM_ZONE_NORMAL; t++) {
		const struct zone *z = &pgdat->zone[t];

		if (!zone_populated(z) || !zone_reclaimable_pages(vm, z))
			continue;
		reserve += wmark_pages(z, WMARK_MIN);
		free += zone_free_pages(z);
	}
	return !reserve || free > reserve / 2;
}

void wake_kswapd_of_throttled(struct vm *vm, struct pgdat *pgdat)
{
	if (!pgdat->kswapd_waiting)
		return;
	assert(pgdat->kswapd_actor);
	pgdat->kswapd_highest_zoneidx =
		MIN(pgdat->kswapd_highest_zoneidx, VM_ZONE_NORMAL);
	pgdat->kswapd_waiting = false;
	actor_wake(pgdat->kswapd_actor, vm->world.now_ns);
}
