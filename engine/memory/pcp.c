/* SPDX-License-Identifier: MIT */
/*
 * pcp.c - each CPU's own lists of free pages.
 *
 * Called by page_alloc.c, which fills them, by wmarks.c and sysctl_hooks.c
 * for their limits, by timer.c once a second.  Calls buddy.c to give pages
 * back.  Locking: the world's lock.
 */
#include "memory/pcp.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "memory/buddy.h"
#include "memory/vmstat.h"
#include "memory/watermark.h"

#define FREE_AT_ONCE 32u

static void list_init(struct pcp *l)
{
	*l = (struct pcp){ 0 };
	for (unsigned t = 0; t < NR_PCP_TYPES; t++)
		l->head[t] = l->tail[t] = PFN_NONE;
}

int pcps_init(struct vm *vm)
{
	struct pgdat *pgdat;
	struct zone *z;

	if (vm->conf.page_lists == VM_PAGE_LISTS_NONE)
		return 0;
	assert(vm->conf.nr_cpus > 0);
	for_each_node(vm, pgdat)
		for_each_zone(pgdat, z) {
			if (!zone_populated(z))
				continue;
			z->pcp = calloc(vm->conf.nr_cpus, sizeof(*z->pcp));
			if (!z->pcp)
				return -ENOMEM;
			z->pcp_scaled = vm->conf.page_lists ==
					VM_PAGE_LISTS_SCALED;
			for (uint32_t c = 0; c < vm->conf.nr_cpus; c++)
				list_init(&z->pcp[c]);
		}
	pcps_set_high(vm);
	return 0;
}

void pcps_fini(struct vm *vm)
{
	struct pgdat *pgdat;
	struct zone *z;

	for_each_node(vm, pgdat)
		for_each_zone(pgdat, z) {
			free(z->pcp);
			z->pcp = NULL;
		}
}

static unsigned cpus_near(const struct vm *vm, int nid)
{
	unsigned n = 0;

	for (uint32_t c = 0; c < vm->conf.nr_cpus; c++)
		n += vm->conf.cpu_node[c] == nid;
	return n ? n : vm->conf.nr_cpus;
}

void pcps_set_high(struct vm *vm)
{
	unsigned fraction = (unsigned)vm->ctl.percpu_pagelist_high_fraction;
	struct pgdat *pgdat;
	struct zone *z;

	for_each_node(vm, pgdat)
		for_each_zone(pgdat, z) {
			const unsigned cpus = cpus_near(vm, z->nid);

			if (!z->pcp)
				continue;
			z->pcp_batch = calc_pcp_batch(z->managed);
			z->pcp_high_min = calc_pcp_high_min(
				z->managed, z->wmark[WMARK_LOW], cpus,
				fraction);
			z->pcp_high_max = z->pcp_high_min;
			if (vm->conf.page_lists == VM_PAGE_LISTS_SCALED)
				z->pcp_high_max = calc_pcp_high_max(
					z->managed, cpus, fraction);
		}
}

/* As the kernel's: the upper bound wins where the two cross. */
static void clamp_high(const struct zone *z, struct pcp *l)
{
	assert(z->pcp_batch > 0);
	l->high = MIN(MAX(l->high, z->pcp_high_min), z->pcp_high_max);
}

uint32_t pcp_refill_nr(const struct zone *z, struct pcp *l)
{
	const uint32_t base = z->pcp_batch;
	uint32_t batch = base << l->factor, room;

	clamp_high(z, l);
	if (l->high < base)
		return 1;
	if (!z->pcp_scaled)
		return base;
	if (z->pcp_high_min != z->pcp_high_max && !z->below_high)
		l->high = MIN(l->high + batch, z->pcp_high_max);
	room = l->high > l->count + base ? l->high - l->count - base : 0;
	room = MAX(room, base);
	if (batch <= room && l->factor < PCP_BATCH_SCALE)
		l->factor++;
	assert(room >= base);
	return MIN(batch, room);
}

void pcp_put(struct vm *vm, struct pcp *l, uint32_t pfn,
	     enum vm_migratetype type)
{
	struct page *p = pfn_page(vm, pfn);

	assert(type < NR_PCP_TYPES && !p->flags);
	p->flags = PG_ON_PCP;
	p->index = PFN_NONE;
	p->lru_pos = l->tail[type];
	if (l->tail[type] == PFN_NONE)
		l->head[type] = pfn;
	else
		pfn_page(vm, l->tail[type])->index = pfn;
	l->tail[type] = pfn;
	l->count++;
}

/* What was freed last is used first. */
static void put_first(struct vm *vm, struct pcp *l, uint32_t pfn,
		      enum vm_migratetype type)
{
	struct page *p = pfn_page(vm, pfn);

	assert(type < NR_PCP_TYPES);
	*p = (struct page){ .flags = PG_ON_PCP, .index = l->head[type],
			    .lru_pos = PFN_NONE };
	if (l->head[type] == PFN_NONE)
		l->tail[type] = pfn;
	else
		pfn_page(vm, l->head[type])->lru_pos = pfn;
	l->head[type] = pfn;
	l->count++;
}

uint32_t pcp_take(struct vm *vm, struct pcp *l, enum vm_migratetype type)
{
	uint32_t pfn = l->head[type];
	struct page *p;

	if (pfn == PFN_NONE)
		return PFN_NONE;
	p = pfn_page(vm, pfn);
	assert(page_on_pcp(p) && l->count > 0);
	l->head[type] = p->index;
	if (p->index == PFN_NONE)
		l->tail[type] = PFN_NONE;
	else
		pfn_page(vm, p->index)->lru_pos = PFN_NONE;
	*p = (struct page){ 0 };
	l->count--;
	return pfn;
}

void pcp_taken(const struct zone *z, struct pcp *l)
{
	l->free_count >>= 1;
	if (!z->pcp_scaled)
		l->factor >>= 1;
}

static uint32_t take_last(struct vm *vm, struct pcp *l, unsigned type)
{
	uint32_t pfn = l->tail[type];
	struct page *p = pfn_page(vm, pfn);

	assert(page_on_pcp(p) && l->count > 0);
	l->tail[type] = p->lru_pos;
	if (p->lru_pos == PFN_NONE)
		l->head[type] = PFN_NONE;
	else
		pfn_page(vm, p->lru_pos)->index = PFN_NONE;
	*p = (struct page){ 0 };
	l->count--;
	return pfn;
}

/* @nr pages to the buddy allocator, oldest first, those of @type first. */
static void free_bulk(struct vm *vm, struct pcp *l, uint32_t nr, unsigned type)
{
	uint32_t pfn[FREE_AT_ONCE];
	unsigned n = 0;

	assert(type < NR_PCP_TYPES);
	for (nr = MIN(nr, l->count); nr; nr--) {
		while (l->tail[type] == PFN_NONE)
			type = (type + 1) % NR_PCP_TYPES;
		pfn[n++] = take_last(vm, l, type);
		if (n < FREE_AT_ONCE && nr > 1)
			continue;
		buddy_free_pages(vm, pfn, n);
		n = 0;
	}
	assert(n == 0);
}

/* How many pages @l may have now that one more has been freed. */
static uint32_t nr_high(const struct zone *z, struct pcp *l)
{
	const uint32_t freed = MAX(l->free_count, z->pcp_batch);
	uint32_t less, need;

	clamp_high(z, l);
	less = l->high > freed ? l->high - freed : 0;
	if (!z->pcp_scaled)
		return z->reclaim_active ? MIN(4 * z->pcp_batch, l->high)
					 : l->high;
	if (z->reclaim_active) {
		l->high = MAX(less, z->pcp_high_min);
		return MIN(4 * z->pcp_batch, l->high);
	}
	if (z->pcp_high_min == z->pcp_high_max)
		return l->high;
	if (z->below_high) {
		l->high = MAX(less, z->pcp_high_min);
		return MAX(l->count, z->pcp_high_min);
	}
	need = l->free_count + z->pcp_batch;
	if (l->count >= l->high && l->high < need)
		l->high = MIN(MAX(need, z->pcp_high_min), z->pcp_high_max);
	return l->high;
}

/* How many go at once: more, the longer nothing was taken in between. */
static uint32_t nr_free(const struct zone *z, struct pcp *l, uint32_t high)
{
	uint32_t most, nr = l->free_count;

	assert(z->pcp_batch > 0);
	if (high < z->pcp_batch)
		return 1;
	most = high - z->pcp_batch;
	if (!z->pcp_scaled) {
		nr = z->pcp_batch << l->factor;
		if (nr < most && l->factor < PCP_BATCH_SCALE)
			l->factor++;
	}
	return MIN(MAX(nr, z->pcp_batch), most);
}

void pcp_free(struct vm *vm, struct zone *z, uint32_t pfn)
{
	struct pcp *l = &z->pcp[vm->cpu_now];
	enum vm_migratetype type = pageblock_type(vm, pfn);
	uint32_t high;

	assert(vm->cpu_now < vm->conf.nr_cpus);
	if (type >= NR_PCP_TYPES)
		type = VM_MIGRATE_MOVABLE;
	if (z->pcp_scaled)
		l->factor >>= 1;
	put_first(vm, l, pfn, type);
	if (l->free_count < z->pcp_batch << PCP_BATCH_SCALE)
		l->free_count++;
	high = nr_high(z, l);
	if (l->count < high)
		return;
	free_bulk(vm, l, nr_free(z, l, high), type);
	if (zone_free_pages(z) > wmark_pages(z, WMARK_HIGH))
		z->below_high = false;
}

void pcps_drain(struct vm *vm)
{
	struct pgdat *pgdat;
	struct zone *z;

	for_each_node(vm, pgdat)
		for_each_zone(pgdat, z)
			for (uint32_t c = 0; z->pcp && c < vm->conf.nr_cpus;
			     c++)
				free_bulk(vm, &z->pcp[c], UINT32_MAX, 0);
	assert(vm->nr_nodes > 0);
}

static bool decay(struct vm *vm, const struct zone *z, struct pcp *l)
{
	const uint32_t keep = z->pcp_batch << PCP_BATCH_SCALE;
	uint32_t before = l->count;

	if (!z->pcp_scaled)
		return false;
	if (l->high > z->pcp_high_min) {
		l->high -= l->high >> 3;
		l->high = MAX(l->high, z->pcp_high_min);
		if (l->count > keep)
			l->high = MAX(l->high, l->count - keep);
	}
	if (l->count > l->high)
		free_bulk(vm, l, l->count - l->high, 0);
	assert(l->count <= MAX(l->high, before));
	return l->high > z->pcp_high_min || l->count < before;
}

void pcp_forget(struct vm *vm, struct zone *z)
{
	assert(zone_populated(z));
	for (uint32_t c = 0; z->pcp && c < vm->conf.nr_cpus; c++) {
		for (unsigned t = 0; t < NR_PCP_TYPES; t++)
			while (pcp_take(vm, &z->pcp[c], t) != PFN_NONE)
				continue;
		list_init(&z->pcp[c]);
	}
}

bool pcps_decay(struct vm *vm)
{
	struct pgdat *pgdat;
	struct zone *z;
	bool more = false;

	for_each_node(vm, pgdat)
		for_each_zone(pgdat, z)
			for (uint32_t c = 0; z->pcp && c < vm->conf.nr_cpus;
			     c++)
				more |= decay(vm, z, &z->pcp[c]);
	return more;
}

uint64_t zone_pcp_pages(const struct vm *vm, const struct zone *z)
{
	uint64_t n = 0;

	for (uint32_t c = 0; z->pcp && c < vm->conf.nr_cpus; c++)
		n += z->pcp[c].count;
	return n;
}
