#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What goes wrong around a server, or is used up in it: descriptors, tasks,
# swap; it is stopped and goes on; nobody reads what it has to say; it
# ends in the middle of reclaim; it is killed.  It answers with an errno, or
# its mount is gone; nothing hangs, and nothing of the host is changed.

. "${0%/*}/lib.sh"
need_fuse
BOX=$MNT/sandbox
cat >"$DIR/small.conf" <<'CONF'
nodes = ( { memory = "64M"; cpus = "0-1"; } );
disks = ( { name = "sda"; kind = "hdd"; } );
swap = ( { path = "/dev/sda2"; disk = "sda"; size = "16M"; } );
files = ( { name = "/f"; disk = "sda"; size = "256M"; } );
tasks = ( { name = "safe"; pid = 400; oom_score_adj = -1000; },
	{ name = "hog"; pid = 401; rss = "8M"; },
	{ name = "reader"; pid = 402; file = "/f"; } );
CONF
host_settings() {
	cat /proc/sys/vm/swappiness /proc/sys/vm/overcommit_memory \
		/proc/sys/vm/min_free_kbytes /proc/sys/kernel/pid_max
}
host_settings >"$DIR/host"

# begin OPTIONS... MACHINE: a server whose pid is $server.
begin() {
	mkdir -p "$MNT"
	"$RF" mount -f "$@" "$MNT" >"$DIR/log" 2>&1 &
	server=$!
	until_so test -e "$BOX"
}

answers() {
	is "$1" "$(grep -c '^MemTotal:' "$MNT/proc/meminfo" 2>&1)" 1
}

# ended SENTENCE STATUS: by itself, with nothing mounted.
ended() {
	wait $server
	is "$1" $? "$2"
	is "$1: unmounted" "$(grep -c " $MNT " /proc/self/mountinfo)" 0
}

mkdir "$DIR/ck"

# --- descriptors ---
begin -o clock=virtual --checkpoints "$DIR/ck" "$DIR/small.conf"
soft=$(ulimit -S -n)
prlimit --pid $server --nofile=3:
refused 'no descriptor for a checkpoint' 'Too many open files' \
	"$BOX/checkpoint" one
answers 'without descriptors it answers'
for _ in 1 2 3 4 5 6 7 8; do
	cat "$MNT/proc/vmstat" "$MNT/proc/zoneinfo" >"$DIR/out" 2>&1 ||
		bad 'reading takes no descriptor'
done
is 'no half of it is left' "$(ls -A "$DIR/ck")" ''
prlimit --pid $server --nofile="$soft":
is 'with descriptors again' "$(echo one 2>&1 >"$BOX/checkpoint")" ''
is 'it is kept' "$(ls "$DIR/ck")" one
stop
ended 'it ends in order' 0

# --- stopped, and goes on ---
begin -o clock=live,rate=10 "$DIR/small.conf"
kill -STOP $server
cat "$MNT/proc/meminfo" >"$DIR/stopped" &
reader=$!
echo 30 >"$MNT/proc/sys/vm/swappiness" &
writer=$!
sleep 0.3
is 'who asks a stopped server waits' "$(cat "$DIR/stopped")" ''
kill -CONT $server
wait $reader
is 'and is answered' $? 0
wait $writer
is 'so is who writes' $? 0
is 'with all of it' "$(grep -c '^MemTotal:' "$DIR/stopped")" 1
is 'it is written' "$(cat "$MNT/proc/sys/vm/swappiness")" 30

# --- nobody reads ---
echo 1 >"$MNT/sys/kernel/tracing/events/enable"
exec 7<"$MNT/proc/kmsg" 8<"$MNT/sys/kernel/tracing/trace_pipe" \
	9<"$BOX/events"
for _ in 1 2 3 4 5 6; do
	for line in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
		echo "nobody reads line $line" >"$MNT/dev/kmsg"
	done
	echo 24M >"$BOX/tasks/401/alloc"
	echo 24M >"$BOX/tasks/401/free"
done
answers 'with readers who never read it answers'
timeout 20 dd bs=8192 count=1 <&7 >"$DIR/out" 2>"$DIR/err"
holds 'one of them may begin' -s "$DIR/out"
exec 7<&- 8<&- 9<&-
echo 0 >"$MNT/sys/kernel/tracing/events/enable"

# --- swap is full: one is killed, and it goes on ---
echo 'name = "victim"; pid = 500;' >"$BOX/spawn"
for _ in 1 2 3 4 5; do
	echo 24M 2>"$DIR/err" >"$BOX/tasks/500/alloc"
done
is 'memory and swap were not enough' \
	"$(awk '/^oom_kill / { print ($2 > 0) }' "$MNT/proc/vmstat")" 1
answers 'after that it answers'

# --- the end in the middle of direct reclaim ---
echo 'name = "late"; pid = 501; oom_score_adj = -1000;' >"$BOX/spawn"
echo 0.1 >"$BOX/clock/rate"
for size in 40M 40M 40M; do
	env printf '%s' $size 2>"$DIR/late.$!" >"$BOX/tasks/501/alloc" &
	late="${late:-} $!"
done
sleep 0.5
kill -TERM $server
ended 'SIGTERM in the middle of reclaim' 0
for pid in $late; do
	wait "$pid"
	holds 'who waited has an answer, and no signal' $? -le 1
done

# --- killed at any moment ---
for delay in 0 0.01 0.05 0.2 0.4; do
	begin -o clock=live,rate=100 --checkpoints "$DIR/ck" "$DIR/small.conf"
	(
		while cat "$MNT/proc/vmstat" "$BOX/zones"; do
			echo two >"$BOX/checkpoint"
			echo 1M >"$BOX/tasks/401/alloc"
		done
	) >/dev/null 2>&1 &
	reader=$!
	sleep $delay
	kill -KILL $server
	wait $server 2>/dev/null
	wait $reader
	is 'who reads then is told' \
		"$(cat "$MNT/proc/vmstat" 2>&1 | sed 's/.*: //')" \
		'Transport endpoint is not connected'
	fusermount3 -u "$MNT" || umount "$MNT"
	is 'its mount can be taken away' \
		"$(grep -c " $MNT " /proc/self/mountinfo)" 0
	begin -o clock=virtual --checkpoints "$DIR/ck" "$DIR/small.conf"
	for name in one two; do
		[ -e "$DIR/ck/$name" ] || continue
		is "checkpoint $name is a whole one" \
			"$(echo $name 2>&1 >"$BOX/restore")" ''
	done
	stop
	ended 'the next one ends in order' 0
done

# --- pids, to kernel.pid_max ---
begin -o clock=virtual --checkpoints "$DIR/ck" "$DIR/small.conf"
echo 450 >"$MNT/proc/sys/kernel/pid_max"
refused 'a pid that is not below' 'Resource temporarily unavailable' \
	"$BOX/spawn" 'name = "t"; pid = 450;'
is 'the limit is named' "$(cat "$BOX/spawn")" \
	'spawn: pid: 450, want one below kernel.pid_max, 450'
nr=0
while [ $nr -lt 500 ] &&
	env printf 'name = "t";' 2>"$DIR/err" >"$BOX/spawn"; do
	nr=$((nr + 1))
done
is 'nor is another left' "$(sed 's/.*: //' "$DIR/err")" \
	'Resource temporarily unavailable'
is 'that is named too' "$(cat "$BOX/spawn")" \
	'spawn: pid: none is free, want one below kernel.pid_max, 450'
is 'all below it are taken' \
	"$(ls "$MNT/proc" | grep '^[0-9]*$' | sort -n | tail -n 1)" 449
answers 'with no pid left it answers'
echo full >"$BOX/checkpoint"
echo 460 >"$MNT/proc/sys/kernel/pid_max"
is 'ten more, and one is free' "$(echo 'name = "t"; pid = 459;' 2>&1 \
	>"$BOX/spawn")" ''
echo full >"$BOX/restore"
is 'a checkpoint keeps it' "$(cat "$MNT/proc/sys/kernel/pid_max")" 450
refused 'and what follows from it' 'Resource temporarily unavailable' \
	"$BOX/spawn" 'name = "t"; pid = 459;'
echo 1 >"$BOX/tasks/449/exit"
is 'one goes, one comes' "$(echo 'name = "more";' 2>&1 >"$BOX/spawn")" ''
stop
ended 'with no pid left it ends in order' 0

# --- tasks, to the limit ---
many() {
	sed '/^tasks/,$d' "$DIR/small.conf"
	echo 'tasks = ('
	seq 1000 $((1000 + $1 - 2)) | sed 's/.*/{ pid = &; name = "t"; },/'
	echo '{ name = "last"; } );'
}
many 16385 >"$DIR/many.conf"
status 'one task more than the limit' 2 "$RF" check "$DIR/many.conf"
holds 'the limit is named' -n "$(grep 16384 "$DIR/err" "$DIR/out")"
many 16300 >"$DIR/many.conf"
begin -o clock=virtual "$DIR/many.conf"
answers 'with 16,300 tasks it answers'
nr=0
while [ $nr -lt 200 ] &&
	env printf 'name = "more";' 2>"$DIR/err" >"$BOX/spawn"; do
	nr=$((nr + 1))
done
is 'no more tasks' "$(sed 's/.*: //' "$DIR/err")" \
	'Resource temporarily unavailable'
is 'as many as the limit' "$(ls "$MNT/proc" | grep -c '^[0-9]*$')" 16384
echo 1 >"$BOX/tasks/1000/exit"
is 'one goes, one comes' "$(echo 'name = "more";' 2>&1 >"$BOX/spawn")" ''
stop
ended 'it ends in order' 0

is "the host's settings are as they were" "$(host_settings)" \
	"$(cat "$DIR/host")"
finish
