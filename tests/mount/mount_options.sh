#!/bin/sh
# SPDX-License-Identifier: MIT
#
# reclaimfs mount: its options, its background, its end.

. "${0%/*}/lib.sh"
need_fuse
mkdir "$MNT"

bad_option() {
	status "$1" 2 "$RF" mount -o "$1" "$MNT"
}

bad_option clock=sideways
bad_option rate=0
bad_option rate=1001
bad_option rate=1x
bad_option clock=virtual,rate=2
bad_option clock=virtual,paused
bad_option seed=-1
bad_option seed=x
status 'no mount point' 2 "$RF" mount
status 'three arguments' 2 "$RF" mount a b c
status 'a mount point that is not there' 1 "$RF" mount "$DIR/nowhere"
is 'it says so' "$(cat "$DIR/err")" \
	"reclaimfs: $DIR/nowhere: No such file or directory"
: >"$DIR/file"
status 'a mount point that is a file' 1 "$RF" mount "$DIR/file"
status 'an option that FUSE does not know' 1 \
	"$RF" mount -o no_such_option "$MNT"

# The command returns when the mount answers, at once, also from elsewhere.
start -o clock=virtual,seed=77
is 'it answers' "$(cat "$MNT/sandbox/clock/mode")" virtual
is 'the seed' "$(cat "$MNT/sandbox/clock/seed")" 77
is 'no time has passed' "$(cat "$MNT/sandbox/clock/now")" 0.000000000
is 'its type' "$(awk -v m="$MNT" '$2 == m { print $3 }' /proc/mounts)" \
	fuse.reclaimfs
is 'the controls are private' "$(stat -c %a "$MNT/sandbox")" 700
stop
is 'it is gone' "$(ls "$MNT")" ''

cd "$DIR" || exit 1
"$RF" mount -o clock=live,rate=0.5,paused mnt || bad 'a relative mount point'
is 'live' "$(cat "$MNT/sandbox/clock/mode")" live
is 'its rate' "$(cat "$MNT/sandbox/clock/rate")" 0.500
is 'paused' "$(cat "$MNT/sandbox/clock/state")" paused
then=$(cat "$MNT/sandbox/clock/now")
sleep 0.1
is 'its time stands' "$(cat "$MNT/sandbox/clock/now")" "$then"
stop

# In the foreground a signal ends it, and the mount with it.
for signal in INT TERM HUP; do
	# A background job of sh ignores SIGINT, and so would the server.
	env "--default-signal=$signal" "$RF" mount -f -o clock=virtual "$MNT" &
	pid=$!
	until_so test -e "$MNT/sandbox"
	holds "$signal: it was there" -e "$MNT/sandbox"
	kill -$signal $pid
	wait $pid
	is "$signal: exit status" $? 0
	is "$signal: it is gone" "$(ls "$MNT")" ''
done

# Killed hard, it leaves a mount that umount can take away.
"$RF" mount -f -o clock=virtual "$MNT" &
pid=$!
until_so test -e "$MNT/sandbox"
kill -KILL $pid
wait $pid 2>/dev/null
stop
is 'KILL: it can be unmounted' "$(ls "$MNT")" ''

# Whoever waits for an answer at the end gets one, and none goes astray.
"$RF" mount -f -o clock=virtual "$MNT" 2>"$DIR/err" &
pid=$!
until_so test -e "$MNT/sandbox"
cat "$MNT/sandbox/events" >"$DIR/events" 2>/dev/null &
cat "$MNT/dev/kmsg" >/dev/null 2>&1 &
until_so test -s "$DIR/events"
kill -TERM $pid
wait
is 'ends without a word, though somebody waits' "$(cat "$DIR/err")" ''

finish
