/* SPDX-License-Identifier: MIT */
/*
 * buddy.c - free blocks: split, merge, steal from other migrate types.
 *
 * Called by page_alloc.c only.  Keeps nr_free_pages and the types of page
 * blocks; knows no watermark, so the boost is the caller's.
 * Locking: the world's lock.
 */
#include "memory/buddy.h"

#include <assert.h>
#include <errno.h>

#include "memory/vmstat.h"

/* Where a type looks when its own lists are empty, best first. */
static const enum vm_migratetype fallback[VM_NR_MIGRATETYPES][2] = {
	[VM_MIGRATE_UNMOVABLE] = { VM_MIGRATE_RECLAIMABLE,
				   VM_MIGRATE_MOVABLE },
	[VM_MIGRATE_MOVABLE] = { VM_MIGRATE_RECLAIMABLE,
				 VM_MIGRATE_UNMOVABLE },
	[VM_MIGRATE_RECLAIMABLE] = { VM_MIGRATE_UNMOVABLE,
				     VM_MIGRATE_MOVABLE },
	[VM_MIGRATE_HIGHATOMIC] = { VM_MIGRATE_UNMOVABLE,
				    VM_MIGRATE_MOVABLE },
};

static void set_pageblock_type(struct vm *vm, struct zone *z, uint32_t pfn,
			       enum vm_migratetype type)
{
	enum vm_migratetype old = pageblock_type(vm, pfn);

	assert(z->pageblocks[old] > 0);
	z->pageblocks[old]--;
	z->pageblocks[type]++;
	vm->block_type[pfn >> PAGEBLOCK_ORDER] =
		(uint8_t)(type ^ VM_MIGRATE_MOVABLE);
}

int buddy_init(struct vm *vm, struct zone *z)
{
	uint32_t pfn = buddy_virgin_end(z);
	uint32_t left = (uint32_t)(z->managed % MAX_BLOCK);

	assert(z->first_pfn % MAX_BLOCK == 0);
	if (free_lists_init(z))
		return -ENOMEM;
	z->virgin_pfn = z->first_pfn;
	z->free_area[VM_MAX_ORDER].nr_free[VM_MIGRATE_MOVABLE] =
		z->managed / MAX_BLOCK;
	z->pageblocks[VM_MIGRATE_MOVABLE] =
		(z->managed + PAGEBLOCK_PAGES - 1) / PAGEBLOCK_PAGES;
	for (unsigned o = VM_MAX_ORDER; o-- > 0;) {
		if (!(left & 1u << o))
			continue;
		free_list_add(vm, z, pfn, o, VM_MIGRATE_MOVABLE);
		pfn += 1u << o;
	}
	z->item[NR_FREE_PAGES] = (int64_t)z->managed;
	return 0;
}

void buddy_fini(struct zone *z)
{
	free_lists_fini(z);
}

/* A block off the list of @type and @order; touches virgin memory last. */
static uint32_t take(struct vm *vm, struct zone *z, unsigned order,
		     enum vm_migratetype type)
{
	struct free_area *area = &z->free_area[order];
	uint32_t pfn = free_list_top(vm, z, order, type);

	if (pfn != PFN_NONE) {
		free_list_del(vm, z, pfn, order, type);
		area->nr[type]--; /* it is on top */
		return pfn;
	}
	if (order != VM_MAX_ORDER || type != VM_MIGRATE_MOVABLE ||
	    z->virgin_pfn == buddy_virgin_end(z))
		return PFN_NONE;
	pfn = z->virgin_pfn;
	z->virgin_pfn += MAX_BLOCK;
	assert(area->nr_free[type] > 0);
	area->nr_free[type]--;
	return pfn;
}

/* A block that is larger than what is wanted of it. */
struct split {
	unsigned from, to; /* orders */
	enum vm_migratetype type;
};

/* Give the upper halves of a block back until it is of the order wanted. */
static void expand(struct vm *vm, struct zone *z, uint32_t pfn, struct split s)
{
	assert(s.from >= s.to);
	while (s.from-- > s.to)
		free_list_add(vm, z, pfn + (1u << s.from), s.from, s.type);
}

static uint32_t take_smallest(struct vm *vm, struct zone *z, unsigned order,
			      enum vm_migratetype type)
{
	for (unsigned o = order; o < VM_NR_ORDERS; o++) {
		uint32_t pfn = take(vm, z, o, type);

		if (pfn == PFN_NONE)
			continue;
		expand(vm, z, pfn, (struct split){ o, order, type });
		return pfn;
	}
	return PFN_NONE;
}

/* What a page block consists of; PG_LRU pages can be moved elsewhere. */
struct block_use {
	uint32_t free, lru;
};

/* The order of the free block that begins here, if one does; or none. */
static int order_of_free(const struct vm *vm, uint32_t pfn)
{
	for (unsigned o = 0; o < PAGEBLOCK_ORDER; o++)
		if (pfn % (1u << o) == 0 && block_is_free(vm, pfn, o))
			return (int)o;
	return -1;
}

static struct block_use count_block(struct vm *vm, uint32_t start)
{
	struct block_use use = { 0, 0 };

	for (uint32_t pfn = start; pfn < start + PAGEBLOCK_PAGES;) {
		const int order = order_of_free(vm, pfn);

		if (order >= 0)
			use.free += 1u << order;
		else
			use.lru += !!(pfn_page(vm, pfn)->flags & PG_LRU);
		pfn += order > 0 ? 1u << order : 1;
	}
	assert(use.free + use.lru <= PAGEBLOCK_PAGES);
	return use;
}

/* Move all free blocks of a page block to @type's lists: it is of @type. */
static void claim_free_blocks(struct vm *vm, struct zone *z, uint32_t start,
			      enum vm_migratetype from)
{
	const enum vm_migratetype type = pageblock_type(vm, start);

	assert(from != type);
	for (uint32_t pfn = start; pfn < start + PAGEBLOCK_PAGES;) {
		const int order = order_of_free(vm, pfn);
		struct free_area *area = &z->free_area[MAX(order, 0)];

		if (order >= 0) {
			area->nr_free[from]--;
			area->nr_free[type]++;
			free_list_push(vm, z, pfn, (unsigned)order, type);
		}
		pfn += order > 0 ? 1u << order : 1;
	}
}

/* May @type have all of the page block that it takes 2^@order pages of? */
static bool may_claim(unsigned order, enum vm_migratetype type)
{
	return order >= PAGEBLOCK_ORDER / 2 || type != VM_MIGRATE_MOVABLE;
}

/*
 * The page block of the free block @pfn becomes @type's, if half of it is
 * free or of that kind already.  False: it stays what it is.
 */
static bool claim_block(struct vm *vm, struct zone *z, uint32_t pfn,
			enum vm_migratetype type)
{
	const uint32_t start = pfn & ~(PAGEBLOCK_PAGES - 1);
	const enum vm_migratetype old = pageblock_type(vm, pfn);
	struct block_use use;
	uint32_t alike = 0;

	assert(old != type);
	if (start + PAGEBLOCK_PAGES > z->first_pfn + z->managed)
		return false;
	use = count_block(vm, start);
	if (type == VM_MIGRATE_MOVABLE)
		alike = use.lru;
	else if (old == VM_MIGRATE_MOVABLE)
		alike = PAGEBLOCK_PAGES - use.free - use.lru;
	if (use.free + alike < PAGEBLOCK_PAGES / 2)
		return false;
	set_pageblock_type(vm, z, start, type);
	claim_free_blocks(vm, z, start, old);
	return true;
}

/*
 * mm/page_alloc.c:steal_suitable_fallback.  @pfn is the first block of a list
 * of another type.  Whole page blocks change their type; a part of one is
 * taken with the rest of the block, or alone.  @fragmented: a page block was
 * broken.
 */
static uint32_t steal(struct vm *vm, struct zone *z, uint32_t pfn,
		      struct split s, bool *fragmented)
{
	const enum vm_migratetype type = s.type;

	*fragmented = s.from < PAGEBLOCK_ORDER;
	if (*fragmented && may_claim(s.from, type) &&
	    claim_block(vm, z, pfn, type))
		return take_smallest(vm, z, s.to, type);
	free_list_del(vm, z, pfn, s.from, pageblock_type(vm, pfn));
	if (!*fragmented)
		for (uint32_t b = 0; b < 1u << s.from; b += PAGEBLOCK_PAGES)
			set_pageblock_type(vm, z, pfn + b, type);
	s.type = pageblock_type(vm, pfn);
	expand(vm, z, pfn, s);
	return pfn;
}

/* The list of another type to take a block of order @o from; or none. */
static int find_fallback(const struct zone *z, unsigned o,
			 enum vm_migratetype type)
{
	for (unsigned i = 0; i < 2; i++)
		if (z->free_area[o].nr_free[fallback[type][i]])
			return fallback[type][i];
	return -1;
}

/*
 * The largest block of another type, so that it is broken seldom; for a page
 * that can be moved again, and may not have the page block, the smallest.
 */
static uint32_t take_fallback(struct vm *vm, struct zone *z, unsigned order,
			      enum vm_migratetype type, bool *fragmented)
{
	int from = -1;
	unsigned o = VM_NR_ORDERS;
	uint32_t pfn;

	while (from < 0 && o-- > order)
		from = find_fallback(z, o, type);
	if (from < 0)
		return PFN_NONE;
	if (!may_claim(o, type))
		for (o = order; find_fallback(z, o, type) < 0;)
			o++;
	from = find_fallback(z, o, type);
	pfn = free_list_top(vm, z, o, (enum vm_migratetype)from);
	if (pfn == PFN_NONE) { /* all free blocks of this order are virgin */
		pfn = take(vm, z, o, (enum vm_migratetype)from);
		free_list_add(vm, z, pfn, o, (enum vm_migratetype)from);
	}
	return steal(vm, z, pfn, (struct split){ o, order, type },
		     fragmented);
}

/*
 * Single pages come from the smallest block, from its front to its end.  If
 * it is another type's, only a whole page block: of a part of one it depends
 * on each page whether the block is claimed.
 */
unsigned buddy_run_order(const struct zone *z, uint64_t nr,
			 enum vm_migratetype type)
{
	unsigned o = 0, most = 0;

	assert(nr > 0);
	while (most < VM_MAX_ORDER && nr >> (most + 1))
		most++;
	while (o < VM_NR_ORDERS && !z->free_area[o].nr_free[type])
		o++;
	if (o < VM_NR_ORDERS)
		return MIN(o, most);
	while (o-- > PAGEBLOCK_ORDER)
		if (find_fallback(z, o, type) >= 0)
			return MIN(o, most);
	return 0;
}

uint32_t buddy_alloc(struct vm *vm, struct zone *z, unsigned order,
		     enum vm_migratetype type, bool *fragmented)
{
	uint32_t pfn;

	assert(order <= VM_MAX_ORDER && type < VM_NR_MIGRATETYPES);
	*fragmented = false;
	pfn = take_smallest(vm, z, order, type);
	if (pfn == PFN_NONE)
		pfn = take_fallback(vm, z, order, type, fragmented);
	if (pfn == PFN_NONE)
		return PFN_NONE;
	mod_zone(z, NR_FREE_PAGES, -(int64_t)(1u << order));
	return pfn;
}

/* A block that is about to be free, and becomes larger meanwhile. */
struct merging {
	struct zone *zone;
	uint32_t pfn;
	unsigned order;
	enum vm_migratetype type;
};

/*
 * Merge it with its buddies, as long as they are in one word: at most until
 * it is of the order @end.  Zones begin at multiples of the largest block,
 * and what is beyond a zone's end is never free, so no bound need be looked
 * at.  True: it is of that order; else there is no buddy, and its bit is set.
 */
static bool merge_in_word(struct vm *vm, struct merging *m, unsigned end)
{
	const struct free_bit b = free_bit(vm, m->pfn, m->order);
	uint64_t word = *b.word;
	uint32_t at = b.at;

	assert(!(word >> at & 1));
	for (; m->order < end; m->order++, at /= 2) {
		uint32_t buddy = m->pfn ^ 1u << m->order;
		enum vm_migratetype type = m->type;

		if (!(word >> (at ^ 1) & 1))
			break;
		word ^= 1ull << (at ^ 1);
		if (m->order >= PAGEBLOCK_ORDER)
			type = pageblock_type(vm, buddy);
		assert(pageblock_type(vm, buddy) == type);
		assert(m->zone->free_area[m->order].nr_free[type] > 0);
		m->zone->free_area[m->order].nr_free[type]--;
		if (type != m->type)
			set_pageblock_type(vm, m->zone, buddy, m->type);
		m->pfn &= buddy;
	}
	if (m->order < end || end == VM_MAX_ORDER)
		word |= 1ull << at;
	*b.word = word;
	return m->order == end;
}

/*
 * Without the counter.  Page blocks that become one are of one kind, so that
 * each half of it finds its list again.
 */
static void merge(struct vm *vm, struct zone *z, uint32_t pfn, unsigned order)
{
	struct merging m = { z, pfn, order, pageblock_type(vm, pfn) };

	assert(pfn >= z->first_pfn && pfn % (1u << order) == 0);
	if (order >= FREE_LOW_ORDERS || merge_in_word(vm, &m, FREE_LOW_ORDERS))
		merge_in_word(vm, &m, VM_MAX_ORDER);
	free_list_push(vm, z, m.pfn, m.order, m.type);
	z->free_area[m.order].nr_free[m.type]++;
}

void buddy_free(struct vm *vm, struct zone *z, uint32_t pfn, unsigned order)
{
	assert(!(pfn_page(vm, pfn)->flags & PG_LRU));
	for (uint32_t i = 0; i < 1u << order; i++)
		*pfn_page(vm, pfn + i) = (struct page){ 0 };
	merge(vm, z, pfn, order);
	mod_zone(z, NR_FREE_PAGES, 1u << order);
}

void buddy_free_pages(struct vm *vm, const uint32_t *pfn, unsigned nr)
{
	struct zone *zone = NULL;
	unsigned from = 0;

	for (unsigned i = 0; i < nr; i++) {
		struct zone *z = page_zone(vm, pfn[i]);

		assert(!(pfn_page(vm, pfn[i])->flags & PG_LRU));
		*pfn_page(vm, pfn[i]) = (struct page){ 0 };
		merge(vm, z, pfn[i], 0);
		if (z == zone)
			continue;
		if (zone)
			mod_zone(zone, NR_FREE_PAGES, i - from);
		zone = z;
		from = i;
	}
	if (zone)
		mod_zone(zone, NR_FREE_PAGES, nr - from);
}

bool buddy_has_block(const struct zone *z, unsigned order, bool highatomic)
{
	for (unsigned o = order; o < VM_NR_ORDERS; o++) {
		const struct free_area *area = &z->free_area[o];

		if (area->nr_free[VM_MIGRATE_UNMOVABLE] ||
		    area->nr_free[VM_MIGRATE_MOVABLE] ||
		    area->nr_free[VM_MIGRATE_RECLAIMABLE] ||
		    (highatomic && area->nr_free[VM_MIGRATE_HIGHATOMIC]))
			return true;
	}
	return false;
}
