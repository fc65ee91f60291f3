/* SPDX-License-Identifier: MIT */
/*
 * probe_memory.c - touching and scanning frames, at the speed of memory.
 *
 * Called by the benchmarks of touch and reclaim.  Random orders are those of
 * a linear congruence modulo a power of two: a permutation that needs no
 * table of its own.
 */
#include "probe.h"

#include <stdlib.h>

#include "bench.h"

enum { REFERENCED = 1, ACTIVE = 2, FREE = 4 };

#define MUL   1664525u
#define ADD   1013904223u
#define AHEAD 32u

struct frame {
	uint32_t prev, next, flags, owner;
};

struct probe_frames {
	struct frame *frame;
	uint64_t nr;
};

static volatile uint64_t sink; /* so that no loop is found useless */

struct probe_frames *probe_frames_create(uint64_t nr)
{
	struct probe_frames *f = malloc(sizeof(*f));

	if (!f)
		bench_fail("no memory");
	f->nr = nr;
	f->frame = bench_alloc(nr * sizeof(*f->frame));
	return f;
}

void probe_frames_destroy(struct probe_frames *f)
{
	bench_free(f->frame, f->nr * sizeof(*f->frame));
	free(f);
}

double probe_touch_uniform(struct probe_frames *f, uint64_t nr)
{
	uint64_t s = 0x9e3779b97f4a7c15ull, mask = f->nr - 1;
	double began = bench_cpu_s();

	for (uint64_t i = 0; i < nr; i++)
		f->frame[bench_rand(&s) & mask].flags |= REFERENCED;
	return (double)nr / (bench_cpu_s() - began);
}

double probe_touch_at(struct probe_frames *f, const uint32_t *at, uint64_t nr)
{
	double began = bench_cpu_s();

	for (uint64_t i = 0; i < nr; i++)
		f->frame[at[i]].flags |= REFERENCED;
	return (double)nr / (bench_cpu_s() - began);
}

static bool referenced_at_first(uint64_t i)
{
	return ((i * 2654435761u) >> 13 & 3) == 0;
}

double probe_scan_queue(uint64_t nr_pages, uint64_t nr)
{
	uint32_t mask = (uint32_t)nr_pages - 1, x = 0;
	uint32_t *queue = bench_alloc(nr_pages * sizeof(*queue));
	uint32_t *active = bench_alloc(nr_pages * sizeof(*active));
	uint32_t *freed = bench_alloc(nr_pages * sizeof(*freed));
	uint8_t *flags = bench_alloc(nr_pages);
	uint64_t nr_active = 0, nr_freed = 0;
	double began;

	for (uint64_t i = 0; i < nr_pages; i++) {
		queue[i] = x & mask;
		x = MUL * x + ADD;
		flags[i] = referenced_at_first(i) ? REFERENCED : 0;
	}
	began = bench_cpu_s();
	for (uint64_t i = 0; i < nr; i++) {
		uint32_t page = queue[i & mask];
		bool used = flags[page] & REFERENCED;

		__builtin_prefetch(&flags[queue[(i + AHEAD) & mask]], 1);
		flags[page] = used ? ACTIVE : FREE;
		active[nr_active] = page;
		freed[nr_freed] = page;
		nr_active += used;
		nr_freed += !used;
	}
	began = bench_cpu_s() - began;
	sink = nr_active + nr_freed;
	bench_free(queue, nr_pages * sizeof(*queue));
	bench_free(active, nr_pages * sizeof(*active));
	bench_free(freed, nr_pages * sizeof(*freed));
	bench_free(flags, nr_pages);
	return (double)nr / began;
}

static void link_frames(struct frame *frame, uint64_t nr_pages)
{
	uint32_t mask = (uint32_t)nr_pages - 1, at = 0;

	for (uint64_t i = 0; i < nr_pages; i++) {
		uint32_t next = (MUL * at + ADD) & mask;

		frame[at].next = next;
		frame[next].prev = at;
		frame[at].flags = referenced_at_first(i) ? REFERENCED : 0;
		at = next;
	}
}

double probe_scan_list(uint64_t nr_pages, uint64_t nr)
{
	struct frame *frame = bench_alloc(nr_pages * sizeof(*frame));
	uint32_t at = 0, active = 0, freed = 0;
	double began;

	link_frames(frame, nr_pages);
	began = bench_cpu_s();
	for (uint64_t i = 0; i < nr; i++) {
		struct frame *f = &frame[at];
		uint32_t prev = f->prev;

		if (f->flags & REFERENCED) {
			f->flags = ACTIVE;
			f->next = active;
			frame[active].prev = at;
			active = at;
		} else {
			f->flags = FREE;
			f->next = freed;
			freed = at;
		}
		at = prev;
	}
	began = bench_cpu_s() - began;
	sink = active + freed;
	bench_free(frame, nr_pages * sizeof(*frame));
	return (double)nr / began;
}
