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

/* --- the order in which blocks are handed out --- */

/* The kernel's lists, plainly: the first to be taken is the last here. */
static struct {
	uint32_t pfn[PAGES];
	unsigned nr;
} model[VM_NR_ORDERS];

static void model_add(uint32_t pfn, unsigned order)
{
	model[order].pfn[model[order].nr++] = pfn;
}

static bool model_del(uint32_t pfn, unsigned order)
{
	for (unsigned i = 0; i < model[order].nr; i++) {
		uint32_t *at = &model[order].pfn[i];

		if (*at != pfn)
			continue;
		memmove(at, at + 1, (--model[order].nr - i) * sizeof(*at));
		return true;
	}
	return false;
}

static void model_init(void)
{
	uint32_t pfn = zone->first_pfn + (PAGES & ~1023u);

	for (unsigned o = 0; o < VM_NR_ORDERS; o++)
		model[o].nr = 0;
	for (uint32_t p = pfn; p > zone->first_pfn; p -= 1024)
		model_add(p - 1024, VM_MAX_ORDER);
	for (unsigned o = VM_MAX_ORDER; o-- > 0;)
		if (PAGES & 1u << o) {
			model_add(pfn, o);
			pfn += 1u << o;
		}
}

static uint32_t model_take(unsigned order)
{
	unsigned o = order;
	uint32_t pfn;

	while (o < VM_NR_ORDERS && !model[o].nr)
		o++;
	if (o == VM_NR_ORDERS)
		return PFN_NONE;
	pfn = model[o].pfn[--model[o].nr];
	while (o-- > order)
		model_add(pfn + (1u << o), o);
	return pfn;
}

static void model_free(uint32_t pfn, unsigned order)
{
	while (order < VM_MAX_ORDER && model_del(pfn ^ 1u << order, order))
		pfn &= ~(1u << order++);
	model_add(pfn, order);
}

static void compare_lists(void)
{
	for (unsigned o = 0; o < VM_NR_ORDERS; o++) {
		const struct free_area *area = &zone->free_area[o];
		const unsigned t = VM_MIGRATE_MOVABLE;

		ck_assert_uint_eq(area->nr_free[t], model[o].nr);
		free_list_tidy(vm, zone, o, t);
		if (o == VM_MAX_ORDER)
			continue; /* some of these are virgin */
		ck_assert_uint_eq(area->nr[t], model[o].nr);
		ck_assert(!memcmp(area->block[t], model[o].pfn,
				  model[o].nr * sizeof(uint32_t)));
	}
}

/* Take and give back at random, now more of the one, now of the other. */
START_TEST(test_order)
{
	static struct { uint32_t pfn; unsigned order; } got[PAGES];
	unsigned nr = 0;
	struct prng rng;

	setup();
	model_init();
	prng_init(&rng, 5, 0);
	for (unsigned i = 0; i < 200000; i++) {
		unsigned order = (unsigned)prng_below(&rng, 16) ? 0 : 3;
		bool fragmented, take = prng_below(&rng, 8) < 6;
		uint32_t pfn;

		if (i / 40000 % 2)
			take = !take;
		if (take) {
			pfn = buddy_alloc(vm, zone, order, VM_MIGRATE_MOVABLE,
					  &fragmented);
			ck_assert_uint_eq(pfn, model_take(order));
			if (pfn == PFN_NONE)
				continue;
			got[nr].pfn = pfn;
			got[nr++].order = order;
		} else if (nr) {
			unsigned n = (unsigned)prng_below(&rng, nr);

			buddy_free(vm, zone, got[n].pfn, got[n].order);
			model_free(got[n].pfn, got[n].order);
			got[n] = got[--nr];
		}
		if (i % 10000 == 0)
			compare_lists();
	}
	teardown();
}
END_TEST

CHECK_MAIN("buddy", test_start, test_take_all, test_orders, test_steal_whole,
	   test_steal_part, test_merge_kinds, test_order)
