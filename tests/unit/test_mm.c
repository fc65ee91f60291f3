/* SPDX-License-Identifier: MIT */
/*
 * test_mm.c - areas, page tables, rmap, and the counters that they keep.
 */
#include <errno.h>

#include "fault.h"
#include "memory_rig.h"

static struct vm *vm;
static struct mm *mm;

static void start(void)
{
	rig_start(4096, VM_DISK_SSD);
	vm = rig.vm;
	mm = rig.task->mm;
}

static uint32_t take_page(void)
{
	uint32_t pfn = alloc_pages_nowait(vm, GFP_CACHE_NOWAIT, 0, 0, ~0ull);

	ck_assert_uint_ne(pfn, PFN_NONE);
	return pfn;
}

static struct vma *add_area(uint64_t pages, struct file *f)
{
	struct vma *vma = mm_add_vma(vm, mm, pages, f);

	ck_assert_ptr_nonnull(vma);
	return vma;
}

static void add_tables(struct vma *vma, uint64_t index)
{
	while (!mm_has_table(vma, index))
		mm_add_table(vm, vma, index, take_page());
}

/* As a fault does it: a page of @vma, mapped and on a list. */
static uint32_t map_anon(struct vma *vma, uint64_t index, uint32_t bits)
{
	uint32_t pfn = take_page();
	struct page *page = pfn_page(vm, pfn);

	add_tables(vma, index);
	page->flags |= PG_SWAPBACKED | PG_UPTODATE;
	page->mapping = vma->mapping.id;
	page->index = (uint32_t)index;
	mm_map(vm, vma, index, pfn, bits);
	lru_add(vm, pfn);
	return pfn;
}

static uint32_t cache_page(struct file *f, uint64_t index)
{
	uint32_t pfn = take_page();

	pfn_page(vm, pfn)->flags |= PG_UPTODATE;
	ck_assert_uint_eq(file_insert(vm, f, index, pfn), 0);
	lru_add(vm, pfn);
	return pfn;
}

static uint64_t node_item(enum vm_node_item i)
{
	return global_node_item(vm, i);
}

START_TEST(test_numbers_go_round)
{
	static struct mapping all[MAPPING_MAX];
	uint32_t n = 0;
	uint16_t freed;

	start();
	while (mapping_register(vm, &all[n], MAPPING_ANON) == 0)
		n++;
	/* neither nobody's nor the orphans' */
	ck_assert_uint_eq(n, MAPPING_MAX - 2);
	for (uint32_t i = 0; i < n; i++)
		ck_assert(all[i].id != 0 && all[i].id != SWAP_ORPHAN);
	ck_assert_ptr_null(mm_add_vma(vm, mm, 1, NULL));
	ck_assert_uint_eq(mm->nr_vmas, 0);
	freed = all[100].id;
	mapping_unregister(vm, &all[100]);
	ck_assert_int_eq(mapping_register(vm, &all[100], MAPPING_FILE), 0);
	ck_assert_uint_eq(all[100].id, freed);
	for (uint32_t i = 0; i < n; i++)
		mapping_unregister(vm, &all[i]);
	rig_stop();
}
END_TEST

START_TEST(test_areas)
{
	struct vma *a, *b;

	start();
	a = add_area(100, NULL);
	b = add_area(1000, NULL);
	ck_assert_uint_eq(mm->total_vm, 1100);
	ck_assert_uint_eq(mm->peak_vm, 1100);
	ck_assert_uint_ne(a->mapping.id, b->mapping.id);
	ck_assert_uint_lt(a->start, b->start);
	ck_assert_uint_ge(a->start, 0x555555560000ull);
	ck_assert_uint_ge(b->start, 0x7e0000000000ull);
	ck_assert_uint_lt(b->start, 0x800000000000ull);
	ck_assert_uint_eq(a->start % VM_PAGE_SIZE, 0);
	mm_shrink(vm, b, 400);
	ck_assert_uint_eq(mm->total_vm, 700);
	ck_assert_uint_eq(mm->peak_vm, 1100);
	add_area(1, NULL);
	add_area(1, NULL);
	ck_assert_ptr_null(mm_add_vma(vm, mm, 1, NULL));
	ck_assert_int_eq(mm_grow(vm, a, UINT32_MAX), -ENOMEM);
	ck_assert_uint_eq(a->nr_pages, 100);
	rig_stop();
}
END_TEST

START_TEST(test_growing_keeps_entries)
{
	struct vma *a;
	uint32_t pfn;

	start();
	a = add_area(10, NULL);
	pfn = map_anon(a, 9, PTE_ACCESSED);
	ck_assert_int_eq(mm_grow(vm, a, 3000000), 0);
	ck_assert_uint_eq(a->nr_pages, 3000010);
	ck_assert_uint_eq(pte_pfn(a->pte[9]), pfn);
	ck_assert_uint_eq(a->pte[3000009], 0);
	map_anon(a, 3000009, 0);
	ck_assert_uint_eq(mm->rss_anon, 2);
	rig_stop();
}
END_TEST

/* Two levels above the first table, one at every further GiB. */
/*
 * Each of an area's arrays may be the one that there is no memory for: what
 * has grown before it is cut back, and the area is as it was.
 */
START_TEST(test_growing_short_of_memory)
{
	const uint64_t more = 1u << 29; /* every array needs more pages */
	struct vma *vma;
	bool failed = true;
	long n;

	start();
	vma = add_area(1000, NULL);
	map_anon(vma, 999, PTE_DIRTY);
	for (n = 0; failed; n++) {
		uint32_t pte = vma->pte[999];
		int err;

		fault_arm(n);
		err = mm_grow(vm, vma, more);
		failed = fault_disarm();
		ck_assert_int_eq(err, failed ? -ENOMEM : 0);
		ck_assert_uint_eq(vma->nr_pages, failed ? 1000 : 1000 + more);
		ck_assert_uint_eq(vma->pte[999], pte);
	}
	ck_assert_int_eq(n, 4);
	ck_assert_uint_eq(vma->pte[more], 0);
	rig_stop();
}
END_TEST

START_TEST(test_page_tables_cost_pages)
{
	struct vma *a;

	start();
	a = add_area(1u << 20, NULL); /* 4 GiB */
	add_tables(a, 0);
	ck_assert_uint_eq(mm->nr_ptes, 3);
	ck_assert(mm_has_table(a, 511) && !mm_has_table(a, 512));
	add_tables(a, 512);
	ck_assert_uint_eq(mm->nr_ptes, 4);
	add_tables(a, 3u << 18);
	ck_assert_uint_eq(mm->nr_ptes, 6);
	ck_assert_uint_eq(node_item(NR_PAGETABLE), 6);
	ck_assert_uint_eq(mm_remove_table(vm, a, 1024), PFN_NONE);
	rig_stop(); /* checks that all of them come back */
}
END_TEST

START_TEST(test_map_and_unmap_count)
{
	struct vma *a;
	uint32_t pfn, slot = pte_swap(2, 99);

	start();
	a = add_area(100, NULL);
	pfn = map_anon(a, 7, PTE_ACCESSED | PTE_DIRTY);
	ck_assert_uint_eq(mm->rss_anon, 1);
	ck_assert_uint_eq(mm->node_pages[0], 1);
	ck_assert_uint_eq(node_item(NR_ANON_MAPPED), 1);
	ck_assert_uint_eq(node_item(NR_FILE_MAPPED), 0);
	ck_assert(pfn_page(vm, pfn)->flags & PG_MAPPED);
	mm_unmap(vm, a, 7, slot);
	ck_assert_uint_eq(a->pte[7], slot);
	ck_assert_uint_eq(mm->rss_anon, 0);
	ck_assert_uint_eq(mm->swapents, 1);
	ck_assert_uint_eq(mm->node_pages[0], 0);
	ck_assert_uint_eq(mm->peak_rss, 1);
	ck_assert_uint_eq(node_item(NR_ANON_MAPPED), 0);
	ck_assert(!(pfn_page(vm, pfn)->flags & PG_MAPPED));
	/* mapping over a swap entry takes it out of VmSwap */
	mm_map(vm, a, 7, pfn, 0);
	ck_assert_uint_eq(mm->swapents, 0);
	ck_assert_uint_eq(mm->rss_anon, 1);
	rig_stop();
}
END_TEST

START_TEST(test_file_page_mapped_twice)
{
	bool locked = true, exec = true;
	struct file *f;
	struct vma *a, *b;
	uint32_t pfn;

	start();
	f = file_get(vm, "data", 0, 50);
	a = add_area(50, f);
	b = add_area(50, f);
	pfn = cache_page(f, 3);
	add_tables(a, 3);
	add_tables(b, 3);
	mm_map(vm, a, 3, pfn, PTE_ACCESSED);
	mm_map(vm, b, 3, pfn, PTE_ACCESSED | PTE_DIRTY);
	ck_assert_uint_eq(mm->rss_file, 2);
	ck_assert_uint_eq(node_item(NR_FILE_MAPPED), 1);
	ck_assert_uint_eq(rmap_referenced(vm, pfn, &locked, &exec), 2);
	ck_assert(!locked && !exec);
	ck_assert_uint_eq(rmap_referenced(vm, pfn, &locked, &exec), 0);
	b->exec = true;
	b->pte[3] |= PTE_ACCESSED;
	ck_assert_uint_eq(rmap_referenced(vm, pfn, &locked, &exec), 1);
	ck_assert(exec);
	mm_unmap(vm, a, 3, 0);
	ck_assert_uint_eq(node_item(NR_FILE_MAPPED), 1);
	ck_assert_uint_eq(f->nr_dirty, 0);
	rmap_unmap(vm, pfn); /* the last one, and it had been written */
	ck_assert_uint_eq(node_item(NR_FILE_MAPPED), 0);
	ck_assert_uint_eq(mm->rss_file, 0);
	ck_assert_uint_eq(f->nr_dirty, 1);
	ck_assert_uint_eq(node_item(NR_FILE_DIRTY), 1);
	rig_stop();
}
END_TEST

START_TEST(test_locked_page_is_seen)
{
	bool locked, exec;
	struct vma *a;
	uint32_t in, out;

	start();
	a = add_area(20, NULL);
	in = map_anon(a, 4, PTE_ACCESSED);
	out = map_anon(a, 5, 0);
	a->locked_pages = 5;
	ck_assert_uint_eq(rmap_referenced(vm, in, &locked, &exec), 1);
	ck_assert(locked);
	ck_assert_uint_eq(rmap_referenced(vm, out, &locked, &exec), 0);
	ck_assert(!locked);
	rig_stop();
}
END_TEST

/* Dirty, clean by writeback, and the next store is a fault again. */
START_TEST(test_writeback_takes_permission_away)
{
	struct file *f;
	struct vma *a;
	uint32_t pfn;

	start();
	f = file_get(vm, "data", 0, 10);
	a = add_area(10, f);
	pfn = cache_page(f, 0);
	add_tables(a, 0);
	mm_map(vm, a, 0, pfn, 0);
	ck_assert(touch_page(a, 0, false));
	ck_assert(!touch_page(a, 0, true));
	ck_assert(!touch_page(a, 1, false));
	a->pte[0] |= PTE_DIRTY;
	ck_assert(file_set_dirty(vm, f, pfn));
	ck_assert(!file_set_dirty(vm, f, pfn));
	ck_assert(touch_page(a, 0, true));
	page_clear_dirty(vm, pfn);
	ck_assert(!touch_page(a, 0, true));
	ck_assert(touch_page(a, 0, false));
	ck_assert_uint_eq(node_item(NR_FILE_DIRTY), 0);
	ck_assert_uint_eq(node_item(NR_DIRTIED), 1);
	page_set_writeback(vm, pfn);
	ck_assert_uint_eq(node_item(NR_WRITEBACK), 1);
	ck_assert_uint_eq(global_zone_item(vm, NR_ZONE_WRITE_PENDING), 1);
	page_clear_writeback(vm, pfn);
	ck_assert_uint_eq(global_zone_item(vm, NR_ZONE_WRITE_PENDING), 0);
	rig_stop();
}
END_TEST

START_TEST(test_next_dirty)
{
	static const uint64_t dirty[] = { 0, 63, 64, 200, 299 };
	struct file *f;

	start();
	f = file_get(vm, "data", 0, 300);
	ck_assert_uint_eq(file_next_dirty(f, 0), UINT64_MAX);
	for (unsigned i = 0; i < ARRAY_SIZE(dirty); i++)
		file_set_dirty(vm, f, cache_page(f, dirty[i]));
	for (unsigned i = 0; i < ARRAY_SIZE(dirty); i++) {
		ck_assert_uint_eq(file_next_dirty(f, dirty[i]), dirty[i]);
		if (i)
			ck_assert_uint_eq(
				file_next_dirty(f, dirty[i - 1] + 1),
				dirty[i]);
	}
	ck_assert_uint_eq(file_next_dirty(f, 300), UINT64_MAX);
	page_clear_dirty(vm, file_lookup(f, 299));
	ck_assert_uint_eq(file_next_dirty(f, 201), UINT64_MAX);
	ck_assert_uint_eq(f->nr_dirty, 4);
	rig_stop();
}
END_TEST

START_TEST(test_files)
{
	struct file *f, *g, *tmpfs;
	uint32_t pfn;

	start();
	f = file_get(vm, "a", 0, 10);
	g = file_get(vm, "b", 1, 10);
	ck_assert_ptr_ne(f, g);
	pfn = cache_page(f, 5);
	ck_assert_ptr_eq(file_get(vm, "a", 0, 100000), f);
	ck_assert_uint_eq(f->nr_pages, 100000);
	ck_assert_uint_eq(file_lookup(f, 5), pfn);
	ck_assert_ptr_eq(file_get(vm, "a", 0, 1), f);
	ck_assert_uint_eq(f->nr_pages, 100000);
	ck_assert_ptr_eq(file_find(vm, "b"), g);
	ck_assert_ptr_null(file_find(vm, "c"));
	ck_assert_uint_eq(node_item(NR_FILE_PAGES), 1);
	/* an eviction leaves its shadow, the next page takes it along */
	lru_del(vm, pfn);
	file_remove(vm, f, 5, SHADOW_BIT | 42);
	ck_assert_uint_eq(file_lookup(f, 5), PFN_NONE);
	ck_assert_uint_eq(f->nr_shadows, 1);
	ck_assert_uint_eq(file_insert(vm, f, 5, pfn), SHADOW_BIT | 42);
	ck_assert_uint_eq(f->nr_shadows, 0);
	lru_add(vm, pfn);
	tmpfs = file_get(vm, "tmp", FILE_NO_DISK, 10);
	ck_assert_int_eq(tmpfs->mapping.kind, MAPPING_SHMEM);
	cache_page(tmpfs, 0);
	ck_assert_uint_eq(node_item(NR_SHMEM), 1);
	ck_assert_uint_eq(node_item(NR_FILE_PAGES), 2);
	file_set_dirty(vm, tmpfs, file_lookup(tmpfs, 0));
	ck_assert_uint_eq(node_item(NR_FILE_DIRTY), 0);
	file_destroy(vm, g);
	ck_assert_uint_eq(vm->nr_files, 2);
	ck_assert_ptr_eq(file_find(vm, "tmp"), tmpfs);
	rig_stop();
}
END_TEST

START_TEST(test_no_more_files_than_the_limit)
{
	char name[VM_NAME_LEN] = "file-0000";

	start();
	for (unsigned i = 0; i < VM_MAX_FILES; i++) {
		name[5] = (char)('0' + i / 1000);
		name[6] = (char)('0' + i / 100 % 10);
		name[7] = (char)('0' + i / 10 % 10);
		name[8] = (char)('0' + i % 10);
		ck_assert_ptr_nonnull(file_get(vm, name, 0, 1));
	}
	ck_assert_ptr_null(file_get(vm, "one more", 0, 1));
	ck_assert_ptr_nonnull(file_get(vm, "file-0000", 0, 1));
	rig_stop();
}
END_TEST

CHECK_MAIN("mm", test_numbers_go_round, test_areas,
	   test_growing_keeps_entries, test_growing_short_of_memory,
	   test_page_tables_cost_pages,
	   test_map_and_unmap_count, test_file_page_mapped_twice,
	   test_locked_page_is_seen, test_writeback_takes_permission_away,
	   test_next_dirty, test_files, test_no_more_files_than_the_limit)
