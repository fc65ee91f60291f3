/* SPDX-License-Identifier: MIT */
/*
 * swapoff.c - every page of a swap area comes back into memory, then the
 * area goes.
 *
 * Called by the door (swaps.c) for swapoff(2).  From its first step the area
 * gives no more slots and its free ones no longer count.
 * mm/swapfile.c:try_to_unuse is the model.  Locking: the world's lock.
 */
#include "reclaim/swapoff.h"

#include <assert.h>
#include <errno.h>

#include "memory/vmstat.h"
#include "reclaim/overcommit.h"
#include "reclaim/page_alloc.h"
#include "reclaim/slab.h"
#include "reclaim/swap.h"
#include "reclaim/vmscan.h"

/* Would what is committed still be allowed without the area? (I) */
static bool can_do_without(struct vm *vm, struct swap_area *sa)
{
	bool ok;

	assert(!sa->closing);
	sa->closing = true;
	if (vm->ctl.overcommit_memory == 2)
		ok = vm->committed_as < vm_commit_limit(vm);
	else
		ok = vm->ctl.overcommit_memory == 1 ||
		     sa->used <= vm->total_pages + swap_total_pages(vm);
	sa->closing = false;
	return ok;
}

/* Nobody can help any more: no node makes progress. */
static bool hopeless(struct vm *vm)
{
	struct pgdat *pgdat;

	for_each_node(vm, pgdat)
		if (pgdat->managed &&
		    pgdat->kswapd_failures < MAX_RECLAIM_RETRIES)
			return false;
	return true;
}

static struct vma *slot_area(struct vm *vm, const struct swap_slot *slot)
{
	assert(vm->mapping[slot->owner]->kind == MAPPING_ANON);
	return container_of(vm->mapping[slot->owner], struct vma, mapping);
}

/* Read a page that is only in the area. */
static int read_back(struct vm *vm, struct swap_slot *slot, uint32_t entry)
{
	uint32_t pfn = alloc_pages_nowait(
		vm, GFP_CACHE_NOWAIT, 0, 0, UINT64_MAX);
	struct vma *vma = slot_area(vm, slot);
	uint64_t index = slot->index;
	struct page *p;

	if (pfn == PFN_NONE)
		return hopeless(vm) ? -ENOMEM : -EAGAIN;
	p = pfn_page(vm, pfn);
	p->flags = PG_SWAPBACKED | PG_UPTODATE;
	p->mapping = vma->mapping.id;
	p->index = (uint32_t)index;
	assert(vma->pte[index] == entry);
	mm_map(vm, vma, index, pfn, PTE_DIRTY);
	swap_slot_free(vm, entry);
	lru_add(vm, pfn);
	count_event(vm, PSWPIN);
	count_events(vm, PGPGIN, VM_PAGE_SIZE / 512);
	return 0;
}

/* A page of the swap cache: map it, if it is not, and forget the slot. */
static int take_from_cache(struct vm *vm, struct swap_slot *slot,
			   uint32_t entry, uint32_t pfn)
{
	const struct page *p = pfn_page(vm, pfn);
	struct vma *vma;

	if (p->flags & PG_WRITEBACK || !(p->flags & PG_UPTODATE))
		return -EAGAIN;
	if (slot->owner == SWAP_ORPHAN) {
		free_anon_page(vm, pfn);
		return 0;
	}
	vma = slot_area(vm, slot);
	if (vma->pte[slot->index] == entry)
		mm_map(vm, vma, slot->index, pfn, 0);
	assert(p->flags & PG_MAPPED);
	try_to_free_swap(vm, pfn);
	return 0;
}

static struct file *shmem_file(const struct vm *vm,
			       const struct swap_slot *slot)
{
	struct file *f = container_of(vm->mapping[slot->owner], struct file,
				      mapping);

	assert(f->mapping.kind == MAPPING_SHMEM && slot->index < f->nr_pages);
	return f;
}

/* The file can take the page, or has another one there by now. */
static bool shmem_room(struct vm *vm, const struct swap_slot *slot, int nid)
{
	struct file *f = shmem_file(vm, slot);

	return file_lookup(f, slot->index) != PFN_NONE ||
	       slab_node_for(vm, &f->xa, slot->index, nid, GFP_XA_NOWAIT);
}

/*
 * A page of tmpfs, out of the cache or just read: into its file again.  False:
 * the file has another one by now.
 */
static bool shmem_insert(struct vm *vm, const struct swap_slot *slot,
			 uint32_t pfn)
{
	struct file *f = shmem_file(vm, slot);

	if (file_lookup(f, slot->index) != PFN_NONE)
		return false;
	file_insert(vm, f, slot->index, pfn);
	return true;
}

static int shmem_bring_back(struct vm *vm, const struct swap_slot *slot,
			    uint32_t entry, uint32_t pfn)
{
	bool cached = pfn != PFN_NONE;
	struct page *p;

	if (!cached)
		pfn = alloc_pages_nowait(vm, GFP_CACHE_NOWAIT, 0, 0,
					 UINT64_MAX);
	if (pfn == PFN_NONE)
		return hopeless(vm) ? -ENOMEM : -EAGAIN;
	p = pfn_page(vm, pfn);
	if (cached && (p->flags & PG_WRITEBACK || !(p->flags & PG_UPTODATE)))
		return -EAGAIN;
	if (!shmem_room(vm, slot, (int)page_pgdat(vm, pfn)->nid)) {
		if (!cached)
			free_pages(vm, pfn, 0);
		return hopeless(vm) ? -ENOMEM : -EAGAIN;
	}
	assert(!(p->flags & PG_MAPPED));
	if (cached) {
		lru_del(vm, pfn);
		delete_from_swap_cache(vm, pfn, 0);
	} else {
		count_event(vm, PSWPIN);
		count_events(vm, PGPGIN, VM_PAGE_SIZE / 512);
	}
	p->flags = PG_SWAPBACKED | PG_UPTODATE;
	if (shmem_insert(vm, slot, pfn)) {
		lru_add(vm, pfn);
	} else {
		p->flags = 0;
		free_pages(vm, pfn, 0);
	}
	swap_slot_free(vm, entry);
	return 0;
}

static int bring_back(struct vm *vm, struct swap_area *sa, uint32_t n)
{
	uint32_t entry = pte_swap(sa->id, n);
	struct swap_slot *slot = swap_slot_get(vm, entry);
	uint32_t pfn = swap_cache_lookup(vm, entry);

	assert(sa->closing && slot->owner);
	if (swap_slot_is_shmem(vm, slot))
		return shmem_bring_back(vm, slot, entry, pfn);
	if (pfn != PFN_NONE)
		return take_from_cache(vm, slot, entry, pfn);
	return read_back(vm, slot, entry);
}

void swapoff_cancel(struct vm *vm, uint32_t id)
{
	assert(id < VM_MAX_SWAPS);
	vm->swap[id].closing = false;
}

int swapoff_step(struct vm *vm, uint32_t id)
{
	struct swap_area *sa = &vm->swap[id];
	unsigned done = 0;

	if (id >= vm->conf.nr_swaps || !sa->active)
		return -EINVAL;
	if (!sa->closing && !can_do_without(vm, sa))
		return -ENOMEM;
	sa->closing = true;
	for (uint32_t n = 1; sa->used && n < sa->nr_slots; n++) {
		int err;

		if (!sa->slot[n].owner)
			continue;
		if (done++ == SWAPOFF_BATCH)
			return -EAGAIN;
		err = bring_back(vm, sa, n);
		if (err == -ENOMEM)
			swapoff_cancel(vm, id);
		if (err)
			return err;
	}
	assert(sa->used == 0);
	swap_area_off(vm, id);
	return 0;
}
