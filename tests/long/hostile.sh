#!/bin/sh
# SPDX-License-Identifier: MIT
#
# hostile.sh - clients that mean harm, for long, under one sanitizer.
#
# Usage: tests/long/hostile.sh BUILD [SECONDS]	(default: 600)
#
# BUILD is a build directory with -Db_sanitize=address,undefined or =thread
# or none; 64 processes (mount/hostile_clients.sh), half of the time each
# clock.  Nobody saw what must not be, no reply is lost, and without a
# sanitizer: the server has not grown.

here=$(cd "${0%/*}" && pwd) || exit 1
if [ $# -lt 1 ] || [ ! -x "$1/reclaimfs" ]; then
	echo "usage: $0 BUILD [SECONDS]" >&2
	exit 2
fi
export RECLAIMFS_BUILD="$1" RECLAIMFS_BIN="$1/reclaimfs"
export HOSTILE_PROCESSES="${HOSTILE_PROCESSES:-64}"
export HOSTILE_SECONDS=$((${2:-600} / 2))
export ASAN_OPTIONS=exitcode=99:detect_stack_use_after_return=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:exitcode=99
export LSAN_OPTIONS=exitcode=99
TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:exitcode=99
export TSAN_OPTIONS=$TSAN_OPTIONS:suppressions=$here/../hostile/tsan.supp
exec "$here/../mount/hostile_clients.sh"
