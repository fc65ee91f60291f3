#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Anonymous pages go to swap, and come back when they are touched.

. "${0%/*}/lib.sh"
mount_machine small.conf

spawn 'name = "sleeper"; pid = 900; rss = "150M";'
spawn 'name = "hungry"; pid = 901;'
advance 1s
expect 'at first nothing is in swap' "$(status 900 VmSwap)" -eq 0

task 901 alloc 150M || fail 'the hungry one got its memory'
settle
swapped=$(status 900 VmSwap)
say "the sleeper: $(status 900 VmRSS) kB in memory, $swapped kB in swap"
expect 'the sleeper went out' "$swapped" -gt 20480
expect 'pages were written to swap' "$(vmstat pswpout)" -gt 5120
expect 'SwapFree says so' \
	"$(meminfo SwapFree)" -lt $(($(meminfo SwapTotal) - 20480))

task 901 exit
advance 1s
faults=$(vmstat pgmajfault)
task 900 touch 150M || fail 'the sleeper touched its memory'
say "it wakes up: $(status 900 VmRSS) kB in memory," \
	"$(vmstat pswpin) pages read back"
expect 'all of it came back' "$(status 900 VmRSS)" -ge 153600
expect 'from swap' "$(vmstat pswpin)" -gt 5000
expect 'by major faults' "$(vmstat pgmajfault)" -gt "$faults"
