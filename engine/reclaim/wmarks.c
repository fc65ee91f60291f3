/* SPDX-License-Identifier: MIT */
/*
 * wmarks.c - put the calculated marks and reserves into the zones (B).
 *
 * Called at boot and by the hooks of sysctl.c.  The arithmetic is
 * watermark.h's.  Locking: the world's lock.
 */
#include <assert.h>
#include <string.h>

#include "memory/pcp.h"
#include "memory/vmstat.h"
#include "memory/watermark.h"
#include "reclaim/page_alloc.h"

static uint64_t lowmem_pages(const struct vm *vm)
{
	const struct pgdat *pgdat;
	uint64_t n = 0;

	for_each_node(vm, pgdat)
		for (unsigned t = 0; t < VM_ZONE_MOVABLE; t++)
			n += pgdat->zone[t].managed;
	return n;
}

/* B.5; on its own, because marks and protections change apart. */
static void calculate_totalreserve_pages(struct vm *vm)
{
	struct pgdat *pgdat;
	struct zone *z;

	vm->totalreserve = 0;
	for_each_node(vm, pgdat) {
		pgdat->totalreserve = 0;
		for_each_zone(pgdat, z)
			pgdat->totalreserve += calc_zone_reserve(
				z->type, z->lowmem_reserve,
				wmark_pages(z, WMARK_HIGH), z->managed);
		vm->totalreserve += pgdat->totalreserve;
	}
	assert(vm->totalreserve <= vm->total_pages);
}

void setup_per_zone_wmarks(struct vm *vm)
{
	uint64_t lowmem = lowmem_pages(vm);
	struct pgdat *pgdat;
	struct zone *z;

	assert(vm->ctl.min_free_kbytes >= 0);
	for_each_node(vm, pgdat)
		for_each_zone(pgdat, z) {
			struct wmarks w = calc_watermarks(
				(uint64_t)vm->ctl.min_free_kbytes,
				(uint64_t)vm->ctl.watermark_scale_factor,
				z->type, z->managed, lowmem);

			z->boost = 0;
			z->wmark[WMARK_MIN] = w.min;
			z->wmark[WMARK_LOW] = w.low;
			z->wmark[WMARK_HIGH] = w.high;
			z->wmark[WMARK_PROMO] = w.promo;
		}
	pcps_set_high(vm);
	calculate_totalreserve_pages(vm);
}

void setup_per_zone_lowmem_reserve(struct vm *vm)
{
	struct pgdat *pgdat;

	for_each_node(vm, pgdat) {
		uint64_t managed[VM_NR_ZONES];

		for (unsigned t = 0; t < VM_NR_ZONES; t++)
			managed[t] = pgdat->zone[t].managed;
		for (unsigned t = 0; t < VM_NR_ZONES; t++)
			calc_lowmem_reserve(t, managed,
					    vm->ctl.lowmem_reserve_ratio,
					    pgdat->zone[t].lowmem_reserve);
	}
	calculate_totalreserve_pages(vm);
}

static bool has_protection(const struct vm_zone_marks *m)
{
	uint64_t any = 0;

	for (unsigned t = 0; t < VM_NR_ZONES; t++)
		any |= m->protection[t];
	return any != 0;
}

void setup_captured_marks(struct vm *vm)
{
	struct pgdat *pgdat;
	struct zone *z;

	for_each_node(vm, pgdat)
		for_each_zone(pgdat, z) {
			const struct vm_zone_marks *m =
				&vm->conf.node[pgdat->nid].marks[z->type];
			const uint64_t step = m->low - m->min;

			assert(m->min <= m->low);
			if (has_protection(m))
				memcpy(z->lowmem_reserve, m->protection,
				       sizeof(z->lowmem_reserve));
			if (!m->low)
				continue;
			z->boost = m->boost;
			z->wmark[WMARK_MIN] = m->min;
			z->wmark[WMARK_LOW] = m->low;
			z->wmark[WMARK_HIGH] = m->low + step;
			z->wmark[WMARK_PROMO] = m->low + 2 * step;
		}
	calculate_totalreserve_pages(vm);
}

static uint64_t node_share(const struct pgdat *pgdat, int percent)
{
	uint64_t n = 0;

	assert(percent >= 0 && percent <= 100);
	for (unsigned t = 0; t < VM_NR_ZONES; t++)
		n += pgdat->zone[t].managed * (unsigned)percent / 100;
	return n;
}

void setup_min_unmapped_ratio(struct vm *vm)
{
	struct pgdat *pgdat;

	for_each_node(vm, pgdat)
		pgdat->min_unmapped_pages =
			node_share(pgdat, vm->ctl.min_unmapped_ratio);
}

void setup_min_slab_ratio(struct vm *vm)
{
	struct pgdat *pgdat;

	for_each_node(vm, pgdat)
		pgdat->min_slab_pages =
			node_share(pgdat, vm->ctl.min_slab_ratio);
}

static unsigned populated_lowmem_zones(const struct vm *vm)
{
	const struct pgdat *pgdat;
	unsigned n = 0;

	for_each_node(vm, pgdat)
		for (unsigned t = 0; t <= VM_ZONE_NORMAL; t++)
			n += zone_populated(&pgdat->zone[t]);
	return n;
}

/* The root of the machine's size, unless somebody wants more. */
static void calculate_min_free_kbytes(struct vm *vm)
{
	uint64_t kb = calc_min_free_kbytes(lowmem_pages(vm) * 4);

	assert(kb <= INT32_MAX);
	if ((int64_t)kb > vm->user_min_free_kbytes)
		vm->ctl.min_free_kbytes = (int32_t)kb;
}

/* The pages above the high marks: what the correction sees. */
static uint64_t free_lowmem_pages(const struct vm *vm)
{
	uint64_t lowmem = lowmem_pages(vm);
	const struct pgdat *pgdat;

	for_each_node(vm, pgdat)
		for (unsigned t = 0; t < VM_ZONE_MOVABLE; t++)
			lowmem -= MIN(lowmem,
				      pgdat->zone[t].wmark[WMARK_HIGH]);
	return lowmem;
}

bool set_recommended_min_free_kbytes(struct vm *vm)
{
	const int32_t before = vm->ctl.min_free_kbytes;

	if (vm->conf.thp)
		vm->ctl.min_free_kbytes = (int32_t)calc_thp_min_free_kbytes(
			(uint64_t)before, populated_lowmem_zones(vm),
			free_lowmem_pages(vm));
	else
		calculate_min_free_kbytes(vm);
	setup_per_zone_wmarks(vm);
	return vm->conf.thp && vm->user_min_free_kbytes >= 0 &&
	       vm->ctl.min_free_kbytes > before;
}

void init_min_free_kbytes(struct vm *vm)
{
	calculate_min_free_kbytes(vm);
	setup_per_zone_wmarks(vm);
	if (vm->conf.thp)
		set_recommended_min_free_kbytes(vm);
	setup_per_zone_lowmem_reserve(vm);
	setup_min_unmapped_ratio(vm);
	setup_min_slab_ratio(vm);
}
