/* SPDX-License-Identifier: MIT */
/*
 * readahead.h - pages of a file from its disk, and what comes next.
 *
 * Units: pages of the file.  Locking: the world's lock.
 */
#ifndef ENGINE_RECLAIM_READAHEAD_H
#define ENGINE_RECLAIM_READAHEAD_H

#include "memory/state.h"

#define RA_MAX_PAGES 32u /* read_ahead_kb 128 */

/* What to read: [first, first + nr), of which page @index is wanted. */
struct ra_window {
	uint64_t first, nr;
	uint64_t index;
	uint32_t fresh; /* an allocated page for @index; PFN_NONE: none */
};

/*
 * @pfn, on no list, becomes page @index of @f, looks at the shadow it finds
 * there (not if it will be written over) and goes on its list.
 */
void add_to_page_cache(struct vm *vm, struct file *f, uint64_t index,
		       uint32_t pfn, bool write);

/*
 * Read what is not cached of @w.  w->fresh is used in any case, the others are
 * read if pages for them are free.  Returns when w->index will be there.
 */
uint64_t read_pages(struct vm *vm, struct task *t, struct file *f,
		    const struct ra_window *w);

/*
 * read() did not find page @index; @fresh is for it.  Reads it with what is
 * likely to follow; returns when it will be there.
 */
uint64_t page_cache_sync_ra(struct vm *vm, struct task *t, struct file *f,
			    uint64_t index, uint32_t fresh);

/*
 * The same for a fault of mapping @vma: reads around the page, unless that
 * has not helped for long.
 */
uint64_t mmap_sync_ra(struct vm *vm, struct task *t, struct vma *vma,
		      uint64_t index, uint32_t fresh);

/*
 * Page @index is cached.  If it is where the next window is due, read that;
 * nobody waits for it.
 */
void page_cache_async_ra(struct vm *vm, struct task *t, struct file *f,
			 struct file_ra *ra, uint64_t index);

/* The page whose use starts the next window; UINT64_MAX: none. */
static inline uint64_t ra_due(const struct file_ra *ra)
{
	return ra->size ? ra->start + ra->size - ra->async_size : UINT64_MAX;
}

/* Pure: the first window for @req pages, and the one after @size. */
uint32_t ra_init_size(uint32_t req, uint32_t max);
uint32_t ra_next_size(uint32_t size, uint32_t max);

#endif
