#!/bin/sh
# SPDX-License-Identifier: MIT
#
# zone_reclaim_mode 0, 1, 2 and 4 on two nodes.
#
# Node 0 is full of page cache, node 1 is empty.  A program on node 0 asks for
# 100 MiB.
#	0	it gets memory of node 1, and node 0 keeps its cache
#	1	clean unmapped cache of node 0 is dropped, memory is local
#	2	dirty cache may be written for it as well
#	4	mapped pages may be unmapped for it as well

. "${0%/*}/lib.sh"

# try MODE HOW: fill node 0 by reading, dirtying or mapping, then ask.
try() {
	mount_machine two-nodes.conf
	vm zone_reclaim_mode "$1"
	vm watermark_boost_factor 0
	vm dirty_ratio 90
	vm dirty_background_ratio 80
	case $2 in
	mapped)
		spawn 'name = "cache"; pid = 900; cpu = 0; node = 0;
			file = "/data/mapped"; map = true; workload = (
			{ pattern = "sequential"; target = "mapping";
			  accesses = "200M"; } );'
		advance 30s
		;;
	*)
		spawn 'name = "cache"; pid = 900; cpu = 0; node = 0;
			file = "/data/big";'
		task 900 "$2" 200M || fail "fill by $2"
		;;
	esac
	spawn 'name = "asker"; pid = 901; cpu = 0;'
	task 901 alloc 100M || fail 'the asker got its memory'
	miss=$(numastat 1 numa_miss)
	success=$(vmstat zone_reclaim_success)
	failed=$(vmstat zone_reclaim_failed)
	written=$(vmstat nr_vmscan_write)
	say "mode $1, $2 cache: $miss pages from node 1;" \
		"node reclaim: $success good, $failed failed;" \
		"$written written"
	unmount
}

try 0 read
expect 'mode 0 goes to the other node' "$miss" -gt 10000
expect 'and does not reclaim' $((success + failed)) -eq 0
far=$miss

try 1 read
expect 'mode 1 stays at home' "$miss" -lt $((far / 4))
expect 'by reclaiming clean cache' "$success" -gt 100

try 1 dirty
expect 'mode 1 does not write' "$written" -eq 0
dirty_far=$miss
try 3 dirty
expect 'with 2 dirty cache is not in the way' "$miss" -lt "$dirty_far"

try 1 mapped
expect 'mode 1 does not unmap' "$miss" -gt 10000
mapped_far=$miss
try 5 mapped
expect 'with 4 mapped pages go too' "$miss" -lt $((mapped_far / 4))
