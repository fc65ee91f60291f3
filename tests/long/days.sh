#!/bin/sh
# SPDX-License-Identifier: MIT
#
# days.sh - many virtual days of the default machine.
#
# Usage: tests/long/days.sh [DAYS [MACHINE]]	(default: 30)
#
# After each day the counters have not gone back and the sums agree; in the
# end the server is as large as after the second day, within one percent, and
# the machine is whole.  A day takes some ten to forty seconds.

. "${0%/*}/../mount/lib.sh"
. "$HERE/long.sh"
need_fuse
days=${1:-30}
[ $# -gt 0 ] && shift
mkdir "$DIR/checkpoints"
serve -o clock=virtual --checkpoints "$DIR/checkpoints" "$@"
day=0
while [ $day -lt "$days" ]; do
	day=$((day + 1))
	for _ in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
	do
		echo 3600s >"$MNT/sandbox/clock/advance" ||
			bad "day $day: an hour passes"
	done
	now=$(resident $server)
	if [ $day -le 2 ]; then
		early=$now
	fi
	grown "day $day: no counter goes back"
	sums_agree "day $day: sums agree"
	echo "day $day: server $now kB," \
		"$(awk '/^(oom_kill|pgscan_kswapd|pswpout) /' \
			"$MNT/proc/vmstat" | tr '\n' ' ')"
done
is 'the clock has gone that far' "$(cat "$MNT/sandbox/clock/now")" \
	$((days * 86400)).000000000
flat 'the server has not grown' "$early" "$now"
checked 'in the end'
stop
wait $server
is 'the server ends in order' $? 0
is 'it says nothing' "$(cat "$DIR/log")" ''
finish
