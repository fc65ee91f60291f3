/* SPDX-License-Identifier: MIT */
/*
 * snapshot.c - every figure of the machine, copied out at one moment.
 *
 * One struct vm_stat is what all files of /proc are written from, so that
 * they agree with each other.  Most is copied; what Linux calculates when it
 * is read is calculated here: MemAvailable (fact sheet J.1), the commit limit
 * (I), dirty thresholds (F.1), per-CPU list sizes and drift thresholds (B.8,
 * B.9), and the band in which a zone lies.
 *
 * Called by the files and by observers.  Calls the calculators and nothing
 * that changes memory.  vm_stat_get() takes the world's lock for the copy.
 */
#include <assert.h>
#include <string.h>

#include <vm/vm.h>

#include "actors/cpu.h"
#include "actors/kswapd.h"
#include "memory/pcp.h"
#include "memory/swap_map.h"
#include "memory/vmstat.h"
#include "memory/watermark.h"
#include "reclaim/hugepages.h"
#include "reclaim/overcommit.h"
#include "reclaim/slab.h"
#include "reclaim/writeback.h"
#include "world/compiler.h"

#define MAX_RECLAIM_FAILURES MAX_RECLAIM_RETRIES

static unsigned cpus_of_node(const struct vm *vm, unsigned nid)
{
	unsigned nr = 0;

	assert(nid < vm->nr_nodes);
	for (uint32_t i = 0; i < vm->conf.nr_cpus; i++)
		nr += vm->conf.cpu_node[i] == nid;
	return nr;
}

static enum vm_band zone_band(const struct zone *z)
{
	const uint64_t free = zone_free_pages(z);

	assert(z->wmark[WMARK_MIN] <= z->wmark[WMARK_HIGH]);
	if (free > wmark_pages(z, WMARK_HIGH))
		return VM_BAND_ABOVE_HIGH;
	if (free > wmark_pages(z, WMARK_LOW))
		return VM_BAND_LOW_HIGH;
	if (free > wmark_pages(z, WMARK_MIN))
		return VM_BAND_MIN_LOW;
	return VM_BAND_BELOW_MIN;
}

/* A list that no CPU has used yet is still empty: errata 13. */
static bool pcp_used(const struct zone *z)
{
	return z->numa[NUMA_LOCAL] + z->numa[NUMA_OTHER] > 0;
}

/* What zoneinfo prints for the CPUs of a zone. */
static void copy_zone_cpus(const struct vm *vm, const struct zone *z,
			   bool kswapd_active, struct vm_zone_stat *s)
{
	const unsigned cpus = vm->conf.nr_cpus;

	assert(cpus > 0);
	s->pcp_batch = calc_pcp_batch(z->managed);
	s->pcp_high = 0;
	if (pcp_used(z))
		s->pcp_high = calc_pcp_high(
			z->managed, z->wmark[WMARK_LOW],
			cpus_of_node(vm, z->nid),
			(unsigned)vm->ctl.percpu_pagelist_high_fraction);
	s->stat_threshold =
		kswapd_active
			? calc_pressure_threshold(z->wmark[WMARK_LOW],
						  z->wmark[WMARK_MIN], cpus)
			: calc_stat_threshold(z->managed, cpus);
}

static void copy_zone_lists(const struct zone *z, struct vm_zone_stat *s)
{
	for (unsigned o = 0; o < VM_NR_ORDERS; o++)
		for (unsigned t = 0; t < VM_NR_MIGRATETYPES; t++)
			s->nr_free[o][t] = z->free_area[o].nr_free[t];
	for (unsigned t = 0; t < VM_NR_MIGRATETYPES; t++)
		s->pageblocks[t] = z->pageblocks[t];
}

static void copy_zone(const struct vm *vm, const struct zone *z,
		      bool kswapd_active, struct vm_zone_stat *s)
{
	s->start_pfn = z->conf.start_pfn;
	s->spanned = z->conf.spanned;
	s->present = z->conf.present;
	s->managed = z->managed;
	s->boost = z->boost;
	s->min = wmark_pages(z, WMARK_MIN);
	s->low = wmark_pages(z, WMARK_LOW);
	s->high = wmark_pages(z, WMARK_HIGH);
	s->promo = wmark_pages(z, WMARK_PROMO);
	for (unsigned i = 0; i < VM_NR_ZONES; i++)
		s->protection[i] = z->lowmem_reserve[i];
	for (unsigned i = 0; i < VM_NR_ZONE_ITEMS; i++) {
		assert(z->item[i] >= 0);
		s->item[i] = (uint64_t)z->item[i];
	}
	for (unsigned i = 0; i < VM_NR_NUMA_ITEMS; i++)
		s->numa[i] = z->numa[i];
	copy_zone_lists(z, s);
	copy_zone_cpus(vm, z, kswapd_active, s);
	s->free_pcp = zone_pcp_pages(vm, z);
	s->band = zone_band(z);
}

static bool kswapd_active(const struct pgdat *p)
{
	return p->kswapd && p->kswapd->state != KSWAPD_ASLEEP;
}

static void copy_node(const struct vm *vm, const struct pgdat *p,
		      struct vm_node_stat *s)
{
	assert(p->nid >= 0 && (uint32_t)p->nid < vm->nr_nodes);
	s->kswapd_active = kswapd_active(p);
	for (unsigned i = 0; i < VM_NR_ZONES; i++)
		copy_zone(vm, &p->zone[i], s->kswapd_active, &s->zone[i]);
	for (unsigned i = 0; i < VM_NR_NODE_ITEMS; i++) {
		assert(p->item[i] >= 0);
		s->item[i] = (uint64_t)p->item[i];
	}
	s->nr_hugepages = p->hugepages;
	s->nr_hugepages_free = p->hugepages_free;
	s->unreclaimable = p->kswapd_failures >= MAX_RECLAIM_FAILURES;
	for (uint32_t i = 0; i < vm->nr_nodes; i++)
		s->distance[i] = vm->conf.node[p->nid].distance[i];
}

/* Columns that grow with time are brought up to now. */
static void copy_disk(const struct disk *d, uint64_t now_ns,
		      struct vm_disk_stat *s)
{
	uint64_t ns = 0;

	*s = d->stat;
	if (now_ns > d->stat_since_ns)
		ns = now_ns - d->stat_since_ns;
	if (s->in_flight == 0)
		return;
	s->busy_ns += ns;
	s->weighted_ns += ns * s->in_flight;
	assert(s->busy_ns >= d->stat.busy_ns);
}

/* Areas that are not in use are not listed. */
static void copy_swaps(const struct vm *vm, struct vm_stat *s)
{
	s->nr_swaps = 0;
	for (uint32_t i = 0; i < vm->conf.nr_swaps; i++)
		if (vm->swap[i].active)
			swap_area_stat(&vm->swap[i], &s->swap[s->nr_swaps++]);
	assert(s->nr_swaps <= VM_MAX_SWAPS);
	s->swap_total = swap_total_pages(vm);
	s->swap_free = swap_free_pages(vm);
}

/* J.1: what could be had without swapping. */
static uint64_t mem_available(const struct vm *vm)
{
	const uint64_t cache = global_node_item(vm, NR_ACTIVE_FILE) +
			       global_node_item(vm, NR_INACTIVE_FILE);
	const uint64_t slab = global_node_item(vm, NR_SLAB_RECLAIMABLE) +
			      global_node_item(vm, NR_KERNEL_MISC_RECLAIMABLE);
	const struct pgdat *p;
	const struct zone *z;
	uint64_t low = 0, available;

	for_each_node (vm, p)
		for_each_zone (p, z)
			low += wmark_pages(z, WMARK_LOW);
	available = global_zone_item(vm, NR_FREE_PAGES);
	available += cache - MIN(cache / 2, low);
	available += slab - MIN(slab / 2, low);
	assert(available <= vm->total_pages);
	return available - MIN(available, vm->totalreserve);
}

static void copy_totals(const struct vm *vm, struct vm_stat *s)
{
	const struct dirty_limits dirty = global_dirty_limits(vm);

	assert(dirty.background <= dirty.thresh);
	s->total_pages = vm->total_pages;
	s->totalreserve_pages = vm->totalreserve;
	s->committed_as = vm->committed_as;
	s->commit_limit = vm_commit_limit(vm);
	s->mem_available = mem_available(vm);
	s->buffers = 0; /* block devices are not read through the cache */
	s->dirty_threshold = dirty.thresh;
	s->dirty_background_threshold = dirty.background;
	s->nr_hugepages = nr_huge_pages(vm);
	s->nr_hugepages_free = 0;
	for (uint32_t i = 0; i < vm->nr_nodes; i++)
		s->nr_hugepages_free += vm->node[i].hugepages_free;
	slab_nodes_stat(vm, &s->xa_nodes);
	s->nr_hugepages_rsvd = 0;
	s->nr_hugepages_surp = 0;
}

static void copy_tasks(const struct vm *vm, struct vm_stat *s)
{
	assert(vm->nr_running <= vm->nr_tasks);
	for (unsigned i = 0; i < 3; i++)
		s->loadavg[i] = vm->loadavg[i];
	s->nr_running = vm->nr_running;
	s->nr_uninterruptible = vm->nr_uninterruptible;
	s->nr_iowait = vm->nr_iowait;
	s->nr_threads = vm->nr_threads;
	s->last_pid = vm->last_pid;
	s->pid_max = vm->pid_max;
	s->forks = vm->forks;
	s->context_switches = vm->context_switches;
}

/* The lists of every CPU; of a machine that has none there is nothing. */
static void copy_page_lists(const struct vm *vm, struct vm_stat *s)
{
	s->page_lists = vm->conf.page_lists != VM_PAGE_LISTS_NONE;
	s->cpu_now = vm->cpu_now;
	assert(s->cpu_now < vm->conf.nr_cpus);
	for (uint32_t i = 0; s->page_lists && i < vm->nr_nodes; i++)
		for (unsigned t = 0; t < VM_NR_ZONES; t++) {
			const struct zone *z = &vm->node[i].zone[t];

			for (uint32_t c = 0; z->pcp && c < vm->conf.nr_cpus;
			     c++)
				s->pcp[i][t][c] = (struct vm_pcp_stat){
					z->pcp[c].count, z->pcp[c].high
				};
		}
}

void vm_stat_get_locked(struct vm *vm, struct vm_stat *s)
{
	const uint64_t now = vm->world.now_ns;

	s->now_ns = now;
	s->nr_nodes = vm->nr_nodes;
	s->nr_cpus = vm->conf.nr_cpus;
	s->nr_disks = vm->conf.nr_disks;
	for (uint32_t i = 0; i < vm->nr_nodes; i++)
		copy_node(vm, &vm->node[i], &s->node[i]);
	cpus_account_idle(vm, now);
	for (uint32_t i = 0; i < vm->conf.nr_cpus; i++)
		s->cpu[i] = vm->cpu_stat[i];
	for (uint32_t i = 0; i < vm->conf.nr_disks; i++)
		copy_disk(&vm->disk[i], now, &s->disk[i]);
	copy_swaps(vm, s);
	for (unsigned i = 0; i < VM_NR_EVENT_ITEMS; i++)
		s->event[i] = vm->event[i];
	psi_get(&vm->psi, now, s->psi);
	copy_tasks(vm, s);
	copy_totals(vm, s);
	copy_page_lists(vm, s);
	s->boot_epoch_s = vm->conf.boot_epoch_s;
	s->thp = vm->conf.thp;
	s->panicked = vm->panicked;
	assert(s->nr_cpus > 0);
}

void vm_stat_get(struct vm *vm, struct vm_stat *s)
{
	lock_take(&vm->world.lock);
	world_now(&vm->world);
	vm_stat_get_locked(vm, s);
	lock_drop(&vm->world.lock);
}

uint64_t vm_stat_zone_sum(const struct vm_stat *s, enum vm_zone_item item)
{
	uint64_t sum = 0;

	assert(item < VM_NR_ZONE_ITEMS);
	for (uint32_t i = 0; i < s->nr_nodes; i++)
		for (unsigned type = 0; type < VM_NR_ZONES; type++)
			sum += s->node[i].zone[type].item[item];
	return sum;
}

uint64_t vm_stat_node_sum(const struct vm_stat *s, enum vm_node_item item)
{
	uint64_t sum = 0;

	assert(item < VM_NR_NODE_ITEMS);
	for (uint32_t i = 0; i < s->nr_nodes; i++)
		sum += s->node[i].item[item];
	return sum;
}
