/* SPDX-License-Identifier: MIT */
/*
 * vmstat.h - counting.
 *
 * Exact counters, one place for each: no per-CPU deltas, so what the kernel
 * folds every second is always folded here.  Levels (zone and node items)
 * never fall below 0; events only grow.  mm/vmstat.c has the names, and
 * vm/stat.h their order.
 *
 * Units: pages, events; sectors for PGPGIN and PGPGOUT.
 * Errors: none; a level below 0 is a fault of the engine's.
 * Locking: the world's lock.
 */
#ifndef ENGINE_MEMORY_VMSTAT_H
#define ENGINE_MEMORY_VMSTAT_H

#include <assert.h>

#include "memory/state.h"

static inline void count_events(struct vm *vm, enum vm_event_item e,
				uint64_t n)
{
	assert(e < VM_NR_EVENT_ITEMS);
	vm->event[e] += n;
}

/* Once. */
static inline void count_event(struct vm *vm, enum vm_event_item e)
{
	count_events(vm, e, 1);
}

/* Levels of a zone and of a node, by as much as @n. */
static inline void mod_zone(struct zone *z, enum vm_zone_item i, int64_t n)
{
	z->item[i] += n;
	assert(z->item[i] >= 0);
}

static inline void mod_node(struct pgdat *p, enum vm_node_item i, int64_t n)
{
	p->item[i] += n;
	assert(p->item[i] >= 0);
}

/* The same for the node or zone in which frame @pfn lies. */
static inline void mod_page_node(struct vm *vm, uint32_t pfn,
				 enum vm_node_item i, int64_t n)
{
	mod_node(page_pgdat(vm, pfn), i, n);
}

static inline void mod_page_zone(struct vm *vm, uint32_t pfn,
				 enum vm_zone_item i, int64_t n)
{
	mod_zone(page_zone(vm, pfn), i, n);
}

/*
 * What reclaim goes by: the item as it is, or as it was at the last
 * lruvecs_flush() (vm_machine.lru_counts; mm/memcontrol.c:lruvec_page_state).
 */
static inline uint64_t lruvec_page_state(const struct pgdat *p,
					 enum vm_node_item i)
{
	const int64_t n = p->by_flush ? p->flushed[i] : p->item[i];

	assert(n >= 0);
	return (uint64_t)n;
}

void lruvecs_flush(struct vm *vm);

/*
 * Sum over all nodes, all zones; for figures that are read now and then,
 * not for every page.
 */
uint64_t global_node_item(const struct vm *vm, enum vm_node_item i);
uint64_t global_zone_item(const struct vm *vm, enum vm_zone_item i);

#endif
