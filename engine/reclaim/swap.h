/* SPDX-License-Identifier: MIT */
/*
 * swap.h - the swap cache: anonymous pages on their way out and in (G.2).
 *
 * Locking: the world's lock.
 */
#ifndef ENGINE_RECLAIM_SWAP_H
#define ENGINE_RECLAIM_SWAP_H

#include "memory/state.h"

/*
 * Give an anonymous page a slot: it enters the swap cache and is dirty.
 * False: swap is full.
 */
bool add_to_swap(struct vm *vm, uint32_t pfn);

/* The anonymous area and page that a swap-cache page belongs to. */
struct vma *swap_cache_owner(struct vm *vm, uint32_t pfn, uint64_t *index);

/*
 * Out of the cache, with @shadow (0: none) left in the slot; the slot stays
 * if a page table still refers to it, else it is freed.
 */
void delete_from_swap_cache(struct vm *vm, uint32_t pfn, uint32_t shadow);

/* A mapped page gives up its slot and is plain anonymous again. */
void try_to_free_swap(struct vm *vm, uint32_t pfn);

/*
 * Write a dirty page of the swap cache.  Counts pswpout.  *@sync: it was
 * written at once.  @done_ns is when it will have been written.
 */
void swap_writepage(struct vm *vm, uint32_t pfn, bool *sync,
		    uint64_t *done_ns);

/*
 * Read the page of @entry into the fresh frame @pfn, and what read-ahead
 * (G.3) adds around @vma's page @index; on the inactive list, shadows seen.
 * Returns when @pfn will be there.
 */
uint64_t swap_readpage(struct vm *vm, struct vma *vma, uint64_t index,
		       uint32_t entry, uint32_t pfn);

/* G.3, pure: pages of the next window. */
unsigned swapin_nr_pages(unsigned hits, bool adjacent, unsigned prev_window,
			 unsigned page_cluster);

#endif
