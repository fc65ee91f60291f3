/* SPDX-License-Identifier: MIT */
/*
 * test_badness.c - who is worst: oom_badness and oom_score.
 *
 * The examples of fact sheet H.4 and processes recorded from a 6.12 kernel,
 * with and without swap (those of the recording whose counters had been
 * folded; errata 7).
 */
#include "check_main.h"
#include "reclaim/oom_kill.h"

#define T 4194304u

static int score(uint64_t pages, int adj, uint64_t total)
{
	return calc_oom_score(calc_badness(pages, 0, 0, adj, total), total);
}

START_TEST(test_examples)
{
	static const struct {
		uint64_t pages;
		int adj, score;
	} v[] = {
		{ 0, 0, 666 },	      { T / 4, 0, 833 }, { T, 0, 1333 },
		{ 0, 1000, 1332 },    { T, 1000, 1999 }, { 0, -500, 334 },
		{ T / 4, -999, 168 }, { 0, 500, 999 },	 { T, -1000, 0 },
		{ 0, -1000, 0 },
	};

	for (unsigned i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		ck_assert_int_eq(score(v[i].pages, v[i].adj, T), v[i].score);
}
END_TEST

/* rss, swap and page tables in pages, adj, totalpages, what was printed */
static const struct {
	uint64_t rss, swap, tables;
	int adj;
	uint64_t total;
	int score;
} recorded[] = {
	{ 454, 0, 10, -1000, 118793, 0 },
	{ 1489, 0, 12, 0, 118793, 674 },
	{ 2769, 0, 15, 100, 118793, 748 },
	{ 2768, 0, 15, 1000, 118793, 1344 },
	{ 10449, 0, 30, -100, 118793, 659 },
	{ 10449, 0, 29, -500, 118793, 394 },
	{ 10448, 0, 30, -999, 118793, 64 },
	{ 464, 0, 9, 1, 118793, 669 },
	{ 7889, 0, 25, -17, 118793, 699 },
	{ 7888, 0, 24, 250, 118793, 876 },
	{ 2257, 0, 14, -1, 118793, 678 },
	{ 1489, 0, 12, 0, 380936, 668 },
	{ 2768, 0, 15, 1000, 380936, 1336 },
	{ 10449, 0, 30, -100, 380936, 618 },
	{ 10449, 0, 29, -500, 380936, 352 },
	{ 10448, 0, 30, -999, 380936, 20 },
	{ 7889, 0, 25, -17, 380936, 668 },
	{ 7888, 0, 24, 250, 380936, 846 },
	{ 452, 2, 10, -1000, 380936, 0 },
	{ 979, 510, 12, 0, 380936, 668 },
	{ 415, 2354, 15, 100, 380936, 738 },
	{ 196, 2572, 15, 1000, 380936, 1336 },
	{ 196, 10253, 30, -100, 380936, 618 },
	{ 196, 10253, 29, -500, 380936, 352 },
	{ 196, 10252, 30, -999, 380936, 20 },
};

#define NR_RECORDED (sizeof(recorded) / sizeof(recorded[0]))

START_TEST(test_recorded)
{
	const int64_t points =
		calc_badness(recorded[_i].rss, recorded[_i].swap,
			     recorded[_i].tables * VM_PAGE_SIZE,
			     recorded[_i].adj, recorded[_i].total);

	ck_assert_int_eq(calc_oom_score(points, recorded[_i].total),
			 recorded[_i].score);
}
END_TEST

START_TEST(test_points)
{
	/* page tables count by whole pages; adj by thousandths */
	ck_assert_int_eq(calc_badness(10, 5, 4095, 0, 100000), 15);
	ck_assert_int_eq(calc_badness(10, 5, 8192, 0, 100000), 17);
	ck_assert_int_eq(calc_badness(0, 0, 0, 1, 100999), 100);
	ck_assert_int_eq(calc_badness(0, 0, 0, -1, 100999), -100);
	/* no floor: below zero there is an order too */
	ck_assert_int_lt(calc_badness(10, 0, 0, -999, 100000), -99000);
	ck_assert(calc_badness(1u << 28, 0, 0, -1000, 1u << 28) == INT64_MIN);
	ck_assert(calc_badness(0, 0, 0, 1000, 999) == 0);
}
END_TEST

CHECK_MAIN_ROWS("badness", { test_examples, 0 }, { test_recorded, NR_RECORDED },
		{ test_points, 0 })
