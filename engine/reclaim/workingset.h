/* SPDX-License-Identifier: MIT */
/*
 * workingset.h - shadow entries and refault distance (fact sheet E.7).
 *
 * A shadow is 31 bits: node (4), Workingset flag (1), the node's nonresident
 * age at eviction (26, in units of 2^vm->shadow_order pages).  It stands
 * where the page's slot was, marked with SHADOW_BIT.
 * mm/workingset.c is the model.  Locking: the world's lock.
 */
#ifndef ENGINE_RECLAIM_WORKINGSET_H
#define ENGINE_RECLAIM_WORKINGSET_H

#include "memory/state.h"

#define SHADOW_AGE_BITS	      26u
#define SHADOW_AGE_MASK	      ((1u << SHADOW_AGE_BITS) - 1)
#define SHADOW_WORKINGSET_BIT (1u << SHADOW_AGE_BITS)
#define SHADOW_NID_SHIFT      (SHADOW_AGE_BITS + 1)

/* @pfn is evicted: its shadow, SHADOW_BIT included; the node ages. */
uint32_t workingset_eviction(struct vm *vm, uint32_t pfn);

/*
 * @pfn comes back where @shadow was left: counts refault, activate, restore,
 * and sets PG_ACTIVE and PG_WORKINGSET of the page, which is on no list yet.
 */
void workingset_refault(struct vm *vm, uint32_t pfn, uint32_t shadow);

/* A page was activated: the node ages by one. */
void workingset_activation(struct vm *vm, uint32_t pfn);
void workingset_age_nonresident(struct pgdat *pgdat, uint64_t nr_pages);

/* Pure: 4-1-26 packing. */
static inline uint32_t shadow_pack(unsigned nid, bool workingset, uint64_t age,
				   unsigned order)
{
	return SHADOW_BIT | nid << SHADOW_NID_SHIFT |
	       (workingset ? SHADOW_WORKINGSET_BIT : 0) |
	       ((uint32_t)(age >> order) & SHADOW_AGE_MASK);
}

void shadow_unpack(uint32_t shadow, unsigned order, unsigned *nid,
		   bool *workingset, uint64_t *age);

/* A page with @flags is evicted from @pgdat: as workingset_eviction(). */
static inline uint32_t workingset_shadow(const struct vm *vm,
					 struct pgdat *pgdat, uint16_t flags)
{
	return shadow_pack((unsigned)pgdat->nid, flags & PG_WORKINGSET,
			   pgdat->lruvec.nonresident_age++, vm->shadow_order);
}

/* E.7: read() or write() touched the page; folio_mark_accessed. */
void mark_page_accessed(struct vm *vm, uint32_t pfn);

/* Fetch ahead what that will need, if it will activate the page. */
void mark_accessed_prefetch(struct vm *vm, uint32_t pfn);

#endif
