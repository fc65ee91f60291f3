/* SPDX-License-Identifier: MIT */
/*
 * xarray.h - the nodes of an index, as far as they cost memory.
 *
 * A page cache (file.h) and a swap cache (swap_map.h) find their entries in a
 * flat array.  Linux has a tree, whose nodes of 64 entries lie in slab: they
 * make SReclaimable grow with the cache, break page blocks, and stay when
 * only shadow entries are left in them.  Here is kept, for each 64 slots,
 * what such a node would have: how many entries, and how many of them are
 * shadows (the kernel's count and nr_values).  The upper nodes, one for 64
 * below it, are left out.
 *
 * Which slab a node lies in is not known; of each NUMA node the number in use
 * is counted, and reclaim/slab_nodes.c sees to it that there are pages for
 * them.
 *
 * Units: slots, nodes.  Costs 3 bytes for 64 slots.
 * Errors: -ENOMEM where said.  Locking: the world's lock.
 * Source: lib/xarray.c, mm/workingset.c:workingset_update_node.
 */
#ifndef ENGINE_MEMORY_XARRAY_H
#define ENGINE_MEMORY_XARRAY_H

#include <stdbool.h>
#include <stdint.h>

#define XA_CHUNK_SIZE 64u

struct vm;

/* 0 entries: there is no such node, but while its first one is stored. */
struct xa_node {
	uint8_t count;
	uint8_t nr_values;
	uint8_t nid;  /* whose slab it is in, */
	uint8_t used; /* if it is */
};

struct xarray {
	struct xa_node *node; /* reserve_alloc()ed */
	uint64_t nr_nodes;
};

/* For @nr_slots of them, all empty; and for more.  0 or -ENOMEM. */
int xarray_init(struct xarray *xa, uint64_t nr_slots);
int xarray_grow(struct xarray *xa, uint64_t nr_slots);

/* Empty it without a look at what the rest of the machine knows of it. */
void xarray_wipe(struct xarray *xa);

/* Gives up all nodes that are left, too. */
void xarray_fini(struct vm *vm, struct xarray *xa);

/* Is there a node for @index already? */
static inline bool xa_has_node(const struct xarray *xa, uint64_t index)
{
	return xa->node[index / XA_CHUNK_SIZE].used;
}

/* Make it, in the slab of NUMA node @nid; a store must follow at once. */
void xa_create_node(struct vm *vm, struct xarray *xa, uint64_t index,
		    unsigned nid);

/*
 * Slot @index changes from @old to @entry: 0, a page (its frame + 1), or a
 * shadow.  Makes a node where the page is if there is none, and gives it up
 * with its last entry.  Keeps workingset_nodes.
 */
void xa_store(struct vm *vm, struct xarray *xa, uint64_t index, uint32_t old,
	      uint32_t entry);

/* @n holds nothing but shadows from now on. */
void xa_shadows_left(struct vm *vm, struct xa_node *n);

/* xa_store() of a shadow where a page was, in short. */
static inline void xa_page_left(struct vm *vm, struct xarray *xa,
				uint64_t index)
{
	struct xa_node *n = &xa->node[index / XA_CHUNK_SIZE];

	if (++n->nr_values == n->count)
		xa_shadows_left(vm, n);
}

/* The next node at or after @from with nothing but shadows; or nr_nodes. */
uint64_t xa_next_shadows(const struct xarray *xa, uint64_t from);

#endif
