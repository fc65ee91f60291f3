/* SPDX-License-Identifier: MIT */
/*
 * free_list.h - which blocks are free, and in which order they are taken.
 *
 * One bit says that a free block of this order begins here: 2 bits a page.
 * Orders 0 to 4 of 32 pages are one word, orders 5 to 10 of 1024 pages are
 * another, each a binary tree in an array: the bit of a block is half that
 * of its halves, and buddies differ in the lowest bit.  So a page that is
 * freed meets its buddies in one word, and no frame but its own.
 *
 * A list is a stack of pfns, the youngest on top, like the kernel's lists,
 * which are added to and taken from at their head.  A block that leaves a
 * list from its middle, because it is merged, loses its bit, and stays in
 * the stack until it comes to the top or the stack is tidied: of the entries
 * of a block that is free the topmost counts.  It is on the list of its
 * order and of its page block's type.
 *
 * Units: blocks, pfns.  Errors: none but -ENOMEM at the start.
 * Locking: the world's lock.
 */
#ifndef ENGINE_MEMORY_FREE_LIST_H
#define ENGINE_MEMORY_FREE_LIST_H

#include "memory/state.h"

#define FREE_LOW_ORDERS	 5u /* in the words of 32 pages */
#define FREE_WORD_PAGES 32u
#define FREE_WORD_SHIFT	 5u
#define MAX_BLOCK	 (1u << VM_MAX_ORDER)

/* block_type is zero for what has never been looked at: all is movable. */
static inline enum vm_migratetype pageblock_type(const struct vm *vm,
						 uint32_t pfn)
{
	return vm->block_type[pfn >> PAGEBLOCK_ORDER] ^ VM_MIGRATE_MOVABLE;
}

/* Where it is said whether a block is free: bit 2^@at of @word. */
struct free_bit {
	uint64_t *word;
	uint32_t at;
};

static inline struct free_bit free_bit(const struct vm *vm, uint32_t pfn,
				       unsigned order)
{
	uint32_t leaf = pfn;
	uint64_t *word = &vm->free_low[pfn >> FREE_WORD_SHIFT];

	if (order >= FREE_LOW_ORDERS) {
		leaf >>= FREE_LOW_ORDERS;
		order -= FREE_LOW_ORDERS;
		word = &vm->free_high[pfn >> VM_MAX_ORDER];
	}
	leaf = FREE_WORD_PAGES + leaf % FREE_WORD_PAGES;
	return (struct free_bit){ word, leaf >> order };
}

/* A free block of exactly this order? */
static inline bool block_is_free(const struct vm *vm, uint32_t pfn,
				 unsigned order)
{
	const struct free_bit b = free_bit(vm, pfn, order);

	return *b.word >> b.at & 1;
}

/* Empty lists for @z, whose frames there are.  0 or -ENOMEM. */
int free_lists_init(struct zone *z);
void free_lists_fini(struct zone *z);

/* No block of @z is free: counts, lists, bits. */
void free_lists_clear(struct vm *vm, struct zone *z);

/* On top of the list of @type, which is that of its page block. */
void free_list_add(struct vm *vm, struct zone *z, uint32_t pfn, unsigned order,
		   enum vm_migratetype type);

/* The same for a block whose bit is set already, and which is counted. */
void free_list_push(struct vm *vm, struct zone *z, uint32_t pfn,
		    unsigned order, enum vm_migratetype type);

/* Off its list, wherever it stands there. */
void free_list_del(struct vm *vm, struct zone *z, uint32_t pfn, unsigned order,
		   enum vm_migratetype type);

/* The block on top, which stays; PFN_NONE of an empty list. */
uint32_t free_list_top(struct vm *vm, struct zone *z, unsigned order,
		       enum vm_migratetype type);

/*
 * Forget what is not on the list any more: from here on until it changes,
 * free_area.block is the list, free_area.nr its length.
 */
void free_list_tidy(struct vm *vm, struct zone *z, unsigned order,
		    enum vm_migratetype type);

#endif
