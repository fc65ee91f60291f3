/* SPDX-License-Identifier: MIT */
/*
 * test_refused.c - the list of refused writes: one line each, the same one
 * once, the last ones when there are too many, text that breaks no line.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "fs/proc/machine_fs.h"
#include "fs/sandbox/sandbox.h"

static struct sandbox sandbox;
static struct machine_fs mf;

static void add(const char *path, const char *text, int err)
{
	refused_add(&sandbox.refused, path, text, strlen(text), err);
}

/* What the file says now; static, good until the next call. */
static const char *shown(void)
{
	static char text[64 << 10];
	DECLARE_STRBUF(sb, 256);
	struct tree_req rq = { .priv = &mf };

	atomic_store(&mf.sandbox, &sandbox);
	ck_assert_int_eq(refused_show(&rq, &sb), 0);
	ck_assert_uint_lt(sb.len, sizeof(text));
	memcpy(text, strbuf_str(&sb), sb.len + 1);
	strbuf_release(&sb);
	return text;
}

START_TEST(test_a_line_each)
{
	ck_assert_str_eq(shown(), "");
	add("/proc/sys/vm/swappiness", "300\n", -EINVAL);
	add("/proc/sys/vm/stat_interval", "x", -EPERM);
	ck_assert_str_eq(shown(),
			 "/proc/sys/vm/swappiness\tInvalid argument\t300\t"
			 "0 to 200\n"
			 "/proc/sys/vm/stat_interval\tOperation not permitted\t"
			 "x\n");
	refused_free(&sandbox.refused);
}
END_TEST

/* Who is refused for a value reads which values are not. */
START_TEST(test_the_range)
{
	static const struct {
		const char *path;
		int err;
		const char *want; /* behind what was written */
	} rows[] = {
		{ "/proc/sys/vm/min_free_kbytes", -EINVAL,
		  "\t0 to 2147483647" },
		{ "/proc/sys/vm/dirty_bytes", -EINVAL,
		  "\t8192 to 18446744073709551615" },
		{ "/proc/sys/vm/numa_zonelist_order", -EINVAL, "" },
		{ "/proc/sys/vm/nothing", -EINVAL, "" },
		{ "/proc/sys/vm/swappiness", -EPERM, "" },
		{ "/sandbox/clock/rate", -EINVAL, "\t0.1 to 1000, or max" },
		{ "/sandbox/clock/advance", -EINVAL, "\t0 to 18446744073s" },
		{ "/sandbox/clock/settle", -EINVAL, "\t0 to 18446744073s" },
		{ "/sandbox/clock/mode", -EINVAL, "" },
	};
	char want[128];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&sandbox, 0, sizeof(sandbox));
		add(rows[i].path, "x", rows[i].err);
		snprintf(want, sizeof(want), "\tx%s\n", rows[i].want);
		ck_assert_str_eq(strstr(shown(), "\tx"), want);
		refused_free(&sandbox.refused);
	}
}
END_TEST

START_TEST(test_the_same_again)
{
	add("/a", "1", -EINVAL);
	add("/a", "1\n", -EINVAL);
	ck_assert_uint_eq(sandbox.refused.nr, 1);
	add("/a", "1", -ERANGE);
	add("/a", "2", -EINVAL);
	add("/b", "1", -EINVAL);
	ck_assert_uint_eq(sandbox.refused.nr, 4);
	refused_free(&sandbox.refused);
}
END_TEST

START_TEST(test_text)
{
	static const struct {
		const char *text;
		size_t len;
		const char *want;
	} rows[] = {
		{ "", 0, "" },
		{ "\n\n", 2, "" },
		{ "1\n\0\n", 4, "1" },
		{ "1\t2\n3\n", 6, "1 2 3" },
		{ "\x7f\x1b[0m", 5, "  [0m" },
		{ "a\0b", 3, "a b" },
		{ "\xc3\xa4", 2, "\xc3\xa4" },
	};
	char want[128];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&sandbox, 0, sizeof(sandbox));
		refused_add(&sandbox.refused, "/f", rows[i].text, rows[i].len,
			    -EINVAL);
		snprintf(want, sizeof(want), "/f\tInvalid argument\t%s\n",
			 rows[i].want);
		ck_assert_str_eq(shown(), want);
		refused_free(&sandbox.refused);
	}
}
END_TEST

START_TEST(test_long_text_is_cut)
{
	char text[1000];

	memset(text, 'x', sizeof(text));
	refused_add(&sandbox.refused, "/f", text, sizeof(text), -EINVAL);
	ck_assert_uint_eq(strlen(sandbox.refused.write[0].text),
			  REFUSED_TEXT_LEN - 1);
	/* The same beginning is the same write. */
	refused_add(&sandbox.refused, "/f", text, sizeof(text) - 1, -EINVAL);
	ck_assert_uint_eq(sandbox.refused.nr, 1);
	refused_free(&sandbox.refused);
}
END_TEST

START_TEST(test_the_last_ones_stay)
{
	const char *line;
	char name[32];
	unsigned i, nr = 0;

	for (i = 0; i < REFUSED_MAX + 10; i++) {
		snprintf(name, sizeof(name), "/f%u", i);
		add(name, "1", -EINVAL);
	}
	line = shown();
	ck_assert_int_eq(strncmp(line, "/f10\t", 5), 0);
	for (; *line; line = strchr(line, '\n') + 1)
		nr++;
	ck_assert_uint_eq(nr, REFUSED_MAX);
	/* One that has fallen out is new again. */
	add("/f0", "1", -EINVAL);
	ck_assert_uint_eq(sandbox.refused.nr, REFUSED_MAX + 11);
	refused_free(&sandbox.refused);
}
END_TEST

CHECK_MAIN("refused", test_a_line_each, test_the_range, test_the_same_again,
	   test_text, test_long_text_is_cut, test_the_last_ones_stay)
