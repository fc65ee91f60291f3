#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Clean file pages go for nothing, dirty ones cost writes.
#
# The same memory is filled twice from the same file, once by reading, once
# by writing, and then asked for by a program.  What was read is dropped; what
# was written has to reach the disk first.

. "${0%/*}/lib.sh"

# fill WHAT: fill the page cache by read or dirty, then take 100 MiB of it.
fill() {
	mount_machine small.conf
	spawn 'name = "filler"; pid = 900; file = "/data/big";'
	spawn 'name = "asker"; pid = 901;'
	# no flusher comes before reclaim asks for one
	vm dirty_ratio 99
	vm dirty_background_ratio 98
	task 900 "$1" 200M || fail "fill by $1"
	written=$(vmstat pgpgout)
	freed=$(vmstat pgsteal_file)
	task 901 alloc 100M || fail 'the asker got its memory'
	settle
	written=$(($(vmstat pgpgout) - written))
	freed=$(($(vmstat pgsteal_file) - freed))
	swapped=$(vmstat pswpout)
	say "after $1: $freed file pages freed, $written kB written," \
		"$swapped pages to swap"
}

fill read
expect 'clean pages were freed' "$freed" -gt 10000
expect 'none of it cost a write' $((written - 4 * swapped)) -eq 0
unmount

fill dirty
expect 'dirty pages were freed too' "$freed" -gt 10000
expect 'but first each of them was written' \
	$((written - 4 * swapped)) -ge $((4 * freed))
expect 'and none was lost: what was dirtied is written, or waits' \
	$(($(vmstat nr_dirtied) - $(vmstat nr_written) + swapped)) -eq \
	$(($(vmstat nr_dirty) + $(vmstat nr_writeback)))
