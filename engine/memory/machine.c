/* SPDX-License-Identifier: MIT */
/*
 * machine.c - a machine's description: defaults, and where its memory lies.
 *
 * Part of the door (vm/machine.h); used by whoever writes a description and
 * by vm.c.  Works on plain data only and needs no lock.  What is wrong with
 * a description is found in machine_check.c.
 *
 * Memory is laid out as on a PC: page 0 and the hole of the BIOS below 1 MiB
 * are not there; from 3 to 4 GiB are devices, and what would lie there
 * continues above 4 GiB.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <vm/machine.h>

#include "world/compiler.h"

#define DMA_END	   (1ull << (24 - VM_PAGE_SHIFT)) /* 16 MiB */
#define HOLE_START (3ull << (30 - VM_PAGE_SHIFT)) /* 3 GiB */
#define HOLE_END   (1ull << (32 - VM_PAGE_SHIFT)) /* 4 GiB */

/* Of the first MiB, the pages of video memory and ROMs. */
#define BIOS_HOLE_PAGES 97u
/* The DMA zone of a PC as seen live: 3840 of 3998. */
#define DMA_RESERVED_PAGES 158u
/* A frame's descriptor takes 64 bytes of 4096. */
#define FRAMES_PER_MEMMAP_PAGE 64u

/* Of nodes about which nothing is said. */
#define REMOTE_DISTANCE 20

#define DISK_PAGES (512ull << (30 - VM_PAGE_SHIFT)) /* 512 GiB */
#define US 1000ull

/* Fact sheet K: the middle of each range, of a machine that is no guest. */
static const struct vm_costs default_costs = {
	.touch_ns = 100,
	.read_ns = 400,
	.minor_fault_ns = 800,
	.map_file_ns = 40,
	.scan_ns = 150,
	.reclaim_ns = 400,
	.unmap_ns = 1500,
	.swap_out_ns = 2500,
	.swap_in_ns = 4000,
	.free_ns = 350,
	.remote_percent = 170,
};

static const struct vm_disk_conf default_disk[VM_NR_DISK_KINDS] = {
	[VM_DISK_NVME] = {
		.read_latency_ns = 100 * US,
		.write_latency_ns = 20 * US,
		.bandwidth_bps = 3000000000,
		.queue_depth = 64,
		.pages = DISK_PAGES,
	},
	[VM_DISK_SSD] = {
		.read_latency_ns = 140 * US,
		.write_latency_ns = 60 * US,
		.bandwidth_bps = 500000000,
		.queue_depth = 32,
		.pages = DISK_PAGES,
	},
	[VM_DISK_HDD] = {
		.read_latency_ns = 12000 * US,
		.write_latency_ns = 8000 * US,
		.bandwidth_bps = 180000000,
		.queue_depth = 1,
		.pages = DISK_PAGES,
	},
	[VM_DISK_ZRAM] = {
		.read_latency_ns = 2 * US,
		.write_latency_ns = 5 * US,
		.bandwidth_bps = 2000000000,
		.queue_depth = 1,
		.pages = DISK_PAGES,
	},
};

void vm_machine_init(struct vm_machine *m)
{
	memset(m, 0, sizeof(*m));
	m->cost = default_costs;
	m->kswapd_wake = VM_KSWAPD_WAKE_LOW;
	m->page_lists = VM_PAGE_LISTS_NONE;
	m->lru_counts = VM_LRU_COUNTS_EXACT;
	m->thp = true;
	m->seed = 1;
	m->boot_epoch_s = VM_BOOT_EPOCH_S;
	for (unsigned i = 0; i < VM_MAX_NODES; i++)
		for (unsigned j = 0; j < VM_MAX_NODES; j++)
			m->node[i].distance[j] =
				i == j ? VM_MIN_DISTANCE : REMOTE_DISTANCE;
}

bool vm_machine_thp_default(const struct vm_machine *m)
{
	uint64_t managed = 0;

	for (uint32_t nid = 0; nid < m->nr_nodes; nid++)
		for (unsigned type = 0; type < VM_NR_ZONES; type++)
			managed += m->node[nid].zone[type].managed;
	return managed >= VM_THP_LEAST_PAGES;
}

void vm_machine_fini(struct vm_machine *m)
{
	free(m->file);
	free(m->task);
	vm_machine_init(m);
}

void vm_disk_defaults(struct vm_disk_conf *d, enum vm_disk_kind kind)
{
	assert(kind < VM_NR_DISK_KINDS);
	d->kind = kind;
	d->read_latency_ns = default_disk[kind].read_latency_ns;
	d->write_latency_ns = default_disk[kind].write_latency_ns;
	d->bandwidth_bps = default_disk[kind].bandwidth_bps;
	d->queue_depth = default_disk[kind].queue_depth;
	d->pages = default_disk[kind].pages;
}

/* The zone that @pfn lies in, and where that ends. */
static enum vm_zone_type zone_at(uint64_t pfn, uint64_t *end)
{
	if (pfn < DMA_END) {
		*end = DMA_END;
		return VM_ZONE_DMA;
	}
	if (pfn < HOLE_START) {
		*end = HOLE_START;
		return VM_ZONE_DMA32;
	}
	assert(pfn >= HOLE_END);
	*end = UINT64_MAX;
	return VM_ZONE_NORMAL;
}

/* What the kernel hands to the allocator of @present pages. */
static uint64_t managed_of(enum vm_zone_type type, uint64_t present)
{
	uint64_t reserved =
		(present + FRAMES_PER_MEMMAP_PAGE - 1) / FRAMES_PER_MEMMAP_PAGE;

	if (type == VM_ZONE_DMA)
		reserved = MAX(reserved, DMA_RESERVED_PAGES);
	return present > reserved ? present - reserved : 0;
}

/* Pages [@from, @to) are memory of @type; page 0 is not. */
static void zone_extend(struct vm_zone_conf *z, uint64_t from, uint64_t to)
{
	uint64_t present = to - from;

	assert(from < to);
	if (from == 0) {
		from = 1;
		present -= MIN(present, 1 + BIOS_HOLE_PAGES);
	}
	if (z->spanned == 0)
		z->start_pfn = from;
	z->spanned = to - z->start_pfn;
	z->present += present;
}

/*
 * Move the node's last pages into Movable: from its highest zone, and when
 * that is used up from the next one below.
 */
static void take_movable(struct vm_node_conf *n)
{
	struct vm_zone_conf *mov = &n->zone[VM_ZONE_MOVABLE];
	uint64_t left = n->movable_pages, end = 0;
	unsigned type = VM_ZONE_NORMAL + 1;

	while (left > 0 && type-- > VM_ZONE_DMA) {
		struct vm_zone_conf *z = &n->zone[type];
		const uint64_t pages = MIN(left, z->present);

		if (pages == 0)
			continue;
		end = MAX(end, z->start_pfn + z->spanned);
		z->spanned -= pages == z->present ? z->spanned : pages;
		z->present -= pages;
		left -= pages;
		mov->present += pages;
		mov->start_pfn = z->start_pfn + z->spanned;
		if (z->spanned == 0)
			z->start_pfn = 0;
	}
	mov->spanned = mov->present ? end - mov->start_pfn : 0;
	assert(mov->spanned >= mov->present);
}

/* Lay out @n from @pfn on; returns where the next node starts. */
static uint64_t layout_node(struct vm_node_conf *n, uint64_t pfn)
{
	uint64_t left = n->mem_pages;

	memset(n->zone, 0, sizeof(n->zone));
	while (left > 0) {
		uint64_t end, pages;
		enum vm_zone_type type;

		if (pfn >= HOLE_START && pfn < HOLE_END)
			pfn = HOLE_END;
		type = zone_at(pfn, &end);
		pages = MIN(left, end - pfn);
		zone_extend(&n->zone[type], pfn, pfn + pages);
		pfn += pages;
		left -= pages;
	}
	take_movable(n);
	for (unsigned type = 0; type < VM_NR_ZONES; type++)
		n->zone[type].managed = managed_of(type, n->zone[type].present);
	return pfn;
}

/* Nodes whose zones are given keep them; the next one starts behind. */
static uint64_t end_of_node(const struct vm_node_conf *n, uint64_t pfn)
{
	for (unsigned type = 0; type < VM_NR_ZONES; type++) {
		const struct vm_zone_conf *z = &n->zone[type];
		uint64_t end;

		if (z->spanned == 0 ||
		    __builtin_add_overflow(z->start_pfn, z->spanned, &end))
			continue;
		pfn = MAX(pfn, end);
	}
	return pfn;
}

void vm_machine_layout(struct vm_machine *m)
{
	const uint32_t nr = MIN(m->nr_nodes, VM_MAX_NODES);
	uint64_t pfn = 0;

	for (uint32_t i = 0; i < nr; i++) {
		struct vm_node_conf *n = &m->node[i];

		if (n->zones_given)
			pfn = end_of_node(n, pfn);
		/* What is too large is for vm_machine_check() to say. */
		else if (n->mem_pages <= VM_MAX_PAGES)
			pfn = layout_node(n, pfn);
	}
}
