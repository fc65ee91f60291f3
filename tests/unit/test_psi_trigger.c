/* SPDX-License-Identifier: MIT */
/*
 * test_psi_trigger.c - triggers of /proc/pressure: their text and their
 * arithmetic (fact sheet J.5).
 */
#include <errno.h>
#include <string.h>

#include "check_main.h"
#include "fs/proc/pressure.h"

static const struct {
	const char *text;
	size_t len; /* 0: strlen(); the last byte taken is lost */
	int privileged, unprivileged;
	uint64_t threshold_us, window_us;
} rows[] = {
	{ "some 150000 2000000\n", 0, 0, 0, 150000, 2000000 },
	{ "some 150000 2000000", 20, 0, 0, 150000, 2000000 }, /* NUL */
	{ "full 150000 2000000\n", 0, 0, 0, 150000, 2000000 },
	{ "some 150000 1000000\n", 0, 0, -EINVAL, 150000, 1000000 },
	{ "some 1 1\n", 0, 0, -EINVAL, 1, 1 },
	{ "some 10000000 10000000\n", 0, 0, 0, 10000000, 10000000 },
	{ "some 1 10000000\n", 0, 0, 0, 1, 10000000 },
	/* without a terminator the last digit goes: 200000 is no multiple */
	{ "full 150000 2000000", 0, 0, -EINVAL, 150000, 200000 },
	{ "some 1 10000001\n", 0, -EINVAL, -EINVAL, 0, 0 },
	{ "some 1 0\n", 0, -EINVAL, -EINVAL, 0, 0 },
	{ "some 0 2000000\n", 0, -EINVAL, -EINVAL, 0, 0 },
	{ "some 2000001 2000000\n", 0, -EINVAL, -EINVAL, 0, 0 },
	{ "some 150000\n", 0, -EINVAL, -EINVAL, 0, 0 },
	{ "some\n", 0, -EINVAL, -EINVAL, 0, 0 },
	{ "some x 2000000\n", 0, -EINVAL, -EINVAL, 0, 0 },
	{ "some -1 2000000\n", 0, -EINVAL, -EINVAL, 0, 0 },
	{ "none 150000 2000000\n", 0, -EINVAL, -EINVAL, 0, 0 },
	{ "150000 2000000\n", 0, -EINVAL, -EINVAL, 0, 0 },
	{ "some 99999999999999999999 2000000\n", 0, -EINVAL, -EINVAL, 0, 0 },
	{ "\n", 0, -EINVAL, -EINVAL, 0, 0 },
	{ "", 0, -EINVAL, -EINVAL, 0, 0 },
};

#define NR(rows) (sizeof(rows) / sizeof((rows)[0]))

START_TEST(test_parse)
{
	size_t len = rows[_i].len ? rows[_i].len : strlen(rows[_i].text);
	struct psi_trigger t;
	int err;

	err = psi_trigger_parse(&t, rows[_i].text, len, true);
	ck_assert_int_eq(err, rows[_i].privileged);
	if (!err) {
		ck_assert_uint_eq(t.threshold_us, rows[_i].threshold_us);
		ck_assert_uint_eq(t.win.size_us, rows[_i].window_us);
		ck_assert_int_eq(t.full, rows[_i].text[0] == 'f');
		ck_assert_uint_gt(t.period_us, 0);
	}
	err = psi_trigger_parse(&t, rows[_i].text, len, false);
	ck_assert_int_eq(err, rows[_i].unprivileged);
}
END_TEST

static struct psi_trigger make(uint64_t threshold_us, uint64_t window_us)
{
	struct psi_trigger t = {
		.threshold_us = threshold_us,
		.win.size_us = window_us,
		.period_us = window_us / PSI_UPDATES,
	};

	psi_trigger_start(&t, 1000000, 5000);
	return t;
}

/* Nothing stalls, nothing happens, for as long as one likes. */
START_TEST(test_quiet)
{
	struct psi_trigger t = make(1000, 1000000);
	uint64_t now;

	for (now = 1100000; now < 20000000; now += 100000)
		ck_assert(!psi_trigger_update(&t, now, 5000));
}
END_TEST

/* The threshold is reached inside one window; once a window is enough. */
START_TEST(test_one_event_a_window)
{
	struct psi_trigger t = make(150000, 1000000);
	uint64_t now = 1000000, total = 5000;
	unsigned events = 0;
	int i;

	for (i = 0; i < 50; i++) { /* 5 s, half of the time stalled */
		now += 100000;
		total += 50000;
		events += psi_trigger_update(&t, now, total);
	}
	ck_assert_uint_ge(events, 4);
	ck_assert_uint_le(events, 5);
}
END_TEST

/* 130 ms in any second stay below 150 ms, however windows fall (a window is
 * closed by the first look after its end, so it may be 100 ms longer). */
START_TEST(test_below_the_threshold)
{
	struct psi_trigger t = make(150000, 1000000);
	uint64_t now = 1000000, total = 5000;
	int i;

	for (i = 0; i < 100; i++) {
		now += 100000;
		total += 13000;
		ck_assert(!psi_trigger_update(&t, now, total));
	}
}
END_TEST

/* A burst across the border of two windows is seen: the old part counts as
 * far as it still lies inside. */
START_TEST(test_window_slides)
{
	struct psi_trigger t = make(150000, 1000000);

	ck_assert(!psi_trigger_update(&t, 1900000, 5000));
	ck_assert(!psi_trigger_update(&t, 2000000, 105000));
	ck_assert(!psi_trigger_update(&t, 2000001, 105000)); /* new window */
	ck_assert(psi_trigger_update(&t, 2100000, 205000));
}
END_TEST

START_TEST(test_next_look)
{
	struct psi_trigger t = make(150000, 1000000);

	ck_assert_uint_eq(t.next_look_us, 1100000);
	psi_trigger_update(&t, 1150000, 5000);
	ck_assert_uint_eq(t.next_look_us, 1250000);
}
END_TEST

CHECK_MAIN_ROWS("psi_trigger", { test_parse, NR(rows) }, { test_quiet, 0 },
		{ test_one_event_a_window, 0 }, { test_below_the_threshold, 0 },
		{ test_window_slides, 0 }, { test_next_look, 0 })
