#!/bin/sh
# SPDX-License-Identifier: MIT
#
# live.sh - a live machine with clients, for long.
#
# Usage: tests/long/live.sh [SECONDS [RATE]]	(default: 3600, 10 x real time)
#
# Readers of everything, tasks that come, grow and go, settings that change.
# Each look the counters have not gone back, and in a pause the sums agree;
# in the second half the server has not become larger than it was in the first
# by more than one percent; the machine is whole.

. "${0%/*}/../mount/lib.sh"
. "$HERE/long.sh"
need_fuse
seconds=${1:-3600}
mkdir "$DIR/checkpoints"
serve -o "clock=live,rate=${2:-10}" --checkpoints "$DIR/checkpoints"

# Everything that is a text, again and again.
reader() {
	while [ -e "$DIR/go" ]; do
		find "$MNT/proc" "$MNT/sys" -type f ! -name '*kmsg' \
			! -name 'trace_pipe' ! -name 'kpage*' ! -name kcore \
			! -name pagemap -exec cat {} + >/dev/null 2>&1
	done
}

# Tasks that come, grow and go.
guests() {
	while [ -e "$DIR/go" ]; do
		for pid in 5000 5001 5002 5003; do
			echo "name = \"guest\"; pid = $pid; rss = \"64M\";" \
				>"$MNT/sandbox/spawn"
			echo 1800M >"$MNT/sandbox/tasks/$pid/alloc"
		done
		for pid in 5000 5001 5002 5003; do
			echo 0 >"$MNT/sandbox/tasks/$pid/exit"
		done
	done 2>/dev/null
}

settings() {
	while [ -e "$DIR/go" ]; do
		for value in 0 60 100 200; do
			echo $value >"$MNT/proc/sys/vm/swappiness"
			echo 1 >"$MNT/proc/sys/vm/drop_caches"
			sleep 0.5
		done
	done
}

touch "$DIR/go"
clients=
for client in reader reader guests settings; do
	$client &
	clients="$clients $!"
done
began=$(date +%s)
looks=0
early=
while now=$(($(date +%s) - began)) && [ $now -lt "$seconds" ]; do
	sleep 5
	looks=$((looks + 1))
	grown "look $looks: no counter goes back"
	if [ $((looks % 12)) = 0 ]; then
		echo paused >"$MNT/sandbox/clock/state"
		# Clients go on, and caches are dropped in a pause as well:
		# what differs each time is a drift.
		tries=10
		until awk -f "$HERE/sums.awk" "$MNT" >/dev/null ||
			[ $tries = 0 ]; do
			tries=$((tries - 1))
		done
		holds "look $looks: sums agree" $tries -gt 0
		echo running >"$MNT/sandbox/clock/state"
		echo "$now s: server $(resident $server) kB," \
			"machine $(cat "$MNT/sandbox/clock/now") s," \
			"$(awk '/^(oom_kill|pgscan_kswapd|pswpout) /' \
				"$MNT/proc/vmstat" | tr '\n' ' ')"
	fi
	if [ -z "$early" ] && [ $now -ge $((seconds / 2)) ]; then
		early=$(peak $server)
	fi
done
rm "$DIR/go"
late=$(peak $server)
# shellcheck disable=SC2086 # a list of pids
wait $clients
flat 'the server has not grown' "$early" "$late"
checked 'in the end'
stop
wait $server
is 'the server ends in order' $? 0
is 'it says nothing' "$(cat "$DIR/log")" ''
finish
