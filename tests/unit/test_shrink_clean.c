/* SPDX-License-Identifier: MIT */
/*
 * test_shrink_clean.c - the short way out for clean pages of a file comes to
 * the same as the long one, which is asked for by a second, empty mapping of
 * the file; batches off a list and to the free lists are those of single
 * pages.
 */
#include "memory_rig.h"

#include "memory/buddy.h"
#include "reclaim/readahead.h"
#include "reclaim/shrink_list.h"
#include "reclaim/workingset.h"

#define PAGES	4096u
#define NR	SWAP_CLUSTER_MAX
#define LOCKED	3u
#define INITIAL 1000u /* the node's age */

/* What page i of the file is like. */
enum kind { PLAIN, MAPPED, USED, WRITTEN, READ_ONCE, IN_SET, NR_KINDS };

/* All that the two ways must agree on. */
struct outcome {
	int64_t node[VM_NR_NODE_ITEMS], zone[VM_NR_ZONE_ITEMS];
	uint64_t event[VM_NR_EVENT_ITEMS];
	uint64_t rss, on_node, cached, shadows, age, cost_ns, reclaimed;
	uint32_t slot[NR], pte[NR];
	uint32_t next[NR]; /* what is allocated afterwards */
};

static uint32_t page_get(void)
{
	uint32_t pfn = alloc_pages_nowait(rig.vm, GFP_NOWAIT, 0, 0,
					  UINT64_MAX);

	ck_assert_uint_ne(pfn, PFN_NONE);
	return pfn;
}

static void map(struct vma *vma, uint64_t index, uint32_t pfn, uint32_t bits)
{
	while (!mm_has_table(vma, index))
		mm_add_table(rig.vm, vma, index, page_get());
	mm_map(rig.vm, vma, index, pfn, bits);
}

static void fill(struct file *f, struct vma *vma)
{
	static const uint32_t bits[NR_KINDS] = { [USED] = PTE_ACCESSED,
						 [WRITTEN] = PTE_DIRTY };
	static const uint16_t flags[NR_KINDS] = {
		[READ_ONCE] = PG_REFERENCED, [IN_SET] = PG_WORKINGSET
	};

	for (uint32_t i = 0; i < NR; i++) {
		enum kind kind = i % NR_KINDS;
		uint32_t pfn = page_get();

		pfn_page(rig.vm, pfn)->flags = PG_UPTODATE | flags[kind];
		add_to_page_cache(rig.vm, f, i, pfn, true);
		if (kind != PLAIN && kind != READ_ONCE)
			map(vma, i, pfn, bits[kind]);
	}
	vma->locked_pages = LOCKED;
}

static void note(struct outcome *o, const struct file *f, const struct vma *vma)
{
	const struct pgdat *node = &rig.vm->node[0];

	memcpy(o->node, node->item, sizeof(o->node));
	memcpy(o->zone, node->zone[VM_ZONE_DMA32].item, sizeof(o->zone));
	memcpy(o->event, rig.vm->event, sizeof(o->event));
	o->rss = vma->mm->rss_file;
	o->on_node = vma->mm->node_pages[0];
	o->cached = f->nr_cached;
	o->shadows = f->nr_shadows;
	o->age = node->lruvec.nonresident_age;
	memcpy(o->slot, f->slot, sizeof(o->slot));
	memcpy(o->pte, vma->pte, sizeof(o->pte));
}

static void shrink(struct outcome *o, bool long_way)
{
	struct scan_control sc = {
		.who = RECLAIM_DIRECT,
		.gfp = GFP_CACHE,
		.reclaim_idx = VM_ZONE_MOVABLE,
		.may_unmap = true,
		.may_writepage = true,
		.priority = DEF_PRIORITY,
	};
	struct vma *vma;
	struct file *f;

	memset(o, 0, sizeof(*o));
	rig_start(PAGES, VM_DISK_SSD);
	rig.vm->node[0].lruvec.nonresident_age = INITIAL;
	sc.pgdat = &rig.vm->node[0];
	f = file_get(rig.vm, "data", 1, NR);
	ck_assert_ptr_nonnull(f);
	vma = mm_add_vma(rig.vm, rig.task->mm, NR, f);
	ck_assert_ptr_nonnull(vma);
	if (long_way)
		ck_assert_ptr_nonnull(
			mm_add_vma(rig.vm, rig.task->mm, NR, f));
	fill(f, vma);
	o->reclaimed = shrink_inactive_list(rig.vm, &sc,
					    VM_LRU_INACTIVE_FILE, NR);
	o->cost_ns = sc.cost_ns;
	note(o, f, vma);
	for (unsigned i = 0; i < NR; i++)
		o->next[i] = page_get();
	for (unsigned i = 0; i < NR; i++)
		free_pages(rig.vm, o->next[i], 0);
	vma->locked_pages = 0;
	rig_stop();
}

static bool goes(uint32_t i)
{
	switch (i % NR_KINDS) {
	case PLAIN:
	case READ_ONCE:
		return true;
	case MAPPED:
	case IN_SET:
		return i >= LOCKED;
	default:
		return false;
	}
}

/* Used and written pages stay, locked ones too; others leave a shadow. */
START_TEST(test_who_goes)
{
	struct outcome o;
	uint64_t age = INITIAL, gone = 0, mapped = 0;

	shrink(&o, false);
	for (uint32_t i = 0; i < NR; i++) {
		if (!goes(i)) {
			ck_assert(o.slot[i] && !(o.slot[i] & SHADOW_BIT));
			/* one that becomes active makes the node older */
			age += i % NR_KINDS == WRITTEN;
			continue;
		}
		ck_assert_uint_eq(o.slot[i],
				  shadow_pack(0, i % NR_KINDS == IN_SET,
					      age++, 0));
		ck_assert_uint_eq(o.pte[i], 0);
		gone++;
		mapped += i % NR_KINDS == MAPPED || i % NR_KINDS == IN_SET;
	}
	ck_assert_uint_eq(o.reclaimed, gone);
	ck_assert_uint_eq(o.event[PGFREE], gone);
	ck_assert_uint_eq(o.cached, NR - gone);
	ck_assert_uint_eq(o.shadows, gone);
	ck_assert_int_eq(o.node[NR_FILE_PAGES], NR - (int64_t)gone);
	ck_assert_uint_eq(o.rss, (uint64_t)o.node[NR_FILE_MAPPED]);
	ck_assert_uint_eq(o.rss, o.on_node);
	ck_assert_uint_gt(mapped, 0);
}
END_TEST

START_TEST(test_both_ways_are_one)
{
	struct outcome a, b;

	shrink(&a, false);
	shrink(&b, true);
	ck_assert_mem_eq(a.node, b.node, sizeof(a.node));
	ck_assert_mem_eq(a.zone, b.zone, sizeof(a.zone));
	ck_assert_mem_eq(a.event, b.event, sizeof(a.event));
	ck_assert_mem_eq(a.slot, b.slot, sizeof(a.slot));
	ck_assert_mem_eq(a.pte, b.pte, sizeof(a.pte));
	ck_assert_mem_eq(a.next, b.next, sizeof(a.next));
	ck_assert_uint_eq(a.cost_ns, b.cost_ns);
	ck_assert_uint_eq(a.age, b.age);
	ck_assert_mem_eq(&a, &b, sizeof(a));
}
END_TEST

/* Holes in the middle, and more asked for than there are. */
START_TEST(test_take_tail)
{
	static uint32_t in[5 * LRU_CHUNK_PAGES];
	struct pgdat *node;
	uint32_t got[40], next[40];
	unsigned n, at = 0;

	rig_start(PAGES, VM_DISK_SSD);
	node = &rig.vm->node[0];
	for (unsigned i = 0; i < ARRAY_SIZE(in); i++) {
		in[i] = page_get();
		lru_add(rig.vm, in[i]);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(in); i++)
		if (i % 3 == 1 || i / LRU_CHUNK_PAGES == 2)
			lru_del(rig.vm, in[i]);
	do {
		unsigned seen = lru_peek_tail(node, VM_LRU_INACTIVE_FILE, next,
					      ARRAY_SIZE(next));

		n = lru_take_tail(rig.vm, node, VM_LRU_INACTIVE_FILE, got,
				  ARRAY_SIZE(got));
		ck_assert_uint_eq(seen, n);
		ck_assert(!memcmp(got, next, n * sizeof(*got)));
		for (unsigned i = 0; i < n; i++, at++) {
			while (at % 3 == 1 || at / LRU_CHUNK_PAGES == 2)
				at++;
			ck_assert_uint_eq(got[i], in[at]);
			ck_assert_uint_eq(pfn_page(rig.vm, got[i])->flags, 0);
		}
		ck_assert_uint_eq((uint64_t)node->item[NR_INACTIVE_FILE],
				  node->lruvec.list[VM_LRU_INACTIVE_FILE].nr);
	} while (n == ARRAY_SIZE(got));
	ck_assert_uint_eq(at, ARRAY_SIZE(in));
	ck_assert_int_eq(node->item[NR_INACTIVE_FILE], 0);
	ck_assert_uint_eq(node->lruvec.list[VM_LRU_INACTIVE_FILE].nr_chunks,
			  0);
	for (unsigned i = 0; i < ARRAY_SIZE(in); i++)
		free_pages(rig.vm, in[i], 0);
	rig_stop();
}
END_TEST

/* Frees @nr pages in an order of chance, so many at a time. */
static void free_some(uint32_t *pfn, unsigned nr, unsigned batch)
{
	struct prng rng;

	prng_init(&rng, 5, 0);
	for (unsigned i = nr; i > 1; i--) {
		unsigned j = (unsigned)prng_below(&rng, i);
		uint32_t p = pfn[j];

		pfn[j] = pfn[i - 1];
		pfn[i - 1] = p;
	}
	for (unsigned i = 0; i < nr; i += batch) {
		if (batch == 1)
			free_pages(rig.vm, pfn[i], 0);
		else
			free_page_batch(rig.vm, pfn + i, MIN(batch, nr - i));
	}
}

START_TEST(test_free_batch)
{
	static uint32_t pfn[2][1001];

	for (unsigned r = 0; r < 2; r++) {
		rig_start(PAGES, VM_DISK_SSD);
		for (unsigned i = 0; i < 1001; i++)
			pfn[r][i] = page_get();
		/* half of it: not all can merge */
		free_some(pfn[r], 500, r ? SWAP_CLUSTER_MAX : 1);
		ck_assert_uint_eq(rig.vm->event[PGFREE], 500);
		for (unsigned i = 0; i < 500; i++)
			pfn[r][i] = page_get();
		free_some(pfn[r], 1001, r ? SWAP_CLUSTER_MAX : 1);
		rig_stop();
	}
	ck_assert_mem_eq(pfn[0], pfn[1], sizeof(pfn[0]));
}
END_TEST

CHECK_MAIN("shrink_clean", test_who_goes, test_both_ways_are_one,
	   test_take_tail, test_free_batch)
