#!/bin/sh
# SPDX-License-Identifier: MIT
#
# kswapd reclaims in the background, and hardly a task is stopped.
#
# A program reads a file four times as large as memory.  The page cache fills
# memory, kswapd wakes at the low mark and frees clean pages up to the high
# mark, again and again; the reader seldom has to do it itself.

. "${0%/*}/lib.sh"
mount_machine small.conf

spawn 'name = "reader"; pid = 900; file = "/data/big"; stream = "100M/s";'
advance 20s

# When the kernel has to break a block of movable pages it raises the marks for
# a moment, min too, and whoever reads just then has to help.  Real kernels do
# so: a guest of 512 MiB that read 1.5 GB stalled 93 times (6.1) and 287 times
# (6.12), and 2 to 6 % of the pages were freed by the reader.
kswapd=$(vmstat pgsteal_kswapd)
direct=$(vmstat pgsteal_direct)
stalls=$(vmstat_sum allocstall_)
stood=$(latency 900 direct_reclaim_us)

say "20 s of reading 100 MiB/s through 256 MiB of memory:"
say "  kswapd scanned $(vmstat pgscan_kswapd) pages," \
	"freed $kswapd, in $(vmstat pageoutrun) runs"
say "  direct reclaim: $stalls times; the reader stood still for $stood us"

expect 'kswapd freed most of what was read' "$kswapd" -gt 300000
expect 'a reader freed 2 % at most' $((direct * 50)) -le "$kswapd"
expect 'it stalled in one run of kswapd out of ten at most' \
	$((stalls * 10)) -le "$(vmstat pageoutrun)"
expect 'it read all that it wanted, 2000 MiB less one second' \
	"$(vmstat pgpgin)" -ge 1945600

# Without those boosts kswapd is always in time.
vm watermark_boost_factor 0
advance 1s
direct=$(vmstat pgsteal_direct)
stalls=$(vmstat_sum allocstall_)
stood=$(latency 900 direct_reclaim_us)
advance 20s

say "20 s more, with vm.watermark_boost_factor at 0:"
expect 'kswapd went on' "$(vmstat pgsteal_kswapd)" -gt $((kswapd + 300000))
expect 'nobody else reclaimed' "$(vmstat pgsteal_direct)" -eq "$direct"
expect 'no allocation stalled' "$(vmstat_sum allocstall_)" -eq "$stalls"
expect 'the reader was never stopped' \
	"$(latency 900 direct_reclaim_us)" -eq "$stood"
