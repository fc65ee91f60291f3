#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Raising min_free_kbytes makes kswapd start earlier.
#
# A reader has filled memory down to 23 MiB; that is well above the marks,
# kswapd sleeps.  With the low mark raised above that, it starts with the next
# allocation and frees up to the new high mark.

. "${0%/*}/lib.sh"
mount_machine one-zone.conf

high() {
	echo $((4 * $(zone 0 Normal high)))
}

spawn 'name = "reader"; pid = 900; file = "/data/big";'
advance 1s
room=$(($(meminfo MemFree) - 23552))
task 900 read "${room}K" || fail 'read'
settle
free=$(meminfo MemFree)
say "min_free_kbytes $(vm min_free_kbytes): $free kB free," \
	"high marks at $(high) kB"
expect 'kswapd has not run' "$(vmstat pgscan_kswapd)" -eq 0
expect 'and had no reason to' "$free" -gt "$(high)"

vm min_free_kbytes 20480
task 900 read 1M || fail 'read on'
settle
say "min_free_kbytes $(vm min_free_kbytes): $(meminfo MemFree) kB free," \
	"high marks at $(high) kB," \
	"kswapd freed $(vmstat pgsteal_kswapd) pages"
expect 'kswapd has run' "$(vmstat pgsteal_kswapd)" -gt 0
expect 'more is free than before' "$(meminfo MemFree)" -gt "$free"
expect 'as much as the new high mark wants' \
	"$(zone 0 Normal free)" -gt "$(zone 0 Normal high)"
expect 'and nobody had to wait for it' "$(vmstat_sum allocstall_)" -eq 0
