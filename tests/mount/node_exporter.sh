#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Prometheus' node_exporter, as Debian ships it, scrapes a mount: every
# collector that reads memory finds what it looks for, and says what the
# files say.

. "${0%/*}/lib.sh"

COLLECTORS='meminfo vmstat zoneinfo buddyinfo pressure meminfo_numa stat
	loadavg processes diskstats'
EXPORTER=$(command -v prometheus-node-exporter) ||
	skip 'no prometheus-node-exporter here'
command -v curl >/dev/null || skip 'no curl here'

# The exporter, on a port of its own choice: it says which.
scrape() {
	set -- --collector.disable-defaults --web.listen-address=127.0.0.1:0 \
		"--path.procfs=$MNT/proc" "--path.sysfs=$MNT/sys"
	for name in $COLLECTORS; do
		set -- "$@" "--collector.$name"
	done
	"$EXPORTER" "$@" 2>"$DIR/log" &
	exporter=$!
	tries=0
	port=
	while [ -z "$port" ] && [ $tries -lt 300 ] &&
		kill -0 $exporter 2>/dev/null; do
		tries=$((tries + 1))
		sleep 0.1
		port=$(listening $exporter)
	done
	curl -s "http://127.0.0.1:$port/metrics" >"$DIR/metrics"
	kill $exporter
	wait $exporter 2>/dev/null
}

# The port on which process $1 listens on 127.0.0.1.
listening() {
	inodes=$(find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' \
		2>/dev/null | tr -dc '0-9\n')
	for inode in $inodes; do
		awk -v inode="$inode" '$10 == inode && $4 == "0A" {
			print substr($2, index($2, ":") + 1) }' /proc/net/tcp
	done | while read -r hex; do
		printf '%d\n' "0x$hex"
	done
}

# metric NAME: the value of its one line.
metric() {
	awk -v name="$1" '$1 == name { printf "%.0f\n", $2 }' "$DIR/metrics"
}

# A figure of meminfo, in bytes.
bytes() {
	awk -v name="$1:" '$1 == name { printf "%.0f\n", $2 * 1024 }' \
		"$MNT/proc/meminfo"
}

success=node_scrape_collector_success

start -o clock=virtual
echo 10s >"$MNT/sandbox/clock/advance"
scrape
for name in $COLLECTORS; do
	is "collector $name" \
		"$(metric "$success{collector=\"$name\"}")" 1
done
for name in MemTotal MemFree MemAvailable SwapTotal Dirty; do
	is "$name" "$(metric "node_memory_${name}_bytes")" "$(bytes $name)"
done
is 'a counter of vmstat' "$(metric node_vmstat_pgfault)" \
	"$(awk '$1 == "pgfault" { print $2 }' "$MNT/proc/vmstat")"
is 'the high mark of a zone' \
	"$(metric 'node_zoneinfo_high_pages{node="0",zone="Normal"}')" \
	"$(awk '/^Node 0, zone +Normal/ { here = 1 }
		here && $1 == "high" { print $2; exit }' \
		"$MNT/proc/zoneinfo")"
is 'the memory of a node' \
	"$(metric 'node_memory_numa_MemTotal{node="1"}')" \
	"$(awk '$3 == "MemTotal:" { printf "%.0f\n", $4 * 1024 }' \
		"$MNT/sys/devices/system/node/node1/meminfo")"
holds 'there are free blocks' \
	"$(grep -c '^node_buddyinfo_blocks' "$DIR/metrics")" -gt 30
is 'a disk' "$(grep -c '^node_disk_reads_completed_total{device="nvme0n1"}' \
	"$DIR/metrics")" 1
finish
