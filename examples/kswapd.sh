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

# Two things make whoever reads just then help.  When the kernel has to break a
# block of movable pages it raises the marks for a moment, min too.  And kswapd
# goes to sleep as soon as one zone is above high, which the small zone DMA may
# be while DMA32 is not.  Real kernels do so: a guest of 512 MiB that read
# 1.5 GB stalled 93 times in 857 runs of kswapd (6.1) and 287 times in 441
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
expect 'a reader freed 5 % at most' $((direct * 20)) -le "$kswapd"
expect 'it stalled in one run of kswapd out of five at most' \
	$((stalls * 5)) -le "$(vmstat pageoutrun)"
expect 'it read all that it wanted, 2000 MiB less one second' \
	"$(vmstat pgpgin)" -ge 1945600

# With more room between the marks kswapd is in time: of the stalls of those
# guests 12 and 24 are left.
vm watermark_scale_factor 100
advance 1s
direct=$(vmstat pgsteal_direct)
stalls=$(vmstat_sum allocstall_)
stood=$(latency 900 direct_reclaim_us)
advance 20s

say "20 s more, with vm.watermark_scale_factor at 100 instead of 10:"
expect 'kswapd went on' "$(vmstat pgsteal_kswapd)" -gt $((kswapd + 300000))
expect 'nobody else reclaimed' "$(vmstat pgsteal_direct)" -eq "$direct"
expect 'no allocation stalled' "$(vmstat_sum allocstall_)" -eq "$stalls"
expect 'the reader was never stopped' \
	"$(latency 900 direct_reclaim_us)" -eq "$stood"
