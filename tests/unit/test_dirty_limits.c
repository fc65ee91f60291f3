/* SPDX-License-Identifier: MIT */
/*
 * test_dirty_limits.c - thresholds to the page, against recorded guests.
 *
 * A row of data/dirty_limits.tsv is one setting of the four tunables on one
 * guest.  The reserve of a guest is not in it: its row of 100 per cent gives
 * the dirtyable memory directly, and with it the other rows are checked.
 */
#include <stdio.h>
#include <string.h>

#include "reclaim/writeback.h"

#include "check_main.h"

#define MAX_ROWS 128
#define MIN_ROWS 70

struct row {
	char guest[32];
	int ratio, background_ratio;
	uint64_t bytes, background_bytes, thresh, background;
	uint64_t free, inactive, active;
};

static struct row rows[MAX_ROWS];
static unsigned nr_rows;

static void read_rows(void)
{
	const char *dir = getenv("TESTS");
	char path[512], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/unit/data/dirty_limits.tsv",
		 dir ? dir : "tests");
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	while (fgets(line, sizeof(line), f)) {
		struct row *r = &rows[nr_rows];

		if (line[0] == '#')
			continue;
		ck_assert_uint_lt(nr_rows, MAX_ROWS);
		ck_assert_int_eq(sscanf(line,
					"%31s %d %lu %d %lu %lu %lu %lu %lu"
					" %lu",
					r->guest, &r->ratio, &r->bytes,
					&r->background_ratio,
					&r->background_bytes, &r->thresh,
					&r->background, &r->free, &r->inactive,
					&r->active),
				 10);
		nr_rows++;
	}
	fclose(f);
	ck_assert_uint_ge(nr_rows, MIN_ROWS);
}

/* What the row of 100 % says that the guest keeps back. */
static uint64_t reserve_of(const char *guest)
{
	for (unsigned i = 0; i < nr_rows; i++) {
		const struct row *r = &rows[i];

		if (!strcmp(r->guest, guest) && r->ratio == 100)
			return r->free + r->inactive + r->active + 1 -
			       r->thresh;
	}
	ck_abort_msg("%s: no row of 100 %%", guest);
	return 0;
}

START_TEST(test_recorded)
{
	unsigned checked = 0;

	read_rows();
	for (unsigned i = 0; i < nr_rows; i++) {
		const struct row *r = &rows[i];
		uint64_t d = calc_dirtyable(r->free, reserve_of(r->guest),
					    r->inactive + r->active);
		struct dirty_limits l = calc_dirty_limits(d, r->bytes, r->ratio,
							  r->background_bytes,
							  r->background_ratio);

		ck_assert_msg(l.thresh == r->thresh, "%s %d %lu: %lu, not %lu",
			      r->guest, r->ratio, r->bytes, l.thresh,
			      r->thresh);
		ck_assert_msg(l.background == r->background,
			      "%s %d %lu: background %lu, not %lu", r->guest,
			      r->background_ratio, r->background_bytes,
			      l.background, r->background);
		checked++;
	}
	ck_assert_uint_ge(checked, MIN_ROWS);
}
END_TEST

START_TEST(test_dirtyable)
{
	ck_assert_uint_eq(calc_dirtyable(1000, 100, 50), 951);
	ck_assert_uint_eq(calc_dirtyable(1000, 1000, 0), 1);
	ck_assert_uint_eq(calc_dirtyable(10, 1000, 7), 8);
	ck_assert_uint_eq(calc_dirtyable(0, 0, 0), 1);
}
END_TEST

/* Errata 2: the largest byte counts wrap around to no page at all. */
START_TEST(test_bytes_wrap)
{
	struct dirty_limits l;

	l = calc_dirty_limits(1000, UINT64_MAX, 0, 0, 10);
	ck_assert_uint_eq(l.thresh, 0);
	ck_assert_uint_eq(l.background, 0);
	l = calc_dirty_limits(1000, UINT64_MAX - 4095, 0, 1, 0);
	ck_assert_uint_eq(l.thresh, UINT32_MAX);
	ck_assert_uint_eq(l.background, 1);
	l = calc_dirty_limits(1000, 4097, 0, 4096, 0);
	ck_assert_uint_eq(l.thresh, 2);
	ck_assert_uint_eq(l.background, 1);
}
END_TEST

START_TEST(test_background_is_less)
{
	struct dirty_limits l;

	l = calc_dirty_limits(100000, 0, 10, 0, 10);
	ck_assert_uint_eq(l.background, l.thresh / 2);
	l = calc_dirty_limits(100000, 0, 10, 0, 50);
	ck_assert_uint_eq(l.background, l.thresh / 2);
	l = calc_dirty_limits(100000, 4096, 0, 1ull << 40, 0);
	ck_assert_uint_eq(l.thresh, 1);
	ck_assert_uint_eq(l.background, 0);
}
END_TEST

CHECK_MAIN("dirty_limits", test_recorded, test_dirtyable, test_bytes_wrap,
	   test_background_is_less)
