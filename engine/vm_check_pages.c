/* SPDX-License-Identifier: MIT */
/*
 * vm_check_pages.c - the slow half of vm_check(): page by page, list by list,
 * table by table.
 *
 * Called by vm_check.c.  Locking: the world's lock.
 */
#include "vm_check_pages.h"

#include <assert.h>

#include "memory/buddy.h"
#include "memory/pcp.h"
#include "memory/vmstat.h"

/* A walk over something, and the first thing that was wrong in it. */
struct walk {
	struct vm *vm;
	struct vm_complaint *c;
	enum vm_lru lru;
	int nid;
	uint64_t nr;
	bool ok;
};

static void fail(struct walk *w, const char *what, int64_t a, int64_t b)
{
	if (w->ok)
		check_fails(w->c, what, a, b, w->nid);
	w->ok = false;
}

static void check_listed(void *arg, uint32_t pfn, uint32_t pos)
{
	struct walk *w = arg;
	const struct page *p = pfn_page(w->vm, pfn);

	w->nr++;
	if (!(p->flags & PG_LRU) || page_lru(p) != w->lru)
		fail(w, "page on the wrong list: flags, list", p->flags,
		     w->lru);
	if (p->lru_pos != pos)
		fail(w, "page's place and its place in the queue", p->lru_pos,
		     pos);
	if (page_pgdat(w->vm, pfn)->nid != w->nid)
		fail(w, "page on the list of another node", pfn, w->nid);
	if (!w->vm->mapping[p->mapping])
		fail(w, "page on a list without an owner", pfn, p->mapping);
}

static bool check_lists(struct vm *vm, struct pgdat *pgdat,
			struct vm_complaint *c)
{
	for (unsigned l = 0; l < VM_NR_LRU_LISTS; l++) {
		struct walk w = { .vm = vm, .c = c, .lru = l,
				  .nid = pgdat->nid, .ok = true };

		lru_for_each(&pgdat->lruvec, l, check_listed, &w);
		if (w.ok && w.nr != pgdat->lruvec.list[l].nr)
			fail(&w, "pages on a list and its count",
			     (int64_t)w.nr,
			     (int64_t)pgdat->lruvec.list[l].nr);
		if (!w.ok)
			return false;
	}
	return true;
}

/* Nobody's, aligned, and not a part of a free block. */
static bool check_free_block(struct vm *vm, const struct zone *z, uint32_t pfn,
			     unsigned order, struct vm_complaint *c)
{
	if (pfn_page(vm, pfn)->flags || pfn % (1u << order) ||
	    pfn < z->first_pfn || pfn - z->first_pfn >= z->managed)
		return check_fails(c, "free block's head: pfn, order", pfn,
				   order, z->id);
	for (unsigned o = order + 1; o <= VM_MAX_ORDER; o++)
		if (block_is_free(vm, pfn, o))
			return check_fails(c, "free block in a free block",
					   pfn, o, z->id);
	return true;
}

/* The lists of one CPU are linked both ways; how many pages are on them? */
static bool check_pcp(struct vm *vm, const struct zone *z,
		      const struct pcp *l, struct vm_complaint *c)
{
	uint64_t n = 0;

	for (unsigned t = 0; t < NR_PCP_TYPES; t++) {
		uint32_t prev = PFN_NONE, pfn = l->head[t];

		while (pfn != PFN_NONE) {
			const struct page *p = pfn_page(vm, pfn);

			if (!page_on_pcp(p) || p->lru_pos != prev)
				return check_fails(
					c, "page of a CPU's list: pfn, prev",
					pfn, p->lru_pos, z->id);
			prev = pfn;
			pfn = p->index;
			n++;
		}
		if (l->tail[t] != prev)
			return check_fails(c, "end of a CPU's list, last page",
					   l->tail[t], prev, z->id);
	}
	return n == l->count ||
	       check_fails(c, "pages of a CPU's lists and count", (int64_t)n,
			   l->count, z->id);
}

/* What is on a list, and how many are counted on it. */
static bool check_free_list(struct vm *vm, struct zone *z, unsigned o,
			    unsigned t, struct vm_complaint *c)
{
	const struct free_area *area = &z->free_area[o];
	int64_t counted = (int64_t)area->nr_free[t];

	if (o == VM_MAX_ORDER && t == VM_MIGRATE_MOVABLE)
		counted -= (buddy_virgin_end(z) - z->virgin_pfn) >> o;
	free_list_tidy(vm, z, o, t);
	for (uint32_t i = 0; i < area->nr[t]; i++)
		if (!check_free_block(vm, z, area->block[t][i], o, c))
			return false;
	return area->nr[t] == counted ||
	       check_fails(c, "free blocks and count", area->nr[t], counted,
			   z->id);
}

/* Every block that is said to be free is on a list. */
static bool check_free_bits(struct vm *vm, const struct zone *z,
			    struct vm_complaint *c)
{
	const uint32_t end = z->first_pfn + (uint32_t)z->managed;
	int64_t bits = 0, listed = 0;

	for (uint32_t pfn = z->first_pfn; pfn < end; pfn += FREE_WORD_PAGES)
		bits += __builtin_popcountll(*free_bit(vm, pfn, 0).word);
	for (uint32_t pfn = z->first_pfn; pfn < end; pfn += MAX_BLOCK)
		bits += __builtin_popcountll(
			*free_bit(vm, pfn, VM_MAX_ORDER).word);
	for (unsigned o = 0; o < VM_NR_ORDERS; o++)
		for (unsigned t = 0; t < VM_NR_MIGRATETYPES; t++)
			listed += z->free_area[o].nr[t];
	return bits == listed ||
	       check_fails(c, "blocks marked free and listed", bits, listed,
			   z->id);
}

static bool check_zone(struct vm *vm, struct zone *z, struct vm_complaint *c)
{
	if (!zone_populated(z))
		return true;
	for (unsigned o = 0; o < VM_NR_ORDERS; o++)
		for (unsigned t = 0; t < VM_NR_MIGRATETYPES; t++)
			if (!check_free_list(vm, z, o, t, c))
				return false;
	for (uint32_t cpu = 0; z->pcp && cpu < vm->conf.nr_cpus; cpu++)
		if (!check_pcp(vm, z, &z->pcp[cpu], c))
			return false;
	return check_free_bits(vm, z, c);
}

/* What one address space's tables hold. */
struct found {
	uint64_t rss, swap;
};

static bool check_pte(struct vm *vm, const struct vma *vma, uint64_t i,
		      struct vm_complaint *c, struct found *found)
{
	uint32_t pte = vma->pte[i];
	const struct page *p;

	if (pte_swapped(pte)) {
		const struct swap_slot *s = swap_slot_get(vm, pte);

		found->swap++;
		return (s->owner == vma->mapping.id && s->index == i) ||
		       check_fails(c, "swap entry and its slot's page",
				   (int64_t)i, s->index, vma->mm->task->pid);
	}
	if (!pte_present(pte))
		return true;
	found->rss++;
	p = pfn_page(vm, pte_pfn(pte));
	if (!(p->flags & PG_MAPPED) || p->flags & PG_KERNEL)
		return check_fails(c, "mapped page's flags, pid", p->flags,
				   vma->mm->task->pid, (int)i);
	if (!vma->file && !(p->flags & PG_SWAPCACHE) &&
	    (p->mapping != vma->mapping.id || p->index != i))
		return check_fails(c, "page table and the page's owner",
				   (int64_t)i, p->index, vma->mm->task->pid);
	return true;
}

static bool check_mm(struct vm *vm, const struct mm *mm,
		     struct vm_complaint *c)
{
	struct found found = { 0 };

	for (uint32_t v = 0; v < mm->nr_vmas; v++) {
		const struct vma *vma = mm->vma[v];

		for (uint64_t i = 0; i < vma->nr_pages; i++) {
			/* nothing is mapped where there is no table */
			if (!mm_has_table(vma, i)) {
				i |= PTES_PER_TABLE - 1;
				continue;
			}
			if (!check_pte(vm, vma, i, c, &found))
				return false;
		}
	}
	if (found.rss != mm_rss(mm))
		return check_fails(c, "mapped pages and rss",
				   (int64_t)found.rss, (int64_t)mm_rss(mm),
				   mm->task->pid);
	if (found.swap != mm->swapents)
		return check_fails(c, "swap entries and VmSwap",
				   (int64_t)found.swap, (int64_t)mm->swapents,
				   mm->task->pid);
	return true;
}

static bool check_file(struct vm *vm, const struct file *f,
		       struct vm_complaint *c)
{
	uint64_t cached = 0, dirty = 0;

	for (uint64_t i = 0; i < f->nr_pages; i++) {
		uint32_t pfn = file_lookup(f, i);
		const struct page *p;

		if (pfn == PFN_NONE)
			continue;
		p = pfn_page(vm, pfn);
		cached++;
		dirty += !!(p->flags & PG_DIRTY);
		if (p->mapping != f->mapping.id || p->index != i)
			return check_fails(c, "cache slot and the page's index",
					   (int64_t)i, p->index,
					   f->mapping.id);
	}
	if (cached != f->nr_cached)
		return check_fails(c, "cached pages and count",
				   (int64_t)cached, (int64_t)f->nr_cached,
				   f->mapping.id);
	return dirty == f->nr_dirty ||
	       check_fails(c, "dirty pages and count", (int64_t)dirty,
			   (int64_t)f->nr_dirty, f->mapping.id);
}

static bool check_swap(struct vm *vm, const struct swap_area *a,
		       struct vm_complaint *c)
{
	uint64_t used = 0;

	if (!a->active)
		return true;
	for (uint32_t s = 1; s < a->nr_slots; s++) {
		const struct swap_slot *slot = &a->slot[s];
		const struct page *p;

		used += !!slot->owner;
		if (!slot->cache || slot->cache & SHADOW_BIT)
			continue;
		p = pfn_page(vm, slot->cache - 1);
		if (!(p->flags & PG_SWAPCACHE) || p->index != s)
			return check_fails(c, "swap cache and the page's slot",
					   s, p->index, (int)a->id);
	}
	return used == a->used ||
	       check_fails(c, "slots in use and count", (int64_t)used,
			   a->used, (int)a->id);
}

/* Nodes of one index, and those of them with shadows only, by NUMA node. */
static bool count_nodes(const struct xarray *xa, uint64_t *used,
			uint64_t *shadows, struct vm_complaint *c)
{
	for (uint64_t i = 0; i < xa->nr_nodes; i++) {
		const struct xa_node *n = &xa->node[i];

		if (n->used != !!n->count || n->nr_values > n->count)
			return check_fails(c, "entries of a node of an index",
					   n->count, n->nr_values, n->nid);
		used[n->nid] += n->used;
		shadows[n->nid] += n->used && n->count == n->nr_values;
	}
	return true;
}

static bool check_nodes(struct vm *vm, struct vm_complaint *c)
{
	uint64_t used[VM_MAX_NODES] = { 0 }, shadows[VM_MAX_NODES] = { 0 };
	const struct pgdat *pgdat;

	for (uint32_t f = 0; f < vm->nr_files; f++)
		if (!count_nodes(&vm->files[f]->xa, used, shadows, c))
			return false;
	for (uint32_t s = 0; s < vm->conf.nr_swaps; s++)
		if (vm->swap[s].active &&
		    !count_nodes(&vm->swap[s].xa, used, shadows, c))
			return false;
	for_each_node(vm, pgdat) {
		const int nid = pgdat->nid;
		int64_t nodes = pgdat->item[WORKINGSET_NODES];

		if (used[nid] != pgdat->xa_nodes.objects)
			return check_fails(c, "nodes of indices and count",
					   (int64_t)used[nid],
					   (int64_t)pgdat->xa_nodes.objects,
					   nid);
		if ((int64_t)shadows[nid] != nodes)
			return check_fails(c, "nodes of shadows and count",
					   (int64_t)shadows[nid], nodes, nid);
	}
	return true;
}

bool check_pages(struct vm *vm, struct vm_complaint *c)
{
	struct pgdat *pgdat;
	struct task *t;
	struct zone *z;

	assert(vm->nr_nodes > 0);
	for_each_node(vm, pgdat) {
		if (!check_lists(vm, pgdat, c))
			return false;
		for_each_zone(pgdat, z)
			if (!check_zone(vm, z, c))
				return false;
	}
	for_each_task(vm, t)
		if (t->mm && !check_mm(vm, t->mm, c))
			return false;
	for (uint32_t f = 0; f < vm->nr_files; f++)
		if (vm->files[f] && !check_file(vm, vm->files[f], c))
			return false;
	for (uint32_t s = 0; s < vm->conf.nr_swaps; s++)
		if (!check_swap(vm, &vm->swap[s], c))
			return false;
	return check_nodes(vm, c);
}
