#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# mutate.sh - break the engine in one place at a time; the tests must notice.
#
# Usage: tests/mutate.sh [PATTERN]
#
# tests/mutations has one mutation a line: its name, the cases that must
# fail, the file, and what sed does to it.  Each is made in a copy of the
# tree, built, and its cases are run; the mutation is caught when every case
# named fails.  A case is GROUP/NAME, or groups with | between, of which one
# test has to fail.  PATTERN (an extended regular expression) picks mutations by
# their lines.  A mutation that no longer changes anything, or does not
# compile, is an error of the list.  Takes about ten seconds a mutation; not
# part of tests/run.sh.

set -u
# In namespaces of its own: what a broken program leaves, mounts and all, ends
# with this one.
inside='unshare --mount --pid --fork --kill-child --mount-proc'
if [ -z "${MUTATE_INSIDE-}" ] && $inside true 2>/dev/null; then
	MUTATE_INSIDE=yes exec $inside "$0" "$@"
fi
top=$(cd "$(dirname "$0")/.." && pwd) || exit 2
pattern=${1-.}
longest=300
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

copy=$work/tree
whole=$work/whole
build=$work/build
mkdir "$copy" || exit 2
(
	cd "$top" && git ls-files -coz --exclude-standard |
		xargs -0 cp --parents -t "$copy"
) && cp -a "$copy" "$whole" || exit 2
meson setup "$build" "$copy" -Dwerror=false >"$work/log" 2>&1 &&
	ninja -C "$build" >>"$work/log" 2>&1 || {
	tail -n 20 "$work/log"
	exit 2
}

export RECLAIMFS_BIN=$build/reclaimfs TESTS=$copy/tests

# Seconds that a program may take: with nothing broken the longest, after that
# ten times what it took then, and five.  A hang is a failure too.
declare -A limits

# run_program PROGRAM: its own exit status.
run_program() {
	local began=$SECONDS rc

	timeout --kill-after=5 "${limits[$1]-$longest}" "$1" \
		>"$work/out" 2>&1 </dev/null
	rc=$?
	if [ -z "${limits[$1]-}" ]; then
		limits[$1]=$((10 * (SECONDS - began) + 5))
	fi
	return $rc
}

# run_groups GROUP|GROUP...: fails as soon as one of their tests does.
run_groups() {
	local group program

	for group in ${1//|/ }; do
		for program in "$build/tests/$group"-*; do
			if [ -f "$program" ] && ! run_program "$program"; then
				return 1
			fi
		done
	done
}

run_case() {
	case $1 in
	example/*) run_program "$copy/examples/${1#*/}.sh" ;;
	mount/*) run_program "$copy/tests/mount/${1#*/}.sh" ;;
	*/*) run_program "$build/tests/${1/\//-}" ;;
	*) run_groups "$1" ;;
	esac
}

# mutate NAME CASES FILE SED: one line of the verdict.
mutate() {
	local name=$1 cases=$2 file=$3 script=$4 case missed=

	sed -E -i "$script" "$copy/$file"
	if cmp -s "$copy/$file" "$whole/$file"; then
		echo "STALE   $name: changes nothing in $file"
		return 1
	fi
	if ! ninja -C "$build" >"$work/log" 2>&1; then
		grep -m 1 -F error: "$work/log"
		echo "BROKEN  $name: does not compile"
		missed=yes
	else
		for case in $cases; do
			if run_case "$case"; then
				echo "MISSED  $name: $case passes"
				missed=yes
			else
				echo "caught  $name: $case:" \
					"$(grep -m 1 -E 'NOT SO|:[EF]:' \
						"$work/out" | cut -c 1-99)"
			fi
		done
	fi
	cp "$whole/$file" "$copy/$file"
	[ -z "$missed" ]
}

list() {
	grep -v '^#' "$top/tests/mutations" | grep -E -- "$pattern"
}

# A case that fails already shows nothing.
for case in $(list | cut -f 2 | tr ' |' '\n\n' | sort -u); do
	if ! run_case "$case"; then
		tail -n 5 "$work/out"
		echo "mutate.sh: $case fails with nothing broken" >&2
		exit 2
	fi
done

passed=0
failed=0
while IFS=$'\t' read -r name cases file script; do
	if mutate "$name" "$cases" "$file" "$script"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
done < <(list)
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
