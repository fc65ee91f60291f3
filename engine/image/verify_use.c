/* SPDX-License-Identifier: MIT */
/*
 * verify_use.c - whose is each frame of a machine that was read?
 *
 * Goes through everything that refers to frames: caches, swap slots, page
 * tables, requests to disks, slab, huge pages.  Each reference must be one
 * that the frame returns, and each frame has one owner; so at the end a frame
 * that says it is somebody's, and was not found, is wrong.
 *
 * Called by verify.c.  Locking: nobody else knows the machine yet.
 */
#include <assert.h>

#include "image/image.h"
#include "reclaim/slab.h"
#include "reclaim/workingset.h"

#define BITS 64u

/* @pfn is page @index of owner @mapping, and nobody's before. */
static bool own(struct image *im, uint32_t pfn, uint16_t mapping,
		uint64_t index)
{
	const struct page *p;

	if (!image_frame_known(im, pfn) || im->seen[pfn])
		return false;
	p = pfn_page(im->vm, pfn);
	if (!(p->flags & PG_LRU) || p->mapping != mapping || p->index != index)
		return false;
	assert(mapping);
	im->seen[pfn] = FRAME_OWNED;
	return true;
}

/* @pfn is a page of the kernel's own, not met before. */
static bool own_kernel(struct image *im, uint32_t pfn)
{
	if (!image_frame_known(im, pfn) || im->seen[pfn] ||
	    pfn_page(im->vm, pfn)->flags != PG_KERNEL)
		return false;
	im->seen[pfn] = FRAME_KERNEL;
	return true;
}

static bool shadow_is_possible(const struct vm *vm, uint32_t shadow)
{
	bool workingset;
	unsigned nid;
	uint64_t age;

	assert(shadow & SHADOW_BIT);
	shadow_unpack(shadow, vm->shadow_order, &nid, &workingset, &age);
	return nid < vm->nr_nodes;
}

/* --- caches and slots ---------------------------------------------------- */

static void find_file(struct image *im, const struct file *f)
{
	uint64_t left = f->nr_cached + f->nr_shadows;

	for (uint64_t i = 0; left; i++) {
		const uint32_t slot = f->slot[i];

		assert(i < f->nr_pages);
		if (!slot)
			continue;
		left--;
		if (slot & SHADOW_BIT ? !shadow_is_possible(im->vm, slot) :
					!own(im, slot - 1, f->mapping.id, i))
			image_disagrees(im, "slot of a file: page, content", i,
					slot);
	}
}

/* Does slot @n's owner know of it? */
static bool slot_is_known(const struct vm *vm, const struct swap_area *sa,
			  uint32_t n)
{
	const struct swap_slot *s = &sa->slot[n];
	const bool cached = s->cache && !(s->cache & SHADOW_BIT);
	const struct mapping *m = vm->mapping[s->owner];
	const struct vma *vma;
	uint32_t pte;

	assert(s->owner);
	if (s->owner == SWAP_ORPHAN)
		return cached;
	if (m && m->kind == MAPPING_SHMEM)
		return s->index <
		       container_of(m, struct file, mapping)->nr_pages;
	if (!m || m->kind != MAPPING_ANON)
		return false;
	vma = container_of(m, struct vma, mapping);
	if (s->index >= vma->nr_pages)
		return false;
	pte = vma->pte[s->index];
	return pte == pte_swap(sa->id, n) ||
	       (cached && pte_present(pte) && pte_pfn(pte) == s->cache - 1);
}

static void find_slot(struct image *im, const struct swap_area *sa, uint32_t n)
{
	const struct swap_slot *s = &sa->slot[n];
	bool ok = slot_is_known(im->vm, sa, n);

	assert(n > 0 && n < sa->nr_slots);
	if (s->cache & SHADOW_BIT)
		ok = ok && shadow_is_possible(im->vm, s->cache);
	else if (s->cache)
		ok = ok && own(im, s->cache - 1, sa->mapping.id, n);
	if (!ok)
		image_disagrees(im, "swap slot, and its owner", n, s->owner);
}

static void find_area(struct image *im, const struct swap_area *sa)
{
	const uint32_t words = (sa->nr_slots + BITS - 1) / BITS;

	for (uint32_t w = 0; w < words; w++) {
		/* slot 0 is the header */
		uint64_t left = w ? sa->map[w] : sa->map[w] & ~1ull;

		for (; left; left &= left - 1)
			find_slot(im, sa,
				  w * BITS + (uint32_t)__builtin_ctzll(left));
	}
	assert(sa->active);
}

/* --- page tables --------------------------------------------------------- */

/* What an address space holds, counted anew. */
struct held {
	uint64_t anon, file, shmem, swap, tables, total, locked;
	uint64_t node[VM_MAX_NODES];
};

/* A swap entry @pte for page @index of @vma; the slot says the same. */
static bool swap_entry_agrees(const struct vm *vm, const struct vma *vma,
			      uint64_t index, uint32_t pte)
{
	const struct swap_area *sa;
	const struct swap_slot *s;

	if (vma->file || pte_swap_area(pte) >= vm->conf.nr_swaps)
		return false;
	sa = &vm->swap[pte_swap_area(pte)];
	if (!sa->active || pte_swap_slot(pte) >= sa->nr_slots)
		return false;
	s = &sa->slot[pte_swap_slot(pte)];
	assert(vma->mapping.id);
	return s->owner == vma->mapping.id && s->index == index;
}

/* The page of the swap cache that @vma maps as its page @index. */
static bool cached_entry_agrees(const struct vm *vm, const struct vma *vma,
				uint64_t index, uint32_t pfn)
{
	const struct page *p = pfn_page(vm, pfn);
	const struct mapping *m = vm->mapping[p->mapping];
	const struct swap_slot *s;

	assert(p->flags & PG_SWAPCACHE);
	if (!m || m->kind != MAPPING_SWAP)
		return false;
	s = &container_of(m, struct swap_area, mapping)->slot[p->index];
	return s->owner == vma->mapping.id && s->index == index;
}

static bool find_present(struct image *im, const struct vma *vma,
			 uint64_t index, uint32_t pfn)
{
	bool ok;

	if (!image_frame_known(im, pfn))
		return false;
	if (vma->file) {
		ok = file_lookup(vma->file, index) == pfn;
	} else if (im->seen[pfn] == FRAME_OWNED &&
		   pfn_page(im->vm, pfn)->flags & PG_SWAPCACHE) {
		ok = cached_entry_agrees(im->vm, vma, index, pfn);
	} else {
		ok = own(im, pfn, vma->mapping.id, index);
	}
	im->seen[pfn] |= FRAME_MAPPED;
	assert(index < vma->nr_pages);
	return ok;
}

static bool find_entry(struct image *im, const struct vma *vma, uint64_t index,
		       struct held *h)
{
	const uint32_t pte = vma->pte[index];

	assert(index < vma->capacity);
	if (!pte)
		return true;
	if (index >= vma->nr_pages)
		return false;
	if (pte_swapped(pte)) {
		h->swap++;
		return swap_entry_agrees(im->vm, vma, index, pte);
	}
	if (!pte_present(pte) ||
	    !find_present(im, vma, index, pte_pfn(pte)))
		return false;
	if (!vma->file)
		h->anon++;
	else if (vma->file->mapping.kind == MAPPING_SHMEM)
		h->shmem++;
	else
		h->file++;
	h->node[page_zone(im->vm, pte_pfn(pte))->nid]++;
	return true;
}

/* The page-table pages in @table; each is a page of the kernel's own. */
static bool find_tables(struct image *im, const uint32_t *table, uint64_t nr,
			struct held *h, int64_t *on_node)
{
	for (uint64_t i = 0; i < nr; i++) {
		if (!table[i])
			continue;
		if (!own_kernel(im, table[i] - 1))
			return false;
		on_node[page_zone(im->vm, table[i] - 1)->nid]++;
		h->tables++;
	}
	assert(h->tables <= im->vm->total_pages);
	return true;
}

static void find_vma(struct image *im, const struct vma *vma, struct held *h,
		     int64_t *on_node)
{
	bool ok = find_tables(im, vma->table, mm_nr_tables(vma->capacity), h,
			      on_node) &&
		  find_tables(im, vma->upper, mm_nr_uppers(vma->capacity), h,
			      on_node);

	h->total += vma->nr_pages;
	h->locked += vma->locked_pages;
	assert(vma->nr_pages <= vma->capacity);
	for (uint64_t i = 0; ok && i < vma->capacity; i++) {
		if (mm_has_table(vma, i))
			ok = find_entry(im, vma, i, h);
		else
			i |= PTES_PER_TABLE - 1;
	}
	if (!ok)
		image_disagrees(im, "page table: pid, area",
				(uint64_t)vma->mm->task->pid, vma->start);
}

static void find_mm(struct image *im, const struct mm *mm, int64_t *on_node)
{
	struct held h = { 0 };
	bool ok;

	for (uint32_t i = 0; i < mm->nr_vmas && !im->err; i++)
		find_vma(im, mm->vma[i], &h, on_node);
	ok = h.anon == mm->rss_anon && h.file == mm->rss_file &&
	     h.shmem == mm->rss_shmem && h.swap == mm->swapents &&
	     h.tables == mm->nr_ptes && h.total == mm->total_vm &&
	     h.locked == mm->locked_vm;
	for (unsigned n = 0; n < VM_MAX_NODES; n++)
		ok = ok && h.node[n] == mm->node_pages[n];
	if (!ok)
		image_disagrees(im, "memory of a task: pid, resident pages",
				(uint64_t)mm->task->pid, mm_rss(mm));
	assert(mm->nr_vmas <= MAX_VMAS);
}

static void find_tasks_memory(struct image *im)
{
	int64_t on_node[VM_MAX_NODES] = { 0 };
	const struct pgdat *pgdat;
	const struct task *t;

	for_each_task(im->vm, t)
		if (t->mm && !im->err)
			find_mm(im, t->mm, on_node);
	for_each_node(im->vm, pgdat)
		if (on_node[pgdat->nid] != pgdat->item[NR_PAGETABLE])
			image_disagrees(im, "page tables, and their count",
					(uint64_t)on_node[pgdat->nid],
					(uint64_t)pgdat->item[NR_PAGETABLE]);
	assert(im->vm->nr_nodes <= VM_MAX_NODES);
}

/* --- disks --------------------------------------------------------------- */

/* The disk that an owner's pages are on; UINT32_MAX: none. */
static uint32_t owner_disk(const struct mapping *m)
{
	if (m && m->kind == MAPPING_FILE)
		return container_of(m, struct file, mapping)->disk;
	if (m && m->kind == MAPPING_SWAP)
		return container_of(m, struct swap_area, mapping)->conf.disk;
	return UINT32_MAX;
}

/* Pages in flight: somebody's, on this disk, one request each. */
static void find_queue(struct image *im, const struct disk *d, bool write)
{
	const struct disk_queue *q = &d->queue[write];

	assert(q->head == 0);
	for (uint32_t i = 0; i < q->nr; i++) {
		const uint32_t pfn = q->io[i].pfn;
		const struct page *p = pfn_page(im->vm, pfn);

		if (!(im->seen[pfn] & FRAME_OWNED) ||
		    im->seen[pfn] & (FRAME_READ | FRAME_WRITE) ||
		    owner_disk(im->vm->mapping[p->mapping]) != d->id) {
			image_disagrees(im, "request to a disk: disk, frame",
					d->id, pfn);
			return;
		}
		im->seen[pfn] |= write ? FRAME_WRITE : FRAME_READ;
	}
}

/* --- the kernel's own ---------------------------------------------------- */

/* The slabs of 2^@order pages on a list; how many pages.  -1: im->err. */
static int64_t find_slabs(struct image *im, const struct pgdat *pgdat,
			  uint32_t pfn, unsigned order)
{
	int64_t nr = 0;

	for (; pfn != PFN_NONE; pfn = pfn_page(im->vm, pfn)->index) {
		for (uint32_t i = 0; i < 1u << order; i++)
			if (!own_kernel(im, pfn + i) ||
			    page_zone(im->vm, pfn)->nid != pgdat->nid) {
				image_disagrees(
					im, "frame of the slab, and its node",
					pfn, (uint64_t)pgdat->nid);
				return -1;
			}
		nr += 1 << order;
	}
	assert(nr <= (int64_t)pgdat->managed);
	return nr;
}

static void find_slab(struct image *im, const struct pgdat *pgdat)
{
	const struct slab_cache *nodes = &pgdat->xa_nodes;
	int64_t small = find_slabs(im, pgdat, nodes->small_slabs, 0), of_nodes;
	int64_t nr = small + find_slabs(im, pgdat, pgdat->slab_pages, 0);
	unsigned order = slab_node_order(im->vm->conf.nr_cpus);

	of_nodes = find_slabs(im, pgdat, nodes->slabs, order);
	if (im->err)
		return;
	nr += of_nodes;
	of_nodes += small;
	if (of_nodes != (int64_t)nodes->pages ||
	    nodes->room != slab_node_room((uint64_t)(of_nodes - small), order,
					  (uint64_t)small))
		image_disagrees(im, "slabs of nodes, and their count",
				(uint64_t)of_nodes, nodes->pages);
	if (nr != pgdat->item[NR_SLAB_RECLAIMABLE] ||
	    (uint64_t)(nr - of_nodes) != slab_pages_for(pgdat->nr_dentries))
		image_disagrees(im, "slab pages, and their count",
				(uint64_t)nr,
				(uint64_t)pgdat->item[NR_SLAB_RECLAIMABLE]);
}

/* The other frames of a huge page have nothing in them. */
static bool own_huge(struct image *im, uint32_t pfn)
{
	if (pfn % PAGEBLOCK_PAGES || !own_kernel(im, pfn))
		return false;
	for (uint32_t i = 1; i < PAGEBLOCK_PAGES; i++) {
		if (!image_frame_known(im, pfn + i) || im->seen[pfn + i] ||
		    pfn_page(im->vm, pfn + i)->flags)
			return false;
		im->seen[pfn + i] = FRAME_KERNEL;
	}
	assert(im->seen[pfn] == FRAME_KERNEL);
	return true;
}

static void find_huge_pages(struct image *im, const struct pgdat *pgdat)
{
	uint32_t next = pgdat->huge_pool;
	uint64_t nr = 0;

	for (; next; next = pfn_page(im->vm, next - 1)->index) {
		if (!own_huge(im, next - 1) ||
		    page_zone(im->vm, next - 1)->nid != pgdat->nid) {
			image_disagrees(im, "huge page, and its node",
					next - 1, (uint64_t)pgdat->nid);
			return;
		}
		nr++;
	}
	if (nr != pgdat->hugepages || nr != pgdat->hugepages_free)
		image_disagrees(im, "huge pages, and their count", nr,
				pgdat->hugepages);
	assert(nr <= pgdat->managed);
}

/* Nodes of an index in which nothing but shadows is left. */
static void count_shadow_nodes(const struct xarray *xa, int64_t *on_node)
{
	assert(xa->node || !xa->nr_nodes);
	for (uint64_t i = 0; i < xa->nr_nodes; i++) {
		const struct xa_node *n = &xa->node[i];

		if (n->count && n->count == n->nr_values)
			on_node[n->nid]++;
	}
}

static void find_shadow_nodes(struct image *im)
{
	const struct vm *vm = im->vm;
	int64_t on_node[VM_MAX_NODES] = { 0 };
	const struct pgdat *pgdat;

	for (uint32_t f = 0; f < vm->nr_files; f++)
		count_shadow_nodes(&vm->files[f]->xa, on_node);
	for (uint32_t s = 0; s < vm->conf.nr_swaps; s++)
		if (vm->swap[s].active)
			count_shadow_nodes(&vm->swap[s].xa, on_node);
	for_each_node(vm, pgdat) {
		const int64_t found = on_node[pgdat->nid];
		const int64_t told = pgdat->item[WORKINGSET_NODES];

		if (found != told)
			image_disagrees(im, "nodes of shadows, and the count",
					(uint64_t)found, (uint64_t)told);
	}
	assert(vm->nr_nodes <= VM_MAX_NODES);
}

void image_find_use(struct image *im)
{
	struct vm *vm = im->vm;
	struct pgdat *pgdat;

	assert(!im->saving && !im->err);
	for (uint32_t f = 0; f < vm->nr_files; f++)
		find_file(im, vm->files[f]);
	for (uint32_t s = 0; s < vm->conf.nr_swaps; s++)
		if (vm->swap[s].active)
			find_area(im, &vm->swap[s]);
	if (im->err)
		return;
	find_shadow_nodes(im);
	find_tasks_memory(im);
	for (uint32_t d = 0; d < vm->conf.nr_disks; d++) {
		find_queue(im, &vm->disk[d], false);
		find_queue(im, &vm->disk[d], true);
	}
	for_each_node(vm, pgdat) {
		find_slab(im, pgdat);
		find_huge_pages(im, pgdat);
	}
}
