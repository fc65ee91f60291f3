#!/bin/sh
# SPDX-License-Identifier: MIT
#
# two-tunings.t - two settings tried from the same moment.
#
# A file server under load is brought to a state once.  From there on one
# machine keeps the default, its fork gets another setting; whatever differs
# afterwards, the setting has done.

. "${BATS_TEST_DIRNAME:-$(dirname "$0")}/vm_testkit.sh"

setup() {
	vm_start - <<-'END'
		seed = 3;
		thp = false;
		nodes = ( { memory = "192M"; cpus = "0-1"; } );
		disks = ( { name = "nvme0n1"; } );
		swap = ( { path = "/dev/nvme0n1p2"; size = "128M"; } );
		files = ( { name = "/srv"; size = "160M"; } );
		kernel = { slab_reclaimable = "4M"; slab_unreclaimable = "4M"; };
	END
	vm_spawn 'name = "server"; pid = 901; cpu = 0; file = "/srv";
		workload = ( { pattern = "hot"; target = "file"; rate = 4000;
			       hot_size = "96M"; } );'
	vm_spawn 'name = "session"; pid = 902; cpu = 1; rss = "120M";
		workload = ( { pattern = "zipf"; target = "anon";
			       rate = 1000; write = 0.2; } );'
	vm_advance 5s
}

teardown() {
	vm_end
}

# The same minute for whoever is meant.
work() {
	vm_mark
	vm_advance 60s
}

# Everything that a machine counts.
figures() {
	cat "$VM/proc/vmstat" "$VM/proc/meminfo" "$VM/proc/pressure/memory" \
		"$VM/sandbox/zones" "$VM/sandbox/tasks/901/latency"
}

a_fork_goes_on_as_its_origin() { #@test
	vm_fork twin
	work
	vm_in twin work
	figures >"$vm_scratch/one"
	vm_in twin figures >"$vm_scratch/two"
	vm_assert 'what differs' "$(diff "$vm_scratch/one" \
		"$vm_scratch/two" | wc -l)" == 0
}

going_back_is_as_good() { #@test
	vm_checkpoint start
	work
	figures >"$vm_scratch/one"
	vm_restore start
	work
	figures >"$vm_scratch/two"
	vm_assert 'what differs' "$(diff "$vm_scratch/one" \
		"$vm_scratch/two" | wc -l)" == 0
}

low_swappiness_spares_the_session() { #@test
	vm_fork spare
	vm_in spare vm_sysctl vm.swappiness=1
	work
	vm_in spare work
	with=$(vm_in spare vm_since pswpout)
	without=$(vm_since pswpout)
	vm_assert 'pages swapped out at 60' "$without" '>' 0
	vm_assert 'pages swapped out at 1' "$with" '<' "$without"
	# and who pays is the server
	with=$(vm_in spare vm_since workingset_refault_file)
	without=$(vm_since workingset_refault_file)
	vm_assert 'refaults of the server at 1' "$with" '>' "$without"
}

one_does_not_touch_the_other() { #@test
	vm_fork other
	vm_in other vm_sysctl vm.swappiness=10
	vm_in other vm_task server exit
	vm_in other vm_advance 5s
	vm_assert_sysctl vm.swappiness == 60
	vm_assert_alive server
	vm_in other vm_assert_sysctl vm.swappiness == 10
	if vm_in other vm_assert_alive server 2>/dev/null; then
		vm_fail 'the server of the fork is still there'
	fi
}

vm_main "$@"
