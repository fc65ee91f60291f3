/* SPDX-License-Identifier: MIT */
/*
 * buddy.h - free blocks of a zone: orders 0..10, by migrate type.
 *
 * The frames of a free block are all 0; which they are, and the order in
 * which they are handed out, is in free_list.h.  Counts nr_free_pages; knows
 * no watermark.  mm/page_alloc.c:__rmqueue and __free_one_page are the models.
 */
#ifndef ENGINE_MEMORY_BUDDY_H
#define ENGINE_MEMORY_BUDDY_H

#include "memory/free_list.h"

/* All of @z free, in virgin blocks.  0 or -ENOMEM. */
int buddy_init(struct vm *vm, struct zone *z);
void buddy_fini(struct zone *z);

/*
 * Take a block of 2^order pages for @type; steals from other types when its
 * own lists are empty, and says in @fragmented that it broke a page block of
 * another type (the caller boosts the marks, B.3).  PFN_NONE if no block is
 * large enough.  Frames come back with all fields 0.
 */
uint32_t buddy_alloc(struct vm *vm, struct zone *z, unsigned order,
		     enum vm_migratetype type, bool *fragmented);

/*
 * The order of a block that buddy_alloc() would hand out page by page, in
 * turn, if up to @nr single pages were asked for: it may be taken at once.
 */
unsigned buddy_run_order(const struct zone *z, uint64_t nr,
			 enum vm_migratetype type);

/* Give a block back; merges it with its buddies. */
void buddy_free(struct vm *vm, struct zone *z, uint32_t pfn, unsigned order);

/* Give @nr single pages back, in this order, as buddy_free() of each. */
void buddy_free_pages(struct vm *vm, const uint32_t *pfn, unsigned nr);

/*
 * Start fetching what buddy_free_pages() will look at for @pfn: the word
 * that says which of its buddies are free.
 */
static inline void buddy_prefetch(const struct vm *vm, uint32_t pfn)
{
	prefetchw(free_bit(vm, pfn, 0).word);
}

/* A block of at least @order that @type may use without HighAtomic. */
bool buddy_has_block(const struct zone *z, unsigned order, bool highatomic);

/* Where the blocks of the largest order end that @z has at boot. */
static inline uint32_t buddy_virgin_end(const struct zone *z)
{
	return z->first_pfn +
	       (uint32_t)(z->managed & ~((1ull << VM_MAX_ORDER) - 1));
}

#endif
