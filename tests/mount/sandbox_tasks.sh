#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sandbox/spawn and sandbox/tasks: start tasks, give them work, see it done.

. "${0%/*}/lib.sh"

cat >"$DIR/m.conf" <<'END'
nodes = ( { memory = "256M"; cpus = "0-1"; } );
disks = ( { name = "nvme0n1"; } );
swap = ( { path = "/dev/nvme0n1p2"; size = "128M"; } );
files = ( { name = "/data"; disk = "nvme0n1"; size = "64M"; } );
tasks = ( { name = "first"; rss = "1M"; },
	  { name = "second"; pid = 700; stream = "1M/s"; file = "/data"; } );
END
start -o clock=virtual "$DIR/m.conf"
S=$MNT/sandbox
T=$S/tasks

rss() {
	awk '$1 == "VmRSS:" { print $2 }' "$MNT/proc/$1/status"
}
latency() {
	awk -v f="$2" '$1 == f { print $2 }' "$T/$1/latency"
}

# spawn
echo 'name = "hog"; pid = 2000; rss = "20M"; oom_score_adj = 500;' >"$S/spawn"
is 'it tells the pid' "$(cat "$S/spawn")" 2000
is 'it has its memory' "$(rss 2000)" 20480
is 'its name' "$(cat "$MNT/proc/2000/comm")" hog
is 'its oom_score_adj' "$(cat "$MNT/proc/2000/oom_score_adj")" 500
printf 'name = "two-lines"\nrss = "4K"' >"$S/spawn"
pid=$(cat "$S/spawn")
holds 'a pid of its own' "$pid" -gt 1
is 'two lines, no semicolon' "$(cat "$MNT/proc/$pid/comm")" two-lines
pid=$(exec 3<>"$S/spawn" && echo 'name = "same-fd";' >&3 && cat <&3)
is 'the same descriptor answers' "$(cat "$MNT/proc/$pid/comm")" same-fd

refused 'no name' 'Invalid argument' "$S/spawn" 'rss = "1M";'
is 'why' "$(cat "$S/spawn")" 'spawn:1: name is missing, expected name = ...;'
refused 'no such file' 'Invalid argument' "$S/spawn" 'name = "x"; file = "/n";'
is 'why not' "$(cat "$S/spawn" | cut -d: -f1)" spawn
refused 'a pid that is taken' 'File exists' "$S/spawn" 'name = "x"; pid = 2000;'
refused 'a bad size' 'Invalid argument' "$S/spawn" 'name = "x"; rss = "1X";'
refused 'no text' 'Invalid argument' "$S/spawn" ''

# tasks/<pid>
is 'its controls' "$(ls "$T/2000" | tr '\n' ' ')" \
	'alloc dirty exit free latency mlock read touch workload '
is 'a pid that is none' "$(ls "$T/31999" 2>&1 | sed 's/.*: //')" \
	'No such file or directory'
is 'a spelling that is none' "$(ls "$T/02000" 2>&1 | sed 's/.*: //')" \
	'No such file or directory'
echo 10M >"$T/2000/alloc"
is 'alloc' "$(rss 2000)" 30720
echo 4096 >"$T/2000/alloc"
is 'alloc of a page' "$(rss 2000)" 30724
echo 5M >"$T/2000/free"
is 'free' "$(rss 2000)" 25604
echo 1M >"$T/2000/touch"
is 'touch of what is there' "$(rss 2000)" 25604
echo 2M >"$T/2000/mlock"
is 'mlock' "$(awk '$1 == "VmLck:" { print $2 }' "$MNT/proc/2000/status")" 2048
for text in '' x 1 4095 0 -1 1MB '1M 1M'; do
	refused "alloc \"$text\"" 'Invalid argument' "$T/2000/alloc" "$text"
done
refused 'read without a file' 'Invalid argument' "$T/2000/read" 4096
refused 'a kernel thread' 'Invalid argument' \
	"$T/$(grep -lx kswapd0 "$MNT"/proc/[0-9]*/comm |
		sed 's,.*proc/,,; s,/comm,,')/alloc" 1M

before=$(awk '$1 == "Cached:" { print $2 }' "$MNT/proc/meminfo")
echo 16M >"$T/700/read"
after=$(awk '$1 == "Cached:" { print $2 }' "$MNT/proc/meminfo")
holds 'read fills the page cache' $((after - before)) -ge 16384
is 'the rows of slabinfo are Slab' \
	"$(awk 'NR > 2 { n += $6 * $15 } END { print 4 * n }' \
		"$MNT/proc/slabinfo")" \
	"$(awk '$1 == "Slab:" { print $2 }' "$MNT/proc/meminfo")"
is 'with the index of 16 MiB, and of what was read before' \
	"$(awk '$1 == "radix_tree_node" { print ($2 >= 64 && $2 < 72), $4 }' \
		"$MNT/proc/slabinfo")" '1 576'
echo 8M >"$T/700/dirty"
is 'dirty' "$(awk '$1 == "Dirty:" { print $2 }' "$MNT/proc/meminfo")" 8192

# What was said comes back, and can be said again.
is 'workload' "$(cat "$T/2000/workload")" 'name = "hog";
pid = 2000;
oom_score_adj = 500;
rss = "20M";'
sed 's/pid = 700/pid = 701/' "$T/700/workload" >"$S/spawn"
is 'workload is a spawn' "$(cat "$S/spawn")" 701

# No direct reclaim so far; then more than there is.
is 'no stall' "$(latency 2000 direct_reclaims)" 0
holds 'pages were counted' "$(latency 2000 allocations)" -gt 7000
is 'they are all in the histogram' \
	"$(awk '$1 == "alloc_ns" { n += $4 } END { print n }' \
		"$T/2000/latency")" "$(latency 2000 allocations)"
echo 300M >"$T/2000/alloc"
holds 'the allocation has stalled' "$(latency 2000 direct_reclaims)" -gt 0
holds 'and lost time' "$(latency 2000 direct_reclaim_us)" -gt 0

# More at once than there can be is refused and kills nobody.
refused 'overcommit says no' 'Cannot allocate memory' "$T/2000/alloc" 1G
is 'it lives' "$(ls "$T" | grep -cx 2000)" 1

# More than memory and swap have left: it is killed, and the write says so.
refused 'the killed one gets no memory' 'Cannot allocate memory' \
	"$T/2000/alloc" 200M
is 'it is gone' "$(ls "$T" | grep -cx 2000)" 0
is 'and its directory' "$(ls "$T/2000" 2>&1 | sed 's/.*: //')" \
	'No such file or directory'
is 'one kill' "$(awk '$1 == "oom_kill" { print $2 }' "$MNT/proc/vmstat")" 1

# The end of a task.
echo 'name = "brief"; pid = 2100; rss = "1M";' >"$S/spawn"
exec 4>"$T/2100/alloc"
echo 1 >"$T/2100/exit"
is 'exit' "$(ls "$T" | grep -cx 2100)" 0
python3 -c '
import errno, os, sys
try:
    os.write(4, b"4096\n")
    sys.exit("written")
except OSError as e:
    sys.exit(0 if e.errno == errno.ESRCH else "%s" % e)
' && pass || bad 'a write to a task that is gone: expected ESRCH'
exec 4>&-

finish
