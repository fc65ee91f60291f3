/* SPDX-License-Identifier: MIT */
/*
 * test_scan_balance.c - the weights of anon and file, and when an inactive
 * list is low, against the check values of fact sheet E.2 and E.3.
 */
#include "check_main.h"

#include "reclaim/vmscan.h"

static const struct {
	unsigned swappiness;
	uint64_t anon_cost, file_cost, anon, file;
} weights[] = {
	{ 60, 0, 0, 60, 140 },		{ 60, 1000, 1000, 119, 279 },
	{ 60, 3000, 1000, 102, 335 },	{ 60, 0, 4000, 179, 209 },
	{ 100, 3000, 1000, 171, 239 },
};

START_TEST(test_weights)
{
	struct scan_weights w = calc_scan_weights(weights[_i].swappiness,
						  weights[_i].anon_cost,
						  weights[_i].file_cost);

	ck_assert_uint_eq(w.anon, weights[_i].anon);
	ck_assert_uint_eq(w.file, weights[_i].file);
	ck_assert_uint_eq(w.total, w.anon + w.file);
}
END_TEST

START_TEST(test_extremes)
{
	ck_assert_uint_eq(calc_scan_weights(200, 5, 77777).file, 0);
	ck_assert_uint_eq(calc_scan_weights(0, 5, 77777).anon, 0);
	ck_assert_uint_gt(calc_scan_weights(0, 77777, 5).total, 0);
}
END_TEST

static const struct {
	uint64_t gib, ratio;
} ratios[] = { { 0, 1 }, { 1, 3 }, { 4, 6 }, { 10, 10 }, { 100, 31 },
	       { 1024, 101 } };

/* At @ratio times inactive == active it is not low; one page less and it is. */
START_TEST(test_inactive_is_low)
{
	uint64_t total = ratios[_i].gib * 262144 + 1000;
	uint64_t inactive = total / (ratios[_i].ratio + 1);
	uint64_t active = inactive * ratios[_i].ratio;

	/* a few pages more on both sides keep the sum in the same GiB */
	ck_assert(!calc_inactive_is_low(inactive, active));
	ck_assert(calc_inactive_is_low(inactive, active + 1));
}
END_TEST

CHECK_MAIN_ROWS("scan_balance", { test_weights, 5 }, { test_extremes, 0 },
		{ test_inactive_is_low, 6 })
