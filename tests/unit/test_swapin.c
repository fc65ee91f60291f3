/* SPDX-License-Identifier: MIT */
/*
 * test_swapin.c - out to swap and back: cache, slots, read-ahead (G.2, G.3).
 */
#include "memory_rig.h"
#include "reclaim/swap.h"
#include "reclaim/workingset.h"

static struct vm *vm;
static struct vma *area;

/* Swap of @slots on a disk of @kind, and an area of @pages. */
static void start(enum vm_disk_kind kind, uint64_t slots, uint64_t pages)
{
	rig_start(8192, kind);
	vm = rig.vm;
	vm->conf.nr_swaps = 1;
	vm->conf.swap[0].pages = slots;
	vm->conf.swap[0].disk = 1;
	ck_assert_int_eq(swap_area_on(vm, 0, VM_SWAP_PRIO_AUTO), 0);
	area = mm_add_vma(vm, rig.task->mm, pages, NULL);
	ck_assert_ptr_nonnull(area);
}

static uint32_t page_of(uint64_t index)
{
	ck_assert(pte_present(area->pte[index]));
	return pte_pfn(area->pte[index]);
}

/* As reclaim does it, up to the write. */
static uint32_t write_out(uint64_t index)
{
	uint32_t pfn = page_of(index);
	uint64_t done;
	bool sync;

	ck_assert(add_to_swap(vm, pfn));
	rmap_unmap(vm, pfn);
	swap_writepage(vm, pfn, &sync, &done);
	if (!sync)
		rig_run(done);
	ck_assert(!(pfn_page(vm, pfn)->flags & (PG_WRITEBACK | PG_DIRTY)));
	return pfn;
}

/* And all of the way: the frame is free again. */
static void swap_out(uint64_t index)
{
	uint32_t pfn = write_out(index);

	lru_del(vm, pfn);
	delete_from_swap_cache(vm, pfn, 0);
	free_pages(vm, pfn, 0);
	ck_assert(pte_swapped(area->pte[index]));
}

static void fill_and_swap_out(uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++)
		rig_touch(area, i, true);
	for (uint64_t i = 0; i < nr; i++)
		swap_out(i);
	ck_assert_uint_eq(rig.task->mm->swapents, nr);
	ck_assert_uint_eq(rig.task->mm->rss_anon, 0);
	ck_assert_uint_eq(vm->event[PSWPOUT], nr);
}

static const struct {
	unsigned hits;
	bool adjacent;
	unsigned prev, cluster, want;
} windows[] = {
	{ 0, false, 0, 3, 1 },	 { 0, true, 0, 3, 2 },
	{ 1, false, 0, 3, 4 },	 { 2, false, 0, 3, 4 },
	{ 3, false, 0, 3, 8 },	 { 6, false, 0, 3, 8 },
	{ 7, false, 0, 3, 8 },	 { 7, false, 0, 4, 16 },
	{ 14, false, 0, 5, 16 }, { 15, false, 0, 5, 32 },
	{ 0, false, 8, 3, 4 },	 { 0, false, 4, 3, 2 },
	{ 0, false, 2, 3, 1 },	 { 0, true, 2, 3, 2 },
	{ 9, true, 8, 0, 1 },	 { 4, true, 8, 1, 4 },
	{ 0, true, 0, 1, 2 },	 { 100, false, 0, 31, 128 },
};

START_TEST(test_window)
{
	ck_assert_uint_eq(swapin_nr_pages(windows[_i].hits,
					  windows[_i].adjacent,
					  windows[_i].prev,
					  windows[_i].cluster),
			  windows[_i].want);
}
END_TEST

START_TEST(test_cache_counts)
{
	uint64_t index;
	uint32_t pfn;

	start(VM_DISK_NVME, 100, 100);
	rig_touch(area, 5, true);
	pfn = page_of(5);
	ck_assert(add_to_swap(vm, pfn));
	ck_assert_uint_eq(global_node_item(vm, NR_SWAPCACHE), 1);
	ck_assert_uint_eq(global_node_item(vm, NR_FILE_PAGES), 1);
	ck_assert_uint_eq(swap_free_pages(vm), 98);
	ck_assert(pfn_page(vm, pfn)->flags & PG_DIRTY);
	ck_assert_ptr_eq(swap_cache_owner(vm, pfn, &index), area);
	ck_assert_uint_eq(index, 5);
	/* mapped still: rss stays until it is unmapped */
	ck_assert_uint_eq(rig.task->mm->rss_anon, 1);
	try_to_free_swap(vm, pfn);
	ck_assert_uint_eq(global_node_item(vm, NR_SWAPCACHE), 0);
	ck_assert_uint_eq(swap_free_pages(vm), 99);
	ck_assert_uint_eq(pfn_page(vm, pfn)->mapping, area->mapping.id);
	ck_assert_uint_eq(pfn_page(vm, pfn)->index, 5);
	rig_stop();
}
END_TEST

START_TEST(test_cached_page_is_a_minor_fault)
{
	uint32_t pfn;
	uint64_t minor;

	start(VM_DISK_NVME, 1000, 100);
	rig_touch(area, 5, true);
	pfn = write_out(5);
	minor = rig.task->minflt;
	rig_touch(area, 5, false);
	ck_assert_uint_eq(page_of(5), pfn);
	ck_assert_uint_eq(rig.task->minflt, minor + 1);
	ck_assert_uint_eq(vm->event[PSWPIN], 0);
	/* a load leaves the clean copy and its slot in place */
	ck_assert(pfn_page(vm, pfn)->flags & PG_SWAPCACHE);
	ck_assert_uint_eq(vm->swap[0].used, 1);
	/* written since: the copy is old when it is unmapped */
	ck_assert(touch_page(area, 5, true));
	rmap_unmap(vm, pfn);
	ck_assert(pfn_page(vm, pfn)->flags & PG_DIRTY);
	/* a store takes the page out of swap */
	rig_touch(area, 5, true);
	ck_assert(!(pfn_page(vm, pfn)->flags & PG_SWAPCACHE));
	ck_assert_uint_eq(vm->swap[0].used, 0);
	rig_stop();
}
END_TEST

START_TEST(test_swap_in_is_a_major_fault)
{
	struct access a;

	start(VM_DISK_NVME, 1000, 100);
	vm->ctl.page_cluster = 0;
	fill_and_swap_out(1);
	a = rig_touch(area, 0, false);
	ck_assert(a.major);
	ck_assert_uint_eq(rig.task->majflt, 1);
	ck_assert_uint_eq(vm->event[PGMAJFAULT], 1);
	ck_assert_uint_eq(vm->event[PSWPIN], 1);
	ck_assert_uint_eq(vm->event[SWAP_RA], 0);
	ck_assert_uint_gt(rig.task->io_wait_ns, 0);
	ck_assert_uint_eq(rig.task->mm->swapents, 0);
	ck_assert_uint_eq(rig.task->mm->rss_anon, 1);
	ck_assert_uint_eq(global_node_item(vm, NR_SWAPCACHE), 1);
	ck_assert_uint_eq(rig.task->psi, PSI_RUNNING);
	ck_assert_uint_eq(vm->nr_uninterruptible + vm->nr_iowait, 0);
	rig_stop();
}
END_TEST

/* More than half of swap in use: slots are given up at once. */
START_TEST(test_full_swap_frees_slots)
{
	start(VM_DISK_NVME, 21, 100);
	vm->ctl.page_cluster = 0;
	fill_and_swap_out(11);
	ck_assert_uint_eq(vm->swap[0].used, 11);
	rig_touch(area, 0, false);
	ck_assert_uint_eq(vm->swap[0].used, 10);
	rig_touch(area, 1, false); /* half is free now: it stays */
	ck_assert_uint_eq(vm->swap[0].used, 10);
	rig_stop();
}
END_TEST

START_TEST(test_no_slot)
{
	start(VM_DISK_NVME, 3, 100);
	for (uint64_t i = 0; i < 3; i++)
		rig_touch(area, i, true);
	ck_assert(add_to_swap(vm, page_of(0)));
	ck_assert(add_to_swap(vm, page_of(1)));
	ck_assert(!add_to_swap(vm, page_of(2)));
	ck_assert_uint_eq(pfn_page(vm, page_of(2))->mapping,
			  area->mapping.id);
	rig_stop();
}
END_TEST

/* In address order: the first fault reads 8 (4 hits to begin with). */
START_TEST(test_read_ahead_by_address)
{
	uint64_t majors = 0;

	start(VM_DISK_NVME, 1000, 400);
	fill_and_swap_out(400);
	rig_touch(area, 0, false);
	ck_assert_uint_gt(vm->event[SWAP_RA], 0);
	ck_assert_uint_le(vm->event[SWAP_RA], 7);
	for (uint64_t i = 1; i < 400; i++)
		rig_touch(area, i, false);
	majors = rig.task->majflt;
	ck_assert_uint_eq(vm->event[PSWPIN], 400);
	ck_assert_uint_eq(vm->event[SWAP_RA], 400 - majors);
	ck_assert_uint_eq(vm->event[SWAP_RA_HIT], 400 - majors);
	/* nearly all windows are full ones */
	ck_assert_uint_le(majors, 400 / 8 + 4);
	rig_stop();
}
END_TEST

/* No page is free: each of a window makes room for itself, and it is whole. */
START_TEST(test_read_ahead_reclaims)
{
	const struct zone *z;
	struct vma *other;
	uint64_t n = 0;

	start(VM_DISK_NVME, 2000, 400);
	fill_and_swap_out(400);
	other = mm_add_vma(vm, rig.task->mm, 8192, NULL);
	ck_assert_ptr_nonnull(other);
	z = &vm->node[0].zone[VM_ZONE_DMA32];
	while (zone_free_pages(z) > wmark_pages(z, WMARK_MIN) + 2)
		rig_touch(other, n++, true);
	for (uint64_t i = 0; i < 400; i++)
		rig_touch(area, i, false);
	ck_assert_uint_gt(rig.task->direct_reclaims, 0);
	ck_assert_uint_le(rig.task->majflt, 400 / 8 + 4);
	/* some were taken before they were touched */
	ck_assert_uint_ge(vm->event[PSWPIN], 400);
	ck_assert_uint_le(vm->event[PSWPIN], 400 + 8);
	rig_stop();
}
END_TEST

/* Room is made by taking the page that is wanted: then that alone is read. */
START_TEST(test_read_ahead_ends)
{
	const struct zone *z;
	uint64_t n = 400, window;

	start(VM_DISK_NVME, 2000, 16384);
	fill_and_swap_out(400);
	z = &vm->node[0].zone[VM_ZONE_DMA32];
	while (zone_free_pages(z) > wmark_pages(z, WMARK_MIN) + 2)
		rig_touch(area, n++, true);
	mlock_pages(vm, area, n);
	rig_touch(area, 0, false);
	ck_assert_uint_gt(rig.task->direct_reclaims, 0);
	window = vm->event[SWAP_RA] + 1;
	ck_assert_uint_gt(window, 3);
	ck_assert_uint_eq(vm->event[PSWPIN], window + 1);
	ck_assert(pte_present(area->pte[0]));
	rig_stop();
}
END_TEST

/* Far apart, the window falls to one page. */
START_TEST(test_read_ahead_gives_up)
{
	start(VM_DISK_NVME, 1000, 400);
	fill_and_swap_out(400);
	for (uint64_t i = 0; i < 10; i++)
		rig_touch(area, i * 37 % 400, false);
	ck_assert_uint_eq(area->ra_window, 1);
	ck_assert_uint_eq(vm->event[SWAP_RA_HIT], 0);
	ck_assert_uint_eq(rig.task->majflt, 10);
	rig_stop();
}
END_TEST

/* A rotating disk: neighbours in the area, whosever they are. */
START_TEST(test_read_ahead_by_slots)
{
	uint64_t cached = 0;

	start(VM_DISK_HDD, 1000, 400);
	for (uint64_t i = 0; i < 64; i++)
		rig_touch(area, i, true);
	for (uint64_t i = 0; i < 64; i++)
		swap_out(i * 7 % 64); /* slots are not in address order */
	rig_touch(area, 0, false); /* slot 1: window 1..7 without the header */
	ck_assert_uint_eq(vm->swap[0].ra_window, 8);
	for (uint32_t n = 1; n < 65; n++)
		cached += swap_cache_lookup(vm, pte_swap(0, n)) != PFN_NONE;
	ck_assert_uint_eq(cached, 7);
	ck_assert_uint_ne(swap_cache_lookup(vm, pte_swap(0, 7)), PFN_NONE);
	ck_assert_uint_eq(vm->event[SWAP_RA], 6);
	rig_touch(area, 7, false); /* slot 2: it has been read ahead */
	ck_assert_uint_eq(vm->event[SWAP_RA_HIT], 1);
	ck_assert_uint_eq(vm->swap[0].ra_hits, 1);
	rig_stop();
}
END_TEST

/* zram bypasses the cache: no read-ahead, the slot is free at once. */
START_TEST(test_zram)
{
	start(VM_DISK_ZRAM, 1000, 400);
	fill_and_swap_out(20);
	rig_touch(area, 3, false);
	ck_assert_uint_eq(rig.task->majflt, 1);
	ck_assert_uint_eq(rig.task->io_wait_ns, 0);
	ck_assert_uint_eq(vm->event[SWAP_RA], 0);
	ck_assert_uint_eq(vm->swap[0].used, 19);
	ck_assert_uint_eq(global_node_item(vm, NR_SWAPCACHE), 0);
	ck_assert_uint_eq(pfn_page(vm, page_of(3))->mapping,
			  area->mapping.id);
	rig_stop();
}
END_TEST

START_TEST(test_shadow_makes_a_refault)
{
	uint32_t pfn;

	start(VM_DISK_NVME, 1000, 100);
	vm->ctl.page_cluster = 0;
	rig_touch(area, 0, true);
	pfn = write_out(0);
	lru_del(vm, pfn);
	delete_from_swap_cache(vm, pfn, shadow_pack(0, true, 0, 0));
	free_pages(vm, pfn, 0);
	ck_assert_uint_ne(swap_slot_get(vm, area->pte[0])->cache, 0);
	rig_touch(area, 0, false);
	ck_assert_uint_eq(global_node_item(vm, WORKINGSET_REFAULT_ANON), 1);
	rig_stop();
}
END_TEST

/* A task that goes while its page is on its way leaves an orphan. */
START_TEST(test_orphan)
{
	uint32_t pfn;
	uint64_t index, done, cost;
	bool sync;

	start(VM_DISK_NVME, 1000, 100);
	rig_touch(area, 0, true);
	pfn = page_of(0);
	ck_assert(add_to_swap(vm, pfn));
	rmap_unmap(vm, pfn);
	swap_writepage(vm, pfn, &sync, &done);
	ck_assert(!sync && pfn_page(vm, pfn)->flags & PG_WRITEBACK);
	while (!exit_mmap_step(vm, rig.task, &cost))
		;
	ck_assert_uint_eq(rig.task->mm->swapents, 0);
	ck_assert_uint_eq(vm->swap[0].used, 1);
	ck_assert_ptr_null(swap_cache_owner(vm, pfn, &index));
	rig_run(done);
	/* what reclaim does when it meets the page */
	lru_del(vm, pfn);
	delete_from_swap_cache(vm, pfn, 0);
	free_pages(vm, pfn, 0);
	ck_assert_uint_eq(vm->swap[0].used, 0);
	rig_stop();
}
END_TEST

/* Writing fails: the page stays in memory, dirty, with its slot. */
START_TEST(test_bad_slot)
{
	uint32_t pfn;
	uint64_t done;
	bool sync;

	start(VM_DISK_NVME, 1000, 100);
	rig_touch(area, 0, true);
	pfn = page_of(0);
	vm->swap[0].slot[1].bad = 1;
	ck_assert(add_to_swap(vm, pfn));
	rmap_unmap(vm, pfn);
	swap_writepage(vm, pfn, &sync, &done);
	ck_assert(sync && pfn_page(vm, pfn)->flags & PG_DIRTY);
	ck_assert_uint_eq(vm->event[PSWPOUT], 0);
	rig_touch(area, 0, false);
	ck_assert_uint_eq(page_of(0), pfn);
	rig_stop();
}
END_TEST

CHECK_MAIN_ROWS("swapin", { test_window, ARRAY_SIZE(windows) },
		{ test_cache_counts, 0 },
		{ test_cached_page_is_a_minor_fault, 0 },
		{ test_swap_in_is_a_major_fault, 0 },
		{ test_full_swap_frees_slots, 0 }, { test_no_slot, 0 },
		{ test_read_ahead_by_address, 0 },
		{ test_read_ahead_reclaims, 0 }, { test_read_ahead_ends, 0 },
		{ test_read_ahead_gives_up, 0 },
		{ test_read_ahead_by_slots, 0 }, { test_zram, 0 },
		{ test_shadow_makes_a_refault, 0 }, { test_orphan, 0 },
		{ test_bad_slot, 0 })
