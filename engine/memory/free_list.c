/* SPDX-License-Identifier: MIT */
/*
 * free_list.c - the free lists of a zone: stacks of pfns, and bits.
 *
 * Called by buddy.c, which knows when blocks merge and split, and by those
 * who save, read and verify the lists.  A stack has room for twice as many
 * blocks as can be free at once, since no two buddies are.  It is rewritten
 * when that is used up, or when most of it has gone.
 * Locking: the world's lock.
 */
#include "memory/free_list.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "world/reserve.h"

/* A stack may have this many entries for each of its blocks, and a few. */
#define SPARSE 4u
#define SLACK  64u

/* How many entries ahead of their use words and frames are fetched. */
#define AHEAD 12u
#define FRAMES_AHEAD 4u

/* Entries that a stack of @order may come to have. */
static size_t room(const struct zone *z, unsigned order)
{
	uint64_t blocks = (z->managed >> order) + 1;

	if (order < VM_MAX_ORDER)
		blocks = blocks / 2 + 1;
	return (size_t)(2 * blocks + SLACK);
}

static size_t stacks_size(const struct zone *z)
{
	size_t nr = 0;

	for (unsigned o = 0; o < VM_NR_ORDERS; o++)
		nr += room(z, o);
	return VM_NR_MIGRATETYPES * nr * sizeof(*z->stacks);
}

int free_lists_init(struct zone *z)
{
	uint32_t *at;

	assert(!z->stacks);
	if (!zone_populated(z))
		return 0;
	at = reserve_alloc(stacks_size(z));
	if (!at)
		return -ENOMEM;
	z->stacks = at;
	for (unsigned t = 0; t < VM_NR_MIGRATETYPES; t++) {
		for (unsigned o = 0; o < VM_NR_ORDERS; o++) {
			z->free_area[o].block[t] = at;
			at += room(z, o);
		}
	}
	return 0;
}

void free_lists_fini(struct zone *z)
{
	reserve_free(z->stacks, stacks_size(z));
	z->stacks = NULL;
}

void free_lists_clear(struct vm *vm, struct zone *z)
{
	const uint64_t blocks = (z->managed + MAX_BLOCK - 1) / MAX_BLOCK;
	const uint64_t words = blocks * (MAX_BLOCK >> FREE_WORD_SHIFT);

	assert(z->first_pfn % MAX_BLOCK == 0);
	for (unsigned o = 0; o < VM_NR_ORDERS; o++)
		for (unsigned t = 0; t < VM_NR_MIGRATETYPES; t++)
			z->free_area[o].nr[t] = 0;
	reserve_clear(free_bit(vm, z->first_pfn, 0).word,
		      words * sizeof(uint64_t));
	reserve_clear(free_bit(vm, z->first_pfn, VM_MAX_ORDER).word,
		      blocks * sizeof(uint64_t));
}

/* Does this entry of the list still count, if none above is of its block? */
static bool is_listed(const struct vm *vm, uint32_t pfn, unsigned order,
		      enum vm_migratetype type)
{
	return block_is_free(vm, pfn, order) && pageblock_type(vm, pfn) == type;
}

static void flip(const struct vm *vm, uint32_t pfn, unsigned order)
{
	const struct free_bit b = free_bit(vm, pfn, order);

	*b.word ^= 1ull << b.at;
}

void free_list_tidy(struct vm *vm, struct zone *z, unsigned order,
		    enum vm_migratetype type)
{
	struct free_area *area = &z->free_area[order];
	uint32_t *block = area->block[type];
	const uint32_t nr = area->nr[type];
	uint32_t at = nr;

	/* without branches, of which each second one would surprise */
	for (uint32_t i = nr; i-- > 0;) {
		const uint32_t pfn = block[i];
		const struct free_bit b = free_bit(vm, pfn, order);
		const uint64_t listed = *b.word >> b.at & 1 &
					(pageblock_type(vm, pfn) == type);

		if (i >= AHEAD)
			prefetchw(free_bit(vm, block[i - AHEAD], order).word);
		*b.word ^= listed << b.at; /* what comes below has gone */
		block[at - 1] = pfn;
		at -= (uint32_t)listed;
	}
	for (uint32_t i = at; i < nr; i++)
		flip(vm, block[i], order);
	area->nr[type] = nr - at;
	assert(area->nr[type] + SLACK <= room(z, order));
	memmove(block, block + at, area->nr[type] * sizeof(*block));
}

/*
 * Has most of the stack gone, or is it full?  It is not full before half of
 * it has gone, which most who ask can be told first.
 */
static bool is_sparse(const struct zone *z, unsigned order,
		      enum vm_migratetype type)
{
	const struct free_area *area = &z->free_area[order];
	const uint64_t nr = area->nr[type], nr_free = area->nr_free[type];

	assert(nr <= room(z, order));
	if (nr < 2 * nr_free + SLACK)
		return false;
	return nr >= SPARSE * nr_free + SLACK || nr == room(z, order);
}

void free_list_push(struct vm *vm, struct zone *z, uint32_t pfn,
		    unsigned order, enum vm_migratetype type)
{
	struct free_area *area = &z->free_area[order];

	assert(pfn >= z->first_pfn && pfn % (1u << order) == 0);
	if (is_sparse(z, order, type))
		free_list_tidy(vm, z, order, type);
	area->block[type][area->nr[type]++] = pfn;
	assert(area->nr[type] <= room(z, order));
}

void free_list_add(struct vm *vm, struct zone *z, uint32_t pfn, unsigned order,
		   enum vm_migratetype type)
{
	assert(!block_is_free(vm, pfn, order));
	assert(pageblock_type(vm, pfn) == type);
	flip(vm, pfn, order);
	free_list_push(vm, z, pfn, order, type);
	z->free_area[order].nr_free[type]++;
}

void free_list_del(struct vm *vm, struct zone *z, uint32_t pfn, unsigned order,
		   enum vm_migratetype type)
{
	assert(block_is_free(vm, pfn, order));
	assert(z->free_area[order].nr_free[type] > 0);
	flip(vm, pfn, order);
	z->free_area[order].nr_free[type]--;
}

uint32_t free_list_top(struct vm *vm, struct zone *z, unsigned order,
		       enum vm_migratetype type)
{
	struct free_area *area = &z->free_area[order];
	const uint32_t *block = area->block[type];
	uint32_t nr = area->nr[type];

	while (nr && !is_listed(vm, block[nr - 1], order, type))
		nr--;
	area->nr[type] = nr;
	if (!nr)
		return PFN_NONE;
	if (nr > AHEAD)
		prefetchw(free_bit(vm, block[nr - AHEAD], order).word);
	if (nr > FRAMES_AHEAD)
		page_prefetch(vm, block[nr - FRAMES_AHEAD]);
	assert(area->nr_free[type] > 0);
	return block[nr - 1];
}
