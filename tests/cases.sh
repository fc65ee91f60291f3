# SPDX-License-Identifier: MIT
#
# cases.sh - run cases, a few at a time, and count what they say.
#
# Sourced by tests/run.sh (bash), which sets:
#	work	directory of this run, gone afterwards
#	builds	where builds and logs stay
#	jobs	cases at a time
#	pattern	names to run
#
# A result is one line in $work/results: passed failed skipped name seconds

# What ends a hang.  Nothing is measured by it.
CASE_LIMIT=900

# Pids of processes that were started with TMPDIR at or below directory $1.
strays() {
	local pid

	for pid in $(grep -lzs "^TMPDIR=$1\(/\|\$\)" /proc/[0-9]*/environ |
		cut -d / -f 3); do
		if [ "$pid" != $$ ] && [ "$pid" != "$BASHPID" ]; then
			echo "$pid"
		fi
	done
}

mounts_below() {
	awk -v dir="$1/" '
		index($5, dir) == 1 { print $5 }' /proc/self/mountinfo
}

# A case that has ended may still have a server that is about to.
leftovers() {
	local dir=$1 tries

	for tries in $(seq 50); do
		if [ -z "$(mounts_below "$dir")$(strays "$dir")" ]; then
			return 0
		fi
		sleep 0.1
	done
	echo "left behind after $tries looks:"
	mounts_below "$dir"
	for pid in $(strays "$dir"); do
		echo "process $pid: $(ps -o args= -p "$pid")"
		kill -KILL "$pid"
	done
	mounts_below "$dir" | tac | while read -r where; do
		umount -l "$where"
	done
	return 1
}

# "passed failed skipped" of a case by its exit status and its output.
count() {
	local status=$1 log=$2

	awk -v status="$status" '
		/^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+/ {
			split($0, part, /[^0-9]+/)
			bad = part[3] + part[4]
			passed += part[2] - bad
			failed += bad
			told = 1
		}
		/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ {
			last = $0
		}
		END {
			if (last != "") {
				split(last, part, /[^0-9]+/)
				passed += part[1]
				failed += part[2]
				skipped += part[3]
				told = 1
			}
			if (status == 77)
				print 0, 0, 1
			else if (status != 0 && failed == 0)
				print passed + 0, 1, skipped + 0
			else if (told)
				print passed + 0, failed + 0, skipped + 0
			else
				print 1, 0, 0
		}' "$log"
}

# case_run NAME COMMAND...: one case with a TMPDIR of its own.
case_run() {
	local name=$1 log dir status
	local passed failed skipped began=$SECONDS
	shift
	log=$builds/logs/${name//\//-}.log
	dir=$work/${name//\//-}
	mkdir -p "$dir"
	chmod 755 "$dir"
	(
		export TMPDIR=$dir
		exec timeout --kill-after=10 $CASE_LIMIT "$@"
	) >"$log" 2>&1 </dev/null
	status=$?
	if [ $status -eq 124 ] || [ $status -eq 137 ]; then
		echo "no end within $CASE_LIMIT s, or killed" >>"$log"
	fi
	if ! leftovers "$dir" >>"$log" 2>&1; then
		status=1
	fi
	rm -rf "$dir" 2>/dev/null
	read -r passed failed skipped < <(count $status "$log")
	echo "$passed $failed $skipped $name $((SECONDS - began))" \
		>>"$work/results"
	case_tell "$name" "$log" "$passed" "$failed" "$skipped"
}

case_tell() {
	local name=$1 log=$2 passed=$3 failed=$4 skipped=$5

	if [ "$failed" -gt 0 ]; then
		# In one write, so that two cases do not mix.
		printf '%s\n' "FAILED  $name ($passed passed, $failed failed)
$(tail -n 40 "$log" | sed 's/^/    | /')
    | all of it: ${log#"$top"/}"
	elif [ "$skipped" -gt 0 ] && [ "$passed" -eq 0 ]; then
		echo "skipped $name: $(tail -n 1 "$log")"
	else
		echo "ok      $name ($passed)"
	fi
}

# case_start NAME COMMAND...: the same, beside others.
case_start() {
	if ! grep -qE -- "$pattern" <<<"$1"; then
		return
	fi
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
		wait -n
	done
	case_run "$@" &
}

cases_wait() {
	wait
}

# The last line of a run; before it what took longest, for information.
summary() {
	sort -k 5nr "$1" | head -n 5 |
		awk '$5 > 5 { printf "slow: %s, %d s\n", $4, $5 }'
	awk '
		{ passed += $1; failed += $2; skipped += $3 }
		$2 > 0 { print "failed: " $4 }
		END {
			printf "%d passed, %d failed, %d skipped\n",
				passed, failed, skipped
			exit failed > 0 || passed == 0
		}' "$1"
}
