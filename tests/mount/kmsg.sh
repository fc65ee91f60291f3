#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The kernel log: /dev/kmsg and /proc/kmsg, blocking reads, poll, what writes
# to other files log (errata (b)2), and an OOM report as Linux prints it.

. "${0%/*}/lib.sh"

cat >"$DIR/m.conf" <<'END'
nodes = ( { memory = "256M"; } );
disks = ( { name = "sda"; kind = "hdd"; } );
swap = ( { path = "/dev/sda2"; size = "64M"; } );
END
start -o clock=virtual "$DIR/m.conf"

# All of the log, one record a line.
log() {
	dd if="$MNT/dev/kmsg" bs=8k iflag=nonblock 2>/dev/null
}

has() {
	if log | grep -q -e "$2"; then
		pass
	else
		bad "$1" "  no line like: $2"
	fi
}

has 'it says what it is' ';Linux version 6\.12\.'
has 'swap is there' \
	'^6,[0-9]*,0,-;Adding 65532k swap on /dev/sda2\.  Priority:-2 '
has 'all of it' '  Priority:-2 extents:1 across:65532k $'

echo 3 >"$MNT/proc/sys/vm/drop_caches"
has 'drop_caches names the writer' ';kmsg.sh ([0-9]*): drop_caches: 3$'
echo 4 >"$MNT/proc/sys/vm/drop_caches"
has 'the silencing write is still logged' 'drop_caches: 4$'
echo 1 >"$MNT/proc/sys/vm/drop_caches"
is 'silence' "$(log | grep -c 'drop_caches: 1')" 0
echo 0 >"$MNT/proc/sys/vm/numa_stat"
has 'numa_stat off' ';disable numa statistics, and clear numa counters$'
echo 0 >"$MNT/proc/sys/vm/numa_stat"
echo 1 >"$MNT/proc/sys/vm/numa_stat"
has 'numa_stat on' ';enable numa statistics$'
is 'only changes are logged' "$(log | grep -c 'numa statistics')" 2
refused 'a zonelist order' 'Invalid argument' \
	"$MNT/proc/sys/vm/numa_zonelist_order" bogus
has 'it is named' 'Ignoring unsupported numa_zonelist_order value:  bogus'
echo 5 >"$MNT/proc/1/oom_adj"
echo 6 >"$MNT/proc/1/oom_adj"
has 'oom_adj is deprecated' \
	'oom_adj is deprecated, please use /proc/1/oom_score_adj instead\.'
is 'once' "$(log | grep -c deprecated)" 1
echo 0 >"$MNT/proc/sys/kernel/sysctl_writes_strict"
printf '12' | dd of="$MNT/proc/sys/vm/swappiness" bs=1 2>/dev/null
has 'the old way of offsets' \
	'wrote to swappiness when file position was not 0!'
echo 1 >"$MNT/proc/sys/kernel/sysctl_writes_strict"

echo '<3>from a program' >"$MNT/dev/kmsg"
has 'programs write' '^11,[0-9]*,0,-;from a program$'
echo plain >"$MNT/dev/kmsg"
has 'without a level' '^12,[0-9]*,0,-;plain$'

# /proc/kmsg is read once, by whoever comes.
first=$(dd if="$MNT/proc/kmsg" bs=64k iflag=nonblock 2>/dev/null)
is 'a line has level and time' \
	"$(echo "$first" | sed -n 2p | cut -d : -f 1)" \
	'<6>[    0.000000] Command line'
is 'it is used up' \
	"$(dd if="$MNT/proc/kmsg" bs=64k iflag=nonblock 2>/dev/null)" ''

# A reader waits until there is something; a signal gets him out.
cat "$MNT/proc/kmsg" >"$DIR/stream" &
reader=$!
echo woken >"$MNT/dev/kmsg"
until_so grep -q woken "$DIR/stream"
is 'a waiting reader is woken' "$(cat "$DIR/stream")" \
	'<12>[    0.000000] woken'
kill -INT $reader 2>/dev/null
kill $reader
wait $reader
is 'and ends by a signal' $? 143
is 'the files answer meanwhile' "$(cat "$MNT/proc/sys/vm/dirty_ratio")" 20

is 'poll tells' "$(timeout 20 python3 - "$MNT/dev/kmsg" <<'END'
import os
import select
import sys
import threading

fd = os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK)
try:
    while os.read(fd, 8192):
        pass
except BlockingIOError:
    pass
poll = select.epoll()
poll.register(fd, select.EPOLLIN)
quiet = poll.poll(0)
threading.Timer(0.1, lambda: open(sys.argv[1], "w").write("polled")).start()
event = poll.poll(15)
print(quiet, len(event), os.read(fd, 100).split(b";")[1])
END
)" "[] 1 b'polled\\n'"

# The report, in its order.
echo 'name = "hog"; pid = 500; uid = 7; leak = "1G/s";' >"$MNT/sandbox/spawn"
echo 300s >"$MNT/sandbox/clock/advance" # swapping to an hdd takes long
log | sed 's/^[^;]*;//' >"$DIR/log"
gfp='0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO)'
expected="hog invoked oom-killer: gfp_mask=$gfp, order=0, oom_score_adj=0
Hardware name:
Call Trace:
Mem-Info:
active_anon:
Node 0 active_anon:
Node 0 DMA free:
lowmem_reserve[]:
Node 0 DMA32 free:
Node 0 DMA:
Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0
total pagecache pages
pages in swap cache
Free swap  =
Total swap = 65532kB
pages RAM
0 pages HighMem/MovableOnly
pages reserved
0 pages hwpoisoned
Tasks state (memory values in pages):
[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem
[    500]     7   500
oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,
,global_oom,task_memcg=/,task=hog,pid=500,uid=7
Out of memory: Killed process 500 (hog) total-vm:"
echo "$expected" >"$DIR/expected"
line=0
while read -r text; do
	at=$(grep -nF -e "$text" "$DIR/log" | cut -d : -f 1 | awk -v l=$line \
		'$1 >= l { print; exit }')
	if [ -n "$at" ]; then
		line=$at
		pass
	else
		bad 'the OOM report' "  not there, or not in order: $text"
	fi
done <"$DIR/expected"

finish
