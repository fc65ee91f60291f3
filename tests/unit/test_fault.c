/* SPDX-License-Identifier: MIT */
/*
 * test_fault.c - touching, reading and writing, page by page (C.7, E.7, F.2).
 */
#include <vm/vm.h>

#include "memory_rig.h"
#include "reclaim/readahead.h"

static struct vm *vm;

static void start(void)
{
	rig_start(4096, VM_DISK_SSD);
	vm = rig.vm;
}

static struct vma *add_area(uint64_t pages, struct file *f)
{
	struct vma *vma = mm_add_vma(vm, rig.task->mm, pages, f);

	ck_assert_ptr_nonnull(vma);
	return vma;
}

static struct page *cached(const struct file *f, uint64_t index)
{
	ck_assert_uint_ne(file_lookup(f, index), PFN_NONE);
	return pfn_page(vm, file_lookup(f, index));
}

START_TEST(test_anonymous_page)
{
	struct access a;
	struct vma *vma;
	struct page *page;

	start();
	vma = add_area(1000, NULL);
	a = rig_touch(vma, 600, true);
	page = pfn_page(vm, pte_pfn(vma->pte[600]));
	ck_assert(!a.major);
	ck_assert_uint_eq(vma->pte[600] & PTE_DIRTY, PTE_DIRTY);
	ck_assert_uint_eq(page->index, 600);
	ck_assert_uint_eq(page->mapping, vma->mapping.id);
	/* new anonymous pages begin inactive */
	ck_assert_uint_eq(global_node_item(vm, NR_INACTIVE_ANON), 1);
	ck_assert_uint_eq(global_node_item(vm, NR_ACTIVE_ANON), 0);
	ck_assert_uint_eq(rig.task->minflt, 1);
	ck_assert_uint_eq(vm->event[PGFAULT], 1);
	ck_assert_uint_eq(vm->event[PGMAJFAULT], 0);
	/* page tables of three levels and the page, all from the machine */
	ck_assert_uint_eq(rig.task->mm->nr_ptes, 3);
	ck_assert_uint_eq(global_zone_item(vm, NR_FREE_PAGES), 4096 - 4);
	/* the second touch is no fault */
	rig_touch(vma, 600, true);
	ck_assert_uint_eq(vm->event[PGFAULT], 1);
	rig_stop();
}
END_TEST

START_TEST(test_fault_costs_time)
{
	struct access a = { .kind = ACCESS_TOUCH, .index = 0 };

	start();
	a.vma = add_area(10, NULL);
	access_begin(vm, rig.task, &a);
	ck_assert_int_eq(access_step(vm, rig.task, &a), ACCESS_DONE);
	ck_assert_uint_ge(a.cost_ns, vm->conf.cost.minor_fault_ns);
	/* three page-table pages and the page */
	uint64_t allocs = 0;
	for (unsigned i = 0; i < VM_LATENCY_BUCKETS; i++)
		allocs += rig.task->alloc_latency[i];
	ck_assert_uint_eq(allocs, 4);
	rig_stop();
}
END_TEST

START_TEST(test_remote_touch_costs_more)
{
	start();
	vm->conf.cost.touch_ns = 100;
	vm->conf.cost.remote_percent = 180;
	vm->conf.node[1].distance[0] = 20;
	vm->conf.node[2].distance[0] = 32;
	ck_assert_uint_eq(touch_cost(vm, 0, 0), 100);
	ck_assert_uint_eq(touch_cost(vm, 1, 0), 180);
	ck_assert_uint_eq(touch_cost(vm, 2, 0), 276);
	rig_stop();
}
END_TEST

START_TEST(test_out_of_memory)
{
	struct access a = { .kind = ACCESS_TOUCH, .write = true };
	struct vma *vma;
	uint64_t free;

	start();
	vma = add_area(10, NULL);
	rig.task->flags |= TF_KILLED;
	a.vma = vma;
	access_begin(vm, rig.task, &a);
	free = global_zone_item(vm, NR_FREE_PAGES);
	ck_assert_int_eq(access_step(vm, rig.task, &a), ACCESS_OOM);
	ck_assert_uint_eq(global_zone_item(vm, NR_FREE_PAGES), free);
	ck_assert_uint_eq(vma->pte[0], 0);
	rig_stop();
}
END_TEST

START_TEST(test_read_ahead_of_a_stream)
{
	struct file *f;
	uint64_t slept = 0, last = 0;

	start();
	f = file_get(vm, "data", 1, 256);
	for (uint64_t i = 0; i < 256; i++) {
		rig_rw(f, i, false);
		slept += rig.task->io_wait_ns != last;
		last = rig.task->io_wait_ns;
	}
	ck_assert_uint_eq(rig.task->read_pages, 256);
	ck_assert_uint_eq(vm->event[PGPGIN], 256 * 8);
	ck_assert_uint_eq(f->nr_cached, 256);
	ck_assert_uint_le(slept, 16);
	ck_assert_uint_lt(vm->disk[1].stat.reads, 24);
	ck_assert_uint_eq(global_node_item(vm, NR_INACTIVE_FILE), 256);
	/* read() is not a fault */
	ck_assert_uint_eq(vm->event[PGFAULT] + vm->event[PGMAJFAULT], 0);
	rig_stop();
}
END_TEST

/* Who reads ahead makes room for it, and the windows stay whole. */
START_TEST(test_read_ahead_reclaims)
{
	struct file *f;
	uint64_t stalls;

	start();
	f = file_get(vm, "data", 1, 8192);
	for (uint64_t i = 0; i < 8192; i++)
		rig_rw(f, i, false);
	stalls = vm->event[ALLOCSTALL_MOVABLE];
	ck_assert_uint_gt(stalls, 0);
	ck_assert_uint_eq(rig.task->direct_reclaims, stalls);
	ck_assert_uint_eq(rig.task->read_pages, 8192);
	/* but for what was sent off before a stall */
	ck_assert_uint_le(vm->disk[1].stat.reads,
			  8192 / RA_MAX_PAGES + 4 + stalls);
	rig_stop();
}
END_TEST

/* A file to read, and room for a window's first pages only. */
static struct file *start_tight(void)
{
	const struct zone *z;
	struct vma *vma;
	struct file *f;
	uint64_t i = 0;

	start();
	z = &vm->node[0].zone[VM_ZONE_DMA32];
	f = file_get(vm, "data", 1, 1000);
	vma = add_area(4096, NULL);
	while (zone_free_pages(z) > wmark_pages(z, WMARK_MIN) + 4)
		rig_touch(vma, i++, true);
	return f;
}

/* For a page that nobody waits for nobody is killed. */
START_TEST(test_read_ahead_gives_up)
{
	struct file *f = start_tight();

	vm->disk[1].conf.read_latency_ns = 10 * VM_SECOND;
	rig_rw(f, 0, false);
	ck_assert_uint_eq(rig.task->direct_reclaims, 1);
	ck_assert_uint_ge(f->nr_cached, 1);
	ck_assert_uint_lt(f->nr_cached, 4);
	ck_assert_uint_eq(vm->event[OOM_KILL], 0);
	ck_assert(!(rig.task->flags & TF_KILLED));
	rig_stop();
}
END_TEST

/* Room is made by taking the page that is wanted: that is not read for ever. */
START_TEST(test_read_ahead_ends)
{
	struct file *f = start_tight();

	rig_rw(f, 0, false);
	ck_assert_uint_gt(rig.task->direct_reclaims, 0);
	ck_assert_uint_ne(file_lookup(f, 0), PFN_NONE);
	rig_stop();
}
END_TEST

START_TEST(test_random_reads_fetch_one_page)
{
	struct file *f;

	start();
	f = file_get(vm, "data", 1, 4000);
	for (uint64_t i = 1; i <= 20; i++)
		rig_rw(f, i * 97, false);
	ck_assert_uint_eq(f->nr_cached, 20);
	ck_assert_uint_eq(vm->disk[1].stat.reads, 20);
	rig_stop();
}
END_TEST

/* Once for every stay on a page: the second stay activates (E.7). */
START_TEST(test_marked_once_a_stay)
{
	struct file *f;

	start();
	f = file_get(vm, "data", 1, 100);
	rig_rw(f, 50, false);
	ck_assert(cached(f, 50)->flags & PG_REFERENCED);
	rig_rw(f, 50, false);
	rig_rw(f, 50, false);
	ck_assert(!(cached(f, 50)->flags & PG_ACTIVE));
	rig_rw(f, 80, false);
	rig_rw(f, 50, false);
	ck_assert(cached(f, 50)->flags & PG_ACTIVE);
	ck_assert_uint_eq(vm->event[PGACTIVATE], 1);
	rig_stop();
}
END_TEST

START_TEST(test_write_needs_no_read)
{
	struct file *f;

	start();
	f = file_get(vm, "data", 1, 100);
	for (uint64_t i = 0; i < 10; i++)
		rig_rw(f, i, true);
	ck_assert_uint_eq(vm->event[PGPGIN], 0);
	ck_assert_uint_eq(f->nr_dirty, 10);
	ck_assert_uint_eq(global_node_item(vm, NR_FILE_DIRTY), 10);
	ck_assert_uint_eq(global_node_item(vm, NR_DIRTIED), 10);
	ck_assert_uint_eq(rig.task->written_pages, 10);
	rig_rw(f, 3, true); /* dirty already */
	ck_assert_uint_eq(rig.task->written_pages, 10);
	/* writes do not make a page look used */
	ck_assert(!(cached(f, 3)->flags & (PG_REFERENCED | PG_ACTIVE)));
	rig_stop();
}
END_TEST

/* Nobody writes back here: at the limit the writer stands still. */
START_TEST(test_writer_is_held)
{
	struct access a = { .kind = ACCESS_WRITE };
	enum access_result r = ACCESS_DONE;
	struct dirty_limits l;

	start();
	a.file = file_get(vm, "data", 1, 4000);
	for (a.index = 0; a.index < 4000; a.index++) {
		access_begin(vm, rig.task, &a);
		r = access_step(vm, rig.task, &a);
		if (r != ACCESS_DONE)
			break;
	}
	ck_assert_int_eq(r, ACCESS_SLEEP);
	l = global_dirty_limits(vm);
	ck_assert_uint_ge(a.file->nr_dirty, (l.thresh + l.background) / 2);
	ck_assert_uint_le(a.file->nr_dirty, l.thresh + 32);
	ck_assert_uint_gt(rig.flusher_wakes, 0);
	ck_assert_int_eq(rig.task->state, TASK_UNINTERRUPTIBLE);
	ck_assert(rig.task->psi & PSI_IOWAIT);
	ck_assert_uint_eq(vm->nr_iowait, 1);
	rig_run(a.until_ns);
	task_wake(vm, rig.task);
	ck_assert_uint_eq(vm->nr_iowait, 0);
	access_abort(vm, rig.task, &a);
	ck_assert_uint_gt(rig.task->throttle_ns, 0);
	rig_stop();
}
END_TEST

/* Write on, waking up whenever a pause is over; @nr steps. */
static enum access_result write_on(struct access *a, unsigned nr)
{
	enum access_result r = ACCESS_DONE;

	while (nr--) {
		if (r == ACCESS_SLEEP) {
			rig_run(a->until_ns);
			task_wake(vm, rig.task);
		} else {
			a->index++;
			access_begin(vm, rig.task, a);
		}
		r = access_step(vm, rig.task, a);
	}
	return r;
}

/* F.4: there no rate is left, and every pause is the longest one. */
START_TEST(test_nobody_gets_through)
{
	struct access a = { .kind = ACCESS_WRITE };
	struct dirty_state ds;
	uint64_t nr_dirty;

	start();
	a.file = file_get(vm, "data", 1, 4000);
	ck_assert_int_eq(write_on(&a, 3900), ACCESS_SLEEP);
	nr_dirty = a.file->nr_dirty;
	rig_run(a.until_ns);
	task_wake(vm, rig.task);
	ck_assert_int_eq(access_step(vm, rig.task, &a), ACCESS_SLEEP);
	dirty_state_get(vm, &vm->disk[a.file->disk], &ds);
	ck_assert_uint_eq(a.until_ns - vm->world.now_ns,
			  calc_max_pause_ns(ds.wb_dirty, ds.write_bw));
	ck_assert_uint_eq(a.file->nr_dirty, nr_dirty);
	access_abort(vm, rig.task, &a);
	rig_stop();
}
END_TEST

/* The flusher has done its work, and the disk too. */
static void all_clean(struct file *f)
{
	uint64_t index;

	while ((index = file_next_dirty(f, 0)) != UINT64_MAX)
		page_clear_dirty(vm, file_lookup(f, index));
}

/*
 * Swapping keeps the machine over its limit, and nothing of this writer's is
 * waiting: after one pause it may go on, else it would never.
 */
START_TEST(test_held_for_others)
{
	struct access a = { .kind = ACCESS_WRITE };
	enum access_result r;

	start();
	a.file = file_get(vm, "data", 1, 4000);
	mod_node(&vm->node[0], NR_WRITEBACK, 4000);
	for (int i = 0; i < 5; i++) {
		while ((r = write_on(&a, 1)) == ACCESS_DONE)
			;
		ck_assert_int_eq(r, ACCESS_SLEEP);
		all_clean(a.file);
		rig_run(a.until_ns);
		task_wake(vm, rig.task);
		ck_assert_int_eq(access_step(vm, rig.task, &a), ACCESS_DONE);
	}
	mod_node(&vm->node[0], NR_WRITEBACK, -4000);
	rig_stop();
}
END_TEST

/* What is swapped to a disk is not what its writers have to wait for. */
START_TEST(test_whose_writeback)
{
	struct file *f;
	struct dirty_state ds;
	uint32_t pfn, anon;
	struct disk *d;

	start();
	f = file_get(vm, "data", 1, 100);
	d = &vm->disk[f->disk];
	pfn = alloc_pages_nowait(vm, GFP_CACHE_NOWAIT, 0, 0, ~0ull);
	anon = alloc_pages_nowait(vm, GFP_CACHE_NOWAIT, 0, 0, ~0ull);
	ck_assert_int_eq(file_insert(vm, f, 7, pfn), 0);
	page_set_writeback(vm, pfn);
	page_set_writeback(vm, anon);
	dirty_state_get(vm, d, &ds);
	ck_assert_uint_eq(ds.wb_dirty, 1);
	ck_assert_uint_eq(ds.dirty, 2);
	page_clear_writeback(vm, anon);
	page_clear_writeback(vm, pfn);
	dirty_state_get(vm, d, &ds);
	ck_assert_uint_eq(ds.wb_dirty + ds.dirty, 0);
	file_remove(vm, f, 7, 0);
	free_pages(vm, pfn, 0);
	free_pages(vm, anon, 0);
	rig_stop();
}
END_TEST

START_TEST(test_mapping_faults_around)
{
	struct file *f;
	struct vma *vma;

	start();
	f = file_get(vm, "data", 1, 1000);
	vma = add_area(1000, f);
	/* not cached: a major fault, and half a window on either side */
	ck_assert(rig_touch(vma, 500, false).major);
	ck_assert_uint_eq(rig.task->majflt, 1);
	ck_assert_uint_eq(f->nr_cached, RA_MAX_PAGES);
	ck_assert_uint_ne(file_lookup(f, 484), PFN_NONE);
	ck_assert_uint_ne(file_lookup(f, 515), PFN_NONE);
	/* and of the 16 pages around it, 496..511, all but the page whose
	 * fault is to start the next window */
	ck_assert_uint_eq(rig.task->mm->rss_file, 15);
	ck_assert_uint_eq(global_node_item(vm, NR_FILE_MAPPED), 15);
	ck_assert(pte_present(vma->pte[496]) && pte_present(vma->pte[511]));
	ck_assert(!pte_present(vma->pte[495]) && !pte_present(vma->pte[508]));
	/* cached, not mapped: a minor fault */
	ck_assert(!rig_touch(vma, 512, false).major);
	ck_assert_uint_eq(rig.task->minflt, 1);
	ck_assert_uint_eq(vm->event[PGFAULT], 2);
	rig_touch(vma, 508, false);
	ck_assert_uint_eq(f->nr_cached, 2 * RA_MAX_PAGES);
	rig_run(rig.vm->world.now_ns + VM_SECOND);
	rig_stop();
}
END_TEST

/* Reading around that does not help comes to an end. */
START_TEST(test_random_mapping_reads_single_pages)
{
	uint64_t before;
	struct file *f;
	struct vma *vma;

	start();
	f = file_get(vm, "data", 1, 1000000);
	vma = add_area(1000000, f);
	vma->ra.mmap_miss = 100;
	rig_touch(vma, 500000, false);
	ck_assert_uint_eq(f->nr_cached, 1);
	before = f->nr_cached;
	rig_touch(vma, 700000, false);
	ck_assert_uint_eq(f->nr_cached, before + 1);
	/* a neighbour that is there brings it back, in time */
	vma->ra.mmap_miss = 100;
	rig_touch(vma, 10, false);
	vma->ra.mmap_miss = 99;
	rig_touch(vma, 900000, false);
	ck_assert_uint_eq(f->nr_cached, before + 2 + RA_MAX_PAGES);
	rig_stop();
}
END_TEST

static const uint32_t init_sizes[][2] = {
	{ 1, 4 }, { 2, 4 }, { 3, 8 }, { 8, 16 }, { 9, 32 }, { 32, 32 },
};
static const uint32_t next_sizes[][2] = {
	{ 1, 4 }, { 2, 4 }, { 4, 8 }, { 16, 32 }, { 17, 32 }, { 32, 32 },
};

START_TEST(test_window_sizes)
{
	for (unsigned i = 0; i < ARRAY_SIZE(init_sizes); i++)
		ck_assert_uint_eq(ra_init_size(init_sizes[i][0], 32),
				  init_sizes[i][1]);
	for (unsigned i = 0; i < ARRAY_SIZE(next_sizes); i++)
		ck_assert_uint_eq(ra_next_size(next_sizes[i][0], 32),
				  next_sizes[i][1]);
}
END_TEST

/* 4, 8, 16, 32, each started when the one before begins to be used. */
START_TEST(test_windows_grow)
{
	static const uint64_t cached_after[] = { 4, 12, 12, 12, 28 };
	struct file *f;

	start();
	f = file_get(vm, "data", 1, 1000);
	for (uint64_t i = 0; i < ARRAY_SIZE(cached_after); i++) {
		rig_rw(f, i, false);
		ck_assert_uint_eq(f->nr_cached, cached_after[i]);
	}
	for (uint64_t i = ARRAY_SIZE(cached_after); i <= 12; i++)
		rig_rw(f, i, false);
	ck_assert_uint_eq(f->nr_cached, 60);
	ck_assert_uint_eq(rig.task->ra.size, 32);
	rig_run(rig.vm->world.now_ns + VM_SECOND);
	rig_stop();
}
END_TEST

START_TEST(test_store_into_a_mapping)
{
	struct file *f;
	struct vma *vma;
	uint32_t pfn;

	start();
	f = file_get(vm, "data", 1, 1000);
	vma = add_area(1000, f);
	rig_touch(vma, 3, true);
	pfn = file_lookup(f, 3);
	ck_assert_uint_eq(f->nr_dirty, 1);
	ck_assert_uint_eq(rig.task->mm->rss_file, 1); /* nothing around */
	ck_assert_uint_eq(vm->event[PGFAULT], 1);
	page_clear_dirty(vm, pfn);
	/* the store after the writeback is one more fault */
	rig_touch(vma, 3, true);
	ck_assert_uint_eq(f->nr_dirty, 1);
	ck_assert_uint_eq(vm->event[PGFAULT], 2);
	ck_assert_uint_eq(rig.task->minflt, 1);
	rig_stop();
}
END_TEST

/* Two wait for one page: one request, and the second is a minor fault. */
START_TEST(test_two_wait_for_one_page)
{
	struct access a = { .kind = ACCESS_TOUCH, .index = 5 }, b;
	struct file *f;

	start();
	f = file_get(vm, "data", 1, 100);
	a.vma = add_area(100, f);
	b = a;
	b.vma = add_area(100, f);
	access_begin(vm, rig.task, &a);
	access_begin(vm, rig.task, &b);
	ck_assert_int_eq(access_step(vm, rig.task, &a), ACCESS_SLEEP);
	task_wake(vm, rig.task);
	ck_assert_int_eq(access_step(vm, rig.task, &b), ACCESS_SLEEP);
	ck_assert_uint_eq(a.until_ns, b.until_ns);
	rig_run(a.until_ns);
	task_wake(vm, rig.task);
	ck_assert_int_eq(access_step(vm, rig.task, &a), ACCESS_DONE);
	ck_assert_int_eq(access_step(vm, rig.task, &b), ACCESS_DONE);
	ck_assert_uint_eq(vm->disk[1].stat.reads, 1);
	ck_assert_uint_eq(rig.task->majflt, 1);
	ck_assert_uint_eq(rig.task->minflt, 1);
	rig_stop();
}
END_TEST

START_TEST(test_mlock)
{
	struct vma *vma;

	start();
	vma = add_area(100, NULL);
	for (uint64_t i = 0; i < 10; i++)
		rig_touch(vma, i, true);
	mlock_pages(vm, vma, 20);
	ck_assert_uint_eq(rig.task->mm->locked_vm, 20);
	ck_assert_uint_eq(global_node_item(vm, NR_UNEVICTABLE), 10);
	ck_assert_uint_eq(global_zone_item(vm, NR_MLOCK), 10);
	rig_touch(vma, 15, true); /* comes into the locked part */
	rig_touch(vma, 25, true); /* and this one does not */
	ck_assert_uint_eq(global_node_item(vm, NR_UNEVICTABLE), 11);
	mlock_pages(vm, vma, 5);
	ck_assert_uint_eq(rig.task->mm->locked_vm, 5);
	ck_assert_uint_eq(global_node_item(vm, NR_UNEVICTABLE), 5);
	ck_assert_uint_eq(vm->event[UNEVICTABLE_PGMLOCKED], 11);
	ck_assert_uint_eq(vm->event[UNEVICTABLE_PGMUNLOCKED], 6);
	ck_assert_uint_eq(vm->event[UNEVICTABLE_PGRESCUED], 6);
	rig_stop();
	/* and the exit gave the other five back */
}
END_TEST

/* Bounded, and nothing is left; a mapped page that was used is marked. */
START_TEST(test_exit_in_parts)
{
	struct file *f;
	struct vma *anon, *map;
	unsigned steps = 1;
	uint64_t cost, sum = 0;

	start();
	f = file_get(vm, "data", 1, 100);
	anon = add_area(3000, NULL);
	map = add_area(100, f);
	for (uint64_t i = 0; i < 2500; i++)
		rig_touch(anon, i, true);
	rig_touch(map, 20, false);
	while (!exit_mmap_step(vm, rig.task, &cost)) {
		sum += cost;
		steps++;
	}
	sum += cost;
	ck_assert_uint_gt(steps, 2);
	ck_assert_uint_eq(sum, (2500 + 15) * vm->conf.cost.free_ns);
	ck_assert_uint_eq(mm_rss(rig.task->mm), 0);
	ck_assert_uint_eq(f->nr_cached, 32); /* 4..35, the cache stays */
	ck_assert(cached(f, 20)->flags & PG_REFERENCED);
	rig_stop();
}
END_TEST

START_TEST(test_zap_a_part)
{
	struct vma *vma;

	start();
	vma = add_area(2000, NULL);
	for (uint64_t i = 0; i < 2000; i += 2)
		rig_touch(vma, i, true);
	ck_assert_uint_eq(zap_pages(vm, vma, 1000, 2000),
			  500 * vm->conf.cost.free_ns);
	ck_assert_uint_eq(rig.task->mm->rss_anon, 500);
	ck_assert_uint_eq(vma->pte[1000], 0);
	ck_assert(pte_present(vma->pte[998]));
	ck_assert_uint_eq(zap_pages(vm, vma, 1000, 2000), 0);
	rig_stop();
}
END_TEST

START_TEST(test_truncate_spares_what_is_in_flight)
{
	struct access a = { .kind = ACCESS_READ, .index = 90 };
	struct file *f;

	start();
	f = file_get(vm, "data", 1, 100);
	rig_rw(f, 10, true);
	a.file = f;
	access_begin(vm, rig.task, &a);
	ck_assert_int_eq(access_step(vm, rig.task, &a), ACCESS_SLEEP);
	remove_file_pages(vm, f, 0);
	ck_assert_uint_eq(f->nr_cached, 1);
	ck_assert_uint_eq(f->nr_dirty, 0);
	ck_assert_uint_eq(global_node_item(vm, NR_FILE_DIRTY), 0);
	rig_run(a.until_ns);
	task_wake(vm, rig.task);
	ck_assert_int_eq(access_step(vm, rig.task, &a), ACCESS_DONE);
	rig_stop();
}
END_TEST

CHECK_MAIN("fault", test_anonymous_page, test_fault_costs_time,
	   test_remote_touch_costs_more, test_out_of_memory,
	   test_read_ahead_of_a_stream, test_read_ahead_reclaims,
	   test_read_ahead_gives_up, test_read_ahead_ends,
	   test_random_reads_fetch_one_page,
	   test_marked_once_a_stay, test_write_needs_no_read,
	   test_writer_is_held, test_nobody_gets_through,
	   test_held_for_others, test_whose_writeback,
	   test_mapping_faults_around, test_random_mapping_reads_single_pages,
	   test_window_sizes,
	   test_windows_grow, test_store_into_a_mapping,
	   test_two_wait_for_one_page, test_mlock, test_exit_in_parts,
	   test_zap_a_part, test_truncate_spares_what_is_in_flight)
