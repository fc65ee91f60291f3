/* SPDX-License-Identifier: MIT */
/*
 * prng.c - xoshiro256** by David Blackman and Sebastiano Vigna, seeded by
 * splitmix64, and the distributions that workloads need.
 *
 * Called by world.c (which of two actors), workloads (which page next) and
 * whoever breaks a tie.  Calls libm for the Zipf distribution, nothing else.
 * No lock: a generator belongs to its owner.
 */
#include <assert.h>
#include <math.h>

#include "world/prng.h"

static uint64_t splitmix64(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static uint64_t rotl(uint64_t x, unsigned k)
{
	return x << k | x >> (64 - k);
}

void prng_init(struct prng *p, uint64_t seed, uint64_t stream)
{
	uint64_t x = seed;

	/* Streams of one seed start far apart: a mixed seed plus a mixed
	 * stream number. */
	x = splitmix64(&x) + stream;
	p->zipf_n = 0;
	p->zipf_high = 0;
	for (unsigned i = 0; i < 4; i++)
		p->s[i] = splitmix64(&x);
	assert(p->s[0] | p->s[1] | p->s[2] | p->s[3]);
}

uint64_t prng_u64(struct prng *p)
{
	uint64_t *s = p->s;
	const uint64_t result = rotl(s[1] * 5, 7) * 9;
	const uint64_t t = s[1] << 17;

	assert(s[0] | s[1] | s[2] | s[3]);
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

/* By rejection under the next power of two: no bias and no division. */
uint64_t prng_below(struct prng *p, uint64_t n)
{
	uint64_t mask, r;

	assert(n > 0);
	if (n == 1)
		return 0;
	mask = UINT64_MAX >> __builtin_clzll(n - 1);
	do
		r = prng_u64(p) & mask;
	while (r >= n);
	return r;
}

/* Uniform over [0, 1), with 53 bits. */
static double prng_double(struct prng *p)
{
	return (double)(prng_u64(p) >> 11) * 0x1.0p-53;
}

/*
 * The density 1/x has the integral log(x).  A point drawn under the integral
 * is turned back into an x; its nearest whole number k is taken if the point
 * lies under k's bar of the histogram.  Ranks count from 1 in here.
 */
uint64_t prng_zipf(struct prng *p, uint64_t n)
{
	/* how far left of k a point is taken unseen: 2 - H^-1(H(2.5) - h(2)) */
	const double sure = 2.0 - exp(log(2.5) - 0.5);
	const double low = log(1.5) - 1.0;
	double high;

	assert(n > 0);
	if (p->zipf_n != n) {
		p->zipf_n = n;
		p->zipf_high = log((double)n + 0.5);
	}
	high = p->zipf_high;
	for (;;) {
		const double u = high + prng_double(p) * (low - high);
		const double x = exp(u);
		double k = floor(x + 0.5);

		if (k < 1)
			k = 1;
		else if (k > (double)n)
			k = (double)n;
		if (k - x <= sure || u >= log(k + 0.5) - 1.0 / k)
			return (uint64_t)k - 1;
	}
}
