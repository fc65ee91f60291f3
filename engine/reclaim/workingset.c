/* SPDX-License-Identifier: MIT */
/*
 * workingset.c - what an evicted page leaves behind, and what it is worth
 * when the page comes back (fact sheet E.7).
 *
 * Called by reclaim (eviction), by faults and the page cache (refault,
 * access).  Locking: the world's lock.
 */
#include "reclaim/workingset.h"

#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/vmscan.h"

_Static_assert(VM_MAX_NODES <= 16, "a shadow has four bits for the node");

void shadow_unpack(uint32_t shadow, unsigned order, unsigned *nid,
		   bool *workingset, uint64_t *age)
{
	assert(shadow & SHADOW_BIT);
	*nid = (shadow & ~SHADOW_BIT) >> SHADOW_NID_SHIFT;
	*workingset = shadow & SHADOW_WORKINGSET_BIT;
	*age = (uint64_t)(shadow & SHADOW_AGE_MASK) << order;
}

void workingset_age_nonresident(struct pgdat *pgdat, uint64_t nr_pages)
{
	pgdat->lruvec.nonresident_age += nr_pages;
}

uint32_t workingset_eviction(struct vm *vm, uint32_t pfn)
{
	const struct page *p = pfn_page(vm, pfn);

	assert(!(p->flags & PG_LRU));
	return workingset_shadow(vm, page_pgdat(vm, pfn), p->flags);
}

/* Steps 2 to 4: would it have stayed, had all lists been one? */
static bool is_recent(struct vm *vm, const struct pgdat *pgdat, uint64_t age,
		      bool file)
{
	uint64_t mask = ((uint64_t)SHADOW_AGE_MASK << vm->shadow_order) |
			((1ull << vm->shadow_order) - 1);
	uint64_t distance = (pgdat->lruvec.nonresident_age - age) & mask;
	uint64_t size = lruvec_page_state(pgdat, NR_ACTIVE_FILE);

	if (!file)
		size += lruvec_page_state(pgdat, NR_INACTIVE_FILE);
	if (swap_free_pages(vm) > 0) {
		size += lruvec_page_state(pgdat, NR_ACTIVE_ANON);
		if (file)
			size += lruvec_page_state(pgdat, NR_INACTIVE_ANON);
	}
	return distance <= size;
}

void workingset_refault(struct vm *vm, uint32_t pfn, uint32_t shadow)
{
	struct page *p = pfn_page(vm, pfn);
	bool file = !(p->flags & PG_SWAPBACKED);
	struct pgdat *pgdat;
	bool workingset;
	unsigned nid;
	uint64_t age;

	assert(!(p->flags & PG_LRU));
	shadow_unpack(shadow, vm->shadow_order, &nid, &workingset, &age);
	assert(nid < vm->nr_nodes);
	pgdat = &vm->node[nid];
	mod_node(pgdat, WORKINGSET_REFAULT_ANON + file, 1);
	if (!is_recent(vm, pgdat, age, file))
		return;
	p->flags |= PG_ACTIVE;
	workingset_age_nonresident(pgdat, 1);
	mod_node(pgdat, WORKINGSET_ACTIVATE_ANON + file, 1);
	if (!workingset)
		return;
	p->flags |= PG_WORKINGSET;
	lru_note_cost(vm, pgdat, file, 1, 0);
	mod_node(pgdat, WORKINGSET_RESTORE_ANON + file, 1);
}

void workingset_activation(struct vm *vm, uint32_t pfn)
{
	workingset_age_nonresident(page_pgdat(vm, pfn), 1);
}

void mark_page_accessed(struct vm *vm, uint32_t pfn)
{
	struct page *p = pfn_page(vm, pfn);

	assert(p->mapping);
	if (!(p->flags & PG_REFERENCED)) {
		p->flags |= PG_REFERENCED;
		return;
	}
	if (p->flags & (PG_ACTIVE | PG_UNEVICTABLE) || !(p->flags & PG_LRU))
		return;
	lru_activate(vm, pfn);
	p->flags &= (uint16_t)~PG_REFERENCED;
	count_event(vm, PGACTIVATE);
	workingset_activation(vm, pfn);
}

void mark_accessed_prefetch(struct vm *vm, uint32_t pfn)
{
	const uint16_t will = PG_REFERENCED | PG_LRU;
	const uint16_t flags = pfn_page(vm, pfn)->flags;

	assert(pfn < vm->nr_frames);
	if ((flags & (will | PG_ACTIVE | PG_UNEVICTABLE)) == will)
		lru_prefetch(vm, pfn);
}
