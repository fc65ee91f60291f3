/* SPDX-License-Identifier: MIT */
/*
 * test_buddy.c - free blocks: nothing lost, merged again, stolen by rule.
 */
#include "check_main.h"

#include <string.h>

#include "memory/buddy.h"
#include "memory/state.h"
#include "world/prng.h"

#define PAGES 20000u /* not a multiple of the largest block */

static struct vm *vm;
static struct zone *zone;

static void setup(void)
{
	vm = calloc(1, sizeof(*vm));
	ck_assert_ptr_nonnull(vm);
	vm->conf.nr_nodes = 1;
	vm->conf.nr_cpus = 1;
	vm->conf.node[0].zone[VM_ZONE_NORMAL].managed = PAGES;
	ck_assert_int_eq(pgdats_init(vm), 0);
	zone = &vm->node[0].zone[VM_ZONE_NORMAL];
}

static void teardown(void)
{
	pgdats_fini(vm);
	free(vm);
}

static uint64_t free_blocks(unsigned order)
{
	uint64_t n = 0;

	for (unsigned t = 0; t < VM_NR_MIGRATETYPES; t++)
		n += zone->free_area[order].nr_free[t];
	return n;
}

/* The free lists as bits of the zone's size: no two buddies lie apart. */
static void check_whole(void)
{
	ck_assert_uint_eq(zone_free_pages(zone), PAGES);
	ck_assert_uint_eq(free_blocks(VM_MAX_ORDER), PAGES / 1024);
	for (unsigned o = 0; o < VM_MAX_ORDER; o++)
		ck_assert_uint_eq(free_blocks(o), PAGES >> o & 1);
}

START_TEST(test_start)
{
	setup();
	check_whole();
	/* an idle machine has touched none of its whole blocks */
	ck_assert_uint_eq(zone->virgin_pfn, zone->first_pfn);
	teardown();
}
END_TEST

START_TEST(test_take_all)
{
	static uint32_t got[PAGES];
	bool fragmented;
	struct prng rng;

	setup();
	for (unsigned i = 0; i < PAGES; i++) {
		got[i] = buddy_alloc(vm, zone, 0, VM_MIGRATE_MOVABLE,
				     &fragmented);
		ck_assert_uint_ne(got[i], PFN_NONE);
		ck_assert(!fragmented);
		ck_assert_uint_eq(pfn_page(vm, got[i])->flags, 0);
		pfn_page(vm, got[i])->flags = PG_KERNEL; /* taken */
	}
	ck_assert_uint_eq(buddy_alloc(vm, zone, 0, VM_MIGRATE_MOVABLE,
				      &fragmented),
			  PFN_NONE);
	ck_assert_uint_eq(zone_free_pages(zone), 0);
	ck_assert(!buddy_has_block(zone, 0, true));
	prng_init(&rng, 3, 0);
	for (unsigned left = PAGES; left; left--) {
		unsigned i = (unsigned)prng_below(&rng, left);

		buddy_free(vm, zone, got[i], 0);
		got[i] = got[left - 1];
	}
	check_whole();
	teardown();
}
END_TEST

START_TEST(test_orders)
{
	bool fragmented;
	uint32_t a, b;

	setup();
	a = buddy_alloc(vm, zone, 3, VM_MIGRATE_MOVABLE, &fragmented);
	b = buddy_alloc(vm, zone, 9, VM_MIGRATE_MOVABLE, &fragmented);
	ck_assert_uint_eq(a % 8, 0);
	ck_assert_uint_eq(b % 512, 0);
	ck_assert_uint_eq(zone_free_pages(zone), PAGES - 8 - 512);
	ck_assert(buddy_has_block(zone, 10, false));
	buddy_free(vm, zone, a, 3);
	buddy_free(vm, zone, b, 9);
	check_whole();
	teardown();
}
END_TEST

/* Whole page blocks change their type; no fragmentation event. */
START_TEST(test_steal_whole)
{
	bool fragmented;
	uint32_t pfn;

	setup();
	pfn = buddy_alloc(vm, zone, 0, VM_MIGRATE_UNMOVABLE, &fragmented);
	ck_assert(!fragmented);
	ck_assert_int_eq(pageblock_type(vm, pfn), VM_MIGRATE_UNMOVABLE);
	ck_assert_uint_eq(zone->pageblocks[VM_MIGRATE_UNMOVABLE], 2);
	/* what is left of the block serves the next of its type */
	ck_assert_uint_eq(buddy_alloc(vm, zone, 0, VM_MIGRATE_UNMOVABLE,
				      &fragmented),
			  pfn ^ 1);
	teardown();
}
END_TEST

/* Only small blocks are left: one is broken, and that is an event. */
START_TEST(test_steal_part)
{
	bool fragmented;
	uint32_t pfn;

	setup();
	while (buddy_has_block(zone, 9, false))
		buddy_alloc(vm, zone, 9, VM_MIGRATE_MOVABLE, &fragmented);
	ck_assert_uint_gt(zone_free_pages(zone), 0);
	pfn = buddy_alloc(vm, zone, 0, VM_MIGRATE_UNMOVABLE, &fragmented);
	ck_assert_uint_ne(pfn, PFN_NONE);
	ck_assert(fragmented);
	teardown();
}
END_TEST

/* Two page blocks of different kinds become one, and then halves again. */
START_TEST(test_merge_kinds)
{
	uint32_t movable, other;
	bool fragmented;

	setup();
	movable = zone->first_pfn;
	other = movable + 512;
	while (buddy_alloc(vm, zone, 0, VM_MIGRATE_MOVABLE, &fragmented) !=
	       PFN_NONE)
		;
	buddy_free(vm, zone, other, 9);
	ck_assert_uint_eq(buddy_alloc(vm, zone, 9, VM_MIGRATE_UNMOVABLE,
				      &fragmented), other);
	ck_assert_int_eq(pageblock_type(vm, other), VM_MIGRATE_UNMOVABLE);
	ck_assert_int_eq(pageblock_type(vm, movable), VM_MIGRATE_MOVABLE);
	buddy_free(vm, zone, movable, 9);
	buddy_free(vm, zone, other, 9);
	ck_assert_int_eq(pageblock_type(vm, movable), VM_MIGRATE_UNMOVABLE);
	/* page by page, and every page block is what its list says */
	while (buddy_alloc(vm, zone, 0, VM_MIGRATE_RECLAIMABLE, &fragmented) !=
	       PFN_NONE)
		;
	ck_assert_uint_eq(zone_free_pages(zone), 0);
	teardown();
}
END_TEST

CHECK_MAIN("buddy", test_start, test_take_all, test_orders, test_steal_whole,
	   test_steal_part, test_merge_kinds)
