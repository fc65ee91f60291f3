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

#include "memory/vmstat.h"

#define MAX_BLOCK (1u << VM_MAX_ORDER)
#define PREFETCH_ORDERS 4u

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

/* block_type is zero for what has never been looked at: all is movable. */
static uint8_t type_code(enum vm_migratetype type)
{
	return (uint8_t)(type ^ VM_MIGRATE_MOVABLE);
}

enum vm_migratetype pageblock_type(struct vm *vm, uint32_t pfn)
{
	return vm->block_type[pfn >> PAGEBLOCK_ORDER] ^ VM_MIGRATE_MOVABLE;
}

static void set_pageblock_type(struct vm *vm, struct zone *z, uint32_t pfn,
			       enum vm_migratetype type)
{
	enum vm_migratetype old = pageblock_type(vm, pfn);

	assert(z->pageblocks[old] > 0);
	z->pageblocks[old]--;
	z->pageblocks[type]++;
	vm->block_type[pfn >> PAGEBLOCK_ORDER] = type_code(type);
}

static unsigned block_order(const struct page *p)
{
	return p->mapping & 0xff;
}

static enum vm_migratetype block_list(const struct page *p)
{
	return p->mapping >> 8;
}

static void list_add(struct vm *vm, struct zone *z, uint32_t pfn,
		     unsigned order, enum vm_migratetype type)
{
	struct free_area *area = &z->free_area[order];
	struct page *p = pfn_page(vm, pfn);

	assert(!(p->flags & PG_BUDDY));
	p->flags = PG_BUDDY;
	p->mapping = (uint16_t)(order | (unsigned)type << 8);
	p->index = area->head[type];
	p->lru_pos = PFN_NONE;
	if (area->head[type] != PFN_NONE)
		pfn_page(vm, area->head[type])->lru_pos = pfn;
	area->head[type] = pfn;
	area->nr_free[type]++;
}

static void list_del(struct vm *vm, struct zone *z, uint32_t pfn)
{
	struct page *p = pfn_page(vm, pfn);
	struct free_area *area = &z->free_area[block_order(p)];
	enum vm_migratetype type = block_list(p);

	assert(p->flags & PG_BUDDY);
	assert(area->nr_free[type] > 0);
	if (p->lru_pos == PFN_NONE)
		area->head[type] = p->index;
	else
		pfn_page(vm, p->lru_pos)->index = p->index;
	if (p->index != PFN_NONE)
		pfn_page(vm, p->index)->lru_pos = p->lru_pos;
	area->nr_free[type]--;
	*p = (struct page){ 0 };
}

void buddy_init(struct vm *vm, struct zone *z)
{
	uint32_t pfn = buddy_virgin_end(z);
	uint32_t left = (uint32_t)(z->managed % MAX_BLOCK);

	assert(z->first_pfn % MAX_BLOCK == 0);
	for (unsigned o = 0; o < VM_NR_ORDERS; o++)
		for (unsigned t = 0; t < VM_NR_MIGRATETYPES; t++)
			z->free_area[o].head[t] = PFN_NONE;
	z->virgin_pfn = z->first_pfn;
	z->free_area[VM_MAX_ORDER].nr_free[VM_MIGRATE_MOVABLE] =
		z->managed / MAX_BLOCK;
	z->pageblocks[VM_MIGRATE_MOVABLE] =
		(z->managed + PAGEBLOCK_PAGES - 1) / PAGEBLOCK_PAGES;
	for (unsigned o = VM_MAX_ORDER; o-- > 0;) {
		if (!(left & 1u << o))
			continue;
		list_add(vm, z, pfn, o, VM_MIGRATE_MOVABLE);
		pfn += 1u << o;
	}
	z->item[NR_FREE_PAGES] = (int64_t)z->managed;
}

/* A block off the list of @type and @order; touches virgin memory last. */
static uint32_t take(struct vm *vm, struct zone *z, unsigned order,
		     enum vm_migratetype type)
{
	struct free_area *area = &z->free_area[order];
	uint32_t pfn = area->head[type];

	if (pfn != PFN_NONE) {
		list_del(vm, z, pfn);
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
	while (s.from > s.to) {
		s.from--;
		list_add(vm, z, pfn + (1u << s.from), s.from, s.type);
	}
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

static struct block_use count_block(struct vm *vm, uint32_t start)
{
	struct block_use use = { 0, 0 };

	for (uint32_t pfn = start; pfn < start + PAGEBLOCK_PAGES;) {
		const struct page *p = pfn_page(vm, pfn);
		uint32_t nr = p->flags & PG_BUDDY ? 1u << block_order(p) : 1;

		if (p->flags & PG_BUDDY)
			use.free += nr;
		else
			use.lru += !!(p->flags & PG_LRU);
		pfn += nr;
	}
	assert(use.free + use.lru <= PAGEBLOCK_PAGES);
	return use;
}

/* Move all free blocks of a page block to @type's lists. */
static void claim_free_blocks(struct vm *vm, struct zone *z, uint32_t start,
			      enum vm_migratetype type)
{
	for (uint32_t pfn = start; pfn < start + PAGEBLOCK_PAGES;) {
		struct page *p = pfn_page(vm, pfn);
		unsigned order;

		if (!(p->flags & PG_BUDDY)) {
			pfn++;
			continue;
		}
		order = block_order(p);
		list_del(vm, z, pfn);
		list_add(vm, z, pfn, order, type);
		pfn += 1u << order;
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
	claim_free_blocks(vm, z, start, type);
	set_pageblock_type(vm, z, start, type);
	return true;
}

/*
 * mm/page_alloc.c:steal_suitable_fallback.  @pfn, of order @o, is the head of
 * its list.  Whole page blocks change their type; a part of one is taken with
 * the rest of the block, or alone.  @fragmented: a page block was broken.
 */
static uint32_t steal(struct vm *vm, struct zone *z, uint32_t pfn,
		      struct split s, bool *fragmented)
{
	const enum vm_migratetype type = s.type;

	*fragmented = s.from < PAGEBLOCK_ORDER;
	if (*fragmented && may_claim(s.from, type) &&
	    claim_block(vm, z, pfn, type))
		return take_smallest(vm, z, s.to, type);
	list_del(vm, z, pfn);
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
	pfn = z->free_area[o].head[from];
	if (pfn == PFN_NONE) { /* all free blocks of this order are virgin */
		pfn = take(vm, z, o, (enum vm_migratetype)from);
		list_add(vm, z, pfn, o, (enum vm_migratetype)from);
	}
	return steal(vm, z, pfn, (struct split){ o, order, type },
		     fragmented);
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

/*
 * A block of this order?  Zones begin at multiples of the largest block, and
 * frames beyond a zone's end are never free, so no bound need be looked at.
 */
static bool is_free_block(const struct page *p, unsigned order)
{
	return p->flags & PG_BUDDY && block_order(p) == order;
}

/*
 * Without the counter.  Page blocks that become one are of one kind, so that
 * each half of it finds its list again.
 */
static void merge(struct vm *vm, struct zone *z, uint32_t pfn, unsigned o)
{
	const enum vm_migratetype type = pageblock_type(vm, pfn);

	assert(pfn >= z->first_pfn && pfn % (1u << o) == 0);
	while (o < VM_MAX_ORDER) {
		uint32_t buddy = pfn ^ 1u << o;

		if (!is_free_block(pfn_page(vm, buddy), o))
			break;
		list_del(vm, z, buddy);
		if (o >= PAGEBLOCK_ORDER && pageblock_type(vm, buddy) != type)
			set_pageblock_type(vm, z, buddy, type);
		pfn &= ~(1u << o);
		o++;
	}
	list_add(vm, z, pfn, o, type);
}

void buddy_free(struct vm *vm, struct zone *z, uint32_t pfn, unsigned order)
{
	assert(!(pfn_page(vm, pfn)->flags & (PG_BUDDY | PG_LRU)));
	for (uint32_t i = 0; i < 1u << order; i++)
		*pfn_page(vm, pfn + i) = (struct page){ 0 };
	merge(vm, z, pfn, order);
	mod_zone(z, NR_FREE_PAGES, 1u << order);
}

/* The neighbours of a free block on its list, as it will leave it. */
static void prefetch_neighbours(const struct vm *vm, const struct page *p)
{
	assert(p->flags & PG_BUDDY);
	if (p->index != PFN_NONE)
		page_prefetch(vm, p->index);
	if (p->lru_pos != PFN_NONE)
		page_prefetch(vm, p->lru_pos);
}

void buddy_prefetch(const struct vm *vm, uint32_t pfn)
{
	const struct page *p = pfn_page(vm, pfn ^ 1);

	assert(pfn < vm->nr_frames);
	if (!is_free_block(p, 0))
		return;
	prefetch_neighbours(vm, p);
	page_prefetch(vm, (pfn & ~1u) ^ 2);
}

/* The same for the next orders, once those buddies have come. */
static void prefetch_more(const struct vm *vm, uint32_t pfn)
{
	if (!is_free_block(pfn_page(vm, pfn ^ 1), 0))
		return;
	for (unsigned o = 1; o < PREFETCH_ORDERS; o++) {
		const struct page *p;

		pfn &= ~((1u << o) - 1);
		p = pfn_page(vm, pfn ^ 1u << o);
		if (!is_free_block(p, o))
			return;
		prefetch_neighbours(vm, p);
		page_prefetch(vm, (pfn & ~(1u << o)) ^ 2u << o);
	}
}

void buddy_free_pages(struct vm *vm, const uint32_t *pfn, unsigned nr)
{
	struct zone *zone = NULL;
	unsigned from = 0;

	for (unsigned i = 0; i < nr; i++)
		prefetch_more(vm, pfn[i]);
	for (unsigned i = 0; i < nr; i++) {
		struct zone *z = page_zone(vm, pfn[i]);

		assert(!(pfn_page(vm, pfn[i])->flags & (PG_BUDDY | PG_LRU)));
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
