/* SPDX-License-Identifier: MIT */
/*
 * xarray.c - counting the entries of an index, node by node.
 *
 * Called by file.c and swap code for every slot that changes, and by
 * reclaim/slab_nodes.c, which makes nodes and reclaims those that hold
 * shadows only.  Keeps pgdat->xa_nodes.objects and workingset_nodes.
 *
 * Locking: the world's lock.
 */
#include "memory/xarray.h"

#include <assert.h>
#include <errno.h>

#include "memory/vmstat.h"
#include "world/reserve.h"

static size_t bytes(uint64_t nr_nodes)
{
	return nr_nodes * sizeof(struct xa_node);
}

static uint64_t nodes_for(uint64_t nr_slots)
{
	return (nr_slots + XA_CHUNK_SIZE - 1) / XA_CHUNK_SIZE;
}

int xarray_init(struct xarray *xa, uint64_t nr_slots)
{
	xa->nr_nodes = nodes_for(nr_slots);
	xa->node = reserve_alloc(bytes(xa->nr_nodes));
	return xa->node ? 0 : -ENOMEM;
}

int xarray_grow(struct xarray *xa, uint64_t nr_slots)
{
	uint64_t nr_nodes = nodes_for(nr_slots);
	struct xa_node *node;

	if (nr_nodes <= xa->nr_nodes)
		return 0;
	node = reserve_resize(xa->node, bytes(xa->nr_nodes), bytes(nr_nodes));
	if (!node)
		return -ENOMEM;
	xa->node = node;
	xa->nr_nodes = nr_nodes;
	return 0;
}

/* workingset_update_node: nothing but shadows in it? */
static bool only_shadows(const struct xa_node *n)
{
	return n->count && n->count == n->nr_values;
}

static void give_up(struct vm *vm, struct xa_node *n)
{
	struct slab_cache *cache = &vm->node[n->nid].xa_nodes;

	assert(n->used && cache->objects > 0);
	if (only_shadows(n))
		mod_node(&vm->node[n->nid], WORKINGSET_NODES, -1);
	cache->objects--;
	*n = (struct xa_node){ 0 };
}

void xarray_fini(struct vm *vm, struct xarray *xa)
{
	for (uint64_t i = 0; i < xa->nr_nodes; i++)
		if (xa->node[i].used)
			give_up(vm, &xa->node[i]);
	reserve_free(xa->node, bytes(xa->nr_nodes));
	xa->node = NULL;
	xa->nr_nodes = 0;
}

void xarray_wipe(struct xarray *xa)
{
	assert(xa->node);
	reserve_clear(xa->node, bytes(xa->nr_nodes));
}

void xa_create_node(struct vm *vm, struct xarray *xa, uint64_t index,
		    unsigned nid)
{
	struct xa_node *n = &xa->node[index / XA_CHUNK_SIZE];

	assert(!n->used && n->count == 0 && nid < vm->nr_nodes);
	n->used = true;
	n->nid = (uint8_t)nid;
	vm->node[nid].xa_nodes.objects++;
}

void xa_shadows_left(struct vm *vm, struct xa_node *n)
{
	assert(n->used && only_shadows(n));
	mod_node(&vm->node[n->nid], WORKINGSET_NODES, 1);
}

static bool is_value(uint32_t entry)
{
	return entry & SHADOW_BIT;
}

void xa_store(struct vm *vm, struct xarray *xa, uint64_t index, uint32_t old,
	      uint32_t entry)
{
	struct xa_node *n = &xa->node[index / XA_CHUNK_SIZE];
	bool before, after;

	assert(index / XA_CHUNK_SIZE < xa->nr_nodes);
	if (!n->used) {
		if (!entry)
			return;
		assert(!is_value(entry)); /* which follows a page */
		xa_create_node(vm, xa, index,
			       (unsigned)page_pgdat(vm, entry - 1)->nid);
	}
	before = only_shadows(n);
	n->count = (uint8_t)(n->count - !!old + !!entry);
	n->nr_values = (uint8_t)(n->nr_values - is_value(old) +
				 is_value(entry));
	assert(n->count <= XA_CHUNK_SIZE && n->nr_values <= n->count);
	after = only_shadows(n);
	if (before != after)
		mod_node(&vm->node[n->nid], WORKINGSET_NODES, after ? 1 : -1);
	if (!n->count)
		give_up(vm, n);
}

uint64_t xa_next_shadows(const struct xarray *xa, uint64_t from)
{
	while (from < xa->nr_nodes && !only_shadows(&xa->node[from]))
		from++;
	return from;
}
