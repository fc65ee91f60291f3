/* SPDX-License-Identifier: MIT */
/*
 * fault_file.c - touching a shared mapping of a file.
 *
 * Called by fault.c.  A cached page is mapped, for a load together with its
 * cached neighbours (fault-around); one that is not cached is read with what
 * lies around it.  The first store to a clean page makes it dirty and may have
 * to wait for writeback.  mm/memory.c:do_read_fault and do_shared_fault,
 * mm/filemap.c:filemap_fault are the models.  Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/fault_steps.h"

#define FAULT_AROUND_PAGES 16u /* 64 kB, aligned */

/*
 * Map the neighbours of @a's page that are there; how many.  The page where
 * the next window is due is left out, so that its fault is seen; pages that
 * have not been evicted before speak for reading around.
 */
static unsigned fault_around(struct vm *vm, const struct access *a)
{
	struct vma *vma = a->vma;
	uint64_t from = a->index - a->index % FAULT_AROUND_PAGES;
	uint64_t to = MIN(from + FAULT_AROUND_PAGES,
			  MIN(vma->nr_pages, vma->file->nr_pages));
	uint64_t due = ra_due(&vma->ra);
	unsigned nr = 0, used = 0;

	assert(a->index < to);
	for (uint64_t i = from; i < to; i++) {
		uint32_t pfn = file_lookup(vma->file, i);

		if (pfn == PFN_NONE || pte_present(vma->pte[i]) || i == due ||
		    !(pfn_page(vm, pfn)->flags & PG_UPTODATE))
			continue;
		mm_map(vm, vma, i, pfn, PTE_ACCESSED);
		used += !(pfn_page(vm, pfn)->flags & PG_WORKINGSET);
		nr++;
	}
	vma->ra.mmap_miss -= MIN(vma->ra.mmap_miss, used);
	return nr;
}

/* The page becomes writable, and dirty (page_mkwrite). */
static enum step make_writable(struct vm *vm, struct task *t, struct access *a)
{
	uint32_t *pte = &a->vma->pte[a->index];

	assert(pte_present(*pte) && a->write);
	*pte |= PTE_ACCESSED | PTE_DIRTY;
	return step_dirtied(vm, t, a, a->vma->file, pte_pfn(*pte));
}

static enum step map_cached(struct vm *vm, struct task *t, struct access *a,
			    uint32_t pfn)
{
	const struct vm_costs *cost = &vm->conf.cost;
	unsigned nr = 0;

	assert(pfn_page(vm, pfn)->flags & PG_UPTODATE);
	mm_map(vm, a->vma, a->index, pfn, PTE_ACCESSED);
	if (!a->write)
		nr = fault_around(vm, a);
	fault_done(vm, t, a, cost->minor_fault_ns + nr * cost->map_file_ns);
	return a->write ? make_writable(vm, t, a) : STEP_DONE;
}

/*
 * Found in the cache: reading around helps, and may be due again.  True: the
 * window shall be read.
 */
static bool map_hit(struct access *a)
{
	struct file_ra *ra = &a->vma->ra;

	assert(!a->major);
	if (ra->mmap_miss)
		ra->mmap_miss--;
	return page_cache_async_ra(a->vma->file, ra, a->index, &a->window);
}

enum step map_start(struct vm *vm, struct task *t, struct access *a)
{
	struct file *f = a->vma->file;
	uint32_t pfn = file_lookup(f, a->index);

	if (pte_present(a->vma->pte[a->index])) {
		fault_done(vm, t, a, vm->conf.cost.minor_fault_ns);
		return make_writable(vm, t, a);
	}
	assert(a->index < f->nr_pages);
	if (pfn == PFN_NONE)
		return step_alloc_begin(vm, t, a, GFP_CACHE, ACCESS_PAGE);
	if (!a->windowed && map_hit(a))
		return read_window(vm, t, a, f);
	if (!(pfn_page(vm, pfn)->flags & PG_UPTODATE))
		return step_wait_page(vm, t, a, &vm->disk[f->disk], pfn);
	return map_cached(vm, t, a, pfn);
}

/* Not cached: read it, and what lies around it. */
enum step map_page(struct vm *vm, struct task *t, struct access *a)
{
	struct file *f = a->vma->file;
	enum step s = step_alloc(vm, t, a);
	uint32_t pfn = a->alloc.pfn;

	if (s != STEP_ON)
		return s;
	assert(pfn != PFN_NONE);
	if (file_lookup(f, a->index) != PFN_NONE) {
		free_pages(vm, pfn, 0); /* read meanwhile */
		return STEP_ON;
	}
	if (!step_index(vm, t, a, f))
		return STEP_ON;
	if (a->windowed)
		ra_single(a->index, pfn, &a->window);
	else
		mmap_sync_ra(a->vma, a->index, pfn, &a->window);
	return read_window(vm, t, a, f);
}
