#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What goes wrong around a server, or is used up in it: descriptors, pids,
# tasks, swap; it is stopped and goes on; nobody reads what it has to say; it
# ends in the middle of reclaim; it is killed.  It answers with an errno, or
# its mount is gone; nothing hangs, and nothing of the host is changed.
# (Disks are hostile_disks.sh's.)

. "${0%/*}/lib.sh"
. "${0%/*}/hostile_lib.sh"
cat >"$DIR/small.conf" <<'CONF'
nodes = ( { memory = "64M"; cpus = "0-1"; } );
disks = ( { name = "sda"; kind = "hdd"; } );
swap = ( { path = "/dev/sda2"; disk = "sda"; size = "16M"; } );
files = ( { name = "/f"; disk = "sda"; size = "256M"; } );
tasks = ( { name = "safe"; pid = 400; oom_score_adj = -1000; },
	{ name = "hog"; pid = 401; rss = "8M"; },
	{ name = "reader"; pid = 402; file = "/f"; } );
CONF
mkdir "$DIR/ck"

# spawn_until_refused NAME: the error is in $DIR/err.
spawn_until_refused() {
	spawned=0
	while [ $spawned -lt 500 ] &&
		put "name = \"$1\";" "$BOX/spawn" 2>"$DIR/err"; do
		spawned=$((spawned + 1))
	done
}

# --- descriptors ---
serve -o clock=virtual --checkpoints "$DIR/ck" "$DIR/small.conf"
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
# Ten who open 500 each and keep them: each is nothing to the server.
for flood in 0 1 2 3 4 5 6 7 8 9; do
	# shellcheck disable=SC3044,SC2016 # for bash
	timeout $LIMIT bash -c 'ulimit -n 1024
		for i in $(seq 500); do
			exec {fd}<"$0/proc/vmstat" || exit 1
		done
		echo $fd; read -r line <&$fd; echo "$line"' "$MNT" \
		>"$DIR/flood.$flood" 2>&1 &
	floods="${floods:-} $!"
done
answers 'while its files are opened in thousands it answers'
for pid in $floods; do
	wait "$pid"
	is 'who opens so many may' $? 0
done
is 'and reads' "$(cat "$DIR"/flood.* | grep -c '^nr_free_pages ')" 10
answers 'after that it answers'
prlimit --pid $server --nofile="$soft":
is 'with descriptors again' "$(echo one 2>&1 >"$BOX/checkpoint")" ''
is 'it is kept' "$(ls "$DIR/ck")" one
stop
ended 'it ends in order' 0

# --- stopped, and goes on ---
serve -o clock=live,rate=10 "$DIR/small.conf"
kill -STOP $server
waiters=
for n in 1 2 3 4 5 6 7 8; do
	timeout $LIMIT cat "$MNT/proc/meminfo" "$MNT/proc/vmstat" \
		>"$DIR/stopped.$n" &
	waiters="$waiters $!"
done
timeout $LIMIT sh -c "echo 30 >$MNT/proc/sys/vm/swappiness" &
waiters="$waiters $!"
timeout $LIMIT sh -c "echo 1M >$BOX/tasks/401/alloc" &
waiters="$waiters $!"
# Some do not wait for it.
quitters=
for n in 1 2 3 4; do
	cat "$MNT/proc/zoneinfo" >"$DIR/quit.$n" 2>&1 &
	quitters="$quitters $!"
done
sleep 0.3
is 'who asks a stopped server waits' "$(cat "$DIR"/stopped.*)" ''
# shellcheck disable=SC2086 # a list of pids
kill -KILL $quitters
kill -CONT $server
for pid in $waiters; do
	wait "$pid"
	is 'and is answered' $? 0
done
for pid in $quitters; do
	timeout $LIMIT tail --pid="$pid" -f /dev/null
	is 'who was killed meanwhile is gone' $? 0
	wait "$pid" 2>/dev/null
done
is 'with all of it' "$(cat "$DIR"/stopped.* | grep -c '^MemTotal:')" 8
is 'to the end' "$(cat "$DIR"/stopped.* | grep -c '^nr_unstable 0$')" 8
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

stop
ended 'it ends in order' 0

# --- the end in the middle of direct reclaim ---
# Where it takes a second to look at a page, and ten for one of the machine's
# to pass, who has begun to reclaim is at it for minutes.  The log says so:
# of those who have begun none has come to the end, before and after.
sed 's/^tasks/costs = { scan = "1s"; };\n&/' "$DIR/small.conf" \
	>"$DIR/slow.conf"
# log EVENT: the pids of all such, as the log has them at the end
log() {
	grep "\"direct_reclaim_$1\"" "$DIR/events" |
		sed 's/.*"pid":\([0-9]*\),.*/\1/' | sort
}
in_reclaim() {
	[ "$(awk '/^allocstall/ { n += $2 } END { print n + 0 }' \
		"$MNT/proc/vmstat")" -ge "$1" ]
}
# terminate WHAT TASK...: each allocates until it has to reclaim
terminate() {
	late_what=$1
	shift
	serve -o clock=live,rate=0.1 --events "$DIR/events" "$DIR/slow.conf"
	late=
	for pid; do
		echo "name = \"late\"; pid = $pid; oom_score_adj = -1000;" \
			>"$BOX/spawn"
	done
	for pid; do
		timeout $LIMIT env printf 55M 2>"$DIR/late.$pid" \
			>"$BOX/tasks/$pid/alloc" &
		late="$late $!"
	done
	until_so in_reclaim $#
	is "$late_what: nobody has come to the end of it" "$(log end)" ''
	kill -TERM $server
	ended "$late_what: SIGTERM in direct reclaim" 0
	is "$late_what: all had begun" "$(log begin)" "$(printf '%s\n' "$@")"
	is "$late_what: none came to the end" "$(log end)" ''
	for pid in $late; do
		wait "$pid"
		is "$late_what: who waited has an answer, and no signal" $? 1
	done
	is "$late_what: it is an errno" "$(sed 's/.*: //' "$DIR"/late.* |
		sort -u)" 'Interrupted system call'
	rm "$DIR"/late.*
}
terminate 'one task' 501
terminate 'two at once' 501 502

# --- killed at any moment ---
# The checkpoint "two" is always there; swappiness says which one it is.
serve -o clock=virtual --checkpoints "$DIR/ck" "$DIR/small.conf"
echo 0 >"$MNT/proc/sys/vm/swappiness"
echo two >"$BOX/checkpoint"
stop
ended 'it ends in order' 0
echo 0 >"$DIR/begun"
echo 0 >"$DIR/done"
keep_on() {
	n=$(cat "$DIR/begun")
	while n=$((n + 1)); do
		echo $n >"$MNT/proc/sys/vm/swappiness" || return
		echo 1M >"$BOX/tasks/401/alloc"
		echo $n >"$DIR/begun"
		echo two >"$BOX/checkpoint" || return
		echo $n >"$DIR/done"
	done
}
for delay in 0 0.01 0.02 0.05 0.1 0.15 0.2 0.4; do
	serve -o clock=live,rate=100 --checkpoints "$DIR/ck" "$DIR/small.conf"
	keep_on >/dev/null 2>&1 &
	keeper=$!
	while cat "$MNT/proc/vmstat" "$BOX/zones"; do
		:
	done >/dev/null 2>&1 &
	reader=$!
	sleep $delay
	kill -KILL $server
	wait $server 2>/dev/null
	wait $reader $keeper
	is 'who reads then is told' \
		"$(cat "$MNT/proc/vmstat" 2>&1 | sed 's/.*: //')" \
		'Transport endpoint is not connected'
	fusermount3 -u "$MNT" || umount "$MNT"
	is 'its mount can be taken away' \
		"$(grep -c " $MNT " /proc/self/mountinfo)" 0
	serve -o clock=virtual --checkpoints "$DIR/ck" "$DIR/small.conf"
	is 'half of one is gone' "$(ls -A "$DIR/ck" | xargs)" 'one two'
	for name in one two; do
		is "checkpoint $name is a whole one" \
			"$(echo $name 2>&1 >"$BOX/restore")" ''
	done
	which=$(cat "$MNT/proc/sys/vm/swappiness")
	is "killed after $delay s: it is the old one or the new one" \
		"$(grep -cx "$which" "$DIR/done" "$DIR/begun" |
			grep -c ':1$' | sed 's/[12]/so/')" so
	echo "$which" >"$DIR/begun"
	echo "$which" >"$DIR/done"
	stop
	ended 'the next one ends in order' 0
done
holds 'some were new ones' "$which" -gt 0

# --- pids, to kernel.pid_max ---
serve -o clock=virtual --checkpoints "$DIR/ck" "$DIR/small.conf"
echo 450 >"$MNT/proc/sys/kernel/pid_max"
refused 'a pid that is not below' 'Resource temporarily unavailable' \
	"$BOX/spawn" 'name = "t"; pid = 450;'
is 'the limit is named' "$(cat "$BOX/spawn")" \
	'spawn: pid: 450, want one below kernel.pid_max, 450'
spawn_until_refused t
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

# --- what is too long or too large: refused with the limit ---
serve -o clock=virtual --checkpoints "$DIR/ck" "$DIR/small.conf"
long() {
	head -c "$1" /dev/zero | tr '\0' x
}
{
	printf 'name = "long"; #'
	long 70000
} | dd of="$BOX/spawn" bs=128k iflag=fullblock 2>"$DIR/err"
is 'a line for spawn that is too long' "$(grep -c 'Invalid argument' \
	"$DIR/err")" 1
is 'that limit is named' "$(cat "$BOX/spawn")" \
	'spawn: 70016 bytes, expected at most 65536'
refused 'a name for a checkpoint that is too long' 'Invalid argument' \
	"$BOX/checkpoint" "$(long 300)"
is 'that limit is named too' "$(cat "$BOX/restore")" \
	'a name of 301 bytes, expected at most 255'
truncate -s 17179869185 "$DIR/ck/huge"
refused 'a checkpoint larger than any' 'File too large' "$BOX/restore" huge
is 'that limit as well' "$(cat "$BOX/restore")" \
	'huge: 17179869185 bytes, expected at most 17179869184'
rm "$DIR/ck/huge"
stop
ended 'it ends in order' 0
status 'an option that is too long' 2 "$RF" mount -o "$(long 256)" "$MNT"
is 'its limit is named' "$(grep -c '256 characters, expected at most 255' \
	"$DIR/err")" 1
status 'too many options' 2 "$RF" mount -o "$(for n in 1 2 3 4 5; do
	long 250
	printf ,
done)" "$MNT"
is 'their limit is named' "$(grep -c 'expected at most 1023 characters' \
	"$DIR/err")" 1

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
serve -o clock=virtual "$DIR/many.conf"
answers 'with 16,300 tasks it answers'
is 'each of 10,000 is there' "$(seq 2001 12000 |
	sed "s,.*,$MNT/proc/&/stat," | timeout $LIMIT xargs cat |
	awk '$1 == NR + 2000 && $2 == "(t)"' | wc -l)" 10000
spawn_until_refused more
is 'no more tasks' "$(sed 's/.*: //' "$DIR/err")" \
	'Resource temporarily unavailable'
is 'as many as the limit' "$(ls "$MNT/proc" | grep -c '^[0-9]*$')" 16384
echo 1 >"$BOX/tasks/1000/exit"
is 'one goes, one comes' "$(echo 'name = "more";' 2>&1 >"$BOX/spawn")" ''
stop
ended 'it ends in order' 0

finish_hostile
