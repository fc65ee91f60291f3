/* SPDX-License-Identifier: MIT */
/*
 * file_rw.c - a page of read() or write().
 *
 * Called by fault.c.  A read of a cached page marks it accessed, once for
 * every stay on the page; one that is not cached is read from the disk with
 * what is likely to follow.  A write takes a page without reading it, makes it
 * dirty and may be held back.  mm/filemap.c:filemap_read and
 * generic_perform_write are the models.  Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/fault_steps.h"
#include "reclaim/workingset.h"

/* The page is there: copy from or to it. */
static enum step rw_copy(struct vm *vm, struct task *t, struct access *a,
			 uint32_t pfn)
{
	assert(pfn_page(vm, pfn)->flags & PG_UPTODATE);
	a->cost_ns += vm->conf.cost.read_ns;
	if (a->kind == ACCESS_WRITE)
		return step_dirtied(vm, t, a, a->file, pfn);
	if (a->index != t->file_last)
		mark_page_accessed(vm, pfn);
	t->file_last = a->index;
	return STEP_DONE;
}

enum step rw_start(struct vm *vm, struct task *t, struct access *a)
{
	struct file *f = a->file;
	uint32_t pfn = file_lookup(f, a->index);

	assert(a->index < f->nr_pages);
	if (pfn == PFN_NONE)
		return step_alloc_begin(vm, t, a,
					a->write ? GFP_CACHE_WRITE : GFP_CACHE,
					ACCESS_PAGE);
	if (a->kind == ACCESS_READ && a->index != t->file_last &&
	    !a->windowed &&
	    page_cache_async_ra(f, &t->ra, a->index, &a->window))
		return read_window(vm, t, a, f);
	if (!(pfn_page(vm, pfn)->flags & PG_UPTODATE))
		return step_wait_page(vm, t, a, &vm->disk[f->disk], pfn);
	return rw_copy(vm, t, a, pfn);
}

/* Not cached: read it, and what is likely to follow. */
static enum step rw_read(struct vm *vm, struct task *t, struct access *a)
{
	assert(a->alloc.pfn != PFN_NONE);
	if (a->windowed)
		ra_single(a->index, a->alloc.pfn, &a->window);
	else
		page_cache_sync_ra(t, a->file, a->index, a->alloc.pfn,
				   &a->window);
	return read_window(vm, t, a, a->file);
}

enum step rw_page(struct vm *vm, struct task *t, struct access *a)
{
	enum step s = step_alloc(vm, t, a);
	uint32_t pfn = a->alloc.pfn;

	if (s != STEP_ON)
		return s;
	assert(pfn != PFN_NONE);
	if (file_lookup(a->file, a->index) != PFN_NONE) {
		free_pages(vm, pfn, 0); /* somebody was faster */
		return STEP_ON;
	}
	if (!step_index(vm, t, a, a->file))
		return STEP_ON;
	if (a->kind == ACCESS_READ)
		return rw_read(vm, t, a);
	pfn_page(vm, pfn)->flags |= PG_UPTODATE;
	add_to_page_cache(vm, a->file, a->index, pfn, true);
	return rw_copy(vm, t, a, pfn);
}
