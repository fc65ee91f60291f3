#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# coverage.sh - how much of engine/ and fs/ the tests have run through.
#
# Usage: tests/coverage.sh [BUILD]
#
# BUILD is a build with -Db_coverage=true in which tests have been run
# (build-test/coverage after tests/run.sh).  Prints every file with the lines
# that nobody came to and, last, lines, functions and branches of all.  Fails
# below the share of branches that the tests are held to.
#
# Asserts are compiled out: the branch of an assert that fails is no branch
# of the program.

set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${1:-${builds:-$top/build-test}/coverage}
MIN_BRANCHES=90

command -v gcovr >/dev/null || {
	echo 'skipped: no gcovr here'
	exit 77
}
if [ ! -d "$build" ]; then
	echo "coverage.sh: no build in $build" >&2
	exit 1
fi
gcovr --root "$top" --object-directory "$build" --filter "$top/engine/" \
	--filter "$top/fs/" --branches --sort-uncovered --print-summary \
	--fail-under-branch "$MIN_BRANCHES" "$build"
