/* SPDX-License-Identifier: MIT */
/*
 * test_slab_nodes.c - the nodes of an index, and the slab pages that they
 * take: made with the first of 64 entries, kept for shadows, given back.
 */
#include "memory_rig.h"

#include "reclaim/readahead.h"
#include "reclaim/slab.h"
#include "reclaim/workingset.h"

/* 4 * (bits of the number of CPUs + 1) objects of 576 bytes. */
static const struct {
	uint32_t nr_cpus;
	unsigned order;
} orders[] = {
	{ 1, 1 }, { 2, 1 }, { 3, 1 }, { 4, 2 }, { 8, 2 }, { 32, 2 }, { 64, 3 },
};

START_TEST(test_order)
{
	ck_assert_uint_eq(slab_node_order(orders[_i].nr_cpus),
			  orders[_i].order);
}
END_TEST

static struct slab_cache *cache(void)
{
	return &rig.vm->node[0].xa_nodes;
}

static int64_t item(enum vm_node_item i)
{
	return (int64_t)global_node_item(rig.vm, i);
}

/* Page @index into the cache of @f, or @nr of them. */
static void fill(struct file *f, uint64_t index, uint64_t nr)
{
	for (uint64_t i = index; i < index + nr; i++)
		rig_rw(f, i, true);
}

/* As reclaim does it, whatever is in the page. */
static void evict(struct file *f, uint64_t index, bool shadow)
{
	uint32_t pfn = file_lookup(f, index);

	ck_assert_uint_ne(pfn, PFN_NONE);
	lru_del(rig.vm, pfn);
	file_remove(rig.vm, f, index,
		    shadow ? workingset_eviction(rig.vm, pfn) : 0);
	pfn_page(rig.vm, pfn)->flags = 0;
	free_pages(rig.vm, pfn, 0);
}

START_TEST(test_made_and_given_up)
{
	struct file *f;

	rig_start(4096, VM_DISK_SSD);
	f = file_get(rig.vm, "f", 0, 1000);
	fill(f, 0, 1);
	ck_assert_uint_eq(cache()->objects, 1);
	ck_assert_uint_eq(cache()->room, 14);
	ck_assert_int_eq(item(NR_SLAB_RECLAIMABLE), 2);
	fill(f, 1, 63);
	ck_assert_uint_eq(cache()->objects, 1);
	/* the fifteenth does not fit */
	for (uint64_t n = 1; n < 14; n++)
		fill(f, n * 64, 1);
	ck_assert_uint_eq(cache()->objects, 14);
	ck_assert_int_eq(item(NR_SLAB_RECLAIMABLE), 2);
	fill(f, 14 * 64, 1);
	ck_assert_int_eq(item(NR_SLAB_RECLAIMABLE), 4);
	evict(f, 14 * 64, false);
	ck_assert_uint_eq(cache()->objects, 14);
	remove_file_pages(rig.vm, f, 0);
	ck_assert_uint_eq(cache()->objects, 0);
	ck_assert_int_eq(item(NR_SLAB_RECLAIMABLE), 0);
	rig_stop();
}
END_TEST

/* Only shadows in it: counted, and no more when a page comes back. */
START_TEST(test_shadows_keep_it)
{
	struct file *f;

	rig_start(4096, VM_DISK_SSD);
	f = file_get(rig.vm, "f", 0, 1000);
	fill(f, 60, 8); /* four here, four there */
	for (uint64_t i = 60; i < 63; i++)
		evict(f, i, true);
	ck_assert_int_eq(item(WORKINGSET_NODES), 0);
	evict(f, 63, true);
	ck_assert_int_eq(item(WORKINGSET_NODES), 1);
	ck_assert_uint_eq(cache()->objects, 2);
	fill(f, 61, 1);
	ck_assert_int_eq(item(WORKINGSET_NODES), 0);
	evict(f, 61, false);
	ck_assert_int_eq(item(WORKINGSET_NODES), 1);
	ck_assert_uint_eq(f->nr_shadows, 3);
	remove_file_pages(rig.vm, f, 0);
	ck_assert_int_eq(item(WORKINGSET_NODES), 0);
	ck_assert_uint_eq(f->nr_shadows, 0);
	rig_stop();
}
END_TEST

/* More nodes of shadows than an eighth of the lists: half of the rest goes. */
START_TEST(test_too_old_shadows_go)
{
	struct file *f;
	uint64_t left;

	rig_start(4096, VM_DISK_SSD);
	f = file_get(rig.vm, "f", 0, 600 * 64);
	for (uint64_t n = 0; n < 600; n++) {
		fill(f, n * 64, 1);
		evict(f, n * 64, true);
	}
	ck_assert_int_eq(item(WORKINGSET_NODES), 600);
	left = 600 - (uint64_t)item(NR_SLAB_RECLAIMABLE) / 8;
	shrink_shadows(rig.vm, &rig.vm->node[0]);
	left = left / 2 / 128 * 128;
	ck_assert_uint_eq(left, 256);
	ck_assert_int_eq(item(WORKINGSET_NODERECLAIM), (int64_t)left);
	ck_assert_int_eq(item(WORKINGSET_NODES), 600 - (int64_t)left);
	/* the oldest of the file, and their slabs, but for a few */
	ck_assert_uint_eq(f->slot[255 * 64], 0);
	ck_assert_uint_ne(f->slot[256 * 64], 0);
	ck_assert_uint_lt(cache()->room, 600 - left + 6 * 14);
	ck_assert_uint_ge(cache()->room, 600 - left);
	remove_file_pages(rig.vm, f, 0);
	rig_stop();
}
END_TEST

/* No memory for a node: the page waits for one, and is read all the same. */
START_TEST(test_no_room)
{
	struct file *f;
	uint32_t pfn[4096], nr = 0;

	rig_start(4096, VM_DISK_SSD);
	f = file_get(rig.vm, "f", 0, 1000);
	while (nr < 4096) {
		uint32_t p = alloc_pages_nowait(rig.vm, GFP_ATOMIC, 0, 0,
						UINT64_MAX);

		if (p == PFN_NONE)
			break;
		pfn[nr++] = p;
	}
	ck_assert(!slab_node_for(rig.vm, &f->xa, 5, 0, GFP_XA_NOWAIT));
	ck_assert_uint_eq(cache()->objects, 0);
	while (nr > 4)
		free_pages(rig.vm, pfn[--nr], 0);
	ck_assert(slab_node_for(rig.vm, &f->xa, 5, 0, GFP_XA_NOWAIT));
	ck_assert_uint_eq(cache()->objects, 1);
	fill(f, 5, 1);
	ck_assert_uint_eq(cache()->objects, 1);
	while (nr > 0)
		free_pages(rig.vm, pfn[--nr], 0);
	remove_file_pages(rig.vm, f, 0);
	rig_stop();
}
END_TEST

CHECK_MAIN_ROWS("slab_nodes",
		{ test_order, sizeof(orders) / sizeof(orders[0]) },
		{ test_made_and_given_up, 0 }, { test_shadows_keep_it, 0 },
		{ test_too_old_shadows_go, 0 }, { test_no_room, 0 })
