#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Reclaim shows where an operator looks: I/O, latency, CPU time and load.
#
# Ten seconds of a calm machine, then ten with twice the memory in use that
# there is.

. "${0%/*}/lib.sh"
mount_machine small.conf

kswapd=$(pid_of kswapd0)

# Total stall time of memory, some and full, in microseconds.
pressure() {
	sed -n "s/^$1 .*total=//p" "$MNT/proc/pressure/memory"
}

busy() {
	awk '$3 == "nvme0n1" { print $13 }' "$MNT/proc/diskstats"
}

load() {
	awk '{ print 100 * $1 }' "$MNT/proc/loadavg"
}

# What the tasks say themselves, in microseconds.
reclaimed() {
	echo $(($(latency 900 direct_reclaim_us) + \
		$(latency 901 direct_reclaim_us)))
}

read_back() {
	echo $(($(latency 900 io_wait_us) + $(latency 901 io_wait_us)))
}

look() {
	say "  $1: disk busy $(busy) ms, kswapd0 $(cputime "$kswapd")" \
		"jiffies, some memory pressure $(pressure some) us," \
		"load $(load) %"
}

spawn 'name = "one"; pid = 900; cpu = 0; rss = "180M"; workload = (
	{ pattern = "uniform"; target = "anon"; rate = 2000; write = 0.5; } );'
advance 10s
look calm
expect 'calm: nothing waits for memory' "$(pressure some)" -eq 0
expect 'calm: kswapd sleeps' "$(cputime "$kswapd")" -eq 0
calm_busy=$(busy)
calm_load=$(load)

spawn 'name = "two"; pid = 901; cpu = 1; rss = "180M"; workload = (
	{ pattern = "uniform"; target = "anon"; write = 0.5; } );'
advance 10s
look busy
expect 'the disk has work' "$(busy)" -gt $((calm_busy + 1000))
expect 'kswapd used CPU time' "$(cputime "$kswapd")" -gt 0
# A task that reclaims, or waits for a page that it has just lost, is stalled;
# while it is, at least one of the two CPUs that count is.
expect 'tasks waited for memory: half of the time that they reclaimed' \
	"$(pressure some)" -ge $(($(reclaimed) / 2))
expect 'and no longer than they reclaimed and read back' \
	"$(pressure some)" -le $(($(reclaimed) + $(read_back)))
expect 'the load is up' "$(load)" -gt "$calm_load"
expect 'one, the slower, waited for its pages to be read back' \
	"$(latency 900 io_wait_us)" -gt 1000
expect 'two, the faster, reclaimed for itself' \
	"$(latency 901 direct_reclaim_us)" -gt 1000
