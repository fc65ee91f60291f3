/* SPDX-License-Identifier: MIT */
/*
 * test_pcp.c - each CPU's own lists of free pages: how many come and go at
 * once, and what is counted as free meanwhile.
 *
 * The figures are mm/page_alloc.c's for a zone of 114,688 pages: batch 31,
 * refills of 31, 62, ... 992 pages (free memory falls by 988 in a recording of
 * 6.12), lists of up to 124 pages while kswapd works.
 */
#include "check_main.h"

#include <vm/vm.h>

#include "memory/buddy.h"
#include "memory/pcp.h"
#include "memory/vmstat.h"
#include "reclaim/gfp.h"
#include "reclaim/page_alloc.h"

#define PAGES 114688u
#define BATCH 31u

static struct vm *vm;
static struct zone *z;
static struct pcp *list;

static void start(enum vm_page_lists kind)
{
	struct vm_machine m;

	vm_machine_init(&m);
	m.nr_nodes = 1;
	m.nr_cpus = 2;
	m.node[0].distance[0] = 10;
	m.node[0].zones_given = true;
	m.node[0].zone[VM_ZONE_DMA32] = (struct vm_zone_conf){
		.spanned = PAGES, .present = PAGES, .managed = PAGES,
	};
	m.page_lists = kind;
	ck_assert_int_eq(vm_create(&vm, &m, VM_WORLD_SIM), 0);
	z = &vm->node[0].zone[VM_ZONE_DMA32];
	if (!z->pcp)
		return;
	pcps_drain(vm);
	list = &z->pcp[0];
	*list = (struct pcp){ .high = list->high };
	for (unsigned t = 0; t < NR_PCP_TYPES; t++)
		list->head[t] = list->tail[t] = PFN_NONE;
	vm->cpu_now = 0;
}

static void stop(void)
{
	struct vm_complaint c;

	ck_assert_msg(vm_check(vm, &c), "%s", c.what);
	vm_destroy(vm);
}

static uint32_t take(void)
{
	uint32_t pfn = alloc_pages_nowait(vm, GFP_CACHE_NOWAIT, 0, 0,
					  UINT64_MAX);

	ck_assert_uint_ne(pfn, PFN_NONE);
	return pfn;
}

/* Pages that leave the zone's free lists for one more request. */
static uint64_t refill(void)
{
	uint64_t before = zone_free_pages(z);

	take();
	while (list->count)
		take();
	return before - zone_free_pages(z);
}

START_TEST(test_scaled)
{
	static const uint64_t want[] = { 31, 62, 124, 248, 496, 992, 992 };

	start(VM_PAGE_LISTS_SCALED);
	ck_assert_uint_eq(z->pcp_batch, BATCH);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ck_assert_uint_eq(refill(), want[i]);
	/* one page that comes back halves the power; and it is used first */
	free_pages(vm, 5000, 0);
	ck_assert_uint_eq(list->count, 1);
	ck_assert_uint_eq(take(), 5000);
	ck_assert_uint_eq(refill(), 124);
	stop();
}
END_TEST

START_TEST(test_fixed)
{
	start(VM_PAGE_LISTS_FIXED);
	for (unsigned i = 0; i < 8; i++)
		ck_assert_uint_eq(refill(), BATCH);
	stop();
}
END_TEST

/* Without lists every page is counted at once. */
START_TEST(test_none)
{
	uint64_t free;

	start(VM_PAGE_LISTS_NONE);
	ck_assert_ptr_null(z->pcp);
	free = zone_free_pages(z);
	free_pages(vm, take(), 0);
	take();
	ck_assert_uint_eq(zone_free_pages(z), free - 1);
	stop();
}
END_TEST

/* @nr pages, and nothing on the lists. */
static void take_many(uint32_t *pfn, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		pfn[i] = take();
	pcps_drain(vm);
	ck_assert_uint_eq(list->count, 0);
}

#define MANY 4000u

/* What kswapd frees may be hidden up to four batches. */
START_TEST(test_reclaim_active)
{
	static uint32_t pfn[MANY];
	uint64_t free;

	start(_i ? VM_PAGE_LISTS_SCALED : VM_PAGE_LISTS_FIXED);
	take_many(pfn, MANY);
	free = zone_free_pages(z);
	z->reclaim_active = true;
	for (unsigned i = 0; i < MANY; i++) {
		free_pages(vm, pfn[i], 0);
		ck_assert_uint_lt(list->count, 4 * BATCH);
		ck_assert_uint_eq(zone_free_pages(z) + list->count,
				  free + i + 1);
	}
	ck_assert_uint_ge(list->count, BATCH);
	z->reclaim_active = false;
	stop();
}
END_TEST

/* Another CPU has its own; draining empties both. */
START_TEST(test_drain)
{
	static uint32_t pfn[200];
	uint64_t free;

	start(VM_PAGE_LISTS_SCALED);
	take_many(pfn, 200);
	free = zone_free_pages(z);
	for (unsigned i = 0; i < 200; i++) {
		vm->cpu_now = i % 2;
		free_pages(vm, pfn[i], 0);
	}
	ck_assert_uint_eq(z->pcp[0].count, 100);
	ck_assert_uint_eq(z->pcp[1].count, 100);
	ck_assert_uint_eq(zone_pcp_pages(vm, z), 200);
	ck_assert_uint_eq(zone_free_pages(z), free);
	pcps_drain(vm);
	ck_assert_uint_eq(zone_pcp_pages(vm, z), 0);
	ck_assert_uint_eq(zone_free_pages(z), free + 200);
	stop();
}
END_TEST

/* The limit grows with what is taken while much is free, and falls again. */
START_TEST(test_decay)
{
	uint32_t grown, turns = 0;

	start(VM_PAGE_LISTS_SCALED);
	for (unsigned i = 0; i < 10; i++)
		refill();
	grown = list->high;
	ck_assert_uint_eq(grown, z->pcp_high_max);
	ck_assert_uint_gt(grown, z->pcp_high_min);
	pcps_decay(vm);
	ck_assert_uint_eq(list->high, grown - grown / 8);
	while (pcps_decay(vm))
		ck_assert_uint_lt(turns++, 100);
	ck_assert_uint_eq(list->high, z->pcp_high_min);
	ck_assert_uint_le(list->count, list->high);
	stop();
}
END_TEST

/* Where free memory is below high limits do not grow; until it is above. */
START_TEST(test_below_high)
{
	static uint32_t pfn[MANY];
	uint32_t high;

	start(VM_PAGE_LISTS_SCALED);
	take_many(pfn, MANY);
	z->below_high = true;
	high = list->high;
	refill();
	ck_assert_uint_eq(list->high, high);
	for (unsigned i = 0; i < MANY && z->below_high; i++)
		free_pages(vm, pfn[i], 0);
	ck_assert(!z->below_high);
	ck_assert_uint_lt(list->high, high);
	high = list->high;
	while (list->count)
		take();
	take();
	ck_assert_uint_gt(list->high, high);
	stop();
}
END_TEST

CHECK_MAIN_ROWS("pcp", { test_scaled, 0 }, { test_fixed, 0 },
		{ test_none, 0 }, { test_reclaim_active, 2 },
		{ test_drain, 0 }, { test_decay, 0 }, { test_below_high, 0 })
