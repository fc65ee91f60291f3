/* SPDX-License-Identifier: MIT */
/*
 * fault_mlock.c - pages that must stay in memory (fact sheet E.7, last part).
 *
 * Called by the workload to lock an area, by faults for the pages that come
 * into a locked one, and by exit.  A locked page lies on the unevictable list;
 * reclaim never meets it.  Only anonymous areas are locked here, whose pages
 * are mapped once.  mm/mlock.c is the model.  Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/fault_steps.h"
#include "reclaim/swap.h"

void mlock_page(struct vm *vm, uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);

	assert(page->flags & PG_LRU);
	if (page->flags & PG_MLOCKED)
		return;
	lru_del(vm, pfn);
	if (!(page->flags & PG_UNEVICTABLE))
		count_event(vm, UNEVICTABLE_PGCULLED);
	page->flags |= PG_MLOCKED | PG_UNEVICTABLE;
	page->flags &= (uint16_t)~PG_ACTIVE;
	lru_add(vm, pfn);
	mod_page_zone(vm, pfn, NR_MLOCK, 1);
	count_event(vm, UNEVICTABLE_PGMLOCKED);
}

void munlock_page(struct vm *vm, uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);

	assert(page->flags & PG_LRU);
	if (page->flags & PG_MLOCKED) {
		mod_page_zone(vm, pfn, NR_MLOCK, -1);
		count_event(vm, UNEVICTABLE_PGMUNLOCKED);
	}
	lru_del(vm, pfn);
	if (page->flags & PG_UNEVICTABLE)
		count_event(vm, UNEVICTABLE_PGRESCUED);
	page->flags &= (uint16_t) ~(PG_MLOCKED | PG_UNEVICTABLE);
	lru_add(vm, pfn);
}

static void munlock_range(struct vm *vm, struct vma *vma, uint64_t from,
			  uint64_t to)
{
	for (uint64_t i = from; i < to; i++)
		if (pte_present(vma->pte[i]))
			munlock_page(vm, pte_pfn(vma->pte[i]));
}

void mlock_pages(struct vm *vm, struct vma *vma, uint64_t pages)
{
	uint64_t nr = MIN(pages, vma->nr_pages);

	assert(!vma->file);
	munlock_range(vm, vma, nr, vma->locked_pages);
	for (uint64_t i = vma->locked_pages; i < nr; i++) {
		if (!pte_present(vma->pte[i]))
			continue;
		try_to_free_swap(vm, pte_pfn(vma->pte[i]));
		mlock_page(vm, pte_pfn(vma->pte[i]));
	}
	vma->mm->locked_vm += nr;
	vma->mm->locked_vm -= vma->locked_pages;
	vma->locked_pages = nr;
}
