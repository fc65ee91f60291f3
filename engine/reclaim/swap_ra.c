/* SPDX-License-Identifier: MIT */
/*
 * swap_ra.c - reading from swap, with what lies near (fact sheet G.3).
 *
 * Called by fault_swap.c.  With a rotating disk among the swap areas, pages
 * near in the area are read as well; else pages near in the address space.
 * Pages read ahead wait in the swap cache with PG_READAHEAD; how many of them
 * are used decides how many are read next time.
 * mm/swap_state.c:swap_cluster_readahead and swap_vma_readahead are the
 * models.  Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/page_alloc.h"
#include "reclaim/swap.h"
#include "reclaim/workingset.h"

#define RA_HITS_MAX	 63u /* SWAP_RA_HITS_MAX */
#define VMA_RA_ORDER_MAX 5u
#define CLUSTER_MAX	 8u /* log2(SWAP_RA_MAX_PAGES) */

unsigned swapin_nr_pages(unsigned hits, bool adjacent, unsigned prev_window,
			 unsigned page_cluster)
{
	unsigned order = MIN(page_cluster, CLUSTER_MAX), max = 1u << order;
	unsigned nr = 4;

	if (max == 1)
		return 1;
	if (hits == 0)
		nr = adjacent ? 2 : 1;
	while (hits > 0 && nr < hits + 2 && nr < max)
		nr *= 2;
	nr = MAX(MIN(nr, max), prev_window / 2);
	assert(nr >= 1 && nr <= SWAP_RA_MAX_PAGES);
	return nr;
}

/* One area on a rotating disk, and all areas are read by slots. */
static bool swap_rotational(const struct vm *vm)
{
	for (unsigned i = 0; i < VM_MAX_SWAPS; i++) {
		const struct swap_area *sa = &vm->swap[i];

		if (sa->active && vm->disk[sa->conf.disk].conf.kind ==
					  VM_DISK_HDD)
			return true;
	}
	return false;
}

bool swap_is_synchronous(const struct vm *vm, uint32_t entry)
{
	const struct swap_area *sa = &vm->swap[pte_swap_area(entry)];

	assert(sa->active);
	return vm->disk[sa->conf.disk].conf.kind == VM_DISK_ZRAM;
}

void swap_cache_hit(struct vm *vm, struct vma *vma, uint64_t index,
		    uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);
	bool readahead = page->flags & PG_READAHEAD;
	bool by_slots = swap_rotational(vm);

	assert(page->flags & PG_SWAPCACHE);
	page->flags &= (uint16_t)~PG_READAHEAD;
	if (readahead) {
		struct swap_area *sa = container_of(
			vm->mapping[page->mapping], struct swap_area, mapping);

		count_event(vm, SWAP_RA_HIT);
		if (by_slots)
			sa->ra_hits++;
		else
			vma->ra_hits = MIN(vma->ra_hits + 1, RA_HITS_MAX);
	}
	if (!by_slots)
		vma->last_fault = index;
}

/* @pfn, on no list, becomes the cached page of @entry, not there yet. */
static void swap_cache_add(struct vm *vm, uint32_t entry, uint32_t pfn)
{
	struct swap_slot *slot = swap_slot_get(vm, entry);
	struct page *page = pfn_page(vm, pfn);
	uint32_t shadow = slot->cache;

	assert(shadow == 0 || (shadow & SHADOW_BIT));
	swap_slot_store(vm, entry, pfn + 1);
	page->mapping = vm->swap[pte_swap_area(entry)].mapping.id;
	page->index = pte_swap_slot(entry);
	page->flags |= PG_SWAPBACKED | PG_SWAPCACHE;
	mod_page_node(vm, pfn, NR_SWAPCACHE, 1);
	mod_page_node(vm, pfn, NR_FILE_PAGES, 1);
	if (shadow)
		workingset_refault(vm, pfn, shadow);
	lru_add(vm, pfn);
}

/* Slots that @entry's window covers: aligned to its size, no header. */
static void cluster_window(struct vm *vm, uint32_t entry, unsigned cluster,
			   struct swap_window *w)
{
	struct swap_area *sa = &vm->swap[pte_swap_area(entry)];
	uint32_t at = pte_swap_slot(entry);
	bool adjacent = at == sa->ra_prev + 1 || at + 1 == sa->ra_prev;
	uint32_t nr = swapin_nr_pages(sa->ra_hits, adjacent, sa->ra_window,
				      cluster);

	if (!sa->ra_hits)
		sa->ra_prev = at;
	sa->ra_hits = 0;
	sa->ra_window = nr;
	w->by_slots = true;
	w->area = sa->id;
	w->next = MAX(at & ~(nr - 1), 1);
	w->end = MIN(at | (nr - 1), sa->nr_slots - 1) + 1;
	assert(w->next <= at && at < w->end);
}

/* Pages of the area around @index, inside its page table. */
static void vma_window(struct vma *vma, uint64_t index, unsigned cluster,
		       struct swap_window *w)
{
	uint64_t prev = vma->last_fault;
	bool forward = index == prev + 1, backward = index + 1 == prev;
	uint64_t nr = swapin_nr_pages(vma->ra_hits, forward || backward,
				      vma->ra_window,
				      MIN(cluster, VMA_RA_ORDER_MAX));
	uint64_t table = index - index % PTES_PER_TABLE;
	uint64_t before = forward ? 0 : backward ? nr - 1 : (nr - 1) / 2;
	uint64_t end = MIN(index - before + nr, table + PTES_PER_TABLE);

	if (index < before)
		end = nr - (before - index);
	vma->last_fault = index;
	vma->ra_window = (uint32_t)nr;
	vma->ra_hits = 0;
	w->by_slots = false;
	w->area = 0;
	w->next = index - table > before ? index - before : table;
	w->end = MAX(MIN(end, vma->nr_pages), index + 1);
	assert(w->next <= index && index < w->end);
}

void swap_window_begin(struct vm *vm, struct vma *vma, uint64_t index,
		       bool alone, struct swap_window *w)
{
	unsigned cluster = alone ? 0 : (unsigned)vm->ctl.page_cluster;

	assert(pte_swapped(vma->pte[index]));
	if (swap_rotational(vm))
		cluster_window(vm, vma->pte[index], cluster, w);
	else
		vma_window(vma, index, cluster, w);
	assert(w->end - w->next <= SWAP_RA_MAX_PAGES);
}

/* The entry of a slot that is in use; 0: it is not, or no longer. */
static uint32_t slot_entry(const struct swap_area *sa, uint64_t slot)
{
	if (!sa->active || slot >= sa->nr_slots || !sa->slot[slot].owner ||
	    sa->slot[slot].owner == SWAP_ORPHAN)
		return 0;
	return pte_swap(sa->id, (uint32_t)slot);
}

uint32_t swap_window_entry(struct vm *vm, const struct vma *vma,
			   const struct swap_window *w)
{
	uint32_t entry;

	assert(w->next < w->end);
	if (w->by_slots)
		entry = slot_entry(&vm->swap[w->area], w->next);
	else
		entry = vma->pte[w->next];
	if (!pte_swapped(entry) || swap_is_synchronous(vm, entry) ||
	    swap_cache_lookup(vm, entry) != PFN_NONE)
		return 0;
	return entry;
}

void swap_run_submit(struct vm *vm, struct swap_run *run)
{
	struct disk *d;
	bool sync;

	if (!run->nr)
		return;
	d = &vm->disk[vm->swap[pte_swap_area(run->first)].conf.disk];
	disk_submit(d, false, run->pfn, run->nr, &sync);
	assert(!sync);
	count_events(vm, PSWPIN, run->nr);
	run->nr = 0;
}

void swap_run_add(struct vm *vm, struct swap_run *run, uint32_t entry,
		  uint32_t pfn, bool ahead)
{
	assert(run->nr < SWAP_RA_MAX_PAGES);
	if (entry != run->first + run->nr)
		swap_run_submit(vm, run);
	swap_cache_add(vm, entry, pfn);
	if (ahead) {
		pfn_page(vm, pfn)->flags |= PG_READAHEAD;
		count_event(vm, SWAP_RA);
	}
	if (!run->nr)
		run->first = entry;
	run->pfn[run->nr++] = pfn;
}

uint64_t swap_read_direct(struct vm *vm, uint32_t entry, uint32_t pfn)
{
	struct swap_area *sa = &vm->swap[pte_swap_area(entry)];
	struct swap_slot *slot = swap_slot_get(vm, entry);
	struct page *page = pfn_page(vm, pfn);
	uint64_t done_ns;
	bool sync;

	assert(slot->cache == 0 || (slot->cache & SHADOW_BIT));
	page->flags |= PG_SWAPBACKED;
	if (slot->cache)
		workingset_refault(vm, pfn, slot->cache);
	count_event(vm, PSWPIN);
	done_ns = disk_submit(&vm->disk[sa->conf.disk], false, &pfn, 1, &sync);
	assert(sync && page->flags & PG_UPTODATE);
	return done_ns;
}
