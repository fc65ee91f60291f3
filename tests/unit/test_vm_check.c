/* SPDX-License-Identifier: MIT */
/*
 * test_vm_check.c - who checks the machine is checked himself.
 *
 * A machine with something of everything, about which vm_check() has nothing
 * to say; then one thing in it is made wrong, and the words in which that is
 * told.  A row for every way in which each invariant can be broken.
 */
#include <vm/vm.h>

#include "memory_rig.h"
#include "memory/buddy.h"
#include "reclaim/swap.h"
#include "vm_check.h"

static struct vm *vm;
static struct vma *area;
static struct file *file;
static struct pgdat *pgdat;
static struct zone *zone;

static struct page *page_at(uint64_t index)
{
	ck_assert(pte_present(area->pte[index]));
	return pfn_page(vm, pte_pfn(area->pte[index]));
}

static struct page *cached_at(uint64_t index)
{
	ck_assert_uint_ne(file_lookup(file, index), PFN_NONE);
	return pfn_page(vm, file_lookup(file, index));
}

/* Page @index goes to swap; it stays in the cache, or goes from there too. */
static void to_swap(uint64_t index, bool stays)
{
	uint32_t pfn = pte_pfn(area->pte[index]);
	uint64_t done;
	bool sync;

	ck_assert(add_to_swap(vm, pfn));
	rmap_unmap(vm, pfn);
	swap_writepage(vm, pfn, &sync, &done);
	rig_run(sync ? 0 : done);
	if (stays)
		return;
	lru_del(vm, pfn);
	delete_from_swap_cache(vm, pfn, 0);
	free_pages(vm, pfn, 0);
}

/* Ten pages of a task, two of them in swap; a file, one page of it dirty. */
static void good_machine(void)
{
	bool fragmented;
	uint32_t pfn;

	rig_start(8192, VM_DISK_SSD);
	vm = rig.vm;
	pgdat = &vm->node[0];
	zone = vm->zone_table[VM_ZONE_DMA32];
	vm->conf.nr_swaps = 2; /* one is off */
	vm->conf.swap[0].pages = 100;
	vm->conf.swap[0].disk = 1;
	ck_assert_int_eq(swap_area_on(vm, 0, VM_SWAP_PRIO_AUTO), 0);
	area = mm_add_vma(vm, rig.task->mm, 2000, NULL);
	ck_assert_ptr_nonnull(area);
	for (uint64_t i = 0; i < 10; i++)
		rig_touch(area, i, true);
	file = file_get(vm, "f", 0, 100);
	ck_assert_ptr_nonnull(file);
	for (uint64_t i = 0; i < 4; i++)
		rig_rw(file, i, i == 3);
	to_swap(3, false);
	to_swap(4, true);
	/* one of the largest blocks has been in use */
	pfn = buddy_alloc(vm, zone, VM_MAX_ORDER, VM_MIGRATE_MOVABLE,
			  &fragmented);
	ck_assert_uint_ne(pfn, PFN_NONE);
	buddy_free(vm, zone, pfn, VM_MAX_ORDER);
}

/* A free block that is on a list; its order and type. */
static uint32_t *free_block(unsigned *order, unsigned *type)
{
	for (unsigned o = 0; o < VM_MAX_ORDER; o++)
		for (unsigned t = 0; t < VM_NR_MIGRATETYPES; t++)
			if (zone->free_area[o].nr_free[t]) {
				*order = o;
				*type = t;
				free_list_tidy(vm, zone, o, t);
				return zone->free_area[o].block[t];
			}
	ck_abort_msg("no free block");
	return NULL;
}

static void flip_bit(uint32_t pfn, unsigned order)
{
	const struct free_bit b = free_bit(vm, pfn, order);

	*b.word ^= 1ull << b.at;
}

static struct page *swap_cached(void)
{
	const struct swap_slot *s = swap_slot_get(vm, area->pte[4]);

	ck_assert_uint_ne(s->cache, 0);
	return pfn_page(vm, s->cache - 1);
}

static struct swap_slot *slot(void)
{
	return swap_slot_get(vm, area->pte[3]);
}

/* --- sums --- */

static void free_lists(void) { zone->free_area[3].nr_free[0]++; }
static void page_blocks(void) { zone->pageblocks[0]++; }
static void mark_high(void) { zone->wmark[WMARK_HIGH]++; }
static void mark_promo(void) { zone->wmark[WMARK_PROMO]++; }
static void lru_zone(void) { zone->item[NR_ZONE_ACTIVE_FILE]++; }
static void lru_list(void)
{
	zone->item[NR_ZONE_ACTIVE_FILE]++;
	pgdat->item[NR_ACTIVE_FILE]++;
}
static void pending(void) { zone->item[NR_ZONE_WRITE_PENDING]++; }
static void scan_who(void) { vm->event[PGSCAN_KSWAPD]++; }
static void scan_type(void) { vm->event[PGSCAN_FILE]++; }
static void steal_who(void) { vm->event[PGSTEAL_DIRECT]++; }
static void steal_anon(void)
{
	vm->event[PGSTEAL_DIRECT]++;
	vm->event[PGSTEAL_ANON]++;
}
static void steal_file(void)
{
	vm->event[PGSTEAL_KHUGEPAGED]++;
	vm->event[PGSTEAL_FILE]++;
}
static void numa_hit(void) { zone->numa[NUMA_HIT]++; }
static void numa_miss(void)
{
	zone->numa[NUMA_MISS]++;
	zone->numa[NUMA_OTHER]++;
}
static void rss_anon(void) { rig.task->mm->rss_anon++; }
static void tables(void) { rig.task->mm->nr_ptes++; }
static void swapents(void) { rig.task->mm->swapents += 100; }
static void activated_anon(void) { pgdat->item[WORKINGSET_ACTIVATE_ANON]++; }
static void activated_file(void) { pgdat->item[WORKINGSET_ACTIVATE_FILE]++; }

/* --- lists --- */

static void off_list(void) { page_at(0)->flags &= (uint16_t)~PG_LRU; }
static void other_list(void) { page_at(0)->flags ^= PG_ACTIVE; }
static void lru_place(void) { page_at(0)->lru_pos++; }
static void other_node(void)
{
	static struct zone far;

	far.id = VM_NR_ZONES;
	far.nid = 1;
	vm->node[1].nid = 1;
	vm->zone_table[far.id] = &far;
	vm->block_zone[pte_pfn(area->pte[0]) >> PAGEBLOCK_ORDER] = far.id;
}
static void no_owner(void) { page_at(0)->mapping = 60000; }
static void list_count(void)
{
	lru_list();
	pgdat->lruvec.list[VM_LRU_ACTIVE_FILE].nr++;
}

/* --- free blocks --- */

static void not_free(void)
{
	unsigned o, t;
	uint32_t pfn = *free_block(&o, &t);

	flip_bit(pfn, o);
}
static void other_order(void)
{
	unsigned o, t;
	uint32_t pfn = *free_block(&o, &t);

	flip_bit(pfn, o + 1);
}
static void not_listed(void)
{
	flip_bit(pte_pfn(area->pte[0]), 0);
}
static void half_used(void)
{
	unsigned o, t;
	uint32_t pfn = *free_block(&o, &t);

	pfn_page(vm, pfn)->flags = PG_KERNEL;
}
static void not_aligned(void)
{
	free_list_tidy(vm, zone, VM_MAX_ORDER, VM_MIGRATE_MOVABLE);
	zone->free_area[VM_MAX_ORDER].block[VM_MIGRATE_MOVABLE][0]++;
}
static void block_count(void)
{
	unsigned o, t;

	free_block(&o, &t);
	zone->free_area[o].nr_free[t]++;
	zone->item[NR_FREE_PAGES] += 1 << o;
}
static void large_count(void)
{
	struct free_area *fa = &zone->free_area[VM_MAX_ORDER];
	uint64_t *nr = &fa->nr_free[VM_MIGRATE_MOVABLE];

	zone->item[NR_FREE_PAGES] -= (int64_t)(*nr << VM_MAX_ORDER);
	*nr = 0;
}

/* --- page tables --- */

static void slot_index(void) { slot()->index++; }
static void slot_owner(void) { slot()->owner++; }
static void not_mapped(void) { page_at(0)->flags &= (uint16_t)~PG_MAPPED; }
static void kernels(void) { page_at(0)->flags |= PG_KERNEL; }
static void other_index(void) { page_at(0)->index++; }
static void other_owner(void) { page_at(0)->mapping = file->mapping.id; }
static void rss_file(void) { rig.task->mm->rss_file++; }
static void less_swap(void) { rig.task->mm->swapents--; }

/* --- files and swap areas --- */

static void cache_index(void) { cached_at(1)->index++; }
static void cache_owner(void) { cached_at(1)->mapping = area->mapping.id; }
static void cached(void) { file->nr_cached++; }
static void dirty(void) { file->nr_dirty++; }
static void cache_slot(void) { swap_cached()->index++; }
static void cache_flag(void)
{
	swap_cached()->flags &= (uint16_t)~PG_SWAPCACHE;
}
static void slots_used(void) { vm->swap[0].used++; }
static void node_used(void) { file->xa.node[0].used = 0; }
static void node_values(void)
{
	file->xa.node[0].nr_values = file->xa.node[0].count + 1;
}
static void swap_node(void) { vm->swap[0].xa.node[0].used ^= 1; }
static void objects(void) { pgdat->xa_nodes.objects++; }
static void shadow_nodes(void) { pgdat->item[WORKINGSET_NODES]++; }

static const struct {
	void (*spoil)(void);
	const char *what;
} wrongs[] = {
	{ free_lists, "free pages and free lists: " },
	{ page_blocks, "page blocks of all types and of the zone: " },
	{ mark_high, "high - low and low - min: " },
	{ mark_promo, "promo - high and low - min: " },
	{ lru_zone, "LRU pages of node and zones: " },
	{ lru_list, "LRU pages of node and list: " },
	{ pending, "write pending, dirty + writeback: 2, and 1" },
	{ scan_who, "pgscan by who and by type: 1, and 0" },
	{ scan_type, "pgscan by who and by type: 0, and 1" },
	{ steal_who, "pgsteal by who and by type: 1, and 0" },
	{ steal_anon, "stolen more than scanned: 1, and 0" },
	{ steal_file, "stolen more than scanned: " },
	{ numa_hit, "numa hit + miss, local + other: " },
	{ numa_miss, "numa miss and foreign: 1, and 0" },
	{ rss_anon, "nr_anon_pages and RssAnon of all: 8, and 9" },
	{ tables, "page tables and those of all: " },
	{ swapents, "VmSwap of all and slots in use: 102, and 2" },
	{ activated_anon, "activated and refaulted: 1, and 0" },
	{ activated_file, "activated and refaulted: 1, and 0" },
	{ off_list, "page on the wrong list: flags, list: " },
	{ other_list, "page on the wrong list: flags, list: " },
	{ lru_place, "page's place and its place in the queue: " },
	{ other_node, "page on the list of another node: " },
	{ no_owner, "page on a list without an owner: " },
	{ list_count, "pages on a list and its count: 0, and 1" },
	{ not_free, "free blocks and count: 0, and 1" },
	{ other_order, "free block in a free block: " },
	{ not_listed, "blocks marked free and listed: " },
	{ half_used, "free block's head: pfn, order: " },
	{ not_aligned, "free block's head: pfn, order: " },
	{ block_count, "free blocks and count: 1, and 2" },
	{ large_count, "free blocks and count: 1, and " },
	{ slot_index, "swap entry and its slot's page: 3, and 4" },
	{ slot_owner, "swap entry and its slot's page: 3, and 3" },
	{ not_mapped, "mapped page's flags, pid: " },
	{ kernels, "mapped page's flags, pid: " },
	{ other_index, "page table and the page's owner: 0, and 1" },
	{ other_owner, "page table and the page's owner: 0, and 0" },
	{ rss_file, "mapped pages and rss: 8, and 9" },
	{ less_swap, "swap entries and VmSwap: 2, and 1" },
	{ cache_index, "cache slot and the page's index: 1, and 2" },
	{ cache_owner, "cache slot and the page's index: 1, and 1" },
	{ cached, "cached pages and count: 12, and 13" },
	{ dirty, "dirty pages and count: 1, and 2" },
	{ cache_slot, "swap cache and the page's slot: " },
	{ cache_flag, "swap cache and the page's slot: " },
	{ slots_used, "slots in use and count: 2, and 3" },
	{ node_used, "entries of a node of an index: 12, and 0" },
	{ node_values, "entries of a node of an index: 12, and 13" },
	{ swap_node, "entries of a node of an index: " },
	{ objects, "nodes of indices and count: " },
	{ shadow_nodes, "nodes of shadows and count: 0, and 1" },
};

#define NR_WRONGS (sizeof(wrongs) / sizeof(wrongs[0]))

START_TEST(test_good)
{
	struct vm_complaint c = { .index = -1 };

	good_machine();
	ck_assert_msg(vm_check(vm, &c), "%s", c.what);
	rig_stop();
}
END_TEST

START_TEST(test_wrong)
{
	struct vm_complaint c = { .index = -1 };

	good_machine();
	wrongs[_i].spoil();
	ck_assert_msg(!vm_check(vm, &c), "nothing said of row %d", _i);
	ck_assert_msg(!strncmp(c.what, wrongs[_i].what,
			       strlen(wrongs[_i].what)),
		      "said \"%s\", want \"%s\"", c.what, wrongs[_i].what);
	ck_assert_str_eq(c.field, "invariant");
}
END_TEST

CHECK_MAIN_ROWS("vm_check", { test_good, 0 }, { test_wrong, NR_WRONGS })
