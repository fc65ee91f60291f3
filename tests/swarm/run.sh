#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh [SEEDS [FIRST]] - a long night: seeds in both worlds.
#
# Builds the program with asserts and the cheap sanitizers (build-dev, see
# tests/build-dev.ini, without the check after every step: the swarm has its
# own) and runs SEEDS seeds from FIRST on, 10000 from 1 if not told.

set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${RECLAIMFS_SWARM_BUILD:-$top/build-swarm}
if [ ! -f "$build/build.ninja" ]; then
	meson setup "$build" "$top" -Dbuildtype=debugoptimized \
		-Db_sanitize=address,undefined
fi
ninja -C "$build" tests/swarm-seeds
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
exec "$build/tests/swarm-seeds" -w both -n "${1:-10000}" -f "${2:-1}"
