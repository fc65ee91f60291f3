#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Direct reclaim blocks the task that asked, and only that one.
#
# Memory is full of one program's anonymous pages; a second one asks for
# 64 MiB as fast as it can.  Every page for it has to go to swap first, the
# disk is slower than the asking, kswapd falls behind, and the second program
# has to reclaim for itself.  Its request takes that much longer.  A third
# program that asks for nothing is not stopped.

. "${0%/*}/lib.sh"
mount_machine small.conf

# How long task $1 needs to get $2, in microseconds of virtual time.
ask() {
	ask_start=$(now_ns)
	task "$1" alloc "$2" || fail "task $1 got $2"
	echo $((($(now_ns) - ask_start) / 1000))
}

spawn 'name = "asker"; pid = 900; cpu = 0;'
spawn 'name = "bystander"; pid = 901; cpu = 1; rss = "1M"; mlock = "1M";
	workload = (
	{ pattern = "uniform"; target = "anon"; rate = 1000; } );'
advance 1s

easy=$(ask 900 64M)
task 900 free 64M
spawn 'name = "owner"; pid = 902; rss = "230M";'
advance 5s
before=$(vmstat_sum allocstall_)
hard=$(ask 900 64M)

say "64 MiB from free memory: $easy us; from full memory: $hard us"
say "  direct reclaims: $(($(vmstat_sum allocstall_) - before))," \
	"$(latency 900 direct_reclaim_us) us of the asker's time"

expect 'allocations stalled' "$(vmstat_sum allocstall_)" -gt "$before"
expect 'direct reclaim freed pages' "$(vmstat pgsteal_direct)" -gt 0
expect 'the asker paid with its time' \
	"$(latency 900 direct_reclaim_us)" -gt 0
expect 'the same request took more than twice as long' \
	"$hard" -gt $((2 * easy))
expect 'the bystander did not reclaim' \
	"$(latency 901 direct_reclaims)" -eq 0
