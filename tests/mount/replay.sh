#!/bin/sh
# SPDX-License-Identifier: MIT
#
# reclaimfs replay: a log of events is a run that can be played again.
#
# Many clients at once do to a machine what they like, in an order that is
# another one each time; played again from its log the machine says the same,
# event by event, and ends with the same bytes in every file.  A log that
# has been changed, cut or damaged is found out, by its line.

. "${0%/*}/lib.sh"
need_fuse

cat >"$DIR/m.conf" <<'END'
thp = false;
nodes = ( { memory = "64M"; cpus = "0-1"; }, { memory = "64M"; cpus = "2"; } );
disks = ( { name = "nvme0n1"; }, { name = "sdb"; kind = "hdd"; } );
swap = ( { path = "/dev/nvme0n1p2"; disk = "nvme0n1"; size = "64M"; } );
files = ( { name = "/big"; disk = "nvme0n1"; size = "128M"; },
	  { name = "/log"; disk = "sdb"; size = "64M"; } );
tasks = (
	{ name = "sshd"; pid = 400; rss = "3M"; oom_score_adj = -1000; },
	{ name = "reader"; pid = 401; file = "/big"; workload = (
		{ pattern = "hot"; target = "file"; rate = 100;
		  hot_size = "4M"; } ); },
	{ name = "logger"; pid = 402; file = "/log"; dirty = "200K/s"; },
	{ name = "random"; rss = "30M"; workload = (
		{ pattern = "uniform"; target = "anon"; rate = 200;
		  write = 0.3; } ); }
);
END

# --- many at once ---

start -o clock=virtual,seed=11 --events "$DIR/log" "$DIR/m.conf"
vm=$MNT/proc/sys/vm
box=$MNT/sandbox

# try TEXT FILE: what is refused now is refused the second time too.
try() {
	put "$1" "$2" 2>/dev/null || :
}

settings() {
	for i in 1 2 3 4 5 6 7 8; do
		try $((i * 20)) "$vm/swappiness"
		try $((2048 + i * 64)) "$vm/min_free_kbytes"
		try 300 "$vm/swappiness"
		cat "$vm/lowmem_reserve_ratio" "$MNT/proc/meminfo" \
			"$MNT/proc/pressure/memory" >"$DIR/looked"
	done
}

# births FIRST: four tasks, that take memory; three of them go.
births() {
	for i in 0 1 2 3; do
		pid=$(($1 + i))
		try "name = \"w$pid\"; pid = $pid; rss = \"$((2 + i))M\";" \
			"$box/spawn"
		try "$((4 + i))M" "$box/tasks/$pid/alloc"
		try $((i * 100)) "$MNT/proc/$pid/oom_score_adj"
		try 1M "$box/tasks/$pid/free"
		if [ $i -lt 3 ]; then
			try 1 "$box/tasks/$pid/exit"
		fi
	done
}

writers() {
	for i in 1 2 3 4 5 6; do
		try ${i}M "$box/tasks/401/read"
		try ${i}M "$box/tasks/402/dirty"
		try "$(printf '<4>round %d of "caf\303\251" \\ \t' $i)" \
			"$MNT/dev/kmsg"
	done
}

clock() {
	for i in 1 2 3 4 5 6 7 8; do
		try $i.${i}s "$box/clock/advance"
	done
	try 20s "$box/clock/settle"
}

# A signal ends the wait.
impatient() {
	for i in 1 2 3; do
		timeout 0.3 env printf '10000s\n' 2>/dev/null \
			>"$box/clock/advance"
		try $i "$vm/drop_caches"
	done
}

# A trigger lasts as long as its file is open.
watch_pressure() {
	python3 - "$MNT/proc/pressure/memory" <<'END'
import os, select, sys
for i in range(3):
    fd = os.open(sys.argv[1], os.O_RDWR | os.O_NONBLOCK)
    os.write(fd, b"some 50000 1000000\0")
    try:
        os.write(fd, b"some 60000 1000000\0")
    except OSError:
        pass
    p = select.poll()
    p.register(fd, select.POLLPRI)
    p.poll(200)
    os.close(fd)
END
}

tracer() {
	try 1 "$MNT/sys/kernel/tracing/events/enable"
	try 0 "$MNT/sys/kernel/tracing/events/vmscan/enable"
	try x "$MNT/sys/kernel/tracing/set_event"
}

settings &
births 600 &
births 700 &
writers &
clock &
impatient &
watch_pressure &
tracer &
wait
# When a write has returned, the log has it; looking adds to the log.
cp "$DIR/log" "$DIR/run"
python3 "$HERE/dump_tree.py" "$MNT" "$DIR/first" >"$DIR/files"
now=$(cat "$box/clock/now")
stop
until_so not_mounted

holds 'time has passed' "${now%.*}" -ge 36
holds 'many files were read' "$(cat "$DIR/files")" -gt 300
for event in write read open done interrupt close sysctl task_spawn \
	drop_caches; do
	holds "there was: $event" \
		"$(grep -c "\"event\":\"$event\"" "$DIR/run")" -gt 0
done
is 'no line is missing' "$(sed 's/^{"seq":\([0-9]*\),.*/\1/' "$DIR/run" |
	awk '$1 != NR - 1' | head -n 1)" ''

# --- played again ---

ops=$(grep -cE '"event":"(write|read|open)"' "$DIR/run")
lines=$(wc -l <"$DIR/run")
status 'it is the same' 0 "$RF" replay --check "$DIR/run"
is 'and says so' "$(cat "$DIR/out" "$DIR/err")" \
	"$ops operations, $lines events: the same"
status 'its events are written' 0 "$RF" replay -o "$DIR/again" "$DIR/run"
is 'the same bytes' "$(cmp "$DIR/run" "$DIR/again" 2>&1)" ''
"$RF" replay "$DIR/run" >"$DIR/again"
is 'to standard output too' "$(cmp "$DIR/run" "$DIR/again" 2>&1)" ''

status 'it is mounted' 0 "$RF" replay "$DIR/run" "$MNT"
is 'it stands where it stood' "$(cat "$box/clock/now")" "$now"
python3 "$HERE/dump_tree.py" "$MNT" "$DIR/second" >"$DIR/files"
if cmp -s "$DIR/first" "$DIR/second"; then
	pass
else
	bad 'all files have the same bytes' "$(diff -a "$DIR/first" \
		"$DIR/second" | head -n 20)"
fi
put 5s "$box/clock/advance"
holds 'and goes on' "$(cut -d. -f1 "$box/clock/now")" -ge $((${now%.*} + 5))
stop
until_so not_mounted

status 'a part of it' 0 "$RF" replay --check --to 9.5 "$DIR/run"
status 'a part of it is mounted' 0 "$RF" replay --to 9.5 "$DIR/run" "$MNT"
is 'and stands there' "$(cat "$box/clock/now")" 9.500000000
stop
until_so not_mounted

# --- a log that is not what was ---

# found SENTENCE LINE: --check finds $DIR/other out, at that line.
found() {
	status "$1" 1 "$RF" replay --check "$DIR/other"
	is "$1: the line" "$(sed -n "1s,^reclaimfs: $DIR/other:,,p" \
		"$DIR/err" | cut -d: -f1)" "$2"
}

# line PATTERN: the number of the last such line.
line() {
	grep -n "$1" "$DIR/run" | tail -n 1 | cut -d: -f1
}

nr=$(line '"event":"sysctl".*"swappiness"')
sed "${nr}s/\"new\":\"[0-9]*\"/\"new\":\"7\"/" "$DIR/run" >"$DIR/other"
found 'an event is another' "$nr"
nr=$(line '"event":"write".*"path":"/dev/kmsg"')
sed "${nr}s/round/sound/" "$DIR/run" >"$DIR/other"
status 'what is only kept is what the log says' 0 \
	"$RF" replay --check "$DIR/other"
nr=$(line '"event":"sysctl".*"min_free_kbytes"')
by=$(head -n "$nr" "$DIR/run" |
	grep -n '"event":"write".*/min_free_kbytes"' | tail -n 1 | cut -d: -f1)
sed "${by}s/\"text\":\"2/\"text\":\"3/" "$DIR/run" >"$DIR/other"
found 'a write is another, its effect tells' "$nr"
nr=$(line '"event":"done".*"result":4')
sed "${nr}s/\"result\":4/\"result\":3/" "$DIR/run" >"$DIR/other"
found 'a result is another' "$nr"
sed '1s/seed = 11/seed = 12/' "$DIR/run" >"$DIR/other"
status 'another seed' 1 "$RF" replay --check "$DIR/other"

# refuses SENTENCE LINE MESSAGE: nothing is done with $DIR/other.
refuses() {
	status "$1" 2 "$RF" replay "$DIR/other"
	is "$1: what is said" "$(cat "$DIR/out" "$DIR/err")" \
		"reclaimfs: $DIR/other:$2: $3"
}

sed 7d "$DIR/run" >"$DIR/other"
refuses 'a line is missing' 7 '"seq":7: lines are missing, expected 6'
sed 1d "$DIR/run" >"$DIR/other"
refuses 'the first line is missing' 1 \
	'"seq":1: lines are missing, expected 0'
{ sed 5q "$DIR/run"; echo '{"lost":3}'; } >"$DIR/other"
refuses 'events were lost' 6 \
	'events are lost here: it cannot be played again'
{ sed 5q "$DIR/run"; echo '{"seq":5,"time_ns":'; } >"$DIR/other"
refuses 'half a line' 6 'expected a JSON object'
{ sed 5q "$DIR/run"; printf '{"seq":5'; } >"$DIR/other"
refuses 'no end of a line' 6 'not a whole line of text'
nr=$(line '"event":"write".*"offset":0,')
sed "${nr}s/\"offset\":0,//" "$DIR/run" >"$DIR/other"
refuses 'a member is missing' "$nr" 'expected "offset"'
sed "${nr}s/\"text\":\"/\"text\":\"\\\\u0100/" "$DIR/run" >"$DIR/other"
refuses 'what is no byte' "$nr" '"text": a character beyond \u00ff'
sed "${nr}s/\"op\":[0-9]*/\"op\":1/" "$DIR/run" >"$DIR/other"
refuses 'an op twice' "$nr" 'expected the next number of an op'
: >"$DIR/other"
refuses 'nothing' 1 'expected the machine in the first line of a log'
status 'no log' 1 "$RF" replay "$DIR/no"
status 'no arguments' 2 "$RF" replay
status 'no time' 2 "$RF" replay --to soon "$DIR/run"

# Cut off where a server was killed: as far as it goes.
sed "$(line '"path":"/sandbox/clock/advance"')q" "$DIR/run" >"$DIR/other"
status 'cut off in the middle' 0 "$RF" replay --check "$DIR/other"

# --- the live clock ---

start -o clock=live,rate=50 --events "$DIR/live" "$DIR/m.conf"
put 40 "$vm/swappiness"
put 5M "$box/tasks/400/alloc"
put 2s "$box/clock/advance"
stop
until_so not_mounted
here='from here on under the live clock'
status 'live: nothing to compare' 2 "$RF" replay --check "$DIR/live"
is 'live: it says why' "$(cat "$DIR/err")" \
	"reclaimfs: $DIR/live:1: $here: cannot be compared"
status 'live: at its times' 0 "$RF" replay "$DIR/live" "$MNT"
is 'live: with a warning' "$(cat "$DIR/err")" \
	"reclaimfs: $DIR/live:1: $here: not an exact copy"
is 'live: what was set is set' "$(cat "$vm/swappiness")" 40
holds 'live: so much has passed' "$(cut -d. -f1 "$box/clock/now")" -ge 2
stop
until_so not_mounted

finish
