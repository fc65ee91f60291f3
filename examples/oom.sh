#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The OOM killer kills until enough is free, and no more.
#
# No swap, no page cache: four programs of 40 MiB and one, protected, that
# wants another 140 MiB.  One victim is not enough for it, all four are more
# than it needs.

. "${0%/*}/lib.sh"
mount_machine no-swap.conf

for pid in 901 902 903 904; do
	spawn "name = \"worker\"; pid = $pid; rss = \"40M\";"
done
spawn 'name = "boss"; pid = 900; oom_score_adj = -1000;'
advance 1s
say "free before: $(meminfo MemFree) kB"
task 900 alloc 140M || fail 'the boss got its memory'
advance 1s

left=0
for pid in 901 902 903 904; do
	if alive $pid; then
		left=$((left + 1))
	fi
done
say "the boss asked for 143360 kB and has $(status 900 VmRSS) kB;" \
	"$left of 4 workers are left, $(vmstat oom_kill) were killed"
kernel_log | grep 'Killed process' | cut -c 1-78

expect 'the boss got it all' "$(status 900 VmRSS)" -ge 143360
expect 'one kill was not enough' "$(vmstat oom_kill)" -ge 2
expect 'somebody was spared' "$left" -ge 1
expect 'every kill took a worker' "$((left + $(vmstat oom_kill)))" -eq 4
expect 'the log has a line for each kill' \
	"$(kernel_log | grep -c 'Killed process')" -eq "$(vmstat oom_kill)"
expect 'nobody touched sshd' -d "$MNT/proc/600"
