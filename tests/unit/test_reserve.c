/* SPDX-License-Identifier: MIT */
/*
 * test_reserve.c - large arrays and short texts: the small things below all.
 *
 * An array is zero when new, keeps its content when it grows, wherever it
 * goes, and is zero where it was cleared; a text that does not fit is cut and
 * ended.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "fault.h"
#include "world/name.h"
#include "world/reserve.h"

/* Any figure that is not a whole page, and one that is. */
#define ODD   12345u
#define WHOLE (64u * 4096u)

static bool is_zero(const unsigned char *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (p[i])
			return false;
	return true;
}

START_TEST(test_alloc)
{
	unsigned char *p = reserve_alloc(ODD);

	ck_assert_ptr_nonnull(p);
	ck_assert(is_zero(p, 0, ODD));
	memset(p, 0xff, ODD);
	reserve_free(p, ODD);
	p = reserve_alloc(0);
	ck_assert_ptr_nonnull(p);
	p[0] = 1;
	reserve_free(p, 0);
	reserve_free(NULL, ODD);
}
END_TEST

START_TEST(test_grow)
{
	unsigned char *p = reserve_alloc(ODD);
	size_t size = ODD;

	memset(p, 0xa5, ODD);
	while (size < WHOLE * 8) {
		p = reserve_resize(p, size, size * 2 + 1);
		size = size * 2 + 1;
		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq(p[0], 0xa5);
		ck_assert_uint_eq(p[ODD - 1], 0xa5);
		ck_assert(is_zero(p, ODD, size));
	}
	reserve_free(p, size);
}
END_TEST

/* What is cut off does not come back, not even inside the last page. */
START_TEST(test_shorter)
{
	static const size_t sizes[] = { WHOLE - 1, WHOLE / 2, ODD, 1 };

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned char *p = reserve_alloc(WHOLE);

		memset(p, 0x5a, WHOLE);
		ck_assert_ptr_eq(reserve_resize(p, WHOLE, sizes[i]), p);
		p = reserve_resize(p, sizes[i], WHOLE);
		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq(p[sizes[i] - 1], 0x5a);
		ck_assert(is_zero(p, sizes[i], WHOLE));
		reserve_free(p, WHOLE);
	}
}
END_TEST

/* Not whole pages: neighbours stay, whichever way the edges lie. */
START_TEST(test_clear)
{
	unsigned char *p = reserve_alloc(WHOLE);
	static const struct {
		size_t from, to;
	} v[] = {
		{ 0, WHOLE },	   { 1, WHOLE - 1 }, { 4096, 8192 },
		{ 4095, 4097 },	   { 5000, 6000 },   { 4096, 4096 },
		{ 100, 3 * 4096 }, { 4096, 20000 },
	};

	for (unsigned i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		memset(p, 0x5a, WHOLE);
		reserve_clear(p + v[i].from, v[i].to - v[i].from);
		ck_assert(is_zero(p, v[i].from, v[i].to));
		if (v[i].from > 0)
			ck_assert_uint_eq(p[v[i].from - 1], 0x5a);
		if (v[i].to < WHOLE)
			ck_assert_uint_eq(p[v[i].to], 0x5a);
	}
	reserve_free(p, WHOLE);
}
END_TEST

/* A terabyte of addresses: only what is touched is there. */
START_TEST(test_sparse)
{
	const size_t size = (size_t)1 << 40;
	unsigned char *p = reserve_alloc(size);

	ck_assert_ptr_nonnull(p);
	for (size_t at = 0; at < size; at += size / 64)
		p[at] = 1;
	ck_assert_uint_eq(p[size / 64], 1);
	ck_assert_uint_eq(p[size / 64 + 1], 0);
	reserve_free(p, size);
}
END_TEST

START_TEST(test_refused)
{
	fault_arm(0);
	ck_assert_ptr_null(reserve_alloc(ODD));
	ck_assert(fault_disarm());
	ck_assert_ptr_null(reserve_alloc(SIZE_MAX));
}
END_TEST

START_TEST(test_names)
{
	char buf[12];

	name_number(buf, sizeof(buf), "kswapd", 15);
	ck_assert_str_eq(buf, "kswapd15");
	name_number(buf, sizeof(buf), "kswapd", UINT32_MAX);
	ck_assert_str_eq(buf, "kswapd42949");
	name_number(buf, 1, "kswapd", 1);
	ck_assert_str_eq(buf, "");
	name_copy(buf, 4, "flusher");
	ck_assert_str_eq(buf, "flu");
	name_copy(buf, sizeof(buf), "");
	ck_assert_str_eq(buf, "");
}
END_TEST

START_TEST(test_numbers)
{
	static const int64_t v[] = {
		0, 1, -1, 9, 10, -10, INT64_MAX, INT64_MIN, 123, INT32_MIN
	};

	for (unsigned i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		char want[32], got[32];
		struct name n = name_in(got, sizeof(got));

		name_int(&n, v[i]);
		snprintf(want, sizeof(want), "%lld", (long long)v[i]);
		ck_assert_str_eq(got, want);
		n = name_in(got, sizeof(got));
		name_uint(&n, (uint64_t)v[i]);
		snprintf(want, sizeof(want), "%llu", (unsigned long long)v[i]);
		ck_assert_str_eq(got, want);
	}
}
END_TEST

CHECK_MAIN("reserve", test_alloc, test_grow, test_shorter, test_clear,
	   test_sparse, test_refused, test_names, test_numbers)
