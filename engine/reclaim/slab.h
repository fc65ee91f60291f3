/* SPDX-License-Identifier: MIT */
/*
 * slab.h - filling the reclaimable slab; vmscan.h declares its shrinking.
 *
 * Two caches are modelled, each by its number of objects and the pages that
 * hold them: dentries (slab.c), and the nodes of page and swap caches
 * (slab_nodes.c, memory/xarray.h).
 *
 * Units: pages, objects.  Locking: the world's lock.
 * Source: fact sheet E.8; mm/slub.c, mm/workingset.c.
 */
#ifndef ENGINE_RECLAIM_SLAB_H
#define ENGINE_RECLAIM_SLAB_H

#include "memory/state.h"

/* @pages full of dentries on @pgdat.  False when memory runs out. */
bool slab_grow(struct vm *vm, struct pgdat *pgdat, uint64_t pages);

/*
 * An entry is about to be stored at @index: see that there is a node for it,
 * from NUMA node @nid if possible.  @gfp does not block.  False: there is no
 * memory; nothing has changed.
 */
bool slab_node_for(struct vm *vm, struct xarray *xa, uint64_t index, int nid,
		   uint32_t gfp);

/* A block of 2^@order pages becomes a slab of nodes. */
void slab_nodes_add(struct vm *vm, uint32_t pfn, unsigned order);

/* Give back slabs that are empty, but for a few; how many pages. */
uint64_t slab_nodes_trim(struct vm *vm, struct pgdat *pgdat);
void slab_nodes_trim_all(struct vm *vm);

/* Nodes with too old shadows go, and then slabs; how many pages. */
uint64_t shrink_shadows(struct vm *vm, struct pgdat *pgdat);

/* What there is of them. */
void slab_nodes_stat(const struct vm *vm, struct vm_slab_stat *s);

/* Pure: the order of a slab of nodes on a machine with @nr_cpus. */
unsigned slab_node_order(uint32_t nr_cpus);

/* Pure: objects that @pages in slabs of @order and @small single ones hold. */
uint64_t slab_node_room(uint64_t pages, unsigned order, uint64_t small);

/* Pure: pages that hold @objects. */
uint64_t slab_pages_for(uint64_t objects);

#endif
