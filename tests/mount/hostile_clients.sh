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

. "${0%/*}/lib.sh"
need_fuse
CLIENTS=${RECLAIMFS_BUILD:-$HERE/../../build}/tests/hostile-clients
if [ ! -x "$CLIENTS" ]; then
	skip 'the clients are not built'
fi
mkdir "$MNT"
cat >"$DIR/m.conf" <<'CONF'
nodes = ( { memory = "64M"; cpus = "0-1"; }, { memory = "64M"; cpus = "2"; } );
disks = ( { name = "sda"; } );
swap = ( { path = "/dev/sda2"; disk = "sda"; size = "32M"; } );
files = ( { name = "/f"; disk = "sda"; size = "64M"; } );
tasks = ( { name = "safe"; pid = 100; oom_score_adj = -1000; },
	{ name = "reader"; pid = 101; file = "/f"; } );
CONF

# In the foreground: what a sanitizer finds is its exit status.
serve() {
	"$RF" mount -f -o "$1" "$DIR/m.conf" "$MNT" >"$DIR/log" 2>&1 &
	server=$!
	until_so test -e "$MNT/sandbox"
}

attack() {
	serve "$1"
	timeout -s KILL $((600 + seconds)) "$CLIENTS" "$MNT" \
		"${HOSTILE_SEED:-$2}" "$3" "${HOSTILE_CALLS:-4000}" "$seconds"
	is "$1: no client saw what must not be" $? 0
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
