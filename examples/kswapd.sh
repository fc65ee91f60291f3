#!/bin/sh
# SPDX-License-Identifier: MIT
#
# kswapd reclaims in the background, and no task is stopped.
#
# A program reads a file four times as large as memory.  The page cache fills
# memory, kswapd wakes at the low mark and frees clean pages up to the high
# mark, again and again; the reader never has to do it itself.

. "${0%/*}/lib.sh"
mount_machine small.conf

# When the kernel has to break a block of movable pages it raises the marks for
# a moment, min too, and whoever reads just then has to help.  Not here.
vm watermark_boost_factor 0

spawn 'name = "reader"; pid = 900; file = "/data/big"; stream = "100M/s";'
advance 20s

say "20 s of reading 100 MiB/s through 256 MiB of memory:"
say "  kswapd scanned $(vmstat pgscan_kswapd) pages," \
	"freed $(vmstat pgsteal_kswapd), in $(vmstat pageoutrun) runs"
say "  direct reclaim: $(vmstat_sum allocstall_) times;" \
	"the reader stood still for $(latency 900 direct_reclaim_us) us"

expect 'kswapd freed most of what was read' \
	"$(vmstat pgsteal_kswapd)" -gt 300000
expect 'nobody else reclaimed' "$(vmstat pgsteal_direct)" -eq 0
expect 'no allocation stalled' "$(vmstat_sum allocstall_)" -eq 0
expect 'the reader was never stopped' "$(latency 900 direct_reclaim_us)" -eq 0
expect 'it read all that it wanted, 2000 MiB less one second' \
	"$(vmstat pgpgin)" -ge 1945600
