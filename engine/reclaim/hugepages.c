/* SPDX-License-Identifier: MIT */
/*
 * hugepages.c - the pool of 2 MiB pages: nr_hugepages.
 *
 * Called by the sysctl's hook.  A huge page is a free block of order 9 taken
 * out of its node, as far as there are any: nothing is reclaimed or moved to
 * make one.  The pool's pages are linked through their first frame's index.
 * Nobody maps them; they are missing from the rest of the machine, which is
 * what they are set for.  mm/hugetlb.c:set_max_huge_pages is the model.
 *
 * Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/hugepages.h"
#include "reclaim/page_alloc.h"

#define HUGE_ORDER 9u
/* Takes what is there: nothing is reclaimed for it. */
#define GFP_HUGE                                                               \
	((GFP_HIGHUSER_MOVABLE | GFP_BIT_COMP | GFP_BIT_NOWARN |               \
	  GFP_BIT_RETRY_MAYFAIL | GFP_BIT_THISNODE) &                          \
	 ~GFP_BIT_DIRECT_RECLAIM)

uint64_t nr_huge_pages(const struct vm *vm)
{
	const struct pgdat *p;
	uint64_t nr = 0;

	for_each_node (vm, p)
		nr += p->hugepages;
	return nr;
}

static bool add_huge_page(struct vm *vm, struct pgdat *p)
{
	uint32_t pfn = alloc_pages_nowait(vm, GFP_HUGE, HUGE_ORDER, p->nid,
					  1ull << p->nid);

	if (pfn == PFN_NONE) {
		count_event(vm, HTLB_BUDDY_PGALLOC_FAIL);
		return false;
	}
	assert(page_pgdat(vm, pfn) == p);
	count_event(vm, HTLB_BUDDY_PGALLOC);
	pfn_page(vm, pfn)->flags |= PG_KERNEL;
	pfn_page(vm, pfn)->index = p->huge_pool;
	p->huge_pool = pfn + 1;
	p->hugepages++;
	p->hugepages_free++;
	return true;
}

static void remove_huge_page(struct vm *vm, struct pgdat *p)
{
	uint32_t pfn = p->huge_pool - 1;
	struct page *page = pfn_page(vm, pfn);

	assert(p->huge_pool && p->hugepages && p->hugepages_free);
	p->huge_pool = page->index;
	page->index = 0;
	page->flags &= (uint16_t)~PG_KERNEL;
	p->hugepages--;
	p->hugepages_free--;
	free_pages(vm, pfn, HUGE_ORDER);
}

/*
 * Whose turn it is: of the nodes in @mask the one with the fewest (@most: the
 * most) huge pages, so that the pool stays even.  NULL: none.
 */
static struct pgdat *next_node(struct vm *vm, uint64_t mask, bool most)
{
	struct pgdat *p, *best = NULL;

	for_each_node (vm, p) {
		if (!(mask >> p->nid & 1) || (most && !p->hugepages))
			continue;
		if (!best || (most ? p->hugepages > best->hugepages
				   : p->hugepages < best->hugepages))
			best = p;
	}
	return best;
}

uint64_t set_max_huge_pages(struct vm *vm, uint64_t want, uint64_t nodemask)
{
	uint64_t have = nr_huge_pages(vm);
	uint64_t mask = nodemask;
	struct pgdat *p;

	while (have < want && (p = next_node(vm, mask, false))) {
		if (add_huge_page(vm, p))
			have++;
		else
			mask &= ~(1ull << p->nid); /* it has no more */
	}
	while (have > want && (p = next_node(vm, nodemask, true))) {
		remove_huge_page(vm, p);
		have--;
	}
	assert(have == nr_huge_pages(vm));
	return have;
}

void set_node_huge_pages(struct vm *vm, uint32_t nid, uint64_t nr)
{
	uint64_t others;

	assert(nid < vm->nr_nodes);
	others = nr_huge_pages(vm) - vm->node[nid].hugepages;
	nr = MIN(nr, UINT64_MAX - others);
	vm->ctl.nr_hugepages =
		set_max_huge_pages(vm, others + nr, 1ull << nid);
}
