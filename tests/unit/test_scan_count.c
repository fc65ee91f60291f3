/* SPDX-License-Identifier: MIT */
/*
 * test_scan_count.c - how many pages from which list, and what moves that.
 *
 * Fact sheet E.2 (the five rules, costs) and E.7 (what a refault does), on a
 * node whose counters the tests set: nothing runs, no page exists but one.
 */
#include "check_main.h"

#include "memory/vmstat.h"
#include "reclaim/scan_balance.h"
#include "reclaim/vmscan.h"
#include "reclaim/workingset.h"

#define PAGES 100000u

static struct vm *vm;
static struct pgdat *pgdat;
static struct scan_control sc;

/* The lists' sizes; one number for the node and for its only zone. */
static void lists(int64_t inactive_anon, int64_t active_anon,
		  int64_t inactive_file, int64_t active_file)
{
	const int64_t size[] = { inactive_anon, active_anon, inactive_file,
				 active_file };

	for (int l = 0; l < 4; l++) {
		pgdat->item[NR_INACTIVE_ANON + l] = size[l];
		pgdat->zone[VM_ZONE_NORMAL].item[NR_ZONE_INACTIVE_ANON + l] =
			size[l];
	}
}

static void setup_counts(enum vm_lru_counts counts)
{
	struct zone *z;

	vm = calloc(1, sizeof(*vm));
	ck_assert_ptr_nonnull(vm);
	vm->conf.nr_nodes = 1;
	vm->conf.lru_counts = counts;
	vm->conf.nr_cpus = 1;
	vm->conf.node[0].zone[VM_ZONE_NORMAL].managed = PAGES;
	ck_assert_int_eq(pgdats_init(vm), 0);
	vm->ctl.swappiness = 60;
	/* all of a swap area free */
	vm->swap[0].active = true;
	vm->swap[0].nr_slots = 1000;
	pgdat = &vm->node[0];
	z = &pgdat->zone[VM_ZONE_NORMAL];
	z->wmark[WMARK_HIGH] = 1000;
	z->item[NR_FREE_PAGES] = 500;
	sc = (struct scan_control){
		.pgdat = pgdat,
		.priority = 2,
		.reclaim_idx = VM_ZONE_MOVABLE,
		.may_swap = true,
	};
}

static void setup(void)
{
	setup_counts(VM_LRU_COUNTS_EXACT);
}

static void teardown(void)
{
	pgdats_fini(vm);
	free(vm);
}

/* Targets of the four lists; at priority 2 a quarter of each is all. */
static void count(void)
{
	prepare_scan_control(vm, &sc);
	get_scan_count(vm, &sc);
}

START_TEST(test_no_swap_is_file_only)
{
	setup();
	lists(4000, 4000, 4000, 6000);
	vm->swap[0].used = 999;
	count();
	ck_assert_uint_eq(sc.want[VM_LRU_INACTIVE_ANON], 0);
	ck_assert_uint_eq(sc.want[VM_LRU_ACTIVE_ANON], 0);
	ck_assert_uint_eq(sc.want[VM_LRU_INACTIVE_FILE], 1000);
	ck_assert_uint_eq(sc.want[VM_LRU_ACTIVE_FILE], 1500);
	teardown();
}
END_TEST

START_TEST(test_last_priority_is_all)
{
	setup();
	lists(4000, 4000, 4000, 6000);
	sc.priority = 0;
	count();
	ck_assert_uint_eq(sc.want[VM_LRU_INACTIVE_ANON], 4000);
	ck_assert_uint_eq(sc.want[VM_LRU_ACTIVE_FILE], 6000);
	vm->ctl.swappiness = 0;
	count();
	ck_assert_uint_eq(sc.want[VM_LRU_INACTIVE_ANON], 0);
	teardown();
}
END_TEST

/* Rule 3, to the page: file and free together, against the high marks. */
START_TEST(test_tiny_file_is_anon_only)
{
	setup();
	lists(8000, 4000, 200, 300);
	count();
	ck_assert(sc.file_is_tiny);
	ck_assert_uint_eq(sc.want[VM_LRU_INACTIVE_ANON], 2000);
	ck_assert_uint_eq(sc.want[VM_LRU_INACTIVE_FILE], 0);
	ck_assert_uint_eq(sc.want[VM_LRU_ACTIVE_FILE], 0);
	/* swappiness 0 does not help against it */
	vm->ctl.swappiness = 0;
	count();
	ck_assert_uint_eq(sc.want[VM_LRU_INACTIVE_ANON], 2000);
	vm->ctl.swappiness = 60;
	lists(8000, 4000, 200, 301);
	count();
	ck_assert(!sc.file_is_tiny);
	ck_assert_uint_gt(sc.want[VM_LRU_ACTIVE_FILE], 0);
	/* nor is it tiny while active anon pages are to be sent down */
	lists(3000, 4000, 200, 300);
	count();
	ck_assert(!sc.file_is_tiny);
	teardown();
}
END_TEST

/* Rule 4: enough cache that was used once. */
START_TEST(test_trim_is_file_only)
{
	setup();
	lists(4000, 4000, 6000, 4000);
	count();
	ck_assert(sc.cache_trim_mode);
	ck_assert_uint_eq(sc.want[VM_LRU_INACTIVE_ANON], 0);
	ck_assert_uint_eq(sc.want[VM_LRU_INACTIVE_FILE], 1500);
	/* a refault since the last time ends it */
	pgdat->item[WORKINGSET_ACTIVATE_FILE]++;
	count();
	ck_assert(!sc.cache_trim_mode);
	ck_assert_uint_gt(sc.want[VM_LRU_INACTIVE_ANON], 0);
	snapshot_refaults(pgdat);
	count();
	ck_assert(sc.cache_trim_mode);
	teardown();
}
END_TEST

/* A cache that is gone since the last flush is scanned, in vain. */
START_TEST(test_trim_by_the_flush)
{
	setup_counts(VM_LRU_COUNTS_FLUSHED);
	lists(4000, 3000, 6000, 4000);
	count();
	ck_assert(!sc.cache_trim_mode);
	lruvecs_flush(vm);
	lists(4000, 3000, 4, 4000);
	count();
	ck_assert(sc.cache_trim_mode);
	ck_assert(!sc.may_deactivate[1]);
	ck_assert_uint_eq(sc.want[VM_LRU_INACTIVE_FILE], 1);
	ck_assert_uint_eq(sc.want[VM_LRU_INACTIVE_ANON], 0);
	lruvecs_flush(vm);
	count();
	ck_assert(!sc.cache_trim_mode);
	ck_assert(sc.may_deactivate[1]);
	ck_assert_uint_gt(sc.want[VM_LRU_INACTIVE_ANON], 0);
	teardown();
}
END_TEST

/* Rule 5 with the weights of E.2: 60 and 140 of 200. */
START_TEST(test_proportional)
{
	setup();
	lists(4000, 4000, 4000, 6000);
	count();
	ck_assert_uint_eq(sc.want[VM_LRU_INACTIVE_ANON], 1000 * 60 / 200);
	ck_assert_uint_eq(sc.want[VM_LRU_INACTIVE_FILE], 1000 * 140 / 200);
	ck_assert_uint_eq(sc.want[VM_LRU_ACTIVE_FILE], 1500 * 140 / 200);
	vm->ctl.swappiness = 200;
	count();
	ck_assert_uint_eq(sc.want[VM_LRU_INACTIVE_ANON], 1000);
	ck_assert_uint_eq(sc.want[VM_LRU_INACTIVE_FILE], 0);
	teardown();
}
END_TEST

/* One I/O weighs 32 turned pages; a quarter of the lists is the memory. */
START_TEST(test_cost)
{
	setup();
	lists(4000, 4000, 4000, 4000);
	lru_note_cost(vm, pgdat, false, 3, 7);
	ck_assert_uint_eq(pgdat->lruvec.anon_cost, 3 * 32 + 7);
	ck_assert_uint_eq(pgdat->lruvec.file_cost, 0);
	lru_note_cost(vm, pgdat, true, 100, 0);
	ck_assert_uint_eq(pgdat->lruvec.file_cost, 3200);
	/* above 4000: both are halved */
	lru_note_cost(vm, pgdat, true, 0, 698);
	ck_assert_uint_eq(pgdat->lruvec.anon_cost, 103 / 2);
	ck_assert_uint_eq(pgdat->lruvec.file_cost, 3898 / 2);
	teardown();
}
END_TEST

/* Refaults as E.7 counts them, by distance and by what the shadow says. */
static const struct refault_row {
	uint64_t distance;
	bool workingset;
	bool activated, restored;
} refaults[] = {
	/* 300 active file, 200 + 100 anonymous pages and free swap: 600 */
	{ 1, false, true, false },    { 600, false, true, false },
	{ 601, false, false, false }, { 600, true, true, true },
	{ 601, true, false, false },
};

/* The rows one after another, each twice: by lengths, and by a flush's. */
START_TEST(test_refault)
{
	const struct refault_row *r = &refaults[_i / 2];
	uint32_t pfn, shadow;
	struct page *p;

	setup_counts(_i % 2 ? VM_LRU_COUNTS_FLUSHED : VM_LRU_COUNTS_EXACT);
	lists(200, 100, 10000, 300);
	if (_i % 2) {
		lruvecs_flush(vm);
		lists(1, 1, 1, 1);
	}
	pfn = pgdat->zone[VM_ZONE_NORMAL].first_pfn;
	p = pfn_page(vm, pfn);
	p->flags = r->workingset ? PG_WORKINGSET : 0;
	shadow = workingset_eviction(vm, pfn);
	/* the eviction itself was one of the distance */
	pgdat->lruvec.nonresident_age += r->distance - 1;
	p->flags = 0;
	workingset_refault(vm, pfn, shadow);
	ck_assert_int_eq(pgdat->item[WORKINGSET_REFAULT_FILE], 1);
	ck_assert_int_eq(pgdat->item[WORKINGSET_ACTIVATE_FILE], r->activated);
	ck_assert_int_eq(pgdat->item[WORKINGSET_RESTORE_FILE], r->restored);
	ck_assert_int_eq(!!(p->flags & PG_ACTIVE), r->activated);
	ck_assert_int_eq(!!(p->flags & PG_WORKINGSET), r->restored);
	ck_assert_uint_eq(pgdat->lruvec.file_cost, r->restored ? 32 : 0);
	teardown();
}
END_TEST

/*
 * A round takes SWAP_CLUSTER_MAX off each; with enough reclaimed the type
 * with less left is done, and the other goes on as far as that one got.
 */
static const struct proportion_row {
	uint64_t want[2], left[2]; /* inactive anon, inactive file */
	bool enough;
	uint64_t next[2];
} proportions[] = {
	{ { 1000, 4000 }, { 632, 3032 }, true, { 0, 640 } },
	{ { 4000, 1000 }, { 3032, 632 }, true, { 640, 0 } },
	/* it got further than the smaller one */
	{ { 1000, 4000 }, { 632, 1032 }, true, { 0, 0 } },
	{ { 1000, 4000 }, { 632, 3032 }, false, { 600, 3000 } },
};

START_TEST(test_enough_keeps_the_proportion)
{
	const struct proportion_row *row = &proportions[_i];

	setup();
	sc.who = RECLAIM_KSWAPD;
	sc.stage = SHRINK_LISTS;
	sc.nr_to_reclaim = 100;
	sc.nr_reclaimed = row->enough ? 100 : 99;
	for (unsigned type = 0; type < 2; type++) {
		sc.want[2 * type] = row->want[type];
		sc.left[2 * type] = row->left[type];
	}
	ck_assert(!shrink_node_step(vm, &sc));
	ck_assert_uint_eq(sc.left[VM_LRU_INACTIVE_ANON], row->next[0]);
	ck_assert_uint_eq(sc.left[VM_LRU_INACTIVE_FILE], row->next[1]);
	teardown();
}
END_TEST

CHECK_MAIN_ROWS("scan_count", { test_no_swap_is_file_only, 0 },
		{ test_last_priority_is_all, 0 },
		{ test_tiny_file_is_anon_only, 0 },
		{ test_trim_is_file_only, 0 }, { test_proportional, 0 },
		{ test_cost, 0 },
		{ test_trim_by_the_flush, 0 },
		{ test_refault, 2 * sizeof(refaults) / sizeof(refaults[0]) },
		{ test_enough_keeps_the_proportion,
		  sizeof(proportions) / sizeof(proportions[0]) })
