/* SPDX-License-Identifier: MIT */
/*
 * vm_check.c - does everything still agree?  (fact sheet M)
 *
 * vm_check() is for tests, fuzzers and the end of long runs; developer
 * builds also check between steps.  Each check is one function that says
 * what is wrong in a few words.  Locking: the world's lock.
 */
#include "vm_check.h"

#include <vm/vm.h>

#include <assert.h>
#include <stdlib.h>

#include "vm_check_pages.h"
#include "memory/vmstat.h"
#include "world/name.h"

#define CHECK_PAGES_STEPS 4096u

bool check_fails(struct vm_complaint *c, const char *what, int64_t a,
		 int64_t b, int index)
{
	struct name n = name_in(c->what, sizeof(c->what));

	name_text(&n, what);
	name_text(&n, ": ");
	name_int(&n, a);
	name_text(&n, ", and ");
	name_int(&n, b);
	c->field = "invariant";
	c->index = index;
	return false;
}

#define CHECK_EQUAL(c, what, a, b, index)                                      \
	do {                                                                   \
		int64_t a_ = (int64_t)(a), b_ = (int64_t)(b);                  \
                                                                               \
		if (a_ != b_)                                                  \
			return check_fails(c, what, a_, b_, index);            \
	} while (0)

/* M 2: nr_free_pages is what the free lists hold. */
static bool check_free_counts(const struct zone *z, struct vm_complaint *c)
{
	uint64_t n = 0, blocks = 0;

	for (unsigned o = 0; o < VM_NR_ORDERS; o++)
		for (unsigned t = 0; t < VM_NR_MIGRATETYPES; t++)
			n += z->free_area[o].nr_free[t] << o;
	for (unsigned t = 0; t < VM_NR_MIGRATETYPES; t++)
		blocks += z->pageblocks[t];
	CHECK_EQUAL(c, "free pages and free lists", zone_free_pages(z), n,
		    z->id);
	CHECK_EQUAL(c, "page blocks of all types and of the zone", blocks,
		    (z->managed + PAGEBLOCK_PAGES - 1) / PAGEBLOCK_PAGES,
		    z->id);
	return true;
}

/* M 11, and the marks above zero where there is memory. */
static bool check_marks(const struct zone *z, struct vm_complaint *c)
{
	uint64_t d = z->wmark[WMARK_LOW] - z->wmark[WMARK_MIN];

	CHECK_EQUAL(c, "high - low and low - min",
		    z->wmark[WMARK_HIGH] - z->wmark[WMARK_LOW], d, z->id);
	CHECK_EQUAL(c, "promo - high and low - min",
		    z->wmark[WMARK_PROMO] - z->wmark[WMARK_HIGH], d, z->id);
	return true;
}

/* M 1, M 17: a node is the sum of its zones, and its lists have that many. */
static bool check_node(struct vm *vm, struct pgdat *pgdat,
		       struct vm_complaint *c)
{
	int64_t pending = 0;
	struct zone *z;

	(void)vm;
	for (unsigned l = 0; l < VM_NR_LRU_LISTS; l++) {
		int64_t n = 0;

		for_each_zone(pgdat, z)
			n += z->item[NR_ZONE_INACTIVE_ANON + l];
		CHECK_EQUAL(c, "LRU pages of node and zones",
			    pgdat->item[NR_INACTIVE_ANON + l], n, pgdat->nid);
		CHECK_EQUAL(c, "LRU pages of node and list", n,
			    pgdat->lruvec.list[l].nr, pgdat->nid);
	}
	for_each_zone(pgdat, z) {
		pending += z->item[NR_ZONE_WRITE_PENDING];
		if (!check_free_counts(z, c) || !check_marks(z, c))
			return false;
	}
	CHECK_EQUAL(c, "write pending, dirty + writeback", pending,
		    pgdat->item[NR_FILE_DIRTY] + pgdat->item[NR_WRITEBACK],
		    pgdat->nid);
	return true;
}

/* M 4, M 5, M 7, M 10. */
static bool check_events(struct vm *vm, struct vm_complaint *c)
{
	const uint64_t *e = vm->event;
	uint64_t hit = 0, local = 0, miss = 0, foreign = 0;

	CHECK_EQUAL(c, "pgscan by who and by type",
		    e[PGSCAN_KSWAPD] + e[PGSCAN_DIRECT] + e[PGSCAN_KHUGEPAGED],
		    e[PGSCAN_ANON] + e[PGSCAN_FILE], -1);
	CHECK_EQUAL(c, "pgsteal by who and by type",
		    e[PGSTEAL_KSWAPD] + e[PGSTEAL_DIRECT] +
			    e[PGSTEAL_KHUGEPAGED],
		    e[PGSTEAL_ANON] + e[PGSTEAL_FILE], -1);
	if (e[PGSTEAL_ANON] > e[PGSCAN_ANON] ||
	    e[PGSTEAL_FILE] > e[PGSCAN_FILE])
		return check_fails(c, "stolen more than scanned",
				   (int64_t)e[PGSTEAL_ANON],
				   (int64_t)e[PGSCAN_ANON], -1);
	for (unsigned i = 0; i < vm->nr_nodes * VM_NR_ZONES; i++) {
		const struct zone *z = vm->zone_table[i];

		hit += z->numa[NUMA_HIT] + z->numa[NUMA_MISS];
		local += z->numa[NUMA_LOCAL] + z->numa[NUMA_OTHER];
		miss += z->numa[NUMA_MISS];
		foreign += z->numa[NUMA_FOREIGN];
	}
	CHECK_EQUAL(c, "numa hit + miss, local + other", hit, local, -1);
	CHECK_EQUAL(c, "numa miss and foreign", miss, foreign, -1);
	return true;
}

/* M 7, M 9 and the mapped pages of all address spaces. */
static bool check_sums(struct vm *vm, struct vm_complaint *c)
{
	uint64_t anon = 0, swapents = 0, tables = 0;
	const struct task *t;

	for_each_task(vm, t) {
		if (!t->mm)
			continue;
		anon += t->mm->rss_anon;
		swapents += t->mm->swapents;
		tables += t->mm->nr_ptes;
	}
	CHECK_EQUAL(c, "nr_anon_pages and RssAnon of all",
		    global_node_item(vm, NR_ANON_MAPPED), anon, -1);
	CHECK_EQUAL(c, "page tables and those of all",
		    global_node_item(vm, NR_PAGETABLE), tables, -1);
	if (swapents > swap_total_pages(vm) - swap_free_pages(vm))
		return check_fails(c, "VmSwap of all and slots in use",
				   (int64_t)swapents,
				   (int64_t)(swap_total_pages(vm) -
					     swap_free_pages(vm)),
				   -1);
	for (unsigned f = 0; f < 2; f++) {
		uint64_t re = global_node_item(vm,
					       WORKINGSET_REFAULT_ANON + f);
		uint64_t act = global_node_item(vm,
						WORKINGSET_ACTIVATE_ANON + f);

		if (act > re)
			return check_fails(c, "activated and refaulted",
					   (int64_t)act, (int64_t)re, -1);
	}
	return true;
}

bool check_counters(struct vm *vm, struct vm_complaint *c)
{
	struct pgdat *pgdat;

	for_each_node(vm, pgdat)
		if (!check_node(vm, pgdat, c))
			return false;
	return check_events(vm, c) && check_sums(vm, c);
}

bool vm_check(struct vm *vm, struct vm_complaint *c)
{
	bool ok;

	lock_take(&vm->world.lock);
	ok = check_counters(vm, c) && check_pages(vm, c);
	lock_drop(&vm->world.lock);
	return ok;
}

static void after_step(struct world *w, struct actor *a)
{
	struct vm *vm = container_of(w, struct vm, world);
	struct vm_complaint c;

	if (!check_counters(vm, &c))
		abort();
	if (a->steps % CHECK_PAGES_STEPS == 0 && !check_pages(vm, &c))
		abort();
}

void check_every_step(struct vm *vm)
{
	if (vm_developer)
		vm->world.after_step = after_step;
}
