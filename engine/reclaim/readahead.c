/* SPDX-License-Identifier: MIT */
/*
 * readahead.c - filling the page cache from a disk.
 *
 * Called by read() (file_rw.c) and by faults of shared mappings
 * (fault_file.c), which have allocated the page that they want; the pages
 * around it are taken from what is free, without reclaim.  Pages that follow
 * each other on the disk are one request.  mm/readahead.c is the model.
 *
 * Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/page_alloc.h"
#include "reclaim/readahead.h"
#include "reclaim/workingset.h"

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

static uint32_t ra_page(struct vm *vm, struct task *t,
			const struct ra_window *w, uint64_t index)
{
	if (index == w->index && w->fresh != PFN_NONE)
		return w->fresh;
	return alloc_pages_nowait(vm, GFP_READAHEAD, 0,
				  vm->conf.cpu_node[t->cpu], t->nodes);
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
			pfn = ra_page(vm, t, w, i);
		if (pfn != PFN_NONE) {
			add_to_page_cache(vm, f, i, pfn, false);
			run.pfn[run.nr++] = pfn;
			run.wanted |= i == w->index;
			continue;
		}
		done_ns = run_submit(vm, t, f, &run);
		if (wanted)
			until_ns = done_ns;
		if (i > w->index && file_lookup(f, i) == PFN_NONE)
			return until_ns; /* no page is free: enough */
	}
	if (run.wanted)
		return run_submit(vm, t, f, &run);
	run_submit(vm, t, f, &run);
	return until_ns;
}
