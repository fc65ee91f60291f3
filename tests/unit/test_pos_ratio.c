/* SPDX-License-Identifier: MIT */
/*
 * test_pos_ratio.c - the throttle's pure parts: the cubic, the correction by
 * disk, the longest pause, the estimate of a disk's bandwidth.
 */
#include "reclaim/writeback.h"

#include "check_main.h"

#define MB_PAGES  256ull /* pages of 1 MiB */
#define SECOND_NS 1000000000ull
#define JIFFY_NS  4000000ull
#define PERIOD_NS (1024 * JIFFY_NS)

START_TEST(test_cubic)
{
	/* freerun 1000, limit 3000: the setpoint is 2000 */
	ck_assert_uint_eq(calc_pos_ratio(2000, 1000, 3000), POS_RATIO_ONE);
	ck_assert_uint_eq(calc_pos_ratio(3000, 1000, 3000), 0);
	ck_assert_uint_eq(calc_pos_ratio(9000, 1000, 3000), 0);
	/* half way up: 1 - 1/8, half way down: 1 + 1/8 */
	ck_assert_uint_ge(calc_pos_ratio(2500, 1000, 3000), 895);
	ck_assert_uint_le(calc_pos_ratio(2500, 1000, 3000), 897);
	ck_assert_uint_ge(calc_pos_ratio(1500, 1000, 3000), 1150);
	ck_assert_uint_le(calc_pos_ratio(1500, 1000, 3000), 1152);
	/* at the edge of free run nearly 2, and no more below it */
	ck_assert_uint_ge(calc_pos_ratio(1000, 1000, 3000), 2040);
	ck_assert_uint_le(calc_pos_ratio(0, 1000, 3000), 2048);
}
END_TEST

START_TEST(test_cubic_falls)
{
	uint64_t last = 2 * POS_RATIO_ONE;

	for (uint64_t dirty = 0; dirty < 70000; dirty += 7) {
		uint64_t p = calc_pos_ratio(dirty, 20000, 60000);

		ck_assert_uint_le(p, last);
		last = p;
	}
	ck_assert_uint_eq(last, 0);
	ck_assert_uint_eq(calc_pos_ratio(1, 0, 0), 0);
	ck_assert_uint_gt(calc_pos_ratio(0, 0, 1), 0);
}
END_TEST

static struct dirty_state state(uint64_t dirty, uint64_t wb_dirty,
				uint64_t wb_thresh)
{
	return (struct dirty_state){ .thresh = 20000,
				     .background = 10000,
				     .freerun = 15000,
				     .limit = 20000,
				     .dirty = dirty,
				     .wb_thresh = wb_thresh,
				     .wb_dirty = wb_dirty,
				     .write_bw = 100 * MB_PAGES };
}

START_TEST(test_disk_correction)
{
	struct dirty_state alone = state(17500, 17500, 20000);
	struct dirty_state slow = state(17500, 3000, 1000);
	struct dirty_state fresh = state(17500, 100, 10000);
	struct dirty_state full = state(20000, 10, 10000);

	/* alone, at its setpoint: the cubic as it is */
	ck_assert_uint_ge(calc_wb_pos_ratio(&alone), POS_RATIO_ONE - 1);
	ck_assert_uint_le(calc_wb_pos_ratio(&alone), POS_RATIO_ONE);
	/* three times its share: held back, but never below a quarter */
	ck_assert_uint_lt(calc_wb_pos_ratio(&slow), POS_RATIO_ONE);
	ck_assert_uint_ge(calc_wb_pos_ratio(&slow), POS_RATIO_ONE / 4);
	/* a disk with next to nothing dirty gets through, at most 8 times */
	ck_assert_uint_gt(calc_wb_pos_ratio(&fresh), 4 * POS_RATIO_ONE);
	ck_assert_uint_le(calc_wb_pos_ratio(&fresh), 16 * POS_RATIO_ONE);
	/* at the limit nothing helps */
	ck_assert_uint_eq(calc_wb_pos_ratio(&full), 0);
}
END_TEST

START_TEST(test_no_threshold)
{
	struct dirty_state none = { .limit = 100, .dirty = 50 };

	ck_assert_uint_eq(calc_wb_pos_ratio(&none), 0);
}
END_TEST

START_TEST(test_max_pause)
{
	/* 100 MiB/s are 25600 pages/s, 800 in the eighth of a second */
	ck_assert_uint_eq(calc_max_pause_ns(0, 25600), JIFFY_NS);
	ck_assert_uint_eq(calc_max_pause_ns(800, 25600), JIFFY_NS);
	ck_assert_uint_eq(calc_max_pause_ns(801, 25600), 2 * JIFFY_NS);
	ck_assert_uint_eq(calc_max_pause_ns(8010, 25600), 11 * JIFFY_NS);
	ck_assert_uint_eq(calc_max_pause_ns(49 * 801, 25600),
			  200 * SECOND_NS / 1000);
	ck_assert_uint_eq(calc_max_pause_ns(UINT32_MAX, 25600), MAX_PAUSE_NS);
}
END_TEST

START_TEST(test_bandwidth)
{
	/* what comes in at the old rate leaves it as it is */
	ck_assert_uint_eq(calc_write_bandwidth(25600, 5120, SECOND_NS / 5),
			  25600);
	/* nothing for a quarter of the period takes a quarter away */
	ck_assert_uint_eq(calc_write_bandwidth(25600, 0, PERIOD_NS / 4), 19200);
	/* after more than a period only what was measured counts */
	ck_assert_uint_eq(calc_write_bandwidth(25600, 5000, 5 * SECOND_NS),
			  1000);
	/* and it is never nothing */
	ck_assert_uint_eq(calc_write_bandwidth(25600, 0, 100 * SECOND_NS), 1);
}
END_TEST

/* A disk of 768 pages/s is found out within some periods. */
START_TEST(test_bandwidth_converges)
{
	struct disk d = { .bw_time_ns = 0 };
	uint64_t now = 0;

	ck_assert_uint_eq(disk_write_bw(&d), 25600);
	for (unsigned i = 0; i < 200; i++) {
		now += SECOND_NS / 4;
		d.nr_written += 192;
		update_bandwidth(&d, now);
	}
	ck_assert_uint_ge(d.write_bw, 760);
	ck_assert_uint_le(d.write_bw, 800);
	ck_assert_uint_le(d.avg_write_bw, 1100);
	ck_assert_uint_ge(d.avg_write_bw, d.write_bw);
	/* too soon after the last: not looked at */
	d.nr_written += 100000;
	update_bandwidth(&d, now + SECOND_NS / 10);
	ck_assert_uint_le(d.write_bw, 800);
}
END_TEST

CHECK_MAIN("pos_ratio", test_cubic, test_cubic_falls, test_disk_correction,
	   test_no_threshold, test_max_pause, test_bandwidth,
	   test_bandwidth_converges)
