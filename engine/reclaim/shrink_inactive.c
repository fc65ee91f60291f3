/* SPDX-License-Identifier: MIT */
/*
 * shrink_inactive.c - what becomes of each page at the old end (E.6).
 *
 * Called by vmscan.c.  First a verdict (an enum), then the deed (a switch):
 * unmap, swap out, write, free, keep, activate.
 * mm/vmscan.c:shrink_inactive_list and shrink_folio_list are the models.
 * Locking: the world's lock.
 */
#include <assert.h>

#include "memory/buddy.h"
#include "memory/trace.h"
#include "memory/vmstat.h"
#include "reclaim/gfp.h"
#include "reclaim/page_alloc.h"
#include "reclaim/shrink_list.h"
#include "reclaim/swap.h"
#include "reclaim/workingset.h"

enum pageref {
	PAGEREF_RECLAIM,
	PAGEREF_RECLAIM_CLEAN,
	PAGEREF_KEEP,
	PAGEREF_ACTIVATE
};

enum page_verdict { PAGE_KEEP, PAGE_ACTIVATE, PAGE_WRITE, PAGE_FREE };

/* What a batch came to; for the counters, the marks and the trace. */
struct reclaim_stat {
	uint64_t dirty, unqueued_dirty, congested, writeback, immediate;
	uint64_t pageout, activate[2], ref_keep, unmap_fail;
	uint64_t reclaimed;
};

/* folio_check_references: is it used? */
static enum pageref page_check_references(struct vm *vm, struct page *p,
					  uint32_t pfn)
{
	bool locked = false, exec = false;
	bool referenced = p->flags & PG_REFERENCED;
	unsigned refs = 0;

	assert(!(p->flags & PG_LRU));
	if (p->flags & PG_MAPPED)
		refs = rmap_referenced(vm, pfn, &locked, &exec);
	p->flags &= (uint16_t)~PG_REFERENCED;
	if (locked) {
		p->flags |= PG_UNEVICTABLE;
		count_event(vm, UNEVICTABLE_PGCULLED);
		return PAGEREF_ACTIVATE;
	}
	if (refs) {
		p->flags |= PG_REFERENCED;
		if (referenced || refs > 1)
			return PAGEREF_ACTIVATE;
		if (exec && !(p->flags & PG_SWAPBACKED))
			return PAGEREF_ACTIVATE;
		return PAGEREF_KEEP;
	}
	if (referenced && !(p->flags & PG_SWAPBACKED))
		return PAGEREF_RECLAIM_CLEAN;
	return PAGEREF_RECLAIM;
}

static void note_dirty(const struct page *p, struct reclaim_stat *st)
{
	if (p->flags & (PG_DIRTY | PG_WRITEBACK))
		st->dirty++;
	if (p->flags & PG_DIRTY && !(p->flags & PG_WRITEBACK))
		st->unqueued_dirty++;
	if (p->flags & PG_WRITEBACK && p->flags & PG_RECLAIM)
		st->congested++;
}

/* Points 4 and 5: its writeback has not ended. */
static enum page_verdict judge_writeback(struct scan_control *sc,
					 struct page *p,
					 struct reclaim_stat *st)
{
	assert(p->flags & PG_WRITEBACK);
	if (sc->who == RECLAIM_KSWAPD && p->flags & PG_RECLAIM &&
	    sc->pgdat->flags & PGDAT_WRITEBACK) {
		st->immediate++;
	} else {
		p->flags |= PG_RECLAIM;
		st->writeback++;
	}
	return PAGE_ACTIVATE;
}

/* Points 11 to 14 for a page that is dirty and mapped nowhere. */
static enum page_verdict judge_dirty(struct vm *vm, struct scan_control *sc,
				     struct page *p, uint32_t pfn,
				     enum pageref ref)
{
	bool file = !(p->flags & PG_SWAPBACKED);

	assert(p->flags & PG_DIRTY);
	if (file && !(sc->who == RECLAIM_KSWAPD && p->flags & PG_RECLAIM &&
		      sc->pgdat->flags & PGDAT_DIRTY)) {
		p->flags |= PG_RECLAIM;
		mod_page_node(vm, pfn, NR_VMSCAN_IMMEDIATE, 1);
		return PAGE_ACTIVATE;
	}
	if (ref == PAGEREF_RECLAIM_CLEAN)
		return PAGE_KEEP;
	if (!(sc->gfp & (file ? GFP_BIT_FS : GFP_BIT_IO)) ||
	    !sc->may_writepage)
		return PAGE_KEEP;
	return PAGE_WRITE;
}

/* Points 7 to 10: it must be in the swap cache and out of page tables. */
static enum page_verdict detach(struct vm *vm, struct scan_control *sc,
				struct page *p, uint32_t pfn)
{
	if (p->flags & PG_SWAPBACKED && !(p->flags & PG_SWAPCACHE)) {
		if (vm->mapping[p->mapping]->kind != MAPPING_ANON &&
		    p->flags & PG_MAPPED)
			return PAGE_ACTIVATE; /* others would not find it */
		if (!(sc->gfp & GFP_BIT_IO))
			return PAGE_KEEP;
		if (!add_to_swap(vm, pfn))
			return PAGE_ACTIVATE;
		assert(p->flags & PG_SWAPCACHE);
	}
	if (p->flags & PG_MAPPED) {
		rmap_unmap(vm, pfn);
		sc->cost_ns += vm->conf.cost.unmap_ns;
	}
	assert(!(p->flags & PG_MAPPED));
	return PAGE_FREE;
}

static enum page_verdict judge_page(struct vm *vm, struct scan_control *sc,
				    uint32_t pfn, struct reclaim_stat *st)
{
	struct page *p = pfn_page(vm, pfn);
	enum page_verdict v;
	enum pageref ref;

	if (!(p->flags & PG_UPTODATE))
		return PAGE_KEEP; /* locked: being read */
	if (p->flags & (PG_UNEVICTABLE | PG_MLOCKED))
		return PAGE_ACTIVATE;
	assert(sc->may_unmap || !(p->flags & PG_MAPPED));
	note_dirty(p, st);
	if (p->flags & PG_WRITEBACK)
		return judge_writeback(sc, p, st);
	ref = page_check_references(vm, p, pfn);
	if (ref == PAGEREF_ACTIVATE)
		return PAGE_ACTIVATE;
	if (ref == PAGEREF_KEEP) {
		st->ref_keep++;
		return PAGE_KEEP;
	}
	v = detach(vm, sc, p, pfn);
	if (v == PAGE_FREE && p->flags & PG_DIRTY)
		v = judge_dirty(vm, sc, p, pfn, ref);
	return v;
}

/* Remove it from its cache, a shadow in its place; it will be freed. */
static void reclaim_page(struct vm *vm, struct scan_control *sc, uint32_t pfn)
{
	struct page *p = pfn_page(vm, pfn);
	uint32_t shadow = workingset_eviction(vm, pfn);

	assert(!(p->flags & (PG_DIRTY | PG_WRITEBACK | PG_MAPPED)));
	if (p->flags & PG_SWAPCACHE) {
		delete_from_swap_cache(vm, pfn, shadow);
	} else {
		struct mapping *m = vm->mapping[p->mapping];

		assert(m->kind == MAPPING_FILE);
		file_remove(vm, container_of(m, struct file, mapping),
			    p->index, shadow);
	}
	buddy_prefetch(vm, pfn);
	sc->cost_ns += vm->conf.cost.reclaim_ns;
}

static void trace_write(struct vm *vm, const struct scan_control *sc,
			uint32_t pfn, bool file)
{
	struct vm_event ev;

	assert(pfn < vm->nr_frames);
	if (!trace_enabled(vm))
		return;
	ev = trace_event(vm, VM_EV_WRITE_FOLIO, sc->task);
	ev.folio.pfn = pfn;
	ev.folio.file = file;
	trace_send(vm, &ev);
}

/* Where a page of a cache is written to. */
static struct disk *page_disk(struct vm *vm, const struct page *p)
{
	struct mapping *m = vm->mapping[p->mapping];

	if (m->kind == MAPPING_SWAP)
		return &vm->disk[container_of(m, struct swap_area,
					      mapping)->conf.disk];
	assert(m->kind == MAPPING_FILE);
	return &vm->disk[container_of(m, struct file, mapping)->disk];
}

/* Like whoever submits to a full queue, a reclaimer waits for a place. */
static void note_queue(struct vm *vm, struct scan_control *sc,
		       const struct disk *d)
{
	uint64_t room = disk_write_room_ns(d);

	if (room <= vm->world.now_ns)
		return;
	assert(!disk_idle(d));
	sc->wait_ns = MAX(sc->wait_ns, room - vm->world.now_ns);
}

/* Start its writing; true if it is clean at once (zram). */
static bool write_page(struct vm *vm, struct scan_control *sc, uint32_t pfn,
		       struct reclaim_stat *st)
{
	struct page *p = pfn_page(vm, pfn);
	bool file = !(p->flags & PG_SWAPBACKED);
	struct disk *d = page_disk(vm, p);
	uint64_t done_ns;
	bool sync;

	assert(p->flags & PG_DIRTY);
	trace_write(vm, sc, pfn, file);
	p->flags |= PG_RECLAIM;
	mod_page_node(vm, pfn, NR_VMSCAN_WRITE, 1);
	st->pageout++;
	if (!file) {
		swap_writepage(vm, pfn, &sync, &done_ns);
		sc->cost_ns += vm->conf.cost.swap_out_ns;
	} else {
		page_clear_dirty(vm, pfn);
		page_set_writeback(vm, pfn);
		disk_submit(d, true, &pfn, 1, &sync);
	}
	note_queue(vm, sc, d);
	return !(p->flags & (PG_WRITEBACK | PG_DIRTY));
}

/* True: the page is gone. */
static bool deal_with(struct vm *vm, struct scan_control *sc, uint32_t pfn,
		      struct reclaim_stat *st)
{
	struct page *p = pfn_page(vm, pfn);

	switch (judge_page(vm, sc, pfn, st)) {
	case PAGE_FREE:
		reclaim_page(vm, sc, pfn);
		return true;
	case PAGE_WRITE:
		if (!write_page(vm, sc, pfn, st))
			break;
		p->flags &= (uint16_t)~PG_RECLAIM;
		reclaim_page(vm, sc, pfn);
		return true;
	case PAGE_ACTIVATE:
		/* do not hold a slot for a page that stays, if they are few */
		if (p->flags & PG_SWAPCACHE && p->flags & PG_MAPPED &&
		    swap_is_full(swap_free_pages(vm), swap_total_pages(vm)))
			try_to_free_swap(vm, pfn);
		if (!(p->flags & (PG_UNEVICTABLE | PG_MLOCKED))) {
			st->activate[!(p->flags & PG_SWAPBACKED)]++;
			p->flags |= PG_ACTIVE;
		}
		break;
	default:
		break;
	}
	putback_lru_page(vm, pfn);
	return false;
}

/* Judge a batch; those that go gather at its front. */
static void deal_with_batch(struct vm *vm, struct scan_control *sc,
			    struct isolated *b, struct reclaim_stat *st)
{
	struct clean_run run = { 0 };

	assert(b->nr <= SWAP_CLUSTER_MAX);
	for (unsigned i = 0; i < b->nr; i++) {
		if (!reclaim_clean_page(vm, sc, &run, b->pfn[i])) {
			clean_run_end(vm, sc, &run);
			if (!deal_with(vm, sc, b->pfn[i], st))
				continue;
		}
		b->pfn[st->reclaimed++] = b->pfn[i];
	}
	clean_run_end(vm, sc, &run);
}

static void count_batch(struct vm *vm, const struct scan_control *sc,
			const struct isolated *b, uint64_t reclaimed, bool file)
{
	bool kswapd = sc->who == RECLAIM_KSWAPD;
	uint64_t scanned = b->nr_scanned + b->nr_skipped;

	assert(reclaimed <= b->nr);
	count_events(vm, kswapd ? PGSCAN_KSWAPD : PGSCAN_DIRECT, scanned);
	count_events(vm, file ? PGSCAN_FILE : PGSCAN_ANON, scanned);
	count_events(vm, kswapd ? PGSTEAL_KSWAPD : PGSTEAL_DIRECT, reclaimed);
	count_events(vm, file ? PGSTEAL_FILE : PGSTEAL_ANON, reclaimed);
}

static void trace_shrink_inactive(struct vm *vm, const struct scan_control *sc,
				  const struct isolated *b,
				  const struct reclaim_stat *st, bool file)
{
	struct vm_event ev;

	assert(st->reclaimed <= b->nr);
	if (!trace_enabled(vm))
		return;
	ev = trace_event(vm, VM_EV_SHRINK_INACTIVE, sc->task);
	ev.nid = sc->pgdat->nid;
	ev.inactive = (struct vm_ev_inactive){
		.nr_scanned = b->nr_scanned,
		.nr_reclaimed = st->reclaimed,
		.nr_dirty = st->dirty,
		.nr_writeback = st->writeback,
		.nr_congested = st->congested,
		.nr_immediate = st->immediate,
		.nr_activate_anon = st->activate[0],
		.nr_activate_file = st->activate[1],
		.nr_ref_keep = st->ref_keep,
		.nr_unmap_fail = st->unmap_fail,
		.priority = sc->priority,
		.file = file,
	};
	trace_send(vm, &ev);
}

static void add_to_node(struct scan_control *sc, const struct isolated *b,
			const struct reclaim_stat *st, bool file)
{
	assert(b->nr <= SWAP_CLUSTER_MAX);
	sc->nr.dirty += st->dirty;
	sc->nr.congested += st->congested;
	sc->nr.unqueued_dirty += st->unqueued_dirty;
	sc->nr.writeback += st->writeback;
	sc->nr.immediate += st->immediate;
	sc->nr.taken += b->nr;
	if (file)
		sc->nr.file_taken += b->nr;
}

static void wake_flushers(struct vm *vm)
{
	assert(vm->wake_flusher);
	for (uint32_t d = 0; d < vm->conf.nr_disks; d++)
		vm->wake_flusher(vm, &vm->disk[d], VM_WB_VMSCAN);
}

uint64_t shrink_inactive_list(struct vm *vm, struct scan_control *sc,
			      enum vm_lru lru, uint64_t nr)
{
	bool file = lru == VM_LRU_INACTIVE_FILE;
	struct reclaim_stat st = { 0 };
	struct isolated b;

	assert(file || lru == VM_LRU_INACTIVE_ANON);
	isolate_lru_pages(vm, sc, lru, nr, &b);
	sc->nr_scanned += b.nr_scanned;
	sc->cost_ns += b.nr_scanned * vm->conf.cost.scan_ns;
	deal_with_batch(vm, sc, &b, &st);
	free_page_batch(vm, b.pfn, (unsigned)st.reclaimed);
	count_batch(vm, sc, &b, st.reclaimed, file);
	if (!b.nr)
		return 0;
	count_events(vm, PGACTIVATE, st.activate[0] + st.activate[1]);
	lru_note_cost(vm, sc->pgdat, file, st.pageout, b.nr - st.reclaimed);
	if (st.unqueued_dirty == b.nr)
		wake_flushers(vm);
	add_to_node(sc, &b, &st, file);
	trace_shrink_inactive(vm, sc, &b, &st, file);
	return st.reclaimed;
}
