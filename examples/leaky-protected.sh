#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What happens when a leaking program is set to -1000.
#
# It is never chosen, so everybody else is, one after the other; when nobody
# is left to kill the machine panics.  Its files can still be read.

. "${0%/*}/lib.sh"
mount_machine no-swap.conf

for pid in 901 902 903; do
	spawn "name = \"innocent\"; pid = $pid; rss = \"10M\";"
done
spawn 'name = "leaky"; pid = 900; oom_score_adj = -1000; leak = "64M/s";'
advance 10s

say "killed: $(vmstat oom_kill); the last lines of the log:"
kernel_log | grep -E 'Killed process|no killable|panic' | cut -c 1-78

expect 'all three innocents died' "$(vmstat oom_kill)" -eq 3
expect 'the leaking one did not' -d "$MNT/proc/900"
expect 'then there was nobody left to kill' -n \
	"$(kernel_log | grep 'no killable processes')"
expect 'and the kernel gave up' -n \
	"$(kernel_log | grep 'Kernel panic - not syncing')"
rss=$(status 900 VmRSS)
advance 10s
expect 'nothing runs any more' "$(status 900 VmRSS)" -eq "$rss"
expect 'but every file can be read' "$(meminfo MemTotal)" -gt 0
