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

/* Pages that one fault reads, in the order of their reading. */
struct swap_batch {
	struct vm *vm;
	uint32_t entry[SWAP_RA_MAX_PAGES];
	uint32_t pfn[SWAP_RA_MAX_PAGES];
	unsigned nr;
	int nid;	   /* where new pages are taken */
	uint64_t nodes;
	uint32_t target;   /* the entry that was asked for */
	uint32_t fresh;	   /* its page */
	bool starved;	   /* no page could be had: no more are tried */
};

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

/* A page for @entry: the one at hand, or one that is free without effort. */
static uint32_t batch_page(struct swap_batch *b, uint32_t entry)
{
	uint32_t pfn;

	if (entry == b->target)
		return b->fresh;
	if (b->starved)
		return PFN_NONE;
	pfn = alloc_pages_nowait(b->vm, GFP_CACHE_NOWAIT, 0, b->nid, b->nodes);
	b->starved = pfn == PFN_NONE;
	return pfn;
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

static void batch_add(struct swap_batch *b, uint32_t entry)
{
	uint32_t pfn;

	assert(b->nr < SWAP_RA_MAX_PAGES);
	if (swap_cache_lookup(b->vm, entry) != PFN_NONE)
		return;
	pfn = batch_page(b, entry);
	if (pfn == PFN_NONE)
		return;
	swap_cache_add(b->vm, entry, pfn);
	if (entry != b->target) {
		pfn_page(b->vm, pfn)->flags |= PG_READAHEAD;
		count_event(b->vm, SWAP_RA);
	}
	b->entry[b->nr] = entry;
	b->pfn[b->nr++] = pfn;
}

/* Slots @entry's window covers: aligned to its size, without the header. */
static void batch_cluster(struct swap_batch *b)
{
	struct swap_area *sa = &b->vm->swap[pte_swap_area(b->target)];
	uint32_t at = pte_swap_slot(b->target);
	bool adjacent = at == sa->ra_prev + 1 || at + 1 == sa->ra_prev;
	uint32_t nr = swapin_nr_pages(sa->ra_hits, adjacent, sa->ra_window,
				      (unsigned)b->vm->ctl.page_cluster);
	uint32_t first = at & ~(nr - 1), last = at | (nr - 1);

	if (!sa->ra_hits)
		sa->ra_prev = at;
	sa->ra_hits = 0;
	sa->ra_window = nr;
	first = MAX(first, 1);
	last = MIN(last, sa->nr_slots - 1);
	assert(first <= at && at <= last);
	for (uint32_t i = first; i <= last; i++)
		if (sa->slot[i].owner && sa->slot[i].owner != SWAP_ORPHAN)
			batch_add(b, pte_swap(sa->id, i));
}

/* Pages of the area around @index, inside its page table. */
static void batch_vma(struct swap_batch *b, struct vma *vma, uint64_t index)
{
	uint64_t prev = vma->last_fault;
	bool forward = index == prev + 1, backward = index + 1 == prev;
	uint64_t nr = swapin_nr_pages(
		vma->ra_hits, forward || backward, vma->ra_window,
		MIN((unsigned)b->vm->ctl.page_cluster, VMA_RA_ORDER_MAX));
	uint64_t table = index - index % PTES_PER_TABLE;
	uint64_t before = forward ? 0 : backward ? nr - 1 : (nr - 1) / 2;
	uint64_t first = index - table > before ? index - before : table;
	uint64_t end = MIN(index - before + nr, table + PTES_PER_TABLE);

	if (index < before)
		end = nr - (before - index);
	end = MAX(MIN(end, vma->nr_pages), index + 1);
	vma->last_fault = index;
	vma->ra_window = (uint32_t)nr;
	vma->ra_hits = 0;
	assert(first <= index && index < end);
	for (uint64_t i = first; i < end; i++)
		if (pte_swapped(vma->pte[i]) &&
		    !swap_is_synchronous(b->vm, vma->pte[i]))
			batch_add(b, vma->pte[i]);
}

static struct disk *entry_disk(struct vm *vm, uint32_t entry)
{
	return &vm->disk[vm->swap[pte_swap_area(entry)].conf.disk];
}

/* One request for every run of slots; when the target will be there. */
static uint64_t batch_submit(struct swap_batch *b)
{
	uint64_t until = b->vm->world.now_ns;
	unsigned from = 0;

	assert(b->nr > 0);
	while (from < b->nr) {
		unsigned to = from + 1;
		bool has_target = b->entry[from] == b->target, sync;
		uint64_t done;

		while (to < b->nr && b->entry[to] == b->entry[to - 1] + 1)
			has_target |= b->entry[to++] == b->target;
		done = disk_submit(entry_disk(b->vm, b->entry[from]), false,
				   &b->pfn[from], to - from, &sync);
		if (has_target)
			until = done;
		from = to;
	}
	count_events(b->vm, PSWPIN, b->nr);
	return until;
}

uint64_t swap_readpage(struct vm *vm, struct vma *vma, uint64_t index,
		       uint32_t entry, uint32_t pfn)
{
	struct task *t = vma->mm->task;
	struct swap_batch b = {
		.vm = vm,
		.nid = vm->conf.cpu_node[t->cpu],
		.nodes = t->nodes,
		.target = entry,
		.fresh = pfn,
	};

	assert(vma->pte[index] == entry);
	assert(swap_cache_lookup(vm, entry) == PFN_NONE);
	if (swap_rotational(vm))
		batch_cluster(&b);
	else
		batch_vma(&b, vma, index);
	t->read_pages += b.nr;
	return batch_submit(&b);
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
