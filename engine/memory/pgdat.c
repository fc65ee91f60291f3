/* SPDX-License-Identifier: MIT */
/*
 * pgdat.c - nodes and zones at boot: which frame is whose, all of it free.
 *
 * Called by vm_create() and vm_destroy().  Every zone begins at a multiple
 * of the largest block, so that buddies never cross zones; the few frames
 * in between are never used and cost no memory.
 */
#include "memory/pgdat.h"

#include <assert.h>
#include <errno.h>

#include "memory/buddy.h"
#include "memory/vmstat.h"
#include "world/reserve.h"

static uint64_t round_up_block(uint64_t n)
{
	return (n + MAX_BLOCK - 1) / MAX_BLOCK * MAX_BLOCK;
}

static size_t free_low_size(const struct vm *vm)
{
	return (vm->nr_frames >> FREE_WORD_SHIFT) * sizeof(*vm->free_low);
}

static size_t free_high_size(const struct vm *vm)
{
	return (vm->nr_frames >> VM_MAX_ORDER) * sizeof(*vm->free_high);
}

static void zone_setup(struct vm *vm, struct pgdat *pgdat, unsigned type,
		       uint64_t *frame)
{
	struct zone *z = &pgdat->zone[type];

	z->id = (uint8_t)(pgdat->nid * VM_NR_ZONES + (int)type);
	z->nid = (uint8_t)pgdat->nid;
	z->type = type;
	z->conf = vm->conf.node[pgdat->nid].zone[type];
	z->managed = z->conf.managed;
	z->first_pfn = (uint32_t)*frame;
	vm->zone_table[z->id] = z;
	*frame += round_up_block(z->managed);
	pgdat->managed += z->managed;
	pgdat->present += z->conf.present;
	assert(*frame <= UINT32_MAX);
}

static void claim_frames(struct vm *vm, const struct zone *z)
{
	uint64_t first = z->first_pfn >> PAGEBLOCK_ORDER;
	uint64_t n = round_up_block(z->managed) >> PAGEBLOCK_ORDER;

	for (uint64_t b = first; b < first + n; b++)
		vm->block_zone[b] = z->id;
}

static int pgdat_setup(struct vm *vm, struct pgdat *pgdat)
{
	struct zone *z;

	for (uint32_t c = 0; c < vm->conf.nr_cpus; c++)
		pgdat->has_cpu |= vm->conf.cpu_node[c] == pgdat->nid;
	pgdat->by_flush = vm->conf.lru_counts == VM_LRU_COUNTS_FLUSHED;
	pgdat->kswapd_highest_zoneidx = VM_NR_ZONES;
	pgdat->slab_pages = PFN_NONE;
	pgdat->xa_nodes.slabs = PFN_NONE;
	pgdat->xa_nodes.small_slabs = PFN_NONE;
	for_each_zone(pgdat, z) {
		int err;

		claim_frames(vm, z);
		err = buddy_init(vm, z);
		if (err)
			return err;
	}
	return lruvec_init(&pgdat->lruvec, pgdat->managed);
}

int pgdats_init(struct vm *vm)
{
	struct pgdat *pgdat;
	uint64_t frames = 0, blocks;

	vm->nr_nodes = vm->conf.nr_nodes;
	for_each_node(vm, pgdat) {
		pgdat->nid = (int)(pgdat - vm->node);
		for (unsigned t = 0; t < VM_NR_ZONES; t++)
			zone_setup(vm, pgdat, t, &frames);
		vm->total_pages += pgdat->managed;
	}
	vm->nr_frames = frames;
	blocks = frames >> PAGEBLOCK_ORDER;
	vm->mem_map = reserve_alloc(frames * sizeof(*vm->mem_map));
	vm->block_zone = reserve_alloc(blocks);
	vm->block_type = reserve_alloc(blocks);
	vm->free_low = reserve_alloc(free_low_size(vm));
	vm->free_high = reserve_alloc(free_high_size(vm));
	if (!vm->mem_map || !vm->block_zone || !vm->block_type ||
	    !vm->free_low || !vm->free_high)
		return -ENOMEM;
	for_each_node(vm, pgdat) {
		int err = pgdat_setup(vm, pgdat);

		if (err)
			return err;
	}
	assert(global_zone_item(vm, NR_FREE_PAGES) == vm->total_pages);
	return 0;
}

/*
 * Not before: the first frames of every zone and the first pages of every
 * list come one host page at a time, which is all that an idle node needs.
 */
void pgdats_booted(struct vm *vm)
{
	struct pgdat *pgdat;

	assert(vm->mem_map);
	reserve_dense(vm->mem_map, vm->nr_frames * sizeof(*vm->mem_map));
	reserve_dense(vm->free_low, free_low_size(vm));
	for_each_node(vm, pgdat)
		lruvec_dense(&pgdat->lruvec);
}

void pgdats_fini(struct vm *vm)
{
	uint64_t blocks = vm->nr_frames >> PAGEBLOCK_ORDER;
	struct pgdat *pgdat;

	struct zone *z;

	for_each_node(vm, pgdat) {
		lruvec_fini(&pgdat->lruvec);
		for_each_zone(pgdat, z)
			buddy_fini(z);
	}
	reserve_free(vm->free_low, free_low_size(vm));
	reserve_free(vm->free_high, free_high_size(vm));
	reserve_free(vm->mem_map, vm->nr_frames * sizeof(*vm->mem_map));
	reserve_free(vm->block_zone, blocks);
	reserve_free(vm->block_type, blocks);
}
