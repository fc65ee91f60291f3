/* SPDX-License-Identifier: MIT */
/*
 * slab_nodes.c - slab pages for the nodes of page and swap caches.
 *
 * Called before an entry is stored where there is no node yet, by whoever
 * empties a cache, and by slab.c when a node's slab is shrunk.  A slab is a
 * reclaimable block of kernel pages: with memory full of page cache it has to
 * be broken out of a movable page block, which boosts the marks (B.3).
 * mm/slub.c:allocate_slab and mm/workingset.c:shadow_lru_isolate are the
 * models.  Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/page_alloc.h"
#include "reclaim/slab.h"

#define NODE_BYTES   576u /* struct xa_node of Linux */
#define MAX_ORDER    3u	  /* slub_max_order */
#define MIN_PARTIAL  5u	  /* empty slabs that are kept beside full ones */
#define SHADOW_BATCH 128u

static uint64_t objects_in(unsigned order)
{
	return ((uint64_t)VM_PAGE_SIZE << order) / NODE_BYTES;
}

unsigned slab_node_order(uint32_t nr_cpus)
{
	unsigned order = 0, bits = 0;

	assert(nr_cpus > 0);
	while (nr_cpus >> bits)
		bits++;
	while (order < MAX_ORDER && objects_in(order) < 4 * (bits + 1))
		order++;
	return order;
}

uint64_t slab_node_room(uint64_t pages, unsigned order, uint64_t small)
{
	assert(pages % (1u << order) == 0);
	return (pages >> order) * objects_in(order) + small * objects_in(0);
}

void slab_nodes_add(struct vm *vm, uint32_t pfn, unsigned order)
{
	struct pgdat *pgdat = page_pgdat(vm, pfn);
	struct slab_cache *cache = &pgdat->xa_nodes;
	uint32_t *list = order ? &cache->slabs : &cache->small_slabs;

	assert(!order || order == slab_node_order(vm->conf.nr_cpus));
	for (uint32_t i = 0; i < 1u << order; i++) {
		assert(!pfn_page(vm, pfn + i)->mapping);
		pfn_page(vm, pfn + i)->flags = PG_KERNEL;
	}
	pfn_page(vm, pfn)->index = *list;
	*list = pfn;
	cache->room += objects_in(order);
	cache->pages += 1ull << order;
	mod_node(pgdat, NR_SLAB_RECLAIMABLE, 1 << order);
}

static bool has_room(const struct slab_cache *cache)
{
	return cache->objects < cache->room;
}

/* A slab of the usual order, or of order 0 if there is none; its node. */
static int grow(struct vm *vm, int nid, uint32_t gfp)
{
	unsigned order = slab_node_order(vm->conf.nr_cpus);
	uint32_t pfn;

	assert(!(gfp & GFP_BIT_DIRECT_RECLAIM));
	gfp |= GFP_BIT_RECLAIMABLE;
	pfn = alloc_pages_nowait(vm, gfp, order, nid, UINT64_MAX);
	if (pfn == PFN_NONE && order) {
		order = 0;
		pfn = alloc_pages_nowait(vm, gfp, 0, nid, UINT64_MAX);
	}
	if (pfn == PFN_NONE)
		return -1;
	slab_nodes_add(vm, pfn, order);
	return page_pgdat(vm, pfn)->nid;
}

/* Room on @nid, made if need be; or else on any node.  -1: nowhere. */
static int find_room(struct vm *vm, int nid, uint32_t gfp)
{
	struct pgdat *pgdat;

	while (!has_room(&vm->node[nid].xa_nodes)) {
		int at = grow(vm, nid, gfp);

		if (at < 0)
			break;
		nid = at;
	}
	if (has_room(&vm->node[nid].xa_nodes))
		return nid;
	for_each_node(vm, pgdat)
		if (has_room(&pgdat->xa_nodes))
			return pgdat->nid;
	return -1;
}

bool slab_node_for(struct vm *vm, struct xarray *xa, uint64_t index, int nid,
		   uint32_t gfp)
{
	assert(nid >= 0 && (uint32_t)nid < vm->nr_nodes);
	if (xa_has_node(xa, index))
		return true;
	nid = find_room(vm, nid, gfp);
	if (nid < 0)
		return false;
	xa_create_node(vm, xa, index, (unsigned)nid);
	return true;
}

uint64_t slab_nodes_trim(struct vm *vm, struct pgdat *pgdat)
{
	struct slab_cache *cache = &pgdat->xa_nodes;
	const unsigned usual = slab_node_order(vm->conf.nr_cpus);
	uint64_t keep = cache->objects ? MIN_PARTIAL * objects_in(usual) : 0;
	uint64_t freed = 0;

	while (cache->pages && cache->room >= cache->objects + keep) {
		bool small = cache->small_slabs != PFN_NONE;
		uint32_t *list = small ? &cache->small_slabs : &cache->slabs;
		unsigned order = small ? 0 : usual;
		uint32_t pfn = *list;

		assert(pfn != PFN_NONE && cache->pages >= 1ull << order);
		*list = pfn_page(vm, pfn)->index;
		cache->room -= objects_in(order);
		cache->pages -= 1ull << order;
		mod_node(pgdat, NR_SLAB_RECLAIMABLE, -(1 << order));
		free_pages(vm, pfn, order);
		freed += 1ull << order;
	}
	return freed;
}

void slab_nodes_trim_all(struct vm *vm)
{
	struct pgdat *pgdat;

	for_each_node(vm, pgdat)
		slab_nodes_trim(vm, pgdat);
}

void slab_nodes_stat(const struct vm *vm, struct vm_slab_stat *s)
{
	const unsigned order = slab_node_order(vm->conf.nr_cpus);
	const struct pgdat *pgdat;

	*s = (struct vm_slab_stat){
		.object_size = NODE_BYTES,
		.per_slab = (uint32_t)objects_in(order),
		.slab_pages = 1u << order,
	};
	for_each_node(vm, pgdat) {
		s->objects += pgdat->xa_nodes.objects;
		s->room += pgdat->xa_nodes.room;
		s->pages += pgdat->xa_nodes.pages;
	}
	assert(s->objects <= s->room);
}

/* Up to @nr nodes of @f that hold shadows only, from the hand on. */
static uint64_t forget_shadows(struct vm *vm, struct file *f,
			       const struct pgdat *pgdat, uint64_t nr)
{
	uint64_t at = xa_next_shadows(&f->xa, f->shadow_hand), done = 0;

	for (; at < f->xa.nr_nodes && done < nr;
	     at = xa_next_shadows(&f->xa, at + 1)) {
		uint64_t from = at * XA_CHUNK_SIZE;
		uint64_t to = MIN(from + XA_CHUNK_SIZE, f->nr_pages);

		if (f->xa.node[at].nid != pgdat->nid)
			continue;
		for (uint64_t i = from; i < to; i++)
			file_forget_shadow(vm, f, i);
		assert(!f->xa.node[at].used);
		done++;
	}
	f->shadow_hand = at < f->xa.nr_nodes ? at : 0;
	return done;
}

/*
 * Shadows of more than twice what memory could hold tell nothing any more:
 * an eighth of the node's pages is how many nodes may hold nothing else.
 * Oldest first there, file by file from where it stopped last here.
 */
static uint64_t surplus_nodes(const struct pgdat *pgdat)
{
	const int64_t *item = pgdat->item;
	int64_t pages = item[NR_SLAB_RECLAIMABLE] +
			item[NR_SLAB_UNRECLAIMABLE];

	for (unsigned l = 0; l < VM_NR_LRU_LISTS; l++)
		pages += item[NR_INACTIVE_ANON + l];
	assert(pages >= 0);
	return (uint64_t)(item[WORKINGSET_NODES] -
			  MIN(item[WORKINGSET_NODES], pages / 8));
}

uint64_t shrink_shadows(struct vm *vm, struct pgdat *pgdat)
{
	uint64_t surplus = surplus_nodes(pgdat), nr = surplus / 2, done = 0;

	if (nr >= SHADOW_BATCH) {
		nr -= nr % SHADOW_BATCH;
		for (uint32_t i = 0; i < vm->nr_files && done < nr; i++)
			done += forget_shadows(vm, vm->files[i], pgdat,
					       nr - done);
		mod_node(pgdat, WORKINGSET_NODERECLAIM, (int64_t)done);
		count_events(vm, SLABS_SCANNED, done);
	}
	return slab_nodes_trim(vm, pgdat);
}
