#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Hot pages survive on the active list while a stream passes.
#
# A database goes over 32 MiB of its file all the time; beside it a backup
# reads 1 GiB, once.  The backup's pages are used once and leave from the
# inactive list; the database's were used twice and stay on the active one.

. "${0%/*}/lib.sh"
mount_machine small.conf

spawn 'name = "database"; pid = 900; file = "/data/hot"; workload = (
	{ pattern = "uniform"; target = "file"; rate = 20000; } );'
advance 10s
active=$(meminfo 'Active(file)')
say "the database has $active kB on the active list"
expect 'it is most of its 32 MiB' "$active" -gt 24576

read_before=$(vmstat pgpgin)
spawn 'name = "backup"; pid = 901; file = "/data/big"; workload = (
	{ pattern = "sequential"; target = "file"; accesses = "1G";
	  rate = "100M/s"; } );'
advance 12s
extra=$(($(vmstat pgpgin) - read_before - 1048576))
say "1 GiB passed: $(vmstat pgsteal_file) pages were dropped," \
	"the database had to read $extra kB again"
expect 'the stream was reclaimed' "$(vmstat pgsteal_file)" -gt 150000
expect 'the database is still active' \
	"$(meminfo 'Active(file)')" -gt 24576
expect 'it read less than 5 % of its file again' "$extra" -lt 1638
