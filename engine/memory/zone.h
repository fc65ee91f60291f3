/* SPDX-License-Identifier: MIT */
/*
 * zone.h - a zone: marks, protection, free lists, counters.
 *
 * Units: pages.  Locking: the world's lock.
 */
#ifndef ENGINE_MEMORY_ZONE_H
#define ENGINE_MEMORY_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include <vm/stat.h>

#include "memory/page.h"

struct vm;
struct pcp;

enum zone_watermark { WMARK_MIN, WMARK_LOW, WMARK_HIGH, WMARK_PROMO, NR_WMARK };

/* The free blocks of one order: free_list.h. */
struct free_area {
	uint32_t *block[VM_NR_MIGRATETYPES]; /* stacks of pfns */
	uint32_t nr[VM_NR_MIGRATETYPES]; /* entries, gone ones too */
	uint64_t nr_free[VM_NR_MIGRATETYPES]; /* blocks */
};

struct zone {
	uint8_t id; /* nid * VM_NR_ZONES + type; index into vm->zone_table */
	uint8_t nid;
	enum vm_zone_type type;
	uint32_t first_pfn;   /* multiple of 1024 */
	uint64_t managed;     /* 0: not populated */
	struct vm_zone_conf conf;
	uint64_t wmark[NR_WMARK]; /* without boost */
	uint64_t boost;
	uint64_t lowmem_reserve[VM_NR_ZONES];
	int64_t item[VM_NR_ZONE_ITEMS];
	uint64_t numa[VM_NR_NUMA_ITEMS];
	struct free_area free_area[VM_NR_ORDERS];
	uint32_t *stacks; /* of all orders and types */
	/*
	 * [virgin_pfn, end) has never been allocated: free blocks of order
	 * 10 that are counted in free_area[10].nr_free[MOVABLE] but whose
	 * frames have not been touched, so that an idle terabyte is free.
	 */
	uint32_t virgin_pfn;
	uint64_t nr_highatomic; /* pages in HighAtomic page blocks */

	/* pcp.h: a list for every CPU, or NULL: this machine has none */
	struct pcp *pcp;
	uint32_t pcp_batch, pcp_high_min, pcp_high_max;
	bool pcp_scaled;     /* refills grow, limits move: 6.12 */
	bool below_high;     /* free was not above high at the last look */
	bool reclaim_active; /* kswapd works on it */
	uint64_t pageblocks[VM_NR_MIGRATETYPES];
};

static inline bool zone_populated(const struct zone *z)
{
	return z->managed > 0;
}

/* The mark as every comparison uses it: with the boost (B.2). */
static inline uint64_t wmark_pages(const struct zone *z, enum zone_watermark w)
{
	return z->wmark[w] + z->boost;
}

static inline uint64_t zone_free_pages(const struct zone *z)
{
	return (uint64_t)z->item[NR_FREE_PAGES];
}

#endif
