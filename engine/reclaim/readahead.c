/* SPDX-License-Identifier: MIT */
/*
 * readahead.c - filling the page cache from a disk.
 *
 * Called by read() (file_rw.c) and by faults of shared mappings
 * (fault_file.c), which have allocated the page that they want; the pages
 * around it are taken from what is free, without reclaim.  Pages that follow
 * each other on the disk are one request.  A reader that goes on gets windows
 * of 4, 8, 16, 32 pages, each started while the one before is being used.
 * mm/readahead.c and mm/filemap.c:do_sync_mmap_readahead are the models.
 *
 * Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/page_alloc.h"
#include "reclaim/readahead.h"
#include "reclaim/slab.h"
#include "reclaim/workingset.h"

#define MMAP_LOTSAMISS 100u

/* Pages that follow each other and are not submitted yet. */
struct ra_run {
	uint32_t pfn[RA_MAX_PAGES];
	unsigned nr;
	bool wanted; /* the window's page is among them */
};

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

/* Send the run off; when it ends. */
static uint64_t run_submit(struct vm *vm, struct task *t, struct file *f,
			   struct ra_run *run)
{
	uint64_t done_ns = vm->world.now_ns;
	bool sync;

	if (run->nr) {
		done_ns = disk_submit(&vm->disk[f->disk], false, run->pfn,
				      run->nr, &sync);
		t->read_pages += run->nr;
	}
	run->nr = 0;
	run->wanted = false;
	return done_ns;
}

static uint32_t ra_page(struct vm *vm, struct task *t, struct file *f,
			const struct ra_window *w, uint64_t index)
{
	int nid = vm->conf.cpu_node[t->cpu];
	uint32_t pfn;

	if (index == w->index && w->fresh != PFN_NONE)
		return w->fresh;
	pfn = alloc_pages_nowait(vm, GFP_READAHEAD, 0, nid, t->nodes);
	if (pfn == PFN_NONE ||
	    slab_node_for(vm, &f->xa, index, nid, GFP_XA_NOWAIT))
		return pfn;
	free_pages(vm, pfn, 0);
	return PFN_NONE;
}

/* A page of tmpfs comes from nowhere and is there at once. */
static uint64_t zero_fill(struct vm *vm, struct file *f,
			  const struct ra_window *w)
{
	assert(w->fresh != PFN_NONE);
	pfn_page(vm, w->fresh)->flags |= PG_UPTODATE;
	add_to_page_cache(vm, f, w->index, w->fresh, true);
	return vm->world.now_ns;
}

uint64_t read_pages(struct vm *vm, struct task *t, struct file *f,
		    const struct ra_window *w)
{
	uint64_t end = MIN(w->first + w->nr, f->nr_pages);
	uint64_t until_ns = vm->world.now_ns;
	struct ra_run run = { .nr = 0 };

	assert(w->nr <= RA_MAX_PAGES && w->index < f->nr_pages);
	if (f->mapping.kind == MAPPING_SHMEM)
		return zero_fill(vm, f, w);
	for (uint64_t i = w->first; i < end; i++) {
		bool wanted = run.wanted;
		uint32_t pfn = PFN_NONE;
		uint64_t done_ns;

		if (file_lookup(f, i) == PFN_NONE)
			pfn = ra_page(vm, t, f, w, i);
		if (pfn != PFN_NONE) {
			add_to_page_cache(vm, f, i, pfn, false);
			run.pfn[run.nr++] = pfn;
			run.wanted |= i == w->index;
			continue;
		}
		done_ns = run_submit(vm, t, f, &run);
		if (wanted)
			until_ns = done_ns;
		if (file_lookup(f, i) == PFN_NONE &&
		    (i > w->index || w->fresh == PFN_NONE))
			return until_ns; /* no page is free: enough */
	}
	if (run.wanted)
		return run_submit(vm, t, f, &run);
	run_submit(vm, t, f, &run);
	return until_ns;
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

uint64_t page_cache_sync_ra(struct vm *vm, struct task *t, struct file *f,
			    uint64_t index, uint32_t fresh)
{
	struct ra_window w = {
		.first = index,
		.nr = 1,
		.index = index,
		.fresh = fresh,
	};

	assert(fresh != PFN_NONE);
	if (sync_window(t, f, index))
		w.nr = t->ra.size;
	return read_pages(vm, t, f, &w);
}

uint64_t mmap_sync_ra(struct vm *vm, struct task *t, struct vma *vma,
		      uint64_t index, uint32_t fresh)
{
	struct file_ra *ra = &vma->ra;
	struct ra_window w = {
		.first = index,
		.nr = 1,
		.index = index,
		.fresh = fresh,
	};

	assert(fresh != PFN_NONE && vma->file);
	if (ra->mmap_miss < 10 * MMAP_LOTSAMISS)
		ra->mmap_miss++;
	if (ra->mmap_miss <= MMAP_LOTSAMISS) {
		ra->start = index - MIN(index, RA_MAX_PAGES / 2);
		ra->size = RA_MAX_PAGES;
		ra->async_size = RA_MAX_PAGES / 4;
		w.first = ra->start;
		w.nr = ra->size;
	}
	return read_pages(vm, t, vma->file, &w);
}

void page_cache_async_ra(struct vm *vm, struct task *t, struct file *f,
			 struct file_ra *ra, uint64_t index)
{
	struct ra_window w = { .fresh = PFN_NONE };

	assert(ra->async_size <= ra->size);
	if (index != ra_due(ra) || f->mapping.kind == MAPPING_SHMEM)
		return;
	ra->start += ra->size;
	ra->size = ra_next_size(ra->size, RA_MAX_PAGES);
	ra->async_size = ra->size;
	if (ra->start >= f->nr_pages)
		return;
	w.first = ra->start;
	w.index = ra->start;
	w.nr = ra->size;
	read_pages(vm, t, f, &w);
}
