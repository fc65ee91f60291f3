#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh - build the fuzz targets and give each some seconds.
#
# Usage: tests/fuzz/run.sh [SECONDS [TARGET...]]
#
#   SECONDS  for each target (default 10); two run at a time
#   TARGET   capture clock image knob machine spawn sysctl tree (default: all)
#
# The corpora in tests/fuzz/corpus are what it starts from; what it finds
# stays in the build directory, $FUZZ_BUILD or build-test/fuzz, and is where
# the next run goes on.  An input that breaks something is kept there as well,
# in TARGET.found, and fails the run.
#
# Exit 0: nothing found; 1: something; 77: clang or its libFuzzer is missing.

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
top=$(cd "$here/../.." && pwd) || exit 1
build=${FUZZ_BUILD:-${builds:-$top/build-test}/fuzz}
seconds=${1:-10}
[ $# -gt 0 ] && shift
if ! [[ $seconds =~ ^[1-9][0-9]*$ ]]; then
	echo "run.sh: SECONDS is a number" >&2
	exit 2
fi

# The package with libFuzzer is clang's own; without it there is no link.
have_libfuzzer() {
	local probe

	command -v clang >/dev/null || return 1
	probe=$(mktemp) || return 1
	echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n)
		{ return !d && n; }' |
		clang -x c - -fsanitize=fuzzer -o "$probe" 2>/dev/null
	set -- $?
	rm -f "$probe"
	return "$1"
}

build_all() {
	local log=$build.log

	mkdir -p "$(dirname "$build")"
	if [ ! -f "$build/build.ninja" ]; then
		CC=clang meson setup "$build" "$top" -Dfuzz=true \
			-Dbuildtype=debugoptimized -Db_lundef=false \
			-Db_sanitize=address,undefined \
			-Dc_args=-fsanitize=fuzzer-no-link >"$log" 2>&1 || {
			tail -n 20 "$log"
			rm -rf "$build"
			return 1
		}
	fi
	ninja -C "$build" fuzz >"$log" 2>&1 || {
		tail -n 20 "$log"
		return 1
	}
}

# fuzz TARGET: its figures in one line.
fuzz() {
	local target=$1 seeds=("$here/corpus/$1") log=$build/$1.log status

	if [ "$target" = machine ]; then
		seeds+=("$top/examples/machines")
	fi
	mkdir -p "$build/corpus/$target"
	"$build/tests/fuzz/fuzz-$target" -max_total_time="$seconds" \
		-timeout=60 -rss_limit_mb=4096 -print_final_stats=1 \
		-dict="$here/dict/$target.dict" \
		-artifact_prefix="$build/$target.found-" \
		"$build/corpus/$target" "${seeds[@]}" >"$log" 2>&1
	status=$?
	if [ $status -ne 0 ]; then
		printf '%s\n' "FAILED: $target
$(grep -nE 'not so:|vm_check:|ERROR|SUMMARY|runtime error|Test unit' "$log" |
	head -n 8)
$(tail -n 12 "$log" | cut -c 1-200)"
		return 1
	fi
	awk -v target="$target" -v seconds="$seconds" '
		/number_of_executed_units/ { runs = $2 }
		/cov: / { for (i = 1; i < NF; i++)
			if ($i == "cov:") cov = $(i + 1) }
		/corp: / { for (i = 1; i < NF; i++)
			if ($i == "corp:") corp = $(i + 1) }
		END { printf "%s: %d inputs in %d s, %d edges, corpus %s\n",
			target, runs, seconds, cov, corp }' "$log"
}

if ! have_libfuzzer; then
	echo "skipped: no clang with libFuzzer here"
	exit 77
fi
export ASAN_OPTIONS=detect_stack_use_after_return=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# libconfig's parser loses a string that stands where none may.
echo 'leak:libconfig.so' >"$build.suppressions"
export LSAN_OPTIONS=suppressions=$build.suppressions:print_suppressions=0
build_all || exit 1

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
	for file in "$here"/fuzz_*.c; do
		target=$(basename "$file" .c)
		targets+=("${target#fuzz_}")
	done
fi
results=$(mktemp) || exit 1
trap 'rm -f "$results"' EXIT
for target in "${targets[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
		wait -n
	done
	{ fuzz "$target" && echo pass >>"$results" ||
		echo fail >>"$results"; } &
done
wait
passed=$(grep -c pass "$results")
failed=$(grep -c fail "$results")
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
