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
uint32_t shadow_pack(unsigned nid, bool workingset, uint64_t age,
		     unsigned order);
void shadow_unpack(uint32_t shadow, unsigned order, unsigned *nid,
		   bool *workingset, uint64_t *age);

/* E.7: read() or write() touched the page; folio_mark_accessed. */
void mark_page_accessed(struct vm *vm, uint32_t pfn);

/* Fetch ahead what that will need, if it will activate the page. */
void mark_accessed_prefetch(struct vm *vm, uint32_t pfn);

#endif
