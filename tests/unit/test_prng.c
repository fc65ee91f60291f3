/* SPDX-License-Identifier: MIT */
/*
 * test_prng.c - chance that can be had again, and has the right shape.
 *
 * The generator's own first values (its authors' reference program), that
 * seeds and streams differ, that a bound is kept without bias, and Zipf's
 * law, compared with its probabilities.
 */
#include <math.h>
#include <string.h>

#include "check_main.h"
#include "world/prng.h"

#define DRAWS 200000u

/* xoshiro256** from the state 1, 2, 3, 4, by the reference program. */
START_TEST(test_reference)
{
	static const uint64_t want[] = {
		11520,
		0,
		1509978240,
		1215971899390074240ull,
		1216172134540287360ull,
		607988272756665600ull,
		16172922978634559625ull,
		8476171486693032832ull,
	};
	struct prng p = { .s = { 1, 2, 3, 4 } };

	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ck_assert_uint_eq(prng_u64(&p), want[i]);
}
END_TEST

START_TEST(test_seeds)
{
	struct prng a, b, c, d;

	prng_init(&a, 1, 0);
	prng_init(&b, 1, 0);
	prng_init(&c, 1, 1);
	prng_init(&d, 2, 0);
	ck_assert(!memcmp(&a, &b, sizeof(a)));
	ck_assert(memcmp(&a, &c, sizeof(a)));
	ck_assert(memcmp(&a, &d, sizeof(a)));
	ck_assert(memcmp(&c, &d, sizeof(a)));
	for (unsigned i = 0; i < 100; i++)
		ck_assert_uint_eq(prng_u64(&a), prng_u64(&b));
}
END_TEST

/* Every value comes, none too often: five sigmas of the binomial. */
START_TEST(test_below)
{
	unsigned seen[10] = { 0 };
	struct prng p;

	prng_init(&p, 42, 7);
	for (unsigned i = 0; i < DRAWS; i++) {
		const uint64_t v = prng_below(&p, 10);

		/* Check's asserts are too slow for every draw */
		if (v >= 10)
			ck_abort_msg("%u drawn below 10", (unsigned)v);
		seen[v]++;
	}
	for (unsigned i = 0; i < 10; i++) {
		ck_assert_uint_ge(seen[i], DRAWS / 10 - 671);
		ck_assert_uint_le(seen[i], DRAWS / 10 + 671);
	}
	for (unsigned i = 0; i < 100; i++)
		ck_assert_uint_eq(prng_below(&p, 1), 0);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_uint_lt(prng_below(&p, (1ull << 63) + 1),
				  (1ull << 63) + 1);
}
END_TEST

/* Rank k has the share 1 / (k * H(n)). */
START_TEST(test_zipf)
{
	enum { N = 100 };
	unsigned seen[N] = { 0 };
	double harmonic = 0;
	struct prng p;

	prng_init(&p, 42, 8);
	for (unsigned k = 1; k <= N; k++)
		harmonic += 1.0 / k;
	for (unsigned i = 0; i < DRAWS; i++) {
		const uint64_t v = prng_zipf(&p, N);

		if (v >= N)
			ck_abort_msg("rank %u of %u", (unsigned)v, N);
		seen[v]++;
	}
	for (unsigned k = 1; k <= N; k++) {
		const double want = DRAWS / (k * harmonic);

		ck_assert_double_le(fabs(seen[k - 1] - want),
				    5 * sqrt(want) + 1);
	}
}
END_TEST

START_TEST(test_zipf_ends)
{
	struct prng p;
	uint64_t most = 0;

	prng_init(&p, 3, 9);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_uint_eq(prng_zipf(&p, 1), 0);
	for (unsigned i = 0; i < 10000; i++)
		ck_assert_uint_lt(prng_zipf(&p, 2), 2);
	for (unsigned i = 0; i < DRAWS; i++) {
		const uint64_t v = prng_zipf(&p, 1ull << 28);

		most = v > most ? v : most;
	}
	/* the long tail is reached */
	ck_assert_uint_gt(most, 1ull << 27);
	ck_assert_uint_lt(most, 1ull << 28);
}
END_TEST

CHECK_MAIN("prng", test_reference, test_seeds, test_below, test_zipf,
	   test_zipf_ends)
