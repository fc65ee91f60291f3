#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh - the dynamics table: recordings of real kernels against ours.
#
# Usage: tests/dynamics/run.sh [SCENARIO...]
#
# Without arguments all scenarios of this directory.  Takes the program from
# $RECLAIMFS_BUILD, else from build-dev/ or build/.  The exit status is 1 if a
# row is outside its tolerance.

here=$(cd "$(dirname "$0")" && pwd) || exit 2
top=${here%/tests/dynamics}
for build in "$RECLAIMFS_BUILD" "$top/build-dev" "$top/build" \
	"$top/build-test/release"; do
	program=$build/tests/dynamics-replay
	if [ -n "$build" ] && [ -x "$program" ]; then
		TESTS=$top/tests exec "$program" "$@"
	fi
done
echo "run.sh: build with -Dtests=true first" >&2
exit 2
