/* SPDX-License-Identifier: MIT */
/*
 * swap.c - the swap cache (fact sheet G.2).
 *
 * A page that has a slot is in the swap cache: its frame names the slot, the
 * slot names its area and page, and may hold the frame (or its shadow).  Called
 * by reclaim on a page's way out, by swap-in faults (fault_swap.c) on its way
 * back, by exit when nobody wants it.  Calls the swap map, the disk and, for
 * pages that are free now, page_alloc.
 * mm/swap_state.c, mm/swapfile.c:folio_free_swap and mm/page_io.c are the
 * models.  Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/page_alloc.h"
#include "reclaim/slab.h"
#include "reclaim/swap.h"

static struct swap_area *page_swap_area(const struct vm *vm,
					const struct page *page)
{
	struct mapping *m = vm->mapping[page->mapping];

	assert(page->flags & PG_SWAPCACHE);
	assert(m && m->kind == MAPPING_SWAP);
	return container_of(m, struct swap_area, mapping);
}

static uint32_t page_swap_entry(const struct vm *vm, const struct page *page)
{
	return pte_swap(page_swap_area(vm, page)->id, page->index);
}

struct vma *swap_cache_owner(struct vm *vm, uint32_t pfn, uint64_t *index)
{
	const struct page *page = pfn_page(vm, pfn);
	const struct swap_slot *slot =
		swap_slot_get(vm, page_swap_entry(vm, page));

	*index = slot->index;
	if (slot->owner == SWAP_ORPHAN)
		return NULL;
	assert(vm->mapping[slot->owner]->kind == MAPPING_ANON);
	return container_of(vm->mapping[slot->owner], struct vma, mapping);
}

uint32_t swap_cache_lookup(struct vm *vm, uint32_t entry)
{
	uint32_t cache = swap_slot_get(vm, entry)->cache;

	return cache && !(cache & SHADOW_BIT) ? cache - 1 : PFN_NONE;
}

bool swap_slot_is_shmem(const struct vm *vm, const struct swap_slot *slot)
{
	assert(slot->owner);
	return slot->owner != SWAP_ORPHAN &&
	       vm->mapping[slot->owner]->kind == MAPPING_SHMEM;
}

bool add_to_swap(struct vm *vm, uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);
	struct mapping *m = vm->mapping[page->mapping];
	const int nid = page_pgdat(vm, pfn)->nid;
	uint32_t entry;

	assert(!(page->flags & PG_SWAPCACHE));
	assert(m->kind == MAPPING_ANON || !(page->flags & PG_MAPPED));
	entry = swap_slot_alloc(vm, page->mapping, page->index);
	if (!entry)
		return false;
	if (!slab_node_for(vm, &vm->swap[pte_swap_area(entry)].xa,
			   pte_swap_slot(entry), nid, GFP_XA_SWAP)) {
		swap_slot_free(vm, entry);
		return false;
	}
	/* now the slot is what tmpfs has, mm/shmem.c:shmem_writepage */
	if (m->kind == MAPPING_SHMEM)
		file_remove(vm, container_of(m, struct file, mapping),
			    page->index, 0);
	swap_slot_store(vm, entry, pfn + 1);
	page->mapping = vm->swap[pte_swap_area(entry)].mapping.id;
	page->index = pte_swap_slot(entry);
	page->flags |= PG_SWAPCACHE | PG_DIRTY;
	mod_page_node(vm, pfn, NR_SWAPCACHE, 1);
	mod_page_node(vm, pfn, NR_FILE_PAGES, 1);
	return true;
}

/* Does a page table, or tmpfs, still hold @entry? */
static bool slot_in_use(struct vm *vm, const struct swap_slot *slot,
			uint32_t entry)
{
	const struct vma *vma;

	assert(slot->owner);
	if (slot->owner == SWAP_ORPHAN)
		return false;
	if (swap_slot_is_shmem(vm, slot))
		return true;
	vma = container_of(vm->mapping[slot->owner], struct vma, mapping);
	return slot->index < vma->nr_pages && vma->pte[slot->index] == entry;
}

void delete_from_swap_cache(struct vm *vm, uint32_t pfn, uint32_t shadow)
{
	struct page *page = pfn_page(vm, pfn);
	uint32_t entry = page_swap_entry(vm, page);
	struct swap_slot *slot = swap_slot_get(vm, entry);

	assert(slot->cache == pfn + 1 && !(page->flags & PG_WRITEBACK));
	assert(shadow == 0 || (shadow & SHADOW_BIT));
	swap_slot_store(vm, entry, shadow);
	page->mapping = 0;
	page->index = 0;
	page->flags &= (uint16_t) ~(PG_SWAPCACHE | PG_DIRTY | PG_READAHEAD);
	mod_page_node(vm, pfn, NR_SWAPCACHE, -1);
	mod_page_node(vm, pfn, NR_FILE_PAGES, -1);
	if (!slot_in_use(vm, slot, entry))
		swap_slot_free(vm, entry);
}

void try_to_free_swap(struct vm *vm, uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);
	struct vma *vma;
	uint64_t index;

	if (!(page->flags & PG_SWAPCACHE) || !(page->flags & PG_MAPPED) ||
	    page->flags & PG_WRITEBACK)
		return;
	vma = swap_cache_owner(vm, pfn, &index);
	assert(vma && pte_pfn(vma->pte[index]) == pfn);
	delete_from_swap_cache(vm, pfn, 0);
	page->mapping = vma->mapping.id;
	page->index = (uint32_t)index;
	/* there is no other copy now, whatever the entry says */
	vma->pte[index] |= PTE_DIRTY;
}

/* On its way to or from the disk: the request refers to the frame. */
static bool page_in_flight(const struct page *page)
{
	return page->flags & PG_WRITEBACK || !(page->flags & PG_UPTODATE);
}

unsigned free_anon_page(struct vm *vm, uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);

	assert(!(page->flags & (PG_MAPPED | PG_MLOCKED)));
	if (page->flags & PG_SWAPCACHE) {
		if (page_in_flight(page)) {
			uint32_t entry = page_swap_entry(vm, page);

			swap_slot_get(vm, entry)->owner = SWAP_ORPHAN;
			return 0;
		}
		delete_from_swap_cache(vm, pfn, 0);
	}
	if (page->flags & PG_LRU)
		lru_del(vm, pfn);
	page->mapping = 0;
	page->index = 0;
	page->flags = 0;
	free_pages(vm, pfn, 0);
	return 1;
}

unsigned free_swap_and_cache(struct vm *vm, uint32_t entry)
{
	uint32_t pfn = swap_cache_lookup(vm, entry);

	assert(!slot_in_use(vm, swap_slot_get(vm, entry), entry));
	if (pfn != PFN_NONE)
		return free_anon_page(vm, pfn);
	swap_slot_free(vm, entry);
	return 0;
}

void swap_writepage(struct vm *vm, uint32_t pfn, bool *sync, uint64_t *done_ns)
{
	struct page *page = pfn_page(vm, pfn);
	struct swap_area *sa = page_swap_area(vm, page);

	assert(page->flags & PG_DIRTY && !(page->flags & PG_MAPPED));
	*done_ns = vm->world.now_ns;
	*sync = true;
	if (sa->slot[page->index].bad)
		return; /* stays dirty, in memory, as after a write error */
	page_clear_dirty(vm, pfn);
	page_set_writeback(vm, pfn);
	count_event(vm, PSWPOUT);
	*done_ns = disk_submit(&vm->disk[sa->conf.disk], true, &pfn, 1, sync);
}
