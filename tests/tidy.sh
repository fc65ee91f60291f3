#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tidy.sh - the house rules that a machine can check.
#
# Usage: tests/tidy.sh [--list] [CHECK...]
#
# Every check prints "file:line: what is wrong" for what it finds, and closes
# with one line of its own.  The last line counts the checks in the form that
# tests/run.sh reads.  Nothing is changed.  Exit status 1 if a check failed.
#
# The tree is what git knows and what it does not ignore, so that a new file
# is looked at before it is committed.

set -u
cd "$(dirname "$0")/.." || exit 2

MAX_COLUMNS=80
MAX_FILE=700
MAX_FUNCTION=70
AIM_FUNCTION=60
MIN_HEADER_COMMENT=33
MIN_ASSERTS=30

tree() {
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -co --exclude-standard
	else
		find . -type f -not -path './.git/*' -not -path './build*' |
			sed 's,^\./,,'
	fi | sort | while IFS= read -r file; do
		if [ -f "$file" ]; then
			printf '%s\n' "$file"
		fi
	done
}

mapfile -t all < <(tree)

# Files of the tree whose name matches an extended regular expression.
pick() {
	printf '%s\n' "${all[@]}" | grep -E "$1"
}

mapfile -t sources < <(pick '\.[ch]$')
mapfile -t headers < <(pick '\.h$')
mapfile -t scripts < <(pick '(\.sh|^\.ci/run)$')

# Each check_NAME prints its complaints; printing nothing is passing.

check_columns() {
	local file

	for file in "${sources[@]}" "${scripts[@]}" $(pick 'meson'); do
		expand -t 8 -- "$file" | awk -v f="$file" -v max=$MAX_COLUMNS '
			length($0) > max {
				printf "%s:%d: %d columns, at most %d\n",
					f, NR, length($0), max
			}'
	done
}

check_blanks() {
	grep -nE '[ 	]+$' -- "${sources[@]}" "${scripts[@]}" |
		sed -E 's/^([^:]*:[0-9]*:).*/\1 trailing blanks/'
	local file

	for file in "${sources[@]}" "${scripts[@]}"; do
		if [ -s "$file" ] && [ "$(tail -c 1 -- "$file")" != "" ]; then
			echo "$file:1: no newline at the end"
		fi
	done
}

check_indent() {
	grep -nE '^ {8}|^	* +	' -- "${sources[@]}" |
		grep -vE ': +\\$' |
		sed -E 's/^([^:]*:[0-9]*:).*/\1 indented by blanks, want tabs/'
}

check_file_length() {
	local file lines

	for file in "${sources[@]}" "${scripts[@]}"; do
		lines=$(wc -l <"$file")
		if [ "$lines" -gt $MAX_FILE ]; then
			echo "$file:$MAX_FILE: $lines lines, at most $MAX_FILE"
		fi
	done
}

# "file line length name" of every function: a "{" alone in column 0 begins
# it, a "}" there ends it.
functions() {
	awk '
		FNR == 1 { start = 0 }
		/^[A-Za-z_].*\(/ { name = $0 }
		/^\{$/ { start = FNR }
		/^\}$/ && start {
			sub(/\(.*/, "", name)
			sub(/.*[ *]/, "", name)
			print FILENAME, start, FNR - start + 1, name
			start = 0
		}' "$@"
}

check_function_length() {
	functions "${sources[@]}" | awk -v max=$MAX_FUNCTION '
		$3 > max {
			printf "%s:%d: %s() has %d lines, at most %d\n",
				$1, $2, $4, $3, max
		}'
}

check_spdx() {
	local file

	for file in "${sources[@]}" "${scripts[@]}"; do
		if ! head -n 2 -- "$file" |
			grep -q 'SPDX-License-Identifier: MIT'; then
			echo "$file:1: no SPDX-License-Identifier: MIT"
		fi
	done
}

# Lines of a comment as a share of the lines that are not empty.  A line that
# is a bare name of an enum is no line of the contract: it is not counted.
check_header_comment() {
	awk -v min=$MIN_HEADER_COMMENT '
		function report() {
			if (file != "" && lines > 0 &&
			    100 * noted < min * lines)
				printf "%s:1: %d of %d lines are comment, " \
					"want %d %%\n",
					file, noted, lines, min
		}
		FNR == 1 { report(); file = FILENAME; lines = noted = open = 0 }
		/^[ \t]*$/ || /^\t[A-Z][A-Z0-9_]*,?$/ { next }
		{
			lines++
			has = open
			s = $0
			while (1) {
				i = index(s, open ? "*/" : "/*")
				if (!i)
					break
				has = 1
				s = substr(s, i + 2)
				open = !open
			}
			noted += has
		}
		END { report() }' "${headers[@]}"
}

# A .c file opens with a map of itself: the line of the licence, then a
# comment of at least four lines.
check_head_comment() {
	local file

	for file in $(pick '^(engine|fs|examples)/.*\.c$'); do
		awk -v f="$file" '
			NR > 1 && /\*\// { n = NR; exit }
			NR > 1 && !/^( \*|\/\*)/ { exit }
			END {
				if (n < 6)
					printf "%s:2: no head comment of " \
						"four lines or more\n", f
			}' "$file"
	done
}

check_banned_calls() {
	local banned='strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca'

	banned="(^|[^A-Za-z0-9_>.])($banned|atoi|atol|atof) ?\("
	grep -nE "$banned" -- "${sources[@]}" |
		sed -E 's/^([^:]*:[0-9]*:).*[^A-Za-z0-9_](\w+) ?\(.*/\1 \2()/' |
		sed -E 's/$/: banned call/'
}

# The include directives of C sources as "file:line room/header".  A bare name
# is a neighbour's.
includes() {
	awk '/^#[ \t]*include/ {
		name = $0
		sub(/^#[ \t]*include[ \t]*["<]/, "", name)
		sub(/[">].*/, "", name)
		if ($0 ~ /"/ && name !~ /\//) {
			dir = FILENAME
			sub(/[^\/]*$/, "", dir)
			sub(/^engine\//, "", dir)
			name = dir name
		}
		print FILENAME ":" FNR, name
	}' "$@"
}

# The floors of the house, lowest first; an arrow never points up.
check_include_direction() {
	includes $(pick '^engine/.*\.[ch]$') | awk '
		function floor(path) {
			if (path ~ /^world\//) return 0
			if (path ~ /^memory\//) return 1
			if (path ~ /^reclaim\//) return 2
			if (path ~ /^actors\//) return 3
			return 4
		}
		{
			file = $1
			sub(/^engine\//, "", file)
			if ($2 ~ /^(fuse|fuse3\/|libconfig|stdio\.h|fs\/)/)
				print $1 ": engine/ includes " $2
			else if ($2 ~ /^(world|memory|reclaim|actors)\// &&
				 floor($2) > floor(file))
				print $1 ": includes " $2 " from a floor above"
		}'
	includes $(pick '^fs/.*\.[ch]$') | awk '
		function floor(path) {
			if (path ~ /^fs\/(vfs|conf)\//) return 0
			if (path ~ /^fs\/cli\//) return 2
			return 1
		}
		$2 ~ /^(engine|world|memory|reclaim|actors)\// {
			print $1 ": fs/ includes " $2 " behind the door"
		}
		$1 ~ /^fs\/vfs\// && $2 ~ /^vm\// {
			print $1 ": fs/vfs knows nothing of memory: " $2
		}
		$2 ~ /^fs\// && floor($2) > floor($1) {
			print $1 ": includes " $2 " from a floor above"
		}'
	includes $(pick '^include/vm/.*\.h$') | awk '
		$2 !~ /^(vm\/|stdbool\.h|stdint\.h|stddef\.h)/ {
			print $1 ": the door includes " $2
		}'
	includes $(pick '^examples/.*\.c$') | awk '
		$2 ~ /^(fuse|libconfig|fs\/|world|memory|reclaim|actors)/ {
			print $1 ": an example includes " $2
		}'
}

# One header knows compilers; elsewhere only include guards.
check_conditionals() {
	local file

	for file in $(pick '^(engine|fs|include|examples)/.*\.[ch]$'); do
		if [ "$file" = engine/world/compiler.h ]; then
			continue
		fi
		awk -v f="$file" '
			/^#[ \t]*ifndef/ && f ~ /\.h$/ && !guard {
				guard = 1
				next
			}
			/^#[ \t]*(if|ifdef|ifndef|elif|else)/ {
				print f ":" FNR ": " $1 " " $2 \
					": only engine/world/compiler.h " \
					"has conditions"
			}' "$file"
	done
}

check_typedef() {
	grep -nE '^[	 ]*typedef +(struct|union|enum)\>' \
		-- "${sources[@]}" |
		sed -E 's/^([^:]*:[0-9]*:).*/\1 typedef of a struct/'
}

# More than five parameters means that a block is missing.  What others call
# by their own rules, libfuse and the linker, has as many as they give.
check_parameters() {
	awk '
		FNR == 1 || /^($|#|\/\*| \*|\})/ { text = "" }
		/^[A-Za-z_]/ { text = ""; line = FNR }
		/^[A-Za-z_\t]/ { text = text $0 }
		/^\{$/ {
			whole = text
			sub(/^[^(]*\(/, "", text)
			gsub(/\([^()]*\)/, "", text)
			n = gsub(/,/, ",", text) + 1
			if (n > 5 && whole !~ /fuse_req_t|__wrap_/)
				printf "%s:%d: %d parameters, at most 5\n",
					FILENAME, line, n
		}' $(pick '^(engine|fs|examples|tests)/.*\.c$')
}

# An assert a function is the aim in engine/; input from outside meets none.
check_assert_density() {
	local lines asserts

	lines=$(cat -- $(pick '^engine/.*\.c$') /dev/null | wc -l)
	asserts=$(cat -- $(pick '^engine/.*\.c$') /dev/null |
		grep -cE '\<(vm_)?assert\(')
	if [ "$lines" -gt 0 ] &&
		[ $((asserts * 1000)) -lt $((MIN_ASSERTS * lines)) ]; then
		echo "engine:1: $asserts asserts in $lines lines of .c," \
			"want $MIN_ASSERTS in 1000"
	fi
}

check_top_level() {
	printf '%s\n' "${all[@]}" | sed 's,/.*,,' | sort -u |
		grep -vxE 'fs|engine|include|tests|examples|\..*' |
		grep -vxE 'meson\.build|meson_options\.txt|README\.md|LICENSE' |
		sed 's/$/:1: not part of the top level/'
}

# A file that no meson.build names is not built and not tested.
check_built() {
	local file dir

	for file in $(pick '^(engine|fs|tests|examples)/.*\.c$'); do
		dir=$file
		while dir=${dir%/*} && [ ! -f "$dir/meson.build" ]; do
			:
		done
		if ! grep -qF "'${file#"$dir"/}'" "$dir/meson.build" &&
			! grep -qF "'$file'" meson.build; then
			echo "$file:1: not named in $dir/meson.build"
		fi
	done
}

check_executable() {
	local file

	for file in "${scripts[@]}"; do
		if head -n 1 -- "$file" | grep -q '^#!'; then
			[ -x "$file" ] || echo "$file:1: not executable"
		elif [ -x "$file" ]; then
			echo "$file:1: executable, but has no #! line"
		fi
	done
}

check_shell_syntax() {
	local file shell

	for file in "${scripts[@]}"; do
		shell=sh
		if head -n 9 -- "$file" | grep -q bash; then
			shell=bash
		fi
		$shell -n "$file" 2>&1 | sed -E "s,^[^:]*: ?([0-9]*),&,"
	done
}

# Lines of tests and examples, the rows of packed tables among them.
test_lines() {
	local file

	for file in $(pick '^(tests|examples)/'); do
		case $file in
		*.tar.gz) ;;
		*.gz) zcat "$file" ;;
		*) cat "$file" ;;
		esac
	done | wc -l
}

# Figures that are aims and not rules.
report() {
	echo "note: $(test_lines) lines of tests and examples for" \
		"$(cat -- $(pick '^(engine|fs|include)/.*\.[ch]$') | wc -l)" \
		"lines of source; as many are wanted"
	functions $(pick '^(engine|fs)/.*\.c$') | awk '{ print $3 }' | sort -n |
		awk -v aim=$AIM_FUNCTION '
			{ n[NR] = $1; over += $1 > aim }
			END {
				if (NR)
					printf "note: %d functions, median " \
						"%d lines, %d over %d\n",
						NR, n[int((NR + 1) / 2)],
						over, aim
			}'
	wc -l -- $(pick '^(engine|fs|include)/.*\.[ch]$') 2>/dev/null |
		awk '$2 != "total" { print $1 }' | sort -n |
		awk '{ n[NR] = $1 } END {
			if (NR)
				printf "note: %d source files, median %d " \
					"lines, longest %d\n",
					NR, n[int((NR + 1) / 2)], n[NR]
		}'
	if command -v clang-format >/dev/null; then
		clang-format --dry-run "${sources[@]}" 2>&1 |
			sed -nE 's/^([^:]*):[0-9]*:.*clang-format-viol.*/\1/p' |
			sort -u | awk '{ n++ } END {
				print "note: clang-format would change",
					n + 0, "files"
			}'
	fi
}

names() {
	declare -F | sed -nE 's/^declare -f check_//p'
}

if [ "${1-}" = --list ]; then
	names
	exit 0
fi

passed=0
failed=0
for name in ${*:-$(names)}; do
	if ! declare -F "check_$name" >/dev/null; then
		echo "tidy.sh: no check called $name" >&2
		exit 2
	fi
	found=$("check_$name")
	if [ -z "$found" ]; then
		passed=$((passed + 1))
		echo "ok      $name"
	else
		failed=$((failed + 1))
		printf '%s\n' "$found"
		echo "FAILED  $name"
	fi
done
report
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
