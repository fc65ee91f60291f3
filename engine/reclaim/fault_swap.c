/* SPDX-License-Identifier: MIT */
/*
 * fault_swap.c - an anonymous page comes back from swap (fact sheet G.2).
 *
 * Called by fault.c for a touch of a swap entry.  The page is in the swap
 * cache (a minor fault), on its way (a wait), or on the disk: then it is read
 * with its neighbours (swap_ra.c), for each of which a page is asked in turn,
 * and the entry is looked at again.  What has been collected is sent off before
 * a sleep, as in fault_read.c.  mm/memory.c:do_swap_page is the model.
 *
 * Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/fault_steps.h"
#include "reclaim/swap.h"

static struct disk *swap_disk(struct vm *vm, uint32_t entry)
{
	return &vm->disk[vm->swap[pte_swap_area(entry)].conf.disk];
}

/* Is the copy in swap not worth its slot? (should_try_to_free_swap) */
static bool give_up_slot(const struct vm *vm, const struct access *a)
{
	return a->write || a->index < a->vma->locked_pages ||
	       swap_is_full(swap_free_pages(vm), swap_total_pages(vm));
}

static void swap_map_page(struct vm *vm, struct task *t, struct access *a,
			  uint32_t pfn)
{
	assert(pfn_page(vm, pfn)->flags & PG_UPTODATE);
	assert(!(pfn_page(vm, pfn)->flags & PG_MAPPED));
	mm_map(vm, a->vma, a->index, pfn,
	       PTE_ACCESSED | (a->write ? PTE_DIRTY : 0));
	if (give_up_slot(vm, a))
		try_to_free_swap(vm, pfn);
	if (a->index < a->vma->locked_pages)
		mlock_page(vm, pfn);
	fault_done(vm, t, a, vm->conf.cost.minor_fault_ns);
}

/* A fresh frame for the entry at a->swap.next, unless that has moved on. */
static void window_add(struct vm *vm, struct task *t, struct access *a,
		       struct swap_run *run)
{
	const uint32_t entry = swap_window_entry(vm, a->vma, &a->swap);
	const uint32_t pfn = a->alloc.pfn;

	assert(pfn != PFN_NONE);
	if (!entry) {
		free_pages(vm, pfn, 0);
		return;
	}
	swap_run_add(vm, run, entry, pfn, entry != a->vma->pte[a->index]);
	t->read_pages++;
}

enum step swap_read_window(struct vm *vm, struct task *t, struct access *a)
{
	struct swap_window *w = &a->swap;
	struct swap_run run = { .nr = 0 };
	enum step s = STEP_ON;

	if (!access_allocates(a))
		a->stage = ACCESS_START;
	for (; w->next < w->end; w->next++) {
		if (!access_allocates(a)) {
			if (!swap_window_entry(vm, a->vma, w))
				continue;
			step_alloc_begin(vm, t, a, GFP_SWAPIN, ACCESS_SWAPIN);
		}
		s = step_alloc(vm, t, a);
		if (s != STEP_ON)
			break;
		window_add(vm, t, a, &run);
	}
	swap_run_submit(vm, &run);
	return s;
}

/* The CPU time of it is paid first: only then do the requests go off. */
static enum step swap_read(struct vm *vm, struct access *a)
{
	struct swap_window w;

	swap_window_begin(vm, a->vma, a->index, a->windowed, &a->swap);
	for (w = a->swap; w.next < w.end; w.next++)
		if (swap_window_entry(vm, a->vma, &w))
			a->cost_ns += vm->conf.cost.swap_in_ns;
	a->windowed = true;
	if (!a->major)
		fault_is_major(vm, a);
	a->stage = ACCESS_SWAP;
	return a->cost_ns ? STEP_AGAIN : STEP_ON;
}

enum step swap_fault(struct vm *vm, struct task *t, struct access *a)
{
	uint32_t entry = a->vma->pte[a->index];
	uint32_t pfn = swap_cache_lookup(vm, entry);

	assert(pte_swapped(entry));
	if (pfn == PFN_NONE && swap_is_synchronous(vm, entry))
		return step_alloc_begin(vm, t, a, GFP_SWAPIN, ACCESS_PAGE);
	if (pfn == PFN_NONE)
		return swap_read(vm, a);
	if (!a->major)
		swap_cache_hit(vm, a->vma, a->index, pfn);
	if (!(pfn_page(vm, pfn)->flags & PG_UPTODATE))
		return step_wait_page(vm, t, a, swap_disk(vm, entry), pfn);
	swap_map_page(vm, t, a, pfn);
	return STEP_DONE;
}

/* From zram, past the cache: the only copy is now in memory. */
static enum step swap_fault_direct(struct vm *vm, struct task *t,
				   struct access *a, uint32_t entry)
{
	uint32_t pfn = a->alloc.pfn;
	struct page *page = pfn_page(vm, pfn);
	uint64_t done_ns = swap_read_direct(vm, entry, pfn);

	assert(done_ns >= vm->world.now_ns);
	t->read_pages++;
	page->mapping = a->vma->mapping.id;
	page->index = (uint32_t)a->index;
	mm_map(vm, a->vma, a->index, pfn, PTE_ACCESSED | PTE_DIRTY);
	swap_slot_free(vm, entry);
	fault_lru_add(vm, a->vma, a->index, pfn);
	fault_done(vm, t, a,
		   vm->conf.cost.minor_fault_ns + vm->conf.cost.swap_in_ns +
			   done_ns - vm->world.now_ns);
	return STEP_DONE;
}

enum step swap_fault_page(struct vm *vm, struct task *t, struct access *a)
{
	uint32_t entry = a->vma->pte[a->index];

	assert(a->alloc.pfn != PFN_NONE);
	if (swap_cache_lookup(vm, entry) != PFN_NONE ||
	    !swap_is_synchronous(vm, entry)) {
		free_pages(vm, a->alloc.pfn, 0); /* it has moved meanwhile */
		return STEP_ON;
	}
	if (!a->major)
		fault_is_major(vm, a);
	return swap_fault_direct(vm, t, a, entry);
}
