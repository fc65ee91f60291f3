/* SPDX-License-Identifier: MIT */
/*
 * page.h - the page frame: 12 bytes for 4096 simulated ones.
 *
 * A frame number (pfn) is an index into vm->mem_map.  Zones start at
 * multiples of 1024, so a block of the buddy allocator is aligned in pfns;
 * frames between the end of a zone and the next start are never used.
 *
 * What one simulated page costs in all: 12 here, 4 for its place in an LRU
 * queue (lruvec.h), 4 for its page-table entry or page-cache slot (mm.h,
 * file.h), where the shadow entry stays after its eviction.
 */
#ifndef ENGINE_MEMORY_PAGE_H
#define ENGINE_MEMORY_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#define PFN_NONE UINT32_MAX

#define PAGEBLOCK_ORDER 9u
#define PAGEBLOCK_PAGES (1u << PAGEBLOCK_ORDER)

enum page_flag {
	PG_LRU = 1u << 0,	  /* on the list that the flags name */
	PG_ACTIVE = 1u << 1,
	PG_REFERENCED = 1u << 2,
	PG_WORKINGSET = 1u << 3,
	PG_DIRTY = 1u << 4,
	PG_WRITEBACK = 1u << 5,
	PG_RECLAIM = 1u << 6,	  /* free it when its writeback ends */
	PG_SWAPBACKED = 1u << 7,  /* anonymous or tmpfs */
	PG_SWAPCACHE = 1u << 8,	  /* mapping and index name a swap slot */
	PG_MLOCKED = 1u << 9,
	PG_UNEVICTABLE = 1u << 10,
	PG_MAPPED = 1u << 11,	  /* some page table refers to it */
	PG_UNUSED = 1u << 12,	  /* no page has it */
	PG_READAHEAD = 1u << 13,  /* swapped in unasked, not used yet */
	PG_UPTODATE = 1u << 14,	  /* its content has arrived from the disk */
	PG_KERNEL = 1u << 15,	  /* page table, slab, ...: not on an LRU */

	/* free, on a list of a CPU's own: pcp.h.  No page of the kernel's is
	 * ever written out, so that this says nothing else. */
	PG_ON_PCP = PG_KERNEL | PG_RECLAIM,
};

/*
 * @mapping and @index say whose page it is (mapping.h).  All are 0 while it
 * is free.
 */
struct page {
	uint16_t flags;
	uint16_t mapping;
	uint32_t index;
	uint32_t lru_pos; /* place in its LRU queue, while PG_LRU */
};

_Static_assert(sizeof(struct page) == 12, "a frame is 12 bytes");

#endif
