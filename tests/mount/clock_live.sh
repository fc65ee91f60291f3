#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The live clock: rate, pause and the change to virtual time and back lose
# nothing: no task, no page, no setting, no event, and time never goes back.
# Nothing is timed; what is waited for must come.

. "${0%/*}/lib.sh"

cat >"$DIR/m.conf" <<'END'
thp = false;
nodes = ( { memory = "128M"; cpus = "0-1"; } );
disks = ( { name = "nvme0n1"; } );
swap = ( { path = "/dev/nvme0n1p2"; size = "64M"; } );
files = ( { name = "/big"; size = "256M"; } );
tasks = ( { name = "keeper"; pid = 400; rss = "16M"; } );
END
start -o rate=1000 "$DIR/m.conf"
C=$MNT/sandbox/clock
echo 'name = "busy"; pid = 500; file = "/big"; workload = (
	{ pattern = "zipf"; target = "file"; rate = 500; } );' |
	tr '\n' ' ' >"$MNT/sandbox/spawn"
echo 17 >"$MNT/proc/sys/vm/swappiness"
echo 1 >"$MNT/sys/kernel/tracing/events/oom/enable"

now_ns() {
	sed 's/\.//; s/^0*\(.\)/\1/' "$C/now"
}

counter() {
	awk -v f="$1" '$1 == f { print $2 }' "$MNT/proc/vmstat"
}

# What must not be lost by any change.
state() {
	cat "$MNT/proc/sys/vm/swappiness" "$MNT/proc/400/comm" \
		"$MNT/proc/500/comm" "$MNT/sys/kernel/tracing/events/oom/enable"
	awk '/^Vm(RSS|Swap)/ { kb += $2 } END { print kb }' \
		"$MNT/proc/400/status"
}

figures() {
	cat "$C/now" "$MNT/proc/vmstat" "$MNT/proc/uptime" "$MNT/proc/500/stat"
}

running() {
	[ "$(counter pgfault)" -gt 4000 ]
}

until_so running
is 'it is there' "$(state | tr '\n' ' ')" '17 keeper busy 1 16384 '
last=0
faults=0
# forward WHAT: time and counters have not gone back.
forward() {
	forward_now=$(now_ns)
	forward_faults=$(counter pgfault)
	holds "time goes on: $1" "$forward_now" -ge "$last"
	holds "counters go on: $1" "$forward_faults" -ge "$faults"
	is "nothing is lost: $1" "$(state | tr '\n' ' ')" \
		'17 keeper busy 1 16384 '
	last=$forward_now
	faults=$forward_faults
}

forward 'at the start'
for rate in 0.1 1 250 max 1000; do
	echo $rate >"$C/rate"
	forward "rate $rate"
	is "rate $rate: live" "$(cat "$C/mode" "$C/state" | tr '\n' ' ')" \
		'live running '
	is "rate $rate, as it reads" "$(cat "$C/rate" | sed 's/0*$//')" \
		"$(echo $rate | sed 's/0*$//')"
	echo paused >"$C/state"
	then=$(figures)
	is "rate $rate, paused: everything stands" "$(figures)" "$then"
	case $rate in
	max) rate_adj=777 ;;
	*) rate_adj=${rate%.*} ;;
	esac
	echo $rate_adj >"$MNT/proc/500/oom_score_adj"
	is 'a paused machine can be tuned' \
		"$(cat "$MNT/proc/500/oom_score_adj")" $rate_adj
	forward "rate $rate, paused"
	echo running >"$C/state"
	forward "rate $rate, running again"
done

# As fast as it goes: time passes by itself, exactly when it is told to, and
# what is asked for is done.
echo max >"$C/rate"
before=$(now_ns)
much_later() {
	[ "$(now_ns)" -gt $((before + 100000000000)) ]
}
until_so much_later
holds 'time passes by itself' "$(now_ns)" -gt $((before + 100000000000))
echo 2M >"$MNT/sandbox/tasks/400/alloc"
echo 2M >"$MNT/sandbox/tasks/400/free"
forward 'max, worked'
echo paused >"$C/state"
before=$(now_ns)
echo 5s >"$C/advance" &
advance=$!
is 'a paused clock does not advance' "$(now_ns)" "$before"
is 'and says so' "$(cat "$C/state")" paused
echo running >"$C/state"
wait $advance
holds 'five seconds' "$(now_ns)" -ge $((before + 5000000000))
echo paused >"$C/state"
echo 500 >"$C/rate"
is 'still paused, at a number' \
	"$(cat "$C/mode" "$C/rate" "$C/state" | tr '\n' ' ')" \
	'live 500 paused '
echo max >"$C/rate"
is 'and back' "$(cat "$C/mode" "$C/rate" "$C/state" | tr '\n' ' ')" \
	'live max paused '
echo virtual >"$C/mode"
is 'virtual' "$(cat "$C/mode" "$C/state" | tr '\n' ' ')" 'virtual idle '
refused 'max is not virtual' 'Operation not permitted' "$C/rate" max
last=$(now_ns)
echo 3s >"$C/advance"
is 'three seconds to the nanosecond' "$(now_ns)" $((last + 3000000000))
echo live >"$C/mode"
is 'live again, as it was: paused' \
	"$(cat "$C/mode" "$C/rate" "$C/state" | tr '\n' ' ')" \
	'live 500 paused '
echo running >"$C/state"
echo 1000 >"$C/rate"
forward 'after all that'

for round in 1 2 3 4 5; do
	echo virtual >"$C/mode"
	is "round $round: virtual" "$(cat "$C/mode") $(cat "$C/state")" \
		'virtual idle'
	forward "round $round, virtual"
	before=$last
	echo 3s >"$C/advance"
	is "round $round: three seconds to the nanosecond" "$(now_ns)" \
		$((before + 3000000000))
	forward "round $round, advanced"
	echo live >"$C/mode"
	is "round $round: live, at its rate" \
		"$(cat "$C/mode" "$C/rate" "$C/state" | tr '\n' ' ')" \
		'live 1000 running '
	forward "round $round, live"
	echo 2M >"$MNT/sandbox/tasks/500/alloc"
	forward "round $round, worked"
done
is 'all work was done' "$(awk '/^RssAnon/ { print $2 }' \
	"$MNT/proc/500/status")" 10240
is 'no event is missing' "$(dd if="$MNT/sandbox/events" iflag=nonblock \
	bs=64k 2>/dev/null | sed 's/{"seq":\([0-9]*\),.*/\1/' |
	awk '$1 != NR - 1 { print "after", NR - 1, $1; exit }')" ''
is 'nor in the trace' "$(grep -c oom_score_adj_update \
	"$MNT/sys/kernel/tracing/trace")" 5

finish
