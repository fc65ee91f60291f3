/* SPDX-License-Identifier: MIT */
/*
 * workload_pattern.c - which page comes next.
 *
 * The patterns of a phase: round and round, uniform, zipf, and a hot part.
 * zipf's ranks are scattered over the span by a fixed bijection, so that the
 * popular pages are not neighbours and the same ones in every run.
 *
 * Called by workload_phase.c for every access.  No locks of its own; the
 * generator is the task's.
 */
#include <assert.h>

#include "actors/workload.h"

#define PERMILLE 1000u

/*
 * Three rounds of "multiply by an odd number, fold the upper half down" are
 * one-to-one on 0..2^bits-1; what falls outside 0..n-1 goes round again, at
 * most a few times, for 2^bits < 2n.
 */
uint64_t pattern_scatter(uint64_t x, uint64_t n)
{
	static const uint64_t odd[] = { 0x9e3779b97f4a7c15ull,
					0xbf58476d1ce4e5b9ull,
					0x94d049bb133111ebull };
	unsigned bits = n > 1 ? 64u - (unsigned)__builtin_clzll(n - 1) : 0;
	uint64_t mask = bits ? UINT64_MAX >> (64 - bits) : 0;

	assert(n > 0 && x < n);
	if (!bits)
		return 0;
	do {
		for (unsigned i = 0; i < ARRAY_SIZE(odd); i++) {
			x = (x * odd[i] + i) & mask;
			x ^= x >> ((bits + 1) / 2);
		}
	} while (x >= n);
	return x;
}

static uint64_t next_hot(struct task_work *w, const struct vm_phase_conf *p,
			 uint64_t span)
{
	if (p->hot_pages >= span)
		return prng_below(&w->prng, span);
	if (p->hot_pages && prng_below(&w->prng, PERMILLE) < p->hot_permille)
		return prng_below(&w->prng, p->hot_pages);
	return p->hot_pages + prng_below(&w->prng, span - p->hot_pages);
}

uint64_t pattern_next(struct task_work *w, const struct vm_phase_conf *p,
		      uint64_t span)
{
	uint64_t index;

	assert(span > 0);
	switch (p->pattern) {
	case VM_PATTERN_UNIFORM:
		return prng_below(&w->prng, span);
	case VM_PATTERN_ZIPF:
		return pattern_scatter(prng_zipf(&w->prng, span), span);
	case VM_PATTERN_HOT:
		return next_hot(w, p, span);
	default:
		index = w->position < span ? w->position : 0;
		w->position = index + 1;
		return index;
	}
}

bool pattern_write(struct task_work *w, const struct vm_phase_conf *p)
{
	if (!p->write_permille)
		return false;
	if (p->write_permille >= PERMILLE)
		return true;
	return prng_below(&w->prng, PERMILLE) < p->write_permille;
}
