/* SPDX-License-Identifier: MIT */
/*
 * drop_caches.c - throw away what costs nothing (fact sheet F.6).
 *
 * Called by the hook of /proc/sys/vm/drop_caches, in the writer's time.  Page
 * cache that is clean, unmapped and not on its way in or out is freed with
 * its shadow entries; what cannot go is moved to the inactive list, so that
 * reclaim finds it early.  mm/truncate.c:mapping_try_invalidate and
 * mm/swap.c:lru_deactivate_file are the models.
 *
 * Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/drop_caches.h"
#include "reclaim/page_alloc.h"
#include "reclaim/slab.h"
#include "reclaim/vmscan.h"

#define DROP_PAGES 1
#define DROP_SLABS 2

/* tmpfs has nowhere to write to: its pages count as dirty for ever. */
static bool droppable(const struct file *f, const struct page *page)
{
	return f->mapping.kind == MAPPING_FILE && page->flags & PG_UPTODATE &&
	       !(page->flags & (PG_DIRTY | PG_WRITEBACK | PG_MAPPED));
}

/* Young pages that cannot go count PGDEACTIVATE without PGREFILL. */
static void deactivate_file_page(struct vm *vm, const struct file *f,
				 uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);

	if (!(page->flags & PG_LRU) || !(page->flags & PG_UPTODATE) ||
	    page->flags & (PG_MAPPED | PG_UNEVICTABLE))
		return;
	if (page->flags & PG_ACTIVE)
		count_event(vm, PGDEACTIVATE);
	lru_del(vm, pfn);
	page->flags &= (uint16_t) ~(PG_ACTIVE | PG_REFERENCED);
	if (page->flags & (PG_DIRTY | PG_WRITEBACK))
		page->flags |= PG_RECLAIM;
	if (page->flags & (PG_DIRTY | PG_WRITEBACK) ||
	    f->mapping.kind == MAPPING_SHMEM) {
		lru_add(vm, pfn);
		return;
	}
	lru_add_tail(vm, pfn);
	count_event(vm, PGROTATED);
}

static void drop_page(struct vm *vm, struct file *f, uint64_t index,
		      uint32_t pfn)
{
	assert(pfn_page(vm, pfn)->mapping == f->mapping.id);
	if (pfn_page(vm, pfn)->flags & PG_LRU)
		lru_del(vm, pfn);
	file_remove(vm, f, index, 0);
	free_pages(vm, pfn, 0);
}

void drop_file_pages(struct vm *vm, struct file *f)
{
	for (uint64_t i = 0; i < f->nr_pages; i++) {
		uint32_t pfn = file_lookup(f, i);

		if (!f->nr_cached && !f->nr_shadows)
			return;
		if (pfn != PFN_NONE) {
			if (droppable(f, pfn_page(vm, pfn)))
				drop_page(vm, f, i, pfn);
			else
				deactivate_file_page(vm, f, pfn);
		} else {
			file_forget_shadow(vm, f, i);
		}
	}
}

void drop_caches(struct vm *vm, int bits)
{
	if (bits & DROP_PAGES) {
		for (uint32_t i = 0; i < vm->nr_files; i++)
			if (vm->files[i] && vm->files[i]->nr_cached)
				drop_file_pages(vm, vm->files[i]);
		slab_nodes_trim_all(vm);
		count_event(vm, DROP_PAGECACHE);
	}
	if (bits & DROP_SLABS) {
		drop_slab(vm);
		count_event(vm, DROP_SLAB);
	}
}
