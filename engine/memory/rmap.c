/* SPDX-License-Identifier: MIT */
/*
 * rmap.c - from a page to the page-table entries that refer to it.
 *
 * Called by reclaim (was the page used? unmap it) and by writeback (take the
 * write permission away).  A page's frame names its owner; an anonymous page
 * is mapped in one place, a file page in any of the file's mappings.  mm/rmap.c
 * is the model.  Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"

/* Called for one entry that maps the page. */
typedef void rmap_fn(struct vm *vm, struct vma *vma, uint64_t index, void *arg);

/* The area and page behind a page of the swap cache; NULL: an orphan. */
static struct vma *swap_page_owner(struct vm *vm, const struct page *page,
				   uint64_t *index, uint32_t *entry)
{
	const struct mapping *m = vm->mapping[page->mapping];
	const struct swap_area *area =
		container_of(m, struct swap_area, mapping);
	const struct swap_slot *slot = &area->slot[page->index];

	assert(m && m->kind == MAPPING_SWAP);
	*entry = pte_swap(area->id, page->index);
	*index = slot->index;
	if (slot->owner == SWAP_ORPHAN)
		return NULL;
	assert(slot->owner && vm->mapping[slot->owner]);
	return container_of(vm->mapping[slot->owner], struct vma, mapping);
}

static bool entry_maps(const struct vma *vma, uint64_t index, uint32_t pfn)
{
	return index < vma->nr_pages && pte_present(vma->pte[index]) &&
	       pte_pfn(vma->pte[index]) == pfn;
}

static void rmap_walk_file(struct vm *vm, struct file *f, uint32_t pfn,
			   rmap_fn *fn, void *arg)
{
	const uint64_t index = pfn_page(vm, pfn)->index;

	for (struct vma *v = f->vmas; v; v = v->file_next)
		if (entry_maps(v, index, pfn))
			fn(vm, v, index, arg);
}

static void rmap_walk(struct vm *vm, uint32_t pfn, rmap_fn *fn, void *arg)
{
	const struct page *page = pfn_page(vm, pfn);
	struct mapping *m = vm->mapping[page->mapping];
	uint64_t index = page->index;
	struct vma *vma = NULL;
	uint32_t entry;

	if (!(page->flags & PG_MAPPED))
		return;
	assert(m);
	switch (m->kind) {
	case MAPPING_ANON:
		vma = container_of(m, struct vma, mapping);
		break;
	case MAPPING_SWAP:
		vma = swap_page_owner(vm, page, &index, &entry);
		break;
	case MAPPING_FILE:
	case MAPPING_SHMEM:
		rmap_walk_file(vm, container_of(m, struct file, mapping), pfn,
			       fn, arg);
		return;
	case MAPPING_NONE:
		break;
	}
	assert(vma && entry_maps(vma, index, pfn));
	fn(vm, vma, index, arg);
}

static void unmap_one(struct vm *vm, struct vma *vma, uint64_t index,
		      void *arg)
{
	const uint32_t *leave = arg;

	mm_unmap(vm, vma, index, *leave);
}

void rmap_unmap(struct vm *vm, uint32_t pfn)
{
	const struct page *page = pfn_page(vm, pfn);
	uint32_t leave = 0;
	uint64_t index;

	if (page->flags & PG_SWAPCACHE)
		(void)swap_page_owner(vm, page, &index, &leave);
	/* without a slot an anonymous page has nowhere to go */
	assert(leave || vm->mapping[page->mapping]->kind != MAPPING_ANON);
	rmap_walk(vm, pfn, unmap_one, &leave);
	assert(!(page->flags & PG_MAPPED));
}

struct referenced {
	unsigned nr;
	bool locked, exec;
};

static void referenced_one(struct vm *vm, struct vma *vma, uint64_t index,
			   void *arg)
{
	struct referenced *r = arg;

	(void)vm;
	if (index < vma->locked_pages)
		r->locked = true;
	if (!(vma->pte[index] & PTE_ACCESSED))
		return;
	vma->pte[index] &= ~PTE_ACCESSED;
	r->nr++;
	if (vma->exec)
		r->exec = true;
}

unsigned rmap_referenced(struct vm *vm, uint32_t pfn, bool *locked, bool *exec)
{
	struct referenced r = { 0 };

	assert(pfn < vm->nr_frames);
	rmap_walk(vm, pfn, referenced_one, &r);
	*locked = r.locked;
	*exec = r.exec;
	return r.nr;
}

static void mkclean_one(struct vm *vm, struct vma *vma, uint64_t index,
			void *arg)
{
	(void)vm;
	(void)arg;
	vma->pte[index] &= ~PTE_DIRTY;
}

void rmap_mkclean(struct vm *vm, uint32_t pfn)
{
	assert(pfn < vm->nr_frames);
	rmap_walk(vm, pfn, mkclean_one, NULL);
}

/* What a mapping keeps for its pages: arrays by page->index. */
struct kept {
	const char *entry;
	size_t size; /* of an entry */
	const struct xa_node *node;
	const uint32_t *pte;
};

static struct kept find_kept(const struct vm *vm, uint16_t mapping)
{
	const struct mapping *m = vm->mapping[mapping];
	struct kept k = { 0 };
	const struct file *f;

	if (!m)
		return k;
	switch (m->kind) {
	case MAPPING_ANON:
		k.pte = container_of(m, struct vma, mapping)->pte;
		break;
	case MAPPING_SWAP:
		k.entry = (const char *)container_of(m, struct swap_area,
						     mapping)->slot;
		k.size = sizeof(struct swap_slot);
		k.node = container_of(m, struct swap_area, mapping)->xa.node;
		break;
	case MAPPING_FILE:
		f = container_of(m, struct file, mapping);
		k.entry = (const char *)f->slot;
		k.size = sizeof(*f->slot);
		k.node = f->xa.node;
		if (f->vmas)
			k.pte = f->vmas->pte;
		break;
	default:
		break;
	}
	return k;
}

void rmap_prefetch(const struct vm *vm, const uint32_t *pfn, unsigned nr)
{
	struct kept k = { 0 };
	uint16_t last = 0;

	assert(!vm->mapping[0]);
	for (unsigned i = 0; i < nr; i++) {
		const struct page *page = pfn_page(vm, pfn[i]);

		if (page->mapping != last) {
			last = page->mapping;
			k = find_kept(vm, last);
		}
		if (k.entry) {
			prefetchw(k.entry + page->index * k.size);
			prefetchw(&k.node[page->index / XA_CHUNK_SIZE]);
		}
		if (k.pte && page->flags & PG_MAPPED)
			prefetchw(&k.pte[page->index]);
	}
}
