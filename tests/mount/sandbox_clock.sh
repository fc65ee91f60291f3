#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sandbox/clock: time is a file, in both modes.

. "${0%/*}/lib.sh"

cat >"$DIR/m.conf" <<'END'
nodes = ( { memory = "256M"; } );
disks = ( { name = "sda"; kind = "hdd"; } );
swap = ( { path = "/dev/sda2"; size = "256M"; } );
END
start -o clock=virtual "$DIR/m.conf"
C=$MNT/sandbox/clock
now() {
	cat "$C/now"
}

is 'it lists' "$(ls "$C" | tr '\n' ' ')" \
	'advance mode now rate seed settle state '
is 'it starts at 0' "$(now)" 0.000000000
echo 5s >"$C/advance"
is 'seconds' "$(now)" 5.000000000
echo 100ms >"$C/advance"
is 'milliseconds' "$(now)" 5.100000000
printf 1ns >"$C/advance"
is 'nanoseconds, no newline' "$(now)" 5.100000001
echo 0.5 >"$C/advance"
is 'a bare number is seconds' "$(now)" 5.600000001
echo ' 2m ' >"$C/advance"
is 'minutes, blanks around' "$(now)" 125.600000001
echo 0s >"$C/advance"
is 'nothing' "$(now)" 125.600000001
sleep 0.1
is 'it stands otherwise' "$(now)" 125.600000001

for text in '' x 5x -1s '5s 5s' 5s5s 99999999999h "$(printf '%70s' 1s)x"; do
	refused "advance \"$text\"" 'Invalid argument' "$C/advance" "$text"
done
is 'refused writes move nothing' "$(now)" 125.600000001
refused 'a mode that is none' 'Invalid argument' "$C/mode" sideways
refused 'a rate in virtual mode' 'Operation not permitted' "$C/rate" 2
refused 'a pause in virtual mode' 'Operation not permitted' "$C/state" paused
refused 'a bad state' 'Invalid argument' "$C/state" asleep
refused 'a bad bound' 'Invalid argument' "$C/settle" forever

echo >"$C/settle"
pass
echo 1 >"$C/settle"
pass
echo 60s >"$C/settle"
pass
is 'an idle machine is settled' "$(now)" 125.600000001

# A disk that has much to write is not settled in a millisecond.
echo 'name = "w"; pid = 500; file = "/f"; file_size = "64M";' \
	>"$MNT/sandbox/spawn"
echo 32M >"$MNT/sandbox/tasks/500/dirty"
echo 200s >"$C/advance"
echo 48M >"$MNT/sandbox/tasks/500/dirty"
echo 45s >"$C/advance"
is 'idle again' "$(cat "$C/state")" idle

# An advance of a year is taken back by a signal, and the mount stays alive.
timeout 60 sh -c "echo 8760h >'$C/advance'" &
pid=$!
state_is() {
	[ "$(cat "$C/state")" = "$1" ]
}
until_so state_is running
is 'the files answer meanwhile' "$(cat "$C/state")" running
kill -TERM $pid
wait $pid 2>/dev/null
until_so state_is idle
is 'taken back' "$(cat "$C/state")" idle
then=$(now)
holds 'before its end' "$(echo "$then" | cut -d. -f1)" -lt 31536000
sleep 0.1
is 'time stands again' "$(now)" "$then"

# Both modes keep the same time.
echo live >"$C/mode"
is 'live' "$(cat "$C/mode")" live
is 'it runs' "$(cat "$C/state")" running
is 'at real time' "$(cat "$C/rate")" 1
echo 1000 >"$C/rate"
is 'faster' "$(cat "$C/rate")" 1000
echo 0.1 >"$C/rate"
is 'slower' "$(cat "$C/rate")" 0.100
for text in 0 0.09 1001 -1 1x '' maximal; do
	refused "rate \"$text\"" 'Invalid argument' "$C/rate" "$text"
done
echo paused >"$C/state"
is 'paused' "$(cat "$C/state")" paused
then=$(now)
sleep 0.1
is 'its time stands' "$(now)" "$then"
echo running >"$C/state"
echo 100 >"$C/rate"
before=$(now | cut -d. -f1)
echo 10s >"$C/advance"
holds 'a live advance waits for the clock' \
	"$(now | cut -d. -f1)" -ge $((before + 10))
echo virtual >"$C/mode"
is 'virtual again' "$(cat "$C/mode")" virtual
then=$(now)
sleep 0.1
is 'its time stands again' "$(now)" "$then"

finish
