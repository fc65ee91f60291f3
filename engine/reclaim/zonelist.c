/* SPDX-License-Identifier: MIT */
/*
 * zonelist.c - in which order a request tries the zones (fact sheet C.1).
 *
 * Called at boot, once for all nodes.  Locking: the world's lock.
 */
#include "reclaim/page_alloc.h"

#include <assert.h>

/* Weight of a distance against a node's load; the kernel's MAX_NUMNODES. */
#define NODE_WEIGHT 1024u

struct node_order {
	const struct vm *vm;
	unsigned load[VM_MAX_NODES];
};

static unsigned node_distance(const struct vm *vm, int from, int to)
{
	return vm->conf.node[from].distance[to];
}

/* mm/page_alloc.c:find_next_best_node; -1 when all are used. */
static int next_best_node(const struct node_order *o, int local, uint64_t used)
{
	unsigned best_key = 0;
	int best = -1;

	if (!(used & 1ull << local) && o->vm->node[local].managed)
		return local;
	for (int n = 0; n < (int)o->vm->nr_nodes; n++) {
		unsigned key = node_distance(o->vm, local, n);

		if (used & 1ull << n || !o->vm->node[n].managed)
			continue;
		key += n < local;
		key += o->vm->node[n].has_cpu;
		key = key * NODE_WEIGHT + o->load[n];
		if (best < 0 || key < best_key) {
			best = n;
			best_key = key;
		}
	}
	return best;
}

static void add_node_zones(struct pgdat *pgdat, const struct pgdat *from)
{
	for (int t = VM_NR_ZONES; t-- > 0;) {
		const struct zone *z = &from->zone[t];

		if (!zone_populated(z))
			continue;
		assert(pgdat->nr_zonelist < VM_MAX_NODES * VM_NR_ZONES);
		pgdat->zonelist[pgdat->nr_zonelist++].zone = z->id;
	}
}

void build_zonelists(struct vm *vm)
{
	struct node_order o = { .vm = vm };
	struct pgdat *pgdat;

	for_each_node(vm, pgdat) {
		uint64_t used = 0;
		int prev = pgdat->nid;
		int n;

		pgdat->nr_zonelist = 0;
		while ((n = next_best_node(&o, pgdat->nid, used)) >= 0) {
			/* a new group of equal distance: rotate its first */
			if (node_distance(vm, pgdat->nid, n) !=
			    node_distance(vm, pgdat->nid, prev))
				o.load[n]++;
			used |= 1ull << n;
			prev = n;
			add_node_zones(pgdat, &vm->node[n]);
		}
		assert(pgdat->nr_zonelist > 0);
	}
}

int gfp_zone(uint32_t gfp)
{
	assert(!(gfp & GFP_BIT_DMA && gfp & GFP_BIT_DMA32));
	if (gfp & GFP_BIT_DMA)
		return VM_ZONE_DMA;
	if (gfp & GFP_BIT_DMA32)
		return VM_ZONE_DMA32;
	if (gfp & GFP_BIT_MOVABLE && gfp & GFP_BIT_HIGHMEM)
		return VM_ZONE_MOVABLE;
	return VM_ZONE_NORMAL;
}
