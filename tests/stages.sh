# SPDX-License-Identifier: MIT
#
# stages.sh - the builds, and which cases each is good for.
#
# Sourced by tests/run.sh (bash) after tests/cases.sh.  Names of cases are
# BUILD/GROUP/NAME.  Groups unit, sim, threads, dynamics and swarm are
# executables of the build called GROUP-NAME; mount tests are the executables in
# tests/mount and tests/conformance; examples are examples/*.sh; valgrind is
# tests/valgrind/*.sh, which take what they run from the build.

# Beyond what the program itself needs (SETUP_BUILD).
STAGE_PACKAGES='bats busybox check clang curl dejagnu earlyoom gcovr htop
	libclang-rt-dev mount nodejs nohang numactl perl procps
	prometheus-node-exporter python3 python3-dbus python3-gi
	python3-linux-procfs python3-psutil python3-pyudev python3-six strace
	sysstat tmux util-linux valgrind'

# For the script that reads traces, where the system knows it: the one that
# reads 6.12's is in updates of Debian 12 only.
STAGE_SOURCES='linux-source-6.12 linux-source-6.1'

# build name | compiler | groups | meson options
STAGES='
release|gcc|unit sim threads dynamics swarm mount example bench valgrind|
clang|clang|unit|
asan|gcc|unit sim swarm mount|-Dbuildtype=debugoptimized -Ddeveloper=true
tsan|gcc|threads|-Dbuildtype=debugoptimized
coverage|gcc|unit sim threads dynamics swarm mount|-Db_coverage=true
'

# Options that would make the lines above too long.
stage_more() {
	case $1 in
	asan) echo -Db_sanitize=address,undefined ;;
	tsan) echo -Db_sanitize=thread ;;
	coverage) echo -Dbuildtype=debug -Doptimization=1 -Db_ndebug=true ;;
	esac
}

# The environment of every case: any finding of a sanitizer is a failure.
export ASAN_OPTIONS=abort_on_error=0:exitcode=99:detect_stack_use_after_return=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:exitcode=99
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:exitcode=99
export LSAN_OPTIONS=exitcode=99
# Who may not write its counts says so there, not in a test's output.
export GCOV_ERROR_FILE=/dev/null
export CK_TIMEOUT_MULTIPLIER=5
export LC_ALL=C
export TESTS=$top/tests

# group_cases BUILD GROUP: "NAME<TAB>COMMAND" of each.
group_cases() {
	local build=$1 group=$2 file name

	case $group in
	unit | sim | threads | dynamics | swarm)
		set -- "$top/tests/$group"/test_*.c
		;;
	mount) set -- "$top"/tests/mount/* "$top"/tests/conformance/* ;;
	example) set -- "$top"/examples/*.sh ;;
	bench) set -- "$top"/tests/bench/smoke.sh ;;
	valgrind) set -- "$top"/tests/valgrind/*.sh ;;
	esac
	for file; do
		name=$(basename "$file")
		case $group in
		unit | sim | threads | dynamics | swarm)
			[ -f "$file" ] || continue
			name=${name#test_}
			name=${name%.c}
			file=$builds/$build/tests/$group-$name
			;;
		*)
			[ -f "$file" ] && [ -x "$file" ] || continue
			name=${name%.sh}
			;;
		esac
		printf '%s\t%s\n' "$build/$group/$name" "$file"
	done
	if [ "$group" = example ]; then
		printf '%s\t%s\n' "$build/$group/pressure" \
			"$builds/$build/examples/pressure"
	fi
}

# What a build brings with it, for one line of STAGES.
stage_cases() {
	local build=$1 groups=$2 group

	for group in $groups; do
		group_cases "$build" "$group"
	done
}

each_stage() {
	local build compiler groups options

	while IFS='|' read -r build compiler groups options; do
		if [ -n "$build" ] &&
			{ [ -z "$quick" ] || [ "$build" = release ]; }; then
			"$1" "$build" "$compiler" "$groups" "$options"
		fi
	done <<<"$STAGES"
}

stage_list() {
	echo "build/$1"
	stage_cases "$1" "$3" | cut -f 1
}

stage_names() {
	{
		echo tidy
		[ -n "$quick" ] || printf '%s\n' fuzz coverage
		each_stage stage_list
	} | grep -E -- "$pattern"
}

# A build that is not wanted by a case is not made.
stage_wanted() {
	stage_list "$@" | grep -qE -- "$pattern"
}

stage_build() {
	if ! stage_wanted "$@"; then
		return
	fi
	# shellcheck disable=SC2046,SC2086 # lists of words
	pattern=. case_start "build/$1" env CC="$2" bash -c \
		'. examples/setup.sh; setup_build "$@"' build \
		"$builds/$1" -Dtests=true $4 $(stage_more "$1")
	cases_wait
	if [ "$1" = coverage ]; then
		fresh_counts "$builds/$1"
	fi
}

# Counts of an earlier run go; every user's processes may add to the new.
fresh_counts() {
	find "$1" -name '*.gcda' -delete
	find "$1" -name '*.gcno' | sed 's/gcno$/gcda/' | xargs -r touch
	find "$1" -name '*.gcda' -exec chmod 666 {} +
}

stage_run() {
	local name command
	local RECLAIMFS_BUILD=$builds/$1
	local RECLAIMFS_BIN=$RECLAIMFS_BUILD/reclaimfs
	export RECLAIMFS_BUILD RECLAIMFS_BIN

	while IFS=$'\t' read -r name command; do
		# what could not be built has been counted once, as a build
		if [ -x "$command" ]; then
			case_start "$name" "$command"
		elif grep -qE -- "$pattern" <<<"$name"; then
			echo "missing $name"
		fi
	done < <(stage_cases "$1" "$3")
}

# Everything, in order: the quick verdicts first.
stages() {
	: >"$work/results"
	case_start tidy "$top/tests/tidy.sh"
	each_stage stage_build
	each_stage stage_run
	# A build of its own, two targets at a time.
	if [ -z "$quick" ]; then
		case_start fuzz "$top/tests/fuzz/run.sh"
	fi
	cases_wait
	if [ -z "$quick" ] && stage_wanted coverage '' 'unit sim mount'; then
		case_start coverage "$top/tests/coverage.sh"
		cases_wait
	fi
}
