#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Many processes that do to a mount what nobody should (hostile/clients.c):
# it still answers, whole, and its server ends by itself and in order.
#
# HOSTILE_CALLS      calls of each process (default 4000); HOSTILE_SEED
# HOSTILE_PROCESSES  at a time (default 16)
# HOSTILE_SECONDS    for each clock, in rounds of so many calls (default: one
#                    round); tests/long/hostile.sh
#
# Of a long run the server's resident memory is looked at each second: in the
# second half it is at no moment more than GROWTH percent above what it had
# been in the first, which takes until all files have been opened and every
# list and ring has once been as long as it gets: some two minutes.  A
# sanitizer keeps what has been freed, and counts leaks by itself: not looked
# at there.
GROWTH=3
LONG=300 # seconds of each clock

. "${0%/*}/lib.sh"
need_fuse
CLIENTS=${RECLAIMFS_BUILD:-$HERE/../../build}/tests/hostile-clients
if [ ! -x "$CLIENTS" ]; then
	skip 'the clients are not built'
fi
cat >"$DIR/m.conf" <<'CONF'
nodes = ( { memory = "64M"; cpus = "0-1"; }, { memory = "64M"; cpus = "2"; } );
disks = ( { name = "sda"; } );
swap = ( { path = "/dev/sda2"; disk = "sda"; size = "32M"; } );
files = ( { name = "/f"; disk = "sda"; size = "64M"; } );
tasks = ( { name = "safe"; pid = 100; oom_score_adj = -1000; },
	{ name = "reader"; pid = 101; file = "/f"; } );
CONF

# resident: the server's memory, a line "SECOND kB" each second.
resident() {
	second=0
	while kb=$(sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB$/\1/p' \
		"/proc/$server/status") && [ -n "$kb" ]; do
		second=$((second + 1))
		echo "$second $kb"
		sleep 1
	done 2>/dev/null
}

# flat SENTENCE: by the looks in $DIR/rss
flat() {
	if grep -qaE '__(asan|tsan)_' "$RF"; then
		without "$1: a sanitizer's memory is no figure"
		return
	fi
	awk -v percent=$GROWTH '
		{ kb[NR] = $2 }
		END {
			for (i = 1; i <= NR; i++)
				if (kb[i] > most[i > NR / 2])
					most[i > NR / 2] = kb[i]
			print most[0] + 0, most[1] + 0,
				int(most[0] * (1 + percent / 100))
		}' "$DIR/rss" >"$DIR/most"
	read -r first second bound <"$DIR/most"
	echo "$1: at most $first kB, then $second kB (bound: $bound)"
	holds "$1" "$second" -le "$bound"
}

# no_waiting SENTENCE: the kernel has an answer to each of its requests.
no_waiting() {
	minor=$(awk -v at="$MNT" '$5 == at { sub(".*:", "", $3); print $3 }' \
		/proc/self/mountinfo)
	# shellcheck disable=SC2016 # for the inner shell
	waiting=$(unshare -m sh -c '
		mount -t fusectl none /sys/fs/fuse/connections &&
			cd "/sys/fs/fuse/connections/$0" || exit
		tries=100
		while [ "$(cat waiting)" -gt 0 ] && [ $tries -gt 0 ]; do
			sleep 0.1
			tries=$((tries - 1))
		done
		cat waiting' "$minor" 2>/dev/null)
	if [ -n "$waiting" ]; then
		is "$1" "$waiting" 0
	else
		without "$1: to look at the connection takes root"
	fi
}

attack() {
	# In the foreground: what a sanitizer finds is its exit status.
	serve -o "$1" "$DIR/m.conf"
	resident >"$DIR/rss" &
	looks=$!
	timeout -s KILL $((600 + seconds)) "$CLIENTS" "$MNT" \
		"${HOSTILE_SEED:-$2}" "$3" "${HOSTILE_CALLS:-4000}" "$seconds"
	is "$1: no client saw what must not be" $? 0
	kill $looks
	wait $looks 2>/dev/null
	no_waiting "$1: no reply is lost"
	if [ "$seconds" -ge $LONG ]; then
		flat "$1: the server has not grown"
	fi
	echo "$1: server $(sed -n 's/^VmRSS:[[:space:]]*//p' \
		"/proc/$server/status")"
	# They may have stopped the clock, or halted the machine.
	is "$1: it answers" "$(grep -c '^MemTotal:' "$MNT/proc/meminfo")" 1
	is "$1: whole" "$(tail -c 1 "$MNT/proc/vmstat" | od -An -c |
		tr -d ' ')" '\n'
	is "$1: it lists" "$(ls "$MNT")" "$(printf 'dev\nproc\nsandbox\nsys')"
	stop
	wait $server
	is "$1: the server ends in order" $? 0
	is "$1: it says nothing" "$(cat "$DIR/log")" ''
}

seconds=${HOSTILE_SECONDS:-0}
attack clock=virtual 1 "${HOSTILE_PROCESSES:-16}"
attack clock=live,rate=10 2 "${HOSTILE_PROCESSES:-16}"
finish
