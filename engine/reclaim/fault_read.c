/* SPDX-License-Identifier: MIT */
/*
 * fault_read.c - a window of a file is read (readahead.h), page by page.
 *
 * Called by read() (file_rw.c) and by faults of shared mappings
 * (fault_file.c).  Who reads asks for each page that is not cached and may
 * have to reclaim for it, once; without a page the window ends there, and
 * nobody is killed for it.  Pages that follow each other on the disk are one
 * request.  mm/readahead.c:page_cache_ra_unbounded is the model, but that what
 * has been collected is sent off before a sleep: nobody shall wait for a page
 * that no disk knows of.  Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/fault_steps.h"
#include "reclaim/slab.h"

/* Pages that follow each other and are not submitted yet. */
struct ra_run {
	uint32_t pfn[RA_MAX_PAGES];
	unsigned nr;
	bool wanted; /* the window's page is among them */
};

/* The page that is wanted will be there at @done_ns. */
static void wanted_sent(struct vm *vm, struct access *a, struct file *f,
			uint64_t done_ns)
{
	uint32_t pfn = file_lookup(f, a->window.index);

	assert(pfn != PFN_NONE && done_ns >= vm->world.now_ns);
	/* a disk without a queue: the reader has waited for it */
	if (pfn_page(vm, pfn)->flags & PG_UPTODATE)
		a->cost_ns += done_ns - vm->world.now_ns;
	else if (a->kind == ACCESS_TOUCH && !a->major)
		fault_is_major(vm, a);
}

static void run_submit(struct vm *vm, struct task *t, struct access *a,
		       struct file *f, struct ra_run *run)
{
	uint64_t done_ns;
	bool sync;

	if (!run->nr)
		return;
	done_ns = disk_submit(&vm->disk[f->disk], false, run->pfn, run->nr,
			      &sync);
	t->read_pages += run->nr;
	if (run->wanted)
		wanted_sent(vm, a, f, done_ns);
	run->nr = 0;
	run->wanted = false;
}

/*
 * A page for a->window.next into a->alloc.pfn; PFN_NONE: there is none.  What
 * lies before the wanted page is not worth a wait.
 */
static enum step window_page(struct vm *vm, struct task *t, struct access *a,
			     struct file *f)
{
	struct ra_window *w = &a->window;
	enum step s;

	if (w->next == w->index && w->fresh != PFN_NONE) {
		a->alloc.pfn = w->fresh;
		w->fresh = PFN_NONE;
		return STEP_ON;
	}
	if (!access_allocates(a))
		step_alloc_begin(vm, t, a,
				 w->fresh == PFN_NONE ? GFP_READAHEAD :
							GFP_CACHE_NOWAIT,
				 ACCESS_READAHEAD);
	s = step_try_alloc(vm, t, a);
	if (s == STEP_ON && a->alloc.pfn != PFN_NONE &&
	    !slab_node_for(vm, &f->xa, w->next, vm->conf.cpu_node[t->cpu],
			   GFP_XA_NOWAIT)) {
		free_pages(vm, a->alloc.pfn, 0);
		a->alloc.pfn = PFN_NONE;
	}
	return s;
}

/* A page of tmpfs comes from nowhere and is there at once. */
static enum step zero_fill(struct vm *vm, struct access *a, struct file *f)
{
	const struct ra_window *w = &a->window;

	assert(w->fresh != PFN_NONE);
	pfn_page(vm, w->fresh)->flags |= PG_UPTODATE;
	add_to_page_cache(vm, f, w->index, w->fresh, true);
	return STEP_ON;
}

/*
 * The page that has been got is stored and joins the run.  False: it was not
 * needed, or there is none, and the run ends before it.
 */
static bool add_to_run(struct vm *vm, struct access *a, struct file *f,
		       struct ra_run *run)
{
	const struct ra_window *w = &a->window;
	const uint32_t pfn = a->alloc.pfn;

	if (pfn == PFN_NONE)
		return false;
	if (file_lookup(f, w->next) != PFN_NONE) {
		free_pages(vm, pfn, 0); /* somebody was faster */
		return false;
	}
	assert(run->nr < RA_MAX_PAGES);
	add_to_page_cache(vm, f, w->next, pfn, false);
	run->pfn[run->nr++] = pfn;
	run->wanted |= w->next == w->index;
	return true;
}

/* Page a->window.next; STEP_ON: it is in the run, or not to be had. */
static enum step window_step(struct vm *vm, struct task *t, struct access *a,
			     struct file *f, struct ra_run *run)
{
	struct ra_window *w = &a->window;
	enum step s = STEP_ON;

	a->alloc.pfn = PFN_NONE;
	if (access_allocates(a) || file_lookup(f, w->next) == PFN_NONE) {
		s = window_page(vm, t, a, f);
		if (a->alloc.pfn == PFN_NONE && s == STEP_ON &&
		    w->fresh == PFN_NONE)
			w->end = w->next; /* no page is free: enough */
	}
	if (s != STEP_ON || !add_to_run(vm, a, f, run))
		run_submit(vm, t, a, f, run);
	return s;
}

enum step read_window(struct vm *vm, struct task *t, struct access *a,
		      struct file *f)
{
	struct ra_window *w = &a->window;
	struct ra_run run = { .nr = 0 };
	enum step s;

	assert(w->end - w->next <= RA_MAX_PAGES && w->index < f->nr_pages);
	a->windowed = true;
	if (f->mapping.kind == MAPPING_SHMEM)
		return zero_fill(vm, a, f);
	w->end = MIN(w->end, f->nr_pages);
	for (; w->next < w->end; w->next++) {
		s = window_step(vm, t, a, f, &run);
		if (s != STEP_ON)
			return s;
	}
	run_submit(vm, t, a, f, &run);
	return STEP_ON;
}
