/* SPDX-License-Identifier: MIT */
/*
 * probe.h - what memory itself allows: the bare loops that the engine's
 * paths are held against.
 *
 * A probe does one thing to an array of frames and nothing else: no page
 * table, no counters, no policy.  All run on huge pages and on one core.
 * Each returns how many a second of CPU time.  Errors: none but memory, see
 * bench.h.  One thread; no locks.
 */
#ifndef TESTS_BENCH_PROBE_H
#define TESTS_BENCH_PROBE_H

#include <stdint.h>

/* Frames of 16 bytes for @nr simulated pages, a power of two. */
struct probe_frames *probe_frames_create(uint64_t nr);
void probe_frames_destroy(struct probe_frames *f);

/* Set a flag in @nr frames at random, one independent of the other. */
double probe_touch_uniform(struct probe_frames *f, uint64_t nr);

/* The same where @at says. */
double probe_touch_at(struct probe_frames *f, const uint32_t *at, uint64_t nr);

/*
 * Look at @nr pages in an order that has nothing to do with their addresses,
 * a quarter of them referenced; give each to one of two lists.  As a queue of
 * 32-bit numbers with a byte of flags a page, the next ones fetched ahead;
 * and along the links of a list.
 */
double probe_scan_queue(uint64_t nr_pages, uint64_t nr);
double probe_scan_list(uint64_t nr_pages, uint64_t nr);

/* A cache of @capacity objects, numbers 0..@span-1, asked for @nr of @at. */
struct probe_stream {
	const uint32_t *at;
	uint64_t nr, span, capacity;
	uint64_t misses; /* filled in */
};

/*
 * CLOCK on arrays, one byte an object: the limit.  And an LRU as a cache
 * simulator has it: a hash table, an object of 96 bytes from malloc(), links.
 */
double probe_cache_clock(struct probe_stream *s);
double probe_cache_hash(struct probe_stream *s);

#endif
