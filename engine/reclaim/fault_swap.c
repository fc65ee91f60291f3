/* SPDX-License-Identifier: MIT */
/*
 * fault_swap.c - an anonymous page comes back from swap (fact sheet G.2).
 *
 * Called by fault.c for a touch of a swap entry.  The page is in the swap
 * cache (a minor fault), on its way (a wait), or on the disk: then a page is
 * allocated, read with its neighbours, and the entry is looked at again when it
 * is there.  mm/memory.c:do_swap_page is the model.
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

enum step swap_fault(struct vm *vm, struct task *t, struct access *a)
{
	uint32_t entry = a->vma->pte[a->index];
	uint32_t pfn = swap_cache_lookup(vm, entry);

	assert(pte_swapped(entry));
	if (pfn == PFN_NONE)
		return step_alloc_begin(vm, t, a, GFP_SWAPIN, ACCESS_PAGE);
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
	uint32_t pfn = a->alloc.pfn;
	uint64_t done_ns;

	assert(pfn != PFN_NONE);
	if (swap_cache_lookup(vm, entry) != PFN_NONE) {
		free_pages(vm, pfn, 0); /* somebody read it meanwhile */
		return STEP_ON;
	}
	if (!a->major)
		fault_is_major(vm, a);
	if (swap_is_synchronous(vm, entry))
		return swap_fault_direct(vm, t, a, entry);
	done_ns = swap_readpage(vm, a->vma, a->index, entry, pfn);
	a->cost_ns += vm->conf.cost.swap_in_ns;
	return step_sleep_io(vm, t, a, done_ns,
			     pfn_page(vm, pfn)->flags & PG_WORKINGSET);
}
