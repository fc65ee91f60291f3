/* SPDX-License-Identifier: MIT */
/*
 * buddy.h - free blocks of a zone: orders 0..10, by migrate type.
 *
 * A free block's head frame has PG_BUDDY; its mapping holds order and type,
 * index and lru_pos the next and previous block of its free list.  Counts
 * nr_free_pages; knows no watermark.  mm/page_alloc.c:__rmqueue and
 * __free_one_page are the models.
 */
#ifndef ENGINE_MEMORY_BUDDY_H
#define ENGINE_MEMORY_BUDDY_H

#include "memory/zone.h"

/* All of @z free, in virgin blocks. */
void buddy_init(struct vm *vm, struct zone *z);

/*
 * Take a block of 2^order pages for @type; steals from other types when its
 * own lists are empty, and says in @fragmented that it broke a page block of
 * another type (the caller boosts the marks, B.3).  PFN_NONE if no block is
 * large enough.  Frames come back with all fields 0.
 */
uint32_t buddy_alloc(struct vm *vm, struct zone *z, unsigned order,
		     enum vm_migratetype type, bool *fragmented);

/* Give a block back; merges it with its buddies. */
void buddy_free(struct vm *vm, struct zone *z, uint32_t pfn, unsigned order);

/*
 * Start fetching what buddy_free() of @pfn, order 0, will look at: the frames
 * of its buddies; and, once they have come, the neighbours of the first on
 * its free list.  For many frees after each other.
 */
void buddy_prefetch(const struct vm *vm, uint32_t pfn);
void buddy_prefetch_list(const struct vm *vm, uint32_t pfn);

/* A block of at least @order that @type may use without HighAtomic. */
bool buddy_has_block(const struct zone *z, unsigned order, bool highatomic);

enum vm_migratetype pageblock_type(struct vm *vm, uint32_t pfn);

#endif
