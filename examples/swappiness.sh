#!/bin/sh
# SPDX-License-Identifier: MIT
#
# swappiness 0, 60, 100, 200: whose pages go, the programs' or the files'.
#
# Half of memory is anonymous and half is page cache, both are in use (cache
# that was read only once would go first at any swappiness), and a third
# program keeps asking.  The share of anonymous pages among those that
# are reclaimed grows with swappiness: none at 0, all at 200.

. "${0%/*}/lib.sh"

# share SWAPPINESS: anonymous pages among the reclaimed ones, in percent.
share() {
	mount_machine small.conf
	vm swappiness "$1"
	spawn 'name = "program"; pid = 900; cpu = 0; rss = "110M"; workload = (
		{ pattern = "uniform"; target = "anon"; rate = 3000; } );'
	spawn 'name = "files"; pid = 901; cpu = 1; file = "/data/big";
		workload = ( { pattern = "uniform"; target = "file";
		size = "110M"; rate = 10000; } );'
	advance 20s
	anon=$(vmstat pgsteal_anon)
	file=$(vmstat pgsteal_file)
	spawn 'name = "growing"; pid = 902; cpu = 0; workload = (
		{ target = "anon"; grow = true; rate = "4M/s";
		  accesses = "60M"; } );'
	advance 20s
	anon=$(($(vmstat pgsteal_anon) - anon))
	file=$(($(vmstat pgsteal_file) - file))
	percent=$((100 * anon / (anon + file)))
	say "swappiness $1: $anon anonymous and $file file pages" \
		"reclaimed, $percent % anonymous"
	unmount
}

share 0
expect 'at 0 nothing is swapped' "$anon" -eq 0
last=$percent
for swappiness in 60 100 200; do
	share $swappiness
	expect 'the share has grown' "$percent" -gt "$last"
	last=$percent
done
expect 'at 200 only anonymous pages go' "$file" -eq 0
