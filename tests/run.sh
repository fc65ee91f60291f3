#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh - build everything in every way that matters and run all tests.
#
# Usage: tests/run.sh [-k PATTERN] [-j N] [--quick] [--list] [--help]
#
#   -k PATTERN  only cases whose name matches the extended regular expression
#   -j N        N cases at a time (default: one a processor)
#   --quick     the release build only: no clang, no sanitizers
#   --list      print the names of the cases, run none
#
# On a bare Debian 12 it installs what it needs, as root or through sudo.
# A case is an executable: exit 0 passed, 77 skipped, anything else failed.
# Where the output of a case says how many checks it made (the summary of the
# Check library, or a last line "N passed, N failed, N skipped"), they count
# one by one.  The last line of all is the sum in that same form; the exit
# status is 1 if anything failed.
#
# Everything runs in mount and pid namespaces of its own where the system
# allows it, so that no mount and no process is left behind, however it ends.
# Logs and builds stay in build-test/ for the next run to start from.

set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 2
cd "$top" || exit 2
# shellcheck source=../examples/setup.sh
. examples/setup.sh
# shellcheck source=stages.sh
. tests/stages.sh
# shellcheck source=cases.sh
. tests/cases.sh

usage() {
	sed -nE '4,/^$/s/^# ?//p' "$0"
}

pattern=.
jobs=$(nproc)
quick=
list=
inner=
while [ $# -gt 0 ]; do
	case $1 in
	-k) pattern=${2-}; shift ;;
	-j) jobs=${2-}; shift ;;
	--quick) quick=yes ;;
	--list) list=yes ;;
	--inner) inner=${2-}; shift ;;
	-h | --help) usage; exit 0 ;;
	*) usage >&2; exit 2 ;;
	esac
	shift
done
if ! [[ $jobs =~ ^[1-9][0-9]*$ ]]; then
	echo "run.sh: -j wants a number" >&2
	exit 2
fi
grep -qE -- "$pattern" </dev/null
if [ $? -eq 2 ]; then
	exit 2
fi
builds=${RECLAIMFS_TEST_BUILDS:-$top/build-test}

# --- outside: set up, then go inside ---------------------------------------

# Namespaces that end everything when their first process ends.
isolation() {
	local how='--mount --pid --fork --kill-child --mount-proc'

	if [ "$(id -u)" -ne 0 ]; then
		how="--map-root-user $how"
	fi
	# shellcheck disable=SC2086 # a list of words
	if unshare $how true 2>/dev/null; then
		echo "unshare $how"
	fi
}

# What a run without namespaces may have left, found by its work directory.
sweep() {
	local pid where

	for pid in $(strays "$work"); do
		kill -KILL "$pid" 2>/dev/null
	done
	while where=$(mounts_below "$work" | tail -n 1) && [ -n "$where" ]; do
		umount -l "$where" 2>/dev/null ||
			fusermount3 -uz "$where" 2>/dev/null || break
	done
	rm -rf "$work"
}

# shellcheck disable=SC2317 # called by trap
interrupted() {
	trap '' INT TERM HUP
	if [ -n "${child-}" ]; then
		kill -KILL "$child" 2>/dev/null
		wait "$child" 2>/dev/null
	fi
	sweep
	echo "run.sh: interrupted" >&2
	exit 130
}

outside() {
	local how

	# shellcheck disable=SC2086 # lists of words
	setup_packages $SETUP_BUILD $STAGE_PACKAGES \
		$(setup_known $STAGE_SOURCES) || exit 1
	setup_fuse || echo "Tests of the mount will be skipped." >&2
	mkdir -p "$builds/logs" || exit 1
	work=$(mktemp -d "${TMPDIR:-/tmp}/reclaimfs-test.XXXXXX") || exit 1
	chmod 755 "$work"
	trap interrupted INT TERM HUP
	how=$(isolation)
	if [ -z "$how" ]; then
		echo "No namespaces here; cleaning up by hand." >&2
	fi
	# shellcheck disable=SC2086 # a list of words
	setpriv --pdeathsig KILL $how "$top/tests/run.sh" --inner "$work" \
		-k "$pattern" -j "$jobs" ${quick:+--quick} </dev/null &
	child=$!
	wait "$child"
	status=$?
	child=
	sweep
	exit $status
}

# --- inside: build, run, count ----------------------------------------------

# As root in a mount namespace of our own: let every user open /dev/fuse
# here, as udev does on an installed system.
open_fuse() {
	if [ "$(id -u)" -eq 0 ] && [ -c /dev/fuse ] &&
		[ "$(stat -c %a /dev/fuse)" != 666 ] &&
		[ "$(readlink /proc/self/ns/mnt)" != "$RUN_OUTER_NS" ] &&
		mknod -m 666 "$work/fuse" c 10 229 2>/dev/null; then
		mount --bind "$work/fuse" /dev/fuse
	fi
}

inside() {
	work=$inner
	export work builds top
	open_fuse
	stages
	echo
	summary "$work/results"
}

if [ -n "$list" ]; then
	work=
	stage_names
elif [ -n "$inner" ]; then
	inside
else
	RUN_OUTER_NS=$(readlink /proc/self/ns/mnt)
	export RUN_OUTER_NS
	outside
fi
