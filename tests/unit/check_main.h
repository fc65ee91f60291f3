/* SPDX-License-Identifier: MIT */
/*
 * check_main.h - the main() of a unit test.
 *
 * A test program is one file with one suite.  It ends with
 *
 *	CHECK_MAIN("watermark", test_case_a, test_case_b)
 *
 * where the names are those given to START_TEST, or, where a row of a table
 * shall count as a case of its own, with
 *
 *	CHECK_MAIN_ROWS("watermark", { test_rows, nr_rows }, { test_case_b, 0 })
 *
 * in which case the row is `_i` in the test.
 *
 * Exit status 0 if every case passed.  Check's line "100%: Checks: ..." on
 * standard output is what tests/run.sh counts.
 *
 * Every case runs in a process of its own (CK_FORK=no to debug one).  The
 * time limit is there to end a hang, never to measure: nothing here may fail
 * because a machine is slow.
 */
#ifndef TESTS_UNIT_CHECK_MAIN_H
#define TESTS_UNIT_CHECK_MAIN_H

#include <check.h>
#include <stdlib.h>

#define CHECK_HANG_SECONDS 120

/* A case, or (nr_rows > 0) a case that is run once for every row. */
struct check_entry {
	const TTest *test;
	int nr_rows;
};

/* Run @nr cases as suite @name; the process's exit status comes back. */
static inline int check_run(const char *name, const struct check_entry *entry,
			    size_t nr)
{
	Suite *suite = suite_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	for (size_t i = 0; i < nr; i++) {
		TCase *tc = tcase_create(entry[i].test->name);

		tcase_set_timeout(tc, CHECK_HANG_SECONDS);
		if (entry[i].nr_rows > 0)
			tcase_add_loop_test(tc, entry[i].test, 0,
					    entry[i].nr_rows);
		else
			tcase_add_test(tc, entry[i].test);
		suite_add_tcase(suite, tc);
	}
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* main() for cases and tables: each argument is a struct check_entry. */
#define CHECK_MAIN_ROWS(name, ...)                                             \
	int main(void)                                                         \
	{                                                                      \
		const struct check_entry check_all[] = { __VA_ARGS__ };        \
                                                                               \
		return check_run(name, check_all,                              \
				 sizeof(check_all) / sizeof(check_all[0]));    \
	}

/*
 * main() for plain cases.  Check makes a case a pointer that is not constant,
 * so that the list can only be put together at run time.
 */
#define CHECK_MAIN(name, ...)                                                  \
	int main(void)                                                         \
	{                                                                      \
		const TTest *const check_all[] = { __VA_ARGS__ };              \
		struct check_entry check_one[sizeof(check_all) /               \
					     sizeof(check_all[0])] = { 0 };    \
		const size_t nr = sizeof(check_all) / sizeof(check_all[0]);    \
                                                                               \
		for (size_t i = 0; i < nr; i++)                                \
			check_one[i].test = check_all[i];                      \
		return check_run(name, check_one, nr);                         \
	}

#endif
