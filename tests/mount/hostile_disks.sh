#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Disks that fail around a server: the machine's own return errors while many
# read and write, its swap cannot be read or written, or is full; and the
# directory for checkpoints is full, read-only or gone when one is taken.
# Each is an errno for who asked; nothing hangs, the machine stays whole, and
# a checkpoint is the old one or the new one.

. "${0%/*}/lib.sh"
. "${0%/*}/hostile_lib.sh"

mkdir "$DIR/ck"

# machine ERRORS_OF_FILES ERRORS_OF_SWAP
machine() {
	cat <<-CONF
	nodes = ( { memory = "64M"; cpus = "0-1"; } );
	disks = ( { name = "sda"; errors = $1; },
		{ name = "sdb"; errors = $2; } );
	swap = ( { path = "/dev/sdb2"; disk = "sdb"; size = "64M"; } );
	files = ( { name = "/f"; disk = "sda"; size = "256M"; },
		{ name = "/g"; disk = "sda"; size = "256M"; } );
	tasks = ( { name = "safe"; pid = 400; oom_score_adj = -1000; },
		{ name = "work"; pid = 401; file = "/g"; map = true;
		  workload = ( { pattern = "uniform"; target = "file";
			write = 0.3; rate = "16M/s"; } ); } );
	CONF
}

# task PID: one that reads and writes /f, and has memory of its own
task() {
	echo "name = \"user\"; pid = $1; file = \"/f\"; rss = \"2M\";" \
		>"$BOX/spawn"
}

# user PID: until $DIR/go is gone; what it was told is in $DIR/told.PID
user() {
	while [ -e "$DIR/go" ]; do
		[ -e "$BOX/tasks/$1" ] || task "$1"
		for what in 'read 3M' 'dirty 2M' 'alloc 24M' 'touch 20M' \
			'free 24M'; do
			timeout $LIMIT env printf '%s' "${what#* }" \
				>"$BOX/tasks/$1/${what% *}"
			echo "status $?"
		done
	done >"$DIR/told.$1" 2>&1
}

# looker FILE...: reads them until $DIR/go is gone
looker() {
	while [ -e "$DIR/go" ]; do
		timeout $LIMIT cat "$@" >/dev/null || echo "unread: $*"
	done >"$DIR/looked.$$" 2>&1
}

# load SECONDS: six who work and two who look, all at once
load() {
	touch "$DIR/go"
	users=
	for pid in 1001 1002 1003 1004 1005 1006; do
		user $pid &
		users="$users $!"
	done
	looker "$MNT/proc/vmstat" "$MNT/proc/zoneinfo" "$BOX/zones" &
	users="$users $!"
	looker "$MNT/proc/diskstats" "$MNT/proc/pressure/io" &
	users="$users $!"
	sleep "$1"
	rm "$DIR/go"
	# shellcheck disable=SC2086 # a list of pids
	wait $users
	cat "$DIR"/told.* >"$DIR/told"
}

told() {
	grep -c "$1" "$DIR/told"
}

# --- a disk that returns errors, under load ---
machine 0.3 0.02 >"$DIR/errors.conf"
for clock in virtual live,rate=100; do
	serve -o clock=$clock --checkpoints "$DIR/ck" "$DIR/errors.conf"
	load 3
	holds "$clock: who reads is told" "$(told 'Input/output error')" -gt 0
	holds "$clock: others have what they want" "$(told 'status 0')" -gt 0
	is "$clock: nobody waits for ever" "$(told 'status 124')" 0
	is "$clock: the files can be read" "$(cat "$DIR"/looked.*)" ''
	answers "$clock: with errors of disks it answers"
	whole "$clock: with errors of disks"
	stop
	ended "$clock: with errors of disks it ends in order" 0
done

# --- no request of a disk succeeds ---
machine 1.0 0.0 >"$DIR/dead.conf"
serve -o clock=virtual --checkpoints "$DIR/ck" "$DIR/dead.conf"
task 1001
refused 'a dead disk is not read' 'Input/output error' \
	"$BOX/tasks/1001/read" 1M
is 'it can be written to the cache' \
	"$(echo 1M 2>&1 >"$BOX/tasks/1001/dirty")" ''
timeout $LIMIT sh -c "echo 120s >$BOX/clock/advance"
is 'time passes' $? 0
is 'nothing is under writeback for ever' "$(vmstat nr_writeback)" 0
whole 'with a dead disk'
stop
ended 'with a dead disk it ends in order' 0

# --- what was swapped out cannot be read: SIGBUS, and only for its owner ---
machine 0.0 0.5 >"$DIR/lost.conf"
serve -o clock=virtual --checkpoints "$DIR/ck" --events "$DIR/events" \
	"$DIR/lost.conf"
task 1001
timeout $LIMIT env printf 80M >"$BOX/tasks/1001/alloc"
holds 'some of it is swapped out' "$(vmstat pswpout)" -gt 0
refused 'who touches it does not come back' 'Cannot allocate memory' \
	"$BOX/tasks/1001/touch" 80M
is 'he is gone' "$(ls -d "$MNT/proc/1001" 2>/dev/null)" ''
is 'nobody was short of memory' "$(vmstat oom_kill)" 0
task 1002
is 'another goes on' "$(echo 1M 2>&1 >"$BOX/tasks/1002/touch")" ''
whole 'with pages lost'
stop
ended 'with pages lost it ends in order' 0
is 'it was SIGBUS' "$(grep '"task_exit"' "$DIR/events" |
	sed -n 's/.*"pid":1001,.*"value":\([0-9]*\).*/\1/p')" 7
if "$RF" run -m "$DIR/lost.conf" -- true 2>/dev/null; then
	# shellcheck disable=SC2016 # for the inner shell
	is 'swapoff does without the pages that cannot be read' \
		"$(timeout $LIMIT "$RF" run -m "$DIR/lost.conf" \
			--clock virtual -- sh -c '
		echo "name = \"t\"; pid = 1001;" >$RECLAIMFS/spawn
		echo 80M >$RECLAIMFS/tasks/1001/alloc
		echo 60M >$RECLAIMFS/tasks/1001/free
		swapoff /dev/sdb2 &
		while kill -0 $! 2>/dev/null; do
			echo 1s >$RECLAIMFS/clock/advance
		done
		wait $!; echo "$? $(wc -l </proc/swaps)"
		cat /proc/1001/comm' 2>&1)" "$(printf '0 1\nt')"
fi

# --- swap cannot be written: as if there were none ---
machine 0.0 1.0 >"$DIR/noswap.conf"
serve -o clock=virtual --checkpoints "$DIR/ck" "$DIR/noswap.conf"
task 1001
timeout $LIMIT env printf 120M 2>"$DIR/err" >"$BOX/tasks/1001/alloc"
is 'memory without swap is not enough' $? 1
holds 'swap was tried' "$(vmstat pswpout)" -gt 0
is 'one was killed' "$(vmstat oom_kill)" 1
answers 'without its swap it answers'
whole 'without its swap'
stop
ended 'without its swap it ends in order' 0

# --- swap is full: one is killed, and it goes on ---
machine 0.0 0.0 >"$DIR/full.conf"
for clock in virtual live,rate=100; do
	serve -o clock=$clock --checkpoints "$DIR/ck" "$DIR/full.conf"
	load 2
	# What they have stays: the next finds swap full.
	for pid in 1001 1002 1003 1004 1005 1006; do
		timeout $LIMIT env printf 24M >"$BOX/tasks/$pid/alloc"
	done 2>/dev/null
	is "$clock: nobody waits for ever" "$(told 'status 124')" 0
	holds "$clock: memory and swap were not enough" \
		"$(vmstat oom_kill)" -gt 0
	answers "$clock: after that it answers"
	whole "$clock: after that"
	stop
	ended "$clock: with full swap it ends in order" 0
done

# --- the directory for checkpoints ---
mkdir "$DIR/tiny"
if ! mount -t tmpfs -o size=24m none "$DIR/tiny" 2>/dev/null; then
	without 'a directory that is full takes root'
	finish_hostile
fi
# kept SENTENCE NAME: it is the old one, whole, with its setting
kept() {
	echo 7 >"$MNT/proc/sys/vm/swappiness"
	is "$1: the old one is whole" \
		"$(timeout $LIMIT sh -c "echo $2 >$BOX/restore" 2>&1)" ''
	is "$1: and the old one" "$(cat "$MNT/proc/sys/vm/swappiness")" 11
	is "$1: no half of a new one is left" "$(ls -A "$DIR/tiny" |
		grep -vx "$2\\|filler")" ''
}

serve -o clock=live,rate=10 --checkpoints "$DIR/tiny" "$DIR/full.conf"
task 1001
echo 20M >"$BOX/tasks/1001/alloc"
echo 11 >"$MNT/proc/sys/vm/swappiness"
is 'with room it is kept' "$(echo one 2>&1 >"$BOX/checkpoint")" ''
size=$(stat -c %s "$DIR/tiny/one")
holds 'it needs more than what will be left' "$size" -gt 12288
dd if=/dev/zero of="$DIR/tiny/filler" bs=4k 2>/dev/null
# Nothing left; a page; three pages, which end in the middle of it.
for room in 0 4096 12288; do
	truncate -s -$room "$DIR/tiny/filler"
	echo 33 >"$MNT/proc/sys/vm/swappiness"
	refused "full but for $room bytes" 'No space left on device' \
		"$BOX/checkpoint" one
	kept "full but for $room bytes" one
	refused "full but for $room bytes: a new name" \
		'No space left on device' "$BOX/checkpoint" two
	is "full but for $room bytes: there is none" \
		"$(ls "$DIR/tiny/two" 2>/dev/null)" ''
done
# It fills while somebody takes one after the other.
rm "$DIR/tiny/filler"
dd if=/dev/zero of="$DIR/tiny/filler" bs=4k 2>/dev/null &
filler=$!
for _ in 1 2 3 4 5 6 7 8; do
	timeout $LIMIT sh -c "echo one >$BOX/checkpoint" 2>/dev/null
done
wait $filler
kept 'filling up' one
rm "$DIR/tiny/filler"
is 'with room again it is kept' "$(echo one 2>&1 >"$BOX/checkpoint")" ''
kept 'with room again' one

mount -o remount,ro "$DIR/tiny"
echo 33 >"$MNT/proc/sys/vm/swappiness"
refused 'read-only' 'Read-only file system' "$BOX/checkpoint" one
kept 'read-only' one
mount -o remount,rw "$DIR/tiny"
is 'writable again' "$(echo one 2>&1 >"$BOX/checkpoint")" ''
kept 'writable again' one
answers 'after all that it answers'
stop
ended 'it ends in order' 0
umount "$DIR/tiny"

# The directory goes: it is not made anew, nor is another one taken.
mkdir "$DIR/gone"
serve -o clock=virtual --checkpoints "$DIR/gone" "$DIR/full.conf"
rmdir "$DIR/gone"
mkdir "$DIR/gone"
refused 'a directory that is gone' 'No such file or directory' \
	"$BOX/checkpoint" one
is 'another of its name is another' "$(ls -A "$DIR/gone")" ''
stop
ended 'without its directory it ends in order' 0

finish_hostile
