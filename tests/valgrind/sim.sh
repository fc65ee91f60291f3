#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The engine under valgrind, in one process: those tests of the sim world that
# are quick enough, and together go through swap, OOM kills and nodes.  What
# valgrind finds makes the test's exit status 9.
#
# The program as a whole: tests/mount/determinism_valgrind.sh.

set -u
HERE=$(cd "${0%/*}" && pwd) || exit 1
BUILD=${RECLAIMFS_BUILD:-$HERE/../../build}
if ! command -v valgrind >/dev/null; then
	echo 'skipped: no valgrind here'
	exit 77
fi
status=0
for name in swap oom numa; do
	# Its limits of time are for the bare processor.
	CK_FORK=no CK_TIMEOUT_MULTIPLIER=50 valgrind --quiet \
		--error-exitcode=9 --fair-sched=try \
		"$BUILD/tests/sim-$name" || status=$?
done
exit $status
