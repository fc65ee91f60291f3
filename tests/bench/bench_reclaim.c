/* SPDX-License-Identifier: MIT */
/*
 * bench_reclaim.c - clean page cache reclaimed, whole path, against a bare
 * scan of a queue and the bare walk of a linked list.
 *
 * The cache is filled so that neither the frames' numbers nor the places in
 * the file follow the order of the LRU list.  Then shrink_inactive_list()
 * takes it all: isolate, check the references, unmap (second line), leave a
 * shadow, free.
 */
#include "bench.h"
#include "engine.h"
#include "memory/mm.h"
#include "probe.h"
#include "reclaim/fault.h"
#include "reclaim/page_alloc.h"
#include "reclaim/readahead.h"
#include "reclaim/shrink_list.h"

#define MUL 1664525u
#define ADD 1013904223u

struct cache {
	struct vm *vm;
	struct task *task;
	struct file *file;
	uint32_t *pfn; /* in the order of allocation */
	uint64_t nr;   /* a power of two */
	bool mapped;
};

static void map_page(struct cache *c, uint64_t index, uint32_t pfn)
{
	struct vma *vma = c->file->vmas;

	while (!mm_has_table(vma, index)) {
		uint32_t table = alloc_pages_nowait(c->vm, GFP_NOWAIT, 0, 0,
						    UINT64_MAX);

		if (table == PFN_NONE)
			bench_fail("no page table");
		mm_add_table(c->vm, vma, index, table);
	}
	mm_map(c->vm, vma, index, pfn, 0);
}

/* Frames, list and file in three orders. */
static void fill(struct cache *c)
{
	uint32_t mask = (uint32_t)c->nr - 1, frame = 7, index = 12345;

	for (uint64_t i = 0; i < c->nr; i++) {
		c->pfn[i] = alloc_pages_nowait(c->vm, GFP_CACHE_NOWAIT, 0, 0,
					       UINT64_MAX);
		if (c->pfn[i] == PFN_NONE)
			bench_fail("the machine is too small");
	}
	for (uint64_t i = 0; i < c->nr; i++) {
		uint32_t pfn = c->pfn[frame & mask];

		pfn_page(c->vm, pfn)->flags |= PG_UPTODATE;
		add_to_page_cache(c->vm, c->file, index & mask, pfn, true);
		if (c->mapped)
			map_page(c, index & mask, pfn);
		frame = MUL * frame + ADD;
		index = 22695477u * index + 1;
	}
}

static double reclaim(struct cache *c)
{
	struct scan_control sc = {
		.who = RECLAIM_DIRECT,
		.gfp = GFP_CACHE,
		.pgdat = &c->vm->node[0],
		.reclaim_idx = VM_ZONE_MOVABLE,
		.may_unmap = true,
		.may_writepage = true,
		.priority = DEF_PRIORITY,
	};
	uint64_t done = 0;
	double began;

	fill(c);
	began = bench_cpu_s();
	while (done < c->nr) {
		uint64_t nr = shrink_inactive_list(c->vm, &sc,
						   VM_LRU_INACTIVE_FILE,
						   SWAP_CLUSTER_MAX);

		if (!nr)
			bench_fail("nothing was reclaimed");
		done += nr;
	}
	return (double)done / (bench_cpu_s() - began);
}

static void reclaim_pages(uint64_t nr, bool mapped)
{
	const struct machine_shape shape = {
		.node_pages = nr + nr / 8, .nr_nodes = 1, .nr_cpus = 1,
	};
	double ours[BENCH_MAX_ROUNDS], queue[BENCH_MAX_ROUNDS];
	double list[BENCH_MAX_ROUNDS];
	struct cache c = { .vm = machine_open(&shape), .nr = nr,
			   .mapped = mapped };

	c.task = machine_task(c.vm, 0, nr, mapped);
	c.file = c.task->file;
	c.pfn = bench_alloc(nr * sizeof(*c.pfn));
	for (unsigned r = 0; r < bench_rounds; r++) {
		queue[r] = probe_scan_queue(nr, nr / 2);
		list[r] = probe_scan_list(nr, nr / 2);
		ours[r] = reclaim(&c);
	}
	bench_ratio(mapped ? "reclaim-mapped-queue" : "reclaim-queue", ours,
		    queue);
	bench_ratio(mapped ? "reclaim-mapped-list" : "reclaim-list", ours,
		    list);
	bench_free(c.pfn, nr * sizeof(*c.pfn));
	machine_close(c.vm);
}

void bench_reclaim(void)
{
	uint64_t nr = bench_smoke ? 1u << 15 : 64 * PAGES_PER_GIB;

	reclaim_pages(nr, false);
	reclaim_pages(nr, true);
}
