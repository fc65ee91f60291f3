/* SPDX-License-Identifier: MIT */
/*
 * memory.c - the memory of a machine in its image.
 *
 * A zone: marks, counters, the frames that have ever been in use, and the
 * order of its free lists.  A node: its counters, the order of its LRU lists,
 * what its kswapd is asked for.  Lists are written as the frames that are on
 * them, first to last, and built anew; a frame on two lists cannot be.
 *
 * Called by image.c.  Calls buddy.h and lruvec.h for what lists look like.
 * Locking: see image.h.
 */
#include <assert.h>

#include "image/image.h"
#include "memory/buddy.h"
#include "memory/pcp.h"
#include "reclaim/vmscan.h"

#define TAG_ZONE 0x656e6f5au /* "Zone" */
#define TAG_NODE 0x65646f4eu /* "Node" */

/* Counters that never fall below 0. */
static void image_items(struct image *im, int64_t *item, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		image_upto(im, item[i], INT64_MAX);
		assert(item[i] >= 0);
	}
}

/* A frame that is not free.  PG_LRU and lru_pos come with the LRU lists. */
IMAGE_KNOWS(page, 12);
static void image_page(struct image *im, void *element)
{
	struct page *p = element;
	uint16_t flags = p->flags & (uint16_t)~PG_LRU;

	assert(!im->saving || p->flags);
	image_num(im, flags);
	if (flags & (PG_LRU | PG_UNUSED))
		image_bad(im);
	p->flags = im->saving ? p->flags : flags;
	image_num(im, p->mapping);
	image_num(im, p->index);
}

static bool in_use(const struct page *p)
{
	return p->flags && !page_on_pcp(p);
}

/*
 * Frames of @z in [@from, @to): runs of those in use.
 */
static void image_frames(struct image *im, uint32_t from, uint32_t to)
{
	const struct vm *vm = im->vm;
	uint32_t pfn = from;

	assert(from <= to && to <= vm->nr_frames);
	while (pfn < to && !im->err) {
		uint32_t at = pfn, pages = 0;

		for (; im->saving && at < to; at++) {
			if (in_use(pfn_page(vm, at)))
				break;
		}
		at -= pfn;
		image_upto(im, at, to - pfn);
		at += pfn;
		while (im->saving && at + pages < to &&
		       in_use(pfn_page(vm, at + pages)))
			pages++;
		image_upto(im, pages, to - at);
		if (at + pages == pfn)
			image_bad(im);
		pfn = at + pages;
		for (; at < pfn && !im->err; at++)
			image_page(im, pfn_page(vm, at));
	}
}

/* --- free lists ---------------------------------------------------------- */

/* Blocks that are counted on this list and are on none: never in use. */
static uint64_t virgin_blocks(const struct zone *z, unsigned order,
			      unsigned type)
{
	if (order != VM_MAX_ORDER || type != VM_MIGRATE_MOVABLE)
		return 0;
	assert(z->virgin_pfn <= buddy_virgin_end(z));
	return (buddy_virgin_end(z) - z->virgin_pfn) >> VM_MAX_ORDER;
}

bool image_take_free(struct image *im, const struct zone *z, uint32_t pfn,
		     unsigned order)
{
	if (pfn < z->first_pfn || pfn % (1u << order))
		return false;
	for (uint32_t i = 0; i < 1u << order; i++) {
		const struct page *p;

		if (!image_frame_known(im, pfn + i) ||
		    page_zone(im->vm, pfn + i) != z || im->seen[pfn + i])
			return false;
		p = pfn_page(im->vm, pfn + i);
		if (p->flags || p->mapping || p->index)
			return false;
		im->seen[pfn + i] = FRAME_FREE;
	}
	assert(order <= VM_MAX_ORDER);
	return true;
}

/*
 * The block that comes next on its list, as it is read.  Of its page block's
 * type, and its buddy is not free, or they would be one.
 */
static bool read_block(struct image *im, struct zone *z, unsigned order,
		       enum vm_migratetype type)
{
	uint32_t pfn = 0;

	assert(!im->saving);
	image_num(im, pfn);
	if (im->err || !image_take_free(im, z, pfn, order) ||
	    pageblock_type(im->vm, pfn) != type ||
	    (order < VM_MAX_ORDER &&
	     block_is_free(im->vm, pfn ^ 1u << order, order)))
		return false;
	free_list_add(im->vm, z, pfn, order, type);
	return true;
}

/* What was read first was on top. */
static void turn_list(struct free_area *area, unsigned type)
{
	uint32_t *block = area->block[type];
	uint32_t nr = area->nr[type];

	assert(nr <= area->nr_free[type]);
	for (uint32_t i = 0; i < nr / 2; i++) {
		uint32_t pfn = block[i];

		block[i] = block[nr - 1 - i];
		block[nr - 1 - i] = pfn;
	}
}

/* The blocks of a list, from that which is taken next. */
static void image_free_list(struct image *im, struct zone *z, unsigned order,
			    unsigned type)
{
	struct free_area *area = &z->free_area[order];
	const uint64_t virgin = virgin_blocks(z, order, type);
	uint64_t nr = image_count(im, area->nr_free[type] - virgin, 4,
				  z->managed >> order);

	if (im->saving) {
		free_list_tidy(im->vm, z, order, type);
		assert(area->nr[type] == nr);
		while (nr--)
			image_num(im, area->block[type][nr]);
		return;
	}
	area->nr_free[type] = 0;
	for (; nr && !im->err; nr--)
		if (!read_block(im, z, order, type))
			image_bad(im);
	turn_list(area, type);
	area->nr_free[type] += virgin;
}

IMAGE_KNOWS(free_area, 80);
static void image_free_lists(struct image *im, struct zone *z)
{
	for (unsigned o = 0; o < VM_NR_ORDERS; o++)
		for (unsigned t = 0; t < VM_NR_MIGRATETYPES; t++)
			image_free_list(im, z, o, t);
	assert(im->err || !im->saving ||
	       z->free_area[0].nr_free[0] <= z->managed);
}

/* Types of page blocks; the sums by type follow from them. */
static void image_blocks(struct image *im, struct zone *z)
{
	const uint64_t nr = (z->managed + PAGEBLOCK_PAGES - 1) /
			    PAGEBLOCK_PAGES;
	const struct image_array a = {
		.base = im->vm->block_type + (z->first_pfn >> PAGEBLOCK_ORDER),
		.size = 1,
		.nr = nr,
	};

	image_sparse(im, &a);
	if (im->saving)
		return;
	for (unsigned t = 0; t < VM_NR_MIGRATETYPES; t++)
		z->pageblocks[t] = 0;
	for (uint64_t b = 0; b < nr; b++) {
		uint64_t pfn = z->first_pfn + b * PAGEBLOCK_PAGES;
		unsigned type = pageblock_type(im->vm, (uint32_t)pfn);

		if (type >= VM_NR_MIGRATETYPES) {
			image_bad(im);
			return;
		}
		z->pageblocks[type]++;
	}
	assert(z->pageblocks[VM_MIGRATE_MOVABLE] <= nr);
}

IMAGE_KNOWS(zone, 1240);
static void image_zone(struct image *im, struct zone *z)
{
	const uint32_t end = z->first_pfn + (uint32_t)z->managed;
	uint32_t used = z->virgin_pfn - z->first_pfn;

	image_tag(im, TAG_ZONE);
	image_u64s(im, z->wmark);
	image_num(im, z->boost);
	image_u64s(im, z->lowmem_reserve);
	image_items(im, z->item, VM_NR_ZONE_ITEMS);
	image_u64s(im, z->numa);
	image_num(im, z->nr_highatomic);
	image_upto(im, used, buddy_virgin_end(z) - z->first_pfn);
	if (used % (1u << VM_MAX_ORDER)) {
		image_bad(im);
		used = 0;
	}
	z->virgin_pfn = z->first_pfn + used;
	assert(z->virgin_pfn <= buddy_virgin_end(z));
	image_frames(im, z->first_pfn, z->virgin_pfn);
	image_frames(im, buddy_virgin_end(z), end);
	image_blocks(im, z);
	image_free_lists(im, z);
	image_pcp(im, z);
}

/* --- LRU lists ----------------------------------------------------------- */

static void save_listed(void *arg, uint32_t pfn, uint32_t pos)
{
	struct image *im = arg;

	(void)pos;
	assert(pfn_page(im->vm, pfn)->flags & PG_LRU);
	image_num(im, pfn);
}

/* Frame @pfn comes next on @lru, behind those that were read before. */
static void load_listed(struct image *im, struct pgdat *pgdat, enum vm_lru lru)
{
	struct page *p;
	uint32_t pfn = 0;

	image_num(im, pfn);
	if (im->err || !image_frame_known(im, pfn) ||
	    page_pgdat(im->vm, pfn) != pgdat || im->seen[pfn]) {
		image_bad(im);
		return;
	}
	p = pfn_page(im->vm, pfn);
	if (p->flags & (PG_LRU | PG_KERNEL) || page_lru(p) != lru) {
		image_bad(im);
		return;
	}
	assert(im->seen[pfn] == 0);
	p->flags |= PG_LRU;
	p->lru_pos = lru_queue_push_tail(&pgdat->lruvec, lru, pfn);
}

static void image_lru(struct image *im, struct pgdat *pgdat, enum vm_lru lru)
{
	uint64_t nr = image_count(im, pgdat->lruvec.list[lru].nr, 4,
				  pgdat->managed);

	if (im->saving) {
		lru_for_each(&pgdat->lruvec, lru, save_listed, im);
		return;
	}
	assert(pgdat->lruvec.list[lru].nr == 0);
	for (; nr && !im->err; nr--)
		load_listed(im, pgdat, lru);
}

IMAGE_KNOWS(lruvec, 224);
static void image_lruvec(struct image *im, struct pgdat *pgdat)
{
	struct lruvec *lv = &pgdat->lruvec;

	image_num(im, lv->anon_cost);
	image_num(im, lv->file_cost);
	image_num(im, lv->nonresident_age);
	image_u64s(im, lv->refaults);
	for (unsigned l = 0; l < VM_NR_LRU_LISTS; l++)
		image_lru(im, pgdat, l);
	assert(im->err || lv->nr_chunks <= lv->max_chunks);
}

IMAGE_KNOWS(pgdat, 7464);
static void image_node(struct image *im, struct pgdat *pgdat)
{
	image_tag(im, TAG_NODE);
	image_items(im, pgdat->item, VM_NR_NODE_ITEMS);
	image_items(im, pgdat->flushed, VM_NR_NODE_ITEMS);
	image_num(im, pgdat->totalreserve);
	image_num(im, pgdat->min_unmapped_pages);
	image_num(im, pgdat->min_slab_pages);
	image_upto(im, pgdat->flags, 2 * PGDAT_RECLAIM_LOCKED - 1);
	image_flag(im, &pgdat->kswapd_waiting);
	image_upto(im, pgdat->kswapd_order, VM_MAX_ORDER);
	image_upto(im, pgdat->kswapd_highest_zoneidx, VM_NR_ZONES);
	image_upto(im, pgdat->kswapd_failures, INT32_MAX);
	image_num(im, pgdat->slab_deferred);
	image_num(im, pgdat->nr_dentries);
	image_num(im, pgdat->slab_pages);
	image_num(im, pgdat->xa_nodes.room);
	image_num(im, pgdat->xa_nodes.pages);
	image_num(im, pgdat->xa_nodes.slabs);
	image_num(im, pgdat->xa_nodes.small_slabs);
	image_num(im, pgdat->nr_throttled);
	image_num(im, pgdat->nr_writeback_ended);
	image_upto(im, pgdat->hugepages, pgdat->managed / PAGEBLOCK_PAGES);
	image_upto(im, pgdat->hugepages_free, pgdat->hugepages);
	image_num(im, pgdat->huge_pool);
	assert(pgdat->hugepages_free <= pgdat->hugepages);
	image_lruvec(im, pgdat);
}

void image_memory(struct image *im)
{
	struct pgdat *pgdat;
	struct zone *z;

	assert(im->saving || im->seen);
	for_each_node(im->vm, pgdat) {
		for_each_zone(pgdat, z) {
			if (!zone_populated(z))
				continue;
			/* it has booted, and has free blocks of its own */
			if (!im->saving) {
				free_lists_clear(im->vm, z);
				pcp_forget(im->vm, z);
			}
			image_zone(im, z);
		}
		image_node(im, pgdat);
	}
	image_num(im, im->vm->totalreserve);
}
