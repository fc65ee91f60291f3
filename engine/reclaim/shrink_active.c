/* SPDX-License-Identifier: MIT */
/*
 * shrink_active.c - isolation, and active pages sent down (E.4, E.5).
 *
 * Called by vmscan.c and, for isolation, by shrink_inactive.c.
 * mm/vmscan.c:isolate_lru_folios and shrink_active_list are the models.
 * Locking: the world's lock.
 */
#include <assert.h>

#include "memory/trace.h"
#include "memory/vmstat.h"
#include "reclaim/shrink_list.h"
#include "reclaim/workingset.h"

static void trace_isolate(struct vm *vm, const struct scan_control *sc,
			  enum vm_lru lru, uint64_t nr,
			  const struct isolated *b)
{
	struct vm_event ev;

	assert(b->nr <= SWAP_CLUSTER_MAX);
	if (!trace_enabled(vm))
		return;
	ev = trace_event(vm, VM_EV_LRU_ISOLATE, sc->task);
	ev.nid = sc->pgdat->nid;
	ev.isolate.highest_zoneidx = sc->reclaim_idx;
	ev.isolate.order = sc->order;
	ev.isolate.nr_requested = nr;
	ev.isolate.nr_scanned = b->nr_scanned;
	ev.isolate.nr_skipped = b->nr_skipped;
	ev.isolate.nr_taken = b->nr;
	ev.isolate.lru = lru;
	trace_send(vm, &ev);
}

/* May this page be taken?  What is not goes to the head, to be met late. */
static bool pass_over(struct vm *vm, const struct scan_control *sc,
		      uint32_t pfn, struct isolated *b)
{
	const struct page *p = pfn_page(vm, pfn);
	const struct zone *z = page_zone(vm, pfn);

	assert(p->flags & PG_LRU);
	if ((int)z->type > sc->reclaim_idx) {
		count_event(vm, PGSCAN_SKIP_DMA + z->type);
		b->nr_skipped++;
		return true;
	}
	b->nr_scanned++;
	return !sc->may_unmap && p->flags & PG_MAPPED;
}

/* Is there a zone too high for @sc? */
static bool zones_too_high(const struct scan_control *sc)
{
	for (int t = VM_NR_ZONES - 1; t > sc->reclaim_idx; t--)
		if (zone_populated(&sc->pgdat->zone[t]))
			return true;
	return false;
}

/* Page by page, as some may be passed over. */
static void isolate_some(struct vm *vm, struct scan_control *sc,
			 enum vm_lru lru, uint64_t nr, struct isolated *b)
{
	uint64_t left = (uint64_t)sc->pgdat->item[NR_INACTIVE_ANON + lru];

	while (b->nr_scanned < nr && left--) {
		uint32_t pfn = lru_tail(vm, sc->pgdat, lru);

		assert(pfn != PFN_NONE);
		if (pass_over(vm, sc, pfn, b)) {
			lru_del(vm, pfn);
			lru_add(vm, pfn);
			continue;
		}
		lru_del(vm, pfn);
		b->pfn[b->nr++] = pfn;
	}
}

void isolate_lru_pages(struct vm *vm, struct scan_control *sc, enum vm_lru lru,
		       uint64_t nr, struct isolated *b)
{
	uint32_t next[SWAP_CLUSTER_MAX];

	assert(nr <= SWAP_CLUSTER_MAX);
	b->nr = 0;
	b->nr_scanned = b->nr_skipped = 0;
	if (!sc->may_unmap || zones_too_high(sc)) {
		isolate_some(vm, sc, lru, nr, b);
	} else {
		b->nr = lru_take_tail(vm, sc->pgdat, lru, b->pfn,
				      (unsigned)nr);
		b->nr_scanned = b->nr;
	}
	/* while this batch is judged, what the next will look at comes */
	rmap_prefetch(vm, next, lru_peek_tail(sc->pgdat, lru, next,
					      SWAP_CLUSTER_MAX));
	trace_isolate(vm, sc, lru, nr, b);
}

void putback_lru_page(struct vm *vm, uint32_t pfn)
{
	struct page *p = pfn_page(vm, pfn);

	assert(!(p->flags & PG_LRU));
	if (p->flags & PG_UNEVICTABLE)
		p->flags &= (uint16_t)~PG_ACTIVE;
	if (p->flags & PG_ACTIVE)
		workingset_age_nonresident(page_pgdat(vm, pfn), 1);
	lru_add(vm, pfn);
}

static void trace_shrink_active(struct vm *vm, const struct scan_control *sc,
				const struct isolated *b, bool file,
				uint64_t rotated)
{
	struct vm_event ev;

	assert(rotated <= b->nr);
	if (!trace_enabled(vm))
		return;
	ev = trace_event(vm, VM_EV_SHRINK_ACTIVE, sc->task);
	ev.nid = sc->pgdat->nid;
	ev.active.nr_taken = b->nr;
	ev.active.nr_active = rotated; /* nothing else stays active */
	ev.active.nr_deactivated = b->nr - rotated;
	ev.active.nr_referenced = rotated;
	ev.active.priority = sc->priority;
	ev.active.file = file;
	trace_send(vm, &ev);
}

/* Send a page down, or back up if it is code in use.  True: it stays. */
static bool keep_active(struct vm *vm, uint32_t pfn, bool *unevictable)
{
	struct page *p = pfn_page(vm, pfn);
	bool locked = false, exec = false;
	unsigned refs = 0;

	assert(p->flags & PG_ACTIVE);
	*unevictable = false;
	if (p->flags & PG_MAPPED)
		refs = rmap_referenced(vm, pfn, &locked, &exec);
	if (locked) {
		p->flags |= PG_UNEVICTABLE;
		count_event(vm, UNEVICTABLE_PGCULLED);
		*unevictable = true;
		return false;
	}
	if (refs && exec && !(p->flags & PG_SWAPBACKED))
		return true;
	p->flags = (uint16_t)((p->flags & ~PG_ACTIVE) | PG_WORKINGSET);
	return false;
}

void shrink_active_list(struct vm *vm, struct scan_control *sc,
			enum vm_lru lru, uint64_t nr)
{
	bool file = lru == VM_LRU_ACTIVE_FILE;
	uint64_t rotated = 0, culled = 0;
	struct isolated b;

	assert(lru == VM_LRU_ACTIVE_ANON || lru == VM_LRU_ACTIVE_FILE);
	isolate_lru_pages(vm, sc, lru, nr, &b);
	for (unsigned i = 0; i < b.nr; i++) {
		bool unevictable;

		rotated += keep_active(vm, b.pfn[i], &unevictable);
		culled += unevictable;
		putback_lru_page(vm, b.pfn[i]);
	}
	count_events(vm, PGREFILL, b.nr_scanned);
	count_events(vm, PGDEACTIVATE, b.nr - rotated - culled);
	if (rotated)
		lru_note_cost(vm, sc->pgdat, file, 0, rotated);
	sc->cost_ns += b.nr_scanned * vm->conf.cost.scan_ns;
	trace_shrink_active(vm, sc, &b, file, rotated);
}
