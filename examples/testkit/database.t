#!/bin/sh
# SPDX-License-Identifier: MIT
#
# database.t - examples/tuning/database.conf on a database server.
#
# The promise of the profile: the working set stays in memory, dirty pages
# are written early, a burst of connections finds free memory, and memory
# that is not there is refused instead of killed for.

. "${BATS_TEST_DIRNAME:-$(dirname "$0")}/vm_testkit.sh"

PROFILE=$VM_KIT/../tuning/database.conf

setup() {
	vm_start - <<-'END'
		seed = 1;
		thp = false;
		nodes = ( { memory = "1G"; cpus = "0-1"; } );
		disks = ( { name = "nvme0n1"; kind = "nvme"; },
			  { name = "sdb"; kind = "hdd"; } );
		swap = ( { path = "/dev/sdb1"; disk = "sdb"; size = "512M"; } );
		files = ( { name = "/var/lib/db"; disk = "nvme0n1";
			    size = "2G"; },
			  { name = "/var/lib/wal"; disk = "sdb";
			    size = "1G"; } );
		tasks = (
			{ name = "sshd"; pid = 600; oom_score_adj = -1000;
			  rss = "4M"; },
			{ name = "database"; pid = 700; cpu = 0; rss = "400M";
			  workload = ( { pattern = "zipf"; target = "anon";
					 rate = 2000; write = 0.1; } ); }
		);
	END
}

teardown() {
	vm_stop
}

# A table is read from end to end: more than fits.
table_scan() {
	vm_spawn 'name = "scan"; pid = 701; cpu = 1; file = "/var/lib/db";
		workload = ( { pattern = "sequential"; target = "file";
			       rate = "100M/s"; } );'
	vm_advance 10s
	vm_mark
	vm_advance 30s
}

every_line_of_the_profile_is_taken() { #@test
	vm_sysctl -p "$PROFILE"
	vm_assert_sysctl vm.swappiness == 3
	vm_assert_sysctl vm.overcommit_memory == 2
	vm_assert_sysctl vm.dirty_bytes == 536870912
	vm_assert_sysctl vm.dirty_background_bytes == 67108864
	# the other of each pair is off
	vm_assert_sysctl vm.dirty_ratio == 0
	vm_assert_sysctl vm.dirty_background_ratio == 0
}

a_table_scan_does_not_swap_the_database() { #@test
	vm_sysctl -p "$PROFILE"
	table_scan
	vm_assert_since pgsteal_kswapd '>' 10000
	vm_assert_since pswpout == 0
	vm_assert_task database VmRSS '>=' 400000
}

a_table_scan_never_reclaims_by_itself() { #@test
	vm_sysctl -p "$PROFILE"
	table_scan
	vm_assert_since pgscan_direct == 0
	vm_assert_latency scan direct_reclaims == 0
}

a_burst_of_connections_finds_free_memory() { #@test
	vm_sysctl -p "$PROFILE"
	table_scan
	free=$(vm_counter MemFree)
	vm_assert 'kB free under load' "$free" '>=' 135168
	vm_spawn 'name = "connections"; pid = 702; cpu = 1;'
	vm_task connections alloc 64M
	vm_assert_latency connections direct_reclaims == 0
}

dirty_pages_are_written_early() { #@test
	vm_sysctl -p "$PROFILE"
	vm_spawn 'name = "wal"; pid = 703; cpu = 1; file = "/var/lib/wal";
		dirty = "20M/s";'
	most=0
	for second in 1 2 3 4 5 6 7 8 9 10 11 12; do
		vm_advance 1s
		dirty=$(vm_counter Dirty)
		if [ "$dirty" -gt "$most" ]; then
			most=$dirty
		fi
	done
	vm_assert "kB dirty in the worst of $second seconds" "$most" '<=' \
		$((96 * 1024))
	vm_assert_counter nr_written '>' 0
	vm_assert_latency wal throttle_us == 0
}

what_is_not_there_is_refused_and_nobody_killed() { #@test
	vm_sysctl -p "$PROFILE"
	vm_spawn 'name = "report"; pid = 704; cpu = 1;'
	if vm_task report alloc 2G 2>/dev/null; then
		vm_fail 'two gigabytes were promised'
	fi
	vm_assert_alive report
	vm_assert_alive database
	vm_assert_counter oom_kill == 0
	vm_assert_log '__vm_enough_memory'
}

vm_main "$@"
