/* SPDX-License-Identifier: MIT */
/*
 * test_units.c - sizes, rates and times as people write them.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "check_main.h"
#include "fs/conf/units.h"

#define K (1ull << 10)
#define M (1ull << 20)
#define G (1ull << 30)
#define T (1ull << 40)

struct row {
	int (*parse)(const char *text, uint64_t *value);
	const char *text;
	int err;
	uint64_t value;
};

static const struct row rows[] = {
	{ units_parse_size, "0", 0, 0 },
	{ units_parse_size, "4096", 0, 4096 },
	{ units_parse_size, "64K", 0, 64 * K },
	{ units_parse_size, "64k", 0, 64 * K },
	{ units_parse_size, "512M", 0, 512 * M },
	{ units_parse_size, "512m\n", 0, 512 * M },
	{ units_parse_size, " 4G ", 0, 4 * G },
	{ units_parse_size, "1T", 0, T },
	{ units_parse_size, "1.5K", 0, 1536 },
	{ units_parse_size, "0.5G", 0, G / 2 },
	{ units_parse_size, "18446744073709551615", 0, UINT64_MAX },
	{ units_parse_size, "18446744073709551616", -ERANGE, 0 },
	{ units_parse_size, "16777216T", -ERANGE, 0 },
	{ units_parse_size, "16777215T", 0, 16777215 * T },
	{ units_parse_size, "1.3K", -EINVAL, 0 }, /* no whole bytes */
	{ units_parse_size, "0.5", -EINVAL, 0 },
	{ units_parse_size, "", -EINVAL, 0 },
	{ units_parse_size, " ", -EINVAL, 0 },
	{ units_parse_size, "M", -EINVAL, 0 },
	{ units_parse_size, "-1", -EINVAL, 0 },
	{ units_parse_size, "+1", -EINVAL, 0 },
	{ units_parse_size, "4X", -EINVAL, 0 },
	{ units_parse_size, "4MB", -EINVAL, 0 },
	{ units_parse_size, "4 M", -EINVAL, 0 },
	{ units_parse_size, "4M 1", -EINVAL, 0 },
	{ units_parse_size, "0x10", -EINVAL, 0 },
	{ units_parse_size, "1.", -EINVAL, 0 },
	{ units_parse_size, ".5M", -EINVAL, 0 },
	{ units_parse_size, "1e3", -EINVAL, 0 },
	{ units_parse_rate, "64M/s", 0, 64 * M },
	{ units_parse_rate, "3000000000/s", 0, 3000000000ull },
	{ units_parse_rate, "64M", -EINVAL, 0 },
	{ units_parse_rate, "64M/", -EINVAL, 0 },
	{ units_parse_rate, "64M/sec", -EINVAL, 0 },
	{ units_parse_rate, "/s", -EINVAL, 0 },
	{ units_parse_time, "0", 0, 0 },
	{ units_parse_time, "10ns", 0, 10 },
	{ units_parse_time, "10us", 0, 10000 },
	{ units_parse_time, "100ms", 0, 100000000 },
	{ units_parse_time, "5s", 0, 5000000000ull },
	{ units_parse_time, "2m", 0, 120000000000ull },
	{ units_parse_time, "1.5h", 0, 5400000000000ull },
	{ units_parse_time, "0.1s", 0, 100000000 },
	{ units_parse_time, "0.000000001s", 0, 1 },
	{ units_parse_time, "1.123456789s", 0, 1123456789 },
	{ units_parse_time, "0.5ns", -EINVAL, 0 },
	{ units_parse_time, "1.1234567890s", -EINVAL, 0 },
	{ units_parse_time, "5", -EINVAL, 0 },
	{ units_parse_time, "5 s", -EINVAL, 0 },
	{ units_parse_time, "5sec", -EINVAL, 0 },
	{ units_parse_time, "-5s", -EINVAL, 0 },
	{ units_parse_time, "18446744073709551616ns", -ERANGE, 0 },
	{ units_parse_time, "6000000h", -ERANGE, 0 },
	{ units_parse_sleep, "5", 0, 5000000000ull },
	{ units_parse_sleep, "0.5", 0, 500000000 },
	{ units_parse_sleep, "5ms", 0, 5000000 },
	{ units_parse_sleep, "x", -EINVAL, 0 },
	{ units_parse_u64, "0", 0, 0 },
	{ units_parse_u64, "42\n", 0, 42 },
	{ units_parse_u64, "18446744073709551615", 0, UINT64_MAX },
	{ units_parse_u64, "18446744073709551616", -ERANGE, 0 },
	{ units_parse_u64, "1K", -EINVAL, 0 },
	{ units_parse_u64, "", -EINVAL, 0 },
};

#define NR_ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

START_TEST(test_parse)
{
	const struct row *r = &rows[_i];
	uint64_t value = 0;
	int err = r->parse(r->text, &value);

	ck_assert_msg(err == r->err, "\"%s\": %d, expected %d", r->text, err,
		      r->err);
	if (!err)
		ck_assert_msg(value == r->value, "\"%s\": %llu", r->text,
			      (unsigned long long)value);
}
END_TEST

struct format_row {
	void (*format)(char text[UNITS_TEXT_LEN], uint64_t value);
	int (*parse)(const char *text, uint64_t *value);
	uint64_t value;
	const char *text;
};

static const struct format_row format_rows[] = {
	{ units_format_size, units_parse_size, 0, "0" },
	{ units_format_size, units_parse_size, 4096, "4K" },
	{ units_format_size, units_parse_size, 4097, "4097" },
	{ units_format_size, units_parse_size, 512 * M, "512M" },
	{ units_format_size, units_parse_size, 1536 * M, "1536M" },
	{ units_format_size, units_parse_size, UINT64_MAX,
	  "18446744073709551615" },
	{ units_format_rate, units_parse_rate, 64 * M, "64M/s" },
	{ units_format_rate, units_parse_rate, 3000000000ull,
	  "3000000000/s" },
	{ units_format_time, units_parse_time, 0, "0s" },
	{ units_format_time, units_parse_time, 80000, "80us" },
	{ units_format_time, units_parse_time, 5000000000ull, "5s" },
	{ units_format_time, units_parse_time, 90000000000ull, "90s" },
	{ units_format_time, units_parse_time, 1000000001ull,
	  "1000000001ns" },
};

#define NR_FORMATS ((int)(sizeof(format_rows) / sizeof(format_rows[0])))

START_TEST(test_format)
{
	const struct format_row *r = &format_rows[_i];
	char text[UNITS_TEXT_LEN];
	uint64_t back;

	r->format(text, r->value);
	ck_assert_str_eq(text, r->text);
	ck_assert_int_eq(r->parse(text, &back), 0);
	ck_assert_uint_eq(back, r->value);
}
END_TEST

CHECK_MAIN_ROWS("units", { test_parse, NR_ROWS }, { test_format, NR_FORMATS })
