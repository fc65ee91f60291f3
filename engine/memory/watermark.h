/* SPDX-License-Identifier: MIT */
/*
 * watermark.h - marks and reserves (fact sheet B): numbers in, numbers out.
 *
 * Pure functions, no lock.  Units: pages, kB where the name says so.
 */
#ifndef ENGINE_MEMORY_WATERMARK_H
#define ENGINE_MEMORY_WATERMARK_H

#include <stdbool.h>
#include <stdint.h>

#include <vm/machine.h>

struct wmarks {
	uint64_t min, low, high, promo;
};

/* B.1: sqrt(lowmem_kb * 16), 128..262144. */
uint64_t calc_min_free_kbytes(uint64_t lowmem_kb);

/*
 * B.1: the huge-page correction: 5632 pages a populated zone up to Normal, at
 * most 5 % of lowmem_pages; the larger of that and @min_free_kb.
 */
uint64_t calc_thp_min_free_kbytes(uint64_t min_free_kb, unsigned nr_zones,
				  uint64_t lowmem_pages);

/* B.2; @lowmem_pages: managed pages of all zones but Movable. */
struct wmarks calc_watermarks(uint64_t min_free_kb, uint64_t scale_factor,
			      enum vm_zone_type type, uint64_t managed,
			      uint64_t lowmem_pages);

/* B.4: row @i of one node's zones; @ratio and @managed have VM_NR_ZONES. */
void calc_lowmem_reserve(unsigned i, const uint64_t *managed,
			 const int32_t *ratio, uint64_t *reserve);

/* B.5: what one zone counts for. */
uint64_t calc_zone_reserve(unsigned i, const uint64_t *reserve, uint64_t high,
			   uint64_t managed);

/* B.3: the boost after one more fragmentation event. */
uint64_t calc_boost(uint64_t boost, uint64_t raw_high, uint64_t factor,
		    uint64_t managed);

/* B.8 and B.9, as zoneinfo prints them. */
uint32_t calc_pcp_batch(uint64_t managed);
uint32_t calc_pcp_high(uint64_t managed, uint64_t low, unsigned cpus,
		       unsigned fraction);
uint32_t calc_pcp_high_min(uint64_t managed, uint64_t low, unsigned cpus,
			   unsigned fraction);
uint32_t calc_pcp_high_max(uint64_t managed, unsigned cpus,
			   unsigned fraction);
uint32_t calc_stat_threshold(uint64_t managed, unsigned cpus);

/* B.9 while the node's kswapd runs. */
uint32_t calc_pressure_threshold(uint64_t low, uint64_t min, unsigned cpus);

#endif
