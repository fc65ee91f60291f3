/* SPDX-License-Identifier: MIT */
/*
 * test_sysctl_text.c - the parser of /proc/sys against fact sheet A.3 and A.6
 * and recorded writes (errata (a)1).
 */
#include <errno.h>
#include <limits.h>

#include "check_main.h"
#include "fs/proc/sysctl_text.h"

/* A text, what write(2) returns for it, and the values it stores. */
struct row {
	const char *text;
	size_t len; /* 0: strlen() */
	ssize_t result;
	unsigned nr;
	int64_t value[VM_CTL_MAX_VALUES];
};

static size_t length(const struct row *r)
{
	return r->len ? r->len : strlen(r->text);
}

static void check_row(const struct row *r, enum vm_ctl_type type, unsigned nr)
{
	struct sysctl_values v;
	unsigned i;

	sysctl_parse(&v, r->text, length(r), type, nr);
	ck_assert_msg(v.nr == r->nr, "\"%s\": %u values, want %u", r->text,
		      v.nr, r->nr);
	for (i = 0; i < r->nr; i++)
		ck_assert_int_eq(v.value[i], r->value[i]);
	ck_assert_int_eq(sysctl_result(&v, length(r), v.err), r->result);
}

static const struct row scalars[] = {
	{ "60\n", 0, 3, 1, { 60 } },
	{ "60", 0, 2, 1, { 60 } },
	{ "  60  ", 0, 6, 1, { 60 } },
	{ "\t60\t\n", 0, 5, 1, { 60 } },
	{ "0x3c", 0, 4, 1, { 60 } },
	{ "0X3C\n", 0, 5, 1, { 60 } },
	{ "074", 0, 3, 1, { 60 } },
	{ "\v60", 0, 3, 1, { 60 } },
	{ "\f60\n", 0, 4, 1, { 60 } },
	{ "\xa0" "60", 0, 3, 1, { 60 } },
	{ "00000000000000000060", 0, 20, 1, { 48 } },
	{ "000000000000000000060", 0, -EINVAL, 0, { 0 } },
	{ "60\r\n", 0, -EINVAL, 0, { 0 } },
	{ "60,", 0, -EINVAL, 0, { 0 } },
	{ "60x", 0, -EINVAL, 0, { 0 } },
	{ "60\0", 3, -EINVAL, 0, { 0 } },
	{ "60\xa0", 0, -EINVAL, 0, { 0 } },
	{ "60\v", 0, -EINVAL, 0, { 0 } },
	{ "+60", 0, -EINVAL, 0, { 0 } },
	{ "\n", 0, -EINVAL, 0, { 0 } },
	{ " ", 0, -EINVAL, 0, { 0 } },
	{ "-", 0, -EINVAL, 0, { 0 } },
	{ "-\n", 0, -EINVAL, 0, { 0 } },
	{ "- 5", 0, -EINVAL, 0, { 0 } },
	{ "--5", 0, -EINVAL, 0, { 0 } },
	{ "abc", 0, -EINVAL, 0, { 0 } },
	{ "08", 0, -EINVAL, 0, { 0 } },
	{ "0x", 0, -EINVAL, 0, { 0 } },
	{ "0xg", 0, -EINVAL, 0, { 0 } },
	{ "0b1", 0, -EINVAL, 0, { 0 } },
	{ "1e2", 0, -EINVAL, 0, { 0 } },
	{ "6 0", 0, 2, 1, { 6 } },
	{ "100 200", 0, 4, 1, { 100 } },
	{ "5 abc", 0, 2, 1, { 5 } },
	{ "5\nx\n", 0, 2, 1, { 5 } },
	{ "5\n\n", 0, 3, 1, { 5 } },
	{ "-0", 0, 2, 1, { 0 } },
	{ "-1", 0, 2, 1, { -1 } },
	{ "2147483647", 0, 10, 1, { INT_MAX } },
	{ "-2147483648", 0, 11, 1, { INT_MIN } },
	{ "2147483648", 0, -EINVAL, 0, { 0 } },
	{ "-2147483649", 0, -EINVAL, 0, { 0 } },
	{ "4294967356", 0, -EINVAL, 0, { 0 } },
	{ "18446744073709551616", 0, -EINVAL, 0, { 0 } },
	{ "123456789012345678901", 0, -EINVAL, 0, { 0 } },
};

START_TEST(test_scalar)
{
	check_row(&scalars[_i], VM_CTL_INT, 1);
}
END_TEST

static const struct row vectors[] = {
	{ "100 200 30 1 2\n", 0, 15, 5, { 100, 200, 30, 1, 2 } },
	{ "64\t64\t8\t0\t0", 0, 11, 5, { 64, 64, 8, 0, 0 } },
	{ "16\n", 0, 3, 1, { 16 } },
	{ "1 2 3 4 5 6\n", 0, 10, 5, { 1, 2, 3, 4, 5 } },
	{ "1\n2", 0, 3, 2, { 1, 2 } },
	{ "1 -2 3", 0, 6, 3, { 1, -2, 3 } },
};

START_TEST(test_vector)
{
	check_row(&vectors[_i], VM_CTL_INT, 5);
}
END_TEST

/* A swallowed error: what is before it stays, the write is as long as that
 * (recorded for lowmem_reserve_ratio). */
static const struct row swallowed[] = {
	{ "100 200 30 1 2x\n", 0, 13, 4, { 100, 200, 30, 1 } },
	{ "100 200 30 1 2\0", 15, 13, 4, { 100, 200, 30, 1 } },
	{ "100 200 30 1 2\r\n", 0, 13, 4, { 100, 200, 30, 1 } },
	{ "x", 0, 1, 0, { 0 } },
	{ "2147483648\n", 0, 11, 0, { 0 } },
	{ "\n", 0, 1, 0, { 0 } },
	{ "1 4294967296 3", 0, 12, 1, { 1 } },
};

START_TEST(test_swallowed)
{
	const struct row *r = &swallowed[_i];
	struct sysctl_values v;

	sysctl_parse(&v, r->text, length(r), VM_CTL_INT, 5);
	ck_assert_int_eq(v.err, -EINVAL);
	ck_assert_uint_eq(v.nr, r->nr);
	ck_assert_int_eq(sysctl_result(&v, length(r), 0), r->result);
}
END_TEST

static const struct row ulongs[] = {
	{ "0\n", 0, 2, 1, { 0 } },
	{ "-0", 0, -EINVAL, 0, { 0 } },
	{ "-5", 0, -EINVAL, 0, { 0 } },
	{ "18446744073709551615", 0, 20, 1, { -1 } },
	{ "18446744073709551616", 0, -EINVAL, 0, { 0 } },
	{ "99999999999999999999", 0, -EINVAL, 0, { 0 } },
	{ "9223372036854775808", 0, 19, 1, { INT64_MIN } },
};

START_TEST(test_ulong)
{
	check_row(&ulongs[_i], VM_CTL_ULONG, 1);
}
END_TEST

static const struct row seconds[] = {
	{ "10", 0, 2, 1, { 10 } },
	{ "-1", 0, 2, 1, { -1 } },
	{ "8589934", 0, 7, 1, { 8589934 } }, /* INT_MAX / 250 */
	{ "8589935", 0, -EINVAL, 0, { 0 } },
	{ "-8589935", 0, -EINVAL, 0, { 0 } },
};

START_TEST(test_seconds)
{
	check_row(&seconds[_i], VM_CTL_SECONDS, 1);
}
END_TEST

static const struct row bools[] = {
	{ "0", 0, 1, 1, { 0 } },
	{ "7", 0, 1, 1, { 1 } },
	{ "-1", 0, 2, 1, { 1 } },
	{ "2147483648", 0, -EINVAL, 0, { 0 } },
};

START_TEST(test_bool)
{
	check_row(&bools[_i], VM_CTL_BOOL, 1);
}
END_TEST

/* Long writes, as recorded: what is behind byte 4095 counts as taken. */
static const struct {
	const char *head;
	char fill;
	size_t len;
	const char *tail;
	ssize_t result;
	unsigned nr, max; /* values stored, and in the table */
} longs[] = {
	{ "1\n", 'x', 5000, "", 907, 1, 1 },
	{ "100 200 30 1 2\n", 'x', 5000, "", 920, 5, 5 },
	{ "1", ' ', 65536, "", 65536, 1, 5 },
	{ "1", ' ', 4999, "x", 5000, 1, 1 },
	{ "", ' ', 4094, "1", 4095, 1, 1 },
	{ "", ' ', 4095, "1", -EINVAL, 0, 1 },
	{ "", '0', 4094, "1", -EINVAL, 0, 1 },
	{ "1", ' ', (4u << 20) - 1, "", (4 << 20) - 1, 1, 1 },
};

START_TEST(test_long)
{
	size_t head = strlen(longs[_i].head), tail = strlen(longs[_i].tail);
	size_t len = longs[_i].len + tail;
	struct sysctl_values v;
	char *text = malloc(len);

	ck_assert_ptr_nonnull(text);
	memset(text, longs[_i].fill, len);
	memcpy(text, longs[_i].head, head);
	memcpy(text + len - tail, longs[_i].tail, tail);
	sysctl_parse(&v, text, len, VM_CTL_INT, longs[_i].max);
	ck_assert_uint_eq(v.nr, longs[_i].nr);
	ck_assert_int_eq(sysctl_result(&v, len, v.err), longs[_i].result);
	free(text);
}
END_TEST

/* An error of the engine is the write's, whatever the parser took. */
START_TEST(test_engine_error)
{
	struct sysctl_values v;

	sysctl_parse(&v, "201\n", 4, VM_CTL_INT, 1);
	ck_assert_int_eq(v.err, 0);
	ck_assert_int_eq(sysctl_result(&v, 4, -ERANGE), -ERANGE);
}
END_TEST

START_TEST(test_format)
{
	const int64_t value[] = { 256, -1, 0, INT_MAX, INT_MIN };
	const int64_t huge = -1;
	DECLARE_STRBUF(sb, 64);

	sysctl_format(&sb, value, VM_CTL_INT, 5);
	sysctl_format(&sb, &huge, VM_CTL_ULONG, 1);
	sysctl_format(&sb, &huge, VM_CTL_INT, 1);
	ck_assert_str_eq(strbuf_str(&sb),
			 "256\t-1\t0\t2147483647\t-2147483648\n"
			 "18446744073709551615\n-1\n");
	strbuf_release(&sb);
}
END_TEST

/* What is read can be written: tuning scripts do that. */
START_TEST(test_round_trip)
{
	const int64_t value[] = { 256, 256, 32, 0, 0 };
	DECLARE_STRBUF(sb, 64);
	struct sysctl_values v;

	sysctl_format(&sb, value, VM_CTL_INT, 5);
	sysctl_parse(&v, sb.bytes, sb.len, VM_CTL_INT, 5);
	ck_assert_int_eq(v.err, 0);
	ck_assert_uint_eq(v.nr, 5);
	ck_assert_mem_eq(v.value, value, sizeof(value));
	strbuf_release(&sb);
}
END_TEST

#define NR(rows) (sizeof(rows) / sizeof((rows)[0]))

CHECK_MAIN_ROWS("sysctl_text", { test_scalar, NR(scalars) },
		{ test_vector, NR(vectors) }, { test_swallowed, NR(swallowed) },
		{ test_ulong, NR(ulongs) }, { test_seconds, NR(seconds) },
		{ test_bool, NR(bools) }, { test_long, NR(longs) },
		{ test_engine_error, 0 }, { test_format, 0 },
		{ test_round_trip, 0 })
