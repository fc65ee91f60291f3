#!/bin/sh
# SPDX-License-Identifier: MIT
#
# zram-desktop.t - examples/tuning/zram-desktop.conf on a small desktop.
#
# Swap is compressed memory: what swapping costs is a fraction of what a read
# from the disk costs.  The profile says so to the kernel; the browser and
# the file cache are witnesses.

. "${BATS_TEST_DIRNAME:-$(dirname "$0")}/vm_testkit.sh"

PROFILE=$VM_KIT/../tuning/zram-desktop.conf

setup() {
	vm_start - <<-'END'
		seed = 1;
		thp = false;
		nodes = ( { memory = "256M"; cpus = "0-1"; } );
		disks = ( { name = "sda"; kind = "ssd"; },
			  { name = "zram0"; kind = "zram"; } );
		swap = ( { path = "/dev/zram0"; disk = "zram0";
			   size = "256M"; priority = 100; } );
		files = ( { name = "/usr"; disk = "sda"; size = "100M"; } );
		kernel = { slab_reclaimable = "4M"; slab_unreclaimable = "4M"; };
	END
}

teardown() {
	vm_stop
}

# A browser with many tabs, one in use, and programs that are read again and
# again; then more tabs.
desktop() {
	vm_spawn 'name = "programs"; pid = 901; cpu = 1; file = "/usr";
		workload = ( { pattern = "uniform"; target = "file";
			       rate = 3000; } );'
	vm_spawn 'name = "browser"; pid = 900; cpu = 0; rss = "120M";
		workload = ( { pattern = "zipf"; target = "anon";
			       rate = 3000; } );'
	vm_advance 20s
	vm_mark
	vm_spawn 'name = "tabs"; pid = 902; cpu = 0; workload = (
		{ target = "anon"; grow = true; rate = "4M/s";
		  accesses = "60M"; } );'
	vm_advance 30s
}

every_line_of_the_profile_is_taken() { #@test
	vm_sysctl -p "$PROFILE"
	vm_assert_sysctl vm.swappiness == 180
	vm_assert_sysctl vm.watermark_boost_factor == 0
	vm_assert_sysctl vm.watermark_scale_factor == 125
	vm_assert_sysctl vm.page-cluster == 0
}

kswapd_gets_more_room_to_work() { #@test
	before=$(($(vm_zone 0 DMA32 high) - $(vm_zone 0 DMA32 min)))
	vm_sysctl -p "$PROFILE"
	after=$(($(vm_zone 0 DMA32 high) - $(vm_zone 0 DMA32 min)))
	vm_assert 'pages from min to high' "$after" '>' "$before"
	vm_assert_band 0 DMA32 above-high
}

anonymous_pages_go_first() { #@test
	vm_sysctl -p "$PROFILE"
	desktop
	vm_assert_since pswpout '>' 0
	anon=$(vm_since pgsteal_anon)
	vm_assert_since pgsteal_file '<' "$anon"
}

the_file_cache_stays_where_it_was() { #@test
	desktop
	default=$(vm_since workingset_refault_file)
	vm_stop
	setup
	vm_sysctl -p "$PROFILE"
	desktop
	vm_assert 'file refaults without the profile' "$default" '>' 0
	vm_assert_since workingset_refault_file '<' "$default"
}

one_page_is_read_at_a_time() { #@test
	vm_sysctl -p "$PROFILE"
	desktop
	vm_assert_since pswpin '>' 0
	vm_assert_since swap_ra == 0
}

nobody_is_killed() { #@test
	vm_sysctl -p "$PROFILE"
	desktop
	vm_assert_counter oom_kill == 0
	vm_assert_alive browser
	vm_assert_alive programs
	vm_refute_log 'Out of memory'
}

vm_main "$@"
