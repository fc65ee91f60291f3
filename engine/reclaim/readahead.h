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

/* What to read: pages [next, end), of which page @index is wanted. */
struct ra_window {
	uint64_t next, end;
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
 * read() did not find page @index; @fresh is for it.  Into @w: that page with
 * what is likely to follow.
 */
void page_cache_sync_ra(struct task *t, const struct file *f, uint64_t index,
			uint32_t fresh, struct ra_window *w);

/*
 * The same for a fault of mapping @vma: what lies around the page, unless that
 * has not helped for long.
 */
void mmap_sync_ra(struct vma *vma, uint64_t index, uint32_t fresh,
		  struct ra_window *w);

/*
 * Page @index is cached.  True if it is where the next window is due: into @w
 * that, in which no page is wanted.
 */
bool page_cache_async_ra(const struct file *f, struct file_ra *ra,
			 uint64_t index, struct ra_window *w);

/* Into @w: page @index alone, for which @fresh is. */
void ra_single(uint64_t index, uint32_t fresh, struct ra_window *w);

/* The page whose use starts the next window; UINT64_MAX: none. */
static inline uint64_t ra_due(const struct file_ra *ra)
{
	return ra->size ? ra->start + ra->size - ra->async_size : UINT64_MAX;
}

/* Pure: the first window for @req pages, and the one after @size. */
uint32_t ra_init_size(uint32_t req, uint32_t max);
uint32_t ra_next_size(uint32_t size, uint32_t max);

#endif
