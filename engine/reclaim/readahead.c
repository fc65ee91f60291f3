/* SPDX-License-Identifier: MIT */
/*
 * readahead.c - what of a file to read next.
 *
 * Called by read() (file_rw.c) and by faults of shared mappings
 * (fault_file.c), which have allocated the page that they want and read the
 * window by fault_read.c.  A reader that goes on gets windows of 4, 8, 16, 32
 * pages, each started while the one before is being used.  mm/readahead.c and
 * mm/filemap.c:do_sync_mmap_readahead are the models.
 *
 * Locking: the world's lock.
 */
#include <assert.h>

#include "reclaim/readahead.h"
#include "reclaim/workingset.h"

#define MMAP_LOTSAMISS 100u

void add_to_page_cache(struct vm *vm, struct file *f, uint64_t index,
		       uint32_t pfn, bool write)
{
	struct page *page = pfn_page(vm, pfn);
	uint32_t shadow;

	assert(!(page->flags & (PG_LRU | PG_MAPPED)));
	if (f->mapping.kind == MAPPING_SHMEM)
		page->flags |= PG_SWAPBACKED;
	shadow = file_insert(vm, f, index, pfn);
	if (shadow && !write)
		workingset_refault(vm, pfn, shadow);
	lru_add(vm, pfn);
}

uint32_t ra_init_size(uint32_t req, uint32_t max)
{
	uint32_t size = 1;

	assert(req > 0 && max > 0);
	while (size < req)
		size *= 2;
	if (size <= max / 32)
		return size * 4;
	return size <= max / 4 ? size * 2 : max;
}

uint32_t ra_next_size(uint32_t size, uint32_t max)
{
	assert(max > 0);
	if (size < max / 16)
		return size * 4;
	return size <= max / 2 ? size * 2 : max;
}

/* Cached pages that lie before @index without a gap, up to a window. */
static uint32_t history(const struct file *f, uint64_t index)
{
	uint32_t nr = 0;

	assert(index < f->nr_pages);
	while (nr < RA_MAX_PAGES && nr < index &&
	       file_lookup(f, index - nr - 1) != PFN_NONE)
		nr++;
	return nr;
}

/* The window for a read that missed @index; false: just this page. */
static bool sync_window(struct task *t, const struct file *f, uint64_t index)
{
	struct file_ra *ra = &t->ra;
	uint32_t contig;

	assert(index < f->nr_pages);
	/* the page after the last one read, or that one: a stream begins */
	if (index == 0 || index - t->file_last <= 1) {
		ra->size = ra_init_size(1, RA_MAX_PAGES);
		ra->async_size = ra->size - 1;
	} else {
		contig = history(f, index);
		if (contig <= 1)
			return false;
		if (contig == index)
			contig *= 2;
		ra->size = MIN(contig + 1, RA_MAX_PAGES);
		ra->async_size = 1;
	}
	ra->start = index;
	return true;
}

void ra_single(uint64_t index, uint32_t fresh, struct ra_window *w)
{
	assert(fresh != PFN_NONE);
	*w = (struct ra_window){ index, index + 1, index, fresh };
}

void page_cache_sync_ra(struct task *t, const struct file *f, uint64_t index,
			uint32_t fresh, struct ra_window *w)
{
	ra_single(index, fresh, w);
	if (sync_window(t, f, index))
		w->end = index + t->ra.size;
}

void mmap_sync_ra(struct vma *vma, uint64_t index, uint32_t fresh,
		  struct ra_window *w)
{
	struct file_ra *ra = &vma->ra;

	assert(vma->file);
	ra_single(index, fresh, w);
	if (ra->mmap_miss < 10 * MMAP_LOTSAMISS)
		ra->mmap_miss++;
	if (ra->mmap_miss > MMAP_LOTSAMISS)
		return;
	ra->start = index - MIN(index, RA_MAX_PAGES / 2);
	ra->size = RA_MAX_PAGES;
	ra->async_size = RA_MAX_PAGES / 4;
	w->next = ra->start;
	w->end = ra->start + ra->size;
}

bool page_cache_async_ra(const struct file *f, struct file_ra *ra,
			 uint64_t index, struct ra_window *w)
{
	assert(ra->async_size <= ra->size);
	if (index != ra_due(ra) || f->mapping.kind == MAPPING_SHMEM)
		return false;
	ra->start += ra->size;
	ra->size = ra_next_size(ra->size, RA_MAX_PAGES);
	ra->async_size = ra->size;
	*w = (struct ra_window){ ra->start, ra->start + ra->size, ra->start,
				 PFN_NONE };
	return ra->start < f->nr_pages;
}
