#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh - measure the release build, beside what it is held against.
#
# Usage: tests/bench/run.sh [--smoke] [--build DIR] [NAME...]
#
#   --smoke      everything once, small and short: does it run?
#   --build DIR  a release build that is there (default: build it in build/)
#   NAME         only these parts: files busy commands lxcfs engine machine
#
# Ratios are medians of rounds that visit both sides by turns in the same run,
# on one core unless a line says otherwise.  The table at the end says for
# every row what it was held against, what is to be reached and what has been;
# the lines above it say how.  Exit status 0 if everything could be measured,
# whatever the figures: a benchmark is no test.

set -u
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
cd "$top" || exit 2
# shellcheck source=../../examples/setup.sh
. examples/setup.sh
# shellcheck source=parts.sh
. tests/bench/parts.sh

smoke=
build=
parts=
while [ $# -gt 0 ]; do
	case $1 in
	--smoke) smoke=--smoke ;;
	--build) build=${2-}; shift ;;
	-h | --help) sed -nE '4,/^$/s/^# ?//p' "$0"; exit 0 ;;
	-*) echo "run.sh: $1?" >&2; exit 2 ;;
	*) parts="$parts $1" ;;
	esac
	shift
done
parts=${parts:-files busy commands lxcfs engine machine}

if [ -z "$build" ]; then
	build=$top/build
	# shellcheck disable=SC2086 # a list of words
	setup_packages $SETUP_BUILD check procps util-linux || exit 1
	setup_build "$build" || exit 1
fi
build=$(cd "$build" && pwd) || exit 2
program=$build/reclaimfs
bench=$build/tests/bench
core=$(($(nproc) - 1))

work=$(mktemp -d "${TMPDIR:-/tmp}/reclaimfs-bench.XXXXXX") || exit 1
found=$work/found
: >"$found"

leave() {
	trap '' EXIT INT TERM HUP
	bench_unmount_all
	rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The figure of the worst of the keys that match: largest, or smallest.
worst() {
	awk -F '\t' -v keys="^($1)\$" -v want="$2" '
		$1 ~ keys {
			if (!n++ || (want == "most" ? $2 > v : $2 < v))
				v = $2
		}
		END {
			if (n)
				printf "%.4g", v
		}' "$found"
}

# row WHAT AGAINST most|least LIMIT KEYS
row() {
	local value verdict

	value=$(worst "$5" "$3")
	if [ -z "$value" ]; then
		value=-
		verdict='not measured'
	elif awk -v a="$value" -v b="$4" -v w="$3" \
		'BEGIN { exit !(w == "most" ? a <= b : a >= b) }'; then
		verdict=reached
	else
		verdict=missed
	fi
	printf '| %s | %s | %s %s | %s | %s |\n' "$1" "$2" \
		"$([ "$3" = most ] && echo '≤' || echo '≥')" "$4" "$value" \
		"$verdict"
}

table() {
	echo '| what | against | reach | figure | |'
	echo '|---|---|---|---|---|'
	row 'open+read+close, write, readdir of small files' \
		'the floor server' most 1.10 'file-.*'
	row 'pread of meminfo, vmstat, zoneinfo' \
		'the floor and formatting' most 1.25 'text-.*'
	row 'p99 of reads while kswapd and direct reclaim run' \
		'our idle p99' most 2 busy
	row '`sysctl -a -r`, `free`, `vmstat -s` under `run`' \
		'the real /proc' most 1.3 'command-(sysctl|free|vmstat)'
	row '`ps aux` with as many tasks under `run`' 'the real /proc' \
		most 2 command-ps
	row 'open+read+close of meminfo: times faster' lxcfs least 8 lxcfs
	row 'touch of a resident page' 'independent touches' least 0.5 \
		'touch-.*'
	row 'reclaim of clean file pages' 'scan of a queue' least 0.15 \
		reclaim-mapped-queue
	row 'the same' "walk of a linked list" least 3 reclaim-mapped-list
	# libCacheSim is no Debian package; 2 to 4 M/s is what it does on a
	# machine of this kind, and the stand-in does less than it does.
	row 'zipf stream through the page cache, M requests/CPU s' \
		'8 times libCacheSim, if that does 3' least 24 'cache-rate.*'
	row 'the same, ratio' \
		'a hashed LRU of 96-byte objects (our stand-in)' least 8 \
		'cache-[0-9].*'
	row 'its hit ratio' CLOCK least 1 'cache-hits.*'
	row 'metadata a simulated page, bytes' 'struct page 64' most 24 \
		'metadata.*'
	row 'sim world, default machine' 'real time' least 500 sim-world
	row 'live default machine: CPU, percent' 'one core' most 3 live-idle
	row 'paused: CPU, percent' 'one core' most 0 live-paused
	row '8 nodes, 64 CPUs, 1 TiB: start to first read, s' '' most 1 \
		large-start
	row 'its idle resident memory, MiB' '' most 64 large-resident
	row 'its cost per page, 64 GiB filled' 'the 8 GiB machine' \
		most 1.5 fill
	row 'start to first read, default machine' \
		'a minimal libfuse program' most 2 start
	row 'two kswapds on two cores' 'one on one core' least 1.6 kswapds
}

for part in $parts; do
	if ! declare -F "part_$part" >/dev/null; then
		echo "run.sh: no part is called $part" >&2
		exit 2
	fi
	"part_$part" | tee -a "$found"
	if [ "${PIPESTATUS[0]}" -ne 0 ]; then
		echo "run.sh: $part could not be measured" >&2
		exit 1
	fi
done
echo
table
