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
 * Give a page a slot: it enters the swap cache and is dirty.  It is anonymous,
 * or of tmpfs and not mapped: then it leaves its file, whose page is the slot's
 * from here on.  False: swap is full.
 */
bool add_to_swap(struct vm *vm, uint32_t pfn);

/* Is it a page of tmpfs that @slot, which is in use, holds? */
bool swap_slot_is_shmem(const struct vm *vm, const struct swap_slot *slot);

/*
 * The anonymous area and page that a swap-cache page belongs to; NULL: nobody
 * any more (SWAP_ORPHAN), reclaim will meet it.
 */
struct vma *swap_cache_owner(struct vm *vm, uint32_t pfn, uint64_t *index);

/*
 * Out of the cache, with @shadow (0: none) left in the slot; the slot stays
 * if a page table still refers to it, else it is freed.
 */
void delete_from_swap_cache(struct vm *vm, uint32_t pfn, uint32_t shadow);

/*
 * A mapped page gives up its slot and is plain anonymous again; not while it
 * is being written.
 */
void try_to_free_swap(struct vm *vm, uint32_t pfn);

/* The cached page of @entry, or PFN_NONE. */
uint32_t swap_cache_lookup(struct vm *vm, uint32_t entry);

/*
 * A page table entry that named @entry is gone: free the slot, and its copy in
 * memory unless that is on its way in or out.  Pages freed, 0 or 1.
 */
unsigned free_swap_and_cache(struct vm *vm, uint32_t entry);

/*
 * An anonymous page that no page table maps any more: off its list, out of
 * the swap cache, freed.  Pages freed, 0 for one on its way in or out.
 */
unsigned free_anon_page(struct vm *vm, uint32_t pfn);

/*
 * Write a dirty page of the swap cache.  Counts pswpout.  *@sync: it was
 * written at once.  @done_ns is when it will have been written.
 */
void swap_writepage(struct vm *vm, uint32_t pfn, bool *sync,
		    uint64_t *done_ns);

/* Pages that one fault reads at most, whatever page-cluster says. */
#define SWAP_RA_MAX_PAGES 256u

/*
 * What a fault reads (G.3): the swap entries among [next, end).  With a
 * rotating disk these are slots of @area, else pages of the task's own area.
 */
struct swap_window {
	uint64_t next, end;
	uint32_t area;
	bool by_slots;
};

/*
 * The window for the entry of @vma's page @index, and what the next one will
 * be.  @alone: that page and nothing else.
 */
void swap_window_begin(struct vm *vm, struct vma *vma, uint64_t index,
		       bool alone, struct swap_window *w);

/* The entry at w->next, if it is to be read now; 0: nothing is. */
uint32_t swap_window_entry(struct vm *vm, const struct vma *vma,
			   const struct swap_window *w);

/* Slots that follow each other, whose pages are not submitted yet. */
struct swap_run {
	uint32_t first; /* entry */
	uint32_t pfn[SWAP_RA_MAX_PAGES];
	unsigned nr;
};

/*
 * The fresh frame @pfn becomes the cached page of @entry, on the inactive
 * list, shadow seen, and joins @run; what does not lie before it is submitted.
 * @ahead: it is not the page that was asked for.  Counts swap_ra.
 */
void swap_run_add(struct vm *vm, struct swap_run *run, uint32_t entry,
		  uint32_t pfn, bool ahead);

/* Counts pswpin. */
void swap_run_submit(struct vm *vm, struct swap_run *run);

/*
 * zram: read it past the cache.  The page is on no list and has no owner yet;
 * the slot is to be freed when it is mapped.
 */
uint64_t swap_read_direct(struct vm *vm, uint32_t entry, uint32_t pfn);
bool swap_is_synchronous(const struct vm *vm, uint32_t entry);

/* A fault found @pfn in the cache: was it read ahead?  Tunes the window. */
void swap_cache_hit(struct vm *vm, struct vma *vma, uint64_t index,
		    uint32_t pfn);

/* G.3, pure: pages of the next window. */
unsigned swapin_nr_pages(unsigned hits, bool adjacent, unsigned prev_window,
			 unsigned page_cluster);

#endif
