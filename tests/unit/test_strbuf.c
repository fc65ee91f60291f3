/* SPDX-License-Identifier: MIT */
/*
 * test_strbuf.c - growing text: off the stack, numbers at their limits, the
 * error that stays until somebody asks.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include "check_main.h"
#include "fs/vfs/strbuf.h"

START_TEST(test_starts_on_the_stack)
{
	DECLARE_STRBUF(sb, 8);
	const char *stack = sb.bytes;

	strbuf_puts(&sb, "1234567");
	ck_assert_ptr_eq(sb.bytes, stack);
	ck_assert(!sb.on_heap);
	strbuf_puts(&sb, "89");
	ck_assert(sb.on_heap);
	ck_assert_str_eq(strbuf_str(&sb), "123456789");
	strbuf_release(&sb);
	ck_assert_uint_eq(sb.len, 0);
}
END_TEST

START_TEST(test_grows_by_any_amount)
{
	struct strbuf sb = STRBUF_INIT;
	size_t i;

	for (i = 0; i < 100000; i++)
		strbuf_putc(&sb, (char)('a' + i % 26));
	ck_assert_uint_eq(sb.len, 100000);
	for (i = 0; i < sb.len; i++)
		ck_assert_int_eq(sb.bytes[i], (char)('a' + i % 26));
	strbuf_clear(&sb);
	strbuf_fill(&sb, 'x', 1000000);
	ck_assert_uint_eq(sb.len, 1000000);
	ck_assert_int_eq(sb.bytes[999999], 'x');
	strbuf_release(&sb);
}
END_TEST

static const uint64_t numbers[] = {
	0, 1, 9, 10, 99, 100, 101, 999, 1000, 65535, 99999999, 100000000,
	UINT32_MAX, 10000000000ull, INT64_MAX, UINT64_MAX
};

#define NR_NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

/* Each number in every width as printf writes it. */
START_TEST(test_decimal)
{
	unsigned long long v = numbers[_i];
	char want[64];
	int width;

	for (width = 0; width < 25; width++) {
		DECLARE_STRBUF(sb, 4);

		strbuf_u64_pad(&sb, v, (unsigned)width);
		snprintf(want, sizeof(want), "%*llu", width, v);
		ck_assert_str_eq(strbuf_str(&sb), want);
		strbuf_clear(&sb);
		strbuf_u64_zero(&sb, v, (unsigned)width);
		snprintf(want, sizeof(want), "%0*llu", width, v);
		ck_assert_str_eq(strbuf_str(&sb), want);
		strbuf_clear(&sb);
		strbuf_hex(&sb, v, (unsigned)width);
		snprintf(want, sizeof(want), "%0*llx", width, v);
		ck_assert_str_eq(strbuf_str(&sb), want);
		strbuf_release(&sb);
	}
}
END_TEST

START_TEST(test_negative)
{
	DECLARE_STRBUF(sb, 64);

	strbuf_i64(&sb, -1);
	strbuf_putc(&sb, ' ');
	strbuf_i64(&sb, INT64_MIN);
	strbuf_putc(&sb, ' ');
	strbuf_i64(&sb, 42);
	ck_assert_str_eq(strbuf_str(&sb), "-1 -9223372036854775808 42");
	strbuf_release(&sb);
}
END_TEST

START_TEST(test_alignment)
{
	DECLARE_STRBUF(sb, 64);

	strbuf_puts_left(&sb, "ab", 5);
	strbuf_puts_right(&sb, "cd", 5);
	strbuf_puts_left(&sb, "longer", 3);
	strbuf_puts_right(&sb, "than", 3);
	ck_assert_str_eq(strbuf_str(&sb), "ab      cdlongerthan");
	strbuf_release(&sb);
}
END_TEST

START_TEST(test_printf)
{
	DECLARE_STRBUF(sb, 4);

	strbuf_printf(&sb, "%s %d", "a long string that does not fit", 7);
	ck_assert_str_eq(strbuf_str(&sb), "a long string that does not fit 7");
	strbuf_printf(&sb, "%c", '!');
	ck_assert_uint_eq(sb.len, 34);
	strbuf_release(&sb);
}
END_TEST

static const struct {
	uint64_t mask[2];
	unsigned nr_bits;
	const char *text;
} lists[] = {
	{ { 0, 0 }, 8, "" },
	{ { 1, 0 }, 1, "0" },
	{ { 0x3, 0 }, 8, "0-1" },
	{ { 0x1d, 0 }, 8, "0,2-4" },
	{ { 0xff, 0 }, 4, "0-3" },
	{ { 1ull << 63, 1 }, 128, "63-64" },
	{ { UINT64_MAX, UINT64_MAX }, 128, "0-127" },
	{ { 0x8000000000000001ull, 2 }, 128, "0,63,65" },
};

START_TEST(test_list)
{
	DECLARE_STRBUF(sb, 4);

	strbuf_list(&sb, lists[_i].mask, lists[_i].nr_bits);
	ck_assert_str_eq(strbuf_str(&sb), lists[_i].text);
	strbuf_release(&sb);
}
END_TEST

/* After an error nothing is added, and it is still there to be asked for. */
START_TEST(test_error_stays)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_puts(&sb, "kept");
	strbuf_fill(&sb, ' ', STRBUF_MAX);
	ck_assert_int_eq(strbuf_error(&sb), -EFBIG);
	strbuf_puts(&sb, "dropped");
	strbuf_u64(&sb, 1);
	strbuf_printf(&sb, "%d", 1);
	ck_assert_uint_eq(sb.len, 4);
	ck_assert_int_eq(strbuf_error(&sb), -EFBIG);
	ck_assert_str_eq(strbuf_str(&sb), "");
	strbuf_clear(&sb);
	ck_assert_int_eq(strbuf_error(&sb), 0);
	strbuf_puts(&sb, "new");
	ck_assert_str_eq(strbuf_str(&sb), "new");
	strbuf_release(&sb);
}
END_TEST

/* Nothing added to nothing: no memory is asked for, and none is touched. */
START_TEST(test_nothing)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_puts(&sb, "");
	strbuf_push(&sb, NULL, 0);
	ck_assert_ptr_null(sb.bytes);
	ck_assert_uint_eq(sb.len, 0);
	ck_assert_int_eq(strbuf_error(&sb), 0);
	ck_assert_str_eq(strbuf_str(&sb), "");
	strbuf_release(&sb);
}
END_TEST

CHECK_MAIN_ROWS("strbuf", { test_starts_on_the_stack, 0 },
		{ test_grows_by_any_amount, 0 }, { test_decimal, NR_NUMBERS },
		{ test_negative, 0 }, { test_alignment, 0 },
		{ test_printf, 0 },
		{ test_list, sizeof(lists) / sizeof(lists[0]) },
		{ test_error_stays, 0 }, { test_nothing, 0 })
