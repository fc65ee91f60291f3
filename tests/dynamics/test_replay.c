/* SPDX-License-Identifier: MIT */
/*
 * test_replay.c - all recordings, or those that are named, as one table.
 *
 *	dynamics-replay [SCENARIO...]
 *
 * Without arguments: every *.scn in $TESTS/dynamics, in order of name.  Every
 * row is a case; the last line is the sum that tests/run.sh counts.  The exit
 * status is 1 if a row is outside its tolerance.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "dynamics/replay.h"

static struct replay replay; /* large: not on the stack */

static void add(const char *path, int *passed, int *failed)
{
	replay_run(&replay, path);
	*passed += replay.passed;
	*failed += replay.failed;
	fflush(stdout);
}

static int all(int *passed, int *failed)
{
	const char *tests = getenv("TESTS");
	char pattern[4096];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/dynamics/*.scn",
		 tests ? tests : "tests");
	if (glob(pattern, 0, NULL, &found)) {
		fprintf(stderr, "no scenario in %s\n", pattern);
		return -1;
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		add(found.gl_pathv[i], passed, failed);
	globfree(&found);
	return 0;
}

int main(int argc, char **argv)
{
	int passed = 0, failed = 0;

	for (int i = 1; i < argc; i++)
		add(argv[i], &passed, &failed);
	if (argc == 1 && all(&passed, &failed))
		return 1;
	printf("\n%d passed, %d failed, 0 skipped\n", passed, failed);
	return failed ? 1 : 0;
}
