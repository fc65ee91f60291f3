/* SPDX-License-Identifier: MIT */
/*
 * slab.c - the superblock shrinker: dentries and inodes (fact sheet E.8).
 *
 * A node's dentries are a number of objects and the pages that hold
 * them, OBJECTS_PER_PAGE each; the rest of the reclaimable slab is
 * slab_nodes.c's.  Called by vmscan.c at the end of a node's
 * turn, by drop_caches, and at boot to fill it.
 * mm/shrinker.c:do_shrink_slab is the model.  Locking: the world's lock.
 */
#include "reclaim/slab.h"

#include <assert.h>

#include "memory/trace.h"
#include "memory/vmstat.h"
#include "reclaim/page_alloc.h"
#include "reclaim/vmscan.h"

#define OBJECTS_PER_PAGE 21u /* dentries of 192 bytes */
#define SHRINK_BATCH 1024u   /* the superblock shrinker's */
#define SHRINK_SEEKS 2u

uint64_t slab_pages_for(uint64_t objects)
{
	return (objects + OBJECTS_PER_PAGE - 1) / OBJECTS_PER_PAGE;
}

static uint64_t dentry_pages(const struct pgdat *pgdat)
{
	return (uint64_t)pgdat->item[NR_SLAB_RECLAIMABLE] -
	       pgdat->xa_nodes.pages;
}

bool slab_grow(struct vm *vm, struct pgdat *pgdat, uint64_t pages)
{
	uint64_t nr;

	for (; pages; pages -= nr) {
		uint32_t pfn;

		nr = pages;
		pfn = alloc_run_nowait(vm, GFP_NOWAIT | GFP_BIT_RECLAIMABLE,
				       pgdat->nid, 1ull << pgdat->nid, &nr);
		if (pfn == PFN_NONE)
			return false;
		for (uint64_t i = 0; i < nr; i++, pfn++) {
			pfn_page(vm, pfn)->flags = PG_KERNEL;
			pfn_page(vm, pfn)->index = pgdat->slab_pages;
			pgdat->slab_pages = pfn;
		}
		mod_node(pgdat, NR_SLAB_RECLAIMABLE, (int64_t)nr);
		pgdat->nr_dentries += nr * OBJECTS_PER_PAGE;
	}
	assert(dentry_pages(pgdat) == slab_pages_for(pgdat->nr_dentries));
	return true;
}

/* @n objects less; the pages that this frees. */
static uint64_t free_objects(struct vm *vm, struct pgdat *pgdat, uint64_t n)
{
	uint64_t freed = 0, need;

	assert(n <= pgdat->nr_dentries);
	pgdat->nr_dentries -= n;
	need = slab_pages_for(pgdat->nr_dentries);
	while (dentry_pages(pgdat) > need) {
		uint32_t pfn = pgdat->slab_pages;

		assert(pfn != PFN_NONE);
		pgdat->slab_pages = pfn_page(vm, pfn)->index;
		mod_node(pgdat, NR_SLAB_RECLAIMABLE, -1);
		free_pages(vm, pfn, 0);
		freed++;
	}
	return freed;
}

/* The superblock shrinker's turn. */
static uint64_t shrink_dentries(struct vm *vm, struct pgdat *pgdat,
				int priority)
{
	uint64_t freeable = pgdat->nr_dentries *
			    (uint64_t)vm->ctl.vfs_cache_pressure / 100;
	uint64_t delta = (freeable >> priority) * 4 / SHRINK_SEEKS;
	uint64_t total = (pgdat->slab_deferred >> priority) + delta;
	uint64_t scanned = 0, freed = 0, next;

	assert(priority >= 0 && priority <= DEF_PRIORITY);
	if (!freeable)
		return 0;
	total = MIN(total, 2 * freeable);
	while (total >= SHRINK_BATCH || total >= freeable) {
		uint64_t nr = MIN(total, SHRINK_BATCH);

		nr = MIN(nr, pgdat->nr_dentries);
		if (!nr)
			break;
		freed += free_objects(vm, pgdat, nr);
		scanned += nr;
		total -= nr;
	}
	count_events(vm, SLABS_SCANNED, scanned);
	next = pgdat->slab_deferred + delta;
	next -= MIN(next, scanned);
	pgdat->slab_deferred = MIN(next, 2 * freeable);
	if (scanned && trace_enabled(vm)) {
		struct vm_event ev = trace_event(vm, VM_EV_SHRINK_SLAB, NULL);

		ev.nid = pgdat->nid;
		ev.nr_scanned = scanned;
		ev.nr_reclaimed = freed;
		trace_send(vm, &ev);
	}
	return freed;
}

uint64_t shrink_slab(struct vm *vm, struct pgdat *pgdat, int priority)
{
	return shrink_dentries(vm, pgdat, priority) +
	       shrink_shadows(vm, pgdat);
}

void drop_slab(struct vm *vm)
{
	struct pgdat *pgdat;
	unsigned shift = 0;
	uint64_t freed;

	assert(vm->nr_nodes > 0);
	do {
		freed = 0;
		for_each_node(vm, pgdat)
			freed += shrink_slab(vm, pgdat, 0);
	} while (freed >> shift++ > 1 && shift < 64);
}
