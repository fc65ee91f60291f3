#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# smoke.sh - every benchmark runs, and has a figure for its row.
#
# Run by tests/run.sh with the release build.  No figure is looked at: a
# benchmark is no test.

set -u
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 2

if [ ! -w /dev/fuse ]; then
	echo "no /dev/fuse"
	exit 77
fi
parts='files busy commands engine machine'
if command -v lxcfs >/dev/null; then
	parts="$parts lxcfs"
fi
# shellcheck disable=SC2086 # a list of words
table=$("$top/tests/bench/run.sh" --smoke \
	--build "${RECLAIMFS_BUILD:-$top/build}" $parts) || exit 1
printf '%s\n' "$table"
passed=$(grep -cE '^\|.*\| (reached|missed) \|$' <<<"$table")
failed=$(grep -E '^\|.*\| not measured \|$' <<<"$table" | grep -vc lxcfs)
echo "$passed passed, $failed failed, 0 skipped"
[ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]
