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
 * Read what is not cached of @w; only w->fresh is a must, the others are read
 * if pages for them are free.  Returns when w->index will be there.
 */
uint64_t read_pages(struct vm *vm, struct task *t, struct file *f,
		    const struct ra_window *w);

#endif
