/* SPDX-License-Identifier: MIT */
/*
 * test_oom_adj_text.c - what is written to oom_score_adj, oom_adj and
 * clear_refs (fact sheet H.4, errata (b)3; the rows are recorded writes).
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "check_main.h"
#include "fs/proc/base.h"

struct row {
	const char *text;
	size_t len; /* 0: strlen() */
	int err;
	int value;
};

static const struct row rows[] = {
	{ "0", 0, 0, 0 },
	{ "500\n", 0, 0, 500 },
	{ "-17", 0, 0, -17 },
	{ "+5", 0, 0, 5 },
	{ "0x10", 0, 0, 16 },
	{ "-0X10", 0, 0, -16 },
	{ "010", 0, 0, 8 },
	{ " 7 ", 0, 0, 7 },
	{ "\t7\v\f\r\n", 0, 0, 7 },
	{ "5\0x", 3, 0, 5 },
	{ "\0005", 2, -EINVAL, 0 },
	{ "000000000000500", 0, 0, 0 },   /* 12 bytes of it */
	{ "0000000000000500", 0, 0, 0 },
	{ "            5", 0, -EINVAL, 0 },
	{ "999999999999", 0, -ERANGE, 0 },
	{ "99999999999", 0, -ERANGE, 0 },
	{ "2147483647", 0, 0, INT_MAX },
	{ "2147483648", 0, -ERANGE, 0 },
	{ "-2147483648", 0, 0, INT_MIN },
	{ "-2147483649", 0, -ERANGE, 0 },
	{ "0xffffffffff", 0, -ERANGE, 0 },
	{ "", 0, -EINVAL, 0 },
	{ "\n", 0, -EINVAL, 0 },
	{ "-", 0, -EINVAL, 0 },
	{ "+-5", 0, -EINVAL, 0 },
	{ "--5", 0, -EINVAL, 0 },
	{ "0x", 0, -EINVAL, 0 },
	{ "0b11", 0, -EINVAL, 0 },
	{ "08", 0, -EINVAL, 0 },
	{ "5 6", 0, -EINVAL, 0 },
	{ "5\nx", 0, -EINVAL, 0 },
	{ "5x", 0, -EINVAL, 0 },
	{ "abc", 0, -EINVAL, 0 },
};

#define NR(rows) (sizeof(rows) / sizeof((rows)[0]))

static void check_row(const struct row *r, bool decimal)
{
	size_t len = r->len ? r->len : strlen(r->text);
	int value = 12345, err;

	err = pid_parse_int(r->text, len, decimal, &value);
	ck_assert_msg(err == r->err, "\"%s\": %d, want %d", r->text, err,
		      r->err);
	ck_assert_int_eq(value, err ? 12345 : r->value);
}

START_TEST(test_any_base)
{
	check_row(&rows[_i], false);
}
END_TEST

static const struct row decimal_rows[] = {
	{ "1", 0, 0, 1 },
	{ "01", 0, 0, 1 },
	{ "08", 0, 0, 8 },
	{ "+1\n", 0, 0, 1 },
	{ "0x1", 0, -EINVAL, 0 },
	{ "6", 0, 0, 6 },
};

START_TEST(test_decimal)
{
	check_row(&decimal_rows[_i], true);
}
END_TEST

/* oom_score_adj as set, oom_adj as read: recorded, (a)5. */
static const struct {
	int score_adj, adj;
} conversions[] = {
	{ 0, 0 },      { 1, 0 },      { 58, 0 },     { 59, 1 },
	{ 100, 1 },    { 500, 8 },    { 882, 14 },   { 941, 15 },
	{ 942, 15 },   { 999, 15 },   { 1000, 15 },  { -1, 0 },
	{ -58, 0 },    { -59, -1 },   { -100, -1 },  { -999, -16 },
	{ -1000, -17 },
};

START_TEST(test_conversion)
{
	ck_assert_int_eq(oom_adj_of_score_adj(conversions[_i].score_adj),
			 conversions[_i].adj);
}
END_TEST

CHECK_MAIN_ROWS("oom_adj_text", { test_any_base, NR(rows) },
		{ test_decimal, NR(decimal_rows) },
		{ test_conversion, NR(conversions) })
