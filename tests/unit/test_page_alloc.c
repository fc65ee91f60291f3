/* SPDX-License-Identifier: MIT */
/*
 * test_page_alloc.c - the watermark test to the page, the order of the zones,
 * and whose a broken page block becomes.
 *
 * Fact sheet B.6 (who may go how far below a mark), C.1 (node order by
 * distance) and B.3's cause, the stealing of page blocks.
 */
#include "check_main.h"

#include <string.h>

#include "memory/buddy.h"
#include "memory/state.h"
#include "memory_rig.h"
#include "reclaim/gfp.h"
#include "reclaim/page_alloc.h"
#include "world/prng.h"

/* B.6: the smallest number of free pages with which a request passes. */
static const struct mark_row {
	uint64_t mark, reserve;
	uint32_t flags;
	uint64_t least;
} mark_rows[] = {
	/* strictly more than mark and reserve */
	{ 1000, 0, 0, 1001 },
	{ 1000, 256, 0, 1257 },
	{ 0, 0, 0, 1 },
	/* __GFP_HIGH: half of the mark; what protects a zone stays whole */
	{ 1000, 0, ALLOC_MIN_RESERVE, 501 },
	{ 1000, 256, ALLOC_MIN_RESERVE, 757 },
	{ 1001, 0, ALLOC_MIN_RESERVE, 502 },
	/* GFP_ATOMIC: 3/8 of min stay */
	{ 1000, 0, ALLOC_MIN_RESERVE | ALLOC_NON_BLOCK, 376 },
	/* not blocking alone gives nothing */
	{ 1000, 0, ALLOC_NON_BLOCK, 1001 },
	/* a victim of the OOM killer: half */
	{ 1000, 0, ALLOC_OOM, 501 },
	{ 1000, 100, ALLOC_OOM | ALLOC_MIN_RESERVE, 351 },
};

START_TEST(test_mark)
{
	const struct mark_row *r = &mark_rows[_i];

	ck_assert(watermark_passes(r->least, r->mark, r->reserve, r->flags));
	ck_assert(
		!watermark_passes(r->least - 1, r->mark, r->reserve, r->flags));
}
END_TEST

START_TEST(test_zone)
{
	struct zone z = { .managed = 10000 };

	z.lowmem_reserve[VM_ZONE_MOVABLE] = 300;
	z.item[NR_FREE_PAGES] = 1300;
	/* a request for Normal pays no protection here, one for Movable does */
	ck_assert(zone_watermark_ok(&z, 0, 1299, VM_ZONE_NORMAL, 0));
	ck_assert(!zone_watermark_ok(&z, 0, 1300, VM_ZONE_NORMAL, 0));
	ck_assert(zone_watermark_ok(&z, 0, 999, VM_ZONE_MOVABLE, 0));
	ck_assert(!zone_watermark_ok(&z, 0, 1000, VM_ZONE_MOVABLE, 0));
	/* order 3 needs a block, however much is free */
	ck_assert(!zone_watermark_ok(&z, 3, 100, VM_ZONE_NORMAL, 0));
	z.free_area[4].nr_free[VM_MIGRATE_MOVABLE] = 1;
	ck_assert(zone_watermark_ok(&z, 3, 100, VM_ZONE_NORMAL, 0));
	/* and its own pages above the mark, but for one */
	ck_assert(zone_watermark_ok(&z, 3, 1292, VM_ZONE_NORMAL, 0));
	ck_assert(!zone_watermark_ok(&z, 3, 1293, VM_ZONE_NORMAL, 0));
}
END_TEST

/* --- the order of nodes --- */

#define NODES 4

/* All others equally far. */
static const uint8_t flat[NODES][NODES] = {
	{ 10, 20, 20, 20 },
	{ 20, 10, 20, 20 },
	{ 20, 20, 10, 20 },
	{ 20, 20, 20, 10 },
};

static struct vm *machine(const uint8_t distance[NODES][NODES])
{
	struct vm *vm = calloc(1, sizeof(*vm));

	ck_assert_ptr_nonnull(vm);
	vm->nr_nodes = NODES;
	for (int i = 0; i < NODES; i++) {
		struct pgdat *pgdat = &vm->node[i];
		struct zone *z = &pgdat->zone[VM_ZONE_NORMAL];

		memcpy(vm->conf.node[i].distance, distance[i], NODES);
		pgdat->nid = (uint8_t)i;
		pgdat->has_cpu = true;
		pgdat->managed = z->managed = 1024;
		z->nid = (uint8_t)i;
		z->type = VM_ZONE_NORMAL;
		z->id = (uint8_t)(i * VM_NR_ZONES + VM_ZONE_NORMAL);
		vm->zone_table[z->id] = z;
	}
	return vm;
}

/* Node @nid tries the nodes in the order of the digits of @want. */
static void check_order(const struct vm *vm, int nid, const char *want)
{
	const struct pgdat *pgdat = &vm->node[nid];
	char got[NODES + 1] = "";

	ck_assert_uint_eq(pgdat->nr_zonelist, NODES);
	for (unsigned i = 0; i < NODES; i++)
		got[i] = (char)('0' +
				vm->zone_table[pgdat->zonelist[i].zone]->nid);
	ck_assert_str_eq(got, want);
}

START_TEST(test_by_distance)
{
	static const uint8_t ring[NODES][NODES] = {
		{ 10, 16, 32, 20 },
		{ 16, 10, 20, 32 },
		{ 32, 20, 10, 16 },
		{ 20, 32, 16, 10 },
	};
	struct vm *vm = machine(ring);

	build_zonelists(vm);
	check_order(vm, 0, "0132");
	check_order(vm, 1, "1023");
	check_order(vm, 2, "2310");
	check_order(vm, 3, "3201");
	free(vm);
}
END_TEST

/* Equal distances: higher numbers first, so that not all go to node 0. */
START_TEST(test_equal_distances)
{
	struct vm *vm = machine(flat);

	build_zonelists(vm);
	check_order(vm, 0, "0123");
	check_order(vm, 1, "1230");
	check_order(vm, 2, "2301");
	/* 0 and 1 have been first of a group once, and so has 2: by number */
	ck_assert_int_eq(vm->zone_table[vm->node[3].zonelist[0].zone]->nid, 3);
	free(vm);
}
END_TEST

/* A node without CPUs is nearer by one than one that has them. */
START_TEST(test_node_without_cpus)
{
	struct vm *vm = machine(flat);

	vm->node[2].has_cpu = false;
	build_zonelists(vm);
	check_order(vm, 0, "0213");
	free(vm);
}
END_TEST

START_TEST(test_empty_node)
{
	struct vm *vm = machine(flat);

	vm->node[0].managed = vm->node[0].zone[VM_ZONE_NORMAL].managed = 0;
	build_zonelists(vm);
	ck_assert_uint_eq(vm->node[0].nr_zonelist, NODES - 1);
	ck_assert_int_eq(vm->zone_table[vm->node[0].zonelist[0].zone]->nid, 1);
	free(vm);
}
END_TEST

/* --- page blocks --- */

#define BLOCK	   512u
#define ZONE_PAGES (8 * 1024u)

/* All pages movable and taken; then @nr pages of block 2 are free again. */
static struct vm *full_zone(uint32_t nr)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	struct zone *z;
	bool fragmented;

	ck_assert_ptr_nonnull(vm);
	vm->conf.nr_nodes = 1;
	vm->conf.nr_cpus = 1;
	vm->conf.node[0].zone[VM_ZONE_NORMAL].managed = ZONE_PAGES;
	ck_assert_int_eq(pgdats_init(vm), 0);
	z = &vm->node[0].zone[VM_ZONE_NORMAL];
	for (uint32_t i = 0; i < ZONE_PAGES; i++) {
		uint32_t pfn = buddy_alloc(vm, z, 0, VM_MIGRATE_MOVABLE,
					   &fragmented);

		ck_assert_uint_ne(pfn, PFN_NONE);
		pfn_page(vm, pfn)->flags = PG_LRU; /* can be moved */
	}
	for (uint32_t i = 0; i < nr; i++) {
		pfn_page(vm, z->first_pfn + 2 * BLOCK + i)->flags = 0;
		buddy_free(vm, z, z->first_pfn + 2 * BLOCK + i, 0);
	}
	return vm;
}

/* Half a block free: it becomes the kernel's.  Less: it stays movable. */
START_TEST(test_block_changes_type)
{
	static const uint32_t nr_free[] = { BLOCK / 2, BLOCK / 2 - 1 };

	for (int i = 0; i < 2; i++) {
		struct vm *vm = full_zone(nr_free[i]);
		struct zone *z = &vm->node[0].zone[VM_ZONE_NORMAL];
		bool fragmented = false;
		uint32_t pfn = buddy_alloc(vm, z, 0, VM_MIGRATE_UNMOVABLE,
					   &fragmented);

		ck_assert_uint_ne(pfn, PFN_NONE);
		ck_assert(fragmented);
		ck_assert_int_eq(pageblock_type(vm, pfn),
				 i ? VM_MIGRATE_MOVABLE : VM_MIGRATE_UNMOVABLE);
		ck_assert_uint_eq(z->pageblocks[VM_MIGRATE_UNMOVABLE], !i);
		pgdats_fini(vm);
		free(vm);
	}
}
END_TEST

static uint64_t free_of(const struct zone *z, enum vm_migratetype type)
{
	uint64_t nr = 0;

	for (unsigned o = 0; o < VM_NR_ORDERS; o++)
		nr += z->free_area[o].nr_free[type] << o;
	return nr;
}

/*
 * A block that stays movable keeps its free pages too, so that each page that
 * the kernel takes breaks it again; with its own pages in it it can claim it.
 */
START_TEST(test_block_is_broken_again)
{
	struct vm *vm = full_zone(BLOCK / 4);
	struct zone *z = &vm->node[0].zone[VM_ZONE_NORMAL];
	uint32_t other = z->first_pfn + 2 * BLOCK + BLOCK / 2;
	bool fragmented;
	uint32_t pfn;

	for (uint64_t i = 1; i <= 3; i++) {
		pfn = buddy_alloc(vm, z, 0, VM_MIGRATE_RECLAIMABLE,
				  &fragmented);
		ck_assert_uint_ne(pfn, PFN_NONE);
		ck_assert(fragmented);
		pfn_page(vm, pfn)->flags = PG_KERNEL;
		ck_assert_uint_eq(free_of(z, VM_MIGRATE_MOVABLE),
				  BLOCK / 4 - i);
		ck_assert_uint_eq(free_of(z, VM_MIGRATE_RECLAIMABLE), 0);
	}
	for (uint32_t i = 0; i < BLOCK / 4; i++)
		pfn_page(vm, other + i)->flags = PG_KERNEL;
	pfn = buddy_alloc(vm, z, 0, VM_MIGRATE_RECLAIMABLE, &fragmented);
	ck_assert(fragmented);
	ck_assert_int_eq(pageblock_type(vm, pfn), VM_MIGRATE_RECLAIMABLE);
	ck_assert_uint_eq(free_of(z, VM_MIGRATE_RECLAIMABLE), BLOCK / 4 - 4);
	pgdats_fini(vm);
	free(vm);
}
END_TEST

/* --- runs of pages --- */

#define RUN_PAGES 40000u

/* What is left when a machine's pages have been taken. */
static struct outcome {
	struct zone zone[VM_NR_ZONES];
	uint32_t listed[VM_NR_ZONES][VM_NR_ORDERS][VM_NR_MIGRATETYPES];
	uint64_t event[VM_NR_EVENT_ITEMS];
	uint32_t pfn[RUN_PAGES];
	unsigned nr;
} in_turn, in_runs;

/* The lists' contents, summed up so that their order matters. */
static void note_lists(struct outcome *out, struct zone *z)
{
	for (unsigned o = 0; o < VM_NR_ORDERS; o++) {
		struct free_area *area = &z->free_area[o];

		for (unsigned t = 0; t < VM_NR_MIGRATETYPES; t++) {
			uint32_t *sum = &out->listed[z->type][o][t];

			*sum = 1;
			if (!zone_populated(z))
				continue;
			free_list_tidy(rig.vm, z, o, t);
			for (uint32_t i = 0; i < area->nr[t]; i++)
				*sum = *sum * 31 + area->block[t][i];
		}
	}
	out->zone[z->type] = *z;
	out->zone[z->type].stacks = NULL;
	memset(out->zone[z->type].free_area, 0, sizeof(z->free_area));
}

/* Up to @nr pages; false if there are no more. */
static bool take_pages(struct outcome *out, uint64_t nr, uint32_t gfp,
		       bool runs)
{
	while (nr) {
		uint64_t n = runs ? nr : 1;
		uint32_t pfn =
			runs ? alloc_run_nowait(rig.vm, gfp, 0, 1, &n) :
			       alloc_pages_nowait(rig.vm, gfp, 0, 0, 1);

		if (pfn == PFN_NONE)
			return false;
		ck_assert(n && n <= nr);
		for (nr -= n; n--; pfn++) {
			ck_assert_uint_lt(out->nr, RUN_PAGES);
			pfn_page(rig.vm, pfn)->flags = PG_KERNEL;
			out->pfn[out->nr++] = pfn;
		}
	}
	return true;
}

static void take_all(struct outcome *out, bool runs)
{
	struct prng rng;
	struct zone *z;
	bool more = true;

	rig_start(RUN_PAGES, VM_DISK_SSD);
	rig.vm->ctl.numa_stat = 1;
	rig.vm->ctl.watermark_boost_factor = 15000;
	prng_init(&rng, 7, 0);
	out->nr = 0;
	while (more) {
		uint32_t gfp = prng_below(&rng, 2) ? GFP_NOWAIT :
			       GFP_NOWAIT | GFP_BIT_RECLAIMABLE;
		uint64_t back = prng_below(&rng, 200);

		more = take_pages(out, 1 + prng_below(&rng, 3000), gfp, runs);
		for (; more && back && out->nr; back--) {
			unsigned i = (unsigned)prng_below(&rng, out->nr);

			pfn_page(rig.vm, out->pfn[i])->flags = 0;
			free_pages(rig.vm, out->pfn[i], 0);
			out->pfn[i] = out->pfn[--out->nr];
		}
	}
	for_each_zone(&rig.vm->node[0], z)
		note_lists(out, z);
	memcpy(out->event, rig.vm->event, sizeof(out->event));
	for (unsigned i = 0; i < out->nr; i++) {
		pfn_page(rig.vm, out->pfn[i])->flags = 0;
		free_pages(rig.vm, out->pfn[i], 0);
	}
	rig_stop();
}

/* The same pages, lists, counters and marks as one by one. */
START_TEST(test_runs)
{
	take_all(&in_turn, false);
	take_all(&in_runs, true);
	ck_assert_uint_gt(in_turn.nr, RUN_PAGES / 2);
	ck_assert_uint_eq(in_turn.nr, in_runs.nr);
	ck_assert_mem_eq(in_turn.pfn, in_runs.pfn, sizeof(in_turn.pfn));
	ck_assert_mem_eq(in_turn.listed, in_runs.listed,
			 sizeof(in_turn.listed));
	ck_assert_mem_eq(in_turn.event, in_runs.event, sizeof(in_turn.event));
	ck_assert_mem_eq(in_turn.zone, in_runs.zone, sizeof(in_turn.zone));
}
END_TEST

CHECK_MAIN_ROWS("page_alloc",
		{ test_mark, sizeof(mark_rows) / sizeof(mark_rows[0]) },
		{ test_zone, 0 }, { test_by_distance, 0 },
		{ test_equal_distances, 0 }, { test_node_without_cpus, 0 },
		{ test_empty_node, 0 }, { test_block_changes_type, 0 },
		{ test_block_is_broken_again, 0 }, { test_runs, 0 })
