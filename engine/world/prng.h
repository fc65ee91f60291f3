/* SPDX-License-Identifier: MIT */
/*
 * prng.h - chance that a seed decides: xoshiro256** by Blackman and Vigna.
 *
 * One generator an actor, all from the machine's seed, never from an address
 * or a clock, so that a run can be had again.  No locking: the owner's.
 */
#ifndef ENGINE_WORLD_PRNG_H
#define ENGINE_WORLD_PRNG_H

#include <stdint.h>

struct prng {
	uint64_t s[4];
	/* of the last prng_zipf(): its n, and what follows from it alone */
	uint64_t zipf_n;
	double zipf_high;
};

/* @stream tells generators of one @seed apart. */
void prng_init(struct prng *p, uint64_t seed, uint64_t stream);

/* Uniform over all 64-bit values. */
uint64_t prng_u64(struct prng *p);

/* Uniform over 0..@n-1, @n > 0. */
uint64_t prng_below(struct prng *p, uint64_t n);

/*
 * Zipf with exponent 1.0 over 0..@n-1, 0 the most frequent, n > 0; by
 * rejection-inversion (Hörmann and Derflinger), without a table.
 */
uint64_t prng_zipf(struct prng *p, uint64_t n);

#endif
