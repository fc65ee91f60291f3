#!/bin/sh
# SPDX-License-Identifier: MIT
#
# /proc/[pid]/task: a thread has a number of its own that lasts as long as the
# process; what threads share is one thing, what is their own is not; a number
# leads to its directory in /proc, where no listing shows it.

. "${0%/*}/lib.sh"

cat >"$DIR/m.conf" <<'END'
nodes = ( { memory = "512M"; } );
tasks = (
	{ name = "pool"; pid = 500; uid = 1000; rss = "8M"; threads = 4;
	  oom_score_adj = 7; workload = (
		{ pattern = "uniform"; target = "anon"; rate = 1000; } ); },
	{ name = "single"; pid = 501; rss = "4M"; },
	{ name = "pair"; pid = 502; threads = 2; }
);
END
start -o clock=virtual,allow_other "$DIR/m.conf"
PROC=$MNT/proc
BOX=$MNT/sandbox
echo 1s >"$BOX/clock/advance"

tids() {
	find "$PROC/$1/task" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n |
		tr '\n' ' '
}

# field FILE LABEL
field() {
	sed -n "s/^$2:\t//p" "$1"
}

# Pids that were asked for come first, threads take what is free.
is 'four threads' "$(tids 500)" '500 503 504 505 '
is 'one' "$(tids 501)" '501 '
is 'two' "$(tids 502)" '502 506 '
is 'as many as it says' "$(field "$PROC/500/status" Threads)" 4
is 'a kernel thread is one' "$(tids 2)" '2 '
is 'the same ones again' "$(tids 500)" '500 503 504 505 '

T=$PROC/500/task/504
is 'whose thread' "$(field "$T/status" Tgid) $(field "$T/status" Pid)" \
	'500 504'
is 'names of the namespace' \
	"$(field "$T/status" NStgid) $(field "$T/status" NSpid)" '500 504'
is 'the first one is the process' "$(field "$PROC/500/task/500/status" Pid)" \
	500
is 'stat: number, group, threads' \
	"$(cut -d ' ' -f 1,2,5,6,20 "$T/stat")" '504 (pool) 500 500 4'
is 'stat: signals at the end' "$(cut -d ' ' -f 38 "$T/stat"
	cut -d ' ' -f 38 "$PROC/500/stat")" "-1
17"
is 'stat has its fields' "$(wc -w <"$T/stat") $(wc -w <"$PROC/500/stat")" \
	'52 52'
is 'the name' "$(cat "$T/comm")" pool
is 'the memory' "$(cat "$T/statm")" "$(cat "$PROC/500/statm")"
holds 'some of it' "$(cut -d ' ' -f 2 "$T/statm")" -ge 2048
is 'the owner' "$(stat -c %u "$T/stat")" 1000
is 'the work is of the first' "$(cat "$T/schedstat")" '0 0 0'
holds 'who has done some' \
	"$(cut -d ' ' -f 1 "$PROC/500/task/500/schedstat")" -gt 0
is 'no faults of its own' "$(cut -d ' ' -f 10 "$T/stat")" 0
holds 'all files of a thread are there' \
	"$(find "$T" -mindepth 1 -maxdepth 1 | wc -l)" -gt 40

# One oom_score_adj for all.
is 'from the process' "$(cat "$T/oom_score_adj")" 7
echo 300 >"$T/oom_score_adj"
is 'written to a thread' "$(cat "$PROC/500/oom_score_adj" \
	"$PROC/500/task/505/oom_score_adj" | tr '\n' ' ')" '300 300 '
echo 200 >"$PROC/505/oom_score_adj"
is 'and by its number alone' "$(cat "$PROC/500/oom_score_adj")" 200
echo 10 >"$PROC/500/oom_adj"
is 'the old scale' "$(cat "$T/oom_adj" "$T/oom_score_adj" | tr '\n' ' ')" \
	'9 588 '
is 'a score' "$(cat "$T/oom_score")" "$(cat "$PROC/500/oom_score")"

# Below /proc without being listed.
is 'a number leads there' "$(field "$PROC/504/status" Tgid)" 500
is 'with the threads of its process' "$(tids 504)" '500 503 504 505 '
is 'and is in no listing' "$(find "$PROC" -maxdepth 1 -name '50?' \
	-printf '%f\n' | sort | tr '\n' ' ')" '500 501 502 '
holds 'no thread of another' ! -e "$PROC/500/task/506"
holds 'nor nobody' ! -e "$PROC/500/task/507"
holds 'no task of the machine' ! -e "$BOX/tasks/504"
is 'counted in all' "$(cut -d ' ' -f 4 "$PROC/loadavg" | cut -d / -f 2)" \
	"$(find "$PROC" -maxdepth 1 -name '[0-9]*' -printf '%f\n' |
		while read -r pid; do tids "$pid" | tr ' ' '\n'; done |
		grep -c .)"

# A later one goes round them.
refused 'its number is taken' 'File exists' "$BOX/spawn" \
	'name = "x"; pid = 504; rss = "64K";'
echo 'name = "new"; pid = 600; threads = 3; rss = "64K";' >"$BOX/spawn"
is 'a new one' "$(tids 600)" '600 601 602 '

# Gone with the process.
exec 3<"$T/status"
exec 4<"$PROC/504/status"
echo 1 >"$BOX/tasks/500/exit"
echo 100ms >"$BOX/clock/advance"
for name in 500 503 504 505 500/task 504/task/504; do
	holds "$name is gone" ! -e "$PROC/$name"
done
is 'an open file has no process' \
	"$(LC_ALL=C cat <&3 2>&1 | sed 's/.*: //')" 'No such process'
is 'nor has that of the number' \
	"$(LC_ALL=C cat <&4 2>&1 | sed 's/.*: //')" 'No such process'
exec 3<&- 4<&-
echo 'name = "y"; pid = 504; rss = "64K";' >"$BOX/spawn"
is 'its number is free' "$(cat "$PROC/504/comm")" y
is 'for a process' "$(tids 504)" '504 '

finish
