/* SPDX-License-Identifier: MIT */
/*
 * watermark.c - marks, protections and reserves of zones, as formulas.
 *
 * Fact sheet B.1 to B.5, B.8 and B.9; the sources are mm/page_alloc.c
 * (__setup_per_zone_wmarks, setup_per_zone_lowmem_reserve,
 * calculate_totalreserve_pages, boost_watermark, zone_batchsize,
 * zone_highsize), mm/khugepaged.c and mm/vmstat.c.
 *
 * Called by pgdat.c and sysctl.c when marks are set up and by snapshot.c for
 * what zoneinfo prints.  Calls nothing, knows no zone, needs no lock.
 */
#include <assert.h>

#include "memory/watermark.h"
#include "world/compiler.h"

#define KB_PER_PAGE (VM_PAGE_SIZE / 1024)

#define MIN_FREE_KB_LEAST 128u
#define MIN_FREE_KB_MOST  262144u

/* A movable zone's min is a small fixed reserve of its own. */
#define MOVABLE_MIN_LEAST 32u
#define MOVABLE_MIN_MOST  128u

/* Room for two page blocks of each pair of migrate types, and one each. */
#define THP_PAGES_PER_ZONE 5632u

#define PAGEBLOCK	   512u
#define PCP_HIGH_FRACTION  8u
#define MAX_STAT_THRESHOLD 125u

/* Largest r with r * r <= x. */
static uint64_t int_sqrt(uint64_t x)
{
	uint64_t r = 0;

	for (uint64_t bit = 1ull << 31; bit; bit >>= 1)
		if ((r + bit) * (r + bit) <= x)
			r += bit;
	return r;
}

static uint64_t clamp(uint64_t v, uint64_t least, uint64_t most)
{
	assert(least <= most);
	return v < least ? least : MIN(v, most);
}

uint64_t calc_min_free_kbytes(uint64_t lowmem_kb)
{
	assert(lowmem_kb <= UINT64_MAX / 16);
	return clamp(int_sqrt(lowmem_kb * 16), MIN_FREE_KB_LEAST,
		     MIN_FREE_KB_MOST);
}

uint64_t calc_thp_min_free_kbytes(uint64_t min_free_kb, unsigned nr_zones,
				  uint64_t lowmem_pages)
{
	const uint64_t pages =
		MIN((uint64_t)THP_PAGES_PER_ZONE * nr_zones, lowmem_pages / 20);

	assert(nr_zones <= VM_MAX_NODES * VM_NR_ZONES);
	return MAX(pages * KB_PER_PAGE, min_free_kb);
}

struct wmarks calc_watermarks(uint64_t min_free_kb, uint64_t scale_factor,
			      enum vm_zone_type type, uint64_t managed,
			      uint64_t lowmem_pages)
{
	const uint64_t pages_min = min_free_kb / KB_PER_PAGE;
	uint64_t share = 0, step;
	struct wmarks w;

	assert(type < VM_NR_ZONES);
	if (lowmem_pages)
		share = pages_min * managed / lowmem_pages;
	/* The distance follows the share, also where min does not. */
	step = MAX(share / 4, managed * scale_factor / 10000);
	w.min = share;
	if (type == VM_ZONE_MOVABLE)
		w.min = clamp(managed / 1024, MOVABLE_MIN_LEAST,
			      MOVABLE_MIN_MOST);
	w.low = w.min + step;
	w.high = w.low + step;
	w.promo = w.high + step;
	return w;
}

void calc_lowmem_reserve(unsigned i, const uint64_t *managed,
			 const int32_t *ratio, uint64_t *reserve)
{
	uint64_t above = 0;

	assert(i < VM_NR_ZONES);
	for (unsigned j = 0; j <= i; j++)
		reserve[j] = 0;
	for (unsigned j = i + 1; j < VM_NR_ZONES; j++) {
		above += managed[j];
		reserve[j] = ratio[i] > 0 && managed[i]
				     ? above / (uint64_t)ratio[i]
				     : 0;
	}
}

uint64_t calc_zone_reserve(unsigned i, const uint64_t *reserve, uint64_t high,
			   uint64_t managed)
{
	uint64_t most = 0;

	assert(i < VM_NR_ZONES);
	for (unsigned j = i; j < VM_NR_ZONES; j++)
		most = MAX(most, reserve[j]);
	return MIN(most + high, managed);
}

uint64_t calc_boost(uint64_t boost, uint64_t raw_high, uint64_t factor,
		    uint64_t managed)
{
	uint64_t most;

	/* In a zone of a few blocks it would do more harm than good. */
	if (factor == 0 || managed < 4 * PAGEBLOCK)
		return boost;
	/* as raw_high * factor / 10000, which might overflow */
	most = raw_high / 10000 * factor + raw_high % 10000 * factor / 10000;
	if (most == 0)
		return boost;
	most = MAX(most, PAGEBLOCK);
	assert(most >= PAGEBLOCK);
	return MIN(boost + PAGEBLOCK, most);
}

/* Index of the highest bit set, counted from 1; 0 for 0. */
static unsigned fls(uint64_t x)
{
	return x ? 64 - (unsigned)__builtin_clzll(x) : 0;
}

uint32_t calc_pcp_batch(uint64_t managed)
{
	uint64_t batch = MIN(managed >> 10, 256) / 4;
	uint64_t pow2;

	batch = MAX(batch, 1);
	pow2 = 1ull << (fls(batch + batch / 2) - 1);
	assert(pow2 <= 64);
	return (uint32_t)MAX(pow2 - 1, 1);
}

static uint64_t pcp_highsize(uint64_t total, unsigned cpus, uint32_t batch)
{
	return MAX(total / MAX(cpus, 1), 4 * (uint64_t)batch);
}

uint32_t calc_pcp_high_min(uint64_t managed, uint64_t low, unsigned cpus,
			   unsigned fraction)
{
	assert(fraction == 0 || fraction >= PCP_HIGH_FRACTION);
	return (uint32_t)pcp_highsize(fraction ? managed / fraction : low,
				      cpus, calc_pcp_batch(managed));
}

uint32_t calc_pcp_high_max(uint64_t managed, unsigned cpus, unsigned fraction)
{
	assert(fraction == 0 || fraction >= PCP_HIGH_FRACTION);
	if (!fraction)
		fraction = PCP_HIGH_FRACTION;
	return (uint32_t)pcp_highsize(managed / fraction, cpus,
				      calc_pcp_batch(managed));
}

/*
 * What a CPU's list that is in use may hold.  Without a fraction it moves
 * between the share of low and an eighth of the zone; at rest it is the
 * first, unless the second is smaller (min_free_kbytes raised).
 */
uint32_t calc_pcp_high(uint64_t managed, uint64_t low, unsigned cpus,
		       unsigned fraction)
{
	uint32_t least = calc_pcp_high_min(managed, low, cpus, fraction);
	uint32_t most = calc_pcp_high_max(managed, cpus, fraction);

	assert(least > 0);
	return MIN(least, most);
}

uint32_t calc_stat_threshold(uint64_t managed, unsigned cpus)
{
	const uint64_t mem = managed >> (27 - VM_PAGE_SHIFT); /* 128 MiB */

	assert(cpus > 0);
	return (uint32_t)MIN(2 * fls(cpus) * (1 + fls(mem)),
			     MAX_STAT_THRESHOLD);
}

uint32_t calc_pressure_threshold(uint64_t low, uint64_t min, unsigned cpus)
{
	assert(cpus > 0);
	assert(low >= min);
	return (uint32_t)clamp((low - min) / cpus, 1, MAX_STAT_THRESHOLD);
}
