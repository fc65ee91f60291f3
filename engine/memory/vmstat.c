/* SPDX-License-Identifier: MIT */
/*
 * vmstat.c - sums of the counters over the machine.
 *
 * The counters themselves are changed in place by the helpers of vmstat.h.
 * Called by whoever decides by a figure of the whole machine (dirty limits,
 * snapshots).  Calls nothing.  Guarded by the world's lock.
 */
#include <assert.h>
#include <string.h>

#include "memory/vmstat.h"

void lruvecs_flush(struct vm *vm)
{
	struct pgdat *p;

	assert(vm->conf.lru_counts == VM_LRU_COUNTS_FLUSHED);
	for_each_node (vm, p)
		memcpy(p->flushed, p->item, sizeof(p->flushed));
}

uint64_t global_node_item(const struct vm *vm, enum vm_node_item i)
{
	const struct pgdat *p;
	uint64_t sum = 0;

	assert(i < VM_NR_NODE_ITEMS);
	for_each_node (vm, p)
		sum += (uint64_t)p->item[i];
	return sum;
}

uint64_t global_zone_item(const struct vm *vm, enum vm_zone_item i)
{
	const struct pgdat *p;
	const struct zone *z;
	uint64_t sum = 0;

	assert(i < VM_NR_ZONE_ITEMS);
	for_each_node (vm, p)
		for_each_zone (p, z)
			sum += (uint64_t)z->item[i];
	return sum;
}
