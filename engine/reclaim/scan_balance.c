/* SPDX-License-Identifier: MIT */
/*
 * scan_balance.c - how many pages from which list (fact sheet E.2, E.3).
 *
 * The arithmetic, and the questions to a node that it needs.  Called by
 * vmscan.c.  Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/scan_balance.h"

#define PAGES_PER_GIB (1ull << (30 - VM_PAGE_SHIFT))

struct scan_weights calc_scan_weights(unsigned swappiness, uint64_t anon_cost,
				      uint64_t file_cost)
{
	uint64_t sum = anon_cost + file_cost;
	uint64_t anon = sum + anon_cost;
	uint64_t file = sum + file_cost;
	uint64_t total = anon + file;
	struct scan_weights w;

	assert(swappiness <= 200);
	w.anon = swappiness * (total + 1) / (anon + 1);
	w.file = (200 - swappiness) * (total + 1) / (file + 1);
	w.total = w.anon + w.file;
	return w;
}

static uint64_t isqrt(uint64_t n)
{
	uint64_t r = 0;

	for (uint64_t bit = 1ull << 31; bit; bit >>= 1)
		if ((r | bit) * (r | bit) <= n)
			r |= bit;
	assert(r * r <= n);
	return r;
}

bool calc_inactive_is_low(uint64_t inactive, uint64_t active)
{
	uint64_t gib = (inactive + active) / PAGES_PER_GIB;
	uint64_t ratio = gib ? isqrt(10 * gib) : 1;

	assert(ratio >= 1);
	return inactive * ratio < active;
}

uint64_t lruvec_lru_size(const struct pgdat *pgdat, enum vm_lru lru, int idx)
{
	int64_t n = 0;

	assert(idx >= 0 && idx < VM_NR_ZONES);
	for (int t = 0; t <= idx; t++)
		n += pgdat->zone[t].item[NR_ZONE_INACTIVE_ANON + lru];
	return (uint64_t)n;
}

uint64_t zone_reclaimable_pages(struct vm *vm, const struct zone *z)
{
	int64_t n = z->item[NR_ZONE_INACTIVE_FILE] +
		    z->item[NR_ZONE_ACTIVE_FILE];

	if (swap_free_pages(vm) > 0)
		n += z->item[NR_ZONE_INACTIVE_ANON] +
		     z->item[NR_ZONE_ACTIVE_ANON];
	assert(n >= 0);
	return n ? (uint64_t)n : zone_free_pages(z);
}

static uint64_t node_item(const struct pgdat *pgdat, enum vm_node_item i)
{
	assert(pgdat->item[i] >= 0);
	return (uint64_t)pgdat->item[i];
}

bool inactive_is_low(const struct pgdat *pgdat, bool file)
{
	enum vm_node_item inactive = file ? NR_INACTIVE_FILE
					  : NR_INACTIVE_ANON;

	return calc_inactive_is_low(lruvec_page_state(pgdat, inactive),
				    lruvec_page_state(pgdat, inactive + 1));
}

void snapshot_refaults(struct pgdat *pgdat)
{
	for (unsigned file = 0; file < 2; file++)
		pgdat->lruvec.refaults[file] = lruvec_page_state(
			pgdat, WORKINGSET_ACTIVATE_ANON + file);
}

void lru_note_cost(struct vm *vm, struct pgdat *pgdat, bool file,
		   uint64_t nr_io, uint64_t nr_rotated)
{
	struct lruvec *lv = &pgdat->lruvec;
	uint64_t lru_pages = 0;

	(void)vm;
	/* one write or read weighs as much as a cluster of pages turned */
	if (file)
		lv->file_cost += nr_io * SWAP_CLUSTER_MAX + nr_rotated;
	else
		lv->anon_cost += nr_io * SWAP_CLUSTER_MAX + nr_rotated;
	for (unsigned l = 0; l < VM_LRU_UNEVICTABLE; l++)
		lru_pages += lruvec_page_state(pgdat, NR_INACTIVE_ANON + l);
	if (lv->anon_cost + lv->file_cost > lru_pages / 4) {
		lv->anon_cost /= 2;
		lv->file_cost /= 2;
	}
}

/* E.3: may active pages of this type be sent down? */
static bool wants_deactivation(const struct pgdat *pgdat, bool file)
{
	return lruvec_page_state(pgdat, WORKINGSET_ACTIVATE_ANON + file) !=
		       pgdat->lruvec.refaults[file] ||
	       inactive_is_low(pgdat, file);
}

/* E.2: is what there is of page cache not worth reclaiming? */
static bool file_is_tiny(const struct pgdat *pgdat, int priority,
			 bool deactivate_anon)
{
	uint64_t file = node_item(pgdat, NR_ACTIVE_FILE) +
			node_item(pgdat, NR_INACTIVE_FILE);
	uint64_t free = 0, high = 0;

	for (unsigned t = 0; t < VM_NR_ZONES; t++) {
		const struct zone *z = &pgdat->zone[t];

		if (!zone_populated(z))
			continue;
		free += zone_free_pages(z);
		high += wmark_pages(z, WMARK_HIGH);
	}
	return file + free <= high && !deactivate_anon &&
	       node_item(pgdat, NR_INACTIVE_ANON) >> priority;
}

void prepare_scan_control(struct vm *vm, struct scan_control *sc)
{
	const struct pgdat *pgdat = sc->pgdat;
	bool trim;

	(void)vm;
	assert(sc->priority >= 0 && sc->priority <= DEF_PRIORITY);
	for (unsigned file = 0; file < 2; file++)
		sc->may_deactivate[file] = sc->force_deactivate ||
					   wants_deactivation(pgdat, file);
	trim = lruvec_page_state(pgdat, NR_INACTIVE_FILE) >> sc->priority &&
	       !sc->may_deactivate[1];
	sc->cache_trim_mode = trim && !sc->no_cache_trim_mode;
	sc->cache_trim_blocked |= sc->cache_trim_mode;
	sc->file_is_tiny = file_is_tiny(pgdat, sc->priority,
					sc->may_deactivate[0]);
}

enum scan_balance { SCAN_EQUAL, SCAN_FRACT, SCAN_ANON, SCAN_FILE };

static enum scan_balance scan_balance(const struct vm *vm,
				      const struct scan_control *sc)
{
	if (!sc->may_swap || swap_free_pages(vm) == 0)
		return SCAN_FILE;
	if (sc->priority == 0 && vm->ctl.swappiness > 0)
		return SCAN_EQUAL;
	if (sc->file_is_tiny)
		return SCAN_ANON;
	if (sc->cache_trim_mode)
		return SCAN_FILE;
	return SCAN_FRACT;
}

void get_scan_count(struct vm *vm, struct scan_control *sc)
{
	const struct pgdat *pgdat = sc->pgdat;
	enum scan_balance balance = scan_balance(vm, sc);
	struct scan_weights w = calc_scan_weights(
		(unsigned)vm->ctl.swappiness, pgdat->lruvec.anon_cost,
		pgdat->lruvec.file_cost);

	for (unsigned l = 0; l < VM_LRU_UNEVICTABLE; l++) {
		bool file = l >= VM_LRU_INACTIVE_FILE;
		uint64_t size = lruvec_lru_size(pgdat, l, sc->reclaim_idx);
		uint64_t scan = size >> sc->priority;

		if (balance == SCAN_FRACT)
			scan = scan * (file ? w.file : w.anon) / w.total;
		if (balance == (file ? SCAN_ANON : SCAN_FILE))
			scan = 0;
		assert(scan <= size);
		sc->want[l] = sc->left[l] = scan;
	}
}
